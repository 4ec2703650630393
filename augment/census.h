/*
 * What there is to augment: the records of a dataset, counted.
 */
#ifndef KW_AUGMENT_CENSUS_H
#define KW_AUGMENT_CENSUS_H

#include <glib.h>

#include "kw/dataset.h"

typedef struct {
	guint n_classes;
	gsize (*classes)[KW_N_SPLITS]; /* n_classes: originals of each */
	gsize *records;                /* n_classes: train, copies included */
	gsize splits[KW_N_SPLITS];     /* records, copies included */
	guint64 content; /* of ids, groups, labels and checksums of all records
			  */
} AugmentCensus;

/*
 * Read the records, not the pixels, of all splits.  Errors: those of
 * kw_dataset_read_records(), KW_ERROR_INTERRUPTED.
 */
AugmentCensus *augment_census_take(KwDataset *dataset, GError **error);
void augment_census_free(AugmentCensus *census);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AugmentCensus, augment_census_free)

/*
 * What shards of one set have in common and those of others do not: from the
 * content of the input, and from words on what was made of it.  Never 0.
 */
guint64 augment_census_set_id(const AugmentCensus *census, const char *words);

#endif
