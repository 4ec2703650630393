/*
 * Contact sheets: rows of small images with labels, for people to look at.
 *
 *	g_autoptr(KwSheet) sheet = kw_sheet_new(224, 224, 3, 8, error);
 *	kw_sheet_add_row(sheet, "cat", error);
 *	kw_sheet_add_image(sheet, pixels, NULL, error);
 *	...
 *	g_autofree guint8 *canvas = kw_sheet_render(sheet, &h, &w, error);
 *
 * After kw_image_start().  One thread at a time, and none that loads photos
 * meanwhile: libvips keeps one error text for all threads.
 */
#ifndef KW_SHEET_H
#define KW_SHEET_H

#include <glib.h>

typedef struct KwSheet KwSheet;

/*
 * A sheet of images of height x width x channels, 1 or 3 channels; `columns`
 * of them, at least 1, stand side by side.  Their longer side becomes at most
 * 128 pixels: larger images are shrunk, smaller ones enlarged by a whole
 * factor, so that each of their pixels is seen.
 * KW_ERROR_USAGE when so many columns make too wide a sheet.
 */
KwSheet *kw_sheet_new(int height, int width, int channels, int columns,
		      GError **error);
void kw_sheet_free(KwSheet *sheet);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KwSheet, kw_sheet_free)

/*
 * How many rows of up to `columns` images a sheet holds: a canvas has at most
 * 32767 pixels a side (more than that, many viewers do not open) and 32 million
 * in all.  At least 1.
 */
int kw_sheet_max_rows(const KwSheet *sheet);

/*
 * Start a row, with a label in front of it; NULL or "" leaves it blank.  A row
 * of more than `columns` images goes on below, and then counts as several.
 * KW_ERROR_USAGE when the sheet is full; it then stays as it was.
 */
gboolean kw_sheet_add_row(KwSheet *sheet, const char *label, GError **error);

/*
 * Put an image at the end of the last row, or of a first one without a label.
 * `pixels` are copied.  The caption stands below the image and may be NULL.
 * KW_ERROR_USAGE when the sheet is full, KW_ERROR_MEMORY; the sheet then stays
 * as it was.
 */
gboolean kw_sheet_add_image(KwSheet *sheet, const guint8 *pixels,
			    const char *caption, GError **error);

/*
 * Draw all of it: *height x *width x 3 bytes, red-green-blue; kw_free() them.
 * Labels and captions are any text, no markup; where they are too long they
 * end in "...", as one character.  Where text cannot be drawn, for example
 * because there are no fonts, the sheet has none, or the boxes that some
 * versions of Pango draw instead.
 * The same calls give the same bytes with the same libraries and fonts.
 * KW_ERROR_MEMORY.
 */
guint8 *kw_sheet_render(const KwSheet *sheet, int *height, int *width,
			GError **error);

#endif
