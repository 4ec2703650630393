/* Statistics of an evaluation.  Any thread. */
#ifndef KW_TRAIN_METRICS_H
#define KW_TRAIN_METRICS_H

#include "train/evaluate.h"

/* An interval at 95 % around a share; 0 <= low <= high <= 1. */
typedef struct {
	double low, high;
} Interval;

/*
 * The Wilson score interval (Wilson 1927) of `correct` successes in n > 0
 * trials.
 */
void wilson_interval(gsize correct, gsize n, double *low, double *high);

/*
 * Of one class, as scikit-learn's precision_recall_fscore_support() with
 * zero_division=0: a share of nothing is 0.
 */
typedef struct {
	double precision; /* right of those predicted as the class */
	double recall;    /* right of those of the class */
	double f1;        /* harmonic mean of the two */
	gsize support;    /* images of the class */
	gsize predicted;  /* images predicted as the class */
} ClassScore;

/* One a class, in their order; *macro is the mean over all of them, each class
 * counting once, with the sums of the counts.  Free them. */
ClassScore *metrics_class_scores(const Evaluation *evaluation,
				 ClassScore *macro);

/*
 * Calibration: does the network say how often it is right?  Images are put in
 * bins by their confidence, bin b from b / 15 (excluded) to (b + 1) / 15; the
 * expected calibration error is the mean over the images of |accuracy of the
 * bin - mean confidence of the bin| (Guo et al. 2017, ICML, section 2).
 */
enum { CALIBRATION_BINS = 15 };

typedef struct {
	double error;      /* expected calibration error, 0..1 */
	double confidence; /* mean over all images */
	struct {
		gsize n;
		double accuracy, confidence; /* means; 0 where n is 0 */
	} bins[CALIBRATION_BINS];
} Calibration;

Calibration metrics_calibration(const Evaluation *evaluation,
				const Samples *samples);

/*
 * Accuracy with the leakage group as the unit.  The images of a burst are right
 * or wrong together, so that n images say less than n independent ones.
 */
typedef struct {
	gsize groups;
	double accuracy; /* mean over the groups of their accuracies */
	Interval interval;
} GroupAccuracy;

/*
 * The variance of the mean is estimated from the G group accuracies (sample
 * variance / G, a normal approximation with Student's t for few groups), turned
 * into the number of independent images that would have it, and that is put in
 * Wilson's interval, which stays within 0..1: Korn and Graubard 1998, Survey
 * Methodology 24:193, with Wilson's interval as in Dean and Pagano 2015, J.
 * Survey Stat. Methodol. 3:484.  Where all images are right, or all wrong, no
 * variance is seen and the groups are counted; a single group says nothing: 0
 * to 1.  Of no images: all 0.
 */
GroupAccuracy metrics_groups(const Evaluation *evaluation,
			     const Samples *samples);

#endif
