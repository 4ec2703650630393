/*
 * What is read, and what is to become of it.
 */
#ifndef KW_AUGMENT_JOB_H
#define KW_AUGMENT_JOB_H

#include <glib.h>

#include "augment/block.h"
#include "augment/options.h"
#include "augment/report.h"

typedef struct {
	const AugmentOptions *options;
	KwDataset *input, *replayed; /* the latter may be NULL */
	AugmentCensus *census;       /* of the input */
	AugmentCensus *made;         /* of what is replayed; or NULL */
	AugmentPlan *plan;           /* NULL of a replay */
	KwDatasetInfo *info;         /* of the output */
	gsize outputs[KW_N_SPLITS];  /* records of the output */
	gsize source_length;         /* of the longest name, at most */
	guint shards;                /* 0: one file */
} AugmentJob;

/*
 * Open what the options name, count it, and plan what it becomes; all that is
 * known beforehand goes into the report.  Both are borrowed.
 * Errors: KW_ERROR_INPUT when the dataset is augmented already or has no train
 * records; those of opening, of augment_plan_new() and of
 * augment_shards_of_size().
 */
AugmentJob *augment_job_new(const AugmentOptions *options,
			    AugmentReport *report, GError **error);
void augment_job_free(AugmentJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AugmentJob, augment_job_free)

/*
 * The images to be made, in blocks of about block_images.  The plan is followed
 * by it: once a job.  Errors: those of augment_blocks_replay().
 */
AugmentBlocks *augment_job_blocks(AugmentJob *job, gsize block_images,
				  GError **error);

#endif
