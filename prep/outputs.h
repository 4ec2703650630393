/* The files that kw-prep writes, which appear together or not at all. */
#ifndef PREP_OUTPUTS_H
#define PREP_OUTPUTS_H

#include "kw/outfile.h"
#include "prep/options.h"
#include "prep/report.h"

/* NULL where there is no such output. */
typedef struct {
	KwOutfile *dataset;
	KwOutfile *rejects, *summary, *preview;
} Outputs;

/*
 * Prepare the dataset, and see that the reports can be written: nobody should
 * wait for photos that have no way out.
 * Errors: those of kw_outfile_new() and kw_image_can_save().
 */
Outputs *outputs_new(const Options *options, GError **error);
void outputs_free(Outputs *outputs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Outputs, outputs_free)

/* Prepare the reports, when it is time to write them. */
gboolean outputs_prepare_reports(Outputs *outputs, const Options *options,
				 GError **error);

/*
 * Write what is told as text, and commit everything, the dataset last.
 */
gboolean outputs_commit(Outputs *outputs, const Report *report, GError **error);

#endif
