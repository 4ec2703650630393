#include "train/initialise.h"

#include <math.h>
#include <string.h>

#include "kw/alloc.h"
#include "kw/app.h"
#include "kw/random.h"
#include "train/loader.h"

/* n values uniform in (-limit, limit), four from each random block. */
static void
fill_uniform(float *values, gsize n, double limit, guint64 seed, int layer)
{
#pragma omp parallel for schedule(static)
	for (gsize block = 0; block < (n + 3) / 4; block++) {
		const KwRandomKey key = { .seed = seed,
					  .subject = block,
					  .round = (guint32)layer,
					  .purpose =
						  KW_PURPOSE_INITIAL_WEIGHTS };
		guint32 words[4];

		kw_random_block(&key, 0, words);
		for (gsize i = 0; i < 4 && block * 4 + i < n; i++)
			values[block * 4 + i] =
				(float)(limit *
					(((double)words[i] + 0.5) * 0x1p-31 -
					 1));
	}
}

/* Kernel uniform within `limit`, bias zero. */
static gboolean
initialise_layer(Network *network, Layer *layer, gsize n, double limit,
		 GError **error)
{
	g_autofree float *buffer = NULL;
	g_autofree float *bias = g_new0(float, layer->out.c);
	float *kernel = param_spare(layer->kernel);

	if (kernel == NULL)
		kernel = buffer =
			kw_alloc(n, sizeof *kernel, "the first weights", error);
	if (kernel == NULL)
		return FALSE;
	fill_uniform(kernel, n, limit, network->spec.seed, layer->keras_index);
	return param_import(network->dnn, layer->kernel, kernel, error) &&
	       param_import(network->dnn, layer->bias, bias, error);
}

gboolean
initialise_head(Network *network, GError **error)
{
	Layer *layer;

	for (guint i = 0; (layer = network_dense(network, i)) != NULL; i++) {
		gsize in = shape_size(layer->in), out = (gsize)layer->out.c;

		if (!initialise_layer(network, layer, in * out,
				      sqrt(6 / (double)(in + out)), error))
			return FALSE;
	}
	return TRUE;
}

/* ---- convolutions without pretrained weights */

/* Enough for a variance; each layer is measured on as many. */
enum { N_SAMPLES = 16 };

/*
 * Run the samples through the layers up to `last`: the mean square of what that
 * layer puts out.  Those below `first` are as they were in the call before, so
 * that samples that make a single batch are still behind them.
 */
static gboolean
measure(Network *network, guint first, guint last, const Samples *samples,
	const gsize *order, double *mean_square, GError **error)
{
	const Layer *layer = network->layers[last];
	const gsize n_samples = MIN(samples->n, N_SAMPLES);
	const guint from = n_samples <= (gsize)network->spec.batch ? first : 0;
	const Batch *batch;
	double sum = 0;

	g_autoptr(Loader) loader =
		loader_new(samples, order, n_samples, network->spec.batch, NULL,
			   NULL, error);
	if (loader == NULL)
		return FALSE;
	while ((batch = loader_next(loader, error)) != NULL && batch->n > 0) {
		network_set_input(network, batch->images, batch->n);
		for (guint i = from; i <= last; i++)
			if (!network->layers[i]->type->forward(
				    network->layers[i], error))
				return FALSE;
		sum += layer_sum_squares(layer, batch->n);
	}
	*mean_square =
		sum / ((double)n_samples * (double)shape_size(layer->out));
	return batch != NULL && kw_check_interrupted(error);
}

/* Multiply a layer's kernel. */
static gboolean
scale_kernel(Layer *layer, double factor, GError **error)
{
	Param *kernel = layer->kernel;

	for (gsize i = 0; i < kernel->n; i++)
		kernel->value[i] *= (float)factor;
	return param_refresh(kernel, error);
}

gboolean
initialise_body(Network *network, const Samples *samples, GError **error)
{
	g_autofree gsize *order =
		samples_shuffled_order(samples, network->spec.seed, 0);
	guint scaled = 0; /* the convolution before this one, which was */

	for (guint i = 0; i < network->n_layers; i++) {
		Layer *layer = network->layers[i];
		const gsize fan_in = 9 * (gsize)layer->in.c;
		double mean_square;

		if (layer->kind != LAYER_CONV)
			continue;
		if (!initialise_layer(network, layer,
				      fan_in * (gsize)layer->out.c,
				      sqrt(6 / (double)fan_in), error) ||
		    !measure(network, scaled, i, samples, order, &mean_square,
			     error))
			return FALSE;
		scaled = i;
		/* ReLU lets half of the variance through: without a bias, its
		 * output scales as its input does.  Images that are all zero
		 * leave the kernel as it was drawn. */
		if (mean_square > 0 &&
		    !scale_kernel(layer, sqrt(0.5 / mean_square), error))
			return FALSE;
	}
	return TRUE;
}
