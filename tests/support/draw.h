/*
 * Photographs drawn by code, for tests.  Photos of one kind share colours and
 * stripes, so that a classifier can tell the kinds apart; no two photos are
 * equal.
 */
#ifndef KW_TESTS_DRAW_H
#define KW_TESTS_DRAW_H

#include <glib.h>
#include <vips/vips.h>

typedef struct {
	int height, width;
	int kind;         /* the class: 0, 1, ... */
	int index;        /* the photo within it: 0, 1, ... */
	const char *date; /* EXIF "2019:01:31 12:00:00", or NULL */
	int orientation;  /* EXIF 1..8; 0: not in the file */
} Drawing;

/* height x width x 3 bytes, red-green-blue.  g_free() it. */
guint8 *draw_pixels(const Drawing *drawing);

/* The same as an image with its metadata; g_object_unref() it. */
VipsImage *draw_image(const Drawing *drawing);

/*
 * Write it as the type that the path ends in: ".jpg", ".png", "[Q=90]" and
 * other options of libvips included.  FALSE: see vips_error_buffer().
 */
gboolean draw_save(const Drawing *drawing, const char *path);

#endif
