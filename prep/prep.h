/* The work of kw-prep: a folder of photos becomes a dataset. */
#ifndef PREP_PREP_H
#define PREP_PREP_H

#include "prep/options.h"
#include "prep/report.h"

/*
 * Scan, decode, group, split, check and write.  The report is filled in as far
 * as the work went, also on failure; then no output has changed.
 * Between kw_image_start() and kw_image_stop().
 */
gboolean prep_run(const Options *options, Report *report, GError **error);

#endif
