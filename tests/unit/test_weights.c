/*
 * Weights to start from: kinds told by content, the order of colours that the
 * data ask for, and what is said of it all.  test_model_file has what files of
 * Keras must hold, test_torch_weights those of PyTorch.
 */
#include <math.h>
#include <string.h>

#include "kw/error.h"
#include "lib/h5.h"
#include "tests/support/naive.h"
#include "tests/support/params.h"
#include "tests/support/tensors.h"
#include "tests/support/traindata.h"
#include "train/model_file.h"

enum { N_TAPS = 9, N_FILTERS = 64 };

#define BODY  "block1_conv1 ... block5_conv4 (16 convolutions)"
#define TORCH "features.0 ... features.34 (16 convolutions)"

/* The same weights in a file of each kind, whose names tell nothing. */
typedef struct {
	char *dir;
	char *files[3]; /* by WeightsKind */
	Network *network;
	Network *target; /* of the same shape, to be loaded again and again */
} Fixture;

static NetworkSpec
small_spec(void)
{
	return (NetworkSpec){ .batch = 1,
			      .height = 32,
			      .width = 32,
			      .channels = 3,
			      .classes = 3,
			      .n_head = 2,
			      .head = { 8, 6 },
			      .threads = 1 };
}

static void
write_kw(const char *path, const Network *network)
{
	static const char *const names[] = { "a", "b", "c", NULL };
	g_autoptr(ModelInfo) info = model_info_new();
	g_autoptr(GError) error = NULL;

	info->class_names = g_strdupv((char **)names);
	info->height = info->width = 32;
	info->channels = 3;
	info->fit = g_strdup("stretch");
	model_write(path, path, network, info, &error);
	test_assert_no_error(error);
}

/* A plain Keras file: a kw model without what makes it one. */
static void
write_keras(const char *path, const Network *network)
{
	hid_t file;

	write_kw(path, network);
	file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
	assert_true(H5Adelete(file, "kw_format_version") >= 0);
	H5Fclose(file);
}

static int
setup(void **state)
{
	const NetworkSpec spec = small_spec();
	Fixture *f = g_new0(Fixture, 1);

	f->dir = test_dir_new();
	f->network = test_network_new(&spec);
	f->target = test_network_new(&spec);
	test_network_fill(f->network, 7);
	for (int kind = 0; kind < 3; kind++)
		f->files[kind] = g_strdup_printf("%s/%d", f->dir, kind);
	write_keras(f->files[WEIGHTS_KERAS], f->network);
	write_kw(f->files[WEIGHTS_KW], f->network);
	tensors_write_vgg19(f->files[WEIGHTS_TORCH], f->network, FALSE);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	Fixture *f = *state;

	for (int kind = 0; kind < 3; kind++)
		g_free(f->files[kind]);
	network_free(f->network);
	network_free(f->target);
	test_dir_remove(f->dir);
	g_free(f);
	return 0;
}

/* Load; the report, which is the path's and then `report`, is checked. */
static void
load(const char *path, Network *network, Channels channels,
     KwStandardize standardize, LoadedWeights *loaded, const char *report)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *expected =
		g_strdup_printf("weights of '%s' %s", path, report);

	weights_load(path, network, FALSE, channels, standardize, loaded,
		     &error);
	test_assert_no_error(error);
	assert_string_equal(loaded->report, expected);
	assert_int_equal(loaded->convolutions, 16);
}

static float *
first_kernel(const Network *network)
{
	return values_new(network->dnn, network_conv(network, 0)->kernel);
}

/* ---- kinds */

static void
tells_kinds_by_content(void **state)
{
	const Fixture *f = *state;

	for (int k = 0; k < 3; k++) {
		g_autoptr(GError) error = NULL;
		WeightsKind kind;

		weights_kind(f->files[k], &kind, &error);
		test_assert_no_error(error);
		assert_int_equal(kind, k);
	}
}

static void
refuses_files_of_other_kinds(void **state)
{
	const Fixture *f = *state;
	static const char *const contents[] = {
		"",
		"weights",
		"PK\003\004 a zip archive",
		"\x80\002\x8a\n l",
	};
	g_autofree char *path = g_build_filename(f->dir, "other.h5", NULL);
	g_autofree char *none = g_build_filename(f->dir, "none.h5", NULL);
	g_autoptr(GError) error = NULL;
	g_auto(LoadedWeights) loaded = { 0 };
	WeightsKind kind;

	for (gsize i = 0; i < G_N_ELEMENTS(contents); i++) {
		assert_true(g_file_set_contents(path, contents[i], -1, NULL));
		assert_false(weights_kind(path, &kind, &error));
		test_assert_error(&error, KW_ERROR_FORMAT,
				  "other.h5' holds no weights that are read");
	}
	/* Nine bytes are enough to seem safetensors. */
	assert_true(g_file_set_contents(path, "long ago{", -1, NULL));
	assert_false(weights_load(path, f->target, FALSE, CHANNELS_AUTO,
				  KW_STANDARDIZE_NONE, &loaded, &error));
	assert_null(loaded.report);
	test_assert_error(&error, KW_ERROR_FORMAT, "no safetensors file");
	assert_false(weights_kind(none, &kind, &error));
	test_assert_error(&error, KW_ERROR_INPUT, "No such file");
	assert_false(weights_kind(f->dir, &kind, &error));
	test_assert_error(&error, KW_ERROR_INPUT, "it is a folder");
}

/* ---- channels */

static void
turns_colours_where_file_and_data_ask_for_it(void **state)
{
	static const char turned[] =
		"\nturned the input channels of block1_conv1 from "
		"blue-green-red to red-green-blue, as the data are "
		"standardised 'caffe'";
	static const char reversed[] =
		"\nreversed the input channels of block1_conv1, as asked";
	static const char kept[] = "\nkept the order of the input channels of "
				   "block1_conv1, as asked";
	static const struct {
		WeightsKind kind;
		Channels channels;
		KwStandardize standardize;
		gboolean reversed;
		const char *report;
	} cases[] = {
		{ WEIGHTS_KERAS, CHANNELS_AUTO, KW_STANDARDIZE_CAFFE, TRUE,
		  turned },
		{ WEIGHTS_KERAS, CHANNELS_AUTO, KW_STANDARDIZE_RESCALE, FALSE,
		  "" },
		{ WEIGHTS_KERAS, CHANNELS_AUTO, KW_STANDARDIZE_TORCH, FALSE,
		  "" },
		{ WEIGHTS_KERAS, CHANNELS_KEEP, KW_STANDARDIZE_CAFFE, FALSE,
		  kept },
		{ WEIGHTS_KERAS, CHANNELS_REVERSE, KW_STANDARDIZE_RESCALE, TRUE,
		  reversed },
		{ WEIGHTS_KW, CHANNELS_AUTO, KW_STANDARDIZE_CAFFE, FALSE, "" },
		{ WEIGHTS_KW, CHANNELS_REVERSE, KW_STANDARDIZE_CAFFE, TRUE,
		  reversed },
		{ WEIGHTS_TORCH, CHANNELS_AUTO, KW_STANDARDIZE_CAFFE, FALSE,
		  "" },
		{ WEIGHTS_TORCH, CHANNELS_REVERSE, KW_STANDARDIZE_TORCH, TRUE,
		  reversed },
	};
	static const char *const heads[] = {
		[WEIGHTS_KERAS] = "(Keras): loaded " BODY
				  ", dense_1, dense_2, predictions",
		[WEIGHTS_KW] =
			"(kw): loaded " BODY ", dense_1, dense_2, predictions",
		[WEIGHTS_TORCH] = "(PyTorch): loaded " TORCH
				  ", classifier.0, classifier.3, classifier.6 "
				  "as dense_1, dense_2, predictions",
	};
	const Fixture *f = *state;
	g_autofree float *stored = first_kernel(f->network);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *report = g_strconcat(heads[cases[i].kind],
						      cases[i].report, NULL);
		g_autofree float *kernel = NULL;
		g_auto(LoadedWeights) loaded = { 0 };

		load(f->files[cases[i].kind], f->target, cases[i].channels,
		     cases[i].standardize, &loaded, report);
		assert_int_equal(loaded.kind, cases[i].kind);
		assert_int_equal(loaded.reversed, cases[i].reversed);
		assert_false(loaded.summed);
		assert_int_equal(loaded.dense, 3);
		kernel = first_kernel(f->target);
		for (int t = 0; t < N_TAPS; t++)
			for (int c = 0; c < 3; c++) {
				int from = cases[i].reversed ? 2 - c : c;

				assert_memory_equal(
					kernel + (t * 3 + c) * N_FILTERS,
					stored + (t * 3 + from) * N_FILTERS,
					N_FILTERS * sizeof *kernel);
			}
	}
}

/* The second kernel has 64 input channels, which nothing turns. */
static void
turns_nothing_else(void **state)
{
	const Fixture *f = *state;
	g_auto(LoadedWeights) loaded = { 0 };

	weights_load(f->files[WEIGHTS_KERAS], f->target, TRUE, CHANNELS_REVERSE,
		     KW_STANDARDIZE_CAFFE, &loaded, NULL);
	for (guint l = 1; l < f->network->n_layers; l++) {
		const Layer *from = f->network->layers[l];
		const Layer *to = f->target->layers[l];
		g_autofree float *a = NULL;
		g_autofree float *b = NULL;

		if (from->kernel == NULL)
			continue;
		a = values_new(f->network->dnn, from->kernel);
		b = values_new(f->target->dnn, to->kernel);
		assert_memory_equal(a, b,
				    keras_floats(from->kernel) * sizeof *a);
	}
}

/*
 * keras.applications.vgg19.preprocess_input makes of red, green, blue the input
 * blue - 103.939, green - 116.779, red - 123.68, on which the stored kernel was
 * trained.  Ours eats red-green-blue data that are standardised 'caffe', and
 * must give the same activations.
 */
static void
gives_the_activations_of_keras(void **state)
{
	enum { H = 5, W = 4, N = H * W };
	const NaiveConv shape = { 1, H, W, 3, N_FILTERS };
	const float scale[] = { 1, 1, 1 };
	const float offset[] = { -123.68f, -116.779f, -103.939f };
	const Fixture *f = *state;
	g_autofree float *theirs = first_kernel(f->network);
	g_autofree float *bias =
		values_new(f->network->dnn, network_conv(f->network, 0)->bias);
	g_autofree float *ours = NULL;
	g_auto(LoadedWeights) loaded = { 0 };
	guint8 pixels[N * 3];
	float rgb[N * 3], bgr[N * 3], random[N * 3];
	double expected[N * N_FILTERS], actual[N * N_FILTERS];

	random_floats(random, N * 3, 5);
	for (int i = 0; i < N * 3; i++)
		pixels[i] = (guint8)(128 + 127 * random[i]);
	for (int i = 0; i < N; i++) {
		bgr[3 * i] = (float)pixels[3 * i + 2] - 103.939f;
		bgr[3 * i + 1] = (float)pixels[3 * i + 1] - 116.779f;
		bgr[3 * i + 2] = (float)pixels[3 * i] - 123.68f;
	}
	kw_standardize(rgb, pixels, N, 3, scale, offset);
	weights_load(f->files[WEIGHTS_KERAS], f->target, TRUE, CHANNELS_AUTO,
		     KW_STANDARDIZE_CAFFE, &loaded, NULL);
	ours = first_kernel(f->target);
	naive_conv_forward(&shape, expected, bgr, theirs, bias);
	naive_conv_forward(&shape, actual, rgb, ours, bias);
	/* The same 27 products in another order, in double precision. */
	for (int i = 0; i < N * N_FILTERS; i++)
		assert_true(fabs(actual[i] - expected[i]) < 1e-9);
	/* That the order matters at all: */
	naive_conv_forward(&shape, actual, rgb, theirs, bias);
	assert_true(fabs(actual[0] - expected[0]) > 1e-3);
}

/* Gray is R = G = B, whatever the order of the three. */
static void
sums_colours_for_gray(void **state)
{
	static const Channels asked[] = { CHANNELS_AUTO, CHANNELS_REVERSE,
					  CHANNELS_KEEP };
	const Fixture *f = *state;
	NetworkSpec spec = small_spec();
	g_autofree float *stored = first_kernel(f->network);
	g_autoptr(Network) gray = NULL;

	spec.channels = 1;
	gray = test_network_new(&spec);
	for (gsize i = 0; i < G_N_ELEMENTS(asked); i++) {
		g_auto(LoadedWeights) loaded = { 0 };
		g_autofree float *kernel = NULL;

		load(f->files[WEIGHTS_KERAS], gray, asked[i],
		     KW_STANDARDIZE_CAFFE, &loaded,
		     "(Keras): loaded " BODY ", dense_1, dense_2, predictions\n"
		     "summed the input channels of block1_conv1 into one, for "
		     "gray images");
		assert_true(loaded.summed);
		assert_false(loaded.reversed);
		kernel = first_kernel(gray);
		for (int t = 0; t < N_TAPS; t++)
			for (int o = 0; o < N_FILTERS; o++) {
				const float *from =
					stored + t * 3 * N_FILTERS + o;
				const float sum = from[0] + from[N_FILTERS] +
						  from[2 * N_FILTERS];

				/* one rounding more or less */
				test_assert_close(&kernel[t * N_FILTERS + o],
						  &sum, 1, 1e-6, 1e-6);
			}
	}
}

/* ---- what is said */

static void
says_what_was_skipped_and_what_is_missing(void **state)
{
	const Fixture *f = *state;
	NetworkSpec spec = small_spec();
	g_autoptr(Network) bare = NULL;
	g_auto(LoadedWeights) loaded = { 0 };
	g_autoptr(GError) error = NULL;

	spec.n_head = 0;
	spec.classes = 4;
	bare = test_network_new(&spec);
	load(f->files[WEIGHTS_KERAS], bare, CHANNELS_AUTO, KW_STANDARDIZE_NONE,
	     &loaded,
	     "(Keras): loaded " BODY "; skipped dense_1, dense_2, predictions "
	     "(3 classes); missing predictions: it starts at random");
	assert_int_equal(loaded.dense, 0);
	assert_int_equal(loaded.skipped, 3);
	assert_false(weights_load(f->files[WEIGHTS_TORCH], bare, TRUE,
				  CHANNELS_AUTO, KW_STANDARDIZE_NONE,
				  &(LoadedWeights){ 0 }, &error));
	test_assert_error(&error, KW_ERROR_INPUT, "do not fit");
}

static void
says_that_a_file_without_top_has_none(void **state)
{
	const Fixture *f = *state;
	NetworkSpec spec = small_spec();
	g_autofree char *path = g_build_filename(f->dir, "notop", NULL);
	g_autoptr(Network) tall = NULL;
	g_auto(LoadedWeights) loaded = { 0 };
	hid_t file, group;

	write_keras(path, f->network);
	file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
	group = H5Gopen2(file, "model_weights", H5P_DEFAULT);
	{
		g_auto(GStrv) names = kw_h5_get_strings(group, "layer_names");

		assert_string_equal(names[20], "block5_pool");
		assert_true(H5Adelete(group, "layer_names") >= 0);
		assert_true(kw_h5_set_strings(group, "layer_names",
					      (const char *const *)names, 21));
	}
	H5Gclose(group);
	H5Fclose(file);
	spec.n_head = 4;
	spec.head[2] = spec.head[3] = 5;
	tall = test_network_new(&spec);
	load(path, tall, CHANNELS_AUTO, KW_STANDARDIZE_RESCALE, &loaded,
	     "(Keras): loaded " BODY "; missing dense_1 ... predictions (5 "
	     "dense layers): they start at random");
	assert_int_equal(loaded.skipped, 0);
}

static void
warns_of_data_that_weights_were_not_trained_on(void **state)
{
	static const struct {
		WeightsKind kind;
		KwStandardize standardize;
		const char *wanted; /* NULL: no warning */
	} cases[] = {
		{ WEIGHTS_KERAS, KW_STANDARDIZE_NONE, "caffe" },
		{ WEIGHTS_KERAS, KW_STANDARDIZE_RESCALE, "caffe" },
		{ WEIGHTS_KERAS, KW_STANDARDIZE_NORMALIZE, "caffe" },
		{ WEIGHTS_KERAS, KW_STANDARDIZE_TORCH, "caffe" },
		{ WEIGHTS_KERAS, KW_STANDARDIZE_CAFFE, NULL },
		{ WEIGHTS_TORCH, KW_STANDARDIZE_RESCALE, "torch" },
		{ WEIGHTS_TORCH, KW_STANDARDIZE_CAFFE, "torch" },
		{ WEIGHTS_TORCH, KW_STANDARDIZE_TORCH, NULL },
		{ WEIGHTS_KW, KW_STANDARDIZE_RESCALE, NULL },
		{ WEIGHTS_KW, KW_STANDARDIZE_CAFFE, NULL },
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *advice =
			weights_advice(cases[i].kind, cases[i].standardize);
		g_autofree char *way = NULL;
		g_autofree char *ours = NULL;

		if (cases[i].wanted == NULL) {
			assert_null(advice);
			continue;
		}
		way = g_strdup_printf("kw-prep --standardize %s",
				      cases[i].wanted);
		ours = g_strdup_printf(
			"these are standardised '%s'",
			kw_standardize_names[cases[i].standardize]);
		assert_non_null(advice);
		assert_non_null(strstr(advice, way));
		assert_non_null(strstr(advice, ours));
		assert_null(strchr(advice, '\n'));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_kinds_by_content),
		cmocka_unit_test(refuses_files_of_other_kinds),
		cmocka_unit_test(turns_colours_where_file_and_data_ask_for_it),
		cmocka_unit_test(turns_nothing_else),
		cmocka_unit_test(gives_the_activations_of_keras),
		cmocka_unit_test(sums_colours_for_gray),
		cmocka_unit_test(says_what_was_skipped_and_what_is_missing),
		cmocka_unit_test(says_that_a_file_without_top_has_none),
		cmocka_unit_test(
			warns_of_data_that_weights_were_not_trained_on),
	};

	kw_h5_start();
	return cmocka_run_group_tests(tests, setup, teardown) != 0;
}
