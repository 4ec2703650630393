/*
 * Features on the disk: what memory has no room for, and what a later run of
 * the same finds done.
 *
 *	header	magic, key, number of rows, bytes of a row: 4096 bytes
 *	rows	each followed by its CRC-32, in four bytes
 *
 * The numbers are those of the machine, as the rows are: the key must say on
 * what machine they are valid.  A file appears under its name when it is
 * complete.  What is read is checked, and rows are written in place only to
 * mend damaged ones: whatever happens then, their CRC tells.
 */
#ifndef KW_TRAIN_FEATURE_FILE_H
#define KW_TRAIN_FEATURE_FILE_H

#include <glib.h>

enum { FEATURE_KEY_LENGTH = 64 }; /* a SHA-256, as text */

typedef struct FeatureFile FeatureFile;

/* Is what is there under this name such a file, of whatever key? */
gboolean feature_file_is(const char *path);

/* Bytes of a file of n rows. */
guint64 feature_file_size(gsize n, gsize bytes);

/*
 * A new file of n rows, under a temporary name; of what is there under `path`,
 * only such a file is replaced.
 * KW_ERROR_IO: no room on the disk, a folder that cannot be written, something
 * else is called so.
 */
FeatureFile *feature_file_create(const char *path, const char *key, gsize n,
				 gsize bytes, GError **error);

/*
 * A complete one.  Errors: KW_ERROR_INPUT: there is none, or it has another
 * key; KW_ERROR_FORMAT: it is damaged; KW_ERROR_IO.
 */
FeatureFile *feature_file_open(const char *path, const char *key, gsize n,
			       gsize bytes, GError **error);
void feature_file_free(FeatureFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FeatureFile, feature_file_free)

/* Row i, which was written; FALSE when it cannot be read as it was.  Any
 * thread. */
gboolean feature_file_read(const FeatureFile *file, gsize i, void *row);

/* KW_ERROR_IO: nothing can be read from a new file any more.  Where a complete
 * one may only be read, nothing is done. */
gboolean feature_file_write(FeatureFile *file, gsize i, const void *row,
			    GError **error);

/* All rows were written: flush the file and give it its name, once. */
gboolean feature_file_finish(FeatureFile *file, GError **error);

#endif
