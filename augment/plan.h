/*
 * In which order the images of an augmented dataset are made.
 *
 * Train comes as its originals, then copy 1 of every record, then copy 2 of
 * every record, and so on; as the records of a split lie in random order, any
 * slice is then a fair sample.  Val and test follow as they are.
 */
#ifndef KW_AUGMENT_PLAN_H
#define KW_AUGMENT_PLAN_H

#include <glib.h>

#include "kw/dataset.h"

typedef struct {
	gsize inputs[KW_N_SPLITS];  /* records of each split before ... */
	gsize outputs[KW_N_SPLITS]; /* ... and after */
	gsize total;                /* the sum of outputs */
	gint32 copies;
	gsize batch_size; /* most images to make at a time */
} AugmentPlan;

/* Neighbours in the input that become neighbours in the output. */
typedef struct {
	KwSplit split;
	gint32 copy;    /* 0: the originals; k: the k-th copy of each */
	gsize first, n; /* records of the input */
} AugmentBatch;

/*
 * Plan `copies` copies (0 or more) of each train record, in batches of up to
 * batch_size (1 or more).  KW_ERROR_USAGE when that many cannot be counted.
 */
gboolean augment_plan_init(AugmentPlan *plan, const gsize inputs[KW_N_SPLITS],
			   gint32 copies, gsize batch_size, GError **error);

/*
 * Move on to the next batch, the first one after { 0 }; FALSE after the last.
 */
gboolean augment_plan_next(const AugmentPlan *plan, AugmentBatch *batch);

#endif
