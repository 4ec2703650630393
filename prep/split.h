/*
 * Train, val and test: whole groups, class by class, as near as possible to
 * the wanted shares; then the order of records within a split.
 */
#ifndef PREP_SPLIT_H
#define PREP_SPLIT_H

#include <glib.h>

#include "kw/dataset.h"

/*
 * Fill in the split of each photo (Photo) from its label, its group, and the
 * split that it may be pinned to.  A group goes where its pinned photos are;
 * where they are in several splits they stay there, the group's other photos go
 * where most of them are, and a warning (char *) says so.  The other groups are
 * dealt out (deal.h).
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
