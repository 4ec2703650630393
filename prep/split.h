/*
 * Train, val and test: whole groups, class by class, as near as possible to
 * the wanted shares; then the order of records within a split.
 */
#ifndef PREP_SPLIT_H
#define PREP_SPLIT_H

#include <glib.h>

#include "kw/dataset.h"

/*
 * Fill in the split of each photo (Photo) from its label and group.  percent[]
 * are the wanted shares of photos; a class with as many groups as there are
 * shares above zero leaves none of those splits empty, and one with fewer
 * fills train first and adds a warning (char *).
 *
 * The result depends on the seed and on the groups, not on their order.
 */
void split_photos(GPtrArray *photos, const GPtrArray *classes,
		  const int percent[KW_N_SPLITS], guint64 seed,
		  GPtrArray *warnings);

/*
 * Sort photos by split, then by a keyed hash of their record id, so that any
 * slice of a split is a fair sample of it.
 */
void split_order(GPtrArray *photos, guint64 seed);

#endif
