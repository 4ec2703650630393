#include "tests/support/params.h"

#include <math.h>
#include <string.h>

#include "tests/support/traindata.h"

gsize
keras_floats(const Param *param)
{
	return param->keras == NULL ? param->n
				    : dnn_layout_floats(param->keras);
}

float *
values_new(Dnn *dnn, const Param *param)
{
	float *values = g_new(float, keras_floats(param));
	GError *error = NULL;

	param_export(dnn, param, values, &error);
	test_assert_no_error(error);
	return values;
}

float *
gradient_new(Dnn *dnn, const Param *param)
{
	float *gradient = g_new(float, keras_floats(param));
	GError *error = NULL;

	if (param->keras == NULL)
		memcpy(gradient, param->gradient, param->n * sizeof *gradient);
	else
		dnn_reorder(dnn, param->keras, gradient, param->master,
			    param->gradient, &error);
	test_assert_no_error(error);
	return gradient;
}

void
set_values(Dnn *dnn, Param *param, const float *keras)
{
	GError *error = NULL;

	param_import(dnn, param, keras, &error);
	test_assert_no_error(error);
}

void
set_gradient(Dnn *dnn, Param *param, const float *keras)
{
	GError *error = NULL;

	if (param->keras == NULL)
		memcpy(param->gradient, keras, param->n * sizeof *keras);
	else
		dnn_reorder(dnn, param->master, param->gradient, param->keras,
			    keras, &error);
	test_assert_no_error(error);
}

Network *
test_network_new(const NetworkSpec *spec)
{
	GError *error = NULL;
	Network *network = network_new(spec, &error);

	test_assert_no_error(error);
	return network;
}

static void
fill_param(Dnn *dnn, Param *param, double limit, guint64 seed)
{
	const gsize n = keras_floats(param);
	g_autofree float *values = g_new(float, n);

	random_floats(values, n, seed);
	for (gsize i = 0; i < n; i++)
		values[i] *= (float)limit;
	set_values(dnn, param, values);
}

void
test_network_fill(Network *network, guint64 seed)
{
	for (guint i = 0; i < network->n_layers; i++) {
		Layer *layer = network->layers[i];
		gsize fan_in = layer->kind == LAYER_CONV
				       ? 9 * (gsize)layer->in.c
				       : shape_size(layer->in);

		if (layer->kernel == NULL)
			continue;
		fill_param(network->dnn, layer->kernel,
			   sqrt(6 / (double)fan_in), seed + 2 * i);
		fill_param(network->dnn, layer->bias, 0.1, seed + 2 * i + 1);
	}
}

void
test_network_copy(Network *to, const Network *from)
{
	assert_int_equal(to->n_layers, from->n_layers);
	for (guint i = 0; i < to->n_layers; i++) {
		const Layer *source = from->layers[i];
		Layer *layer = to->layers[i];

		if (layer->kernel == NULL)
			continue;
		g_autofree float *kernel =
			values_new(from->dnn, source->kernel);
		g_autofree float *bias = values_new(from->dnn, source->bias);

		set_values(to->dnn, layer->kernel, kernel);
		set_values(to->dnn, layer->bias, bias);
	}
}

void
test_network_forward(Network *network, gboolean training, guint64 step)
{
	GError *error = NULL;

	network_forward(network, training, step, &error);
	test_assert_no_error(error);
}
