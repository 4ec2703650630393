#include "tests/support/mapim.h"

#include <vips/vips.h>

#include "tests/support/kwtest.h"

/* Where each pixel comes from: h x w x 2. */
static float *
positions_of(const KwAffine *map, int h, int w)
{
	float *positions = g_new(float, 2 * (gsize)h * w);

	for (int i = 0; i < h * w; i++) {
		int x = i % w, y = i / w;

		positions[2 * i] = (float)(map->xx * x + map->xy * y + map->x0);
		positions[2 * i + 1] =
			(float)(map->yx * x + map->yy * y + map->y0);
	}
	return positions;
}

guint8 *
test_mapim(const guint8 *src, int h, int w, int c, const KwAffine *map,
	   KwInterpolation interpolation)
{
	gsize n = (gsize)h * w, size = 0;
	g_autofree float *positions = positions_of(map, h, w);
	VipsInterpolate *interpolator =
		vips_interpolate_new(kw_interpolation_names[interpolation]);
	VipsImage *in = vips_image_new_from_memory(src, n * c, w, h, c,
						   VIPS_FORMAT_UCHAR);
	VipsImage *index = vips_image_new_from_memory(
		positions, 2 * n * sizeof(float), w, h, 2, VIPS_FORMAT_FLOAT);
	VipsImage *out = NULL;
	guint8 *dst;

	assert_int_equal(
		vips_mapim(in, &out, index, "interpolate", interpolator, NULL),
		0);
	dst = vips_image_write_to_memory(out, &size);
	assert_int_equal(size, n * c);
	g_object_unref(out);
	g_object_unref(index);
	g_object_unref(in);
	g_object_unref(interpolator);
	return dst;
}
