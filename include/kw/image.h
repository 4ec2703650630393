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

/* How a photo that has another aspect becomes height x width. */
typedef enum {
	KW_FIT_STRETCH, /* without regard to its aspect */
	KW_FIT_CROP,    /* its middle: what is too much on two sides is cut */
	KW_FIT_PAD,     /* all of it, in the middle of black */
} KwFit;

/* "stretch", "crop", "pad", NULL */
extern const char *const kw_fit_names[];

/* FALSE when it is none of these names. */
gboolean kw_fit_parse(const char *name, KwFit *fit);

/* What a photo is to become. */
typedef struct {
	int height, width; /* 1..65535 */
	int channels;      /* 3: red-green-blue, 1: their luma (BT.601) */
	KwFit fit;
	guint64 max_pixels; /* larger photos are refused, undecoded */
} KwImageRequest;

#define KW_DEFAULT_MAX_PIXELS G_GUINT64_CONSTANT(268000000)

/* No time, in KwPhotoFacts. */
#define KW_NO_TIME G_MININT64

/* What a photo says of itself. */
typedef struct {
	int height, width; /* in pixels, once upright */
	/* EXIF DateTimeOriginal as "2019-01-31"; "" without a valid one */
	char day[11];
	/*
	 * By the camera's clock, in milliseconds since 1970-01-01 00:00 of that
	 * clock, or KW_NO_TIME: when the photo was taken (DateTimeOriginal with
	 * its fraction), and when it was digitized or else written
	 * (DateTimeDigitized, DateTime).
	 */
	gint64 taken, stamped;
	/* Hash of make, model and serial number; 0 when there is neither. */
	guint64 camera;
} KwPhotoFacts;

/* `name` is argv[0].  KW_ERROR_UNSUPPORTED when libvips does not start. */
gboolean kw_image_start(const char *name, GError **error);
void kw_image_thread_end(void);
void kw_image_stop(void);

/*
 * Does a file begin as a photo of a known type does, whether it is a sound one
 * or not?  FALSE as well when it cannot be read.  Any thread.
 */
gboolean kw_image_is_photo(const char *path);

/*
 * Decode a photo: JPEG, PNG, WebP, TIFF, GIF, BMP, HEIF or AVIF where libvips
 * has them, by content and not by name.  Its orientation is applied, its
 * colours become 8-bit sRGB (ICC profiles honoured, 16 bits scaled,
 * transparency on white, the first frame of an animation), and it is brought to
 * the size of the request with Lanczos 3, as Pillow's Image.resize() does it.
 *
 * `pixels` receives height x width x channels bytes.  `facts` may be NULL; it
 * is filled in on success.
 *
 * Errors: KW_ERROR_INPUT when the file cannot be opened or is empty;
 * KW_ERROR_FORMAT when it is not a photo, is too large, truncated or damaged:
 * pixels that a decoder made up are never returned; KW_ERROR_MEMORY;
 * KW_ERROR_IO when the system has no file handles left.  The
 * message does not repeat the path, but for the last. Any thread; a file that
 * fails is tried a second time while all other loads wait, because libvips
 * keeps one error text for all threads.
 */
gboolean kw_image_load(const char *path, const KwImageRequest *request,
		       guint8 *pixels, KwPhotoFacts *facts, GError **error);

#endif
