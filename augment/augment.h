/*
 * From a dataset to an augmented dataset.
 */
#ifndef KW_AUGMENT_AUGMENT_H
#define KW_AUGMENT_AUGMENT_H

#include <glib.h>

#include "augment/options.h"
#include "augment/report.h"

/*
 * Do what the options say.  All that is written appears whole or not at all,
 * the image files of --save-to one by one; the bytes do not depend on the
 * number of threads.  Memory does not grow with the dataset, but for the names
 * that --save-to gave and the ids that --replay looks for.
 * Errors: KW_ERROR_INPUT when the dataset is augmented already or has no train
 * records, those of planning, reading, transforming and writing, KW_ERROR_IO
 * also when the disks have no room for it, KW_ERROR_INTERRUPTED.  Main thread.
 */
gboolean augment_run(const AugmentOptions *options, AugmentReport *report,
		     GError **error);

#endif
