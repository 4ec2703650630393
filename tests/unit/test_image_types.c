#include "tests/support/samples.h"

#include <stdio.h>
#include <string.h>

#include "kw/error.h"

enum { H = SAMPLE_H, W = SAMPLE_W, N = SAMPLE_N };

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
	char *path = sample_path(name);

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
	sample_load_reference(reference);
	for (int down = 0; down < 2; down++) {
		g_autofree char *path = save_bmp("photo.jpg", down);

		sample_load(path, pixels);
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
		g_autofree char *path = sample_path("text.bmp");

		assert_true(g_file_set_contents(path, texts[k], -1, NULL));
		sample_refused(path, KW_ERROR_FORMAT, "not a photo (JPEG");
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
	sample_load_reference(reference);
	for (gsize k = 0; k < G_N_ELEMENTS(names); k++) {
		g_autofree char *path = sample_path(names[k]);
		g_autofree char *plain = sample_save("plain.png", "");

		assert_int_equal(rename(plain, path), 0);
		sample_load(path, pixels);
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
		g_autofree char *path = sample_save(types[t][0], types[t][1]);
		guint8 pixels[N];

		sample_load(path, pixels);
		for (gsize k = 0; k < G_N_ELEMENTS(keep); k++) {
			g_autofree char *cut = damage(path, keep[k], "", 0);

			sample_refused(cut, KW_ERROR_FORMAT, "truncated");
		}
	}
}

static void
refuses_jpeg_cut_at_half_and_closed(void **state)
{
	g_autofree char *path = sample_save("c.jpg", "");
	g_autofree char *cut = damage(path, 0.5, "\xff\xd9", 2);

	(void)state;
	sample_refused(cut, KW_ERROR_FORMAT, "damaged");
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
		g_autofree char *path = sample_path(names[k][0]);
		g_autofree char *target = g_strconcat(path, names[k][1], NULL);
		KwImageRequest cropped = sample_request;
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
	g_autofree char *path = sample_save("h.jpg", "[optimize_coding]");
	g_autofree char *bytes = NULL;
	gsize size;
	int n_refused = 0;

	(void)state;
	assert_true(g_file_get_contents(path, &bytes, &size, NULL));
	for (gsize at = size / 2; at < size / 2 + 400; at += 40) {
		g_autofree char *other = g_memdup2(bytes, size);
		g_autofree char *damaged = sample_path("bad.jpg");
		guint8 pixels[N];
		GError *error = NULL;

		/* Ones only, stuffed: the longest codes are never all ones. */
		for (gsize k = 0; k < 12; k += 2) {
			other[at + k] = (char)0xff;
			other[at + k + 1] = 0;
		}
		assert_true(g_file_set_contents(damaged, other, (gssize)size,
						NULL));
		if (kw_image_load(damaged, &sample_request, pixels, NULL,
				  &error))
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
	g_autofree char *path = sample_save("v.jpg", "");
	g_autofree char *longer = damage(path, 1.0, trailer, sizeof trailer);
	guint8 pixels[N];

	(void)state;
	sample_load(longer, pixels);
}

static void
refuses_jpeg_with_zeros_from_half_on(void **state)
{
	static const char zeros[20000];
	g_autofree char *path = sample_save("z.jpg", "");
	g_autofree char *cut = damage(path, 0.5, zeros, sizeof zeros);

	(void)state;
	sample_refused(cut, KW_ERROR_FORMAT, "truncated");
}

static void
accepts_jpeg_with_bytes_behind_its_end(void **state)
{
	g_autofree char *path = sample_save("b.jpg", "");
	static const char zeros[5000];
	g_autofree char *longer = NULL, *padded = NULL;
	guint8 a[N], b[N];

	(void)state;
	sample_load(path, a);
	longer = damage(path, 1.0, "junk", 4);
	sample_load(longer, b);
	assert_memory_equal(a, b, N);
	padded = damage(path, 1.0, zeros, sizeof zeros);
	sample_load(padded, b);
	assert_memory_equal(a, b, N);
}

static void
refuses_what_is_too_large_before_it_decodes(void **state)
{
	KwImageRequest small = sample_request;
	g_autofree char *path = sample_save("large.jpg", "");
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
	g_autofree char *text = sample_path("text.jpg");
	g_autofree char *empty = sample_path("empty.jpg");
	g_autofree char *missing = sample_path("missing.jpg");

	(void)state;
	assert_true(g_file_set_contents(text, "not a photo\n", -1, NULL));
	assert_true(g_file_set_contents(empty, "", -1, NULL));
	sample_refused(text, KW_ERROR_FORMAT, "not a photo (JPEG");
	sample_refused(empty, KW_ERROR_INPUT, "empty file");
	sample_refused(missing, KW_ERROR_INPUT, "No such file");
	sample_refused(sample_dir(), KW_ERROR_INPUT, "not a regular file");
	sample_refused("/dev/null", KW_ERROR_INPUT, "not a regular file");
}

/* Threads share the error text of libvips: reasons must not get mixed up. */
static void
keeps_reasons_apart_in_parallel(void **state)
{
	enum { ROUNDS = 60 };
	g_autofree char *good = sample_save("g.jpg", "");
	g_autofree char *jpeg = damage(good, 0.5, "", 0);
	g_autofree char *png = sample_save("g.png", "");
	g_autofree char *text = sample_path("g.txt");
	const char *paths[] = { good, jpeg, png, text };
	char *reasons[ROUNDS];
	guint8 reference[N];
	int n_wrong = 0;

	(void)state;
	assert_true(g_file_set_contents(text, "text", -1, NULL));
	sample_load(good, reference);
#pragma omp parallel for num_threads(4) schedule(dynamic, 1)
	for (int i = 0; i < ROUNDS; i++) {
		GError *error = NULL;
		guint8 pixels[N];

		reasons[i] = NULL;
		if (!kw_image_load(paths[i % 4], &sample_request, pixels, NULL,
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return cmocka_run_group_tests(tests, samples_setup, samples_teardown) !=
	       0;
}
