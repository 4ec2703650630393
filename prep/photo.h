/*
 * A photo on its way from a folder to a dataset: each step fills in its part.
 */
#ifndef PREP_PHOTO_H
#define PREP_PHOTO_H

#include <glib.h>

#include "kw/dataset.h"
#include "prep/fingerprint.h"

typedef struct {
	/* scan.h */
	char *file;          /* to open; owned */
	char *path;          /* what the record is called; owned */
	int label;           /* index in the class names */
	KwSplit pinned;      /* a split that is settled; KW_N_SPLITS: none is */
	guint64 id;          /* kw_record_id(path) */
	guint64 given_group; /* by a list; 0: none */

	/* decode.h */
	gsize slot;            /* place in the spools */
	guint32 checksum;      /* kw_checksum() of the pixels */
	Fingerprint print;     /* of the pixels */
	guint64 sums[3];       /* of each channel's values */
	guint64 squares[3];    /* of their squares */
	int height, width;     /* before it was resized */
	char day[11];          /* EXIF day, or "" */
	gint64 taken, stamped; /* as in KwPhotoFacts */
	guint64 camera;

	/* group.h */
	guint64 group;

	/* split.h */
	KwSplit split;
} Photo;

/* Takes `file` and `path`.  No split is pinned. */
Photo *photo_new(char *file, char *path, int label);
/* Accepts NULL. */
void photo_free(Photo *photo);

/* A file or folder that was left out, and why. */
typedef struct {
	char *file;
	const char *stage; /* "read", "decode" or "date"; static */
	char *reason;
} Reject;

/* `error` is borrowed. */
Reject *reject_new(const char *file, const GError *error);
/* A photo without a date, where those are not wanted. */
Reject *reject_undated(const char *file);
void reject_free(Reject *reject);

#endif
