/* The command line of kw-train. */
#ifndef KW_TRAIN_OPTIONS_H
#define KW_TRAIN_OPTIONS_H

#include "kw/app.h"
#include "train/fit.h"

typedef struct {
	KwCommon common;     /* output is never NULL: "vgg19.h5" */
	const char *dataset; /* the shards; "-" is standard input */
	const char *weights; /* a file, "none", or NULL: look for them */
	const char *log_dir; /* NULL: beside the model */
	Recipe recipe;
} TrainOptions;

/* Parse; prints and ends the program on usage errors, --help and --version. */
void train_options_parse(TrainOptions *options, int argc, char **argv);

/* The options that decide the weights, KEY=VALUE, sorted, one a line. Free. */
char *train_options_settings(const TrainOptions *options);

#endif
