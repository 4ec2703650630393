#include "train/accumulate.h"

static void
begin(Param *param, float share)
{
	float *restrict sum = param->sum;
	const float *restrict g = param->gradient;

#pragma omp parallel for simd schedule(static)
	for (gsize i = 0; i < param->n; i++)
		sum[i] = share * g[i];
}

static void
add(Param *param, float share)
{
	float *restrict sum = param->sum;
	const float *restrict g = param->gradient;

#pragma omp parallel for simd schedule(static)
	for (gsize i = 0; i < param->n; i++)
		sum[i] += share * g[i];
}

static void
end(Param *param, float share)
{
	const float *restrict sum = param->sum;
	float *restrict g = param->gradient;

#pragma omp parallel for simd schedule(static)
	for (gsize i = 0; i < param->n; i++)
		g[i] = sum[i] + share * g[i];
}

void
accumulate_gradients(Network *network, double share, gboolean first,
		     gboolean last)
{
	void (*accumulate)(Param * param, float share) = first  ? begin
							 : last ? end
								: add;

	for (guint i = 0; i < network->n_layers; i++) {
		const Layer *layer = network->layers[i];

		if (!layer->trainable)
			continue;
		g_assert(!layer->kernel->deferred);
		accumulate(layer->kernel, (float)share);
		accumulate(layer->bias, (float)share);
	}
}
