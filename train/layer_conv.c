#include "train/layer.h"

static gboolean
make_operations(Layer *layer, const DnnMode *mode, LayerRole role,
		GError **error)
{
	const DnnConvShape shape = { layer->batch, layer->in.h, layer->in.w,
				     layer->in.c, layer->out.c };
	Dnn *dnn = layer->dnn;

	layer->op_forward =
		dnn_conv(dnn, mode, &shape, DNN_FORWARD, layer->relu, error);
	if (layer->op_forward == NULL || role == LAYER_FORWARD)
		return layer->op_forward != NULL;
	layer->op_backward_weights =
		dnn_conv(dnn, mode, &shape, DNN_BACKWARD_WEIGHTS, FALSE, error);
	if (layer->op_backward_weights == NULL || role == LAYER_FIRST_TRAINED)
		return layer->op_backward_weights != NULL;
	layer->op_backward_data =
		dnn_conv(dnn, mode, &shape, DNN_BACKWARD_DATA, FALSE, error);
	return layer->op_backward_data != NULL;
}

Layer *
layer_conv_new(const LayerInput *in, const char *name, int filters,
	       LayerRole role, GError **error)
{
	const Shape out = { in->shape.h, in->shape.w, filters };
	g_autoptr(Layer) layer =
		layer_new(&layer_linear_type, LAYER_CONV, name, in, out);

	layer->relu = TRUE;
	if (!make_operations(layer, &in->mode, role, error))
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
