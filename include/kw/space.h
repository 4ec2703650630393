/*
 * Is there room on the disks?  Asked before hours of work, not found out at
 * their end.
 */
#ifndef KW_SPACE_H
#define KW_SPACE_H

#include <glib.h>

/* What will be written, and where; strings are borrowed. */
typedef struct {
	const char *path; /* of a file, there already or not; or of a folder */
	gboolean folder;  /* which then must exist: kw_spool_folder() */
	guint64 bytes;    /* to be written, besides what is there */
	const char *remedy; /* "set TMPDIR to a larger disk"; may be NULL */
} KwSpaceNeed;

/*
 * Add up the n needs on each file system, and compare with what is free there
 * for this user.  A file that is a device or a pipe needs nothing; a file
 * system that does not tell its size has room.  An answer for this moment:
 * others write as well, and quotas are not asked.
 *
 * KW_ERROR_IO when it is too little: what is needed where, what is free, and
 * the remedy of the largest need; and when a folder is missing.  Any thread.
 */
gboolean kw_space_check(const KwSpaceNeed *needs, gsize n, GError **error);

#endif
