#include "tests/support/kwtest.h"

#include <math.h>
#include <string.h>

#include "kw/noise.h"
#include "kw/random.h"

enum { GUARD = 0xA5, GUARD_SIZE = 64, N_PHOTO = 224 * 224 * 3 };

static const KwRectangle whole = { 0, 0, 1, 1 };

/* n bytes of one value, and a guard */
static guint8 *
flat_new(gsize n, guint8 value)
{
	guint8 *pixels = g_malloc(n + GUARD_SIZE);

	memset(pixels, value, n);
	memset(pixels + n, GUARD, GUARD_SIZE);
	return pixels;
}

static guint8 *
noisy_new(gsize n, guint8 value, float sigma, guint32 key)
{
	guint8 *pixels = flat_new(n, value);

	kw_noise_add(pixels, n, sigma, key);
	for (int i = 0; i < GUARD_SIZE; i++)
		assert_int_equal(pixels[n + i], GUARD);
	return pixels;
}

/* ---- noise */

/*
 * From Philox4x32-10 in Python and statistics.NormalDist().inv_cdf() of the
 * centres of 65536 equal shares, rounded to 1/4096: 100 + 20 z, rounded.
 */
static void
noise_is_as_documented(void **state)
{
	static const struct {
		guint32 key;
		guint8 values[20];
	} goldens[] = {
		{ 1, { 107, 86, 121, 81,  77, 116, 103, 80, 113, 87,
		       106, 97, 135, 124, 94, 104, 73,  68, 89,  85 } },
		{ 0xabcdef,
		  { 103, 69, 98, 81,  105, 132, 90,  116, 108, 99,
		    88,  81, 59, 129, 106, 104, 104, 89,  68,  107 } },
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(goldens); i++) {
		g_autofree guint8 *noisy =
			noisy_new(20, 100, 20, goldens[i].key);

		assert_memory_equal(noisy, goldens[i].values, 20);
	}
}

/* The 16 bits that byte i of the image takes. */
static guint16
bits_of(gsize i, guint32 key)
{
	KwRandomKey random = { .subject = i / 8,
			       .round = key,
			       .purpose = KW_PURPOSE_NOISE };
	guint32 words[4];

	kw_random_block(&random, 0, words);
	return (guint16)(words[i % 8 / 2] >> (16 * (i % 2)));
}

static double
normal_cdf(double z)
{
	return erfc(-z / sqrt(2)) / 2;
}

/*
 * Kolmogorov-Smirnov distance of what the 65536 numbers make of a value, each
 * of them taken once, to the normal distribution cut into levels.
 */
static double
distance_to_normal(const guint32 first[65536], gsize n, guint8 value,
		   float sigma, guint32 key)
{
	g_autofree guint8 *noisy = noisy_new(n, value, sigma, key);
	guint32 counts[256] = { 0 }, sum = 0;
	double distance = 0;

	for (int u = 0; u < 65536; u++)
		counts[noisy[first[u]]]++;
	for (int level = 0; level < 255; level++) {
		double z = (level + 0.5 - value) / sigma;

		sum += counts[level];
		distance = fmax(distance, fabs(sum / 65536.0 - normal_cdf(z)));
	}
	return distance;
}

/*
 * The numbers are steps of 1/65536, in units of 1/4096 sigma: they may be off
 * by 2^-17 + 2^-13 * 0.4, 5.7e-5.  So many bytes hold each of them.
 */
static void
noise_is_normal_and_limited(void **state)
{
	enum { N = 1500000, KEY = 3 };
	static const struct {
		guint8 value;
		float sigma;
	} levels[] = { { 128, 1 },   { 128, 12.3f }, { 127, 29.77f },
		       { 0, 60 },    { 255, 60.5f }, { 10, 33 },
		       { 200, 100 }, { 128, 255 },   { 77, 0.4f } };
	g_autofree guint32 *first = g_new0(guint32, 65536);
	int n_found = 0;

	(void)state;
	for (guint32 i = N; i-- > 0;) {
		guint32 *place = &first[bits_of(i, KEY)];

		n_found += *place == 0;
		*place = i;
	}
	assert_int_equal(n_found, 65536);
	for (gsize i = 0; i < G_N_ELEMENTS(levels); i++) {
		double distance = distance_to_normal(first, N, levels[i].value,
						     levels[i].sigma, KEY);

		if (distance > 6e-5)
			fail_msg("%d with sigma %g: distance %g",
				 levels[i].value, levels[i].sigma, distance);
	}
}

/* Mean, variance, and the product of two photos' noise, or of neighbours. */
static double
mean_product(const guint8 *a, const guint8 *b, gsize n)
{
	double sum = 0;

	for (gsize i = 0; i < n; i++)
		sum += (a[i] - 128.0) * (b[i] - 128.0);
	return sum / (double)n;
}

/*
 * Of 150528 numbers with deviation 20: limits are 4 standard errors of the
 * mean, of the variance and of a correlation.
 */
static void
noise_of_a_photo_has_its_moments(void **state)
{
	const double n = N_PHOTO, variance = 400 + 1 / 12.0;
	g_autofree guint8 *a = noisy_new(N_PHOTO, 128, 20, 7);
	g_autofree guint8 *b = noisy_new(N_PHOTO, 128, 20, 8);
	double sum = 0;

	(void)state;
	for (gsize i = 0; i < N_PHOTO; i++)
		sum += a[i] - 128.0;
	assert_true(fabs(sum / n) < 4 * sqrt(variance / n));
	assert_true(fabs(mean_product(a, a, N_PHOTO) / variance - 1) <
		    4 * sqrt(2 / n));
	assert_true(fabs(mean_product(a, b, N_PHOTO) / variance) < 4 / sqrt(n));
	for (int lag = 1; lag <= 16; lag++)
		assert_true(fabs(mean_product(a, a + lag, N_PHOTO - lag) /
				 variance) < 4 / sqrt(n));
}

static void
noise_of_sigma_0_changes_nothing(void **state)
{
	guint8 pixels[256];

	(void)state;
	for (int i = 0; i < 256; i++)
		pixels[i] = (guint8)i;
	kw_noise_add(pixels, 256, 0, 5);
	for (int i = 0; i < 256; i++)
		assert_int_equal(pixels[i], i);
}

static void
noise_does_not_depend_on_how_many_bytes_follow(void **state)
{
	g_autofree guint8 *all = noisy_new(2000, 90, 25, 11);

	(void)state;
	for (gsize n = 0; n < 600; n++) {
		g_autofree guint8 *part = noisy_new(n, 90, 25, 11);

		assert_memory_equal(part, all, n);
	}
}

/* ---- erasing */

/* From Philox4x32-10 in Python. */
static void
erased_bytes_are_as_documented(void **state)
{
	static const guint8 golden[] = {
		0x2b, 0xb1, 0x30, 0xe3, 0xef, 0x7e, 0x9b, 0xed, 0x0c,
		0x5e, 0x77, 0x89, 0xf3, 0xc1, 0xc7, 0xf7, 0x9f, 0xad,
		0x71, 0x76, 0xce, 0x47, 0x7f, 0x60, 0x99, 0x3b, 0x4c,
		0xf2, 0x09, 0xe7, 0x06, 0xd2, 0x9f, 0xad, 0x9c, 0xa2,
	};
	guint8 pixels[36] = { 0 };

	(void)state;
	kw_noise_erase(pixels, 3, 4, 3, &whole, 0xabcdef);
	assert_memory_equal(pixels, golden, sizeof golden);
}

/* A byte is that of the image erased as a whole, or what it was. */
static void
assert_erased(int h, int w, int c, const KwRectangle *rectangle, int left,
	      int top, int right, int bottom)
{
	gsize n = (gsize)h * w * c;
	g_autofree guint8 *all = flat_new(n, 99);
	g_autofree guint8 *part = flat_new(n, 99);

	kw_noise_erase(all, h, w, c, &whole, 5);
	kw_noise_erase(part, h, w, c, rectangle, 5);
	for (gsize i = 0; i < n; i++) {
		int x = (int)(i / c) % w, y = (int)(i / c) / w;
		gboolean within =
			x >= left && x < right && y >= top && y < bottom;

		assert_int_equal(part[i], within ? all[i] : 99);
	}
	for (int i = 0; i < GUARD_SIZE; i++) {
		assert_int_equal(all[n + i], GUARD);
		assert_int_equal(part[n + i], GUARD);
	}
}

static void
the_rectangle_alone_is_erased(void **state)
{
	(void)state;
	for (guint64 i = 0; i < 2000; i++) {
		KwRandomKey key = { .subject = i };
		int h = 1 + (int)(kw_random_uniform(&key, 0) * 40);
		int w = 1 + (int)(kw_random_uniform(&key, 1) * 40);
		KwRectangle r = {
			(float)kw_random_between(&key, 2, -0.2, 1.1),
			(float)kw_random_between(&key, 3, -0.2, 1.1),
			(float)kw_random_between(&key, 4, -0.1, 1.2),
			(float)kw_random_between(&key, 5, -0.1, 1.2),
		};

		assert_erased(h, w, i % 2 ? 3 : 1, &r,
			      (int)floor((double)r.x * w + 0.5),
			      (int)floor((double)r.y * h + 0.5),
			      (int)floor(((double)r.x + r.width) * w + 0.5),
			      (int)floor(((double)r.y + r.height) * h + 0.5));
	}
}

static void
rectangles_are_rounded_to_pixels(void **state)
{
	(void)state;
	/* 0.25 * 10 + 0.5 is 3, (0.25 + 0.5) * 10 + 0.5 is 8 */
	assert_erased(10, 10, 3, &(KwRectangle){ 0.25f, 0.25f, 0.5f, 0.5f }, 3,
		      3, 8, 8);
	/* a twentieth of 20 columns, a half of 4 rows */
	assert_erased(4, 20, 1, &(KwRectangle){ 0.5f, 0, 0.05f, 0.5f }, 10, 0,
		      11, 2);
	assert_erased(7, 9, 3, &(KwRectangle){ 0, 0, 0, 0 }, 0, 0, 0, 0);
	assert_erased(7, 9, 3, &(KwRectangle){ 0, 0, 0.01f, 1 }, 0, 0, 0, 0);
	assert_erased(1, 1, 1, &whole, 0, 0, 1, 1);
}

static void
numbers_from_a_bad_file_do_no_harm(void **state)
{
	const float inf = INFINITY, nan = NAN, huge = 3e38f;

	(void)state;
	assert_erased(9, 9, 3, &(KwRectangle){ -inf, -inf, inf, inf }, 0, 0, 0,
		      0);
	assert_erased(9, 9, 3, &(KwRectangle){ nan, nan, nan, nan }, 0, 0, 0,
		      0);
	assert_erased(9, 9, 3, &(KwRectangle){ 0, 0, inf, nan }, 0, 0, 0, 0);
	assert_erased(9, 9, 3, &(KwRectangle){ -huge, 0, inf, huge }, 0, 0, 9,
		      9);
	assert_erased(9, 9, 3, &(KwRectangle){ 0.5f, 2, -1, 1 }, 0, 0, 0, 0);
	assert_erased(9, 9, 3, &(KwRectangle){ 1, 1, 1, 1 }, 9, 9, 9, 9);
}

/* Chi-squared with 255 degrees of freedom: mean 255, deviation 22.6. */
static void
erased_bytes_are_uniform_and_differ_by_key(void **state)
{
	const double expected = N_PHOTO / 256.0;
	g_autofree guint8 *a = flat_new(N_PHOTO, 0);
	g_autofree guint8 *b = flat_new(N_PHOTO, 0);
	int counts[256] = { 0 }, n_same = 0;
	double chi2 = 0;

	(void)state;
	kw_noise_erase(a, 224, 224, 3, &whole, 1);
	kw_noise_erase(b, 224, 224, 3, &whole, 2);
	for (int i = 0; i < N_PHOTO; i++) {
		counts[a[i]]++;
		n_same += a[i] == b[i];
	}
	for (int i = 0; i < 256; i++)
		chi2 += pow(counts[i] - expected, 2) / expected;
	assert_true(fabs(chi2 - 255) < 4 * 22.6);
	assert_true(fabs(n_same - expected) < 4 * sqrt(expected));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(noise_is_as_documented),
		cmocka_unit_test(noise_is_normal_and_limited),
		cmocka_unit_test(noise_of_a_photo_has_its_moments),
		cmocka_unit_test(noise_of_sigma_0_changes_nothing),
		cmocka_unit_test(
			noise_does_not_depend_on_how_many_bytes_follow),
		cmocka_unit_test(erased_bytes_are_as_documented),
		cmocka_unit_test(the_rectangle_alone_is_erased),
		cmocka_unit_test(rectangles_are_rounded_to_pixels),
		cmocka_unit_test(numbers_from_a_bad_file_do_no_harm),
		cmocka_unit_test(erased_bytes_are_uniform_and_differ_by_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
