/* How well the network does on a split, and the statistics of that. */
#ifndef KW_TRAIN_EVALUATE_H
#define KW_TRAIN_EVALUATE_H

#include "train/network.h"
#include "train/samples.h"

typedef struct {
	int classes;
	gsize n, correct;
	double loss;      /* mean loss plus the L2 term, as Keras's */
	double accuracy;  /* correct / n */
	gsize *confusion; /* classes x classes: [label][predicted] */
} Evaluation;

/*
 * Run the network over all samples in file order, without dropout; `loss` says
 * what the loss is, NULL: the plain cross-entropy.
 * KW_ERROR_INTERRUPTED after SIGHUP, SIGINT or SIGTERM.
 */
Evaluation *evaluate(Network *network, const Samples *samples, const Loss *loss,
		     GError **error);
void evaluation_free(Evaluation *evaluation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Evaluation, evaluation_free)

/*
 * The Wilson score interval (Wilson 1927) of `correct` successes in n > 0
 * trials, at 95 %.
 */
void wilson_interval(gsize correct, gsize n, double *low, double *high);

#endif
