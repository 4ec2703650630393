#include "tests/support/kwtest.h"

#include <stdlib.h>
#include <string.h>

#include "kw/random.h"
#include "prep/fingerprint.h"
#include "prep/hash_index.h"

static int
noise(int seed, int i, int levels)
{
	KwRandomKey key = { .seed = (guint64)seed,
			    .subject = (guint64)i,
			    .purpose = KW_PURPOSE_SPLIT };

	return (int)kw_random_between(&key, 0, 0, levels);
}

/* h x w x c: a field that is smooth, as photos are, and some noise. */
static guint8 *
draw(int h, int w, int c, int seed)
{
	guint8 *pixels = g_malloc((gsize)(h * w * c));

	for (int y = 0; y < h; y++) {
		for (int x = 0; x < w; x++) {
			int value = 100 +
				    60 * (noise(seed, y / 20 * 64 + x / 20, 3) -
					  1) +
				    noise(seed + 1, y * w + x, 9);

			for (int k = 0; k < c; k++)
				pixels[(y * w + x) * c + k] = (guint8)value;
		}
	}
	return pixels;
}

/* The mean over a part of an image of one channel, by its definition. */
static double
mean_of(const guint8 *pixels, int w, double y0, double y1, double x0, double x1)
{
	double sum = 0;

	for (int y = (int)y0; y < y1; y++) {
		for (int x = (int)x0; x < x1; x++) {
			double height = MIN(y + 1, y1) - MAX(y, y0);
			double width = MIN(x + 1, x1) - MAX(x, x0);

			sum += height * width * pixels[y * w + x];
		}
	}
	return sum / ((y1 - y0) * (x1 - x0));
}

static void
averages_equal_areas_at_any_size(void **state)
{
	static const int sizes[][2] = {
		{ 224, 224 }, { 8, 8 }, { 50, 333 }, { 33, 31 }, { 300, 9 },
	};

	(void)state;
	for (gsize k = 0; k < G_N_ELEMENTS(sizes); k++) {
		int h = sizes[k][0], w = sizes[k][1];
		g_autofree guint8 *pixels = draw(h, w, 1, 5);
		Fingerprint print;
		Thumbs thumbs;

		fingerprint_take(&print, &thumbs, pixels, h, w, 1);
		for (int i = 0; i < THUMB_SIDE * THUMB_SIDE; i++) {
			double dy = (double)h / THUMB_SIDE;
			double dx = (double)w / THUMB_SIDE;
			int r = i / THUMB_SIDE, c = i % THUMB_SIDE;
			double mean = mean_of(pixels, w, r * dy, (r + 1) * dy,
					      c * dx, (c + 1) * dx);

			assert_true(thumbs.cells[VIEW_WHOLE][i] > mean - 0.6);
			assert_true(thumbs.cells[VIEW_WHOLE][i] < mean + 0.6);
		}
	}
}

static void
hashes_where_gray_grows_to_the_right(void **state)
{
	guint8 pixels[72 * 72];
	Fingerprint print;
	Thumbs thumbs;

	(void)state;
	/* Grows in the upper half, falls in the lower. */
	for (int i = 0; i < 72 * 72; i++)
		pixels[i] = (guint8)(i / 72 < 36 ? i % 72 : 72 - i % 72);
	fingerprint_take(&print, &thumbs, pixels, 72, 72, 1);
	assert_int_equal(print.hash[VIEW_WHOLE],
			 G_GUINT64_CONSTANT(0xffffffff00000000));
}

static void
sees_luma_in_colours(void **state)
{
	g_autofree guint8 *gray = draw(60, 60, 1, 3);
	g_autofree guint8 *colour = draw(60, 60, 3, 3);
	guint8 red[72 * 72 * 3];
	Fingerprint a, b;
	Thumbs s, t;

	(void)state;
	fingerprint_take(&a, &s, gray, 60, 60, 1);
	fingerprint_take(&b, &t, colour, 60, 60, 3);
	assert_int_equal(hamming_distance(a.hash[0], b.hash[0]), 0);
	for (int i = 0; i < 72 * 72 * 3; i++)
		red[i] = i % 3 == 0 ? 200 : 0;
	fingerprint_take(&a, &s, red, 72, 72, 3);
	assert_in_range(s.cells[VIEW_WHOLE][0], 59, 61);
}

static void
sees_a_cropped_copy_in_the_inner_view(void **state)
{
	enum { SIDE = 200, EDGE = SIDE / 100, LEFT = SIDE - 2 * EDGE };
	g_autofree guint8 *pixels = draw(SIDE, SIDE, 1, 8);
	guint8 cropped[LEFT * LEFT];
	Fingerprint original, copy;
	Thumbs a, b;

	(void)state;
	for (int y = 0; y < LEFT; y++)
		memcpy(cropped + y * LEFT, pixels + (y + EDGE) * SIDE + EDGE,
		       LEFT);
	fingerprint_take(&original, &a, pixels, SIDE, SIDE, 1);
	fingerprint_take(&copy, &b, cropped, LEFT, LEFT, 1);
	assert_in_range(hamming_distance(original.hash[VIEW_INNER],
					 copy.hash[VIEW_WHOLE]),
			0, 1);
	assert_true(fingerprint_may_match(&original, VIEW_INNER, &copy,
					  VIEW_WHOLE));
	assert_true(thumbs_match(&a, VIEW_INNER, &b, VIEW_WHOLE));
	assert_false(thumbs_match(&a, VIEW_WHOLE, &b, VIEW_WHOLE));
}

static void
looks_at_no_padding(void **state)
{
	enum { SIDE = 96, TOP = 20, BELOW = 31, LEFT = 7 };
	g_autofree guint8 *pixels = draw(SIDE, SIDE, 3, 2);
	g_autofree guint8 *padded =
		g_malloc0((TOP + SIDE + BELOW) * (LEFT + SIDE) * 3);
	guint8 black[40 * 40 * 3] = { 0 };
	Fingerprint a, b;
	Thumbs s, t;

	(void)state;
	for (int y = 0; y < SIDE; y++)
		memcpy(padded + ((TOP + y) * (LEFT + SIDE) + LEFT) * 3,
		       pixels + y * SIDE * 3, SIDE * 3);
	fingerprint_take(&a, &s, pixels, SIDE, SIDE, 3);
	fingerprint_take(&b, &t, padded, TOP + SIDE + BELOW, LEFT + SIDE, 3);
	assert_memory_equal(a.hash, b.hash, sizeof a.hash);
	assert_memory_equal(a.blocks, b.blocks, sizeof a.blocks);
	assert_memory_equal(a.colours, b.colours, sizeof a.colours);
	assert_memory_equal(&s, &t, sizeof s);
	fingerprint_take(&a, &s, black, 40, 40, 3);
	assert_int_equal(a.hash[VIEW_WHOLE], 0);
}

/* Two views that can only be the same photo, by both tests. */
static gboolean
match(const guint8 *a, const guint8 *b, int side)
{
	Fingerprint p, q;
	Thumbs s, t;

	fingerprint_take(&p, &s, a, side, side, 3);
	fingerprint_take(&q, &t, b, side, side, 3);
	return fingerprint_may_match(&p, VIEW_WHOLE, &q, VIEW_WHOLE) &&
	       thumbs_match(&s, VIEW_WHOLE, &t, VIEW_WHOLE);
}

static void
matches_copies_and_not_what_is_much_alike(void **state)
{
	enum { SIDE = 224, ROW = SIDE * 3, SIZE = ROW * SIDE };
	g_autofree guint8 *pixels = draw(SIDE, SIDE, 3, 8);
	g_autofree guint8 *copy = g_memdup2(pixels, SIZE);

	(void)state;
	/* As a codec does: errors here and there, none on average. */
	for (int i = 0; i < SIZE; i++)
		copy[i] = (guint8)(copy[i] + noise(4, i, 7) - 3);
	assert_true(match(pixels, copy, SIDE));
	/* An animal has come. */
	memcpy(copy, pixels, SIZE);
	for (int y = 100; y < 120; y++)
		memset(copy + y * ROW + 80 * 3, 30, 20 * 3);
	assert_false(match(pixels, copy, SIDE));
	/* The sun has come out a little. */
	for (int i = 0; i < SIZE; i++)
		copy[i] = (guint8)(pixels[i] * 102 / 100);
	assert_false(match(pixels, copy, SIDE));
	/* A shadow has moved. */
	memcpy(copy, pixels, SIZE);
	for (int y = 0; y < SIDE / 4; y++)
		for (int i = 0; i < ROW / 4; i++)
			copy[y * ROW + i] = (guint8)(copy[y * ROW + i] - 2);
	assert_false(match(pixels, copy, SIDE));
	/* It is evening: as light, but redder. */
	for (int i = 0; i < SIZE; i++)
		copy[i] = (guint8)(pixels[i] + (i % 3 == 0   ? 2
						: i % 3 == 2 ? -5
							     : 0));
	assert_false(match(pixels, copy, SIDE));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(averages_equal_areas_at_any_size),
		cmocka_unit_test(hashes_where_gray_grows_to_the_right),
		cmocka_unit_test(sees_luma_in_colours),
		cmocka_unit_test(sees_a_cropped_copy_in_the_inner_view),
		cmocka_unit_test(looks_at_no_padding),
		cmocka_unit_test(matches_copies_and_not_what_is_much_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
