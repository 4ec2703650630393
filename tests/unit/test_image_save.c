/* Pixels that are written and loaded again, and names that tell no type. */
#include <stdlib.h>
#include <string.h>

#include "kw/error.h"
#include "kw/image.h"
#include "kw/image_save.h"
#include "tests/support/draw.h"
#include "tests/support/kwtest.h"

enum { H = 30, W = 44, N = H * W * 3 };

static const Drawing sample = { .height = H, .width = W };
static char *dir;

/* Save under a name in the folder; the path, to be freed. */
static char *
save(const char *name, const guint8 *pixels, int channels)
{
	char *path = g_build_filename(dir, name, NULL);
	GError *error = NULL;
	g_autoptr(KwOutfile) out = kw_outfile_new(path, TRUE, &error);

	test_assert_no_error(error);
	kw_image_save(out, pixels, H, W, channels, &error);
	test_assert_no_error(error);
	kw_outfile_commit(out, &error);
	test_assert_no_error(error);
	return path;
}

static void
load(const char *path, guint8 *pixels, int channels)
{
	const KwImageRequest request = { .height = H,
					 .width = W,
					 .channels = channels,
					 .max_pixels = H * W };
	GError *error = NULL;

	kw_image_load(path, &request, pixels, NULL, &error);
	test_assert_no_error(error);
}

static void
begins_with(const char *path, const char *magic)
{
	g_autofree char *bytes = NULL;
	gsize size;

	assert_true(g_file_get_contents(path, &bytes, &size, NULL));
	assert_true(size > strlen(magic));
	assert_memory_equal(bytes, magic, strlen(magic));
}

static void
png_keeps_every_pixel(void **state)
{
	g_autofree guint8 *drawn = draw_pixels(&sample);
	g_autofree char *path = save("colour.png", drawn, 3);
	guint8 pixels[N];

	(void)state;
	begins_with(path, "\x89PNG");
	load(path, pixels, 3);
	assert_memory_equal(pixels, drawn, N);
}

static void
png_keeps_every_gray_pixel(void **state)
{
	g_autofree guint8 *drawn = draw_pixels(&sample);
	g_autofree char *path = save("gray.png", drawn, 1);
	guint8 pixels[H * W];

	(void)state;
	load(path, pixels, 1);
	assert_memory_equal(pixels, drawn, H * W);
}

static void
jpeg_comes_near_in_colours_and_gray(void **state)
{
	static const char *const names[] = { "a.jpg", "b.JPEG", "[Q=1].jpg" };
	g_autofree guint8 *drawn = draw_pixels(&sample);
	guint8 pixels[N];

	(void)state;
	for (gsize k = 0; k < G_N_ELEMENTS(names); k++) {
		int channels = k == 1 ? 1 : 3, n = H * W * channels, sum = 0;
		g_autofree char *path = save(names[k], drawn, channels);

		begins_with(path, "\xff\xd8\xff");
		load(path, pixels, channels);
		for (int i = 0; i < n; i++)
			sum += abs(pixels[i] - drawn[i]);
		if (sum > 6 * n)
			fail_msg("%s is %g away", names[k], (double)sum / n);
	}
}

static void
equal_pixels_give_equal_bytes(void **state)
{
	static const char *const names[] = { "twice.png", "twice.jpg" };
	g_autofree guint8 *drawn = draw_pixels(&sample);

	(void)state;
	for (gsize k = 0; k < G_N_ELEMENTS(names); k++) {
		g_autofree char *path = save(names[k], drawn, 3);
		g_autofree char *a = NULL, *b = NULL;
		gsize size_a, size_b;

		assert_true(g_file_get_contents(path, &a, &size_a, NULL));
		g_free(save(names[k], drawn, 3));
		assert_true(g_file_get_contents(path, &b, &size_b, NULL));
		assert_int_equal(size_a, size_b);
		assert_memory_equal(a, b, size_a);
	}
}

static void
other_endings_are_refused_before_the_work(void **state)
{
	static const char *const names[] = { "x.gif", "x",      "x.png.h5",
					     "",      "x.png/", "png" };
	GError *error = NULL;

	(void)state;
	assert_true(kw_image_can_save("/a.b/x.Png", &error));
	for (gsize k = 0; k < G_N_ELEMENTS(names); k++) {
		assert_false(kw_image_can_save(names[k], &error));
		test_assert_error(&error, KW_ERROR_USAGE, "end in .png");
	}
}

static void
other_endings_leave_nothing_behind(void **state)
{
	g_autofree guint8 *drawn = draw_pixels(&sample);
	g_autofree char *path = g_build_filename(dir, "x.webp", NULL);
	GError *error = NULL;
	KwOutfile *out = kw_outfile_new(path, FALSE, &error);

	(void)state;
	test_assert_no_error(error);
	assert_false(kw_image_save(out, drawn, H, W, 3, &error));
	test_assert_error(&error, KW_ERROR_USAGE, "x.webp");
	kw_outfile_free(out);
	assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

static void
says_what_jpeg_cannot_hold(void **state)
{
	enum { LONG = 70000 };
	g_autofree guint8 *line = g_malloc0(LONG);
	g_autofree char *path = g_build_filename(dir, "long.jpg", NULL);
	GError *error = NULL;
	g_autoptr(KwOutfile) out = kw_outfile_new(path, FALSE, &error);

	(void)state;
	test_assert_no_error(error);
	assert_false(kw_image_save(out, line, 1, LONG, 1, &error));
	test_assert_error(&error, KW_ERROR_UNSUPPORTED, "long.jpg");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(png_keeps_every_pixel),
		cmocka_unit_test(png_keeps_every_gray_pixel),
		cmocka_unit_test(jpeg_comes_near_in_colours_and_gray),
		cmocka_unit_test(equal_pixels_give_equal_bytes),
		cmocka_unit_test(other_endings_are_refused_before_the_work),
		cmocka_unit_test(other_endings_leave_nothing_behind),
		cmocka_unit_test(says_what_jpeg_cannot_hold),
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
