/*
 * Photos as pixels, by libvips.
 *
 * kw_image_start() once in main() before any thread; then any thread may load
 * (libvips works single-threaded inside each call: callers are parallel over
 * images), and every thread that did calls kw_image_thread_end() when it is
 * done; kw_image_stop() at the end.
 */
#ifndef KW_IMAGE_H
#define KW_IMAGE_H

#include <glib.h>

/* What a photo says of itself. */
typedef struct {
	/* EXIF DateTimeOriginal as "2019-01-31"; "" without a valid one */
	char day[11];
} KwPhotoFacts;

/* `name` is argv[0].  KW_ERROR_UNSUPPORTED when libvips does not start. */
gboolean kw_image_start(const char *name, GError **error);
void kw_image_thread_end(void);
void kw_image_stop(void);

/*
 * Decode a photo: JPEG, PNG, WebP, TIFF, GIF or HEIF, by content and not by
 * name.  Its orientation is applied, its colours become 8-bit sRGB (ICC
 * profiles honoured, transparency on white, the first frame of an animation),
 * and it is resized to height x width, whatever its aspect: with Lanczos 3
 * along an axis that shrinks, bicubic along one that grows.
 *
 * `pixels` receives height x width x channels bytes: red-green-blue when
 * channels is 3, gray when it is 1.  `facts` may be NULL.
 *
 * Errors: KW_ERROR_INPUT when the file cannot be opened or is empty;
 * KW_ERROR_FORMAT when it is not a photo, is truncated or damaged: pixels that
 * a decoder made up are never returned.  The message does not repeat the path.
 * Any thread; a file that fails is tried a second time while all other loads
 * wait, because libvips keeps one error text for all threads.
 */
gboolean kw_image_load(const char *path, int height, int width, int channels,
		       guint8 *pixels, KwPhotoFacts *facts, GError **error);

#endif
