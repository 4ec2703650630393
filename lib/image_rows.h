/* The rows of a photo from top to bottom, whoever decodes them. */
#ifndef KW_IMAGE_ROWS_H
#define KW_IMAGE_ROWS_H

#include <vips/vips.h>

#include "lib/jpeg.h"

typedef struct {
	int width, height, bands; /* bytes a pixel */
	/* One of the two. */
	VipsRegion *region;
	KwJpeg *jpeg; /* borrowed */

	int next;      /* row that is read next */
	guint8 *strip; /* of libjpeg's rows */
} KwRows;

/* Of an image of bytes; NULL with libvips's error text set. */
KwRows *kw_rows_of_image(VipsImage *image);

/* Of a JPEG file, which must outlive them. */
KwRows *kw_rows_of_jpeg(KwJpeg *jpeg);

void kw_rows_free(KwRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KwRows, kw_rows_free)

/*
 * The next n rows, at most those that are left, `stride` bytes apart; valid
 * until the next call.  This is where a photo is decoded.  NULL with libvips's
 * error text set.
 */
const guint8 *kw_rows_next(KwRows *rows, int n, gsize *stride);

#endif
