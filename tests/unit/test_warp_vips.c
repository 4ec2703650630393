/*
 * kw_warp() judged by libvips: vips_mapim with its bilinear interpolator, as it
 * is within the image, and as kw_filter_warp() runs it on an image continued as
 * a fill says.
 */
#include "tests/support/kwtest.h"

#include <math.h>

#include "kw/filter.h"
#include "kw/image.h"
#include "kw/random.h"
#include "tests/support/mapim.h"

enum { N_FILLS = 4, CONSTANT = 33 };

/* ---- images */

typedef guint8 (*Painter)(int x, int y, int channel);

static guint8
noise(int x, int y, int channel)
{
	KwRandomKey key = { .seed = (guint64)(channel + 1),
			    .subject = (guint64)y << 32 | (guint64)x };

	return (guint8)kw_random_u64(&key, 0);
}

static guint8
waves(int x, int y, int channel)
{
	return (guint8)rint(128 +
			    70 * sin((x + 3 * channel) / 5.) * cos(y / 7.));
}

static guint8 *
paint(Painter painter, int h, int w, int c)
{
	guint8 *pixels = g_malloc((gsize)h * w * c);

	for (int i = 0; i < h * w * c; i++)
		pixels[i] = painter(i / c % w, i / c / w, i % c);
	return pixels;
}

/* ---- maps */

/* Rotated, shifted, sheared and zoomed about the centre, in this order. */
typedef struct {
	double degrees, shift, shear, zoom;
} Geometry;

static KwAffine
map_of(const Geometry *g, int h, int w)
{
	const double r = g->degrees * G_PI / 180, s = g->shear * G_PI / 180;
	const double cx = (w - 1) / 2.0, cy = (h - 1) / 2.0;
	KwAffine map = {
		.xx = cos(r) * g->zoom,
		.xy = -sin(r + s) * g->zoom,
		.yx = sin(r) * g->zoom,
		.yy = cos(r + s) * g->zoom,
	};

	map.x0 = cx + (cos(r) - sin(r)) * g->shift - map.xx * cx - map.xy * cy;
	map.y0 = cy + (sin(r) + cos(r)) * g->shift - map.yx * cx - map.yy * cy;
	return map;
}

/* Each alone, small and large, then mixed, then far outside. */
static const Geometry geometries[] = {
	{ 30, 0, 0, 1 },     { -121, 0, 0, 1 },    { 0, 3.3, 0, 1 },
	{ 0, -41.7, 0, 1 },  { 0, 0, 50, 1 },      { 0, 0, -20, 1 },
	{ 0, 0, 0, 0.31 },   { 0, 0, 0, 2.7 },     { 9, 2.2, 5, 0.9 },
	{ -77, 9, 30, 1.6 }, { 160, -5, -9, 3.3 }, { 45, 700, 0.2, 1.2 },
};

/*
 * Where a constant begins, right at the edge, they differ by intent: libvips
 * gets some slack for rounding errors.
 */
static gboolean
is_at_edge(const KwAffine *map, int x, int y, int h, int w)
{
	const double slack = 0x1p-15;
	double xi = map->xx * x + map->xy * y + map->x0;
	double yi = map->yx * x + map->yy * y + map->y0;

	return fabs(xi) < slack || fabs(xi - (w - 1)) < slack ||
	       fabs(yi) < slack || fabs(yi - (h - 1)) < slack;
}

/* ---- the comparison */

/* How many levels the two differ by, at most. */
static int
difference(const guint8 *src, int h, int w, int c, const KwAffine *map,
	   KwFill fill)
{
	const gsize n = (gsize)h * w * c;
	g_autoptr(KwWarpSource) source = kw_warp_source_new(h, w, c, NULL);
	g_autofree guint8 *ours = g_malloc(n);
	g_autofree guint8 *theirs = g_malloc(n);
	GError *error = NULL;
	int largest = 0;

	assert_non_null(source);
	kw_warp_source_set(source, src);
	kw_warp(ours, source, map, fill, CONSTANT);
	assert_true(kw_filter_warp(theirs, src, h, w, c, map, KW_BILINEAR, fill,
				   CONSTANT, &error));
	test_assert_no_error(error);
	for (int i = 0; i < (int)n; i++)
		if (fill != KW_FILL_CONSTANT ||
		    !is_at_edge(map, i / c % w, i / c / w, h, w))
			largest = MAX(largest, abs(ours[i] - theirs[i]));
	return largest;
}

static void
compare(Painter painter, int h, int w, int c)
{
	g_autofree guint8 *src = paint(painter, h, w, c);

	for (gsize i = 0; i < N_FILLS * G_N_ELEMENTS(geometries); i++) {
		gsize g = i / N_FILLS;
		KwFill fill = i % N_FILLS;
		KwAffine map = map_of(&geometries[g], h, w);
		int levels = difference(src, h, w, c, &map, fill);

		if (levels > 1)
			fail_msg("%dx%dx%d, geometry %zu, fill %s: %d levels "
				 "off",
				 h, w, c, g, kw_fill_names[fill], levels);
	}
}

static void
compare_shapes(Painter painter)
{
	compare(painter, 48, 64, 3);
	compare(painter, 61, 61, 1);
	compare(painter, 33, 20, 3);
	compare(painter, 120, 80, 1);
	compare(painter, 2, 90, 1);
}

static void
noise_is_within_a_level(void **state)
{
	(void)state;
	compare_shapes(noise);
}

static void
a_smooth_image_is_within_a_level(void **state)
{
	(void)state;
	compare_shapes(waves);
}

/* Are the corners, and so all positions, a pixel inside or more? */
static gboolean
is_well_inside(const KwAffine *map, int h, int w)
{
	for (int corner = 0; corner < 4; corner++) {
		int x = corner & 1 ? w - 1 : 0, y = corner & 2 ? h - 1 : 0;
		double xi = map->xx * x + map->xy * y + map->x0;
		double yi = map->yx * x + map->yy * y + map->y0;

		if (xi < 1 || xi > w - 2 || yi < 1 || yi > h - 2)
			return FALSE;
	}
	return TRUE;
}

/* Enlarged from within, so that all positions are a pixel inside, and more. */
static const Geometry inner[] = {
	{ 0, 0, 0, 0.9 },     { 7, 0, 0, 0.7 },      { -30, 1.3, 0, 0.5 },
	{ 90, -2.2, 5, 0.6 }, { 171, 0.4, -8, 0.4 }, { 0, 3.7, 20, 0.45 },
};

static void
compare_with_mapim(Painter painter, int h, int w, int c)
{
	const gsize n = (gsize)h * w * c;
	g_autofree guint8 *src = paint(painter, h, w, c);
	g_autofree guint8 *ours = g_malloc(n);
	g_autoptr(KwWarpSource) source = kw_warp_source_new(h, w, c, NULL);

	assert_non_null(source);
	kw_warp_source_set(source, src);
	for (gsize g = 0; g < G_N_ELEMENTS(inner); g++) {
		const KwAffine map = map_of(&inner[g], h, w);
		g_autofree guint8 *theirs =
			test_mapim(src, h, w, c, &map, KW_BILINEAR);

		assert_true(is_well_inside(&map, h, w));
		kw_warp(ours, source, &map, KW_FILL_CONSTANT, CONSTANT);
		for (gsize i = 0; i < n; i++)
			if (abs(ours[i] - theirs[i]) > 1)
				fail_msg("%dx%dx%d, geometry %zu: %d is to be "
					 "%d",
					 h, w, c, g, ours[i], theirs[i]);
	}
}

static void
inside_all_are_within_a_level_of_mapim(void **state)
{
	static const Painter painters[] = { noise, waves };

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(painters); i++) {
		compare_with_mapim(painters[i], 61, 61, 1);
		compare_with_mapim(painters[i], 61, 61, 3);
		compare_with_mapim(painters[i], 48, 64, 3);
		compare_with_mapim(painters[i], 70, 60, 1);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(noise_is_within_a_level),
		cmocka_unit_test(a_smooth_image_is_within_a_level),
		cmocka_unit_test(inside_all_are_within_a_level_of_mapim),
	};
	int n_failed;

	(void)argc;
	if (!kw_image_start(argv[0], NULL))
		return 1;
	n_failed = cmocka_run_group_tests(tests, NULL, NULL);
	kw_image_stop();
	return n_failed != 0;
}
