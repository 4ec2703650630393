#include "train/layer.h"

static DnnOp *
make_pass(const Layer *layer, const DnnMode *mode,
	  const DnnAlgorithm algorithms[DNN_N_PASSES], DnnPass pass,
	  GError **error)
{
	const DnnConvShape shape = { layer->batch, layer->in.h, layer->in.w,
				     layer->in.c, layer->out.c };

	return dnn_conv(layer->dnn, mode, algorithms[pass], &shape, pass,
			pass == DNN_FORWARD && layer->relu, error);
}

/* Weights that are trained lie as their gradient does. */
static gboolean
take_weights(Layer *layer, GError **error)
{
	g_autoptr(DnnLayout) master = dnn_op_layout(layer->op_backward_weights,
						    DNN_DIFF_WEIGHTS, error);

	return master != NULL &&
	       dnn_op_take_weights(layer->op_forward, master, error) &&
	       (layer->op_backward_data == NULL ||
		dnn_op_take_weights(layer->op_backward_data, master, error));
}

static gboolean
make_operations(Layer *layer, const DnnMode *mode,
		const DnnAlgorithm algorithms[DNN_N_PASSES], LayerRole role,
		GError **error)
{
	layer->op_forward =
		make_pass(layer, mode, algorithms, DNN_FORWARD, error);
	if (layer->op_forward == NULL || role == LAYER_FORWARD)
		return layer->op_forward != NULL;
	layer->op_backward_weights =
		make_pass(layer, mode, algorithms, DNN_BACKWARD_WEIGHTS, error);
	if (layer->op_backward_weights == NULL)
		return FALSE;
	if (role == LAYER_TRAINED) {
		layer->op_backward_data = make_pass(layer, mode, algorithms,
						    DNN_BACKWARD_DATA, error);
		if (layer->op_backward_data == NULL)
			return FALSE;
	}
	return take_weights(layer, error);
}

Layer *
layer_conv_new(const LayerInput *in, const char *name, int filters,
	       const DnnAlgorithm algorithms[DNN_N_PASSES], LayerRole role,
	       GError **error)
{
	const Shape out = { in->shape.h, in->shape.w, filters };
	g_autoptr(Layer) layer =
		layer_new(&layer_linear_type, LAYER_CONV, name, in, out);

	layer->relu = TRUE;
	if (!make_operations(layer, &in->mode, algorithms, role, error))
		return NULL;
	layer->own_layout = dnn_op_layout(layer->op_forward, DNN_SRC, error);
	layer->out_layout = dnn_op_layout(layer->op_forward, DNN_DST, error);
	if (layer->own_layout == NULL || layer->out_layout == NULL)
		return NULL;
	DnnLayout *keras = dnn_layout_hwio(3, 3, in->shape.c, filters, error);
	if (keras == NULL || !layer_linear_finish(layer, in, keras, error))
		return NULL;
	return g_steal_pointer(&layer);
}
