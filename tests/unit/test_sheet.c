/*
 * Contact sheets.  Where an image has come to lie is found by its colour, so
 * that the look may change.
 */
#include "kw/sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kw/alloc.h"
#include "kw/error.h"
#include "kw/image.h"
#include "tests/support/kwtest.h"

typedef struct {
	guint8 *pixels; /* height x width x 3 */
	int height, width;
} Canvas;

typedef struct {
	int left, top, right, bottom; /* the first pixels beyond the last two */
} Box;

static const guint8 red[3] = { 200, 0, 0 }, green[3] = { 0, 200, 0 },
		    blue[3] = { 0, 0, 200 };

static KwSheet *
sheet_new(int height, int width, int channels, int columns)
{
	GError *error = NULL;
	KwSheet *sheet = kw_sheet_new(height, width, channels, columns, &error);

	test_assert_no_error(error);
	return sheet;
}

static void
add_row(KwSheet *sheet, const char *label)
{
	GError *error = NULL;

	kw_sheet_add_row(sheet, label, &error);
	test_assert_no_error(error);
}

static void
add_image(KwSheet *sheet, const guint8 *pixels, const char *caption)
{
	GError *error = NULL;

	kw_sheet_add_image(sheet, pixels, caption, &error);
	test_assert_no_error(error);
}

/* Add an image of one colour to a sheet of images of height x width x 3. */
static void
add_colour(KwSheet *sheet, int height, int width, const guint8 *colour,
	   const char *caption)
{
	g_autofree guint8 *pixels = g_malloc((gsize)height * width * 3);

	for (int i = 0; i < height * width; i++)
		memcpy(pixels + i * 3, colour, 3);
	add_image(sheet, pixels, caption);
}

static Canvas
render(const KwSheet *sheet)
{
	Canvas canvas = { 0 };
	GError *error = NULL;

	canvas.pixels =
		kw_sheet_render(sheet, &canvas.height, &canvas.width, &error);
	test_assert_no_error(error);
	return canvas;
}

static void
canvas_clear(Canvas *canvas)
{
	kw_free(canvas->pixels);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Canvas, canvas_clear)

static const guint8 *
pixel_at(const Canvas *canvas, int y, int x)
{
	return canvas->pixels + ((gsize)y * canvas->width + x) * 3;
}

/* Around all pixels of a colour; fails the test unless they fill it. */
static Box
find(const Canvas *canvas, const guint8 *colour)
{
	Box box = { canvas->width, canvas->height, 0, 0 };
	int n = 0;

	for (int y = 0; y < canvas->height; y++) {
		for (int x = 0; x < canvas->width; x++) {
			if (memcmp(pixel_at(canvas, y, x), colour, 3) != 0)
				continue;
			box = (Box){ MIN(box.left, x), MIN(box.top, y),
				     MAX(box.right, x + 1),
				     MAX(box.bottom, y + 1) };
			n++;
		}
	}
	assert_true(n > 0);
	assert_int_equal(n, (box.right - box.left) * (box.bottom - box.top));
	return box;
}

/* How many pixels within a box are not those of the corner of the canvas? */
static int
count_ink(const Canvas *canvas, Box box)
{
	int n = 0;

	for (int y = box.top; y < box.bottom; y++)
		for (int x = box.left; x < box.right; x++)
			n += memcmp(pixel_at(canvas, y, x), canvas->pixels,
				    3) != 0;
	return n;
}

/* ---- images */

static void
puts_images_side_by_side_and_rows_below_each_other(void **state)
{
	g_autoptr(KwSheet) sheet = sheet_new(100, 60, 3, 4);

	(void)state;
	add_row(sheet, NULL);
	add_colour(sheet, 100, 60, red, NULL);
	add_colour(sheet, 100, 60, green, NULL);
	add_row(sheet, NULL);
	add_colour(sheet, 100, 60, blue, NULL);
	g_auto(Canvas) canvas = render(sheet);
	Box a = find(&canvas, red), b = find(&canvas, green),
	    c = find(&canvas, blue);
	assert_int_equal(a.right - a.left, 60);
	assert_int_equal(a.bottom - a.top, 100);
	assert_true(a.left > 0 && a.top > 0);
	assert_true(b.left > a.right && b.top == a.top);
	assert_true(c.top > a.bottom && c.left == a.left);
	/* The margins are even, and nobody pays for columns without images. */
	assert_int_equal(canvas.width - b.right, a.left);
	assert_int_equal(canvas.height - c.bottom, a.top);
}

static void
continues_a_long_row_below(void **state)
{
	g_autoptr(KwSheet) sheet = sheet_new(128, 128, 3, 2);

	(void)state;
	add_colour(sheet, 128, 128, red, NULL);
	add_colour(sheet, 128, 128, green, NULL);
	add_colour(sheet, 128, 128, blue, NULL);
	g_auto(Canvas) canvas = render(sheet);
	Box a = find(&canvas, red), b = find(&canvas, green),
	    c = find(&canvas, blue);
	assert_int_equal(b.top, a.top);
	assert_int_equal(c.left, a.left);
	assert_int_equal(c.top - a.bottom, b.left - a.right);
}

static void
shrinks_large_images(void **state)
{
	enum { H = 200, W = 400 };
	g_autofree guint8 *pixels = g_malloc(H * W * 3);
	g_autoptr(KwSheet) sheet = sheet_new(H, W, 3, 1);

	(void)state;
	/* Nothing is as dark as the left half, or as light as the right. */
	for (int i = 0; i < H * W * 3; i++)
		pixels[i] = i / 3 % W < W / 2 ? 10 : 255;
	add_image(sheet, pixels, NULL);
	g_auto(Canvas) canvas = render(sheet);
	g_autoptr(KwSheet) whole = sheet_new(H, W, 3, 1);
	add_colour(whole, H, W, red, NULL);
	g_auto(Canvas) full = render(whole);
	Box box = find(&full, red);
	assert_int_equal(box.right - box.left, 128);
	assert_int_equal(box.bottom - box.top, 64);
	for (int y = box.top; y < box.bottom; y++) {
		for (int x = 0; x < 128; x++) {
			int value = pixel_at(&canvas, y, box.left + x)[1];

			if (x < 60)
				assert_int_equal(value, 10);
			else if (x >= 68)
				assert_int_equal(value, 255);
		}
	}
}

static void
shows_each_pixel_of_a_small_image(void **state)
{
	enum { H = 20, W = 30, FACTOR = 4 };
	guint8 pixels[H * W * 3];
	g_autoptr(KwSheet) sheet = sheet_new(H, W, 3, 1);
	g_autoptr(KwSheet) whole = sheet_new(H, W, 3, 1);

	(void)state;
	for (int i = 0; i < H * W * 3; i++)
		pixels[i] = (guint8)(i * 37);
	add_image(sheet, pixels, NULL);
	add_colour(whole, H, W, red, NULL);
	g_auto(Canvas) canvas = render(sheet);
	g_auto(Canvas) full = render(whole);
	Box box = find(&full, red);
	assert_int_equal(box.right - box.left, W * FACTOR);
	assert_int_equal(box.bottom - box.top, H * FACTOR);
	for (int y = 0; y < H * FACTOR; y++)
		for (int x = 0; x < W * FACTOR; x++)
			assert_memory_equal(
				pixel_at(&canvas, box.top + y, box.left + x),
				pixels + (y / FACTOR * W + x / FACTOR) * 3, 3);
}

static void
shows_one_channel_as_gray(void **state)
{
	const int sides[] = { 64, 256 };

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(sides); i++) {
		const guint8 gray[3] = { 90, 90, 90 };
		gsize n = (gsize)sides[i] * sides[i];
		g_autofree guint8 *pixels = g_malloc(n);
		g_autoptr(KwSheet) sheet = sheet_new(sides[i], sides[i], 1, 1);

		memset(pixels, 90, n);
		add_image(sheet, pixels, NULL);
		g_auto(Canvas) canvas = render(sheet);
		Box box = find(&canvas, gray);
		assert_int_equal(box.right - box.left, 128);
		assert_int_equal(box.bottom - box.top, 128);
	}
}

/* A line is at least as high as its label. */
static void
takes_images_of_any_shape(void **state)
{
	const int shapes[][2] = { { 1, 1 },       { 1, 4096 }, { 4096, 1 },
				  { 4096, 4096 }, { 8, 127 },  { 129, 128 } };

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++) {
		int h = shapes[i][0], w = shapes[i][1];
		g_autoptr(KwSheet) sheet = sheet_new(h, w, 3, 2);

		add_row(sheet, "label");
		add_colour(sheet, h, w, red, "caption");
		add_row(sheet, "label");
		add_colour(sheet, h, w, blue, "caption");
		g_auto(Canvas) canvas = render(sheet);
		Box a = find(&canvas, red), b = find(&canvas, blue);
		assert_true(MAX(a.right - a.left, a.bottom - a.top) > 64);
		assert_true(MAX(a.right - a.left, a.bottom - a.top) <= 128);
		assert_true(b.top - a.top > 16);
	}
}

static void
draws_sheets_without_images(void **state)
{
	g_autoptr(KwSheet) sheet = sheet_new(64, 64, 3, 3);

	(void)state;
	g_auto(Canvas) empty = render(sheet);
	assert_true(empty.height > 0 && empty.width > 0);
	add_row(sheet, NULL);
	add_row(sheet, "label");
	g_auto(Canvas) rows = render(sheet);
	assert_true(rows.height > empty.height + 2 * 128);
}

/* ---- text */

/* A row with a red image; label and caption may be NULL. */
static Canvas
render_row(const char *label, const char *caption)
{
	g_autoptr(KwSheet) sheet = sheet_new(128, 128, 3, 2);

	add_row(sheet, label);
	add_colour(sheet, 128, 128, red, caption);
	return render(sheet);
}

static Canvas
render_labelled(const char *label)
{
	return render_row(label, NULL);
}

static gboolean
canvases_equal(const Canvas *a, const Canvas *b)
{
	return a->height == b->height && a->width == b->width &&
	       memcmp(a->pixels, b->pixels, (gsize)a->height * a->width * 3) ==
		       0;
}

static Box
left_of(const Canvas *canvas, Box box)
{
	return (Box){ 0, 0, box.left, canvas->height };
}

static void
draws_labels_in_front_of_their_rows(void **state)
{
	g_auto(Canvas) short_one = render_labelled("cat");
	g_auto(Canvas) long_one = render_labelled("hedgehog");
	g_auto(Canvas) blank = render_labelled("");
	Box a = find(&short_one, red), b = find(&long_one, red),
	    c = find(&blank, red);
	int ink = count_ink(&short_one, left_of(&short_one, a));

	(void)state;
	assert_true(ink > 20);
	assert_true(count_ink(&long_one, left_of(&long_one, b)) > ink);
	assert_int_equal(count_ink(&blank, left_of(&blank, c)), 0);
	assert_true(b.left > a.left && a.left > c.left);
	/* Beside the middle of the image. */
	assert_int_equal(count_ink(&short_one, (Box){ 0, 0, a.left, 64 }), 0);
	assert_true(count_ink(&short_one, (Box){ 0, 64, a.left, 96 }) == ink);
}

static void
shortens_labels_that_are_too_long(void **state)
{
	g_autofree char *text = g_strnfill(100000, 'w');
	g_autofree char *longer = g_strconcat(text, "!", NULL);
	g_auto(Canvas) one = render_labelled(text);
	g_auto(Canvas) other = render_labelled(longer);
	g_auto(Canvas) cut = render_labelled("wwwwwwwwwwwwwwwwwwwwwwwwwwwwww");
	Box box = find(&one, red);

	(void)state;
	assert_true(box.left < 200);
	assert_true(count_ink(&one, left_of(&one, box)) > 200);
	/* Some ground is left between the two. */
	assert_int_equal(
		count_ink(&one, (Box){ box.left - 8, 0, box.left, one.height }),
		0);
	assert_true(canvases_equal(&other, &one));
	assert_true(canvases_equal(&cut, &one));
}

static void
draws_captions_below_their_own_image_only(void **state)
{
	g_autofree char *text = g_strnfill(500, 'm');
	g_autoptr(KwSheet) sheet = sheet_new(128, 128, 3, 3);

	(void)state;
	add_colour(sheet, 128, 128, red, NULL);
	add_colour(sheet, 128, 128, green, text);
	add_colour(sheet, 128, 128, blue, NULL);
	g_auto(Canvas) canvas = render(sheet);
	Box a = find(&canvas, red), b = find(&canvas, green);
	Box below = { b.left, b.bottom, b.right, canvas.height };
	assert_true(count_ink(&canvas, below) > 100);
	below.left = 0;
	below.right = a.right + 1;
	assert_int_equal(count_ink(&canvas, below), 0);
	below.left = b.right + 1;
	below.right = canvas.width;
	assert_int_equal(count_ink(&canvas, below), 0);
}

static void
draws_markup_as_text(void **state)
{
	g_auto(Canvas) plain = render_labelled("x");
	g_auto(Canvas) markup = render_labelled("<b>x</b>");
	g_auto(Canvas) entity = render_labelled("&lt;");

	(void)state;
	assert_true(markup.width > plain.width + 20);
	assert_true(entity.width > plain.width + 10);
	const char *const broken[] = { "<b>", "</i>", "&", "a & b", "<" };
	for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
		g_auto(Canvas) canvas = render_labelled(broken[i]);
		Box box = find(&canvas, red);

		assert_true(count_ink(&canvas, left_of(&canvas, box)) > 0);
	}
}

static void
takes_any_bytes_as_text(void **state)
{
	const char *const labels[] = {
		"\xff\xfe broken",
		"two\nlines\r\n\tand more",
		"line\xe2\x80\xa8separator",
		"\xe7\x8c\xab",
		"\xd7\x97\xd7\xaa\xd7\x95\xd7\x9c",
		"\xf0\x9f\x90\xb1",
		"a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
		"\xef\xb7\xbd\xef\xb7\xbd\xef\xb7\xbd\xef\xb7\xbd",
		"   ",
		"\xe2\x80\x8b",
		"\033[31m",
	};
	g_auto(Canvas) plain = render_labelled("a??b?c");
	g_auto(Canvas) odd = render_labelled("a\xff\xfe"
					     "b\nc");

	(void)state;
	assert_true(canvases_equal(&odd, &plain));
	for (gsize i = 0; i < G_N_ELEMENTS(labels); i++) {
		g_auto(Canvas) canvas = render_labelled(labels[i]);
		Box box = find(&canvas, red);

		/* Tall text, or several lines, make no higher row. */
		assert_int_equal(canvas.height, plain.height);
		assert_int_equal(
			count_ink(&canvas, (Box){ 0, 0, box.left, 64 }), 0);
		assert_int_equal(count_ink(&canvas, (Box){ 0, 96, box.left,
							   canvas.height }),
				 0);
	}
}

static void
draws_the_same_bytes_again(void **state)
{
	g_autoptr(KwSheet) sheet = sheet_new(224, 160, 3, 2);
	g_autofree guint8 *pixels = g_malloc(224 * 160 * 3);

	(void)state;
	for (int i = 0; i < 224 * 160 * 3; i++)
		pixels[i] = (guint8)(i * 7 + i / 480);
	for (int i = 0; i < 5; i++)
		add_image(sheet, pixels, "caption");
	g_auto(Canvas) a = render(sheet);
	g_auto(Canvas) b = render(sheet);
	assert_true(canvases_equal(&a, &b));
}

/* In a child: this process has found its fonts already. */
static void
shows_images_where_there_are_no_fonts(void **state)
{
	const char config[] = "<?xml version=\"1.0\"?>\n"
			      "<fontconfig><dir>/nonexistent</dir>\n"
			      "</fontconfig>\n";
	g_autofree char *path = g_build_filename(*state, "fonts.conf", NULL);
	int status;

	assert_true(g_file_set_contents(path, config, -1, NULL));
	pid_t pid = fork();
	if (pid == 0) {
		g_setenv("FONTCONFIG_FILE", path, TRUE);
		execl("/proc/self/exe", "test_sheet", "--without-fonts", NULL);
		_exit(9);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/*
 * The child: status 0 when the image is there.  The label may be missing, or be
 * the boxes that newer versions of Pango draw instead.
 */
static int
render_without_fonts(void)
{
	g_auto(Canvas) canvas = render_row("label", "caption");

	return find(&canvas, red).right == 0;
}

/* ---- limits */

static void
refuses_more_than_fits(void **state)
{
	g_autoptr(KwSheet) sheet = sheet_new(128, 128, 3, 8);
	g_autofree char *expected = NULL;
	GError *error = NULL;
	int rows = kw_sheet_max_rows(sheet);

	(void)state;
	assert_true(rows > 100 && rows < 1000);
	expected = g_strdup_printf("room for %d rows of 8 images of 128 x 128 "
				   "pixels; show fewer",
				   rows);
	for (int i = 0; i < rows - 1; i++)
		add_row(sheet, "wwwwwwwwwwwwwwwwwwwwwwwwwww");
	/* The last line is full: the next image would need another. */
	add_row(sheet, NULL);
	for (int i = 0; i < 8; i++)
		add_colour(sheet, 128, 128, red, "caption");
	assert_false(kw_sheet_add_row(sheet, "x", &error));
	test_assert_error(&error, KW_ERROR_USAGE, expected);
	guint8 pixels[128 * 128 * 3] = { 0 };
	assert_false(kw_sheet_add_image(sheet, pixels, NULL, &error));
	test_assert_error(&error, KW_ERROR_USAGE, expected);
	g_auto(Canvas) canvas = render(sheet);
	assert_true(canvas.height <= 32767);
	assert_true((gsize)canvas.height * canvas.width <= 32000000);
	assert_true(canvas.height > 10000);
}

static void
refuses_more_columns_than_fit(void **state)
{
	GError *error = NULL;
	int rows;

	(void)state;
	assert_null(kw_sheet_new(64, 32, 3, G_MAXINT, &error));
	test_assert_error(&error, KW_ERROR_USAGE,
			  "images of 128 x 64 pixels side by side, not for "
			  "2147483647");
	assert_null(kw_sheet_new(128, 128, 3, 1000, &error));
	g_assert_nonnull(error);
	int most = atoi(strstr(error->message, "room for ") + 9);
	g_clear_error(&error);
	assert_true(most > 100 && most < 1000);
	assert_null(kw_sheet_new(128, 128, 3, most + 1, NULL));
	g_autoptr(KwSheet) sheet = sheet_new(128, 128, 3, most);
	rows = kw_sheet_max_rows(sheet);
	assert_true(rows >= 1);
	for (int i = 0; i < rows; i++) {
		add_row(sheet, "wwwwwwwwwwwwwwwwwwwwwwwwwww");
		add_colour(sheet, 128, 128, red, "caption");
	}
	for (int i = 1; i < most; i++)
		add_colour(sheet, 128, 128, red, "caption");
	g_auto(Canvas) canvas = render(sheet);
	assert_true(canvas.width <= 32767);
	assert_true((gsize)canvas.height * canvas.width <= 32000000);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			puts_images_side_by_side_and_rows_below_each_other),
		cmocka_unit_test(continues_a_long_row_below),
		cmocka_unit_test(shrinks_large_images),
		cmocka_unit_test(shows_each_pixel_of_a_small_image),
		cmocka_unit_test(shows_one_channel_as_gray),
		cmocka_unit_test(takes_images_of_any_shape),
		cmocka_unit_test(draws_sheets_without_images),
		cmocka_unit_test(draws_labels_in_front_of_their_rows),
		cmocka_unit_test(shortens_labels_that_are_too_long),
		cmocka_unit_test(draws_captions_below_their_own_image_only),
		cmocka_unit_test(draws_markup_as_text),
		cmocka_unit_test(takes_any_bytes_as_text),
		cmocka_unit_test(draws_the_same_bytes_again),
		cmocka_unit_test(shows_images_where_there_are_no_fonts),
		cmocka_unit_test(refuses_more_than_fits),
		cmocka_unit_test(refuses_more_columns_than_fit),
	};
	int failed;

	if (!kw_image_start(argv[0], NULL))
		return 1;
	if (argc > 1 && strcmp(argv[1], "--without-fonts") == 0)
		failed = render_without_fonts();
	else
		failed = cmocka_run_group_tests_name(
			"sheet", tests, test_dir_setup, test_dir_teardown);
	kw_image_stop();
	return failed != 0;
}
