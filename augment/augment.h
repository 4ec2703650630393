/*
 * From a dataset to an augmented dataset.
 */
#ifndef KW_AUGMENT_AUGMENT_H
#define KW_AUGMENT_AUGMENT_H

#include <glib.h>

#include "augment/plan.h"
#include "kw/dataset.h"
#include "kw/outfile.h"
#include "kw/progress.h"
#include "kw/transform.h"

/* All that decides the bytes of the output, besides the input. */
typedef struct {
	gint32 copies; /* of each train record, besides the original */
	guint64 seed;
	KwPolicy policy;
} AugmentRecipe;

/* The recipe as KEY=VALUE lines, "augment.copies=3" and so on.  Free it. */
char *augment_recipe_settings(const AugmentRecipe *recipe);

/*
 * Plan what a recipe makes of a dataset on so many threads.
 * Errors: KW_ERROR_INPUT when the dataset is augmented already or has no train
 * records, KW_ERROR_USAGE when the copies are too many.
 */
gboolean augment_prepare(AugmentPlan *plan, const KwDataset *input,
			 const AugmentRecipe *recipe, int threads,
			 GError **error);

/*
 * Write the augmented dataset as the content of `out`; commit it afterwards.
 * The bytes do not depend on the number of threads.  Memory is that of one
 * batch, whatever the size of the dataset.  `progress` may be NULL.
 * Errors: those of the dataset, KW_ERROR_MEMORY, KW_ERROR_INTERRUPTED.
 * Main thread.
 */
gboolean augment_run(const AugmentPlan *plan, KwDataset *input, KwOutfile *out,
		     const AugmentRecipe *recipe, int threads,
		     KwProgress *progress, GError **error);

#endif
