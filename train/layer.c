#include "train/layer.h"

#include "kw/alloc.h"

Layer *
layer_new(const LayerType *type, LayerKind kind, const char *name, int batch,
	  Shape in, Shape out)
{
	Layer *layer = g_new0(Layer, 1);

	layer->type = type;
	layer->kind = kind;
	layer->name = g_strdup(name);
	layer->batch = batch;
	layer->in = in;
	layer->out = out;
	return layer;
}

void
layer_free(Layer *layer)
{
	if (layer == NULL)
		return;
	param_free(layer->kernel);
	param_free(layer->bias);
	dnn_op_free(layer->op_forward);
	dnn_op_free(layer->op_backward_data);
	dnn_op_free(layer->op_backward_weights);
	kw_free(layer->workspace);
	g_free(layer->name);
	g_free(layer);
}

gsize
shape_size(Shape shape)
{
	return (gsize)shape.h * (gsize)shape.w * (gsize)shape.c;
}

gsize
layer_in_size(const Layer *layer)
{
	return (gsize)layer->batch * shape_size(layer->in);
}

gsize
layer_out_size(const Layer *layer)
{
	return (gsize)layer->batch * shape_size(layer->out);
}

/* ---- linear map, bias, ReLU */

static gboolean
linear_forward(Layer *layer, GError **error)
{
	return dnn_op_run(layer->op_forward, error);
}

/* No gradient passes where the output of the fused ReLU is zero. */
static void
relu_backward(float *restrict gradient, const float *restrict output, gsize n)
{
#pragma omp parallel for simd schedule(static)
	for (gsize i = 0; i < n; i++)
		gradient[i] = output[i] > 0 ? gradient[i] : 0;
}

static gboolean
linear_backward(Layer *layer, GError **error)
{
	if (layer->relu)
		relu_backward(layer->ddst, layer->dst, layer_out_size(layer));
	return dnn_op_run(layer->op_backward_weights, error) &&
	       (layer->op_backward_data == NULL ||
		dnn_op_run(layer->op_backward_data, error));
}

static void
linear_bind(Layer *layer)
{
	dnn_op_bind(layer->op_forward, DNN_SRC, layer->src);
	dnn_op_bind(layer->op_forward, DNN_DST, layer->dst);
	if (layer->op_backward_weights != NULL) {
		dnn_op_bind(layer->op_backward_weights, DNN_SRC, layer->src);
		dnn_op_bind(layer->op_backward_weights, DNN_DIFF_DST,
			    layer->ddst);
	}
	if (layer->op_backward_data != NULL) {
		dnn_op_bind(layer->op_backward_data, DNN_DIFF_DST, layer->ddst);
		dnn_op_bind(layer->op_backward_data, DNN_DIFF_SRC, layer->dsrc);
	}
}

const LayerType layer_linear_type = { linear_forward, linear_backward,
				      linear_bind };

gboolean
layer_linear_finish(Layer *layer, DnnLayout *keras, GError **error)
{
	layer->trainable = layer->op_backward_weights != NULL;
	layer->kernel = param_new_kernel(keras, layer->op_forward,
					 layer->op_backward_data,
					 layer->op_backward_weights, error);
	if (layer->kernel == NULL)
		return FALSE;
	layer->bias = param_new_bias((gsize)layer->out.c, layer->op_forward,
				     layer->op_backward_weights, error);
	return layer->bias != NULL;
}
