/*
 * A photo on its way from a folder to a dataset: each step fills in its part.
 */
#ifndef PREP_PHOTO_H
#define PREP_PHOTO_H

#include <glib.h>

#include "kw/dataset.h"

typedef struct {
	/* scan.h */
	char *file;       /* to open; owned */
	const char *path; /* its end: below the input or split folder */
	int label;        /* index in the class names */
	KwSplit split;    /* of a tree that is split already; else split.h */
	guint64 id;       /* kw_record_id(path) */

	/* decode.h */
	gsize slot;         /* place in the spool */
	guint32 checksum;   /* kw_checksum() of the pixels */
	guint8 digest[32];  /* SHA-256 of the pixels */
	guint64 sums[3];    /* of each channel's values */
	guint64 squares[3]; /* of their squares */
	char day[11];       /* EXIF day, or "" */

	/* group.h */
	guint64 group;
} Photo;

/* Takes `file`; `path` points into it. */
Photo *photo_new(char *file, const char *path, int label, KwSplit split);
/* Accepts NULL. */
void photo_free(Photo *photo);

/* A file or folder that was left out, and why. */
typedef struct {
	char *file;
	const char *stage; /* "read" or "decode"; static */
	char *reason;
} Reject;

/* `error` is borrowed. */
Reject *reject_new(const char *file, const GError *error);
void reject_free(Reject *reject);

#endif
