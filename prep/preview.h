/* A sheet of photos as they went into the dataset, for people to look at. */
#ifndef PREP_PREVIEW_H
#define PREP_PREVIEW_H

#include "kw/image.h"
#include "kw/outfile.h"
#include "prep/spool.h"

/*
 * Draw a row a class: its name and number of photos, and some of these, from
 * train, val and test by their shares, from the spool of their pixels.  Classes
 * for which there is no room are left out, with a warning (char *).  Write it
 * into `out`, which is to be committed.
 * Errors: those of kw_sheet_render() and kw_image_save(), and of the spool.
 */
gboolean preview_write(KwOutfile *out, const GPtrArray *photos,
		       const GPtrArray *classes, const KwImageRequest *image,
		       const Spool *pixels, GPtrArray *warnings,
		       GError **error);

#endif
