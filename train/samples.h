/* What training needs to know of the records of a split, and their order. */
#ifndef KW_TRAIN_SAMPLES_H
#define KW_TRAIN_SAMPLES_H

#include "kw/dataset.h"

typedef struct {
	const KwDataset *dataset; /* borrowed */
	KwSplit split;
	gsize n;
	gsize *rows; /* of the split; 0..n-1 while none is left out */
	gint32 *labels;
	guint64 *record_ids;
	guint64 *group_ids; /* leakage groups: bursts, days */
	gint32 *copies;
} Samples;

/* All records of a split, none included; the dataset must outlive them. */
Samples *samples_read(KwDataset *dataset, KwSplit split, GError **error);
void samples_free(Samples *samples);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Samples, samples_free)

/* Leave out all copies; the originals keep their order.  How many were left
 * out. */
gsize samples_drop_copies(Samples *samples);

/* Indices 0..n-1 as they lie in the file.  Free them. */
gsize *samples_file_order(const Samples *samples);

/*
 * Indices 0..n-1 shuffled: sorted by a random number keyed with the seed, the
 * epoch and each record's id and copy, so that the order does not depend on how
 * the file is laid out.  Free them.
 */
gsize *samples_shuffled_order(const Samples *samples, guint64 seed, int epoch);

/* How many samples there are of each of `classes` labels.  Free them. */
gsize *samples_count_labels(const Samples *samples, int classes);

#endif
