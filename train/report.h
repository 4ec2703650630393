/* What kw-train says of its epochs; train_main.c prints it. */
#ifndef KW_TRAIN_REPORT_H
#define KW_TRAIN_REPORT_H

#include "train/state.h"

/*
 * The line of the last of the finished epochs in `history` (EpochReport, not
 * empty), out of `epochs`:
 *
 *	epoch 3/50  loss 9.7312  accuracy 0.8125  val_loss 1.5000
 *	val_accuracy 0.7500  14.2 images/s  12.3 s  at most 9m38s left
 *	best so far
 *
 * The rate of learning stands in it ("lr 0.0001") in the first epoch and
 * wherever it has changed.  `began` is when this run, resumed or not, started
 * to train, in seconds since 1970: the epoch took from then, or from the end of
 * the one before, to its end.  The time left is that of the epochs left, each
 * as long as this one; patience may end it earlier.  Free it.
 */
char *report_epoch(const GArray *history, int epochs, double began);

/*
 * kw_metrics of kw-model(5): the metrics of the epoch that is kept as a JSON
 * object, with the JSON of the test report (test_report.h) as its member
 * "test" unless that is NULL.  Free it.
 */
char *report_metrics_json(const EpochReport *report, const char *test);

/* A number to print: NaN has a sign of its own, which means nothing, and is
 * "-nan" with it. */
double report_number(double value);

/* How many parameters: "20.0 million", or all digits of less than a million.
 * Free it. */
char *report_count(gsize n);

#endif
