/* The command line of kw-train. */
#ifndef KW_TRAIN_OPTIONS_H
#define KW_TRAIN_OPTIONS_H

#include "kw/app.h"
#include "train/guard.h"
#include "train/plan.h"
#include "train/recipe.h"
#include "train/weights.h"

typedef struct {
	KwCommon common;     /* output is never NULL: "vgg19.h5" */
	const char *dataset; /* the shards; "-" is standard input */

	/* what decides the weights, with the data and the machine */
	Recipe recipe;       /* recipe_check() has passed */
	const char *weights; /* a file, "none", or NULL: look for them */
	Channels channels;
	Precision precision;
	Algorithm algorithm;
	OnDivergence on_divergence;

	/* what is done */
	gboolean resume;     /* go on from the resume file */
	gboolean evaluate;   /* train nothing; exclusive with resume */
	int evaluate_batch;  /* images at a time then; 0: not said */
	const char *ignored; /* options that were given and mean nothing then,
				"--lr, --epochs"; NULL: none; static */
	double checkpoint_minutes; /* between resume files; 0: each step */
	gsize memory;              /* bytes; 0: what the machine has */
	gboolean no_feature_cache; /* and its file is removed */

	/* what else is written; files and a folder, or NULL */
	const char *log_dir; /* NULL: beside the model */
	const char *export;  /* safetensors */
	const char *summary; /* the report as JSON */
} TrainOptions;

/*
 * The recipe, then what the command line says besides, in whatever order they
 * are given.  Like argp_parse(), prints and ends the program for --help,
 * --version, --print-recipe and usage errors.
 */
void train_options_parse(TrainOptions *options, int argc, char **argv);

#endif
