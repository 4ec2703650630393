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
		const guint8 *c = colour + i * 3;
		double luma = 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2];

		assert_true(pixels[i] > luma - 0.51 && pixels[i] < luma + 0.51);
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

/* ---- fits */

/* Left third red, middle green, right blue: w x h. */
static char *
save_thirds(const char *name, int w, int h)
{
	char *path = path_to(name);
	g_autofree guint8 *stored = g_malloc0((gsize)(w * h * 3));

	for (int i = 0; i < w * h; i++)
		stored[i * 3 + i % w * 3 / w] = 255;
	save_image(vips_image_new_from_memory_copy(stored, (gsize)(w * h * 3),
						   w, h, 3, VIPS_FORMAT_UCHAR),
		   path);
	return path;
}

static void
load_fitted(const char *path, KwFit fit, guint8 *pixels)
{
	KwImageRequest fitted = request;
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
	g_autofree char *tall = path_to("tall.png");

	(void)state;
	for (KwFit fit = KW_FIT_STRETCH; fit <= KW_FIT_PAD; fit++) {
		VipsImage *image = draw_image(&sample), *part, *turned, *named;

		/* 100 x 192, stored on its side. */
		assert_int_equal(
			vips_extract_area(image, &part, 30, 0, 100, 192, NULL),
			0);
		save_image(g_object_ref(part), tall);
		load_fitted(tall, fit, upright);
		assert_int_equal(vips_rot(part, &turned, VIPS_ANGLE_D270, NULL),
				 0);
		assert_int_equal(vips_copy(turned, &named, NULL), 0);
		vips_image_set_int(named, VIPS_META_ORIENTATION, 6);
		g_autofree char *side = path_to("side.tif");
		save_image(named, side);
		load_fitted(side, fit, pixels);
		assert_true(distance(pixels, upright, N) < 1.5);
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

/* ---- types */

static void
put32(guint8 *at, guint32 value)
{
	value = GUINT32_TO_LE(value);
	memcpy(at, &value, sizeof value);
}

/* An uncompressed BMP of 24 bits, bottom row first unless `down`. */
static char *
save_bmp(const char *name, gboolean down)
{
	enum { HEAD = 54, ROW = 256 * 3, ROWS = 192 };
	g_autofree guint8 *drawn = draw_pixels(&sample);
	g_autofree guint8 *bytes = g_malloc0(HEAD + ROW * ROWS);
	char *path = path_to(name);

	memcpy(bytes, "BM", 2);
	put32(bytes + 2, HEAD + ROW * ROWS);
	put32(bytes + 10, HEAD);
	put32(bytes + 14, 40);
	put32(bytes + 18, 256);
	put32(bytes + 22, down ? (guint32)-ROWS : ROWS);
	bytes[26] = 1;
	bytes[28] = 24;
	for (int y = 0; y < ROWS; y++) {
		guint8 *row = bytes + HEAD + (down ? y : ROWS - 1 - y) * ROW;

		for (int i = 0; i < ROW; i++)
			row[i] = drawn[y * ROW + i / 3 * 3 + 2 - i % 3];
	}
	assert_true(g_file_set_contents(path, (char *)bytes, HEAD + ROW * ROWS,
					NULL));
	return path;
}

static void
reads_bmp(void **state)
{
	guint8 reference[N], pixels[N];

	(void)state;
	load_reference(reference);
	for (int down = 0; down < 2; down++) {
		g_autofree char *path = save_bmp("photo.jpg", down);

		load_ok(path, pixels);
		assert_memory_equal(pixels, reference, N);
	}
}

static void
takes_only_bmp_headers_for_bmp(void **state)
{
	static const char *const texts[] = {
		"push graphic-context\nviewbox 0 0 9 9\n", /* MVG */
		"<svg xmlns='http://www.w3.org/2000/svg' width='9'/>",
		"P6 1 1 255\nabc",
		"id=ImageMagick version=1.0\n",
		"BMxx but no header of the kind that there is",
	};

	(void)state;
	for (gsize k = 0; k < G_N_ELEMENTS(texts); k++) {
		g_autofree char *path = path_to("text.bmp");

		assert_true(g_file_set_contents(path, texts[k], -1, NULL));
		load_fails(path, KW_ERROR_FORMAT, "not a photo (JPEG");
	}
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

/* What a crop leaves out is read as well: the file is whole, or it is not. */
static void
refuses_damage_that_a_crop_would_hide(void **state)
{
	static const char *const names[][2] = { { "tall.jpg", "[Q=92]" },
						{ "tall.png", "" } };

	(void)state;
	for (gsize k = 0; k < G_N_ELEMENTS(names); k++) {
		const Drawing tall = { .height = 512, .width = 64 };
		g_autofree char *path = path_to(names[k][0]);
		g_autofree char *target = g_strconcat(path, names[k][1], NULL);
		KwImageRequest cropped = request;
		guint8 pixels[N];
		GError *error = NULL;

		cropped.fit = KW_FIT_CROP;
		assert_true(draw_save(&tall, target));
		kw_image_load(path, &cropped, pixels, NULL, &error);
		test_assert_no_error(error);
		g_autofree char *cut = damage(path, 0.9, "", 0);
		assert_false(
			kw_image_load(cut, &cropped, pixels, NULL, &error));
		test_assert_error(&error, KW_ERROR_FORMAT, "truncated");
	}
}

/* A code that is in no table: libjpeg takes it for zero, with a warning. */
static void
refuses_jpeg_with_a_bad_huffman_code(void **state)
{
	g_autofree char *path = save_sample("h.jpg", "[optimize_coding]");
	g_autofree char *bytes = NULL;
	gsize size;
	int n_refused = 0;

	(void)state;
	assert_true(g_file_get_contents(path, &bytes, &size, NULL));
	for (gsize at = size / 2; at < size / 2 + 400; at += 40) {
		g_autofree char *other = g_memdup2(bytes, size);
		g_autofree char *damaged = path_to("bad.jpg");
		guint8 pixels[N];
		GError *error = NULL;

		/* Ones only, stuffed: the longest codes are never all ones. */
		for (gsize k = 0; k < 12; k += 2) {
			other[at + k] = (char)0xff;
			other[at + k + 1] = 0;
		}
		assert_true(g_file_set_contents(damaged, other, (gssize)size,
						NULL));
		if (kw_image_load(damaged, &request, pixels, NULL, &error))
			continue;
		n_refused += strstr(error->message, "Huffman") != NULL;
		g_clear_error(&error);
	}
	assert_true(n_refused > 0);
}

/* A vendor's trailer behind the end, and zeros behind that. */
static void
accepts_jpeg_whose_trailer_ends_in_zeros(void **state)
{
	static const char trailer[700] = "trailer";
	g_autofree char *path = save_sample("v.jpg", "");
	g_autofree char *longer = damage(path, 1.0, trailer, sizeof trailer);
	guint8 pixels[N];

	(void)state;
	load_ok(longer, pixels);
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
refuses_what_is_too_large_before_it_decodes(void **state)
{
	KwImageRequest small = request;
	g_autofree char *path = save_sample("large.jpg", "");
	/* The pixels are cut off: who decodes them says "truncated". */
	g_autofree char *cut = damage(path, 0.5, "", 0);
	guint8 pixels[N];
	GError *error = NULL;

	(void)state;
	small.max_pixels = 256 * 192 - 1;
	assert_false(kw_image_load(cut, &small, pixels, NULL, &error));
	test_assert_error(&error, KW_ERROR_FORMAT, "too large (256 x 192");
	small.max_pixels = 256 * 192;
	kw_image_load(path, &small, pixels, NULL, &error);
	test_assert_no_error(error);
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
		if (!kw_image_load(paths[i % 4], &request, pixels, NULL,
				   &error))
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

/* Save the sample with EXIF fields, name and value by turns, NULL at the end.
 */
static void
load_facts(const char *const *fields, KwPhotoFacts *facts)
{
	g_autofree char *path = path_to("facts.jpg");
	VipsImage *image = draw_image(&sample);
	GError *error = NULL;
	guint8 pixels[N];

	for (; *fields != NULL; fields += 2)
		vips_image_set_string(image, fields[0], fields[1]);
	save_image(image, path);
	kw_image_load(path, &request, pixels, facts, &error);
	test_assert_no_error(error);
}

static void
reads_times_to_the_millisecond(void **state)
{
	/* date -u -d '2019-01-31 13:14:15' +%s */
	const gint64 expected = G_GINT64_CONSTANT(1548940455000);
	const char *fields[] = { "exif-ifd2-DateTimeOriginal",
				 "2019:01:31 13:14:15",
				 "exif-ifd2-SubSecTimeOriginal",
				 "37",
				 "exif-ifd0-DateTime",
				 "2020:01:01 00:00:00",
				 NULL };
	const char *digitized[] = { "exif-ifd2-DateTimeDigitized",
				    "2019:01:31 13:14:15", "exif-ifd0-DateTime",
				    "2020:01:01 00:00:00", NULL };
	const char *nonsense[] = { "exif-ifd2-DateTimeOriginal",
				   "2019:01:31 25:14:15",
				   "exif-ifd2-SubSecTimeOriginal", "x", NULL };
	const char *none[] = { NULL };
	KwPhotoFacts facts;

	(void)state;
	load_facts(fields, &facts);
	assert_int_equal(facts.taken, expected + 370);
	assert_int_equal(facts.stamped, G_GINT64_CONSTANT(1577836800000));
	assert_int_equal(facts.width, 256);
	assert_int_equal(facts.height, 192);
	load_facts(digitized, &facts);
	assert_int_equal(facts.taken, KW_NO_TIME);
	assert_int_equal(facts.stamped, expected);
	assert_string_equal(facts.day, "");
	load_facts(nonsense, &facts);
	assert_int_equal(facts.taken, KW_NO_TIME);
	assert_string_equal(facts.day, "2019-01-31");
	load_facts(none, &facts);
	assert_int_equal(facts.taken, KW_NO_TIME);
	assert_int_equal(facts.stamped, KW_NO_TIME);
}

static void
tells_cameras_apart_by_make_model_and_serial_number(void **state)
{
	const char *a[] = { "exif-ifd0-Make",
			    "Ricoh",
			    "exif-ifd0-Model",
			    "GR",
			    "exif-ifd2-BodySerialNumber",
			    "1",
			    NULL };
	const char *b[] = { "exif-ifd0-Make",
			    "Ricoh",
			    "exif-ifd0-Model",
			    "GR",
			    "exif-ifd2-BodySerialNumber",
			    "2",
			    NULL };
	const char *none[] = { "exif-ifd2-BodySerialNumber", "1", NULL };
	KwPhotoFacts first, again, other, without;

	(void)state;
	load_facts(a, &first);
	load_facts(a, &again);
	load_facts(b, &other);
	load_facts(none, &without);
	assert_true(first.camera != 0);
	assert_int_equal(first.camera, again.camera);
	assert_true(first.camera != other.camera);
	assert_int_equal(without.camera, 0);
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
		cmocka_unit_test(stretches_crops_and_pads),
		cmocka_unit_test(fits_photos_as_they_lie_once_upright),
		cmocka_unit_test(fits_extreme_aspects),
		cmocka_unit_test(reads_bmp),
		cmocka_unit_test(takes_only_bmp_headers_for_bmp),
		cmocka_unit_test(knows_types_by_content_under_any_name),
		cmocka_unit_test(refuses_truncated_photos_of_each_type),
		cmocka_unit_test(refuses_jpeg_cut_at_half_and_closed),
		cmocka_unit_test(refuses_damage_that_a_crop_would_hide),
		cmocka_unit_test(refuses_jpeg_with_a_bad_huffman_code),
		cmocka_unit_test(accepts_jpeg_whose_trailer_ends_in_zeros),
		cmocka_unit_test(refuses_jpeg_with_zeros_from_half_on),
		cmocka_unit_test(accepts_jpeg_with_bytes_behind_its_end),
		cmocka_unit_test(refuses_what_is_too_large_before_it_decodes),
		cmocka_unit_test(says_why_a_file_is_no_photo),
		cmocka_unit_test(keeps_reasons_apart_in_parallel),
		cmocka_unit_test(
			reads_the_day_and_refuses_days_that_do_not_exist),
		cmocka_unit_test(reads_times_to_the_millisecond),
		cmocka_unit_test(
			tells_cameras_apart_by_make_model_and_serial_number),
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
