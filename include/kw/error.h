/*
 * The error domain of kw.
 *
 * Errors are values: a function that can fail takes a trailing GError ** and
 * returns FALSE or NULL with it set.  A message is one line in lower case that
 * says what failed, on which file, why, and what to do about it; the name of
 * the program is put in front by app.h when it is printed.
 */
#ifndef KW_ERROR_H
#define KW_ERROR_H

#include <glib.h>

typedef enum {
	KW_ERROR_USAGE,  /* the command line asks for something impossible */
	KW_ERROR_INPUT,  /* an input is missing, empty or unreadable */
	KW_ERROR_FORMAT, /* a file is not what it should be, or damaged */
	KW_ERROR_IO,     /* the system refused to read or write */
	KW_ERROR_MEMORY, /* not enough memory */
	KW_ERROR_UNSUPPORTED, /* valid, but not something this build can do */
	KW_ERROR_INTERRUPTED, /* a signal asked to stop (see app.h) */
} KwError;

#define KW_ERROR kw_error_quark()

GQuark kw_error_quark(void);

#endif
