#include "tests/support/samples.h"

#include <string.h>

enum { H = SAMPLE_H, W = SAMPLE_W, N = SAMPLE_N };

/* ---- what is loaded */

static void
resizes_to_box_means(void **state)
{
	g_autofree guint8 *drawn = draw_pixels(&sample);
	guint8 pixels[N], means[N];

	(void)state;
	for (int i = 0; i < N; i++) {
		int y = i / 3 / W * 4, x = i / 3 % W * 4, c = i % 3, sum = 8;

		for (int k = 0; k < 16; k++)
			sum += drawn[((y + k / 4) * 256 + x + k % 4) * 3 + c];
		means[i] = (guint8)(sum / 16);
	}
	sample_load_reference(pixels);
	/* Lanczos overshoots at the edges of stripes; a shift would be 20. */
	assert_true(sample_distance(pixels, means, N) < 4);
}

static void
enlarges_without_a_shift(void **state)
{
	guint8 ramp[32 * 3], pixels[N];
	g_autofree char *path = sample_path("ramp.png");

	(void)state;
	for (int i = 0; i < 32 * 3; i++)
		ramp[i] = (guint8)(i / 3 * 8);
	sample_write(vips_image_new_from_memory_copy(ramp, sizeof ramp, 32, 1,
						     3, VIPS_FORMAT_UCHAR),
		     path);
	sample_load(path, pixels);
	for (int x = 0; x < W; x++) {
		int left = pixels[x * 3], right = pixels[(W - 1 - x) * 3];

		assert_in_range(left + right, 248 - 2, 248 + 2);
		/* Pixel x lies at (x + 0.5) / 2 - 0.5 of the ramp. */
		if (x > 2 && x < W - 3)
			assert_in_range(left, 4 * x - 2 - 1, 4 * x - 2 + 1);
		/* All rows are the only row. */
		assert_int_equal(left, pixels[((H - 1) * W + x) * 3]);
	}
}

/* Where the pixel (x, y) of an upright w x h photo is stored. */
static void
stored_place(int orientation, int w, int h, int x, int y, int *sx, int *sy)
{
	const int places[8][2] = {
		{ x, y },
		{ w - 1 - x, y },
		{ w - 1 - x, h - 1 - y },
		{ x, h - 1 - y },
		{ y, x },
		{ y, w - 1 - x },
		{ h - 1 - y, w - 1 - x },
		{ h - 1 - y, x },
	};

	*sx = places[orientation - 1][0];
	*sy = places[orientation - 1][1];
}

static VipsImage *
store_turned(int orientation)
{
	g_autofree guint8 *upright = draw_pixels(&sample);
	g_autofree guint8 *stored = g_malloc(256 * 192 * 3);
	int width = orientation < 5 ? 256 : 192;
	VipsImage *image;

	for (int y = 0; y < 192; y++) {
		for (int x = 0; x < 256; x++) {
			int sx, sy;

			stored_place(orientation, 256, 192, x, y, &sx, &sy);
			memcpy(stored + (sy * width + sx) * 3,
			       upright + (y * 256 + x) * 3, 3);
		}
	}
	image = vips_image_new_from_memory_copy(stored, 256 * 192 * 3, width,
						256 * 192 / width, 3,
						VIPS_FORMAT_UCHAR);
	image->Type = VIPS_INTERPRETATION_sRGB;
	vips_image_set_int(image, VIPS_META_ORIENTATION, orientation);
	return image;
}

static void
applies_all_eight_orientations(void **state)
{
	guint8 reference[N], pixels[N];

	(void)state;
	sample_load_reference(reference);
	for (int orientation = 1; orientation <= 8; orientation++) {
		g_autofree char *path = sample_path("turned.jpg");
		g_autofree char *target = g_strconcat(path, "[Q=100]", NULL);

		sample_write(store_turned(orientation), target);
		sample_load(path, pixels);
		if (sample_distance(pixels, reference, N) > 4)
			fail_msg("orientation %d: %g away", orientation,
				 sample_distance(pixels, reference, N));
	}
}

static void
loads_16_bit_png(void **state)
{
	g_autofree char *path = sample_path("16.png");
	VipsImage *image = draw_image(&sample), *wide, *ushort;
	guint8 reference[N], pixels[N];

	(void)state;
	assert_int_equal(vips_linear1(image, &wide, 257, 0, NULL), 0);
	assert_int_equal(vips_cast_ushort(wide, &ushort, NULL), 0);
	ushort->Type = VIPS_INTERPRETATION_RGB16;
	sample_write(ushort, path);
	g_object_unref(wide);
	g_object_unref(image);
	sample_load_reference(reference);
	sample_load(path, pixels);
	assert_true(sample_distance(pixels, reference, N) < 1);
}

static void
loads_gray_as_three_equal_channels(void **state)
{
	static const char *const names[] = { "gray.png", "gray.jpg" };
	guint8 pixels[N];

	(void)state;
	for (gsize k = 0; k < G_N_ELEMENTS(names); k++) {
		g_autofree char *path = sample_path(names[k]);
		VipsImage *image = draw_image(&sample), *gray;

		assert_int_equal(vips_colourspace(image, &gray,
						  VIPS_INTERPRETATION_B_W,
						  NULL),
				 0);
		assert_int_equal(gray->Bands, 1);
		sample_write(gray, path);
		g_object_unref(image);
		sample_load(path, pixels);
		for (int i = 0; i < N; i += 3)
			assert_true(pixels[i] == pixels[i + 1] &&
				    pixels[i] == pixels[i + 2]);
		assert_memory_not_equal(pixels, pixels + N / 2, W * 3);
	}
}

static void
loads_one_gray_channel_when_asked(void **state)
{
	g_autofree char *path = sample_save("colour.png", "");
	guint8 pixels[H * W], colour[N];
	KwImageRequest gray = sample_request;
	GError *error = NULL;

	(void)state;
	gray.channels = 1;
	kw_image_load(path, &gray, pixels, NULL, &error);
	test_assert_no_error(error);
	sample_load(path, colour);
	for (int i = 0; i < H * W; i++) {
		const guint8 *c = colour + i * 3;
		double luma = 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2];

		assert_true(pixels[i] > luma - 0.51 && pixels[i] < luma + 0.51);
	}
}

static void
lays_transparency_on_white(void **state)
{
	g_autofree char *path = sample_path("alpha.png");
	g_autofree guint8 *stored = g_malloc0(256 * 192 * 4);
	guint8 pixels[N];

	(void)state;
	/* Black: opaque on the left half, transparent on the right. */
	for (int i = 0; i < 256 * 192; i++)
		stored[i * 4 + 3] = i % 256 < 128 ? 255 : 0;
	sample_write(vips_image_new_from_memory_copy(stored, 256 * 192 * 4, 256,
						     192, 4, VIPS_FORMAT_UCHAR),
		     path);
	sample_load(path, pixels);
	assert_int_equal(pixels[0], 0);
	assert_int_equal(pixels[(H / 2 * W + 8) * 3], 0);
	assert_int_equal(pixels[(H / 2 * W + W - 8) * 3], 255);
	assert_int_equal(pixels[N - 1], 255);
}

static void
loads_cmyk_jpeg(void **state)
{
	g_autofree char *path = sample_path("cmyk.jpg");
	VipsImage *image = draw_image(&sample), *ink;
	guint8 reference[N], pixels[N];

	(void)state;
	assert_int_equal(vips_icc_transform(image, &ink, "cmyk",
					    "input_profile", "srgb", NULL),
			 0);
	assert_int_equal(ink->Bands, 4);
	sample_write(ink, path);
	g_object_unref(image);
	sample_load_reference(reference);
	sample_load(path, pixels);
	/* Ink has a smaller range of colours. */
	assert_true(sample_distance(pixels, reference, N) < 25);
}

static void
honours_an_embedded_profile(void **state)
{
	g_autofree char *path = sample_path("p3.png");
	VipsImage *image = draw_image(&sample), *wide;
	g_autofree void *stored = NULL;
	guint8 reference[N], pixels[N];
	size_t size;

	(void)state;
	assert_int_equal(vips_icc_transform(image, &wide, "p3", "input_profile",
					    "srgb", NULL),
			 0);
	stored = vips_image_write_to_memory(wide, &size);
	sample_write(wide, path);
	sample_load_reference(reference);
	sample_load(path, pixels);
	assert_true(sample_distance(pixels, reference, N) < 1.5);
	/* As numbers, without the profile, the colours are other ones. */
	g_autofree guint8 *drawn = draw_pixels(&sample);
	assert_true(sample_distance(stored, drawn, 256 * 192 * 3) > 3);
	g_object_unref(image);
}

/* ---- fits */

/* Left third red, middle green, right blue: w x h. */
static char *
save_thirds(const char *name, int w, int h)
{
	char *path = sample_path(name);
	g_autofree guint8 *stored = g_malloc0((gsize)(w * h * 3));

	for (int i = 0; i < w * h; i++)
		stored[i * 3 + i % w * 3 / w] = 255;
	sample_write(vips_image_new_from_memory_copy(stored, (gsize)(w * h * 3),
						     w, h, 3,
						     VIPS_FORMAT_UCHAR),
		     path);
	return path;
}

static void
load_fitted(const char *path, KwFit fit, guint8 *pixels)
{
	KwImageRequest fitted = sample_request;
	GError *error = NULL;

	fitted.fit = fit;
	kw_image_load(path, &fitted, pixels, NULL, &error);
	test_assert_no_error(error);
}

static void
pixel_is(const guint8 *pixels, int x, int y, int r, int g, int b)
{
	const guint8 *p = pixels + (y * W + x) * 3;

	if (p[0] != r || p[1] != g || p[2] != b)
		fail_msg("(%d, %d) is %d, %d, %d, not %d, %d, %d", x, y, p[0],
			 p[1], p[2], r, g, b);
}

static void
stretches_crops_and_pads(void **state)
{
	/* Twice as wide as the request: 64 x 48 shows its middle half. */
	g_autofree char *path = save_thirds("wide.png", 4 * W, 2 * H);
	guint8 pixels[N];

	(void)state;
	load_fitted(path, KW_FIT_STRETCH, pixels);
	pixel_is(pixels, 2, 2, 255, 0, 0);
	pixel_is(pixels, W / 2, H / 2, 0, 255, 0);
	pixel_is(pixels, W - 3, H - 3, 0, 0, 255);
	load_fitted(path, KW_FIT_CROP, pixels);
	/* Red ends at a third of the whole: at 1/6 of its middle half. */
	pixel_is(pixels, W / 6 - 4, 2, 255, 0, 0);
	pixel_is(pixels, W / 6 + 4, 2, 0, 255, 0);
	pixel_is(pixels, W - W / 6 - 5, H - 3, 0, 255, 0);
	pixel_is(pixels, W - W / 6 + 4, H - 3, 0, 0, 255);
	load_fitted(path, KW_FIT_PAD, pixels);
	pixel_is(pixels, 2, H / 4 - 2, 0, 0, 0);
	pixel_is(pixels, 2, H / 4 + 2, 255, 0, 0);
	pixel_is(pixels, W - 3, H - H / 4 - 3, 0, 0, 255);
	pixel_is(pixels, W - 3, H - H / 4 + 1, 0, 0, 0);
}

static void
fits_photos_as_they_lie_once_upright(void **state)
{
	guint8 upright[N], pixels[N];
	g_autofree char *tall = sample_path("tall.png");

	(void)state;
	for (KwFit fit = KW_FIT_STRETCH; fit <= KW_FIT_PAD; fit++) {
		VipsImage *image = draw_image(&sample), *part, *turned, *named;

		/* 100 x 192, stored on its side. */
		assert_int_equal(
			vips_extract_area(image, &part, 30, 0, 100, 192, NULL),
			0);
		sample_write(g_object_ref(part), tall);
		load_fitted(tall, fit, upright);
		assert_int_equal(vips_rot(part, &turned, VIPS_ANGLE_D270, NULL),
				 0);
		assert_int_equal(vips_copy(turned, &named, NULL), 0);
		vips_image_set_int(named, VIPS_META_ORIENTATION, 6);
		g_autofree char *side = sample_path("side.tif");
		sample_write(named, side);
		load_fitted(side, fit, pixels);
		assert_true(sample_distance(pixels, upright, N) < 1.5);
		g_object_unref(turned);
		g_object_unref(part);
		g_object_unref(image);
	}
}

static void
fits_extreme_aspects(void **state)
{
	static const int sizes[][2] = {
		{ 1, 1 }, { 1, 5000 }, { 5000, 1 }, { 3, 2 }, { 20000, 2 },
	};
	guint8 pixels[N];

	(void)state;
	for (gsize k = 0; k < G_N_ELEMENTS(sizes); k++) {
		g_autofree char *path =
			save_thirds("extreme.png", sizes[k][0], sizes[k][1]);

		for (KwFit fit = KW_FIT_STRETCH; fit <= KW_FIT_PAD; fit++) {
			memset(pixels, 7, N);
			load_fitted(path, fit, pixels);
			/* The filter overshoots where colours meet. */
			for (int i = 0; fit == KW_FIT_CROP && i < N; i += 3)
				assert_in_range(pixels[i] + pixels[i + 1] +
							pixels[i + 2],
						240, 290);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resizes_to_box_means),
		cmocka_unit_test(enlarges_without_a_shift),
		cmocka_unit_test(applies_all_eight_orientations),
		cmocka_unit_test(loads_16_bit_png),
		cmocka_unit_test(loads_gray_as_three_equal_channels),
		cmocka_unit_test(loads_one_gray_channel_when_asked),
		cmocka_unit_test(lays_transparency_on_white),
		cmocka_unit_test(loads_cmyk_jpeg),
		cmocka_unit_test(honours_an_embedded_profile),
		cmocka_unit_test(stretches_crops_and_pads),
		cmocka_unit_test(fits_photos_as_they_lie_once_upright),
		cmocka_unit_test(fits_extreme_aspects),
	};

	return cmocka_run_group_tests(tests, samples_setup, samples_teardown) !=
	       0;
}
