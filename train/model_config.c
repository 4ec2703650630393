#include "train/model_config.h"

#include <json-glib/json-glib.h>

/* Both names, in the order in which Keras writes them; "config" stays open. */
static void
begin_layer(JsonBuilder *b, const char *class_name, const char *name)
{
	json_builder_begin_object(b);
	json_builder_set_member_name(b, "class_name");
	json_builder_add_string_value(b, class_name);
	json_builder_set_member_name(b, "config");
	json_builder_begin_object(b);
	json_builder_set_member_name(b, "name");
	json_builder_add_string_value(b, name);
}

static void
end_layer(JsonBuilder *b)
{
	json_builder_end_object(b);
	json_builder_end_object(b);
}

static void
add_int(JsonBuilder *b, const char *key, int value)
{
	json_builder_set_member_name(b, key);
	json_builder_add_int_value(b, value);
}

static void
add_string(JsonBuilder *b, const char *key, const char *value)
{
	json_builder_set_member_name(b, key);
	json_builder_add_string_value(b, value);
}

/* [side, side] */
static void
add_window(JsonBuilder *b, const char *key, int side)
{
	json_builder_set_member_name(b, key);
	json_builder_begin_array(b);
	json_builder_add_int_value(b, side);
	json_builder_add_int_value(b, side);
	json_builder_end_array(b);
}

static void
add_input(JsonBuilder *b, const NetworkSpec *spec)
{
	begin_layer(b, "InputLayer", MODEL_INPUT_NAME);
	json_builder_set_member_name(b, "batch_input_shape");
	json_builder_begin_array(b);
	json_builder_add_null_value(b);
	json_builder_add_int_value(b, spec->height);
	json_builder_add_int_value(b, spec->width);
	json_builder_add_int_value(b, spec->channels);
	json_builder_end_array(b);
	add_string(b, "dtype", "float32");
	end_layer(b);
}

static void
add_conv(JsonBuilder *b, const Layer *layer)
{
	add_int(b, "filters", layer->out.c);
	add_window(b, "kernel_size", 3);
	add_window(b, "strides", 1);
	add_string(b, "padding", "same");
	add_string(b, "activation", "relu");
}

static void
add_pool(JsonBuilder *b)
{
	add_window(b, "pool_size", 2);
	add_window(b, "strides", 2);
	add_string(b, "padding", "valid");
}

static void
add_dense(JsonBuilder *b, const Layer *layer)
{
	add_int(b, "units", layer->out.c);
	add_string(b, "activation", layer->relu ? "relu" : "softmax");
	if (layer->kernel->l2 <= 0)
		return;
	json_builder_set_member_name(b, "kernel_regularizer");
	json_builder_begin_object(b);
	add_string(b, "class_name", "L2");
	json_builder_set_member_name(b, "config");
	json_builder_begin_object(b);
	json_builder_set_member_name(b, "l2");
	json_builder_add_double_value(b, layer->kernel->l2);
	json_builder_end_object(b);
	json_builder_end_object(b);
}

static void
add_layer(JsonBuilder *b, const Layer *layer, int freeze)
{
	static const char *const class_names[] = {
		[LAYER_CONV] = "Conv2D",
		[LAYER_POOL] = "MaxPooling2D",
		[LAYER_DENSE] = "Dense",
		[LAYER_DROPOUT] = "Dropout",
	};

	begin_layer(b, class_names[layer->kind], layer->name);
	json_builder_set_member_name(b, "trainable");
	json_builder_add_boolean_value(b, layer->keras_index >= freeze);
	switch (layer->kind) {
	case LAYER_CONV:
		add_conv(b, layer);
		break;
	case LAYER_POOL:
		add_pool(b);
		break;
	case LAYER_DENSE:
		add_dense(b, layer);
		break;
	case LAYER_DROPOUT:
		json_builder_set_member_name(b, "rate");
		json_builder_add_double_value(b, layer->rate);
		break;
	}
	end_layer(b);
}

static void
add_flatten(JsonBuilder *b)
{
	begin_layer(b, "Flatten", MODEL_FLATTEN_NAME);
	end_layer(b);
}

gboolean
model_config_flattens(const Network *network, guint i)
{
	return i > 0 && network->layers[i]->kind == LAYER_DENSE &&
	       network->layers[i - 1]->kind == LAYER_POOL;
}

char *
model_config_text(const Network *network)
{
	g_autoptr(JsonBuilder) b = json_builder_new();
	g_autoptr(JsonGenerator) generator = json_generator_new();
	g_autoptr(JsonNode) root = NULL;

	begin_layer(b, "Sequential", "vgg19");
	json_builder_set_member_name(b, "layers");
	json_builder_begin_array(b);
	add_input(b, &network->spec);
	for (guint i = 0; i < network->n_layers; i++) {
		if (model_config_flattens(network, i))
			add_flatten(b);
		add_layer(b, network->layers[i], network->spec.freeze);
	}
	json_builder_end_array(b);
	end_layer(b);
	root = json_builder_get_root(b);
	json_generator_set_root(generator, root);
	return json_generator_to_data(generator, NULL);
}
