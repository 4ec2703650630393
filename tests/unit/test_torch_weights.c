/*
 * VGG19 from PyTorch and to it: by torchvision's and by timm's names, on more
 * than one pixel at the end of the body, where the order of what is flattened
 * counts.
 */
#include <string.h>

#include <json-glib/json-glib.h>

#include "kw/error.h"
#include "tests/support/params.h"
#include "tests/support/tensors.h"
#include "train/safetensors.h"

/* Files with the weights of `network`. */
typedef struct {
	char *dir, *torchvision, *timm, *exported;
	Network *network;
	ModelInfo *info;
} Fixture;

/* The body ends in 2 x 3 pixels. */
static NetworkSpec
wide_spec(void)
{
	return (NetworkSpec){ .batch = 1,
			      .height = 64,
			      .width = 96,
			      .channels = 3,
			      .classes = 3,
			      .n_head = 2,
			      .head = { 20, 6 },
			      .threads = 1 };
}

static ModelInfo *
new_info(const NetworkSpec *spec)
{
	static const char *const names[] = { "cat", "\xc3\xa9tourneau", "\"",
					     NULL };
	ModelInfo *info = model_info_new();

	info->class_names = g_strdupv((char **)names);
	info->height = spec->height;
	info->width = spec->width;
	info->channels = spec->channels;
	info->fit = g_strdup("crop");
	for (int c = 0; c < spec->channels; c++) {
		info->scale[c] = 1.0f / 255;
		info->offset[c] = 0.25f * (float)c - 0.5f;
	}
	return info;
}

static void export(const char *path, const Network *network,
		   const ModelInfo *info)
{
	g_autoptr(GError) error = NULL;

	safetensors_export(path, path, network, info, &error);
	test_assert_no_error(error);
}

static int
setup(void **state)
{
	const NetworkSpec spec = wide_spec();
	Fixture *f = g_new0(Fixture, 1);

	f->dir = test_dir_new();
	f->torchvision = g_build_filename(f->dir, "torchvision", NULL);
	f->timm = g_build_filename(f->dir, "timm", NULL);
	f->exported = g_build_filename(f->dir, "exported", NULL);
	f->network = test_network_new(&spec);
	f->info = new_info(&spec);
	test_network_fill(f->network, 3);
	tensors_write_vgg19(f->torchvision, f->network, FALSE);
	tensors_write_vgg19(f->timm, f->network, TRUE);
	export(f->exported, f->network, f->info);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	Fixture *f = *state;

	network_free(f->network);
	model_info_free(f->info);
	g_free(f->torchvision);
	g_free(f->timm);
	g_free(f->exported);
	test_dir_remove(f->dir);
	g_free(f);
	return 0;
}

static void
assert_same_values(const Network *a, const Param *x, const Network *b,
		   const Param *y)
{
	g_autofree float *p = values_new(a->dnn, x);
	g_autofree float *q = values_new(b->dnn, y);

	assert_int_equal(keras_floats(x), keras_floats(y));
	assert_memory_equal(p, q, keras_floats(x) * sizeof *p);
}

/* The file gives a new network all the weights of the fixture's. */
static void
assert_loads(const Fixture *f, const char *path, const char *head)
{
	const NetworkSpec spec = wide_spec();
	g_autoptr(Network) network = test_network_new(&spec);
	g_auto(LoadedWeights) loaded = { 0 };
	g_autoptr(GError) error = NULL;

	weights_load(path, network, TRUE, CHANNELS_AUTO, KW_STANDARDIZE_TORCH,
		     &loaded, &error);
	test_assert_no_error(error);
	assert_int_equal(loaded.kind, WEIGHTS_TORCH);
	assert_int_equal(loaded.convolutions, 16);
	assert_int_equal(loaded.dense, 3);
	assert_non_null(strstr(loaded.report, head));
	for (guint l = 0; l < network->n_layers; l++) {
		const Layer *layer = network->layers[l];
		const Layer *from = f->network->layers[l];

		if (layer->kernel == NULL)
			continue;
		assert_same_values(network, layer->kernel, f->network,
				   from->kernel);
		assert_same_values(network, layer->bias, f->network,
				   from->bias);
	}
}

/* ---- reading */

static void
loads_the_names_of_torchvision(void **state)
{
	const Fixture *f = *state;

	assert_loads(f, f->torchvision,
		     "classifier.0, classifier.3, classifier.6 as dense_1");
}

static void
loads_the_names_of_timm(void **state)
{
	const Fixture *f = *state;

	assert_loads(f, f->timm,
		     "pre_logits.fc1, pre_logits.fc2, head.fc as dense_1");
}

/* As many values, but 3 x 2 pixels for 2 x 3. */
static void
leaves_a_head_alone_that_has_another_shape(void **state)
{
	const Fixture *f = *state;
	NetworkSpec spec = wide_spec();
	g_autoptr(Network) network = NULL;
	g_auto(LoadedWeights) loaded = { 0 };
	g_autoptr(GError) error = NULL;

	spec.height = 96;
	spec.width = 64;
	network = test_network_new(&spec);
	weights_load(f->timm, network, FALSE, CHANNELS_AUTO,
		     KW_STANDARDIZE_TORCH, &loaded, &error);
	test_assert_no_error(error);
	assert_int_equal(loaded.dense, 0);
	assert_int_equal(loaded.skipped, 3);
}

static void
refuses_networks_that_are_not_vgg19(void **state)
{
	const Fixture *f = *state;
	static const char header[] =
		"{\"features.0.bias\":{\"dtype\":\"F32\",\"shape\":[1],"
		"\"data_offsets\":[0,4]},\"features.0.weight\":{\"dtype\":"
		"\"F32\",\"shape\":[1,1,1,1],\"data_offsets\":[4,8]}}";
	g_autofree char *path = g_build_filename(f->dir, "small", NULL);
	g_auto(LoadedWeights) loaded = { 0 };
	g_autoptr(GError) error = NULL;

	tensors_write(path, header, (const float[]){ 1, 2 }, 8);
	assert_false(weights_load(path, f->network, FALSE, CHANNELS_AUTO,
				  KW_STANDARDIZE_TORCH, &loaded, &error));
	test_assert_error(&error, KW_ERROR_FORMAT,
			  "has 1 convolutions, VGG19 has 16");
}

/* ---- writing */

/* What lies behind the header. */
static const char *
values_of(const char *bytes, gsize size, gsize *n)
{
	guint64 length;

	memcpy(&length, bytes, sizeof length);
	length = GUINT64_FROM_LE(length);
	*n = size - 8 - length;
	return bytes + 8 + length;
}

static void
writes_the_bytes_that_torchvision_would(void **state)
{
	const Fixture *f = *state;
	g_autofree char *ours = NULL;
	g_autofree char *theirs = NULL;
	const char *a, *b;
	gsize n_ours, n_theirs, n_a, n_b;

	assert_true(g_file_get_contents(f->exported, &ours, &n_ours, NULL));
	assert_true(
		g_file_get_contents(f->torchvision, &theirs, &n_theirs, NULL));
	a = values_of(ours, n_ours, &n_a);
	b = values_of(theirs, n_theirs, &n_b);
	assert_int_equal(n_a, n_b);
	assert_memory_equal(a, b, n_a);
}

/*
 * Values begin at a multiple of 8 bytes, as with the format's own writer; two
 * of these names differ by one byte, so that one header needs padding.
 */
static void
aligns_the_values(void **state)
{
	const Fixture *f = *state;
	g_autofree char *path = g_build_filename(f->dir, "aligned", NULL);
	NetworkSpec spec = wide_spec();
	g_autoptr(Network) small = NULL;
	g_autoptr(ModelInfo) info = NULL;

	spec.height = spec.width = 32;
	small = test_network_new(&spec);
	info = new_info(&spec);
	for (int i = 0; i < 2; i++) {
		g_autofree char *bytes = NULL;
		gsize size, n;

		g_free(info->fit);
		info->fit = g_strdup(i == 0 ? "crop" : "crops");
		export(path, small, info);
		assert_true(g_file_get_contents(path, &bytes, &size, NULL));
		assert_int_equal((values_of(bytes, size, &n) - bytes) % 8, 0);
	}
}

static void
writes_the_names_of_torchvision(void **state)
{
	const Fixture *f = *state;
	g_autoptr(Safetensors) ours = safetensors_open(f->exported, NULL);
	g_autoptr(Safetensors) theirs = safetensors_open(f->torchvision, NULL);
	const GPtrArray *a, *b;

	assert_true(ours != NULL && theirs != NULL);
	a = safetensors_tensors(ours);
	b = safetensors_tensors(theirs);
	assert_int_equal(a->len, 2 * 19);
	assert_int_equal(b->len, 2 * 19);
	for (guint i = 0; i < a->len; i++) {
		const Tensor *x = a->pdata[i], *y = b->pdata[i];

		assert_string_equal(x->name, y->name);
		assert_int_equal(x->rank, y->rank);
		assert_memory_equal(x->dims, y->dims, sizeof x->dims);
	}
}

static void
reads_back_what_it_writes(void **state)
{
	const Fixture *f = *state;
	const NetworkSpec spec = wide_spec();
	g_autofree char *path = g_build_filename(f->dir, "again", NULL);
	g_autoptr(Network) network = test_network_new(&spec);
	g_auto(LoadedWeights) loaded = { 0 };
	g_autofree char *a = NULL;
	g_autofree char *b = NULL;
	gsize n_a, n_b;

	assert_true(weights_load(f->exported, network, TRUE, CHANNELS_AUTO,
				 KW_STANDARDIZE_CAFFE, &loaded, NULL));
	assert_false(loaded.reversed);
	export(path, network, f->info);
	assert_true(g_file_get_contents(f->exported, &a, &n_a, NULL));
	assert_true(g_file_get_contents(path, &b, &n_b, NULL));
	assert_int_equal(n_a, n_b);
	assert_memory_equal(a, b, n_a);
}

/* The string of a name in the metadata of a file.  Free it. */
static char *
metadata(const char *path, const char *name)
{
	g_autofree char *bytes = NULL;
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonObject *root;
	gsize size, n;

	assert_true(g_file_get_contents(path, &bytes, &size, NULL));
	values_of(bytes, size, &n);
	assert_true(json_parser_load_from_data(parser, bytes + 8,
					       (gssize)(size - 8 - n), NULL));
	root = json_node_get_object(json_parser_get_root(parser));
	root = json_object_get_object_member(root, "__metadata__");
	return g_strdup(json_object_get_string_member(root, name));
}

static void
assert_metadata(const char *path, const char *name, const char *value)
{
	g_autofree char *text = metadata(path, name);

	assert_string_equal(text, value);
}

static void
tells_what_the_input_is(void **state)
{
	const Fixture *f = *state;
	g_autofree char *scale = metadata(f->exported, "kw_scale");
	g_autoptr(JsonNode) node = json_from_string(scale, NULL);
	JsonArray *list = json_node_get_array(node);

	assert_metadata(f->exported, "format", "pt");
	assert_metadata(f->exported, "kw_class_names",
			"[\"cat\",\"\xc3\xa9tourneau\",\"\\\"\"]");
	assert_metadata(f->exported, "kw_image_size", "[64,96,3]");
	assert_metadata(f->exported, "kw_fit", "crop");
	assert_metadata(f->exported, "kw_offset", "[-0.5,-0.25,0.0]");
	assert_int_equal(json_array_get_length(list), 3);
	assert_true((float)json_array_get_double_element(list, 2) ==
		    f->info->scale[2]);
	assert_metadata(f->exported, "architecture",
			"features: torchvision.models.vgg19().features; "
			"flatten 512 x 2 x 3 as channel, row, column; "
			"classifier: Linear(3072, 20), ReLU, Dropout, "
			"Linear(20, 6), ReLU, Dropout, Linear(6, 3); softmax");
}

/* Gray, and a head of no hidden layer. */
static void
writes_other_networks(void **state)
{
	const Fixture *f = *state;
	NetworkSpec spec = wide_spec();
	g_autofree char *path = g_build_filename(f->dir, "gray", NULL);
	g_autoptr(Network) gray = NULL;
	g_autoptr(Network) read = NULL;
	g_autoptr(ModelInfo) info = NULL;
	g_auto(LoadedWeights) loaded = { 0 };
	g_autoptr(GError) error = NULL;

	spec.height = spec.width = 32;
	spec.channels = 1;
	spec.n_head = 0;
	gray = test_network_new(&spec);
	read = test_network_new(&spec);
	info = new_info(&spec);
	test_network_fill(gray, 4);
	export(path, gray, info);
	assert_metadata(path, "kw_scale", "[0.0039215688593685627]");
	assert_metadata(path, "architecture",
			"features: torchvision.models.vgg19().features with "
			"one input channel; flatten 512 x 1 x 1 as channel, "
			"row, column; classifier: Linear(512, 3); softmax");
	weights_load(path, read, TRUE, CHANNELS_AUTO, KW_STANDARDIZE_NONE,
		     &loaded, &error);
	test_assert_no_error(error);
	assert_false(loaded.summed);
	assert_same_values(read, network_conv(read, 0)->kernel, gray,
			   network_conv(gray, 0)->kernel);
	assert_same_values(read, network_dense(read, 0)->kernel, gray,
			   network_dense(gray, 0)->kernel);
	/* Gray weights are none for colour. */
	assert_false(weights_load(path, f->network, FALSE, CHANNELS_AUTO,
				  KW_STANDARDIZE_NONE, &(LoadedWeights){ 0 },
				  &error));
	test_assert_error(&error, KW_ERROR_INPUT, "takes gray images");
}

static void
says_where_it_cannot_write(void **state)
{
	const Fixture *f = *state;
	g_autoptr(GError) error = NULL;

	assert_false(safetensors_export("/nonexistent/x", "x.safetensors",
					f->network, f->info, &error));
	test_assert_error(&error, KW_ERROR_IO, "cannot write 'x.safetensors'");
	assert_false(safetensors_export("/dev/full", "x.safetensors",
					f->network, f->info, &error));
	test_assert_error(&error, KW_ERROR_IO, "No space left on device");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_the_names_of_torchvision),
		cmocka_unit_test(loads_the_names_of_timm),
		cmocka_unit_test(leaves_a_head_alone_that_has_another_shape),
		cmocka_unit_test(refuses_networks_that_are_not_vgg19),
		cmocka_unit_test(writes_the_bytes_that_torchvision_would),
		cmocka_unit_test(aligns_the_values),
		cmocka_unit_test(writes_the_names_of_torchvision),
		cmocka_unit_test(reads_back_what_it_writes),
		cmocka_unit_test(tells_what_the_input_is),
		cmocka_unit_test(writes_other_networks),
		cmocka_unit_test(says_where_it_cannot_write),
	};

	return cmocka_run_group_tests(tests, setup, teardown) != 0;
}
