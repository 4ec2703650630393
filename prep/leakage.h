/* Does anything that was learned from come back in the examination? */
#ifndef PREP_LEAKAGE_H
#define PREP_LEAKAGE_H

#include <glib.h>

/* What is found in more than one split. */
typedef struct {
	gsize groups;     /* group ids */
	gsize duplicates; /* pictures, equal to the last bit */
} Leakage;

/*
 * Count over the photos (Photo) of a dataset, whoever split them: it looks at
 * their splits, group ids and digests only, and takes nothing for granted.
 */
Leakage leakage_check(const GPtrArray *photos);

#endif
