/* How a photo becomes an image of the size that was asked for. */
#ifndef KW_IMAGE_FIT_H
#define KW_IMAGE_FIT_H

#include "kw/image.h"
#include "lib/resample.h"

typedef struct {
	int width, height;
} KwSize;

/*
 * What part of a photo is resampled, and to which size, before it is turned
 * upright: `stored` and both results are as it lies in its file, `swap` tells
 * whether it lies on its side there.
 */
void kw_fit_plan(const KwImageRequest *request, KwSize stored, gboolean swap,
		 KwBox *box, KwSize *size);

/*
 * Lay a resampled image of 1 or 3 `bands`, upright by now, into the middle of
 * the pixels of the request, in their channels; black where there is room.
 */
void kw_fit_lay_out(guint8 *pixels, const KwImageRequest *request,
		    const guint8 *image, KwSize size, int bands);

#endif
