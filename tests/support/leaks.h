/*
 * A tree of photos among which some belong together, and its manifest, which
 * tells which: for judging whether kw-prep finds out.
 */
#ifndef KW_TESTS_LEAKS_H
#define KW_TESTS_LEAKS_H

#include <glib.h>

/* Of the copies, which follow LEAK_FRAME, each is in the original's class. */
typedef enum {
	LEAK_PLAIN, /* a photo like no other */
	LEAK_BURST, /* one of some photos within seconds, never pixel by pixel
		     * alike */
	LEAK_FRAME, /* of a camera that does not move: much like its other
		     * frames, but a photo of its own */
	LEAK_SAME,  /* byte for byte */
	LEAK_FIRST_COPY = LEAK_SAME,
	LEAK_RESAVED,
	LEAK_HALF, /* of the width, as the two below */
	LEAK_THREE_QUARTERS,
	LEAK_LARGER,
	LEAK_CROPPED, /* by 1 % a side */
	LEAK_PNG,
	LEAK_WEBP,
	LEAK_N_KINDS,
} LeakKind;

/* "plain", "burst", ..., NULL */
extern const char *const leak_kind_names[LEAK_N_KINDS + 1];

typedef struct {
	char *path; /* CLASS/NAME, below the folder of the tree */
	LeakKind kind;
	char *original; /* path of what it is a copy of, else NULL */
	int series;     /* 1, 2, ...: its burst or fixed camera, else 0 */
	char *camera;   /* serial number of the camera, in EXIF; or NULL */
	char *date;     /* EXIF "2019:01:31 12:00:00.250", or NULL */

	/* How it is drawn; not in the manifest. */
	int label;    /* the number of its class */
	guint64 seed; /* of the place; for copies, of what they are made with */
	int frame;    /* its number in the series, from 0 */
} LeakPhoto;

void leak_photo_free(LeakPhoto *photo);

/* What a tree holds. */
typedef struct {
	guint64 seed;
	int n; /* photos besides those of fixed cameras; a fortieth of them
		* copies of each kind, a quarter in bursts */
	int n_classes;
	int n_cameras, n_frames; /* fixed cameras, and frames of each */
} LeakWanted;

/* The photos (LeakPhoto) of a tree, copies last.  Unref it. */
GPtrArray *leaks_plan(const LeakWanted *wanted);

/*
 * The manifest: a line of tab-separated columns a photo, "-" for none, below a
 * line of their names.  Errors: those of g_file_set_contents().
 */
gboolean leaks_write(const GPtrArray *photos, const char *file, GError **error);

/* NULL with KW_ERROR_FORMAT when a line is not a photo's.  Unref it. */
GPtrArray *leaks_read(const char *file, GError **error);

#endif
