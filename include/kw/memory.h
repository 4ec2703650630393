/* How much memory the system still has for this process. */
#ifndef KW_MEMORY_H
#define KW_MEMORY_H

#include <glib.h>

/*
 * Bytes that can be taken without swapping, or being killed for it: what the
 * kernel calls available (MemAvailable), or less where a control group that the
 * process is in, of either version, allows less.  File cache that can be given
 * up counts as free.  G_MAXUINT64 where the system does not say.
 */
guint64 kw_memory_available(void);

/* The same with /proc and /sys below another folder than "/": for tests. */
guint64 kw_memory_available_under(const char *root);

#endif
