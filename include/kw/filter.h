/*
 * Filters for the pixels of a copy: blur, sharpness, JPEG artefacts, and warps
 * with other interpolators than the bilinear one of kw_warp().
 *
 * Images are h x w x c bytes, h and w 1..65535, c 1 or 3, changed in place
 * unless said otherwise.  Any thread.  Equal arguments give equal bytes:
 * kw_filter_blur() and kw_filter_sharpness() on any machine, the others, which
 * use libvips, with the same libvips and JPEG library.  These two want
 * kw_image_start() first, and every thread that called them calls
 * kw_image_thread_end() when it is done.
 * Errors: KW_ERROR_MEMORY, and of libvips KW_ERROR_UNSUPPORTED with its words.
 */
#ifndef KW_FILTER_H
#define KW_FILTER_H

#include <glib.h>

#include "kw/warp.h"

typedef enum {
	KW_BILINEAR, /* kw_warp() */
	KW_BICUBIC,  /* Catmull-Rom */
	KW_LBB,      /* locally bounded bicubic: no halos, less sharp */
	KW_NOHALO,   /* sharp, no halos, slow */
} KwInterpolation;

/* "bilinear", "bicubic", "lbb", "nohalo", NULL */
extern const char *const kw_interpolation_names[];

/*
 * As kw_warp(), with an interpolator of libvips: src and dst are h x w x c and
 * do not overlap.  Positions are doubles, not rounded; bicubic takes them to
 * the nearest 1/64 pixel, which makes up to 4 levels on noise.
 *
 * The fills continue the image as scipy.ndimage defines them for its order 1:
 * positions outside with KW_FILL_NEAREST have the value of the nearest edge
 * exactly, and KW_FILL_CONSTANT begins 2^-16 pixels outside, so that rounding
 * errors in a map cost no row.
 *
 * KW_BILINEAR is allowed, and within one level of kw_warp(): for tests.
 */
gboolean kw_filter_warp(guint8 *dst, const guint8 *src, int h, int w, int c,
			const KwAffine *map, KwInterpolation interpolation,
			KwFill fill, guint8 constant, GError **error);

/*
 * Gaussian blur of sigma pixels, 0..100, cut off at 4 sigma; the edge continues
 * as KW_FILL_NEAREST.  Before it is rounded to the nearest level, a value is
 * within 0.05 levels of scipy.ndimage.gaussian_filter().  Below 0.125, nothing
 * changes.
 */
gboolean kw_filter_blur(guint8 *pixels, int h, int w, int c, float sigma,
			GError **error);

/*
 * Pillow's ImageEnhance.Sharpness, byte for byte: smooth + factor * (image -
 * smooth), rounded down, smooth being the 3 x 3 mean with weight 5 in the
 * middle and edges as they are; 0 smooths, 1 leaves the image, 2 sharpens.
 * 0..10.
 */
gboolean kw_filter_sharpness(guint8 *pixels, int h, int w, int c, float factor,
			     GError **error);

/*
 * Encode as JPEG of this quality (1..100, chroma at half the size below 90) and
 * decode again.  Sides of more than 65500 pixels are KW_ERROR_UNSUPPORTED.
 */
gboolean kw_filter_jpeg(guint8 *pixels, int h, int w, int c, int quality,
			GError **error);

#endif
