/*
 * The command line of kw-info.
 */
#ifndef KW_INFO_OPTIONS_H
#define KW_INFO_OPTIONS_H

#include "info/selection.h"
#include "kw/app.h"

typedef enum {
	INFO_TEXT,    /* tell what the file holds, for people */
	INFO_JSON,    /* the same for programs */
	INFO_VERIFY,  /* read everything */
	INFO_EXTRACT, /* write images to files */
} InfoTask;

typedef struct {
	KwCommon common; /* output: the folder of INFO_EXTRACT */
	InfoTask task;
	InfoSelection selection; /* of INFO_EXTRACT */
	const char *input;       /* "-": standard input */
} InfoOptions;

/*
 * Defaults, then what the command line says.  Like argp_parse(), prints and
 * ends the program for --help, --version and usage errors.
 */
void info_options_parse(InfoOptions *options, int argc, char **argv);

#endif
