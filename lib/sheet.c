#include "kw/sheet.h"

#include <string.h>
#include <vips/vips.h>

#include "kw/alloc.h"
#include "kw/error.h"
#include "lib/text.h"

/* The look: pixels, and gray levels. */
enum {
	CELL = 128, /* longer side of an image */
	MARGIN = 16,
	GAP = 6,      /* between images of a row */
	ROW_GAP = 14, /* between rows */
	LABEL_WIDTH = 144,
	LABEL_GAP = 12, /* between a label and the first image */
	LABEL_HEIGHT = 16,
	CAPTION_HEIGHT = 16,
	GROUND = 0xf6,
	LABEL_INK = 0x20,
	CAPTION_INK = 0x58,
};

static const char label_font[] = "sans 12", caption_font[] = "sans 10";

/* The largest canvas. */
enum { MAX_SIDE = 32767, MAX_PIXELS = 32000000 };

/* An image as it is drawn: cell_height x cell_width x 3. */
typedef struct {
	guint8 *pixels;
	char *caption; /* or NULL */
} Cell;

typedef struct {
	char *label; /* or NULL */
	GPtrArray *cells;
	gboolean captioned; /* is any of the cells? */
} Row;

struct KwSheet {
	int height, width, channels; /* of the images given */
	int columns;
	int cell_height, cell_width;
	int factor; /* by which images are enlarged; 1: not, or shrunk */
	int max_lines, n_lines;
	GPtrArray *rows;
};

typedef VipsImage Image;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Image, g_object_unref)

/* ---- a sheet and what is on it */

static void
cell_free(gpointer data)
{
	Cell *cell = data;

	kw_free(cell->pixels);
	g_free(cell->caption);
	g_free(cell);
}

static void
row_free(gpointer data)
{
	Row *row = data;

	g_free(row->label);
	g_ptr_array_unref(row->cells);
	g_free(row);
}

/* Lines of up to `columns` images that a row takes. */
static int
count_lines(const KwSheet *sheet, const Row *row)
{
	int n = (int)row->cells->len;

	return MAX((n + sheet->columns - 1) / sheet->columns, 1);
}

static int
line_height(const KwSheet *sheet, gboolean captioned)
{
	return MAX(sheet->cell_height, LABEL_HEIGHT) +
	       (captioned ? CAPTION_HEIGHT : 0);
}

static int
canvas_width(const KwSheet *sheet, int columns, int label_width)
{
	return 2 * MARGIN + (label_width > 0 ? label_width + LABEL_GAP : 0) +
	       MAX(columns * (sheet->cell_width + GAP) - GAP, 0);
}

/* Lines that fit, whatever their labels and captions will be. */
static int
max_lines(const KwSheet *sheet)
{
	int width = canvas_width(sheet, sheet->columns, LABEL_WIDTH);
	int height = MIN(MAX_SIDE, MAX_PIXELS / width);

	return (height - 2 * MARGIN + ROW_GAP) /
	       (line_height(sheet, TRUE) + ROW_GAP);
}

static int
max_columns(const KwSheet *sheet)
{
	return (MAX_SIDE - canvas_width(sheet, 0, LABEL_WIDTH) + GAP) /
	       (sheet->cell_width + GAP);
}

KwSheet *
kw_sheet_new(int height, int width, int channels, int columns, GError **error)
{
	g_autoptr(KwSheet) sheet = g_new0(KwSheet, 1);
	int side = MAX(height, width);

	*sheet = (KwSheet){ .height = height,
			    .width = width,
			    .channels = channels,
			    .columns = columns,
			    .factor = MAX(CELL / side, 1) };
	sheet->rows = g_ptr_array_new_with_free_func(row_free);
	if (side > CELL) {
		sheet->cell_height = MAX((height * CELL + side / 2) / side, 1);
		sheet->cell_width = MAX((width * CELL + side / 2) / side, 1);
	} else {
		sheet->cell_height = height * sheet->factor;
		sheet->cell_width = width * sheet->factor;
	}
	if (columns > max_columns(sheet)) {
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "a contact sheet has room for %d images of "
			    "%d x %d pixels side by side, not for %d",
			    max_columns(sheet), sheet->cell_height,
			    sheet->cell_width, columns);
		return NULL;
	}
	sheet->max_lines = max_lines(sheet);
	return g_steal_pointer(&sheet);
}

void
kw_sheet_free(KwSheet *sheet)
{
	if (sheet == NULL)
		return;
	g_ptr_array_unref(sheet->rows);
	g_free(sheet);
}

int
kw_sheet_max_rows(const KwSheet *sheet)
{
	return sheet->max_lines;
}

/* Count one line more, if there is room for it. */
static gboolean
take_line(KwSheet *sheet, GError **error)
{
	if (sheet->n_lines == sheet->max_lines) {
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "a contact sheet has room for %d rows of %d "
			    "images of %d x %d pixels; show fewer",
			    sheet->max_lines, sheet->columns,
			    sheet->cell_height, sheet->cell_width);
		return FALSE;
	}
	sheet->n_lines++;
	return TRUE;
}

gboolean
kw_sheet_add_row(KwSheet *sheet, const char *label, GError **error)
{
	Row *row;

	if (!take_line(sheet, error))
		return FALSE;
	row = g_new0(Row, 1);
	row->label = g_strdup(label);
	row->cells = g_ptr_array_new_with_free_func(cell_free);
	g_ptr_array_add(sheet->rows, row);
	return TRUE;
}

/* ---- images */

/* An image of the size of a cell: cell_height x cell_width x channels. */
static guint8 *
shrink(const KwSheet *sheet, const guint8 *pixels, GError **error)
{
	gsize n = (gsize)sheet->height * sheet->width * sheet->channels;
	g_autoptr(Image) whole = vips_image_new_from_memory(
		pixels, n, sheet->width, sheet->height, sheet->channels,
		VIPS_FORMAT_UCHAR);
	g_autoptr(Image) small = NULL;
	guint8 *shrunk = NULL;
	gsize size = 0;

	if (whole != NULL &&
	    vips_resize(whole, &small, (double)sheet->cell_width / sheet->width,
			"vscale", (double)sheet->cell_height / sheet->height,
			NULL) == 0 &&
	    small->Xsize == sheet->cell_width &&
	    small->Ysize == sheet->cell_height)
		shrunk = vips_image_write_to_memory(small, &size);
	if (shrunk == NULL) {
		g_autofree char *text = vips_error_buffer_copy();

		g_set_error(error, KW_ERROR, KW_ERROR_MEMORY,
			    "cannot shrink an image for a contact sheet: %s",
			    g_strstrip(text));
	}
	return shrunk;
}

/* From pixels of c channels, `width` a row, to the colours of a cell. */
static void
fill_cell(const KwSheet *sheet, guint8 *cell, const guint8 *pixels, int width)
{
	int c = sheet->channels, green = c == 3 ? 1 : 0, blue = 2 * green;

	for (int y = 0; y < sheet->cell_height; y++) {
		const guint8 *row =
			pixels + (gsize)(y / sheet->factor) * width * c;

		for (int x = 0; x < sheet->cell_width; x++, cell += 3) {
			const guint8 *pixel = row + x / sheet->factor * c;

			cell[0] = pixel[0];
			cell[1] = pixel[green];
			cell[2] = pixel[blue];
		}
	}
}

static guint8 *
cell_pixels_new(const KwSheet *sheet, const guint8 *pixels, GError **error)
{
	g_autofree guint8 *shrunk = NULL;
	g_autofree guint8 *cell =
		kw_alloc((gsize)sheet->cell_height * sheet->cell_width, 3,
			 "an image of a contact sheet", error);

	if (cell == NULL)
		return NULL;
	if (MAX(sheet->height, sheet->width) > CELL) {
		shrunk = shrink(sheet, pixels, error);
		if (shrunk == NULL)
			return NULL;
		fill_cell(sheet, cell, shrunk, sheet->cell_width);
	} else {
		fill_cell(sheet, cell, pixels, sheet->width);
	}
	return g_steal_pointer(&cell);
}

gboolean
kw_sheet_add_image(KwSheet *sheet, const guint8 *pixels, const char *caption,
		   GError **error)
{
	g_autofree guint8 *copy = cell_pixels_new(sheet, pixels, error);
	Row *row;
	Cell *cell;

	if (copy == NULL ||
	    (sheet->rows->len == 0 && !kw_sheet_add_row(sheet, NULL, error)))
		return FALSE;
	row = sheet->rows->pdata[sheet->rows->len - 1];
	if (row->cells->len > 0 && row->cells->len % sheet->columns == 0 &&
	    !take_line(sheet, error))
		return FALSE;
	cell = g_new(Cell, 1);
	*cell = (Cell){ g_steal_pointer(&copy), g_strdup(caption) };
	g_ptr_array_add(row->cells, cell);
	row->captioned |= caption != NULL;
	return TRUE;
}

/* ---- the canvas */

typedef struct {
	guint8 *pixels; /* height x width x 3 */
	int height, width;
} Canvas;

/* Lay a line of text, and nothing above or below it, on the canvas. */
static void
canvas_add_text(Canvas *canvas, const KwText *text, int left, int top, int line,
		int gray)
{
	for (int y = 0; y < text->height; y++) {
		int at = text->top + y;
		const guint8 *ink = text->ink + (gsize)y * text->width;
		guint8 *pixel;

		if (at < 0 || at >= line)
			continue;
		pixel = canvas->pixels +
			((gsize)(top + at) * canvas->width + left) * 3;
		for (int i = 0; i < text->width * 3; i++)
			pixel[i] = (guint8)((pixel[i] * (255 - ink[i / 3]) +
					     gray * ink[i / 3] + 127) /
					    255);
	}
}

static void
canvas_add_cell(Canvas *canvas, const KwSheet *sheet, const Cell *cell,
		int left, int top, gboolean texts)
{
	gsize n = (gsize)sheet->cell_width * 3;
	g_auto(KwText) caption = { 0 };

	for (int y = 0; y < sheet->cell_height; y++)
		memcpy(canvas->pixels +
			       ((gsize)(top + y) * canvas->width + left) * 3,
		       cell->pixels + (gsize)y * n, n);
	if (texts && cell->caption != NULL &&
	    kw_text_fit(&caption, cell->caption, sheet->cell_width,
			caption_font))
		canvas_add_text(canvas, &caption,
				left + (sheet->cell_width - caption.width) / 2,
				top + sheet->cell_height + 1,
				CAPTION_HEIGHT - 1, CAPTION_INK);
}

/* Draw a row from `top` on; returns the pixel row below it. */
static int
canvas_add_row(Canvas *canvas, const KwSheet *sheet, const Row *row,
	       const KwText *label, int left, int top, gboolean texts)
{
	int line = line_height(sheet, row->captioned && texts);

	if (label->ink != NULL)
		canvas_add_text(
			canvas, label, MARGIN,
			top + MAX(sheet->cell_height - LABEL_HEIGHT, 0) / 2,
			LABEL_HEIGHT, LABEL_INK);
	for (guint i = 0; i < row->cells->len; i++) {
		int column = (int)i % sheet->columns;

		if (i > 0 && column == 0)
			top += line + GAP;
		canvas_add_cell(canvas, sheet, row->cells->pdata[i],
				left + column * (sheet->cell_width + GAP), top,
				texts);
	}
	return top + line;
}

/* All rows with their labels, one a row, drawn or empty. */
static guint8 *
render(const KwSheet *sheet, const KwText *labels, gboolean texts, int *height,
       int *width, GError **error)
{
	Canvas canvas = { NULL, 2 * MARGIN - ROW_GAP, 0 };
	int columns = 0, label_width = 0, top = MARGIN;

	for (guint i = 0; i < sheet->rows->len; i++) {
		const Row *row = sheet->rows->pdata[i];
		int lines = count_lines(sheet, row);

		columns =
			MAX(columns, MIN((int)row->cells->len, sheet->columns));
		label_width = MAX(label_width, labels[i].width);
		canvas.height +=
			lines * line_height(sheet, row->captioned && texts) +
			(lines - 1) * GAP + ROW_GAP;
	}
	canvas.height = MAX(canvas.height, 2 * MARGIN);
	canvas.width = canvas_width(sheet, columns, label_width);
	gsize n = (gsize)canvas.height * canvas.width;
	canvas.pixels = kw_alloc(n, 3, "a contact sheet", error);
	if (canvas.pixels == NULL)
		return NULL;
	memset(canvas.pixels, GROUND, n * 3);
	for (guint i = 0; i < sheet->rows->len; i++)
		top = ROW_GAP +
		      canvas_add_row(
			      &canvas, sheet, sheet->rows->pdata[i], &labels[i],
			      canvas_width(sheet, 0, label_width) - MARGIN, top,
			      texts);
	*height = canvas.height;
	*width = canvas.width;
	return canvas.pixels;
}

guint8 *
kw_sheet_render(const KwSheet *sheet, int *height, int *width, GError **error)
{
	guint n = sheet->rows->len;
	g_autofree KwText *labels = g_new0(KwText, n);
	gboolean texts = kw_text_works(label_font);
	guint8 *pixels;

	for (guint i = 0; texts && i < n; i++) {
		const Row *row = sheet->rows->pdata[i];

		if (row->label != NULL)
			kw_text_fit(&labels[i], row->label, LABEL_WIDTH,
				    label_font);
	}
	pixels = render(sheet, labels, texts, height, width, error);
	for (guint i = 0; i < n; i++)
		kw_text_clear(&labels[i]);
	return pixels;
}
