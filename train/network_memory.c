/*
 * The memory of a network: measured with the very code that hands it out.
 */
#include "train/network_internal.h"

/*
 * Outputs that the backward pass reads are kept: those of trained layers, and
 * what the first of them eats, but not what is pooled.  All others, and all
 * gradients, need only the buffer of their parity: of two neighbours one is
 * read, the other written.
 */
static gboolean
is_kept(const Network *network, guint i)
{
	const gboolean pooled = i >= network->first_trained &&
				i + 1 < network->n_layers &&
				network->layers[i + 1]->kind == LAYER_POOL;

	return network->spec.training && i + 1 >= network->first_trained &&
	       !pooled;
}

static void
take_transients(const Network *network, Region *region, void *transients[2])
{
	gsize bytes[2] = { 0, 0 };

	for (guint i = 0; i < network->n_layers; i++)
		if (!is_kept(network, i) || i >= network->first_trained)
			bytes[i % 2] =
				MAX(bytes[i % 2],
				    dnn_layout_bytes(
					    network->layers[i]->out_layout));
	transients[0] = region_take(region, bytes[0]);
	transients[1] = region_take(region, bytes[1]);
}

static void
place_sums(const Layer *layer, Region *training)
{
	Param *params[] = { layer->kernel, layer->bias };

	if (!layer->trainable)
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(params); i++)
		params[i]->sum =
			region_take(training, params[i]->n * sizeof(float));
}

static void
place(Network *network)
{
	const NetworkSpec *spec = &network->spec;
	LayerMemory *memory = &network->memory;
	Region *activations = &memory->activations;
	void *transients[2];

	network->input =
		region_take(activations, dnn_layout_bytes(network->in_layout));
	network->probabilities = region_take(
		activations,
		(gsize)spec->batch * (gsize)spec->classes * sizeof(float));
	take_transients(network, activations, transients);
	for (guint i = 0; i < network->n_layers; i++) {
		Layer *layer = network->layers[i];

		layer->src =
			i == 0 ? network->input : network->layers[i - 1]->dst;
		layer->dst = is_kept(network, i)
				     ? region_take(activations,
						   dnn_layout_bytes(
							   layer->out_layout))
				     : transients[i % 2];
		if (spec->training && i >= network->first_trained)
			layer->ddst = transients[i % 2];
		if (spec->training && i > network->first_trained)
			layer->dsrc = transients[(i + 1) % 2];
		layer_place(layer, memory);
		if (spec->accumulates)
			place_sums(layer, &memory->training);
	}
}

gboolean
network_allocate(Network *network, GError **error)
{
	LayerMemory *memory = &network->memory;

	place(network);
	if (!region_allocate(&memory->weights, "the weights of the network",
			     error) ||
	    !region_allocate(&memory->training, "the gradients of the weights",
			     error) ||
	    !region_allocate(&memory->activations,
			     "the activations of the network", error) ||
	    !dnn_reserve_scratch(network->dnn, error))
		return FALSE;
	place(network);
	for (guint i = 0; i < network->n_layers; i++)
		network->layers[i]->type->bind(network->layers[i]);
	return TRUE;
}

void
network_keep_weights(Network *network)
{
	region_clear(&network->memory.training);
	region_clear(&network->memory.activations);
	dnn_release_scratch(network->dnn);
}

gboolean
network_memory(const NetworkSpec *spec, NetworkMemory *memory, GError **error)
{
	g_autoptr(Network) network = network_build(spec, error);

	if (network == NULL)
		return FALSE;
	place(network);
	*memory = (NetworkMemory){
		.weights = network->memory.weights.size,
		.training = network->memory.training.size,
		.activations = network->memory.activations.size,
		.scratch = dnn_scratch_size(network->dnn),
		.features = network_feature_bytes(network),
	};
	memory->total = memory->weights + memory->training +
			memory->activations + memory->scratch;
	return TRUE;
}
