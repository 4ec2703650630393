/* What kw-predict answers for a photo, and the counts of its answers. */
#ifndef KW_TRAIN_PREDICT_TALLY_H
#define KW_TRAIN_PREDICT_TALLY_H

#include <glib.h>

/* The answer where no class is probable enough; no class can be called so. */
#define PREDICT_UNCERTAIN "uncertain"

typedef struct {
	int label;         /* the most probable class; of equals the first */
	float probability; /* its */
	gboolean uncertain;
} PredictAnswer;

/* `threshold` in 0..1: below it the answer is uncertain. */
PredictAnswer predict_answer(const float *probabilities, int classes,
			     double threshold);

/* What could not be read, and why; strings are owned. */
typedef struct {
	char *path, *reason;
} PredictFailure;

typedef struct {
	int classes;
	gsize *counts; /* classes: answers, uncertain ones not among them */
	gsize uncertain, predicted;
	gsize labelled, correct;         /* by the most probable class */
	gsize certain, certain_correct;  /* labelled ones, not uncertain */
	GPtrArray *failures, *no_photos; /* PredictFailure */
} PredictTally;

PredictTally *predict_tally_new(int classes);
void predict_tally_free(PredictTally *tally);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PredictTally, predict_tally_free)

/* Count an answer; `label` is the true class, or -1 when it is not known. */
void predict_tally_add(PredictTally *tally, const PredictAnswer *answer,
		       int label);

/* Note a file in `list`, one of the two of the tally. */
void predict_tally_fail(GPtrArray *list, const char *path, const char *reason);

/*
 * "test: accuracy 87.50 % (7 of 8), 95 % interval 52.91 to 97.76 %" for a name
 * of "test", with the accuracy of the certain ones where some are not.  Free
 * it.  At least one must have a label.
 */
char *predict_tally_accuracy(const PredictTally *tally, const char *name);

#endif
