/*
 * The files that kw-augment writes besides image files, which appear together
 * or not at all.
 */
#ifndef KW_AUGMENT_OUTPUTS_H
#define KW_AUGMENT_OUTPUTS_H

#include <glib.h>

#include "augment/job.h"
#include "augment/shards.h"

/* NULL where there is no such output. */
typedef struct {
	AugmentOutput *dataset;
	KwOutfile *preview, *summary;
} AugmentOutputs;

/*
 * Before anything is read: see that the files can be written, but for shards
 * whose number is not known yet.
 * Errors: those of kw_outfile_new(), augment_output_new() and
 * kw_image_can_save().
 */
AugmentOutputs *augment_outputs_new(const AugmentOptions *options,
				    GError **error);
void augment_outputs_free(AugmentOutputs *outputs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AugmentOutputs, augment_outputs_free)

/*
 * With the job planned: see that there is room for all of it, image files
 * included, and create the dataset.  Errors: those of kw_space_check() and
 * augment_output_create() as well.
 */
gboolean augment_outputs_create(AugmentOutputs *outputs, const AugmentJob *job,
				guint64 dataset_bytes, GError **error);

/* Write the summary, and commit everything, the dataset last. */
gboolean augment_outputs_commit(AugmentOutputs *outputs,
				const AugmentReport *report, GError **error);

#endif
