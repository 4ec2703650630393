#include "train/layer.h"

#include "train/bf16.h"

Layer *
layer_new(const LayerType *type, LayerKind kind, const char *name,
	  const LayerInput *in, Shape out)
{
	Layer *layer = g_new0(Layer, 1);

	layer->type = type;
	layer->kind = kind;
	layer->name = g_strdup(name);
	layer->dnn = in->dnn;
	layer->batch = in->batch;
	layer->in = in->shape;
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
	dnn_op_free(layer->op_convert);
	dnn_op_free(layer->op_convert_back);
	dnn_layout_free(layer->out_layout);
	dnn_layout_free(layer->own_layout);
	g_free(layer->name);
	g_free(layer);
}

void
layer_place(Layer *layer, LayerMemory *memory)
{
	if (layer->kernel != NULL)
		param_place(layer->kernel, &memory->weights, &memory->training);
	if (layer->bias != NULL)
		param_place(layer->bias, &memory->weights, &memory->training);
	layer->type->place(layer, memory);
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

double
layer_sum_squares(const Layer *layer, int n)
{
	const gsize size = (gsize)n * shape_size(layer->out);
	const float *floats = layer->dst;
	const guint16 *halves = layer->dst;
	double sum = 0;

	if (dnn_layout_type(layer->out_layout) == DNN_F32)
		for (gsize i = 0; i < size; i++)
			sum += (double)floats[i] * (double)floats[i];
	else
		for (gsize i = 0; i < size; i++)
			sum += (double)bf16_to_float(halves[i]) *
			       (double)bf16_to_float(halves[i]);
	return sum;
}

/* ---- the gradient of a ReLU */

static void
relu_backward(float *restrict gradient, const float *restrict output, gsize n)
{
#pragma omp parallel for simd schedule(static)
	for (gsize i = 0; i < n; i++)
		gradient[i] = output[i] > 0 ? gradient[i] : 0;
}

void
layer_mask_gradient(const Layer *layer)
{
	const gsize bytes = dnn_layout_bytes(layer->out_layout);

	if (dnn_layout_type(layer->out_layout) == DNN_F32)
		relu_backward(layer->ddst, layer->dst, bytes / sizeof(float));
	else
		bf16_relu_backward(layer->ddst, layer->dst,
				   bytes / sizeof(guint16));
}

void
layer_fold_relu(Layer *below, Layer *above)
{
	if (!below->relu || above->op_backward_data == NULL ||
	    !(above->kind == LAYER_POOL ||
	      dnn_op_takes(above->op_backward_data, DNN_MASK)))
		return;
	above->relu_below = TRUE;
	below->relu_above = TRUE;
}

/* ---- linear map, bias, ReLU */

static gboolean
linear_forward(Layer *layer, GError **error)
{
	return (layer->op_convert == NULL ||
		dnn_op_run(layer->op_convert, error)) &&
	       dnn_op_run(layer->op_forward, error);
}

static gboolean
linear_backward(Layer *layer, GError **error)
{
	if (layer->relu && !layer->relu_above)
		layer_mask_gradient(layer);
	if (layer->own_ddst != NULL)
		bf16_from_floats(layer->own_ddst, layer->ddst,
				 layer_out_size(layer));
	return dnn_op_run(layer->op_backward_weights, error) &&
	       (layer->op_backward_data == NULL ||
		dnn_op_run(layer->op_backward_data, error)) &&
	       (layer->op_convert_back == NULL ||
		dnn_op_run(layer->op_convert_back, error));
}

/* Do the operations want the gradient in bf16, where it comes in float32? */
static gboolean
narrows_gradient(const Layer *layer)
{
	return layer->op_backward_weights != NULL &&
	       dnn_layout_type(layer->out_layout) !=
		       dnn_layout_type(layer->own_layout);
}

static void
linear_place(Layer *layer, LayerMemory *memory)
{
	const gsize bytes = dnn_layout_bytes(layer->own_layout);

	if (layer->op_convert != NULL)
		layer->own_src = region_take(&memory->activations, bytes);
	if (layer->op_convert_back != NULL)
		layer->own_dsrc = region_take(&memory->activations, bytes);
	if (narrows_gradient(layer))
		layer->own_ddst = region_take(&memory->activations,
					      layer_out_size(layer) *
						      sizeof *layer->own_ddst);
}

static void
bind_conversions(const Layer *layer)
{
	if (layer->op_convert != NULL) {
		dnn_op_bind(layer->op_convert, DNN_SRC, layer->src);
		dnn_op_bind(layer->op_convert, DNN_DST, layer->own_src);
	}
	if (layer->op_convert_back != NULL) {
		dnn_op_bind(layer->op_convert_back, DNN_SRC, layer->own_dsrc);
		dnn_op_bind(layer->op_convert_back, DNN_DST, layer->dsrc);
	}
}

static void
linear_bind(Layer *layer)
{
	const void *src =
		layer->op_convert != NULL ? layer->own_src : layer->src;
	const void *ddst =
		layer->own_ddst != NULL ? layer->own_ddst : layer->ddst;

	bind_conversions(layer);
	dnn_op_bind(layer->op_forward, DNN_SRC, src);
	dnn_op_bind(layer->op_forward, DNN_DST, layer->dst);
	if (layer->op_backward_weights != NULL) {
		dnn_op_bind(layer->op_backward_weights, DNN_SRC, src);
		dnn_op_bind(layer->op_backward_weights, DNN_DIFF_DST, ddst);
	}
	if (layer->op_backward_data != NULL) {
		dnn_op_bind(layer->op_backward_data, DNN_DIFF_DST, ddst);
		dnn_op_bind(layer->op_backward_data, DNN_DIFF_SRC,
			    layer->op_convert_back != NULL ? layer->own_dsrc
							   : layer->dsrc);
	}
	if (layer->kind == LAYER_CONV && layer->relu_below)
		dnn_op_bind(layer->op_backward_data, DNN_MASK, layer->src);
}

const LayerType layer_linear_type = { linear_forward, linear_backward,
				      linear_place, linear_bind };

static gboolean
add_conversions(Layer *layer, const DnnLayout *below, GError **error)
{
	if (dnn_layout_equal(layer->own_layout, below))
		return TRUE;
	layer->op_convert =
		dnn_convert(layer->dnn, layer->own_layout, below, error);
	if (layer->op_convert == NULL || layer->op_backward_data == NULL)
		return layer->op_convert != NULL;
	layer->op_convert_back =
		dnn_convert(layer->dnn, below, layer->own_layout, error);
	return layer->op_convert_back != NULL;
}

gboolean
layer_linear_finish(Layer *layer, const LayerInput *in, DnnLayout *keras,
		    GError **error)
{
	layer->trainable = layer->op_backward_weights != NULL;
	layer->kernel = param_new_kernel(layer->dnn, keras, layer->op_forward,
					 layer->op_backward_data,
					 layer->op_backward_weights, error);
	if (layer->kernel == NULL)
		return FALSE;
	layer->bias = param_new_bias((gsize)layer->out.c, layer->op_forward,
				     layer->op_backward_weights);
	return add_conversions(layer, in->layout, error);
}
