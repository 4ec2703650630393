/*
 * The records of a dataset, counted.
 */
#ifndef KW_INFO_CENSUS_H
#define KW_INFO_CENSUS_H

#include "kw/dataset.h"
#include "kw/progress.h"

/* Of one class in one split, or of more than that. */
typedef struct {
	gsize records;
	gsize originals; /* the others are augmented copies */
	gsize groups;    /* different group ids */
} InfoCount;

typedef struct InfoCensus InfoCensus;

/* Nothing counted yet. */
InfoCensus *info_census_new(const KwDatasetInfo *info);
void info_census_free(InfoCensus *census);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(InfoCensus, info_census_free)

/* Count these records of a split; their labels must be classes. */
void info_census_add(InfoCensus *census, KwSplit split,
		     const KwRecords *records);

/* All are added: count their groups. */
void info_census_finish(InfoCensus *census);

/*
 * All of these: of an open dataset, whose records are read for it.  Errors are
 * those of kw_dataset_read_records(), and KW_ERROR_INTERRUPTED.
 */
InfoCensus *info_census_take(KwDataset *dataset, KwProgress *progress,
			     GError **error);

/*
 * Of class `label` in `split`, when finished; the number of classes stands for
 * all classes, KW_N_SPLITS for all splits.
 */
const InfoCount *info_census_count(const InfoCensus *census, guint label,
				   guint split);

/* How many groups have records in more than one split, when finished. */
gsize info_census_shared_groups(const InfoCensus *census);

#endif
