/*
 * Softmax and categorical cross-entropy on logits, in float32 with sums in
 * double precision: what Keras computes for a softmax output.
 */
#ifndef KW_TRAIN_SOFTMAX_H
#define KW_TRAIN_SOFTMAX_H

#include <glib.h>

/* probabilities (n x classes) of logits (n x classes). */
void softmax_forward(float *probabilities, const float *logits, int n,
		     int classes);

/* Sum over n rows of -log(probability of the label). */
double softmax_cross_entropy(const float *logits, const gint32 *labels, int n,
			     int classes);

/*
 * Gradient of the mean cross-entropy of the first n of `batch` rows with
 * respect to the logits: (probability - [label]) / n, and zero from row n on.
 */
void softmax_backward(float *dlogits, const float *probabilities,
		      const gint32 *labels, int n, int batch, int classes);

/* The index of the largest of n values; the first of equals. */
int argmax(const float *values, int n);

#endif
