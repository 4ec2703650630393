/* The command line of kw-predict. */
#ifndef KW_TRAIN_PREDICT_OPTIONS_H
#define KW_TRAIN_PREDICT_OPTIONS_H

#include "kw/app.h"
#include "kw/dataset.h"
#include "train/plan.h"

typedef struct {
	KwCommon common;
	const char *model;
	GPtrArray *paths;    /* char *, as given, at least one */
	KwSplit split;       /* of a dataset; KW_N_SPLITS: not given */
	const char *summary; /* a file, or NULL */
	double threshold;    /* 0: none */
	int top;             /* most probable classes to list; 0: none */
	int batch;           /* at least 1 */
	Precision precision;
	gboolean tta, json, strict;
} PredictOptions;

/* Parse; prints and ends the program on usage errors, --help and --version. */
void predict_options_parse(PredictOptions *options, int argc, char **argv);
void predict_options_clear(PredictOptions *options);

#endif
