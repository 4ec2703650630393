#include "train/layer.h"

static gboolean
pool_forward(Layer *layer, GError **error)
{
	return dnn_op_run(layer->op_forward, error);
}

/* A maximum is zero where all it was taken from is: masked here, the gradient
 * of the layer below is masked as well. */
static gboolean
pool_backward(Layer *layer, GError **error)
{
	if (layer->relu_below)
		layer_mask_gradient(layer);
	return dnn_op_run(layer->op_backward_data, error);
}

static void
pool_place(Layer *layer, LayerMemory *memory)
{
	layer->workspace = region_take(&memory->activations,
				       dnn_op_workspace(layer->op_forward));
}

static void
pool_bind(Layer *layer)
{
	dnn_op_bind(layer->op_forward, DNN_SRC, layer->src);
	dnn_op_bind(layer->op_forward, DNN_DST, layer->dst);
	if (layer->op_backward_data == NULL)
		return;
	dnn_op_bind(layer->op_forward, DNN_WORKSPACE, layer->workspace);
	dnn_op_bind(layer->op_backward_data, DNN_WORKSPACE, layer->workspace);
	dnn_op_bind(layer->op_backward_data, DNN_DIFF_DST, layer->ddst);
	dnn_op_bind(layer->op_backward_data, DNN_DIFF_SRC, layer->dsrc);
}

static const LayerType pool_type = { pool_forward, pool_backward, pool_place,
				     pool_bind };

Layer *
layer_pool_new(const LayerInput *in, const char *name, LayerRole role,
	       GError **error)
{
	const Shape out = { in->shape.h / 2, in->shape.w / 2, in->shape.c };
	const DnnPoolShape shape = { in->batch, in->shape.h, in->shape.w,
				     in->shape.c };
	const gboolean training = role == LAYER_TRAINED;
	g_autoptr(Layer) layer =
		layer_new(&pool_type, LAYER_POOL, name, in, out);

	layer->op_forward =
		dnn_pool_forward(in->dnn, &in->mode, &shape, training, error);
	if (layer->op_forward == NULL)
		return NULL;
	layer->out_layout = dnn_op_layout(layer->op_forward, DNN_DST, error);
	if (layer->out_layout == NULL)
		return NULL;
	if (!training)
		return g_steal_pointer(&layer);
	layer->op_backward_data =
		dnn_pool_backward(in->dnn, &in->mode, &shape, error);
	if (layer->op_backward_data == NULL)
		return NULL;
	return g_steal_pointer(&layer);
}
