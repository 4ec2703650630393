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

double
softmax_cross_entropy(const float *logits, const gint32 *labels, int n,
		      int classes)
{
	double sum = 0;

	for (int i = 0; i < n; i++) {
		const float *row = logits + (gsize)i * (gsize)classes;

		sum += log_sum_exp(row, classes) - (double)row[labels[i]];
	}
	return sum;
}

void
softmax_backward(float *dlogits, const float *probabilities,
		 const gint32 *labels, int n, int batch, int classes)
{
	const float scale = 1.0f / (float)n;

	for (int i = 0; i < batch; i++)
		for (int k = 0; k < classes; k++) {
			gsize at = (gsize)i * (gsize)classes + (gsize)k;
			float target = i < n && labels[i] == k ? 1.0f : 0.0f;

			dlogits[at] =
				i < n ? (probabilities[at] - target) * scale
				      : 0.0f;
		}
}
