/* Decoded photos to a dataset. */
#ifndef PREP_WRITE_H
#define PREP_WRITE_H

#include <glib.h>

#include "kw/dataset.h"
#include "prep/spool.h"

/*
 * Write the photos (Photo), which are in the order of the file, with their
 * pixels from the spool, as the content of `out`.
 * Errors: those of kw_dataset_create() and the spool; KW_ERROR_INTERRUPTED.
 */
gboolean write_dataset(KwOutfile *out, const KwDatasetInfo *info,
		       const GPtrArray *photos, const Spool *spool,
		       GError **error);

#endif
