/*
 * An input for HDF5, which opens files by name and seeks in them: a file,
 * standard input, or a pipe, which is copied to a temporary file.
 */
#ifndef KW_INFILE_H
#define KW_INFILE_H

#include <glib.h>

typedef struct KwInfile KwInfile;

/*
 * `path` is NULL or "-" for standard input.
 * Errors: KW_ERROR_INPUT (cannot be opened, a folder, empty), KW_ERROR_USAGE
 * (a terminal), KW_ERROR_FORMAT (a pipe that does not begin as HDF5 does),
 * KW_ERROR_IO, KW_ERROR_INTERRUPTED.
 */
KwInfile *kw_infile_new(const char *path, GError **error);

/* The name to open. */
const char *kw_infile_path(const KwInfile *in);

/* What to call the input in messages: its path, or "standard input". */
const char *kw_infile_name(const KwInfile *in);

/*
 * Frees; removes the name of a temporary file, whose content stays for those
 * who have it open.  Accepts NULL.
 */
void kw_infile_free(KwInfile *in);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KwInfile, kw_infile_free)

#endif
