#include "kw/matrix_image.h"

#include <stdio.h>
#include <string.h>

#include "kw/alloc.h"
#include "kw/image_save.h"
#include "lib/text.h"

/* The look, in pixels. */
enum {
	CELL = 40, /* of a labelled matrix, with a gap of 1 */
	DIGIT = 9, /* room for one, where that makes cells larger */
	MARGIN = 16,
	LABEL_SIZE = 240, /* the longest label */
	LABEL_GAP = 8,
	TITLE = 32, /* line of the title */
	SIDE = 800, /* about, of a matrix that is not labelled */
	DARK = 340, /* share of 510 from which on white is read best */
};

static const char label_font[] = "sans 11", count_font[] = "sans 10";
static const char title_text[] = "rows: true class, columns: predicted";

typedef struct {
	guint8 red, green, blue;
} Colour;

/* From none of the images of the row to all of them. */
static const Colour shades[] = { { 0xf4, 0xf7, 0xfb },
				 { 0x6b, 0xae, 0xd6 },
				 { 0x08, 0x30, 0x6b } };
static const Colour black = { 0x20, 0x20, 0x20 }, white = { 0xff, 0xff, 0xff };

typedef struct {
	guint8 *pixels; /* height x width x 3 */
	int height, width;
} Canvas;

typedef struct {
	const gsize *counts; /* n x n */
	int n;
	int cell, gap; /* each cell, and what it leaves to the next */
	int left, top; /* of the first cell */
	KwText title;
	KwText *labels; /* n, drawn or empty; NULL: not labelled */
} Matrix;

static void
matrix_clear(Matrix *m)
{
	kw_text_clear(&m->title);
	for (int i = 0; i < m->n && m->labels != NULL; i++)
		kw_text_clear(&m->labels[i]);
	g_free(m->labels);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Matrix, matrix_clear)

/* ---- drawing */

static void
put(Canvas *canvas, int y, int x, Colour colour, int ink)
{
	const guint8 channels[] = { colour.red, colour.green, colour.blue };
	guint8 *pixel;

	if (y < 0 || x < 0 || y >= canvas->height || x >= canvas->width)
		return;
	pixel = canvas->pixels + ((gsize)y * canvas->width + x) * 3;
	for (int c = 0; c < 3; c++)
		pixel[c] = (guint8)((pixel[c] * (255 - ink) +
				     channels[c] * ink + 127) /
				    255);
}

/* Upwards: turned by a quarter, to be read from the right. */
static void
put_text(Canvas *canvas, const KwText *text, int top, int left, Colour colour,
	 gboolean upwards)
{
	for (int y = 0; y < text->height; y++)
		for (int x = 0; x < text->width; x++) {
			const int ink = text->ink[(gsize)y * text->width + x];

			if (upwards)
				put(canvas, top + text->width - 1 - x, left + y,
				    colour, ink);
			else
				put(canvas, top + y, left + x, colour, ink);
		}
}

static guint8
between(guint8 a, guint8 b, int part)
{
	return (guint8)((a * (255 - part) + b * part + 127) / 255);
}

/* The colour of a share of 0..510. */
static Colour
shade(int share)
{
	const Colour *from = &shades[share > 255];
	const int part = share > 255 ? share - 255 : share;

	return (Colour){ between(from[0].red, from[1].red, part),
			 between(from[0].green, from[1].green, part),
			 between(from[0].blue, from[1].blue, part) };
}

static void
put_cell(Canvas *canvas, const Matrix *m, int row, int column, gsize all)
{
	const gsize count = m->counts[(gsize)row * m->n + column];
	const int share =
		all > 0 ? (int)((double)count / (double)all * 510 + 0.5) : 0;
	const int top = m->top + row * m->cell,
		  left = m->left + column * m->cell;
	const int side = m->cell - m->gap;
	g_auto(KwText) text = { 0 };
	char number[32];

	for (int y = 0; y < side; y++)
		for (int x = 0; x < side; x++)
			put(canvas, top + y, left + x, shade(share), 255);
	/* The noughts of a large matrix would hide the rest. */
	if (m->labels == NULL || count == 0)
		return;
	snprintf(number, sizeof number, "%zu", count);
	if (kw_text_fit(&text, number, side, count_font))
		put_text(canvas, &text, top + (side - text.height) / 2,
			 left + (side - text.width) / 2,
			 share > DARK ? white : black, FALSE);
}

static void
draw(Canvas *canvas, const Matrix *m)
{
	put_text(canvas, &m->title, MARGIN, MARGIN, black, FALSE);
	for (int i = 0; i < m->n; i++) {
		const int at = i * m->cell;
		gsize all = 0;

		for (int k = 0; k < m->n; k++)
			all += m->counts[(gsize)i * m->n + k];
		for (int k = 0; k < m->n; k++)
			put_cell(canvas, m, i, k, all);
		if (m->labels == NULL)
			continue;
		const KwText *label = &m->labels[i];

		put_text(canvas, label,
			 m->top + at + (m->cell - label->height) / 2,
			 m->left - LABEL_GAP - label->width, black, FALSE);
		put_text(canvas, label, m->top - LABEL_GAP - label->width,
			 m->left + at + (m->cell - label->height) / 2, black,
			 TRUE);
	}
}

/* ---- layout */

static int
digits(const gsize *counts, gsize n)
{
	gsize most = 0;
	int d = 1;

	for (gsize i = 0; i < n; i++)
		most = MAX(most, counts[i]);
	for (; most >= 10; most /= 10)
		d++;
	return d;
}

static void
lay_out(Matrix *m, char *const *names)
{
	int label_size = 0;

	m->left = MARGIN;
	m->top = MARGIN;
	m->cell = MAX(SIDE / m->n, 1);
	if (kw_text_works(label_font) &&
	    kw_text_fit(&m->title, title_text, SIDE, label_font))
		m->top += TITLE;
	if (m->n > KW_MATRIX_MAX_LABELLED)
		return;
	m->gap = 1;
	m->cell = MAX(CELL, digits(m->counts, (gsize)m->n * m->n) * DIGIT + 6);
	if (m->title.ink == NULL)
		return;
	m->labels = g_new0(KwText, m->n);
	for (int i = 0; i < m->n; i++) {
		kw_text_fit(&m->labels[i], names[i], LABEL_SIZE, label_font);
		label_size = MAX(label_size, m->labels[i].width);
	}
	m->left += label_size + LABEL_GAP;
	m->top += label_size + LABEL_GAP;
}

guint8 *
kw_matrix_png(const gsize *counts, char *const *names, int n, int *height,
	      int *width, gsize *size, GError **error)
{
	g_auto(Matrix) m = { .counts = counts, .n = n };
	g_autofree guint8 *pixels = NULL;
	Canvas canvas;
	gsize bytes;

	lay_out(&m, names);
	*height = m.top + n * m.cell + MARGIN;
	*width = MAX(m.left + n * m.cell, MARGIN + m.title.width) + MARGIN;
	bytes = (gsize)*height * (gsize)*width;
	pixels = kw_alloc(bytes, 3, "the picture of a confusion matrix", error);
	if (pixels == NULL)
		return NULL;
	memset(pixels, 0xff, bytes * 3);
	canvas = (Canvas){ pixels, *height, *width };
	draw(&canvas, &m);
	return kw_image_png(pixels, *height, *width, 3, size, error);
}
