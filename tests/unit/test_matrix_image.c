/*
 * Pictures of confusion matrices.  Cells lie at the right and lower ends, 16
 * pixels from them, where the title is no wider, and are looked at by their
 * colours.
 */
#include "kw/matrix_image.h"

#include <string.h>
#include <vips/vips.h>

#include "kw/image.h"
#include "tests/support/kwtest.h"

enum { MARGIN = 16 };

typedef struct {
	guint8 *pixels; /* height x width x 3 */
	int height, width;
	int n, cell;
} Picture;

static void
picture_clear(Picture *p)
{
	g_free(p->pixels);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Picture, picture_clear)

static guint8 *
draw(const gsize *counts, char *const *names, int n, int *height, int *width,
     gsize *size)
{
	GError *error = NULL;
	guint8 *png =
		kw_matrix_png(counts, names, n, height, width, size, &error);

	test_assert_no_error(error);
	return png;
}

/* Draw it and decode the file. */
static Picture
picture_new(const gsize *counts, char *const *names, int n, int cell)
{
	Picture p = { .n = n, .cell = cell };
	VipsImage *image = NULL;
	gsize size;
	g_autofree guint8 *png =
		draw(counts, names, n, &p.height, &p.width, &size);

	assert_int_equal(vips_pngload_buffer(png, size, &image, NULL), 0);
	assert_int_equal(image->Ysize, p.height);
	assert_int_equal(image->Xsize, p.width);
	assert_int_equal(image->Bands, 3);
	p.pixels = vips_image_write_to_memory(image, &size);
	g_object_unref(image);
	return p;
}

static guint32
colour_at(const Picture *p, int y, int x)
{
	const guint8 *c = p->pixels + ((gsize)y * p->width + x) * 3;

	return (guint32)c[0] << 16 | (guint32)c[1] << 8 | c[2];
}

static int
top_of(const Picture *p, int row)
{
	return p->height - MARGIN - (p->n - row) * p->cell;
}

static int
left_of(const Picture *p, int column)
{
	return p->width - MARGIN - (p->n - column) * p->cell;
}

/* Its upper left corner, where there is no text. */
static guint32
cell_colour(const Picture *p, int row, int column)
{
	return colour_at(p, top_of(p, row), left_of(p, column));
}

/* Pixels of a cell, without its gap, that are of another colour than that. */
static int
count_ink(const Picture *p, int row, int column)
{
	const guint32 ground = cell_colour(p, row, column);
	int n = 0;

	for (int y = 0; y < p->cell - 1; y++)
		for (int x = 0; x < p->cell - 1; x++)
			n += colour_at(p, top_of(p, row) + y,
				       left_of(p, column) + x) != ground;
	return n;
}

/* Pixels that are not white in a part of the picture. */
static int
count_dark(const Picture *p, int top, int left, int height, int width)
{
	int n = 0;

	for (int y = top; y < top + height; y++)
		for (int x = left; x < left + width; x++)
			n += colour_at(p, y, x) != 0xffffff;
	return n;
}

/* Shares of the row: none, half, all; rows are the true classes. */
static void
test_colours(void **state)
{
	static const gsize counts[] = { 8, 0, 0, 3, 0, 3, 0, 0, 0 };
	static const guint32 expected[] = {
		0x08306b, 0xf4f7fb, 0xf4f7fb, 0x6baed6, 0xf4f7fb,
		0x6baed6, 0xf4f7fb, 0xf4f7fb, 0xf4f7fb,
	};
	g_auto(GStrv) names = g_strsplit("a name of some length/b/c", "/", -1);
	g_auto(Picture) p = picture_new(counts, names, 3, 40);

	(void)state;
	for (int i = 0; i < 9; i++)
		assert_int_equal(cell_colour(&p, i / 3, i % 3), expected[i]);
}

static void
test_numbers(void **state)
{
	static const gsize counts[] = { 8, 0, 123456, 1 };
	g_auto(GStrv) names = g_strsplit("a name of some length/b", "/", -1);
	/* six digits need wider cells: 9 each, and 6 */
	g_auto(Picture) p = picture_new(counts, names, 2, 60);

	(void)state;
	assert_true(count_ink(&p, 0, 0) > 10);
	assert_int_equal(count_ink(&p, 0, 1), 0);
	assert_true(count_ink(&p, 1, 0) > 3 * count_ink(&p, 0, 0));
	assert_true(count_ink(&p, 1, 1) > 5);
}

/* Before each row and above each column, and nowhere else. */
static void
test_labels(void **state)
{
	static const gsize counts[] = { 1, 0, 0, 0, 1, 0, 0, 0, 1 };
	g_auto(GStrv) names =
		g_strsplit("a name of some length/<b>&amp;/x\ny", "/", -1);
	g_auto(Picture) p = picture_new(counts, names, 3, 40);
	const int left = left_of(&p, 0), top = top_of(&p, 0);
	int before[3], above[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		before[i] = count_dark(&p, top_of(&p, i), 0, 40, left);
		above[i] = count_dark(&p, MARGIN + 32, left_of(&p, i),
				      top - MARGIN - 32, 40);
		assert_true(before[i] > 0);
		/* the same, turned */
		assert_int_equal(before[i], above[i]);
	}
	assert_true(before[0] > 2 * before[2]);
	/* no label touches the matrix or the edge */
	assert_int_equal(count_dark(&p, top, left - 8, 120, 8), 0);
	assert_int_equal(count_dark(&p, top - 8, left, 8, 120), 0);
	assert_int_equal(count_dark(&p, 0, 0, p.height, MARGIN), 0);
	assert_int_equal(count_dark(&p, p.height - MARGIN, 0, MARGIN, p.width),
			 0);
}

/* A label of any length leaves the matrix where it is. */
static void
test_long_labels(void **state)
{
	static const gsize counts[] = { 1, 0, 0, 1 };
	g_autofree char *wide = g_strnfill(5000, 'w');
	char *names[] = { wide, wide, NULL };
	g_auto(Picture) p = picture_new(counts, names, 2, 40);

	(void)state;
	assert_true(p.width < 400 && p.height < 450);
	assert_int_equal(cell_colour(&p, 1, 1), 0x08306b);
	assert_int_equal(count_dark(&p, 0, 0, p.height, MARGIN - 1), 0);
}

/* Without labels: a cell is as large as lets the whole be looked at. */
static void
test_many_classes(void **state)
{
	static const struct {
		int n, cell;
	} sizes[] = { { KW_MATRIX_MAX_LABELLED + 1, 25 },
		      { 200, 4 },
		      { KW_MATRIX_MAX, 1 } };

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		const int n = sizes[i].n;
		g_autofree gsize *counts = g_new0(gsize, (gsize)n * n);

		for (int k = 0; k < n; k++)
			counts[(gsize)k * n + (k + 1) % n] = 9;
		g_auto(Picture) p = picture_new(counts, NULL, n, sizes[i].cell);

		assert_int_equal(p.width, n * sizes[i].cell + 2 * MARGIN);
		for (int k = 0; k < n; k++) {
			assert_int_equal(cell_colour(&p, k, (k + 1) % n),
					 0x08306b);
			assert_int_equal(cell_colour(&p, k, k), 0xf4f7fb);
		}
	}
}

static void
test_same_bytes(void **state)
{
	static const gsize counts[] = { 5, 2, 1, 9 };
	g_auto(GStrv) names = g_strsplit("cat/dog", "/", -1);
	int height, width;
	gsize n, m;
	g_autofree guint8 *a = draw(counts, names, 2, &height, &width, &n);
	g_autofree guint8 *b = draw(counts, names, 2, &height, &width, &m);

	(void)state;
	assert_int_equal(n, m);
	assert_memory_equal(a, b, n);
}

static int
start(void **state)
{
	(void)state;
	return kw_image_start("test_matrix_image", NULL) ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	kw_image_stop();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_colours),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_long_labels),
		cmocka_unit_test(test_many_classes),
		cmocka_unit_test(test_same_bytes),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
