/* The lines of kw-predict, and its summary. */
#ifndef KW_TRAIN_PREDICT_OUTPUT_H
#define KW_TRAIN_PREDICT_OUTPUT_H

#include "train/predict_input.h"
#include "train/predict_options.h"
#include "train/predict_tally.h"

/*
 * The line of an item, ended by '\n'; `probabilities` are those of the classes.
 * Free it.
 *
 * Tab-separated: path, answer, probability, then the label where the item has
 * one, then with --top K pairs of class and probability.  With --json an
 * object: kw-predict(1) lists its members.
 */
char *predict_line(const PredictOptions *options, char *const *class_names,
		   const PredictItem *item, const PredictAnswer *answer,
		   const float *probabilities);

/* The same of an item that could not be read; NULL where that has no line. */
char *predict_line_failed(const PredictOptions *options,
			  char *const *class_names, const PredictItem *item,
			  const char *reason);

/* What --summary writes; kw-predict(1) lists its members.  Free it. */
char *predict_summary(const PredictOptions *options, char *const *class_names,
		      const char *arithmetic, const PredictInput *input,
		      const PredictTally *tally);

#endif
