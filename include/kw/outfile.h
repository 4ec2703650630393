/*
 * Output that appears whole or not at all.
 *
 * A file is written under a temporary name in its own directory
 * (".NAME.kw-partial-XXXXXX"), flushed to the disk and renamed.  Standard
 * output, and anything else that is not a regular file (a pipe, a device), is
 * written from a spool in $TMPDIR, else /var/tmp, when all of it is there.
 *
 *	g_autoptr(KwOutfile) out = kw_outfile_new(path, force, error);
 *	... open kw_outfile_path(out), kw_outfile_hide(out), write, close ...
 *	kw_outfile_commit(out, error);
 *
 * One thread at a time an object.
 */
#ifndef KW_OUTFILE_H
#define KW_OUTFILE_H

#include <glib.h>

typedef struct KwOutfile KwOutfile;

/*
 * Prepare to write `path`; NULL or "-" is standard output.  Of a symbolic link
 * the file that it points to is replaced, not the link.
 * Errors: KW_ERROR_USAGE when the path exists and `force` is FALSE, or standard
 * output is a terminal; KW_ERROR_IO when the directory is missing or not
 * writable.
 */
KwOutfile *kw_outfile_new(const char *path, gboolean force, GError **error);

/*
 * Would these two paths of kw_outfile_new() be one file, or one stream?  Looks
 * through links of all kinds; "-" is standard output, and NULL is no output.
 * Two names of a character device other than the same text are not one: nothing
 * is lost on /dev/null.
 */
gboolean kw_outfile_same(const char *a, const char *b);

/* The empty file to open by name and write in place; owned by the object. */
const char *kw_outfile_path(const KwOutfile *out);

/*
 * What to call kw_outfile_path() in messages about writing it: the path of the
 * output, or "standard output, spooled in /var/tmp (see TMPDIR)".
 */
const char *kw_outfile_where(const KwOutfile *out);

/*
 * The file is open, its name is not needed any more: that of a spool is removed
 * at once, so that not even a crash leaves it behind.  Optional.
 */
void kw_outfile_hide(KwOutfile *out);

/* Is the output copied from a spool, not a file with a folder around it? */
gboolean kw_outfile_is_stream(const KwOutfile *out);

/*
 * Make n bytes the content, for those that have it in memory; KW_ERROR_IO,
 * KW_ERROR_INTERRUPTED.
 */
gboolean kw_outfile_write(KwOutfile *out, const void *bytes, gsize n,
			  GError **error);

/* What to call the output in messages: its path, or "standard output". */
const char *kw_outfile_name(const KwOutfile *out);

/*
 * Give the closed file its name, or copy it to the stream.
 * Without `force`, a file that has appeared under that name in the meantime is
 * left alone (KW_ERROR_USAGE).  KW_ERROR_IO: nothing has changed under `path`.
 * KW_ERROR_INTERRUPTED: a signal came while a pipe was blocked.
 */
gboolean kw_outfile_commit(KwOutfile *out, GError **error);

/*
 * Remove the temporary files that killed programs have left beside `path`, the
 * output that they were to become; those that are being written stay.
 */
void kw_outfile_remove_abandoned(const char *path);

/* Frees; removes the temporary file unless it was committed.  Accepts NULL. */
void kw_outfile_free(KwOutfile *out);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KwOutfile, kw_outfile_free)

/*
 * The folder that spools lie in: $TMPDIR, else /var/tmp.  Owned by the
 * environment.
 */
const char *kw_spool_folder(void);

/*
 * An anonymous temporary file in kw_spool_folder(): the open descriptor
 * (close it), and its name as well when `path` is not NULL (unlink and g_free
 * it); when NULL it is unlinked already.  `what` is part of its name,
 * "kw-WHAT-XXXXXX".  -1 with KW_ERROR_IO.
 */
int kw_spool_open(const char *what, char **path, GError **error);

/* "NAME, spooled in /var/tmp (see TMPDIR)": for messages.  Free it. */
char *kw_spool_name(const char *name);

/*
 * Write all n bytes to a descriptor; KW_ERROR_IO with `name` in the message,
 * KW_ERROR_INTERRUPTED when a signal comes while a pipe is blocked.
 */
gboolean kw_write_all(int fd, const void *bytes, gsize n, const char *name,
		      GError **error);

#endif
