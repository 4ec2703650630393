/* The command line of kw-prep. */
#ifndef PREP_OPTIONS_H
#define PREP_OPTIONS_H

#include <glib.h>

#include "kw/app.h"
#include "kw/dataset.h"

typedef struct {
	KwCommon common;
	const char *dir; /* the input folder */
	guint64 seed;
	int height, width;         /* 8..4096 */
	int percent[KW_N_SPLITS];  /* wanted shares; their sum is 100 */
	gboolean percent_given;    /* --split was on the command line */
	KwStandardize standardize; /* none, rescale or normalize */
} Options;

/* Parse; prints and ends the program on usage errors, --help and --version. */
void options_parse(Options *options, int argc, char **argv);

#endif
