/*
 * The command line of kw-augment.
 */
#ifndef KW_AUGMENT_OPTIONS_H
#define KW_AUGMENT_OPTIONS_H

#include "augment/augment.h"
#include "kw/app.h"

typedef struct {
	KwCommon common;
	const char *input; /* NULL: standard input */
	AugmentRecipe recipe;
} AugmentOptions;

/*
 * Defaults, then what the command line says.  Like argp_parse(), prints and
 * ends the program for --help, --version and usage errors.
 */
void augment_options_parse(AugmentOptions *options, int argc, char **argv);

#endif
