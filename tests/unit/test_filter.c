#include "tests/support/kwtest.h"

#include <math.h>
#include <string.h>
#include <sys/resource.h>
#include <zlib.h>

#include "kw/error.h"
#include "kw/filter.h"
#include "kw/image.h"

/* h, w, c */
static const int sizes[][3] = { { 1, 1, 3 },   { 1, 7, 1 },   { 6, 1, 3 },
				{ 2, 90, 3 },  { 33, 20, 3 }, { 33, 21, 3 },
				{ 48, 64, 1 }, { 48, 64, 3 } };

/*
 * Ramps, noise and edges.  The golden values below were computed from the same
 * image, made in Python.
 */
static guint8 *
test_image(int h, int w, int c)
{
	guint8 *pixels = g_malloc((gsize)h * w * c), *p = pixels;
	guint32 r = 1;

	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++)
			for (int k = 0; k < c; k++) {
				r = r * 1664525 + 1013904223;
				*p++ = (guint8)(((x * 5 + y * 3 + k * 50) &
						 127) +
						(int)(r >> 24 & 63) +
						((x / 8 + y / 8) & 1) * 60);
			}
	return pixels;
}

static guint32
checksum(const guint8 *pixels, gsize n)
{
	return (guint32)crc32(0, pixels, (uInt)n);
}

static double
mean_difference(const guint8 *a, const guint8 *b, gsize n)
{
	double sum = 0;

	for (gsize i = 0; i < n; i++)
		sum += abs(a[i] - b[i]);
	return sum / (double)n;
}

/* ---- blur */

static guint8 *
blurred(const guint8 *src, int h, int w, int c, float sigma)
{
	gsize n = (gsize)h * w * c;
	guint8 *pixels = g_memdup2(src, n);
	GError *error = NULL;

	assert_true(kw_filter_blur(pixels, h, w, c, sigma, &error));
	test_assert_no_error(error);
	return pixels;
}

/* One axis of a Gaussian cut off at 4 sigma, from pixels `step` apart. */
static void
naive_blur(double *dst, const double *src, int n, gsize step, double sigma)
{
	int radius = (int)(4 * sigma + 0.5);

	for (int i = 0; i < n; i++) {
		double sum = 0, total = 0;

		for (int k = -radius; k <= radius; k++) {
			double d = k, weight = exp(-d * d / 2 / sigma / sigma);

			total += weight;
			sum += weight * src[CLAMP(i + k, 0, n - 1) * step];
		}
		dst[i * step] = sum / total;
	}
}

static void
blur_is_within_a_level_of_the_definition(void **state)
{
	static const float sigmas[] = { 0.2F, 0.5F, 1, 1.5F, 4, 20, 100 };

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(sizes) * G_N_ELEMENTS(sigmas); i++) {
		const int *size = sizes[i / G_N_ELEMENTS(sigmas)];
		float sigma = sigmas[i % G_N_ELEMENTS(sigmas)];
		int h = size[0], w = size[1], c = size[2];
		gsize n = (gsize)h * w * c, stride = (gsize)w * c;
		g_autofree guint8 *src = test_image(h, w, c);
		g_autofree guint8 *dst = blurred(src, h, w, c, sigma);
		g_autofree double *a = g_new(double, n), *b = g_new(double, n);

		for (gsize k = 0; k < n; k++)
			a[k] = src[k];
		for (gsize k = 0; k < n; k++)
			if (k % stride < (gsize)c)
				naive_blur(b + k, a + k, w, c, sigma);
		for (gsize k = 0; k < stride; k++)
			naive_blur(a + k, b + k, h, stride, sigma);
		for (gsize k = 0; k < n; k++)
			if (fabs(dst[k] - a[k]) > 0.55)
				fail_msg("%dx%dx%d sigma %g: [%zu] is %d, "
					 "expected %.3f",
					 h, w, c, (double)sigma, k, dst[k],
					 a[k]);
	}
}

/* gaussian_filter(image, (sigma, sigma, 0), mode="nearest") of scipy 1.17. */
static void
blur_is_that_of_scipy(void **state)
{
	static const struct {
		int h, w, c;
		float sigma;
		double values[6]; /* at n/6 * i + 5 */
	} golden[] = {
		{ 33,
		  20,
		  3,
		  0.3F,
		  { 134.863, 130.088, 85.340, 160.839, 46.391, 125.389 } },
		{ 33,
		  20,
		  3,
		  0.5F,
		  { 131.886, 131.931, 93.032, 156.431, 56.481, 133.944 } },
		{ 33,
		  20,
		  3,
		  1.5F,
		  { 133.001, 129.987, 107.565, 143.986, 86.347, 139.125 } },
		{ 33,
		  20,
		  3,
		  4,
		  { 119.622, 111.298, 111.381, 137.417, 105.836, 140.030 } },
		{ 33,
		  20,
		  3,
		  20,
		  { 113.575, 115.331, 115.493, 115.694, 115.229, 112.716 } },
		{ 2,
		  90,
		  1,
		  0.3F,
		  { 54.756, 59.404, 114.712, 33.302, 98.538, 118.666 } },
		{ 2,
		  90,
		  1,
		  1.5F,
		  { 52.990, 81.111, 102.620, 57.000, 77.608, 103.685 } },
		{ 2,
		  90,
		  1,
		  20,
		  { 88.408, 121.371, 124.596, 88.331, 121.291, 124.571 } },
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(golden); i++) {
		int h = golden[i].h, w = golden[i].w, c = golden[i].c;
		g_autofree guint8 *src = test_image(h, w, c);
		g_autofree guint8 *dst = blurred(src, h, w, c, golden[i].sigma);

		for (int k = 0; k < 6; k++)
			assert_float_equal(dst[k * h * w * c / 6 + 5],
					   golden[i].values[k], 0.6);
	}
}

static void
blur_keeps_what_is_even(void **state)
{
	enum { H = 9, W = 12, N = H * W * 3 };
	static const float sigmas[] = { 0.3F, 0.7F, 2, 9, 100 };
	guint8 src[N];

	(void)state;
	for (int level = 0; level < 256; level++) {
		memset(src, level, N);
		g_autofree guint8 *dst = blurred(
			src, H, W, 3, sigmas[level % G_N_ELEMENTS(sigmas)]);
		assert_memory_equal(dst, src, N);
	}
}

static void
no_blur_changes_nothing(void **state)
{
	g_autofree guint8 *src = test_image(20, 30, 3);
	g_autofree guint8 *none = blurred(src, 20, 30, 3, 0);
	g_autofree guint8 *little = blurred(src, 20, 30, 3, 0.1F);
	g_autofree guint8 *more = blurred(src, 20, 30, 3, 0.3F);

	(void)state;
	assert_memory_equal(none, src, 20 * 30 * 3);
	assert_memory_equal(little, src, 20 * 30 * 3);
	assert_memory_not_equal(more, src, 20 * 30 * 3);
}

/* CRC-32, whatever compiles and runs it. */
static void
blur_makes_the_same_bytes_anywhere(void **state)
{
	static const float sigmas[] = { 0.5F, 1.5F, 20 };
	static const guint32 golden[] = { 0x67934b4c, 0x98d53a6c, 0x00e33678 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		g_autofree guint8 *src = test_image(33, 20, 3);
		g_autofree guint8 *dst = blurred(src, 33, 20, 3, sigmas[i]);

		assert_int_equal(checksum(dst, 33 * 20 * 3), golden[i]);
	}
}

/* ---- sharpness */

/* CRC-32 of what ImageEnhance.Sharpness of Pillow 13.0 makes of the image. */
static void
sharpness_is_that_of_pillow(void **state)
{
	static const struct {
		int h, w, c;
		float factor;
		guint32 crc;
	} golden[] = {
		{ 33, 20, 3, 0, 0xc82f5560 },
		{ 33, 20, 3, 0.25F, 0x98c88d4d },
		{ 33, 20, 3, 1, 0x3319bafe },
		{ 33, 20, 3, 1.7F, 0xcd20e76b },
		{ 33, 20, 3, 10, 0x924d582b },
		{ 48, 64, 1, 0, 0xde2276f8 },
		{ 48, 64, 1, 0.25F, 0x6320a348 },
		{ 48, 64, 1, 1.7F, 0x0231401d },
		{ 48, 64, 1, 10, 0x5d1be61f },
		{ 2, 90, 3, 0.25F, 0xe77c03de },
		{ 1, 1, 3, 10, 0x55530d65 },
		{ 3, 3, 1, 0, 0x186ef78f },
		{ 3, 3, 1, 1.7F, 0x024e336d },
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(golden); i++) {
		int h = golden[i].h, w = golden[i].w, c = golden[i].c;
		g_autofree guint8 *pixels = test_image(h, w, c);
		GError *error = NULL;

		assert_true(kw_filter_sharpness(pixels, h, w, c,
						golden[i].factor, &error));
		test_assert_no_error(error);
		assert_int_equal(checksum(pixels, (gsize)h * w * c),
				 golden[i].crc);
	}
}

static void
a_sharpness_of_1_changes_nothing(void **state)
{
	(void)state;
	for (gsize s = 0; s < G_N_ELEMENTS(sizes); s++) {
		int h = sizes[s][0], w = sizes[s][1], c = sizes[s][2];
		g_autofree guint8 *src = test_image(h, w, c);
		g_autofree guint8 *dst = g_memdup2(src, (gsize)h * w * c);

		assert_true(kw_filter_sharpness(dst, h, w, c, 1, NULL));
		assert_memory_equal(dst, src, (gsize)h * w * c);
	}
}

/* ---- JPEG */

static guint8 *
jpegged(const guint8 *src, int h, int w, int c, int quality)
{
	guint8 *pixels = g_memdup2(src, (gsize)h * w * c);
	GError *error = NULL;

	assert_true(kw_filter_jpeg(pixels, h, w, c, quality, &error));
	test_assert_no_error(error);
	return pixels;
}

/*
 * Mean differences that Pillow 13.0 makes, with subsampling "4:2:0" below a
 * quality of 90 and "4:4:4" from there on.
 */
static void
jpeg_damages_as_much_as_pillow(void **state)
{
	static const struct {
		int h, w, c, quality;
		double mean;
	} golden[] = {
		{ 48, 64, 3, 1, 32.917 },  { 48, 64, 3, 30, 20.887 },
		{ 48, 64, 3, 75, 17.607 }, { 48, 64, 3, 95, 3.261 },
		{ 48, 64, 3, 100, 0.481 }, { 33, 21, 3, 1, 32.166 },
		{ 33, 21, 3, 30, 20.497 }, { 33, 21, 3, 95, 3.213 },
		{ 48, 64, 1, 1, 23.455 },  { 48, 64, 1, 75, 7.442 },
		{ 48, 64, 1, 95, 1.510 },  { 48, 64, 1, 100, 0.097 },
		{ 1, 1, 3, 1, 19.000 },    { 1, 1, 3, 30, 1.667 },
		{ 1, 1, 3, 100, 0.333 },
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(golden); i++) {
		int h = golden[i].h, w = golden[i].w, c = golden[i].c;
		gsize n = (gsize)h * w * c;
		g_autofree guint8 *src = test_image(h, w, c);
		g_autofree guint8 *dst =
			jpegged(src, h, w, c, golden[i].quality);

		assert_float_equal(mean_difference(dst, src, n), golden[i].mean,
				   0.01);
	}
}

static void
jpeg_keeps_gray_of_three_channels_gray(void **state)
{
	enum { H = 17, W = 24 };
	g_autofree guint8 *gray = test_image(H, W, 1);
	g_autofree guint8 *src = g_malloc(H * W * 3);
	g_autofree guint8 *dst = NULL;

	(void)state;
	for (int i = 0; i < H * W * 3; i++)
		src[i] = gray[i / 3];
	dst = jpegged(src, H, W, 3, 40);
	for (int i = 0; i < H * W * 3; i++)
		assert_int_equal(dst[i], dst[i / 3 * 3]);
}

/* ---- all */

enum { N_IMAGES = 96, SIDE = 40 };

/* Another filter and another image for each i. */
static guint32
filtered(int i)
{
	int h = SIDE + i % 7, w = SIDE + i % 5, c = i % 2 ? 1 : 3;
	gsize n = (gsize)h * w * c;
	const KwAffine turn = { 0.9, 0.2, i % 9, -0.2, 0.9, 3 };
	g_autofree guint8 *src = test_image(h, w, c);
	g_autofree guint8 *dst = g_memdup2(src, n);
	gboolean ok = TRUE;

	switch (i % 7) {
	case 0:
		ok = kw_filter_blur(dst, h, w, c, 0.3F + (float)i / 20, NULL);
		break;
	case 1:
		ok = kw_filter_sharpness(dst, h, w, c, (float)i / 50, NULL);
		break;
	case 2:
		ok = kw_filter_jpeg(dst, h, w, c, i + 1, NULL);
		break;
	default:
		ok = kw_filter_warp(dst, src, h, w, c, &turn, i % 7 - 3, i % 4,
				    9, NULL);
	}
	return ok ? checksum(dst, n) : 0;
}

static void
many_threads_make_the_same_bytes(void **state)
{
	guint32 alone[N_IMAGES], together[N_IMAGES];

	(void)state;
	for (int i = 0; i < N_IMAGES; i++)
		alone[i] = filtered(i);
#pragma omp parallel num_threads(8)
	{
#pragma omp for schedule(dynamic)
		for (int i = 0; i < N_IMAGES; i++)
			together[i] = filtered(i);
		kw_image_thread_end();
	}
	for (int i = 0; i < N_IMAGES; i++) {
		assert_int_not_equal(alone[i], 0);
		assert_int_equal(together[i], alone[i]);
	}
}

static void
no_memory_is_an_error(void **state)
{
	struct rlimit before, none;
	/* They fail before they read a pixel. */
	guint8 pixel = 0;
	GError *blur = NULL, *sharpness = NULL;
	gboolean ok;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
	none = before;
	none.rlim_cur = 1 << 30;
	assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
	ok = kw_filter_blur(&pixel, 20000, 20000, 3, 1, &blur) ||
	     kw_filter_sharpness(&pixel, 20000, 20000, 3, 0, &sharpness);
	assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
	assert_false(ok);
	test_assert_error(&blur, KW_ERROR_MEMORY, "a blurred image");
	test_assert_error(&sharpness, KW_ERROR_MEMORY, "a copy of an image");
}

/* Allowed for an image, but more than a JPEG file can be. */
static void
jpeg_says_what_libvips_says(void **state)
{
	g_autofree guint8 *pixels = g_malloc0(65535);
	GError *error = NULL;

	(void)state;
	assert_false(kw_filter_jpeg(pixels, 1, 65535, 1, 50, &error));
	test_assert_error(&error, KW_ERROR_UNSUPPORTED, "65500");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blur_is_within_a_level_of_the_definition),
		cmocka_unit_test(blur_is_that_of_scipy),
		cmocka_unit_test(blur_keeps_what_is_even),
		cmocka_unit_test(blur_makes_the_same_bytes_anywhere),
		cmocka_unit_test(no_blur_changes_nothing),
		cmocka_unit_test(sharpness_is_that_of_pillow),
		cmocka_unit_test(a_sharpness_of_1_changes_nothing),
		cmocka_unit_test(jpeg_damages_as_much_as_pillow),
		cmocka_unit_test(jpeg_keeps_gray_of_three_channels_gray),
		cmocka_unit_test(many_threads_make_the_same_bytes),
		cmocka_unit_test(no_memory_is_an_error),
		cmocka_unit_test(jpeg_says_what_libvips_says),
	};
	int n_failed;

	(void)argc;
	if (!kw_image_start(argv[0], NULL))
		return 1;
	n_failed = cmocka_run_group_tests(tests, NULL, NULL);
	kw_image_stop();
	return n_failed != 0;
}
