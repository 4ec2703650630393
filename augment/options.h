/*
 * The command line of kw-augment.
 */
#ifndef KW_AUGMENT_OPTIONS_H
#define KW_AUGMENT_OPTIONS_H

#include "augment/recipe.h"
#include "kw/app.h"

typedef struct {
	KwCommon common;
	const char *input;  /* NULL: standard input */
	const char *replay; /* an augmented dataset to make again; or NULL */
	const char
		*policy; /* a name or a file, already in the recipe; or NULL */
	AugmentRecipe recipe;

	/* where it goes */
	guint shards;        /* 0: one whole file */
	guint64 shard_size;  /* bytes; 0: as many shards as `shards` says */
	const char *save_to; /* folder of image files; or NULL */
	int save_format;     /* of augment_save_formats */

	/* what is told */
	const char *preview, *summary; /* files; or NULL */
	int grid_rows, grid_columns;   /* of the preview */
	gboolean dry_run;              /* report the plan, write nothing */
} AugmentOptions;

/*
 * Defaults, then the policy, then what the command line says besides.  Like
 * argp_parse(), prints and ends the program for --help, --version,
 * --print-policy and usage errors.
 */
void augment_options_parse(AugmentOptions *options, int argc, char **argv);

#endif
