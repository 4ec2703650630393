#include "train/sgd.h"

static void
update(Param *param, float rate, float momentum)
{
	float *restrict w = param->value;
	float *restrict v = param->velocity;
	const float *restrict g = param->gradient;
	const float decay = (float)(2 * param->l2);

#pragma omp parallel for simd schedule(static)
	for (gsize i = 0; i < param->n; i++) {
		v[i] = momentum * v[i] - rate * (g[i] + decay * w[i]);
		w[i] += v[i];
	}
}

gboolean
sgd_update(Network *network, double rate, double momentum, GError **error)
{
	for (guint i = 0; i < network->n_layers; i++) {
		Layer *layer = network->layers[i];

		if (!layer->trainable)
			continue;
		update(layer->kernel, (float)rate, (float)momentum);
		update(layer->bias, (float)rate, (float)momentum);
		if (!param_refresh(layer->kernel, error))
			return FALSE;
	}
	return TRUE;
}
