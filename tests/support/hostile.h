/*
 * Photos as nobody should send them, and some that only look so: cut, bent,
 * lying about their size, of every type that libvips writes here, and files
 * that are no photos at all.  All are made by code, the same bytes each time.
 */
#ifndef KW_TESTS_HOSTILE_H
#define KW_TESTS_HOSTILE_H

#include <glib.h>

/* What kw has to do with a file. */
typedef enum {
	HOSTILE_READ,
	HOSTILE_LEFT_OUT,
	HOSTILE_EITHER /* as long as it survives, and does the same each time */
} HostileVerdict;

/* What a file shows when it is read. */
typedef enum {
	LOOKS_ANY,
	LOOKS_DRAWN, /* a drawing, the same in all files */
	LOOKS_GRAY,  /* the same without colours */
	LOOKS_FLAT   /* one gray of 128 */
} HostileLook;

typedef struct {
	char *path; /* CLASS/FILE, as the file system has it */
	HostileVerdict verdict;
	HostileLook look;
	/* The reason for leaving it out holds one of these, between '|'. */
	const char *words;
} HostileFile;

/* What it looks like (not LOOKS_ANY): h x w x 3 bytes; g_free() them. */
enum { HOSTILE_HEIGHT = 96, HOSTILE_WIDTH = 128 };
guint8 *hostile_look(HostileLook look);

/*
 * Write all of them as `dir`/CLASS/FILE and return an array of HostileFile,
 * or NULL.  libvips must have been started.  What this libvips cannot write,
 * and what root may read anyway, is not among them.
 */
GPtrArray *hostile_write(const char *dir, GError **error);

const char *hostile_verdict_name(HostileVerdict verdict);

/* The reason holds one of the words. */
gboolean hostile_reason_fits(const HostileFile *file, const char *reason);

#endif
