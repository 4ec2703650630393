#include "tests/support/kwtest.h"

#include <math.h>
#include <string.h>
#include <sys/resource.h>

#include "kw/error.h"
#include "kw/filter.h"
#include "kw/image.h"
#include "kw/random.h"
#include "tests/support/mapim.h"

enum { N_FILLS = 4, N_INTERPOLATIONS = 4, GUARD = 0xA5, GUARD_SIZE = 64 };

static const KwAffine identity = { .xx = 1, .yy = 1 };

/* h, w: odd ones, thin ones, not square */
static const int sizes[][2] = { { 1, 1 }, { 1, 7 },   { 6, 1 },   { 2, 90 },
				{ 5, 9 }, { 33, 20 }, { 48, 64 }, { 130, 3 } };

static guint8 *
random_image(gsize n, guint64 seed)
{
	guint8 *pixels = g_malloc(n);

	for (gsize i = 0; i < n; i++) {
		KwRandomKey key = { .seed = seed, .subject = i };

		pixels[i] = (guint8)kw_random_u64(&key, 0);
	}
	return pixels;
}

/* kw_filter_warp() into a new image; nothing behind it was written. */
static guint8 *
warped(const guint8 *src, int h, int w, int c, const KwAffine *map,
       KwInterpolation interpolation, KwFill fill, guint8 constant)
{
	gsize n = (gsize)h * w * c;
	guint8 *dst = g_malloc(n + GUARD_SIZE);
	GError *error = NULL;

	memset(dst, GUARD, n + GUARD_SIZE);
	assert_true(kw_filter_warp(dst, src, h, w, c, map, interpolation, fill,
				   constant, &error));
	test_assert_no_error(error);
	for (int i = 0; i < GUARD_SIZE; i++)
		assert_int_equal(dst[n + i], GUARD);
	return dst;
}

/* ---- the definitions, in double precision */

static int
naive_index(int i, int n, KwFill fill)
{
	while (i < 0 || i >= n) {
		if (fill == KW_FILL_WRAP)
			i += i < 0 ? n : -n;
		else if (fill == KW_FILL_REFLECT)
			i = i < 0 ? -1 - i : 2 * n - 1 - i;
		else
			i = i < 0 ? 0 : n - 1;
	}
	return i;
}

/* The weight of a pixel at a distance; Catmull-Rom's is Keys's with -0.5. */
static double
naive_weight(double d, KwInterpolation interpolation)
{
	d = fabs(d);
	if (interpolation == KW_BILINEAR)
		return MAX(0, 1 - d);
	if (d <= 1)
		return 1 + d * d * (1.5 * d - 2.5);
	return d >= 2 ? 0 : 2 + d * (-4 + d * (2.5 - 0.5 * d));
}

static double
naive_pixel(const guint8 *src, int h, int w, int c, double x, double y,
	    KwInterpolation interpolation, KwFill fill, guint8 constant)
{
	double sum = 0;

	if (fill == KW_FILL_CONSTANT &&
	    (x < 0 || x > w - 1 || y < 0 || y > h - 1))
		return constant;
	if (fill == KW_FILL_NEAREST) {
		x = CLAMP(x, 0, w - 1);
		y = CLAMP(y, 0, h - 1);
	}
	for (int j = (int)floor(y) - 1; j <= (int)floor(y) + 2; j++)
		for (int i = (int)floor(x) - 1; i <= (int)floor(x) + 2; i++) {
			gsize row = naive_index(j, h, fill);
			gsize column = naive_index(i, w, fill);

			sum += naive_weight(x - i, interpolation) *
			       naive_weight(y - j, interpolation) *
			       src[(row * w + column) * c];
		}
	return CLAMP(sum, 0, 255);
}

/* The largest difference from the definition. */
static double
difference(const guint8 *dst, const guint8 *src, int h, int w, int c,
	   const KwAffine *map, KwInterpolation interpolation, KwFill fill,
	   guint8 constant)
{
	double largest = 0;

	for (int i = 0; i < h * w * c; i++) {
		int xo = i / c % w, yo = i / c / w;
		double x = map->xx * xo + map->xy * yo + map->x0;
		double y = map->yx * xo + map->yy * yo + map->y0;
		double exact = naive_pixel(src + i % c, h, w, c, x, y,
					   interpolation, fill, constant);

		largest = MAX(largest, fabs(dst[i] - exact));
	}
	return largest;
}

static double
between(guint64 seed, guint16 draw, double low, double high)
{
	KwRandomKey key = { .seed = seed, .subject = 77 };

	return kw_random_between(&key, draw, low, high);
}

/* One that looks up positions far outside as well. */
static KwAffine
random_map(guint64 seed, int h, int w, double scale)
{
	return (KwAffine){
		.xx = between(seed, 0, -scale, scale),
		.xy = between(seed, 1, -scale, scale),
		.x0 = between(seed, 2, -w, 2 * w),
		.yx = between(seed, 3, -scale, scale),
		.yy = between(seed, 4, -scale, scale),
		.y0 = between(seed, 5, -h, 2 * h),
	};
}

/* Many maps, all fills and sizes, on noise: at most `allowed` levels off. */
static void
compare_random_maps(KwInterpolation interpolation, double allowed)
{
	for (guint64 i = 0; i < 40 * G_N_ELEMENTS(sizes); i++) {
		const int *size = sizes[i % G_N_ELEMENTS(sizes)];
		guint64 trial = i / G_N_ELEMENTS(sizes);
		int h = size[0], w = size[1], c = trial % 8 < 4 ? 1 : 3;
		KwFill fill = trial % N_FILLS;
		KwAffine map = random_map(i, h, w, trial % 3 ? 1.5 : 8);
		g_autofree guint8 *src = random_image((gsize)h * w * c, i);
		g_autofree guint8 *dst =
			warped(src, h, w, c, &map, interpolation, fill, 99);
		double off = difference(dst, src, h, w, c, &map, interpolation,
					fill, 99);

		if (off > allowed)
			fail_msg("%dx%dx%d fill %s: %.3f levels off", h, w, c,
				 kw_fill_names[fill], off);
	}
}

static void
bilinear_is_within_a_level_of_the_definition(void **state)
{
	(void)state;
	compare_random_maps(KW_BILINEAR, 1);
}

/* libvips rounds positions to 1/64 pixel here, which shows on noise. */
static void
bicubic_is_within_four_levels_of_catmull_rom(void **state)
{
	(void)state;
	compare_random_maps(KW_BICUBIC, 4);
}

/* ---- what holds for every interpolator */

static double
wave(double x, double y)
{
	return 128 + 70 * sin(x / 5) * cos(y / 7);
}

static void
all_follow_a_smooth_image(void **state)
{
	const int h = 60, w = 50;
	const KwAffine turn = { 0.8, 0.3, 4.3, -0.3, 0.7, 16.6 };
	g_autofree guint8 *src = g_malloc(h * w);

	(void)state;
	for (int i = 0; i < h * w; i++)
		src[i] = (guint8)rint(wave(i % w, i / w));
	for (int k = 0; k < N_INTERPOLATIONS; k++) {
		g_autofree guint8 *dst =
			warped(src, h, w, 1, &turn, k, KW_FILL_CONSTANT, 0);
		double largest = 0;

		for (int i = 0; i < h * w; i++) {
			double x =
				turn.xx * (i % w) + turn.xy * (i / w) + turn.x0;
			double y =
				turn.yx * (i % w) + turn.yy * (i / w) + turn.y0;

			if (x < 2 || x > w - 3 || y < 2 || y > h - 3)
				continue;
			largest = MAX(largest, fabs(dst[i] - wave(x, y)));
		}
		if (largest > 2)
			fail_msg("%s: %.3f levels off",
				 kw_interpolation_names[k], largest);
	}
}

static void
identity_is_exact(void **state)
{
	(void)state;
	for (gsize s = 0; s < G_N_ELEMENTS(sizes); s++)
		for (int i = 0; i < N_FILLS * N_INTERPOLATIONS; i++) {
			int h = sizes[s][0], w = sizes[s][1];
			gsize n = (gsize)h * w * 3;
			g_autofree guint8 *src = random_image(n, s);
			g_autofree guint8 *dst =
				warped(src, h, w, 3, &identity, i / N_FILLS,
				       i % N_FILLS, 7);

			assert_memory_equal(dst, src, n);
		}
}

static void
flips_are_exact(void **state)
{
	const int h = 5, w = 9;
	const KwAffine both = { .xx = -1, .x0 = w - 1, .yy = -1, .y0 = h - 1 };
	g_autofree guint8 *src = random_image((gsize)h * w, 1);

	(void)state;
	for (int i = 0; i < N_FILLS * N_INTERPOLATIONS; i++) {
		g_autofree guint8 *dst = warped(src, h, w, 1, &both,
						i / N_FILLS, i % N_FILLS, 7);

		for (int k = 0; k < h * w; k++)
			assert_int_equal(dst[k], src[h * w - 1 - k]);
	}
}

/* What the row "abcd" looks like to the left of itself, and to the right. */
static void
fills_as_drawn_and_so_on_for_ever(void **state)
{
	static const char *const drawn[N_FILLS] = { "aaaadddd", "dcbadcba",
						    "abcdabcd", "kkkkkkkk" };
	static const double shifts[] = { -4, 4, -4 * 1000001., 4 * 1000001. };
	const guint8 *abcd = (const guint8 *)"abcd";

	(void)state;
	for (int i = 0; i < 4 * N_FILLS * N_INTERPOLATIONS; i++) {
		int interpolation = i / 4 / N_FILLS, fill = i / 4 % N_FILLS;
		const char *expected = drawn[fill] + (i % 2 ? 4 : 0);
		KwAffine row = identity, column = identity;

		row.x0 = column.y0 = shifts[i % 4];
		g_autofree guint8 *across =
			warped(abcd, 1, 4, 1, &row, interpolation, fill, 'k');
		g_autofree guint8 *down = warped(abcd, 4, 1, 1, &column,
						 interpolation, fill, 'k');

		assert_memory_equal(across, expected, 4);
		assert_memory_equal(down, expected, 4);
	}
}

static void
one_level_stays_one_level(void **state)
{
	enum { H = 6, W = 8, N = H * W };
	guint8 src[N];

	(void)state;
	for (int level = 0; level < 256; level++)
		for (int k = 0; k < N_INTERPOLATIONS; k++) {
			KwAffine map = random_map(level, H, W, 2);

			memset(src, level, N);
			g_autofree guint8 *dst =
				warped(src, H, W, 1, &map, k, level % N_FILLS,
				       (guint8)level);
			assert_memory_equal(dst, src, N);
		}
}

/* On an image of two levels, does the result leave the range between them? */
static gboolean
overshoots(KwInterpolation interpolation)
{
	enum { H = 40, W = 30, N = H * W, LOW = 60, HIGH = 190 };
	const KwAffine map = { 0.7, 0.2, 1.3, -0.2, 0.6, 8.1 };
	g_autofree guint8 *src = random_image(N, 3);
	g_autofree guint8 *dst = NULL;

	for (int i = 0; i < N; i++)
		src[i] = src[i] & 1 ? LOW : HIGH;
	dst = warped(src, H, W, 1, &map, interpolation, KW_FILL_REFLECT, 0);
	for (int i = 0; i < N; i++)
		if (dst[i] < LOW || dst[i] > HIGH)
			return TRUE;
	return FALSE;
}

static void
only_bicubic_overshoots(void **state)
{
	(void)state;
	assert_false(overshoots(KW_BILINEAR));
	assert_true(overshoots(KW_BICUBIC));
	assert_false(overshoots(KW_LBB));
	assert_false(overshoots(KW_NOHALO));
}

static void
constant_begins_outside(void **state)
{
	const guint8 src[] = { 10, 20, 30 };

	(void)state;
	for (int i = 0; i < 4 * N_INTERPOLATIONS; i++) {
		gboolean right = i & 1, far = !(i & 2);
		/* more than a rounding error, or not */
		double by = far ? 0x1p-10 : 0x1p-30;
		KwAffine map = identity;

		map.x0 = right ? by : -by;
		g_autofree guint8 *dst = warped(src, 1, 3, 1, &map, i / 4,
						KW_FILL_CONSTANT, 200);

		assert_int_equal(dst[0], far && !right ? 200 : 10);
		assert_int_equal(dst[1], 20);
		assert_int_equal(dst[2], far && right ? 200 : 30);
	}
}

/* For the address sanitizer: the largest maps allowed. */
static void
largest_maps_stay_inside(void **state)
{
	enum { H = 3, W = 31, N = H * W * 3 };
	guint8 src[N];

	(void)state;
	memset(src, 50, N);
	for (int i = 0; i < 64 * N_FILLS * N_INTERPOLATIONS; i++) {
		const double a = KW_WARP_MAX_SCALE, b = KW_WARP_MAX_OFFSET;
		const KwAffine map = {
			.xx = i & 4 ? a : -a,
			.xy = i & 8 ? a : -a,
			.x0 = i & 16 ? b : -b,
			.yx = i & 32 ? a : -a,
			.yy = i & 64 ? a : -a,
			.y0 = i & 128 ? b : -b,
		};
		g_autofree guint8 *dst =
			warped(src, H, W, 3, &map, i / (64 * N_FILLS),
			       i % N_FILLS, 50);

		assert_memory_equal(dst, src, N);
	}
}

static void
inside_all_equal_mapim(void **state)
{
	const int h = 60, w = 50;
	/* of short fractions, which float32 holds, and inside throughout */
	const KwAffine turn = { 0x1.4p-1,  0x1.1p-3, 5.0625,
				-0x1.3p-3, 0x1.3p-1, 13.3125 };
	g_autofree guint8 *src = random_image((gsize)h * w, 8);

	(void)state;
	for (int k = 0; k < N_INTERPOLATIONS; k++) {
		g_autofree guint8 *dst =
			warped(src, h, w, 1, &turn, k, KW_FILL_CONSTANT, 0);
		g_autofree guint8 *expected =
			test_mapim(src, h, w, 1, &turn, k);

		assert_memory_equal(dst, expected, (gsize)h * w);
	}
}

/* Positions are doubles: a large image has no coarser ones. */
static void
positions_are_exact_in_large_images(void **state)
{
	const int w = 65535;
	KwAffine map = identity;
	g_autofree guint8 *src = g_malloc(w);

	(void)state;
	for (int x = 0; x < w; x++)
		src[x] = x % 2 ? 200 : 100;
	map.x0 = 22.5 / 4096; /* 0.55 levels; float32 makes it 0.39 */
	g_autofree guint8 *dst =
		warped(src, 1, w, 1, &map, KW_BILINEAR, KW_FILL_NEAREST, 0);

	for (int x = 0; x < w - 1; x++)
		assert_int_equal(dst[x], x % 2 ? 199 : 101);
}

static void
no_memory_is_an_error(void **state)
{
	struct rlimit before, none;
	guint8 pixel = 0;
	GError *error = NULL;
	gboolean ok;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
	none = before;
	none.rlim_cur = 1 << 30;
	assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
	/* It fails before it reads a pixel. */
	ok = kw_filter_warp(&pixel, &pixel, 20000, 20000, 3, &identity,
			    KW_BICUBIC, KW_FILL_WRAP, 0, &error);
	assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
	assert_false(ok);
	test_assert_error(&error, KW_ERROR_MEMORY, "a padded image");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bilinear_is_within_a_level_of_the_definition),
		cmocka_unit_test(bicubic_is_within_four_levels_of_catmull_rom),
		cmocka_unit_test(all_follow_a_smooth_image),
		cmocka_unit_test(identity_is_exact),
		cmocka_unit_test(flips_are_exact),
		cmocka_unit_test(fills_as_drawn_and_so_on_for_ever),
		cmocka_unit_test(one_level_stays_one_level),
		cmocka_unit_test(only_bicubic_overshoots),
		cmocka_unit_test(constant_begins_outside),
		cmocka_unit_test(largest_maps_stay_inside),
		cmocka_unit_test(inside_all_equal_mapim),
		cmocka_unit_test(positions_are_exact_in_large_images),
		cmocka_unit_test(no_memory_is_an_error),
	};
	int n_failed;

	(void)argc;
	if (!kw_image_start(argv[0], NULL))
		return 1;
	n_failed = cmocka_run_group_tests(tests, NULL, NULL);
	kw_image_stop();
	return n_failed != 0;
}
