/* Files of the run log, which only grow, by whole pieces.  One thread a file.
 */
#ifndef KW_TRAIN_LOG_FILE_H
#define KW_TRAIN_LOG_FILE_H

#include <glib.h>

typedef struct {
	char *path;
	int fd;       /* -1: not open */
	goffset size; /* of what has been written whole */
} LogFile;

#define LOG_FILE_INIT                                                          \
	{                                                                      \
		NULL, -1, 0                                                    \
	}

/*
 * Open a file that is there, with `size` bytes to be kept; what is behind them
 * is cut off.  Or create one; KW_ERROR_IO also where it exists already.  Both
 * take an object that is not open.
 */
gboolean log_file_open(LogFile *file, const char *path, goffset size,
		       GError **error);
gboolean log_file_create(LogFile *file, const char *path, GError **error);

/*
 * Add n bytes, all of them or, with KW_ERROR_IO, none: what a full disk has
 * taken of them is cut off, at the latest by the next call.
 */
gboolean log_file_append(LogFile *file, const void *bytes, gsize n,
			 GError **error);

/* A file without content is removed.  Accepts one that is not open. */
void log_file_clear(LogFile *file);

#endif
