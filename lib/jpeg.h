/*
 * The pixels of JPEG files, by libjpeg-turbo.  libvips reads them in blocks of
 * 4 KiB, too small for libjpeg's fast path, and tells of the first warning
 * only; here a file is in memory as a whole, and each warning is looked at.
 */
#ifndef KW_JPEG_H
#define KW_JPEG_H

#include <glib.h>

typedef struct KwJpeg KwJpeg;

/*
 * Begin to decode a file at 1/`shrink` of its size: 1, 2, 4 or 8.
 * KW_ERROR_FORMAT for what is damaged, or has colours other than gray and what
 * becomes red-green-blue; KW_ERROR_INPUT when it cannot be read;
 * KW_ERROR_MEMORY. Any thread, one at a time an object.
 */
KwJpeg *kw_jpeg_new(const char *file, int shrink, GError **error);
void kw_jpeg_free(KwJpeg *jpeg);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KwJpeg, kw_jpeg_free)

/* What comes out: in pixels, and 1 or 3 channels. */
int kw_jpeg_width(const KwJpeg *jpeg);
int kw_jpeg_height(const KwJpeg *jpeg);
int kw_jpeg_channels(const KwJpeg *jpeg);

/*
 * Decode the next n rows of width x channels bytes.  KW_ERROR_FORMAT when the
 * decoder had to make up pixels: the file is cut short, or damaged.
 */
gboolean kw_jpeg_read(KwJpeg *jpeg, guint8 *rows, int n, GError **error);

#endif
