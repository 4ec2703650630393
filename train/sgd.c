#include "train/sgd.h"

#include <math.h>

#include "kw/error.h"

enum { BLOCK = 1 << 15 }; /* floats that are summed by one thread */

/* ---- norm */

/* The lanes, which the compiler chooses, are part of the order. */
static double
block_sum_squares(const float *g, gsize n)
{
	double sum = 0;

#pragma omp simd reduction(+ : sum)
	for (gsize i = 0; i < n; i++)
		sum += (double)g[i] * (double)g[i];
	return sum;
}

static double
block_sum_squares_l2(const float *g, const float *w, gsize n, float decay)
{
	double sum = 0;

#pragma omp simd reduction(+ : sum)
	for (gsize i = 0; i < n; i++) {
		const float total = g[i] + decay * w[i];

		sum += (double)total * (double)total;
	}
	return sum;
}

static double
sum_squares(const Param *param)
{
	const gsize n_blocks = (param->n + BLOCK - 1) / BLOCK;
	const float decay = (float)(2 * param->l2);
	g_autofree double *sums = g_new(double, n_blocks);
	double sum = 0;

	g_assert(!param->deferred);
	/* Whoever sums a block, the blocks are added in their order. */
#pragma omp parallel for schedule(static)
	for (gsize b = 0; b < n_blocks; b++) {
		const gsize n = MIN((gsize)BLOCK, param->n - b * BLOCK);
		const float *g = param->gradient + b * BLOCK;
		const float *w = param->value + b * BLOCK;

		sums[b] = decay == 0 ? block_sum_squares(g, n)
				     : block_sum_squares_l2(g, w, n, decay);
	}
	for (gsize b = 0; b < n_blocks; b++)
		sum += sums[b];
	return sum;
}

double
sgd_gradient_norm(const Network *network)
{
	double sum = 0;

	for (guint i = 0; i < network->n_layers; i++) {
		const Layer *layer = network->layers[i];

		if (layer->trainable)
			sum += sum_squares(layer->kernel) +
			       sum_squares(layer->bias);
	}
	return sqrt(sum);
}

double
sgd_clip(double norm, double limit)
{
	return limit > 0 && norm > limit ? limit / norm : 1;
}

/* ---- update */

gboolean
sgd_update(Network *network, const SgdStep *step, GError **error)
{
	const float momentum = (float)step->momentum;

	for (guint i = 0; i < network->n_layers; i++) {
		Layer *layer = network->layers[i];
		const double factor =
			layer->kind == LAYER_CONV ? step->body_rate : 1;
		const float rate = (float)(step->rate * step->scale * factor);
		gboolean kernel, bias; /* still finite? */

		if (!layer->trainable)
			continue;
		if (!param_update(layer->kernel, rate, momentum, &kernel,
				  error) ||
		    !param_update(layer->bias, rate, momentum, &bias, error))
			return FALSE;
		if (!kernel || !bias) {
			g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
				    "weights of '%s' are no finite numbers any "
				    "more",
				    layer->name);
			return FALSE;
		}
	}
	return TRUE;
}
