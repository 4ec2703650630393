/*
 * What the system allows a process.
 */
#ifndef KW_LIMIT_H
#define KW_LIMIT_H

#include <glib.h>

/*
 * How many more files this process can have open than now: at least n, if need
 * be by raising its limit to what the system allows (ulimit -Hn); less where
 * that is not enough.  A few are kept back for what opens files in passing.
 * Main thread.
 */
gsize kw_limit_files(gsize n);

#endif
