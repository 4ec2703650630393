#include "train/layer.h"

static gboolean
make_operations(Layer *layer, LayerRole role, GError **error)
{
	const DnnDenseShape shape = { layer->batch, (int)shape_size(layer->in),
				      layer->out.c };

	layer->op_forward =
		dnn_dense(layer->dnn, &shape, DNN_FORWARD, layer->relu, error);
	if (layer->op_forward == NULL || role == LAYER_FORWARD)
		return layer->op_forward != NULL;
	layer->op_backward_weights = dnn_dense(
		layer->dnn, &shape, DNN_BACKWARD_WEIGHTS, FALSE, error);
	if (layer->op_backward_weights == NULL || role == LAYER_FIRST_TRAINED)
		return layer->op_backward_weights != NULL;
	layer->op_backward_data =
		dnn_dense(layer->dnn, &shape, DNN_BACKWARD_DATA, FALSE, error);
	return layer->op_backward_data != NULL;
}

Layer *
layer_dense_new(Dnn *dnn, const char *name, int batch, Shape in, int units,
		gboolean relu, LayerRole role, GError **error)
{
	const Shape out = { 1, 1, units };
	g_autoptr(Layer) layer = layer_new(&layer_linear_type, LAYER_DENSE,
					   name, batch, in, out);

	layer->dnn = dnn;
	layer->relu = relu;
	if (!make_operations(layer, role, error))
		return NULL;
	DnnLayout *keras = dnn_layout_in_out((int)shape_size(in), units, error);
	if (keras == NULL || !layer_linear_finish(layer, keras, error))
		return NULL;
	return g_steal_pointer(&layer);
}
