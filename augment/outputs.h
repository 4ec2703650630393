/*
 * The files that kw-augment writes besides image files.  They appear together,
 * when all of them are whole, or not at all; augment_outputs_commit() says what
 * can still come between.
 */
#ifndef KW_AUGMENT_OUTPUTS_H
#define KW_AUGMENT_OUTPUTS_H

#include <glib.h>

#include "augment/job.h"
#include "augment/shards.h"

typedef struct {
	/*
	 * No dataset is written in a dry run, nor on a terminal when a sheet or
	 * image files are all that is asked for.
	 */
	gboolean writes_dataset;
	/* NULL where there is none, or not yet: shards of a size */
	AugmentOutput *dataset;
	KwOutfile *preview, *summary; /* NULL where there is none */
} AugmentOutputs;

/*
 * Before anything is read: decide what is written, and see that the files can
 * be, but for shards whose number is not known yet.
 * Errors: those of kw_outfile_new(), augment_output_new(), augment_save_check()
 * and kw_image_can_save(); KW_ERROR_USAGE also when two outputs are one file.
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

/*
 * Write the summary, and commit everything: first what is copied to a stream, a
 * dataset before all, so that only renames remain; of these the dataset last.
 *
 * When this fails, no file has a new name, unless it was one of the renames
 * that failed, or the flush to the disk before it: those before stay.  So do a
 * part of a stream, and image files of --save-to.
 */
gboolean augment_outputs_commit(AugmentOutputs *outputs,
				const AugmentReport *report, GError **error);

#endif
