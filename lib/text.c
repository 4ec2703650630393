#include "lib/text.h"

#include <string.h>
#include <vips/vips.h>

#include "kw/app.h"

typedef VipsImage Image;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Image, g_object_unref)

void
kw_text_clear(KwText *text)
{
	g_free(text->ink);
	*text = (KwText){ 0 };
}

static void
drop_log(const char *domain, GLogLevelFlags level, const char *message,
	 void *data)
{
	(void)domain;
	(void)level;
	(void)message;
	(void)data;
}

/* Any UTF-8.  FALSE where it cannot be drawn, or shows nothing. */
static gboolean
draw(KwText *text, const char *utf8, const char *font)
{
	g_autofree char *markup = g_markup_escape_text(utf8, -1);
	g_autoptr(Image) image = NULL;
	/* What Pango says of fonts must not reach the terminal. */
	guint handler =
		g_log_set_handler("Pango", G_LOG_LEVEL_MASK, drop_log, NULL);
	gsize size;

	kw_text_clear(text);
	if (vips_text(&image, markup, "font", font, NULL) == 0 &&
	    image->Bands == 1 && image->BandFmt == VIPS_FORMAT_UCHAR) {
		text->height = image->Ysize;
		text->width = image->Xsize;
		text->top = image->Yoffset;
		text->ink = vips_image_write_to_memory(image, &size);
	}
	vips_error_clear();
	g_log_remove_handler("Pango", handler);
	return text->ink != NULL;
}

/* Draw the first n characters and an ellipsis. */
static gboolean
draw_start(KwText *text, const char *utf8, glong n, const char *font)
{
	g_autofree char *start = g_utf8_substring(utf8, 0, n);
	g_autofree char *all = g_strconcat(g_strchomp(start), "…", NULL);

	return draw(text, all, font);
}

gboolean
kw_text_fit(KwText *text, const char *label, int width, const char *font)
{
	g_autofree char *utf8 = kw_printable(label);
	glong fits = 0, n = g_utf8_strlen(utf8, -1);

	/* Hardly a character is narrower than a pixel. */
	if (n <= width && draw(text, utf8, font) && text->width <= width)
		return TRUE;
	for (glong too_many = MIN(n, width); too_many - fits > 1;) {
		glong middle = (fits + too_many) / 2;

		if (draw_start(text, utf8, middle, font) &&
		    text->width <= width)
			fits = middle;
		else
			too_many = middle;
	}
	if (fits > 0 && draw_start(text, utf8, fits, font))
		return TRUE;
	kw_text_clear(text);
	return FALSE;
}

gboolean
kw_text_works(const char *font)
{
	g_auto(KwText) a = { 0 }, b = { 0 };

	/* Without fonts, Pango draws the same box for every character. */
	return draw(&a, "a", font) && draw(&b, "B", font) &&
	       (a.height != b.height || a.width != b.width ||
		memcmp(a.ink, b.ink, (gsize)a.height * a.width) != 0);
}
