/*
 * The output of the frozen layers.  It lies in a buffer of its own, which
 * network_memory.c keeps for the backward pass of the layer above.
 */
#include "train/network.h"

/*
 * block3_pool, as Keras counts it.  Below it features take twice as much, and
 * more, and less work is saved.
 */
enum { LOWEST_LAYER = 11 };

const Layer *
network_feature_layer(const Network *network)
{
	const guint above = network->first_trained;
	const Layer *layer;

	if (above == 0 || above >= network->n_layers)
		return NULL;
	layer = network->layers[above - 1];
	return layer->keras_index >= LOWEST_LAYER ? layer : NULL;
}

/* In all layouts of activations, the image is the outermost dimension. */
gsize
network_feature_bytes(const Network *network)
{
	const Layer *layer = network_feature_layer(network);

	return layer == NULL ? 0
			     : dnn_layout_bytes(layer->out_layout) /
				       (gsize)network->spec.batch;
}

void *
network_features(const Network *network)
{
	const Layer *layer = network_feature_layer(network);

	return layer == NULL ? NULL : layer->dst;
}
