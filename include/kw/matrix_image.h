/*
 * Confusion matrices as pictures.  After kw_image_start() of kw/image.h; one
 * thread at a time, and none that loads photos meanwhile: libvips keeps one
 * error text for all threads.
 */
#ifndef KW_MATRIX_IMAGE_H
#define KW_MATRIX_IMAGE_H

#include <glib.h>

/* The most classes, and the most that are labelled. */
enum { KW_MATRIX_MAX = 2048, KW_MATRIX_MAX_LABELLED = 30 };

/*
 * Draw counts[i * n + k], images of class i that were taken for class k, for n
 * classes, 1..KW_MATRIX_MAX: a cell each, the darker the larger its share of
 * its row.  Up to KW_MATRIX_MAX_LABELLED classes the counts stand in the cells,
 * and names[i] (any text) before rows and above columns, where text can be
 * drawn at all (kw/sheet.h).
 *
 * The bytes of a PNG file of *height x *width pixels, red-green-blue, *size of
 * them; g_free() them.  Equal matrices give equal bytes with the same libraries
 * and fonts.  KW_ERROR_MEMORY, KW_ERROR_UNSUPPORTED (libvips cannot encode it).
 */
guint8 *kw_matrix_png(const gsize *counts, char *const *names, int n,
		      int *height, int *width, gsize *size, GError **error);

#endif
