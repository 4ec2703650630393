/* What was meant by a name that does not exist.  Any thread. */
#ifndef KW_NEAREST_H
#define KW_NEAREST_H

#include <glib.h>

/*
 * The nearest of the n names to a word: the first of those that differ from it
 * in the fewest letters (added, left out, replaced, or two swapped).  '_' is
 * '-', and capitals are small letters.  NULL where more than a third of the
 * letters, rounded, differ.
 */
const char *kw_nearest(const char *word, const char *const *names, gsize n);

#endif
