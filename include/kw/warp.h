/*
 * The affine resampling kernel: rotation, shift, shear, zoom and flips in one
 * bilinear resample.
 */
#ifndef KW_WARP_H
#define KW_WARP_H

#include <glib.h>

/*
 * What lies outside the image, as scipy.ndimage and Keras's documentation
 * define it ("nearest", "reflect", "wrap", "constant", NULL):
 *	nearest   aaaa|abcd|dddd
 *	reflect   dcba|abcd|dcba
 *	wrap      abcd|abcd|abcd   (scipy's "grid-wrap")
 *	constant  kkkk|abcd|kkkk   (k itself outside [0, n-1]: no blending)
 */
typedef enum {
	KW_FILL_NEAREST,
	KW_FILL_REFLECT,
	KW_FILL_WRAP,
	KW_FILL_CONSTANT,
} KwFill;

extern const char *const kw_fill_names[];

/*
 * Maps output pixels to input pixels, both counted from the centre of the
 * upper left pixel:
 *	x_in = xx * x_out + xy * y_out + x0
 *	y_in = yx * x_out + yy * y_out + y0
 */
typedef struct {
	double xx, xy, x0;
	double yx, yy, y0;
} KwAffine;

/*
 * Largest magnitudes that kw_warp() and kw_filter_warp() take: xx, xy, yx, yy;
 * and x0, y0.
 */
#define KW_WARP_MAX_SCALE  4096.0
#define KW_WARP_MAX_OFFSET 1073741824.0

/* Is a map within them?  Not with a NaN.  Any thread. */
gboolean kw_affine_is_valid(const KwAffine *map);

/* An image prepared for kw_warp(): packed, and padded at two sides. */
typedef struct KwWarpSource KwWarpSource;

/* For images of h x w x c bytes, c 1 or 3, h and w 1..65535; KW_ERROR_MEMORY.
 */
KwWarpSource *kw_warp_source_new(int h, int w, int c, GError **error);
void kw_warp_source_free(KwWarpSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KwWarpSource, kw_warp_source_free)

/* Copy h x w x c bytes into the source.  One thread at a time a source. */
void kw_warp_source_set(KwWarpSource *source, const guint8 *pixels);

/*
 * Resample a source into dst, h x w x c bytes as it has; `constant` (0..255) is
 * the value of KW_FILL_CONSTANT.
 *
 * Positions are rounded to 2^-15 pixels and weights to 2^-15: before it is
 * rounded to the nearest level (halves up), a value is within 0.03 levels of
 * the exact bilinear one, and so within one level of
 * scipy.ndimage.affine_transform (order 1).  The same map gives the same bytes
 * on any machine and with any instruction set (kw/cpu.h).  One thread at a time
 * a source.
 */
void kw_warp(guint8 *dst, KwWarpSource *source, const KwAffine *map,
	     KwFill fill, guint8 constant);

#endif
