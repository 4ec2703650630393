#include "tests/support/kwtest.h"

#include <math.h>
#include <string.h>

#include "kw/colour.h"

/* Python's colorsys: rgb_to_hsv(), h + degrees / 360, hsv_to_rgb(). */
static void
naive_hue(double rgb[3], double degrees)
{
	double r = rgb[0] / 255, g = rgb[1] / 255, b = rgb[2] / 255;
	double v = fmax(fmax(r, g), b), low = fmin(fmin(r, g), b);
	double s = v > 0 ? (v - low) / v : 0, d = v - low, h = 0;

	if (d > 0) {
		h = v == r   ? (g - b) / d
		    : v == g ? 2 + (b - r) / d
			     : 4 + (r - g) / d;
		h /= 6;
	}
	h += degrees / 360;
	h = (h - floor(h)) * 6;

	int sector = (int)h % 6;
	double f = h - floor(h), p = v * (1 - s), q = v * (1 - s * f),
	       t = v * (1 - s * (1 - f));
	const double sectors[6][3] = { { v, t, p }, { q, v, p }, { p, v, t },
				       { p, q, v }, { t, p, v }, { v, p, q } };

	for (int k = 0; k < 3; k++)
		rgb[k] = 255 * sectors[sector][k];
}

/* How far the results are from what they should be, before rounding. */
static double
hue_error(int r, int g, int b, float degrees)
{
	guint8 pixel[] = { (guint8)r, (guint8)g, (guint8)b };
	double expected[] = { r, g, b }, error = 0;

	kw_colour_hue(pixel, 1, 3, degrees);
	naive_hue(expected, degrees);
	for (int k = 0; k < 3; k++)
		error = fmax(error, fabs(pixel[k] - expected[k]));
	return error;
}

/* -180..180 for 0..24, not all of them whole numbers */
static float
angle(int i)
{
	return i % 3 ? 15.0f * (float)(i - 12) : 14.99f * (float)(i - 12);
}

/*
 * To the nearest level, for 19^3 colours and 25 angles: 1e-3 allows for both
 * sides of a half.
 */
static void
hue_is_that_of_colorsys(void **state)
{
	double error = 0;

	(void)state;
	for (int i = 0; i <= 24; i++)
		for (int r = 0; r < 256; r += 14)
			for (int g = 0; g < 256; g += 14)
				for (int b = 0; b < 256; b += 14)
					error = fmax(
						error,
						hue_error(r, g, b, angle(i)));
	assert_true(error < 0.5 + 1e-3);
}

/* colorsys of Python 3.11, rounded */
static void
hue_turns_from_red_towards_green(void **state)
{
	static const struct {
		guint8 before[3];
		float degrees;
		guint8 after[3];
	} turns[] = {
		{ { 255, 0, 0 }, 17.5f, { 255, 74, 0 } },
		{ { 255, 0, 0 }, 120, { 0, 255, 0 } },
		{ { 255, 0, 0 }, -120, { 0, 0, 255 } },
		{ { 200, 100, 50 }, -180, { 50, 150, 200 } },
		{ { 200, 100, 50 }, 180, { 50, 150, 200 } },
		{ { 200, 100, 50 }, 17.5f, { 200, 144, 50 } },
		{ { 50, 200, 100 }, -30, { 75, 200, 50 } },
		{ { 13, 77, 201 }, 17.5f, { 13, 22, 201 } },
		{ { 13, 77, 201 }, 90, { 201, 13, 171 } },
		{ { 1, 2, 3 }, 120, { 3, 1, 2 } },
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(turns); i++) {
		guint8 pixel[3];

		memcpy(pixel, turns[i].before, 3);
		kw_colour_hue(pixel, 1, 3, turns[i].degrees);
		assert_memory_equal(pixel, turns[i].after, 3);
	}
}

/* 65536 colours from all over the cube. */
static void
hue_zero_keeps_every_colour(void **state)
{
	(void)state;
	for (int i = 0; i < 256 * 256; i++) {
		guint8 before[] = { (guint8)(i >> 8), (guint8)i,
				    (guint8)(i * 31 >> 4) };
		guint8 after[3];

		memcpy(after, before, 3);
		kw_colour_hue(after, 1, 3, 0);
		assert_memory_equal(after, before, 3);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hue_is_that_of_colorsys),
		cmocka_unit_test(hue_turns_from_red_towards_green),
		cmocka_unit_test(hue_zero_keeps_every_colour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
