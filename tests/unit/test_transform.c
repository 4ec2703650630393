#include "tests/support/kwtest.h"

#include <math.h>
#include <string.h>

#include "kw/random.h"
#include "kw/transform.h"

enum { H = 120, W = 200, N_RECORDS = 4000 };

/* ---- draws */

/* A column of the transforms of many records, checked and summed up. */
typedef struct {
	double low, high, mean;
} Column;

static Column
column_of(const KwPolicy *policy, int column)
{
	Column result = { .low = G_MAXDOUBLE, .high = -G_MAXDOUBLE };

	for (guint64 id = 0; id < N_RECORDS; id++) {
		KwTransform t = kw_transform_draw(policy, 42, id, 1, H, W);
		float values[KW_N_TRANSFORM_COLUMNS];

		memcpy(values, &t, sizeof t);
		result.low = MIN(result.low, (double)values[column]);
		result.high = MAX(result.high, (double)values[column]);
		result.mean += (double)values[column] / N_RECORDS;
	}
	return result;
}

static void
draws_fill_their_ranges_evenly(void **state)
{
	/* centre and half width of each column under the seed policy */
	static const double expected[][2] = { { 0, 45 },      { 0, 0.3 * W },
					      { 0, 0.3 * H }, { 0, 0.2 },
					      { 1, 0.2 },     { 1, 0.2 },
					      { 0.5, 0.5 } };

	(void)state;
	for (int i = 0; i < (int)G_N_ELEMENTS(expected); i++) {
		double centre = expected[i][0], range = expected[i][1];
		Column c = column_of(&kw_policy_seed, i);

		/* float32 may round up to the end of the range */
		assert_true(c.low >= centre - range * (1 + 1e-6));
		assert_true(c.high <= centre + range * (1 + 1e-6));
		assert_true(c.low < centre - 0.99 * range);
		assert_true(c.high > centre + 0.99 * range);
		/* four standard errors of a uniform mean, or of a coin */
		assert_true(fabs(c.mean - centre) <
			    4 * range / sqrt(i == 6 ? 1 : 3) / sqrt(N_RECORDS));
	}
	assert_true(column_of(&kw_policy_seed, 7).high == 0);
}

static void
shifts_of_one_and_more_are_pixels(void **state)
{
	const KwPolicy policy = { .width_shift = 1, .height_shift = 7.5 };
	Column x = column_of(&policy, 1), y = column_of(&policy, 2);

	(void)state;
	assert_true(x.low >= -1 && x.high <= 1 && x.high > 0.99);
	assert_true(y.low >= -7.5 && y.high <= 7.5 && y.high > 7.4);
}

static void
nothing_asked_for_draws_the_identity(void **state)
{
	const KwPolicy none = { 0 };

	(void)state;
	for (guint64 id = 0; id < 50; id++) {
		KwTransform t = kw_transform_draw(&none, 42, id, 3, H, W);

		/* byte for byte: no negative zero either */
		assert_memory_equal(&t, &kw_transform_identity, sizeof t);
	}
}

/* Copies are told apart; a number does not depend on what else is drawn. */
static void
draws_depend_on_their_key_alone(void **state)
{
	const KwPolicy zoom_only = { .zoom = 0.2 };
	KwTransform a = kw_transform_draw(&kw_policy_seed, 42, 5, 1, H, W);
	KwTransform copy = kw_transform_draw(&kw_policy_seed, 42, 5, 2, H, W);
	KwTransform record = kw_transform_draw(&kw_policy_seed, 42, 6, 1, H, W);
	KwTransform seed = kw_transform_draw(&kw_policy_seed, 43, 5, 1, H, W);
	KwTransform zoom = kw_transform_draw(&zoom_only, 42, 5, 1, H, W);
	KwTransform again = kw_transform_draw(&kw_policy_seed, 42, 5, 1, H, W);

	(void)state;
	assert_memory_equal(&again, &a, sizeof a);
	assert_true(copy.rotation != a.rotation);
	assert_true(record.rotation != a.rotation);
	assert_true(seed.rotation != a.rotation);
	assert_true(zoom.rotation == 0);
	assert_true(zoom.zoom_x == a.zoom_x && zoom.zoom_y == a.zoom_y);
}

/* The formula of kw-dataset(5), with the numbers of the draws. */
static void
draws_are_those_of_the_format(void **state)
{
	const guint64 id = G_GUINT64_CONSTANT(0x0123456789abcdef);
	const KwRandomKey key = { .seed = 42,
				  .subject = id,
				  .round = 3,
				  .purpose = KW_PURPOSE_TRANSFORM };
	const KwTransform t =
		kw_transform_draw(&kw_policy_seed, 42, id, 3, H, W);
	const float expected[] = {
		(float)kw_random_between(&key, 0, -45, 45),
		(float)kw_random_between(&key, 2, -60, 60),
		(float)kw_random_between(&key, 1, -36, 36),
		(float)kw_random_between(&key, 3, -0.2, 0.2),
		(float)kw_random_between(&key, 4, 0.8, 1.2),
		(float)kw_random_between(&key, 5, 0.8, 1.2),
		kw_random_uniform(&key, 6) < 0.5 ? 1 : 0,
		0,
	};

	(void)state;
	assert_memory_equal(&t, expected, sizeof expected);
}

/* ---- maps */

static void
assert_map(const KwTransform *transform, int h, int w, double x_out,
	   double y_out, double x_in, double y_in)
{
	KwAffine m = kw_transform_map(transform, h, w);
	double x = m.xx * x_out + m.xy * y_out + m.x0;
	double y = m.yx * x_out + m.yy * y_out + m.y0;

	if (hypot(x - x_in, y - y_in) > 1e-12)
		fail_msg("(%g,%g) maps to (%.15g,%.15g), expected (%g,%g)",
			 x_out, y_out, x, y, x_in, y_in);
}

static KwTransform
transform_with(float rotation, float shift_x, float shift_y, float shear,
	       float zoom_x, float zoom_y)
{
	return (KwTransform){ .rotation = rotation,
			      .shift_x = shift_x,
			      .shift_y = shift_y,
			      .shear = shear,
			      .zoom_x = zoom_x,
			      .zoom_y = zoom_y };
}

static void
identity_maps_every_pixel_to_itself(void **state)
{
	KwAffine m = kw_transform_map(&kw_transform_identity, 7, 12);

	(void)state;
	assert_true(m.xx == 1 && m.xy == 0 && m.x0 == 0);
	assert_true(m.yx == 0 && m.yy == 1 && m.y0 == 0);
}

/* Where a point of the output is taken from: Keras's directions. */
static void
maps_in_the_directions_of_keras(void **state)
{
	const KwTransform left = transform_with(0, 2, 0, 0, 1, 1);
	const KwTransform up = transform_with(0, 0, 2, 0, 1, 1);
	const KwTransform turn = transform_with(90, 0, 0, 0, 1, 1);
	const KwTransform shear = transform_with(0, 0, 0, 30, 1, 1);
	const KwTransform zoom = transform_with(0, 0, 0, 0, 0.5F, 2);
	const KwTransform shifted_turn = transform_with(90, 3, 0, 0, 1, 1);

	(void)state;
	/* content moves 2 columns left, 2 rows up */
	assert_map(&left, 9, 9, 3, 4, 5, 4);
	assert_map(&up, 9, 9, 3, 4, 3, 6);
	/* row 4, column 7 moves to row 1, column 4: counter-clockwise */
	assert_map(&turn, 9, 9, 4, 1, 7, 4);
	/* about the true centre, also of images that are not square */
	assert_map(&turn, 8, 12, 5.5, 3.5, 5.5, 3.5);
	assert_map(&shear, 9, 9, 4, 6, 4 - 2 * 0.5, 4 + 2 * sqrt(0.75));
	assert_map(&zoom, 9, 9, 8, 5, 6, 6);
	/* the shift is turned with the image */
	assert_map(&shifted_turn, 9, 9, 4, 4, 4, 7);
}

/* m = m * n, both 3 x 3 */
static void
multiply(double m[3][3], const double n[3][3])
{
	for (int i = 0; i < 3; i++) {
		double row[3] = { 0 };

		for (int j = 0; j < 3; j++)
			for (int k = 0; k < 3; k++)
				row[j] += m[i][k] * n[k][j];
		memcpy(m[i], row, sizeof row);
	}
}

static void
maps_are_products_of_the_matrices_of_keras(void **state)
{
	const int h = 8, w = 13;
	const double x = (w - 1) / 2.0, y = (h - 1) / 2.0;

	(void)state;
	for (guint64 id = 0; id < 100; id++) {
		const KwPolicy policy = { .rotation = 180,
					  .width_shift = 0.5,
					  .height_shift = 0.5,
					  .shear = 60,
					  .zoom = 0.7 };
		const KwTransform t =
			kw_transform_draw(&policy, 3, id, 1, h, w);
		const KwAffine map = kw_transform_map(&t, h, w);
		const double r = (double)t.rotation * (G_PI / 180);
		const double s = (double)t.shear * (G_PI / 180);
		double m[3][3] = { { 1, 0, x }, { 0, 1, y }, { 0, 0, 1 } };

		multiply(m, (const double[3][3]){ { cos(r), -sin(r), 0 },
						  { sin(r), cos(r), 0 },
						  { 0, 0, 1 } });
		multiply(m, (const double[3][3]){ { 1, 0, t.shift_x },
						  { 0, 1, t.shift_y },
						  { 0, 0, 1 } });
		multiply(m, (const double[3][3]){ { 1, -sin(s), 0 },
						  { 0, cos(s), 0 },
						  { 0, 0, 1 } });
		multiply(m, (const double[3][3]){ { t.zoom_x, 0, 0 },
						  { 0, t.zoom_y, 0 },
						  { 0, 0, 1 } });
		multiply(m, (const double[3][3]){
				    { 1, 0, -x }, { 0, 1, -y }, { 0, 0, 1 } });
		assert_true(fabs(map.xx - m[0][0]) < 1e-12);
		assert_true(fabs(map.xy - m[0][1]) < 1e-12);
		assert_true(fabs(map.x0 - m[0][2]) < 1e-12);
		assert_true(fabs(map.yx - m[1][0]) < 1e-12);
		assert_true(fabs(map.yy - m[1][1]) < 1e-12);
		assert_true(fabs(map.y0 - m[1][2]) < 1e-12);
	}
}

static void
flips_come_last(void **state)
{
	KwTransform t = transform_with(20, 3, -4, 10, 0.9F, 1.1F);
	const KwAffine plain = kw_transform_map(&t, 8, 12);

	(void)state;
	t.flip_horizontal = t.flip_vertical = 1;
	for (int y = 0; y < 8; y++)
		for (int x = 0; x < 12; x++)
			assert_map(&t, 8, 12, 11 - x, 7 - y,
				   plain.xx * x + plain.xy * y + plain.x0,
				   plain.yx * x + plain.yy * y + plain.y0);
}

/* Against the C library's sine and cosine, all around. */
static void
rotations_are_accurate(void **state)
{
	(void)state;
	for (int i = -7200; i <= 7200; i++) {
		float degrees = (float)i * 0.1F;
		double radians = (double)degrees * (G_PI / 180);
		KwTransform t = transform_with(degrees, 0, 0, 0, 1, 1);
		KwAffine m = kw_transform_map(&t, 1, 1);

		assert_true(fabs(m.xx - cos(radians)) < 1e-14);
		assert_true(fabs(m.yx - sin(radians)) < 1e-14);
		assert_true(m.xy == -m.yx && m.yy == m.xx);
		assert_true(fabs(m.xx * m.xx + m.yx * m.yx - 1) < 4e-16);
	}
}

static void
quarter_turns_are_exact(void **state)
{
	guint8 src[9 * 9 * 3], once[sizeof src], twice[sizeof src];
	const KwTransform left = transform_with(90, 0, 0, 0, 1, 1);
	const KwTransform right = transform_with(-90, 0, 0, 0, 1, 1);
	g_autoptr(KwWarpSource) source = kw_warp_source_new(9, 9, 3, NULL);

	(void)state;
	for (gsize i = 0; i < sizeof src; i++)
		src[i] = (guint8)(i * 37);
	kw_transform_apply(&left, &kw_policy_seed, once, src, source, 9, 9);
	assert_memory_equal(once + (1 * 9 + 4) * 3, src + (4 * 9 + 7) * 3, 3);
	kw_transform_apply(&right, &kw_policy_seed, twice, once, source, 9, 9);
	assert_memory_equal(twice, src, sizeof src);
}

/* The widest policy a tool accepts stays within what the kernel takes. */
static void
widest_policy_fits_the_kernel(void **state)
{
	const KwPolicy widest = { .rotation = 360,
				  .width_shift = 65535,
				  .height_shift = 65535,
				  .shear = 90,
				  .zoom = 1,
				  .horizontal_flip = TRUE,
				  .vertical_flip = TRUE };

	(void)state;
	for (guint64 id = 0; id < 1000; id++) {
		KwTransform t =
			kw_transform_draw(&widest, 1, id, 1, 65535, 65535);
		KwAffine m = kw_transform_map(&t, 65535, 65535);

		assert_true(fabs(m.x0) < KW_WARP_MAX_OFFSET);
		assert_true(fabs(m.y0) < KW_WARP_MAX_OFFSET);
		assert_true(hypot(hypot(m.xx, m.xy), hypot(m.yx, m.yy)) < 10);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(draws_fill_their_ranges_evenly),
		cmocka_unit_test(shifts_of_one_and_more_are_pixels),
		cmocka_unit_test(nothing_asked_for_draws_the_identity),
		cmocka_unit_test(draws_depend_on_their_key_alone),
		cmocka_unit_test(draws_are_those_of_the_format),
		cmocka_unit_test(identity_maps_every_pixel_to_itself),
		cmocka_unit_test(maps_in_the_directions_of_keras),
		cmocka_unit_test(maps_are_products_of_the_matrices_of_keras),
		cmocka_unit_test(flips_come_last),
		cmocka_unit_test(rotations_are_accurate),
		cmocka_unit_test(quarter_turns_are_exact),
		cmocka_unit_test(widest_policy_fits_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
