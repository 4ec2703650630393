#include "lib/image_fit.h"

#include <math.h>
#include <string.h>

/* ---- geometry */

/*
 * The middle of an image that KW_FIT_CROP shows: the largest part of the aspect
 * of `wanted`.
 */
static KwBox
cropped(KwSize image, KwSize wanted)
{
	double aspect = (double)wanted.width / wanted.height;
	KwBox box = { 0, 0, image.width, image.height };

	if (box.width > box.height * aspect) {
		box.width = box.height * aspect;
		box.left = (image.width - box.width) / 2;
	} else {
		box.height = box.width / aspect;
		box.top = (image.height - box.height) / 2;
	}
	return box;
}

/* The largest size of the aspect of `image` that lies within `wanted`. */
static KwSize
inscribed(KwSize image, KwSize wanted)
{
	double scale = MIN((double)wanted.width / image.width,
			   (double)wanted.height / image.height);
	int width = (int)lrint(image.width * scale);
	int height = (int)lrint(image.height * scale);

	return (KwSize){ CLAMP(width, 1, wanted.width),
			 CLAMP(height, 1, wanted.height) };
}

void
kw_fit_plan(const KwImageRequest *r, KwSize stored, gboolean swap, KwBox *box,
	    KwSize *size)
{
	*size = swap ? (KwSize){ r->height, r->width }
		     : (KwSize){ r->width, r->height };
	*box = r->fit == KW_FIT_CROP
		       ? cropped(stored, *size)
		       : (KwBox){ 0, 0, stored.width, stored.height };
	if (r->fit == KW_FIT_PAD)
		*size = inscribed(stored, *size);
}

/* ---- channels and margins */

/*
 * Luma of ITU-R BT.601, in the fixed point of Pillow's mode L, and so of
 * Keras's grayscale; libvips's own gray is the luminance of linear light.
 */
static guint8
luma(const guint8 *rgb)
{
	return (guint8)((rgb[0] * 19595u + rgb[1] * 38470u + rgb[2] * 7471u +
			 0x8000u) >>
			16);
}

/* A row of a resampled image, of 1 or 3 bands, in the request's channels. */
static void
lay_out_row(guint8 *out, int channels, const guint8 *row, int width, int bands)
{
	if (bands == channels) {
		memcpy(out, row, (gsize)width * (gsize)channels);
		return;
	}
	for (int x = 0; x < width; x++) {
		if (channels == 1)
			out[x] = luma(row + 3 * x);
		else
			memset(out + 3 * x, row[x], 3);
	}
}

void
kw_fit_lay_out(guint8 *pixels, const KwImageRequest *r, const guint8 *image,
	       KwSize size, int bands)
{
	gsize stride = (gsize)r->width * (gsize)r->channels;
	gsize left = (gsize)((r->width - size.width) / 2);
	gsize top = (gsize)((r->height - size.height) / 2);

	if (size.width < r->width || size.height < r->height)
		memset(pixels, 0, stride * (gsize)r->height);
	for (gsize y = 0; y < (gsize)size.height; y++)
		lay_out_row(pixels + (top + y) * stride +
				    left * (gsize)r->channels,
			    r->channels,
			    image + y * (gsize)size.width * (gsize)bands,
			    size.width, bands);
}
