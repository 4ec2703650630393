#include "train/network.h"

#include <stdio.h>
#include <string.h>

#include "kw/app.h"
#include "train/network_internal.h"

/* VGG19 without top, as Keras names and counts it; 0 filters: pooling. */
static const struct {
	const char *name;
	int filters;
} vgg19[] = {
	{ "block1_conv1", 64 },  { "block1_conv2", 64 },
	{ "block1_pool", 0 },    { "block2_conv1", 128 },
	{ "block2_conv2", 128 }, { "block2_pool", 0 },
	{ "block3_conv1", 256 }, { "block3_conv2", 256 },
	{ "block3_conv3", 256 }, { "block3_conv4", 256 },
	{ "block3_pool", 0 },    { "block4_conv1", 512 },
	{ "block4_conv2", 512 }, { "block4_conv3", 512 },
	{ "block4_conv4", 512 }, { "block4_pool", 0 },
	{ "block5_conv1", 512 }, { "block5_conv2", 512 },
	{ "block5_conv3", 512 }, { "block5_conv4", 512 },
	{ "block5_pool", 0 },
};

/* ---- the list of layers */

typedef struct {
	Network *network;
	GPtrArray *layers;
	LayerInput in;   /* of the next layer: the output so far */
	guint n_convs;   /* so far */
	int keras_index; /* of the next layer; 0 is Keras's input layer */
	gboolean trained_below;
} Builder;

/* The role of a layer that has parameters, given its place. */
static LayerRole
next_role(Builder *b)
{
	const NetworkSpec *spec = &b->network->spec;

	if (!spec->training || b->keras_index < spec->freeze)
		return LAYER_FORWARD;
	if (b->trained_below)
		return LAYER_TRAINED;
	b->trained_below = TRUE;
	b->network->first_trained = b->layers->len;
	return LAYER_FIRST_TRAINED;
}

static gboolean
add(Builder *b, Layer *layer)
{
	if (layer == NULL)
		return FALSE;
	layer->keras_index = b->keras_index++;
	b->in.shape = layer->out;
	b->in.layout = layer->out_layout;
	g_ptr_array_add(b->layers, layer);
	return TRUE;
}

static Layer *
next_conv(Builder *b, const char *name, int filters, GError **error)
{
	const NetworkPlan *plan = &b->network->spec.plan;

	return layer_conv_new(&b->in, name, filters, plan->conv[b->n_convs++],
			      next_role(b), error);
}

static Layer *
next_pool(Builder *b, const char *name, GError **error)
{
	return layer_pool_new(&b->in, name,
			      b->trained_below ? LAYER_TRAINED : LAYER_FORWARD,
			      error);
}

static gboolean
add_body(Builder *b, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(vgg19); i++) {
		const char *name = vgg19[i].name;
		const int filters = vgg19[i].filters;

		if (!add(b, filters == 0 ? next_pool(b, name, error)
					 : next_conv(b, name, filters, error)))
			return FALSE;
	}
	return TRUE;
}

static gboolean
has_dropout(const NetworkSpec *spec, int i)
{
	return spec->dropout > 0 && (i < spec->n_head - 1 || spec->n_head == 1);
}

static gboolean
add_head(Builder *b, GError **error)
{
	const NetworkSpec *spec = &b->network->spec;
	char name[32];

	b->keras_index++; /* Flatten */
	for (int i = 0; i < spec->n_head; i++) {
		snprintf(name, sizeof name, "dense_%d", i + 1);
		if (!add(b, layer_dense_new(&b->in, name, spec->head[i], TRUE,
					    next_role(b), error)))
			return FALSE;
		if (i == spec->n_head - 1) {
			Layer *last = b->layers->pdata[b->layers->len - 1];

			last->kernel->l2 = spec->l2;
		}
		snprintf(name, sizeof name, i == 0 ? "dropout" : "dropout_%d",
			 i);
		if (has_dropout(spec, i) &&
		    !add(b, layer_dropout_new(&b->in, name, spec->dropout,
					      spec->seed + (guint64)i, error)))
			return FALSE;
	}
	return add(b, layer_dense_new(&b->in, "predictions", spec->classes,
				      FALSE, next_role(b), error));
}

static void
fold_relus(Network *network)
{
	for (guint i = network->first_trained; i + 1 < network->n_layers; i++)
		layer_fold_relu(network->layers[i], network->layers[i + 1]);
}

/* ---- life */

Network *
network_build(const NetworkSpec *spec, GError **error)
{
	g_autoptr(Network) network = g_new0(Network, 1);
	Builder b = { .network = network,
		      .layers = g_ptr_array_new(),
		      .in = { .mode = spec->plan.mode,
			      .batch = spec->batch,
			      .shape = { spec->height, spec->width,
					 spec->channels } },
		      .keras_index = 1 };
	gboolean ok;

	network->spec = *spec;
	network->first_trained = G_MAXUINT;
	b.in.dnn = network->dnn = dnn_new(spec->threads, error);
	if (network->dnn != NULL)
		b.in.layout = network->in_layout =
			dnn_layout_nhwc(DNN_F32, spec->batch, spec->height,
					spec->width, spec->channels, error);
	ok = b.in.layout != NULL && add_body(&b, error) && add_head(&b, error);
	network->n_layers = b.layers->len;
	network->layers = (Layer **)g_ptr_array_free(b.layers, FALSE);
	if (!ok)
		return NULL;
	network->first_trained = MIN(network->first_trained, network->n_layers);
	fold_relus(network);
	return g_steal_pointer(&network);
}

Network *
network_new(const NetworkSpec *spec, GError **error)
{
	g_autoptr(Network) network = network_build(spec, error);

	if (network == NULL || !network_allocate(network, error))
		return NULL;
	return g_steal_pointer(&network);
}

static gboolean
copy_weights(Network *to, const Network *from, GError **error)
{
	for (guint i = 0; i < to->n_layers; i++) {
		const Layer *source = from->layers[i];
		const Layer *layer = to->layers[i];

		if (layer->kernel != NULL &&
		    (!param_copy(to->dnn, layer->kernel, source->kernel,
				 error) ||
		     !param_copy(to->dnn, layer->bias, source->bias, error)))
			return FALSE;
	}
	return TRUE;
}

Network *
network_refreeze(Network *network, int freeze, GError **error)
{
	g_autoptr(Network) old = network;
	g_autoptr(Network) thawed = NULL;
	NetworkSpec spec = old->spec;

	spec.freeze = freeze;
	thawed = network_build(&spec, error);
	if (thawed == NULL)
		return NULL;
	network_keep_weights(old);
	if (!network_allocate(thawed, error) ||
	    !copy_weights(thawed, old, error))
		return NULL;
	return g_steal_pointer(&thawed);
}

void
network_free(Network *network)
{
	if (network == NULL)
		return;
	for (guint i = 0; i < network->n_layers; i++)
		layer_free(network->layers[i]);
	g_free(network->layers);
	dnn_layout_free(network->in_layout);
	region_clear(&network->memory.weights);
	region_clear(&network->memory.training);
	region_clear(&network->memory.activations);
	dnn_free(network->dnn);
	g_free(network);
}

static Layer *
nth_of_kind(const Network *network, LayerKind kind, guint n)
{
	for (guint i = 0; i < network->n_layers; i++)
		if (network->layers[i]->kind == kind && n-- == 0)
			return network->layers[i];
	return NULL;
}

Layer *
network_conv(const Network *network, guint i)
{
	return nth_of_kind(network, LAYER_CONV, i);
}

Layer *
network_dense(const Network *network, guint i)
{
	return nth_of_kind(network, LAYER_DENSE, i);
}

/* ---- use */

static const Layer *
logits_layer(const Network *network)
{
	return network->layers[network->n_layers - 1];
}

void
network_set_input(Network *network, const float *images, int n)
{
	const gsize size = shape_size(network->layers[0]->in);
	const gsize rest = (gsize)(network->spec.batch - n) * size;

	memcpy(network->input, images, (gsize)n * size * sizeof *images);
	memset(network->input + (gsize)n * size, 0, rest * sizeof *images);
}

static gboolean
forward_from(Network *network, guint first, gboolean training, guint64 step,
	     GError **error)
{
	for (guint i = first; i < network->n_layers; i++) {
		Layer *layer = network->layers[i];

		layer->training = training;
		layer->step = step;
		/* Nothing is lost but answers; a step has to be whole. */
		if ((!training && !kw_check_interrupted(error)) ||
		    !layer->type->forward(layer, error))
			return FALSE;
	}
	softmax_forward(network->probabilities, logits_layer(network)->dst,
			network->spec.batch, network->spec.classes);
	return TRUE;
}

gboolean
network_forward(Network *network, gboolean training, guint64 step,
		GError **error)
{
	return forward_from(network, 0, training, step, error);
}

gboolean
network_forward_above(Network *network, gboolean training, guint64 step,
		      GError **error)
{
	return forward_from(network, network->first_trained, training, step,
			    error);
}

void
network_defer_gradients(Network *network, gboolean defer)
{
	for (guint i = 0; i < network->n_layers; i++)
		if (network->layers[i]->trainable)
			param_defer_gradient(network->layers[i]->kernel, defer);
}

gboolean
network_backward(Network *network, const gint32 *labels, int n,
		 const Loss *loss, GError **error)
{
	softmax_backward(logits_layer(network)->ddst, network->probabilities,
			 labels, n, network->spec.batch, network->spec.classes,
			 loss);
	for (guint i = network->n_layers; i-- > network->first_trained;)
		if (!network->layers[i]->type->backward(network->layers[i],
							error))
			return FALSE;
	return TRUE;
}

double
network_l2_loss(const Network *network)
{
	double loss = 0;

	for (guint i = 0; i < network->n_layers; i++) {
		const Param *kernel = network->layers[i]->kernel;

		if (kernel != NULL && kernel->l2 > 0)
			loss += kernel->l2 * param_sum_squares(kernel);
	}
	return loss;
}

double
network_cross_entropy(const Network *network, const gint32 *labels, int n,
		      const Loss *loss, int *correct)
{
	const int classes = network->spec.classes;
	const float *p = network->probabilities;

	*correct = 0;
	for (int i = 0; i < n; i++)
		if (argmax(p + (gsize)i * (gsize)classes, classes) == labels[i])
			++*correct;
	return softmax_cross_entropy(logits_layer(network)->dst, labels, n,
				     classes, loss);
}

void
network_count(const Network *network, gsize *all, gsize *trained)
{
	*all = *trained = 0;
	for (guint i = 0; i < network->n_layers; i++) {
		const Layer *layer = network->layers[i];
		gsize n;

		if (layer->kernel == NULL)
			continue;
		n = layer->kind == LAYER_CONV
			    ? (gsize)(9 * layer->in.c * layer->out.c)
			    : shape_size(layer->in) * (gsize)layer->out.c;
		n += (gsize)layer->out.c;
		*all += n;
		*trained += layer->trainable ? n : 0;
	}
}
