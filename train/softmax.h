/*
 * Softmax and categorical cross-entropy on logits, in float32 with sums in
 * double precision: what Keras 2 computes for a softmax output.  (Keras 3 clips
 * the probabilities to 1e-7 before the logarithm; here nothing is clipped.)
 */
#ifndef KW_TRAIN_SOFTMAX_H
#define KW_TRAIN_SOFTMAX_H

#include <glib.h>

/* probabilities (n x classes) of logits (n x classes). */
void softmax_forward(float *probabilities, const float *logits, int n,
		     int classes);

/*
 * What is made of the cross-entropy.  Wherever a Loss is asked for, NULL is the
 * plain one.
 */
typedef struct {
	/* Model.fit(class_weight): one a class, borrowed; factors on the loss
	 * of its images, whose mean still divides by the number of images and
	 * not by the sum of weights.  NULL: all 1. */
	const float *class_weights;
	/* CategoricalCrossentropy(label_smoothing), 0..1: the target of class k
	 * is (1 - smoothing) * [k is the label] + smoothing / classes. */
	double smoothing;
} Loss;

/* The factor on the loss of an image of this class. */
float loss_weight(const Loss *loss, int class);

/*
 * Weights n / (classes * count of the class), as scikit-learn's "balanced"; 1
 * for a class without images.  Their mean over the n images is 1 where every
 * class has some.  Free them.
 */
float *loss_balanced_weights(const gsize *counts, int classes);

/* Sum over n rows of weight * -sum(target * log(probability)). */
double softmax_cross_entropy(const float *logits, const gint32 *labels, int n,
			     int classes, const Loss *loss);

/*
 * Gradient of the mean of that over the first n of `batch` rows with respect to
 * the logits: weight * (probability - target) / n, and zero from row n on.
 */
void softmax_backward(float *dlogits, const float *probabilities,
		      const gint32 *labels, int n, int batch, int classes,
		      const Loss *loss);

/* The index of the largest of n values; the first of equals. */
int argmax(const float *values, int n);

#endif
