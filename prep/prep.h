/* The work of kw-prep: folders of photos become a dataset. */
#ifndef PREP_PREP_H
#define PREP_PREP_H

#include "prep/options.h"
#include "prep/report.h"

/*
 * Scan, decode, group, split, write, check and report.  The report is filled in
 * as far as the work went, also on failure; then no output has changed.
 * Between kw_image_start() and kw_image_stop().
 */
gboolean prep_run(const Options *options, Report *report, GError **error);

#endif
