#include <math.h>
#include <string.h>
#include <vips/vips.h>

#include "kw/alloc.h"
#include "kw/filter.h"
#include "lib/vips_error.h"

/*
 * Of libvips only the interpolators are used, on a source that is padded by the
 * fill: vips_mapim() would round positions to float32, cost a pipeline an
 * image, and blend with black at the edges.
 */

const char *const kw_interpolation_names[] = { "bilinear", "bicubic", "lbb",
					       "nohalo", NULL };

/* Names of our own: libvips gained clean-up functions for its types late. */
typedef VipsImage Picture;
typedef VipsRegion Region;
typedef VipsInterpolate Interpolator;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Picture, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Region, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Interpolator, g_object_unref)

/* Positions this little outside are rounding errors of whoever made the map. */
#define SLACK 0x1p-16

/* The pixel, 0..n-1, that stands at index i of the image continued by fill. */
static int
fold_index(int i, int n, KwFill fill)
{
	int period = fill == KW_FILL_REFLECT ? 2 * n : n;

	if (fill == KW_FILL_NEAREST || fill == KW_FILL_CONSTANT)
		return CLAMP(i, 0, n - 1);
	i %= period;
	if (i < 0)
		i += period;
	return i < n ? i : period - 1 - i;
}

/*
 * The position at which the image, and half a pixel around it, is the same as
 * the image continued by fill at x.
 */
static double
fold(double x, int n, KwFill fill)
{
	double period = fill == KW_FILL_REFLECT ? 2.0 * n : n;

	if (x >= 0 && x <= n - 1)
		return x;
	if (fill == KW_FILL_NEAREST || fill == KW_FILL_CONSTANT)
		return CLAMP(x, 0, n - 1);
	/* Counted from the upper left corner of the first pixel. */
	x = fmod(x + 0.5, period);
	if (x < 0)
		x += period;
	return (x <= n ? x : period - x) - 0.5;
}

static gboolean
is_outside(double x, int n)
{
	return x < -SLACK || x > n - 1 + SLACK;
}

/* A copy with `margin` more pixels on all sides, which the fill provides. */
static guint8 *
pad(const guint8 *src, int h, int w, int c, int margin, KwFill fill,
    GError **error)
{
	gsize stride = ((gsize)w + 2 * margin) * c, height = h + 2 * margin;
	guint8 *padded = kw_alloc(height, stride, "a padded image", error);

	if (padded == NULL)
		return NULL;
	for (int y = 0; y < h + 2 * margin; y++) {
		gsize from = fold_index(y - margin, h, fill);
		const guint8 *row = src + from * w * c;
		guint8 *left = padded + y * stride, *inside = left + margin * c;
		guint8 *right = inside + (gsize)w * c;

		memcpy(inside, row, (gsize)w * c);
		for (int x = 0; x < margin; x++) {
			gsize before = fold_index(x - margin, w, fill);
			gsize after = fold_index(w + x, w, fill);

			memcpy(left + x * c, row + before * c, c);
			memcpy(right + x * c, row + after * c, c);
		}
	}
	return padded;
}

/* The pixels, which it does not copy, as interpolators read them. */
static VipsRegion *
region_new(const guint8 *pixels, int h, int w, int c)
{
	const VipsRect whole = { 0, 0, w, h };
	g_autoptr(Picture) picture = vips_image_new_from_memory(
		pixels, (gsize)h * w * c, w, h, c, VIPS_FORMAT_UCHAR);
	g_autoptr(Region) region =
		picture == NULL ? NULL : vips_region_new(picture);

	if (region == NULL || vips_region_prepare(region, &whole) != 0)
		return NULL;
	return g_steal_pointer(&region);
}

gboolean
kw_filter_warp(guint8 *dst, const guint8 *src, int h, int w, int c,
	       const KwAffine *map, KwInterpolation interpolation, KwFill fill,
	       guint8 constant, GError **error)
{
	static const char failed[] = "cannot interpolate an image";
	g_autoptr(Interpolator) interpolator =
		vips_interpolate_new(kw_interpolation_names[interpolation]);
	g_autofree guint8 *padded = NULL;
	g_autoptr(Region) region = NULL;
	VipsInterpolateMethod method;
	int margin;

	g_assert(h >= 1 && w >= 1 && h <= 65535 && w <= 65535);
	g_assert((c == 1 || c == 3) && kw_affine_is_valid(map));
	if (interpolator == NULL) {
		kw_vips_error(error, failed);
		return FALSE;
	}
	method = vips_interpolate_get_method(interpolator);
	/* More than a stencil reaches beyond a folded position. */
	margin = vips_interpolate_get_window_size(interpolator);
	padded = pad(src, h, w, c, margin, fill, error);
	if (padded == NULL)
		return FALSE;
	region = region_new(padded, h + 2 * margin, w + 2 * margin, c);
	if (region == NULL) {
		kw_vips_error(error, failed);
		return FALSE;
	}
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++, dst += c) {
			double px = map->xx * x + map->xy * y + map->x0;
			double py = map->yx * x + map->yy * y + map->y0;

			if (fill == KW_FILL_CONSTANT &&
			    (is_outside(px, w) || is_outside(py, h)))
				memset(dst, constant, c);
			else
				method(interpolator, dst, region,
				       fold(px, w, fill) + margin,
				       fold(py, h, fill) + margin);
		}
	return TRUE;
}
