/* Does anything that was learned from come back in the examination? */
#ifndef PREP_LEAKAGE_H
#define PREP_LEAKAGE_H

#include <glib.h>

#include "kw/dataset.h"
#include "kw/progress.h"
#include "prep/duplicates.h"

/* What is found in more than one split. */
typedef struct {
	gsize groups; /* group ids */
	gsize equal;  /* pictures, equal in every pixel, of any class */
	gsize near;   /* pictures, nearly equal (duplicates.h), of any class */
} Leakage;

/*
 * Count over a dataset as it lies in its file, whoever split it: groups by
 * their ids, pictures by their pixels.  `bits` is as for duplicates_find(); no
 * near ones are counted where it is NEAR_OFF.  `progress` counts images, and
 * may be NULL.
 *
 * Errors: those of reading the dataset; KW_ERROR_IO for the temporary file of
 * what is compared; KW_ERROR_INTERRUPTED.
 */
gboolean leakage_check(KwDataset *dataset, int bits, int threads,
		       KwProgress *progress, Leakage *leakage, GError **error);

/*
 * The same of n images that lie in no file yet, with their groups, their splits
 * (KwSplit) and what duplicates_find() found among them.
 */
Leakage leakage_of_plan(guint n, const guint64 *groups, const guint8 *splits,
			const Duplicates *found);

#endif
