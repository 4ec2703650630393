/*
 * The kw model: what is written is read back bit for bit, and what is damaged
 * or of another kind is refused.
 */
#include "tests/support/kwtest.h"

#include <string.h>
#include <unistd.h>

#include <json-glib/json-glib.h>

#include "kw/error.h"
#include "lib/h5.h"
#include "train/model_config.h"
#include "train/model_file.h"

enum { N_CLASSES = 3 };

/* One network for all tests, and the model that it was written to. */
typedef struct {
	char *dir, *path;
	Network *network;
	ModelInfo *info;
} Fixture;

static NetworkSpec
small_spec(void)
{
	return (NetworkSpec){ .batch = 1,
			      .height = 32,
			      .width = 64,
			      .channels = 3,
			      .classes = N_CLASSES,
			      .n_head = 2,
			      .head = { 8, 6 },
			      .dropout = 0.5,
			      .l2 = 0.01,
			      .freeze = 5,
			      .training = FALSE,
			      .threads = 1 };
}

static Network *
new_network(const NetworkSpec *spec)
{
	g_autoptr(GError) error = NULL;
	Network *network = network_new(spec, &error);

	test_assert_no_error(error);
	return network;
}

/* ---- weights */

static gsize
kernel_size(const Layer *layer)
{
	return layer->kind == LAYER_CONV
		       ? (gsize)(9 * layer->in.c * layer->out.c)
		       : shape_size(layer->in) * (gsize)layer->out.c;
}

/* A value that differs from those around it in every direction. */
static float
pattern(guint layer, gsize i)
{
	return (float)((i * 2654435761u + layer * 40503u) % 65536) / 65536 -
	       0.5f;
}

static void
fill(Network *network)
{
	for (guint l = 0; l < network->n_layers; l++) {
		Layer *layer = network->layers[l];
		g_autofree float *kernel = NULL;
		g_autofree float *bias = NULL;

		if (layer->kernel == NULL)
			continue;
		kernel = g_new(float, kernel_size(layer));
		bias = g_new(float, layer->out.c);
		for (gsize i = 0; i < kernel_size(layer); i++)
			kernel[i] = pattern(l, i);
		for (int i = 0; i < layer->out.c; i++)
			bias[i] = pattern(l + 100, (gsize)i);
		assert_true(param_import(network->dnn, layer->kernel, kernel,
					 NULL));
		assert_true(
			param_import(network->dnn, layer->bias, bias, NULL));
	}
}

/* Kernel and bias of this layer are what fill() gave to layer l. */
static void
assert_filled(const Network *network, const Layer *layer, guint l)
{
	g_autofree float *kernel = g_new(float, kernel_size(layer));
	g_autofree float *bias = g_new(float, layer->out.c);

	assert_true(param_export(network->dnn, layer->kernel, kernel, NULL));
	assert_true(param_export(network->dnn, layer->bias, bias, NULL));
	for (gsize i = 0; i < kernel_size(layer); i++)
		if (kernel[i] != pattern(l, i))
			fail_msg("%s kernel[%zu]", layer->name, i);
	for (int i = 0; i < layer->out.c; i++)
		if (bias[i] != pattern(l + 100, (gsize)i))
			fail_msg("%s bias[%d]", layer->name, i);
}

static gboolean
is_all_zero(const Network *network, const Layer *layer)
{
	g_autofree float *kernel = g_new(float, kernel_size(layer));

	assert_true(param_export(network->dnn, layer->kernel, kernel, NULL));
	for (gsize i = 0; i < kernel_size(layer); i++)
		if (kernel[i] != 0)
			return FALSE;
	return TRUE;
}

/* ---- fixture */

static ModelInfo *
new_info(const NetworkSpec *spec)
{
	static const char *const names[] = { "cat", "dog", "\xc3\xa9tourneau",
					     NULL };
	ModelInfo *info = model_info_new();

	info->class_names = g_strdupv((char **)names);
	info->height = spec->height;
	info->width = spec->width;
	info->channels = spec->channels;
	info->fit = g_strdup("stretch");
	for (int c = 0; c < spec->channels; c++) {
		info->scale[c] = 1.0f / 255 + (float)c;
		info->offset[c] = -0.25f * (float)c;
	}
	info->freeze = spec->freeze;
	info->metrics = g_strdup("{\"epoch\":3}");
	info->settings = g_strdup("epochs=3\nseed=42\n");
	return info;
}

static void
write_model(const char *path, const Network *network, const ModelInfo *info)
{
	g_autoptr(GError) error = NULL;

	model_write(path, path, network, info, &error);
	test_assert_no_error(error);
}

static int
setup(void **state)
{
	const NetworkSpec spec = small_spec();
	Fixture *f = g_new0(Fixture, 1);

	f->dir = test_dir_new();
	f->path = g_build_filename(f->dir, "model.h5", NULL);
	f->network = new_network(&spec);
	fill(f->network);
	f->info = new_info(&spec);
	write_model(f->path, f->network, f->info);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	Fixture *f = *state;

	network_free(f->network);
	model_info_free(f->info);
	g_free(f->path);
	test_dir_remove(f->dir);
	g_free(f);
	return 0;
}

static char *
copy_of_model(const Fixture *f)
{
	char *path = g_build_filename(f->dir, "copy.h5", NULL);
	g_autofree char *bytes = NULL;
	gsize n;

	assert_true(g_file_get_contents(f->path, &bytes, &n, NULL));
	assert_true(g_file_set_contents(path, bytes, (gssize)n, NULL));
	return path;
}

/* ---- writing and reading */

static void
reads_back_what_it_says_of_itself(void **state)
{
	const Fixture *f = *state;
	g_autoptr(GError) error = NULL;
	g_autoptr(ModelInfo) info = model_read_info(f->path, &error);

	test_assert_no_error(error);
	assert_true(g_strv_equal((const char *const *)info->class_names,
				 (const char *const *)f->info->class_names));
	assert_int_equal(info->height, 32);
	assert_int_equal(info->width, 64);
	assert_int_equal(info->channels, 3);
	assert_string_equal(info->fit, "stretch");
	assert_memory_equal(info->scale, f->info->scale, sizeof info->scale);
	assert_memory_equal(info->offset, f->info->offset, sizeof info->offset);
	assert_int_equal(info->freeze, 5);
	assert_string_equal(info->metrics, "{\"epoch\":3}");
	assert_string_equal(info->settings, "epochs=3\nseed=42\n");
	assert_int_equal(info->n_head, 2);
	assert_int_equal(info->head[0], 8);
	assert_int_equal(info->head[1], 6);
}

static void
reads_back_all_weights_bit_for_bit(void **state)
{
	const Fixture *f = *state;
	const NetworkSpec spec = small_spec();
	g_autoptr(Network) network = new_network(&spec);
	g_autoptr(GError) error = NULL;
	LoadedWeights loaded;

	model_load_weights(f->path, network, TRUE, &loaded, &error);
	test_assert_no_error(error);
	assert_int_equal(loaded.convolutions, 16);
	assert_int_equal(loaded.dense, 3);
	assert_int_equal(loaded.skipped, 0);
	for (guint l = 0; l < network->n_layers; l++)
		if (network->layers[l]->kernel != NULL)
			assert_filled(network, network->layers[l], l);
}

static void
writes_equal_bytes_for_equal_networks(void **state)
{
	const Fixture *f = *state;
	g_autofree char *again = g_build_filename(f->dir, "again.h5", NULL);
	g_autofree char *a = NULL;
	g_autofree char *b = NULL;
	gsize na, nb;

	g_usleep(1100000); /* a time stamp in seconds would differ */
	write_model(again, f->network, f->info);
	assert_true(g_file_get_contents(f->path, &a, &na, NULL));
	assert_true(g_file_get_contents(again, &b, &nb, NULL));
	assert_int_equal(na, nb);
	assert_memory_equal(a, b, na);
}

static void
says_where_it_cannot_write(void **state)
{
	const Fixture *f = *state;
	g_autoptr(GError) error = NULL;

	assert_false(model_write("/nonexistent/x.h5", "x.h5", f->network,
				 f->info, &error));
	test_assert_error(&error, KW_ERROR_IO, "cannot create 'x.h5'");
}

/* ---- architecture */

/* The config of Keras's i-th layer; checks its class and name. */
static JsonObject *
config_of(JsonArray *layers, guint i, const char *class_name, const char *name)
{
	JsonObject *layer = json_array_get_object_element(layers, i);
	JsonObject *config = json_object_get_object_member(layer, "config");

	assert_string_equal(json_object_get_string_member(layer, "class_name"),
			    class_name);
	assert_string_equal(json_object_get_string_member(config, "name"),
			    name);
	return config;
}

static void
describes_the_network_to_keras(void **state)
{
	const Fixture *f = *state;
	g_autofree char *text = model_config_text(f->network);
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonObject *root, *config;
	JsonArray *layers;

	assert_true(json_parser_load_from_data(parser, text, -1, NULL));
	root = json_node_get_object(json_parser_get_root(parser));
	assert_string_equal(json_object_get_string_member(root, "class_name"),
			    "Sequential");
	layers = json_object_get_array_member(
		json_object_get_object_member(root, "config"), "layers");
	/* input, 16 convolutions, 5 pools, flatten, 3 dense, 1 dropout */
	assert_int_equal(json_array_get_length(layers), 27);
	config = config_of(layers, 0, "InputLayer", "input_1");
	assert_int_equal(
		json_array_get_int_element(json_object_get_array_member(
						   config, "batch_input_shape"),
					   2),
		64);
	config = config_of(layers, 4, "Conv2D", "block2_conv1");
	assert_int_equal(json_object_get_int_member(config, "filters"), 128);
	assert_false(json_object_get_boolean_member(config, "trainable"));
	config = config_of(layers, 5, "Conv2D", "block2_conv2");
	assert_true(json_object_get_boolean_member(config, "trainable"));
	config_of(layers, 21, "MaxPooling2D", "block5_pool");
	config_of(layers, 22, "Flatten", "flatten");
	config = config_of(layers, 23, "Dense", "dense_1");
	assert_false(json_object_has_member(config, "kernel_regularizer"));
	config = config_of(layers, 24, "Dropout", "dropout");
	assert_true(json_object_get_double_member(config, "rate") == 0.5);
	config = config_of(layers, 25, "Dense", "dense_2");
	assert_string_equal(json_object_get_string_member(config, "activation"),
			    "relu");
	config = json_object_get_object_member(config, "kernel_regularizer");
	assert_true(json_object_get_double_member(
			    json_object_get_object_member(config, "config"),
			    "l2") == 0.01);
	config = config_of(layers, 26, "Dense", "predictions");
	assert_int_equal(json_object_get_int_member(config, "units"),
			 N_CLASSES);
	assert_string_equal(json_object_get_string_member(config, "activation"),
			    "softmax");
}

static void
describes_a_network_without_hidden_layers(void **state)
{
	NetworkSpec spec = small_spec();
	g_autoptr(Network) network = NULL;
	g_autofree char *text = NULL;

	(void)state;
	spec.n_head = 0;
	network = new_network(&spec);
	text = model_config_text(network);
	assert_non_null(strstr(text, "block5_pool"));
	assert_non_null(strstr(strstr(text, "block5_pool"), "\"flatten\""));
	assert_non_null(strstr(strstr(text, "\"flatten\""), "predictions"));
	assert_null(strstr(text, "dense_1"));
	assert_null(strstr(text, "Dropout"));
}

/* ---- other networks */

static void
finds_convolutions_by_name_in_any_order(void **state)
{
	const Fixture *f = *state;
	const NetworkSpec spec = small_spec();
	g_autofree char *path = copy_of_model(f);
	g_autoptr(Network) network = new_network(&spec);
	g_autoptr(GError) error = NULL;
	LoadedWeights loaded;

	{
		hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
		hid_t group = H5Gopen2(file, "model_weights", H5P_DEFAULT);
		g_auto(GStrv) names = kw_h5_get_strings(group, "layer_names");

		/* As in a nested model with its first layers frozen. */
		assert_string_equal(names[0], "block1_conv1");
		assert_string_equal(names[1], "block1_conv2");
		names[0][11] = '2';
		names[1][11] = '1';
		assert_true(H5Adelete(group, "layer_names") >= 0);
		assert_true(kw_h5_set_strings(group, "layer_names",
					      (const char *const *)names,
					      g_strv_length(names)));
		H5Gclose(group);
		H5Fclose(file);
	}
	model_load_weights(path, network, FALSE, &loaded, &error);
	test_assert_no_error(error);
	assert_filled(network, network->layers[0], 0);
	assert_filled(network, network->layers[1], 1);
}

static void
sums_the_colours_for_a_gray_network(void **state)
{
	const Fixture *f = *state;
	NetworkSpec spec = small_spec();
	g_autoptr(Network) gray = NULL;
	g_autoptr(GError) error = NULL;
	LoadedWeights loaded;
	float kernel[9 * 64];

	spec.channels = 1;
	gray = new_network(&spec);
	model_load_weights(f->path, gray, FALSE, &loaded, &error);
	test_assert_no_error(error);
	assert_true(
		param_export(gray->dnn, gray->layers[0]->kernel, kernel, NULL));
	for (gsize tap = 0; tap < 9; tap++)
		for (gsize o = 0; o < 64; o++) {
			float sum = pattern(0, (tap * 3 + 0) * 64 + o) +
				    pattern(0, (tap * 3 + 1) * 64 + o) +
				    pattern(0, (tap * 3 + 2) * 64 + o);

			test_assert_close(&kernel[tap * 64 + o], &sum, 1, 1e-6,
					  0);
		}
	assert_filled(gray, gray->layers[1], 1);
}

static void
refuses_gray_weights_for_a_colour_network(void **state)
{
	const Fixture *f = *state;
	NetworkSpec spec = small_spec();
	g_autofree char *path = g_build_filename(f->dir, "gray.h5", NULL);
	g_autoptr(Network) gray = NULL;
	g_autoptr(ModelInfo) info = NULL;
	g_autoptr(ModelInfo) read = NULL;
	g_autoptr(GError) error = NULL;
	LoadedWeights loaded;

	spec.channels = 1;
	gray = new_network(&spec);
	info = new_info(&spec);
	write_model(path, gray, info);
	read = model_read_info(path, &error);
	test_assert_no_error(error);
	assert_int_equal(read->channels, 1);
	assert_false(
		model_load_weights(path, f->network, FALSE, &loaded, &error));
	test_assert_error(&error, KW_ERROR_INPUT, "takes gray images");
}

static void
leaves_a_head_alone_that_does_not_fit(void **state)
{
	const Fixture *f = *state;
	NetworkSpec spec = small_spec();
	g_autoptr(Network) network = NULL;
	g_autoptr(GError) error = NULL;
	LoadedWeights loaded;

	spec.classes = 4;
	network = new_network(&spec);
	model_load_weights(f->path, network, FALSE, &loaded, &error);
	test_assert_no_error(error);
	assert_int_equal(loaded.convolutions, 16);
	assert_int_equal(loaded.dense, 0);
	assert_int_equal(loaded.skipped, 3);
	assert_filled(network, network_conv(network, 0), 0);
	for (guint i = 0; i < 3; i++)
		assert_true(is_all_zero(network, network_dense(network, i)));

	assert_false(
		model_load_weights(f->path, network, TRUE, &loaded, &error));
	test_assert_error(&error, KW_ERROR_INPUT, "do not fit");
}

/* A legacy weight file of n convolutions h x h x 3 x 64. */
static void
write_convolutions(const char *path, int n, hsize_t h)
{
	hid_t file = kw_h5_create(path, path, NULL);
	const hsize_t dims[] = { h, h, 3, 64 }, bias_dims[] = { 64 };
	const char *const names[] = { "k", "b" };
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_auto(GStrv) layers = NULL;

	for (int i = 0; i < n; i++) {
		g_autofree char *name = g_strdup_printf("conv_%d", i);
		g_auto(KwHid) group = kw_h5_create_group(file, name);
		g_auto(KwHid) k = kw_h5_create_dataset(group, "k",
						       H5T_IEEE_F32LE, 4, dims);
		g_auto(KwHid) b = kw_h5_create_dataset(
			group, "b", H5T_IEEE_F32LE, 1, bias_dims);

		g_strv_builder_add(builder, name);
		assert_true(k >= 0 && b >= 0);
		assert_true(kw_h5_set_strings(group, "weight_names", names, 2));
	}
	layers = g_strv_builder_end(builder);
	assert_true(kw_h5_set_strings(file, "layer_names",
				      (const char *const *)layers,
				      g_strv_length(layers)));
	H5Fclose(file);
}

static void
refuses_networks_that_are_not_vgg19(void **state)
{
	const Fixture *f = *state;
	g_autofree char *path = g_build_filename(f->dir, "other.h5", NULL);
	g_autoptr(GError) error = NULL;
	LoadedWeights loaded;

	write_convolutions(path, 13, 3);
	assert_false(
		model_load_weights(path, f->network, FALSE, &loaded, &error));
	test_assert_error(&error, KW_ERROR_FORMAT,
			  "has 13 convolutions, VGG19 has 16");
	write_convolutions(path, 16, 5);
	assert_false(
		model_load_weights(path, f->network, FALSE, &loaded, &error));
	test_assert_error(&error, KW_ERROR_FORMAT,
			  "the kernel of conv_0 is 5x5x3x64");
	/* The first fits, the second does not. */
	write_convolutions(path, 16, 3);
	assert_false(
		model_load_weights(path, f->network, FALSE, &loaded, &error));
	test_assert_error(&error, KW_ERROR_FORMAT,
			  "conv_1 is 3x3x3x64, and that of block1_conv2 "
			  "3x3x64x64");
	fill(f->network); /* some of it was overwritten */
}

/* ---- damaged models */

static void
assert_refused(const char *path, gint code, const char *text)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(ModelInfo) info = model_read_info(path, &error);

	assert_null(info);
	test_assert_error(&error, code, text);
}

/* A copy without the attribute, to be given another one. */
static hid_t
open_without(const char *path, const char *attribute)
{
	hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);

	assert_true(file >= 0);
	assert_true(H5Adelete(file, attribute) >= 0);
	return file;
}

static void
refuses_models_without_an_attribute(void **state)
{
	static const struct {
		const char *attribute, *message;
	} cases[] = {
		{ "kw_class_names", "bad kw_class_names" },
		{ "kw_image_size", "bad kw_image_size" },
		{ "kw_scale", "bad kw_scale" },
		{ "kw_offset", "bad kw_scale" },
		{ "kw_fit", "no kw_fit" },
		{ "kw_frozen", "no kw_fit" },
		{ "kw_metrics", "no kw_fit" },
		{ "kw_settings", "no kw_fit" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = copy_of_model(*state);

		H5Fclose(open_without(path, cases[i].attribute));
		assert_refused(path, KW_ERROR_FORMAT, cases[i].message);
	}
}

/* kw-train starts from those as well: it has to tell them from damaged ones. */
static void
tells_plain_keras_files_apart(void **state)
{
	g_autofree char *path = copy_of_model(*state);

	H5Fclose(open_without(path, "kw_format_version"));
	assert_refused(path, KW_ERROR_UNSUPPORTED, "not a kw model");
}

static void
set_int(const char *path, const char *name, const gint32 *values, gsize n)
{
	hid_t file = open_without(path, name);

	if (n == 1)
		assert_true(kw_h5_set_scalar(file, name, H5T_STD_I32LE,
					     H5T_NATIVE_INT32, values));
	else
		assert_true(kw_h5_set_numbers(file, name, H5T_STD_I32LE,
					      H5T_NATIVE_INT32, values, n));
	H5Fclose(file);
}

static void
set_classes(const char *path, const char *const *names)
{
	hid_t file = open_without(path, "kw_class_names");

	assert_true(kw_h5_set_strings(file, "kw_class_names", names,
				      g_strv_length((char **)names)));
	H5Fclose(file);
}

static void
refuses_models_that_contradict_themselves(void **state)
{
	static const char *const one[] = { "cat", NULL };
	static const char *const two[] = { "cat", "dog", NULL };
	static const char *const twice[] = { "cat", "dog", "cat", NULL };
	const gint32 version[] = { 2 };
	const gint32 small[] = { 31, 64, 3 }, odd[] = { 32, 64, 2 };
	const gint32 large[] = { 64, 64, 3 };
	g_autofree char *path = copy_of_model(*state);

	set_int(path, "kw_format_version", version, 1);
	assert_refused(path, KW_ERROR_FORMAT, "version 2");
	g_free(path);
	path = copy_of_model(*state);
	set_int(path, "kw_image_size", small, 3);
	assert_refused(path, KW_ERROR_FORMAT, "bad kw_image_size");
	set_int(path, "kw_image_size", odd, 3);
	assert_refused(path, KW_ERROR_FORMAT, "bad kw_image_size");
	set_int(path, "kw_image_size", large, 3);
	assert_refused(path, KW_ERROR_FORMAT, "does not fit its image size");
	g_free(path);
	path = copy_of_model(*state);
	set_classes(path, one);
	assert_refused(path, KW_ERROR_FORMAT, "bad kw_class_names");
	set_classes(path, twice);
	assert_refused(path, KW_ERROR_FORMAT, "bad kw_class_names");
	set_classes(path, two);
	assert_refused(path, KW_ERROR_FORMAT, "does not fit its classes");
}

static void
refuses_what_is_no_model(void **state)
{
	const Fixture *f = *state;
	g_autofree char *path = copy_of_model(f);
	hid_t file;

	assert_int_equal(truncate(path, 1 << 20), 0);
	assert_refused(path, KW_ERROR_FORMAT, "cut short");
	assert_int_equal(truncate(path, 0), 0);
	assert_refused(path, KW_ERROR_FORMAT, "not an HDF5 file");
	file = kw_h5_create(path, path, NULL);
	assert_true(kw_h5_set_string(file, "format", "kw-dataset"));
	H5Fclose(file);
	assert_refused(path, KW_ERROR_FORMAT, "is a kw dataset");
	assert_int_equal(unlink(path), 0);
	assert_refused(path, KW_ERROR_INPUT, "No such file");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_back_what_it_says_of_itself),
		cmocka_unit_test(reads_back_all_weights_bit_for_bit),
		cmocka_unit_test(writes_equal_bytes_for_equal_networks),
		cmocka_unit_test(says_where_it_cannot_write),
		cmocka_unit_test(describes_the_network_to_keras),
		cmocka_unit_test(describes_a_network_without_hidden_layers),
		cmocka_unit_test(finds_convolutions_by_name_in_any_order),
		cmocka_unit_test(sums_the_colours_for_a_gray_network),
		cmocka_unit_test(refuses_gray_weights_for_a_colour_network),
		cmocka_unit_test(leaves_a_head_alone_that_does_not_fit),
		cmocka_unit_test(refuses_networks_that_are_not_vgg19),
		cmocka_unit_test(refuses_models_without_an_attribute),
		cmocka_unit_test(tells_plain_keras_files_apart),
		cmocka_unit_test(refuses_models_that_contradict_themselves),
		cmocka_unit_test(refuses_what_is_no_model),
	};

	kw_h5_start();
	return cmocka_run_group_tests(tests, setup, teardown) != 0;
}
