#include "tests/support/kwtest.h"

#include <math.h>
#include <string.h>

#include "kw/error.h"
#include "kw/transform.h"

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
	KwTransform t = kw_transform_identity;

	t.rotation = rotation;
	t.shift_x = shift_x;
	t.shift_y = shift_y;
	t.shear = shear;
	t.zoom_x = zoom_x;
	t.zoom_y = zoom_y;
	return t;
}

/* ---- maps */

static void
identity_maps_every_pixel_to_itself(void **state)
{
	static const int sizes[][2] = {
		{ 1, 1 }, { 7, 12 }, { 224, 224 }, { 65535, 3 }, { 11, 65534 },
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		KwAffine m = kw_transform_map(&kw_transform_identity,
					      sizes[i][0], sizes[i][1]);

		assert_true(m.xx == 1 && m.xy == 0 && m.x0 == 0);
		assert_true(m.yx == 0 && m.yy == 1 && m.y0 == 0);
	}
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

static void
plain_shears_slant_about_the_centre(void **state)
{
	KwTransform x = kw_transform_identity, y = kw_transform_identity;

	(void)state;
	x.shear_x = 0.5F;
	y.shear_y = 0.25F;
	/* rows above the centre move right, those below it left */
	assert_map(&x, 9, 9, 5, 2, 4, 2);
	assert_map(&x, 9, 9, 3, 6, 4, 6);
	assert_map(&x, 9, 9, 1, 4, 1, 4);
	/* columns left of the centre move down, those right of it up */
	assert_map(&y, 9, 9, 0, 5, 0, 4);
	assert_map(&y, 9, 9, 8, 3, 8, 4);
	assert_map(&y, 9, 9, 4, 7, 4, 7);
}

static void
crop_stretches_its_window_to_the_edges(void **state)
{
	KwTransform t = kw_transform_identity;

	(void)state;
	t.crop = (KwRectangle){ 0.25F, 0.5F, 0.5F, 0.25F };
	/* corners, of pixels: half a pixel beyond their centres */
	assert_map(&t, 8, 12, -0.5, -0.5, 2.5, 3.5);
	assert_map(&t, 8, 12, 11.5, 7.5, 8.5, 5.5);
	/* the window is mirrored in itself */
	t.flip_horizontal = 1;
	assert_map(&t, 8, 12, -0.5, -0.5, 8.5, 3.5);
	/* and turned about its own centre */
	t.flip_horizontal = 0;
	t.rotation = 180;
	assert_map(&t, 8, 12, -0.5, -0.5, 8.5, 5.5);
	/* a shift is one of the copy: 4 of 12 columns, a third of the window */
	t.rotation = 0;
	t.shift_x = 4;
	assert_map(&t, 8, 12, -0.5, -0.5, 4.5, 3.5);
}

/* ---- against a product of matrices */

typedef long double Matrix[3][3];

/* m = m * n */
static void
multiply(Matrix m, const Matrix n)
{
	for (int i = 0; i < 3; i++) {
		long double row[3] = { 0 };

		for (int j = 0; j < 3; j++)
			for (int k = 0; k < 3; k++)
				row[j] += m[i][k] * n[k][j];
		memcpy(m[i], row, sizeof row);
	}
}

/* The map of transform.h, one matrix after the other. */
static void
naive_map(Matrix m, const KwTransform *t, int h, int w)
{
	const long double degree = 3.14159265358979323846L / 180;
	const long double r = t->rotation * degree, s = t->shear * degree;
	const long double x = (w - 1) / 2.0L, y = (h - 1) / 2.0L;
	const long double cw = t->crop.width, ch = t->crop.height;
	const long double cx = (long double)t->crop.x * w;
	const long double cy = (long double)t->crop.y * h;
	const gboolean fh = t->flip_horizontal != 0;
	const gboolean fv = t->flip_vertical != 0;
	const Matrix factors[] = {
		/* the window, about the corner of the first pixel */
		{ { 1, 0, -0.5L }, { 0, 1, -0.5L }, { 0, 0, 1 } },
		{ { cw, 0, cx }, { 0, ch, cy }, { 0, 0, 1 } },
		{ { 1, 0, 0.5L }, { 0, 1, 0.5L }, { 0, 0, 1 } },
		/* about the centre */
		{ { 1, 0, x }, { 0, 1, y }, { 0, 0, 1 } },
		{ { cosl(r), -sinl(r), 0 },
		  { sinl(r), cosl(r), 0 },
		  { 0, 0, 1 } },
		{ { 1, 0, t->shift_x }, { 0, 1, t->shift_y }, { 0, 0, 1 } },
		{ { 1, -sinl(s), 0 }, { 0, cosl(s), 0 }, { 0, 0, 1 } },
		{ { t->zoom_x, 0, 0 }, { 0, t->zoom_y, 0 }, { 0, 0, 1 } },
		{ { 1, t->shear_x, 0 }, { t->shear_y, 1, 0 }, { 0, 0, 1 } },
		{ { 1, 0, -x }, { 0, 1, -y }, { 0, 0, 1 } },
		/* the flips of the result */
		{ { fh ? -1 : 1, 0, fh ? w - 1 : 0 },
		  { 0, fv ? -1 : 1, fv ? h - 1 : 0 },
		  { 0, 0, 1 } },
	};

	memcpy(m, (const Matrix){ { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } },
	       sizeof(Matrix));
	for (gsize i = 0; i < G_N_ELEMENTS(factors); i++)
		multiply(m, factors[i]);
}

static KwPolicy
wild_policy(void)
{
	KwPolicy policy = kw_policy_none;

	policy.rotation = 360;
	policy.width_shift = policy.height_shift = 0.5;
	policy.shear = 90;
	policy.shear_x = policy.shear_y = 4;
	policy.zoom = (KwRange){ 0.1, 10 };
	policy.horizontal_flip = policy.vertical_flip = TRUE;
	policy.crop = (KwRange){ 0.1, 1 };
	return policy;
}

static void
maps_are_products_of_the_matrices(void **state)
{
	static const int sizes[][2] = {
		{ 8, 13 },
		{ 224, 224 },
		{ 1, 300 },
		{ 3000, 4000 },
	};
	const KwPolicy policy = wild_policy();

	(void)state;
	for (guint64 id = 0; id < 2000; id++) {
		int h = sizes[id % 4][0], w = sizes[id % 4][1];
		KwTransform t = kw_transform_draw(&policy, 3, id, 1, h, w);
		KwAffine map = kw_transform_map(&t, h, w);
		Matrix m;

		naive_map(m, &t, h, w);
		assert_true(fabsl(map.xx - m[0][0]) < 1e-12L);
		assert_true(fabsl(map.xy - m[0][1]) < 1e-12L);
		assert_true(fabsl(map.x0 - m[0][2]) < 1e-9L);
		assert_true(fabsl(map.yx - m[1][0]) < 1e-12L);
		assert_true(fabsl(map.yy - m[1][1]) < 1e-12L);
		assert_true(fabsl(map.y0 - m[1][2]) < 1e-9L);
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

/* Pixels land on pixels, so that resampling takes nothing from them. */
static void
quarter_turns_are_exact(void **state)
{
	const KwTransform left = transform_with(90, 0, 0, 0, 1, 1);
	const KwTransform right = transform_with(-90, 0, 0, 0, 1, 1);
	const KwTransform over = transform_with(180, 0, 0, 0, 1, 1);
	KwAffine m = kw_transform_map(&left, 9, 9);

	(void)state;
	assert_true(m.xx == 0 && m.xy == -1 && m.x0 == 8);
	assert_true(m.yx == 1 && m.yy == 0 && m.y0 == 0);
	m = kw_transform_map(&right, 9, 9);
	assert_true(m.xx == 0 && m.xy == 1 && m.x0 == 0);
	assert_true(m.yx == -1 && m.yy == 0 && m.y0 == 8);
	m = kw_transform_map(&over, 8, 12);
	assert_true(m.xx == -1 && m.xy == 0 && m.x0 == 11);
	assert_true(m.yx == 0 && m.yy == -1 && m.y0 == 7);
}

/* ---- what is refused */

static void
assert_fits_the_kernel(const KwTransform *t, int h, int w)
{
	KwAffine m = kw_transform_map(t, h, w);

	assert_true(fabs(m.xx) <= KW_WARP_MAX_SCALE);
	assert_true(fabs(m.xy) <= KW_WARP_MAX_SCALE);
	assert_true(fabs(m.yx) <= KW_WARP_MAX_SCALE);
	assert_true(fabs(m.yy) <= KW_WARP_MAX_SCALE);
	assert_true(fabs(m.x0) <= KW_WARP_MAX_OFFSET);
	assert_true(fabs(m.y0) <= KW_WARP_MAX_OFFSET);
}

/* What passes may be applied: the corners of what does, in large images. */
static void
what_passes_the_check_fits_the_kernel(void **state)
{
	static const float angles[] = { -360, -45, 0, 45, 90, 135 };
	GError *error = NULL;

	(void)state;
	for (int i = 0; i < 6 * 128; i++) {
		KwTransform t = kw_transform_identity;

		t.rotation = angles[i % 6];
		t.shift_x = i / 6 & 1 ? 65535 : -65535;
		t.shift_y = i / 6 & 2 ? 65535 : -65535;
		t.shear = i / 6 & 4 ? 90 : -45;
		t.shear_x = i / 6 & 8 ? 4 : -4;
		t.shear_y = i / 6 & 16 ? 4 : -4;
		t.zoom_x = i / 6 & 32 ? 10 : 0.001F;
		t.zoom_y = i / 6 & 64 ? 10 : 0.001F;
		t.flip_horizontal = t.flip_vertical = (float)(i % 2);
		assert_true(kw_transform_check(&t, 65535, 65535, &error));
		assert_fits_the_kernel(&t, 65535, 65535);
		assert_fits_the_kernel(&t, 65535, 1);
		assert_fits_the_kernel(&t, 1, 65535);
	}
	test_assert_no_error(error);
}

/* Limits of each column, and one number beyond either. */
typedef struct {
	const char *name;
	float low, high, below, above;
} Limits;

static const Limits limits[] = {
	{ "rotation", -360, 360, -360.1F, 360.1F },
	{ "shift_x", -65535, 65535, -65536, 65536 },
	{ "shift_y", -65535, 65535, -65536, 65536 },
	{ "shear", -90, 90, -90.1F, 90.1F },
	{ "zoom_x", 0.001F, 10, 0, 10.1F },
	{ "zoom_y", 0.001F, 10, -1, 1e6F },
	{ "flip_horizontal", 0, 1, -1, 0.5F },
	{ "flip_vertical", 0, 1, 0.5F, 2 },
	{ "shear_x", -4, 4, -4.1F, 4.1F },
	{ "shear_y", -4, 4, -4.1F, 4.1F },
	{ "crop_x", 0, 0, -0.1F, 1.1F },
	{ "crop_y", 0, 0, -0.1F, 1.1F },
	{ "crop_width", 0.001F, 1, 0, 1.1F },
	{ "crop_height", 0.001F, 1, 0, 1.1F },
	{ "channel_shift", -255, 255, -256, 256 },
	{ "brightness", 0, 10, -0.1F, 10.1F },
	{ "contrast", 0, 10, -0.1F, 10.1F },
	{ "saturation", 0, 10, -0.1F, 10.1F },
	{ "hue", -180, 180, -181, 181 },
	{ "posterize", 1, 8, 0, 7.5F },
	{ "solarize", 0, 256, -1, 257 },
	{ "autocontrast", 0, 1, 0.5F, 2 },
	{ "equalize", 0, 1, 0.5F, 2 },
	{ "sharpness", 0, 10, -0.1F, 10.1F },
	{ "blur", 0, 100, -0.1F, 100.1F },
	{ "noise", 0, 255, -0.1F, 256 },
	{ "jpeg", 0, 100, -1, 0.5F },
	{ "erase_x", 0, 1, -0.1F, 1.1F },
	{ "erase_y", 0, 1, -0.1F, 1.1F },
	{ "erase_width", 0, 1, -0.1F, 1.1F },
	{ "erase_height", 0, 1, -0.1F, 1.1F },
	{ "key", 0, 16777215, -1, 16777216 },
	{ "interpolation", 0, 3, 0.5F, 4 },
	{ "fill", 0, 3, -1, 4 },
	{ "fill_value", 0, 255, 0.5F, 256 },
};

static gboolean
check_with(int column, float value, GError **error)
{
	float values[KW_N_TRANSFORM_COLUMNS];
	KwTransform t;

	memcpy(values, &kw_transform_identity, sizeof values);
	values[column] = value;
	memcpy(&t, values, sizeof t);
	return kw_transform_check(&t, 9, 9, error);
}

static void
columns_have_their_names_and_limits(void **state)
{
	GError *error = NULL;

	(void)state;
	assert_int_equal(G_N_ELEMENTS(limits), KW_N_TRANSFORM_COLUMNS);
	assert_null(kw_transform_columns[KW_N_TRANSFORM_COLUMNS]);
	for (int i = 0; i < KW_N_TRANSFORM_COLUMNS; i++) {
		const Limits *l = &limits[i];
		g_autofree char *message = g_strdup_printf("%s is ", l->name);
		const float bad[] = { l->below, l->above, NAN, INFINITY,
				      -INFINITY };

		assert_string_equal(kw_transform_columns[i], l->name);
		assert_true(check_with(i, l->low, &error));
		assert_true(check_with(i, l->high, &error));
		test_assert_no_error(error);
		for (gsize k = 0; k < G_N_ELEMENTS(bad); k++) {
			assert_false(check_with(i, bad[k], &error));
			test_assert_error(&error, KW_ERROR_FORMAT, message);
		}
	}
}

static gboolean
is_one_of(const char *name, const char *const *names)
{
	while (*names != NULL && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

static void
some_columns_are_whole_numbers(void **state)
{
	static const char *const whole[] = {
		"flip_horizontal", "flip_vertical", "posterize",  "solarize",
		"autocontrast",    "equalize",      "jpeg",       "key",
		"interpolation",   "fill",          "fill_value", NULL,
	};

	(void)state;
	for (int i = 0; i < KW_N_TRANSFORM_COLUMNS; i++) {
		float between = limits[i].low + 0.5F;
		GError *error = NULL;

		if (is_one_of(limits[i].name, whole)) {
			assert_false(check_with(i, between, &error));
			test_assert_error(&error, KW_ERROR_FORMAT, "whole");
		} else if (between <= limits[i].high) {
			assert_true(check_with(i, between, &error));
		}
	}
}

static void
rectangles_end_within_the_image(void **state)
{
	KwTransform t = kw_transform_identity;
	GError *error = NULL;

	(void)state;
	t.crop = (KwRectangle){ 0.5F, 0.25F, 0.5F, 0.75F };
	t.erase = (KwRectangle){ 0.75F, 0, 0.25F, 1 };
	assert_true(kw_transform_check(&t, 9, 9, &error));
	t.crop.x = 0.50001F;
	assert_false(kw_transform_check(&t, 9, 9, &error));
	test_assert_error(&error, KW_ERROR_FORMAT, "crop_width is 0.5 from");
	t.crop = (KwRectangle){ 0, 0.75F, 1, 0.2501F };
	assert_false(kw_transform_check(&t, 9, 9, &error));
	test_assert_error(&error, KW_ERROR_FORMAT, "crop_height is 0.2501");
	t.crop = kw_transform_identity.crop;
	t.erase.width = nextafterf(0.25F, 1);
	assert_false(kw_transform_check(&t, 9, 9, &error));
	test_assert_error(&error, KW_ERROR_FORMAT, "erase_width is ");
	t.erase = (KwRectangle){ 0, 1, 1, 0.5F };
	assert_false(kw_transform_check(&t, 9, 9, &error));
	test_assert_error(&error, KW_ERROR_FORMAT, "erase_height is ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identity_maps_every_pixel_to_itself),
		cmocka_unit_test(maps_in_the_directions_of_keras),
		cmocka_unit_test(plain_shears_slant_about_the_centre),
		cmocka_unit_test(crop_stretches_its_window_to_the_edges),
		cmocka_unit_test(maps_are_products_of_the_matrices),
		cmocka_unit_test(flips_come_last),
		cmocka_unit_test(rotations_are_accurate),
		cmocka_unit_test(quarter_turns_are_exact),
		cmocka_unit_test(what_passes_the_check_fits_the_kernel),
		cmocka_unit_test(columns_have_their_names_and_limits),
		cmocka_unit_test(some_columns_are_whole_numbers),
		cmocka_unit_test(rectangles_end_within_the_image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
