/*
 * Lines of text as ink, by libvips and Pango, for sheet.c: the same rules for
 * threads hold.
 */
#ifndef KW_TEXT_H
#define KW_TEXT_H

#include <glib.h>

/* Text drawn on one line: how much ink each pixel has, 0..255. */
typedef struct {
	guint8 *ink; /* height x width; NULL: nothing is drawn */
	int height, width;
	int top; /* of the first row, below the top of the line */
} KwText;

/*
 * Draw a label, as much of it as fits into `width` pixels: the whole, or its
 * beginning and an ellipsis.  `text` holds an earlier one or zeros.  Any bytes
 * are a label: no markup, and what cannot be printed is '?'.
 * FALSE, and nothing drawn, when nothing fits or Pango cannot draw it.
 */
gboolean kw_text_fit(KwText *text, const char *label, int width,
		     const char *font);

void kw_text_clear(KwText *text);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KwText, kw_text_clear)

/* Can letters be told apart, or are there no fonts? */
gboolean kw_text_works(const char *font);

#endif
