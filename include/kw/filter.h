/*
 * What libvips does to the pixels of a copy: blur, sharpness, JPEG artefacts,
 * and warps with other interpolators than the bilinear one of kw_warp().
 *
 * Images are h x w x c bytes with 1 or 3 channels, changed in place unless said
 * otherwise.  kw_image_start() comes first; then any thread, and every thread
 * that called calls kw_image_thread_end() when it is done.  Errors:
 * KW_ERROR_MEMORY, KW_ERROR_UNSUPPORTED (libvips's own message).  Equal
 * arguments give equal bytes with the same libvips.
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
 * do not overlap; the fills continue the image as scipy.ndimage defines them.
 * KW_BILINEAR is allowed, and within one level of kw_warp(): for tests.
 */
gboolean kw_filter_warp(guint8 *dst, const guint8 *src, int h, int w, int c,
			const KwAffine *map, KwInterpolation interpolation,
			KwFill fill, guint8 constant, GError **error);

/* Gaussian blur of sigma pixels, 0..100; the edge continues as "nearest". */
gboolean kw_filter_blur(guint8 *pixels, int h, int w, int c, float sigma,
			GError **error);

/*
 * Pillow's ImageEnhance.Sharpness: smooth + factor * (image - smooth), smooth
 * being the 3 x 3 mean with weight 5 in the middle and edges as they are; 0
 * smooths, 1 leaves the image, 2 sharpens.  0..10.
 */
gboolean kw_filter_sharpness(guint8 *pixels, int h, int w, int c, float factor,
			     GError **error);

/*
 * Encode as JPEG of this quality (1..100, chroma subsampled as libvips does by
 * default) and decode again.
 */
gboolean kw_filter_jpeg(guint8 *pixels, int h, int w, int c, int quality,
			GError **error);

#endif
