#include "kw/alloc.h"
#include "train/layer.h"

static gboolean
pool_forward(Layer *layer, GError **error)
{
	return dnn_op_run(layer->op_forward, error);
}

static gboolean
pool_backward(Layer *layer, GError **error)
{
	return dnn_op_run(layer->op_backward_data, error);
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

static const LayerType pool_type = { pool_forward, pool_backward, pool_bind };

Layer *
layer_pool_new(Dnn *dnn, const char *name, int batch, Shape in, LayerRole role,
	       GError **error)
{
	const Shape out = { in.h / 2, in.w / 2, in.c };
	const DnnPoolShape shape = { batch, in.h, in.w, in.c };
	const gboolean training = role == LAYER_TRAINED;
	g_autoptr(Layer) layer =
		layer_new(&pool_type, LAYER_POOL, name, batch, in, out);

	layer->dnn = dnn;
	layer->op_forward = dnn_pool_forward(dnn, &shape, training, error);
	if (layer->op_forward == NULL)
		return NULL;
	if (!training)
		return g_steal_pointer(&layer);
	layer->op_backward_data = dnn_pool_backward(dnn, &shape, error);
	layer->workspace = kw_alloc(dnn_op_workspace(layer->op_forward), 1,
				    "the indices of pooling", error);
	if (layer->op_backward_data == NULL || layer->workspace == NULL)
		return NULL;
	return g_steal_pointer(&layer);
}
