/*
 * Images that show the same picture: equal in every pixel, or nearly.
 *
 * Images are taken in a fixed order.  One that is like an earlier one of its
 * class, which is then its original, is a duplicate; else it is an original
 * itself.  Only originals are compared with: likeness is not handed on from
 * duplicate to duplicate, which would make one picture of all that a camera
 * that does not move has ever seen.
 */
#ifndef PREP_DUPLICATES_H
#define PREP_DUPLICATES_H

#include <glib.h>

#include "prep/fingerprint.h"

/* No near duplicates are looked for, only equal ones. */
enum { NEAR_OFF = -1 };

/* An image. */
typedef struct {
	guint64 order; /* images are taken by it, equal ones as they stand */
	int label;
	guint32 checksum; /* kw_checksum() of its pixels */
	Fingerprint print;
} Picture;

/* Where more of an image can be had when it is needed, which is seldom. */
typedef struct {
	gpointer data;
	gboolean (*read_thumbs)(gpointer data, guint i, Thumbs *thumbs,
				GError **error);
	/* *equal: do images i and k have the same pixels? */
	gboolean (*compare)(gpointer data, guint i, guint k, gboolean *equal,
			    GError **error);
} PictureSource;

typedef enum {
	DUPLICATE_NONE,
	DUPLICATE_EQUAL,
	DUPLICATE_NEAR,
} DuplicateKind;

/* For each of n images the number of another, or its own for none. */
typedef struct {
	guint n;
	guint *original;     /* the one of its class that it repeats */
	DuplicateKind *kind; /* how it is like its original */
	guint *stranger;     /* one of another class that it is like */
	guint *equal;        /* the first with the same pixels, of any class */
} Duplicates;

/*
 * Find the duplicates among n images; near ones are those whose hashes differ
 * in `bits` (0..16, or NEAR_OFF) at most, in any pair of views but the two
 * inner ones, and whose thumbnails confirm it.
 * Errors: those of the source; KW_ERROR_INTERRUPTED.
 */
Duplicates *duplicates_find(const Picture *pictures, guint n, int bits,
			    const PictureSource *source, GError **error);
void duplicates_free(Duplicates *duplicates);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Duplicates, duplicates_free)

#endif
