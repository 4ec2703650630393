/* What the network makes of a split, image by image. */
#ifndef KW_TRAIN_EVALUATE_H
#define KW_TRAIN_EVALUATE_H

#include "train/feature_cache.h"

typedef struct {
	int classes;
	gsize n, correct;
	double loss;      /* mean loss plus the L2 term, as Keras's */
	double accuracy;  /* correct / n */
	gsize *confusion; /* classes x classes: [label][predicted] */

	/* of each image: n, in the order of the samples */
	gint32 *predicted; /* the class on top, the first of equals */
	float *confidence; /* probability of the predicted class */
	float *truth;      /* probability of the label */
} Evaluation;

/*
 * Run the network over all samples in file order, without dropout; `loss` says
 * what the loss is, NULL: the plain cross-entropy.  Of no samples, loss and
 * accuracy are 0.  `cache` may be NULL.
 * KW_ERROR_INTERRUPTED after SIGHUP, SIGINT or SIGTERM; KW_ERROR_MEMORY.
 */
Evaluation *evaluate(Network *network, const Samples *samples, const Loss *loss,
		     FeatureCache *cache, GError **error);
void evaluation_free(Evaluation *evaluation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Evaluation, evaluation_free)

#endif
