#include "train/layer.h"

static gboolean
make_operations(Layer *layer, const DnnMode *mode, LayerRole role,
		GError **error)
{
	const DnnDenseShape shape = { layer->batch, (int)shape_size(layer->in),
				      layer->out.c };
	const DnnType out = dnn_layout_type(layer->out_layout);
	Dnn *dnn = layer->dnn;

	layer->op_forward = dnn_dense(dnn, mode, &shape, DNN_FORWARD, out,
				      layer->relu, error);
	if (layer->op_forward == NULL || role == LAYER_FORWARD)
		return layer->op_forward != NULL;
	layer->op_backward_weights = dnn_dense(
		dnn, mode, &shape, DNN_BACKWARD_WEIGHTS, out, FALSE, error);
	if (layer->op_backward_weights == NULL || role == LAYER_FIRST_TRAINED)
		return layer->op_backward_weights != NULL;
	layer->op_backward_data = dnn_dense(
		dnn, mode, &shape, DNN_BACKWARD_DATA, out, FALSE, error);
	return layer->op_backward_data != NULL;
}

Layer *
layer_dense_new(const LayerInput *in, const char *name, int units,
		gboolean relu, LayerRole role, GError **error)
{
	const Shape out = { 1, 1, units };
	const DnnType type = in->mode.type;
	g_autoptr(Layer) layer =
		layer_new(&layer_linear_type, LAYER_DENSE, name, in, out);

	layer->relu = relu;
	/* In N,H,W,C order the rows that the operations want are there. */
	layer->own_layout = dnn_layout_nhwc(type, in->batch, in->shape.h,
					    in->shape.w, in->shape.c, error);
	layer->out_layout = dnn_layout_nhwc(relu ? type : DNN_F32, in->batch, 1,
					    1, units, error);
	if (layer->own_layout == NULL || layer->out_layout == NULL ||
	    !make_operations(layer, &in->mode, role, error))
		return NULL;
	DnnLayout *keras =
		dnn_layout_in_out((int)shape_size(in->shape), units, error);
	if (keras == NULL || !layer_linear_finish(layer, in, keras, error))
		return NULL;
	return g_steal_pointer(&layer);
}
