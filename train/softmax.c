#include "train/softmax.h"

#include <math.h>

int
argmax(const float *values, int n)
{
	int best = 0;

	for (int i = 1; i < n; i++)
		if (values[i] > values[best])
			best = i;
	return best;
}

/* log(sum(exp(row))), safe from overflow. */
static double
log_sum_exp(const float *row, int classes)
{
	const double top = (double)row[argmax(row, classes)];
	double sum = 0;

	for (int k = 0; k < classes; k++)
		sum += exp((double)row[k] - top);
	return top + log(sum);
}

void
softmax_forward(float *probabilities, const float *logits, int n, int classes)
{
	for (int i = 0; i < n; i++) {
		const float *row = logits + (gsize)i * (gsize)classes;
		float *out = probabilities + (gsize)i * (gsize)classes;
		double norm = log_sum_exp(row, classes);

		for (int k = 0; k < classes; k++)
			out[k] = (float)exp((double)row[k] - norm);
	}
}

float *
loss_balanced_weights(const gsize *counts, int classes)
{
	float *weights = g_new(float, classes);
	gsize n = 0;

	for (int k = 0; k < classes; k++)
		n += counts[k];
	for (int k = 0; k < classes; k++)
		weights[k] = counts[k] == 0
				     ? 1.0f
				     : (float)((double)n / ((double)classes *
							    (double)counts[k]));
	return weights;
}

static double
smoothing_of(const Loss *loss)
{
	return loss == NULL ? 0 : loss->smoothing;
}

float
loss_weight(const Loss *loss, int class)
{
	return loss == NULL || loss->class_weights == NULL
		       ? 1.0f
		       : loss->class_weights[class];
}

double
softmax_cross_entropy(const float *logits, const gint32 *labels, int n,
		      int classes, const Loss *loss)
{
	const double smoothing = smoothing_of(loss);
	double sum = 0;

	for (int i = 0; i < n; i++) {
		const float *row = logits + (gsize)i * (gsize)classes;
		/* sum(target * logit); the targets add up to 1 */
		double expected = (double)row[labels[i]];

		if (smoothing > 0) {
			expected *= 1 - smoothing;
			for (int k = 0; k < classes; k++)
				expected +=
					smoothing / classes * (double)row[k];
		}
		sum += (double)loss_weight(loss, labels[i]) *
		       (log_sum_exp(row, classes) - expected);
	}
	return sum;
}

void
softmax_backward(float *dlogits, const float *probabilities,
		 const gint32 *labels, int n, int batch, int classes,
		 const Loss *loss)
{
	const double smoothing = smoothing_of(loss);
	const float off = (float)(smoothing / classes);
	const float on = (float)(1 - smoothing + smoothing / classes);
	const gsize width = (gsize)classes;

	for (int i = 0; i < n; i++) {
		const float scale = loss_weight(loss, labels[i]) / (float)n;
		const float *p = probabilities + (gsize)i * width;
		float *d = dlogits + (gsize)i * width;

		for (int k = 0; k < classes; k++)
			d[k] = (p[k] - (labels[i] == k ? on : off)) * scale;
	}
	for (gsize i = (gsize)n * width; i < (gsize)batch * width; i++)
		dlogits[i] = 0;
}
