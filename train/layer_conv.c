#include "train/layer.h"

static gboolean
make_operations(Layer *layer, LayerRole role, GError **error)
{
	const DnnConvShape shape = { layer->batch, layer->in.h, layer->in.w,
				     layer->in.c, layer->out.c };

	layer->op_forward =
		dnn_conv(layer->dnn, &shape, DNN_FORWARD, layer->relu, error);
	if (layer->op_forward == NULL || role == LAYER_FORWARD)
		return layer->op_forward != NULL;
	layer->op_backward_weights = dnn_conv(
		layer->dnn, &shape, DNN_BACKWARD_WEIGHTS, FALSE, error);
	if (layer->op_backward_weights == NULL || role == LAYER_FIRST_TRAINED)
		return layer->op_backward_weights != NULL;
	layer->op_backward_data =
		dnn_conv(layer->dnn, &shape, DNN_BACKWARD_DATA, FALSE, error);
	return layer->op_backward_data != NULL;
}

Layer *
layer_conv_new(Dnn *dnn, const char *name, int batch, Shape in, int filters,
	       LayerRole role, GError **error)
{
	const Shape out = { in.h, in.w, filters };
	g_autoptr(Layer) layer =
		layer_new(&layer_linear_type, LAYER_CONV, name, batch, in, out);

	layer->dnn = dnn;
	layer->relu = TRUE;
	if (!make_operations(layer, role, error))
		return NULL;
	DnnLayout *keras = dnn_layout_hwio(3, 3, in.c, filters, error);
	if (keras == NULL || !layer_linear_finish(layer, keras, error))
		return NULL;
	return g_steal_pointer(&layer);
}
