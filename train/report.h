/* What kw-train says, as text; train_main.c prints it. */
#ifndef KW_TRAIN_REPORT_H
#define KW_TRAIN_REPORT_H

#include "train/evaluate.h"
#include "train/fit.h"

/* "epoch 3/50  loss 9.7312  accuracy 0.8125  ..."; free it. */
char *report_epoch(const EpochReport *report, int epochs);

/*
 * The test report: the baseline (always the class that is most frequent in
 * training, `train_counts`), accuracy with its Wilson interval, and the
 * confusion matrix.  `split` is the name of what was evaluated.  Free it.
 */
char *report_evaluation(const Evaluation *evaluation, const char *split,
			char *const *class_names, const gsize *train_counts);

/* The metrics of an epoch as a JSON object, for the model file.  Free it. */
char *report_metrics_json(const EpochReport *report);

#endif
