#include "tests/support/kwtest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kw/error.h"
#include "kw/image.h"
#include "tests/support/draw.h"

enum { H = 48, W = 64, N = H * W * 3 };

static const KwImageRequest request = { .height = H,
					.width = W,
					.channels = 3,
					.max_pixels = KW_DEFAULT_MAX_PIXELS };

static char *dir;

/* A detailed drawing, larger than what is loaded. */
static const Drawing sample = { .height = 192, .width = 256 };

static char *
path_to(const char *name)
{
	return g_build_filename(dir, name, NULL);
}

/* Draw the sample as `name`, with libvips's options for the type behind it. */
static char *
save_sample(const char *name, const char *options)
{
	char *path = path_to(name);
	g_autofree char *target = g_strconcat(path, options, NULL);

	assert_true(draw_save(&sample, target));
	return path;
}

static void
save_image(VipsImage *image, const char *path)
{
	if (vips_image_write_to_file(image, path, NULL) != 0)
		fail_msg("%s", vips_error_buffer());
	g_object_unref(image);
}

static void
load_ok(const char *path, guint8 *pixels)
{
	GError *error = NULL;

	kw_image_load(path, &request, pixels, NULL, &error);
	test_assert_no_error(error);
}

static void
load_fails(const char *path, int code, const char *text)
{
	GError *error = NULL;
	guint8 pixels[N];

	assert_false(kw_image_load(path, &request, pixels, NULL, &error));
	test_assert_error(&error, code, text);
}

/* Mean absolute difference. */
static double
distance(const guint8 *a, const guint8 *b, int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += abs(a[i] - b[i]);
	return sum / n;
}

/* The sample as it should come out, from a type that loses nothing. */
static void
load_reference(guint8 *pixels)
{
	g_autofree char *path = save_sample("reference.png", "");

	load_ok(path, pixels);
}

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
	load_reference(pixels);
	/* Lanczos overshoots at the edges of stripes; a shift would be 20. */
	assert_true(distance(pixels, means, N) < 4);
}

static void
enlarges_without_a_shift(void **state)
{
	guint8 ramp[32 * 3], pixels[N];
	g_autofree char *path = path_to("ramp.png");

	(void)state;
	for (int i = 0; i < 32 * 3; i++)
		ramp[i] = (guint8)(i / 3 * 8);
	save_image(vips_image_new_from_memory_copy(ramp, sizeof ramp, 32, 1, 3,
						   VIPS_FORMAT_UCHAR),
		   path);
	load_ok(path, pixels);
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
	load_reference(reference);
	for (int orientation = 1; orientation <= 8; orientation++) {
		g_autofree char *path = path_to("turned.jpg");
		g_autofree char *target = g_strconcat(path, "[Q=100]", NULL);

		save_image(store_turned(orientation), target);
		load_ok(path, pixels);
		if (distance(pixels, reference, N) > 4)
			fail_msg("orientation %d: %g away", orientation,
				 distance(pixels, reference, N));
	}
}

static void
loads_16_bit_png(void **state)
{
	g_autofree char *path = path_to("16.png");
	VipsImage *image = draw_image(&sample), *wide, *ushort;
	guint8 reference[N], pixels[N];

	(void)state;
	assert_int_equal(vips_linear1(image, &wide, 257, 0, NULL), 0);
	assert_int_equal(vips_cast_ushort(wide, &ushort, NULL), 0);
	ushort->Type = VIPS_INTERPRETATION_RGB16;
	save_image(ushort, path);
	g_object_unref(wide);
	g_object_unref(image);
	load_reference(reference);
	load_ok(path, pixels);
	assert_true(distance(pixels, reference, N) < 1);
}

static void
loads_gray_as_three_equal_channels(void **state)
{
	static const char *const names[] = { "gray.png", "gray.jpg" };
	guint8 pixels[N];

	(void)state;
	for (gsize k = 0; k < G_N_ELEMENTS(names); k++) {
		g_autofree char *path = path_to(names[k]);
		VipsImage *image = draw_image(&sample), *gray;

		assert_int_equal(vips_colourspace(image, &gray,
						  VIPS_INTERPRETATION_B_W,
						  NULL),
				 0);
		assert_int_equal(gray->Bands, 1);
		save_image(gray, path);
		g_object_unref(image);
		load_ok(path, pixels);
		for (int i = 0; i < N; i += 3)
			assert_true(pixels[i] == pixels[i + 1] &&
				    pixels[i] == pixels[i + 2]);
		assert_memory_not_equal(pixels, pixels + N / 2, W * 3);
	}
}

static void
loads_one_gray_channel_when_asked(void **state)
{
	g_autofree char *path = save_sample("colour.png", "");
	guint8 pixels[H * W], colour[N];
	KwImageRequest gray = request;
	GError *error = NULL;

	(void)state;
	gray.channels = 1;
	kw_image_load(path, &gray, pixels, NULL, &error);
	test_assert_no_error(error);
	load_ok(path, colour);
	for (int i = 0; i < H * W; i++) {
		int low = MIN(colour[i * 3],
			      MIN(colour[i * 3 + 1], colour[i * 3 + 2]));
		int high = MAX(colour[i * 3],
			       MAX(colour[i * 3 + 1], colour[i * 3 + 2]));

		assert_in_range(pixels[i], MAX(low - 6, 0), high + 6);
	}
}

static void
lays_transparency_on_white(void **state)
{
	g_autofree char *path = path_to("alpha.png");
	g_autofree guint8 *stored = g_malloc0(256 * 192 * 4);
	guint8 pixels[N];

	(void)state;
	/* Black: opaque on the left half, transparent on the right. */
	for (int i = 0; i < 256 * 192; i++)
		stored[i * 4 + 3] = i % 256 < 128 ? 255 : 0;
	save_image(vips_image_new_from_memory_copy(stored, 256 * 192 * 4, 256,
						   192, 4, VIPS_FORMAT_UCHAR),
		   path);
	load_ok(path, pixels);
	assert_int_equal(pixels[0], 0);
	assert_int_equal(pixels[(H / 2 * W + 8) * 3], 0);
	assert_int_equal(pixels[(H / 2 * W + W - 8) * 3], 255);
	assert_int_equal(pixels[N - 1], 255);
}

static void
loads_cmyk_jpeg(void **state)
{
	g_autofree char *path = path_to("cmyk.jpg");
	VipsImage *image = draw_image(&sample), *ink;
	guint8 reference[N], pixels[N];

	(void)state;
	assert_int_equal(vips_icc_transform(image, &ink, "cmyk",
					    "input_profile", "srgb", NULL),
			 0);
	assert_int_equal(ink->Bands, 4);
	save_image(ink, path);
	g_object_unref(image);
	load_reference(reference);
	load_ok(path, pixels);
	/* Ink has a smaller range of colours. */
	assert_true(distance(pixels, reference, N) < 25);
}

static void
honours_an_embedded_profile(void **state)
{
	g_autofree char *path = path_to("p3.png");
	VipsImage *image = draw_image(&sample), *wide;
	g_autofree void *stored = NULL;
	guint8 reference[N], pixels[N];
	size_t size;

	(void)state;
	assert_int_equal(vips_icc_transform(image, &wide, "p3", "input_profile",
					    "srgb", NULL),
			 0);
	stored = vips_image_write_to_memory(wide, &size);
	save_image(wide, path);
	load_reference(reference);
	load_ok(path, pixels);
	assert_true(distance(pixels, reference, N) < 1.5);
	/* As numbers, without the profile, the colours are other ones. */
	g_autofree guint8 *drawn = draw_pixels(&sample);
	assert_true(distance(stored, drawn, 256 * 192 * 3) > 3);
	g_object_unref(image);
}

static void
knows_types_by_content_under_any_name(void **state)
{
	static const char *const names[] = {
		"png as.jpg",      "a[1].jpg",     "b[shrink=8]",
		"line\nbreak.jpg", "\xff\xfe.jpg", "none",
	};
	guint8 reference[N], pixels[N];

	(void)state;
	load_reference(reference);
	for (gsize k = 0; k < G_N_ELEMENTS(names); k++) {
		g_autofree char *path = path_to(names[k]);
		g_autofree char *plain = save_sample("plain.png", "");

		assert_int_equal(rename(plain, path), 0);
		load_ok(path, pixels);
		assert_memory_equal(pixels, reference, N);
	}
}

/* ---- what is refused */

/* A copy of the first `keep` bytes of a file, then `tail`. */
static char *
damage(const char *path, double keep, const char *tail, gsize n_tail)
{
	char *damaged = g_strconcat(path, ".damaged", NULL);
	g_autofree char *bytes = NULL;
	gsize size;
	FILE *file;

	assert_true(g_file_get_contents(path, &bytes, &size, NULL));
	size = (gsize)((double)size * keep);
	file = fopen(damaged, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fwrite(tail, 1, n_tail, file), n_tail);
	assert_int_equal(fclose(file), 0);
	return damaged;
}

static void
refuses_truncated_photos_of_each_type(void **state)
{
	static const char *const types[][2] = {
		{ "t.jpg", "[Q=92]" },      { "t.png", "" },
		{ "p.jpg", "[interlace]" }, { "t.webp", "" },
		{ "l.webp", "[lossless]" }, { "t.gif", "" },
	};
	static const double keep[] = { 0.3, 0.5, 0.9, 0.99 };

	(void)state;
	for (gsize t = 0; t < G_N_ELEMENTS(types); t++) {
		g_autofree char *path = save_sample(types[t][0], types[t][1]);
		guint8 pixels[N];

		load_ok(path, pixels);
		for (gsize k = 0; k < G_N_ELEMENTS(keep); k++) {
			g_autofree char *cut = damage(path, keep[k], "", 0);

			load_fails(cut, KW_ERROR_FORMAT, "truncated");
		}
	}
}

static void
refuses_jpeg_cut_at_half_and_closed(void **state)
{
	g_autofree char *path = save_sample("c.jpg", "");
	g_autofree char *cut = damage(path, 0.5, "\xff\xd9", 2);

	(void)state;
	load_fails(cut, KW_ERROR_FORMAT, "damaged");
}

static void
refuses_jpeg_with_zeros_from_half_on(void **state)
{
	static const char zeros[20000];
	g_autofree char *path = save_sample("z.jpg", "");
	g_autofree char *cut = damage(path, 0.5, zeros, sizeof zeros);

	(void)state;
	load_fails(cut, KW_ERROR_FORMAT, "truncated");
}

static void
accepts_jpeg_with_bytes_behind_its_end(void **state)
{
	g_autofree char *path = save_sample("b.jpg", "");
	static const char zeros[5000];
	g_autofree char *longer = NULL, *padded = NULL;
	guint8 a[N], b[N];

	(void)state;
	load_ok(path, a);
	longer = damage(path, 1.0, "junk", 4);
	load_ok(longer, b);
	assert_memory_equal(a, b, N);
	padded = damage(path, 1.0, zeros, sizeof zeros);
	load_ok(padded, b);
	assert_memory_equal(a, b, N);
}

static void
says_why_a_file_is_no_photo(void **state)
{
	g_autofree char *text = path_to("text.jpg");
	g_autofree char *empty = path_to("empty.jpg");
	g_autofree char *missing = path_to("missing.jpg");

	(void)state;
	assert_true(g_file_set_contents(text, "not a photo\n", -1, NULL));
	assert_true(g_file_set_contents(empty, "", -1, NULL));
	load_fails(text, KW_ERROR_FORMAT, "not a photo (JPEG");
	load_fails(empty, KW_ERROR_INPUT, "empty file");
	load_fails(missing, KW_ERROR_INPUT, "No such file");
	load_fails(dir, KW_ERROR_INPUT, "not a regular file");
	load_fails("/dev/null", KW_ERROR_INPUT, "not a regular file");
}

/* Threads share the error text of libvips: reasons must not get mixed up. */
static void
keeps_reasons_apart_in_parallel(void **state)
{
	enum { ROUNDS = 60 };
	g_autofree char *good = save_sample("g.jpg", "");
	g_autofree char *jpeg = damage(good, 0.5, "", 0);
	g_autofree char *png = save_sample("g.png", "");
	g_autofree char *text = path_to("g.txt");
	const char *paths[] = { good, jpeg, png, text };
	char *reasons[ROUNDS];
	guint8 reference[N];
	int n_wrong = 0;

	(void)state;
	assert_true(g_file_set_contents(text, "text", -1, NULL));
	load_ok(good, reference);
#pragma omp parallel for num_threads(4) schedule(dynamic, 1)
	for (int i = 0; i < ROUNDS; i++) {
		GError *error = NULL;
		guint8 pixels[N];

		reasons[i] = NULL;
		if (!kw_image_load(paths[i % 4], &request, pixels, NULL, &error))
			reasons[i] = g_strdup(error->message);
		g_clear_error(&error);
	}
#pragma omp parallel num_threads(4)
	kw_image_thread_end();
	for (int i = 0; i < ROUNDS; i++) {
		static const char *const expected[] = { NULL, "truncated", NULL,
							"not a photo" };
		const char *want = expected[i % 4];

		n_wrong += want == NULL ? reasons[i] != NULL
					: reasons[i] == NULL ||
						  !g_str_has_prefix(reasons[i],
								    want);
		g_free(reasons[i]);
	}
	assert_int_equal(n_wrong, 0);
}

/* ---- what a photo says of itself */

static void
reads_the_day_and_refuses_days_that_do_not_exist(void **state)
{
	static const char *const dates[][2] = {
		{ "2019:01:31 12:00:00", "2019-01-31" },
		{ "2020:02:29 00:00:00", "2020-02-29" },
		{ "2019:02:29 12:00:00", "" },
		{ "0000:00:00 00:00:00", "" },
		{ "2019:13:01 12:00:00", "" },
		{ "    :  :     :  :  ", "" },
		{ "1776:07:04 12:00:00", "" },
		{ "yesterday, at noon.", "" },
		{ "2019-01-31 12:00:00", "" },
		{ NULL, "" },
	};

	(void)state;
	for (gsize k = 0; k < G_N_ELEMENTS(dates); k++) {
		g_autofree char *path = path_to("dated.jpg");
		Drawing drawing = sample;
		KwPhotoFacts facts = { .day = "unset" };
		GError *error = NULL;
		guint8 pixels[N];

		drawing.date = dates[k][0];
		assert_true(draw_save(&drawing, path));
		kw_image_load(path, &request, pixels, &facts, &error);
		test_assert_no_error(error);
		assert_string_equal(facts.day, dates[k][1]);
	}
}

int
main(int argc, char **argv)
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
		cmocka_unit_test(knows_types_by_content_under_any_name),
		cmocka_unit_test(refuses_truncated_photos_of_each_type),
		cmocka_unit_test(refuses_jpeg_cut_at_half_and_closed),
		cmocka_unit_test(refuses_jpeg_with_zeros_from_half_on),
		cmocka_unit_test(accepts_jpeg_with_bytes_behind_its_end),
		cmocka_unit_test(says_why_a_file_is_no_photo),
		cmocka_unit_test(keeps_reasons_apart_in_parallel),
		cmocka_unit_test(
			reads_the_day_and_refuses_days_that_do_not_exist),
	};
	int failed;

	(void)argc;
	if (!kw_image_start(argv[0], NULL))
		return 1;
	dir = test_dir_new();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	test_dir_remove(dir);
	kw_image_stop();
	return failed != 0;
}
