/*
 * The weight files of Keras's generations, written here byte for byte as each
 * of them lays them out, and files that are none of them.
 */
#include "tests/support/kwtest.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "kw/error.h"
#include "lib/h5.h"
#include "train/keras_file.h"

static char *
in_dir(void **state, const char *name)
{
	return g_build_filename(*state, name, NULL);
}

/* ---- writing */

static const hsize_t conv_dims[] = { 3, 3, 2, 4 };
static const hsize_t dense_dims[] = { 5, 4 };
static const hsize_t bias_dims[] = { 4 };

/* A dataset of first, first + 1, ..., in groups that are made on the way. */
static void
put(hid_t parent, const char *name, hid_t type, int rank, const hsize_t *dims,
    float first)
{
	g_auto(KwHid) links = H5Pcreate(H5P_LINK_CREATE);
	g_auto(KwHid) space = H5Screate_simple(rank, dims, NULL);
	g_auto(KwHid) dataset = H5I_INVALID_HID;
	gsize n = 1;

	for (int i = 0; i < rank; i++)
		n *= dims[i];
	g_autofree float *values = g_new(float, n);
	for (gsize i = 0; i < n; i++)
		values[i] = first + (float)i;
	H5Pset_create_intermediate_group(links, 1);
	dataset = H5Dcreate2(parent, name, type, space, links, H5P_DEFAULT,
			     H5P_DEFAULT);
	assert_true(dataset >= 0);
	assert_true(H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL,
			     H5P_DEFAULT, values) >= 0);
}

static void
set_names(hid_t object, const char *attribute, const char *const *names)
{
	assert_true(kw_h5_set_strings(object, attribute, names,
				      g_strv_length((char **)names)));
}

/* Names of fixed length without a NUL behind the longest, as h5py wrote them.
 */
static void
set_fixed_names(hid_t object, const char *attribute, const char *const *names)
{
	gsize n = g_strv_length((char **)names), length = 0;
	g_auto(KwHid) type = H5Tcopy(H5T_C_S1);
	g_autofree char *bytes = NULL;

	for (gsize i = 0; i < n; i++)
		length = MAX(length, strlen(names[i]));
	bytes = g_malloc0(n * length);
	for (gsize i = 0; i < n; i++)
		memcpy(bytes + i * length, names[i], strlen(names[i]));
	H5Tset_size(type, length);
	H5Tset_strpad(type, H5T_STR_NULLPAD);
	assert_true(kw_h5_set_numbers(object, attribute, type, type, bytes, n));
}

/* As h5py writes lists of bytes: of variable length, and ASCII. */
static void
set_ascii_names(hid_t object, const char *attribute, const char *const *names)
{
	g_auto(KwHid) type = H5Tcopy(H5T_C_S1);

	H5Tset_size(type, H5T_VARIABLE);
	H5Tset_strpad(type, H5T_STR_NULLTERM);
	H5Tset_cset(type, H5T_CSET_ASCII);
	assert_true(kw_h5_set_numbers(object, attribute, type, type, names,
				      g_strv_length((char **)names)));
}

/* h5py stores an empty list as an array of no doubles. */
static void
set_no_names(hid_t object, const char *attribute)
{
	const double none[] = { 0 };

	assert_true(kw_h5_set_numbers(object, attribute, H5T_IEEE_F64LE,
				      H5T_NATIVE_DOUBLE, none, 0));
}

static hid_t
create(const char *path)
{
	hid_t file = kw_h5_create(path, path, NULL);

	assert_true(file >= 0);
	return file;
}

/* A layer of a legacy file: a group with weight_names and two datasets. */
static void
put_legacy(hid_t parent, const char *layer, const char *kernel,
	   const char *bias, hid_t type, gboolean conv, float first)
{
	g_auto(KwHid) group = kw_h5_create_group(parent, layer);
	const char *const names[] = { kernel, bias, NULL };

	set_names(group, "weight_names", names);
	put(group, kernel, type, conv ? 4 : 2, conv ? conv_dims : dense_dims,
	    first);
	put(group, bias, type, 1, bias_dims, first + 1000);
}

static void
put_empty(hid_t parent, const char *layer)
{
	g_auto(KwHid) group = kw_h5_create_group(parent, layer);

	set_no_names(group, "weight_names");
}

/* ---- checking */

static KerasFile *
open_file(const char *path)
{
	g_autoptr(GError) error = NULL;
	KerasFile *file = keras_file_open(path, &error);

	test_assert_no_error(error);
	return file;
}

/* The i-th layer of a kind has this name, its shape, and values from first. */
static void
assert_layer(const KerasFile *file, KerasKind kind, guint i, const char *name,
	     float first)
{
	g_autoptr(GPtrArray) layers = keras_file_layers(file, kind);
	const KerasLayer *layer;
	float kernel[72], bias[4];
	g_autoptr(GError) error = NULL;

	assert_true(i < layers->len);
	layer = layers->pdata[i];
	assert_string_equal(layer->name, name);
	assert_int_equal(layer->h, kind == KERAS_CONV ? 3 : 1);
	assert_int_equal(layer->w, kind == KERAS_CONV ? 3 : 1);
	assert_int_equal(layer->in, kind == KERAS_CONV ? 2 : 5);
	assert_int_equal(layer->out, 4);
	keras_file_read(file, layer, kernel, bias, &error);
	test_assert_no_error(error);
	for (int k = 0; k < (kind == KERAS_CONV ? 72 : 20); k++)
		assert_true(kernel[k] == first + (float)k);
	for (int k = 0; k < 4; k++)
		assert_true(bias[k] == first + 1000 + (float)k);
}

static void
assert_counts(const KerasFile *file, guint conv, guint dense)
{
	g_autoptr(GPtrArray) convs = keras_file_layers(file, KERAS_CONV);
	g_autoptr(GPtrArray) denses = keras_file_layers(file, KERAS_DENSE);

	assert_int_equal(convs->len, conv);
	assert_int_equal(denses->len, dense);
}

static void
assert_refused(const char *path, gint code, const char *text)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(KerasFile) file = keras_file_open(path, &error);

	assert_null(file);
	test_assert_error(&error, code, text);
}

/* ---- generations */

static void
reads_weights_of_keras_1(void **state)
{
	g_autofree char *path = in_dir(state, "keras1.h5");
	static const char *const layers[] = { "input_2", "block1_conv1",
					      "block1_pool", "fc1", NULL };
	static const char *const weights[] = { "block1_conv1_W_1:0",
					       "block1_conv1_b_1:0", NULL };
	g_autoptr(KerasFile) read = NULL;

	{
		g_auto(KwHid) file = create(path);
		g_auto(KwHid) conv = kw_h5_create_group(file, layers[1]);

		set_fixed_names(file, "layer_names", layers);
		put_empty(file, "input_2");
		put_empty(file, "block1_pool");
		set_fixed_names(conv, "weight_names", weights);
		put(conv, weights[0], H5T_IEEE_F32LE, 4, conv_dims, 1);
		put(conv, weights[1], H5T_IEEE_F32LE, 1, bias_dims, 1001);
		put_legacy(file, "fc1", "fc1_W_1:0", "fc1_b_1:0",
			   H5T_IEEE_F32LE, FALSE, 2);
	}
	read = open_file(path);
	assert_counts(read, 1, 1);
	assert_layer(read, KERAS_CONV, 0, "block1_conv1", 1);
	assert_layer(read, KERAS_DENSE, 0, "fc1", 2);
}

static void
reads_a_whole_model_of_keras_2(void **state)
{
	g_autofree char *path = in_dir(state, "keras2.h5");
	static const char *const layers[] = { "a", "flatten", "b", NULL };
	g_autoptr(KerasFile) read = NULL;

	{
		g_auto(KwHid) file = create(path);
		g_auto(KwHid) group = kw_h5_create_group(file, "model_weights");

		assert_true(kw_h5_set_string(file, "model_config", "{}"));
		set_names(group, "layer_names", layers);
		put_legacy(group, "a", "a/kernel:0", "a/bias:0", H5T_IEEE_F32LE,
			   TRUE, 3);
		put_empty(group, "flatten");
		put_legacy(group, "b", "b/kernel:0", "b/bias:0", H5T_IEEE_F32LE,
			   FALSE, 4);
		/* Not of the network. */
		put_empty(group, "top_level_model_weights");
		put(file, "optimizer_weights/SGD/momentum:0", H5T_IEEE_F32LE, 4,
		    conv_dims, 9);
	}
	read = open_file(path);
	assert_counts(read, 1, 1);
	assert_layer(read, KERAS_CONV, 0, "a", 3);
	assert_layer(read, KERAS_DENSE, 0, "b", 4);
}

static void
reads_a_nested_model_of_keras_3(void **state)
{
	g_autofree char *path = in_dir(state, "keras3.h5");
	static const char *const layers[] = { "vgg19", "top", NULL };
	static const char *const weights[] = {
		"vgg19/block1_conv2/kernel", "vgg19/block1_conv2/bias",
		"vgg19/block1_conv1/kernel", "vgg19/block1_conv1/bias", NULL
	};
	g_autoptr(KerasFile) read = NULL;

	{
		g_auto(KwHid) file = create(path);
		g_auto(KwHid) group = kw_h5_create_group(file, "model_weights");
		g_auto(KwHid) vgg = kw_h5_create_group(group, "vgg19");

		set_names(group, "layer_names", layers);
		set_names(vgg, "weight_names", weights);
		put(vgg, weights[0], H5T_IEEE_F32LE, 4, conv_dims, 5);
		put(vgg, weights[1], H5T_IEEE_F32LE, 1, bias_dims, 1005);
		put(vgg, weights[2], H5T_IEEE_F32LE, 4, conv_dims, 6);
		put(vgg, weights[3], H5T_IEEE_F32LE, 1, bias_dims, 1006);
		put_legacy(group, "top", "sequential/top/kernel",
			   "sequential/top/bias", H5T_IEEE_F32LE, FALSE, 7);
	}
	read = open_file(path);
	assert_counts(read, 2, 1);
	assert_layer(read, KERAS_CONV, 0, "block1_conv2", 5);
	assert_layer(read, KERAS_CONV, 1, "block1_conv1", 6);
	assert_layer(read, KERAS_DENSE, 0, "top", 7);
}

/* A layer of a .weights.h5 file. */
static void
put_vars(hid_t file, const char *layer, gboolean conv, float first)
{
	g_autofree char *kernel = g_strconcat(layer, "/vars/0", NULL);
	g_autofree char *bias = g_strconcat(layer, "/vars/1", NULL);

	put(file, kernel, H5T_IEEE_F32LE, conv ? 4 : 2,
	    conv ? conv_dims : dense_dims, first);
	put(file, bias, H5T_IEEE_F32LE, 1, bias_dims, first + 1000);
}

static void
reads_weights_h5_of_keras_3_in_the_order_of_its_numbers(void **state)
{
	g_autofree char *path = in_dir(state, "x.weights.h5");
	g_autoptr(KerasFile) read = NULL;

	{
		g_auto(KwHid) file = create(path);
		const hsize_t state_dims[] = { 2 };

		put_vars(file, "layers/functional/layers/conv2d", TRUE, 0);
		for (int i = 11; i >= 1; i--) {
			g_autofree char *name = g_strdup_printf(
				"layers/functional/layers/conv2d_%d", i);

			put_vars(file, name, TRUE, (float)i);
		}
		put_vars(file, "layers/dense", FALSE, 20);
		put(file, "layers/dropout/seed_generator/vars/0", H5T_STD_U32LE,
		    1, state_dims, 0);
		put(file, "optimizer/vars/0", H5T_STD_I64LE, 1, state_dims, 0);
	}
	read = open_file(path);
	assert_counts(read, 12, 1);
	assert_layer(read, KERAS_CONV, 0, "conv2d", 0);
	assert_layer(read, KERAS_CONV, 2, "conv2d_2", 2);
	assert_layer(read, KERAS_CONV, 11, "conv2d_11", 11);
	assert_layer(read, KERAS_DENSE, 0, "dense", 20);
}

static void
takes_the_name_that_a_layer_of_keras_3_tells(void **state)
{
	g_autofree char *path = in_dir(state, "named.weights.h5");
	g_autoptr(KerasFile) read = NULL;

	{
		g_auto(KwHid) file = create(path);
		g_auto(KwHid) vars = H5I_INVALID_HID;

		put_vars(file, "layers/conv2d", TRUE, 1);
		vars = H5Gopen2(file, "layers/conv2d/vars", H5P_DEFAULT);
		assert_true(kw_h5_set_string(vars, "name", "block1_conv1"));
	}
	read = open_file(path);
	assert_layer(read, KERAS_CONV, 0, "block1_conv1", 1);
}

static void
reads_half_and_double_precision(void **state)
{
	g_autofree char *path = in_dir(state, "types.h5");
	static const char *const layers[] = { "half", "double", NULL };
	g_autoptr(KerasFile) read = NULL;

	{
		g_auto(KwHid) file = create(path);
		g_auto(KwHid) half = H5Tcopy(H5T_IEEE_F32LE);

		/* IEEE binary16, as numpy.float16 is stored. */
		H5Tset_fields(half, 15, 10, 5, 0, 10);
		H5Tset_size(half, 2);
		H5Tset_ebias(half, 15);
		set_names(file, "layer_names", layers);
		put_legacy(file, "half", "k", "b", half, FALSE, 1);
		put_legacy(file, "double", "k", "b", H5T_IEEE_F64LE, TRUE, 2);
	}
	read = open_file(path);
	assert_layer(read, KERAS_DENSE, 0, "half", 1);
	assert_layer(read, KERAS_CONV, 0, "double", 2);
}

static void
joins_lists_of_names_that_keras_has_split(void **state)
{
	g_autofree char *path = in_dir(state, "split.h5");
	static const char *const first[] = { "a", "b", NULL };
	static const char *const second[] = { "c", NULL };
	g_autoptr(KerasFile) read = NULL;

	{
		g_auto(KwHid) file = create(path);

		set_names(file, "layer_names0", first);
		set_names(file, "layer_names1", second);
		put_legacy(file, "a", "k", "b", H5T_IEEE_F32LE, TRUE, 1);
		put_legacy(file, "b", "k", "b", H5T_IEEE_F32LE, TRUE, 2);
		put_legacy(file, "c", "k", "b", H5T_IEEE_F32LE, TRUE, 3);
	}
	read = open_file(path);
	assert_counts(read, 3, 0);
	assert_layer(read, KERAS_CONV, 2, "c", 3);
}

static void
joins_names_of_weights_that_keras_has_split(void **state)
{
	g_autofree char *path = in_dir(state, "split_weights.h5");
	static const char *const layers[] = { "vgg19", NULL };
	static const char *const first[] = { "vgg19/a/kernel:0", NULL };
	static const char *const second[] = { "vgg19/a/bias:0",
					      "vgg19/b/kernel:0",
					      "vgg19/b/bias:0", NULL };
	g_autoptr(KerasFile) read = NULL;

	{
		g_auto(KwHid) file = create(path);
		g_auto(KwHid) group = kw_h5_create_group(file, layers[0]);

		set_ascii_names(file, "layer_names", layers);
		set_ascii_names(group, "weight_names0", first);
		set_ascii_names(group, "weight_names1", second);
		put(group, first[0], H5T_IEEE_F32LE, 4, conv_dims, 1);
		put(group, second[0], H5T_IEEE_F32LE, 1, bias_dims, 1001);
		put(group, second[1], H5T_IEEE_F32LE, 2, dense_dims, 2);
		put(group, second[2], H5T_IEEE_F32LE, 1, bias_dims, 1002);
	}
	read = open_file(path);
	assert_counts(read, 1, 1);
	assert_layer(read, KERAS_CONV, 0, "a", 1);
	assert_layer(read, KERAS_DENSE, 0, "b", 2);
}

/* The dense kernel of 2, 3, ..., in chunks that are shuffled and deflated. */
static void
put_compressed(hid_t group, const char *name)
{
	const hsize_t chunk[] = { 2, 3 };
	g_auto(KwHid) creation = H5Pcreate(H5P_DATASET_CREATE);
	g_auto(KwHid) space = H5Screate_simple(2, dense_dims, NULL);
	g_auto(KwHid) dataset = H5I_INVALID_HID;
	float values[20];

	for (int i = 0; i < 20; i++)
		values[i] = 2 + (float)i;
	assert_true(H5Pset_chunk(creation, 2, chunk) >= 0);
	assert_true(H5Pset_shuffle(creation) >= 0);
	assert_true(H5Pset_deflate(creation, 4) >= 0);
	dataset = H5Dcreate2(group, name, H5T_IEEE_F32LE, space, H5P_DEFAULT,
			     creation, H5P_DEFAULT);
	assert_true(H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL,
			     H5P_DEFAULT, values) >= 0);
}

static void
reads_compressed_weights(void **state)
{
	g_autofree char *path = in_dir(state, "compressed.h5");
	static const char *const layers[] = { "a", NULL };
	static const char *const weights[] = { "k", "b", NULL };
	g_autoptr(KerasFile) read = NULL;

	{
		g_auto(KwHid) file = create(path);
		g_auto(KwHid) group = kw_h5_create_group(file, "a");

		set_names(file, "layer_names", layers);
		set_names(group, "weight_names", weights);
		put_compressed(group, "k");
		put(group, "b", H5T_IEEE_F32LE, 1, bias_dims, 1002);
	}
	read = open_file(path);
	assert_layer(read, KERAS_DENSE, 0, "a", 2);
}

static void
tells_kw_models_and_hdf5_from_others(void **state)
{
	g_autofree char *path = in_dir(state, "kind.h5");
	g_autofree char *text = in_dir(state, "kind.txt");
	static const char *const layers[] = { "a", NULL };

	for (int is_kw = 0; is_kw < 2; is_kw++) {
		g_autoptr(KerasFile) read = NULL;

		{
			const gint32 version = 1;
			g_auto(KwHid) file = create(path);

			set_names(file, "layer_names", layers);
			put_legacy(file, "a", "k", "b", H5T_IEEE_F32LE, TRUE,
				   1);
			if (is_kw)
				kw_h5_set_scalar(file, "kw_format_version",
						 H5T_STD_I32LE,
						 H5T_NATIVE_INT32, &version);
		}
		read = open_file(path);
		assert_int_equal(keras_file_is_kw_model(read), is_kw);
	}
	assert_true(keras_file_is_hdf5(path));
	assert_true(g_file_set_contents(text, "weights\n", -1, NULL));
	assert_false(keras_file_is_hdf5(text));
}

/* ---- what is refused */

static void
refuses_what_is_no_hdf5_file(void **state)
{
	g_autofree char *missing = in_dir(state, "missing.h5");
	g_autofree char *text = in_dir(state, "text.h5");

	assert_refused(missing, KW_ERROR_INPUT, "No such file");
	assert_refused(*state, KW_ERROR_INPUT, "it is a folder");
	assert_refused("/dev/null", KW_ERROR_INPUT, "not a regular file");
	assert_true(g_file_set_contents(text, "weights\n", -1, NULL));
	assert_refused(text, KW_ERROR_FORMAT, "not an HDF5 file");
}

static void
refuses_a_file_at_every_length_but_its_own(void **state)
{
	g_autofree char *path = in_dir(state, "whole.h5");
	g_autofree char *cut = in_dir(state, "cut.h5");
	static const char *const layers[] = { "a", NULL };
	g_autofree char *bytes = NULL;
	gsize n;

	{
		g_auto(KwHid) file = create(path);

		set_names(file, "layer_names", layers);
		put_legacy(file, "a", "k", "b", H5T_IEEE_F32LE, TRUE, 1);
	}
	assert_true(g_file_get_contents(path, &bytes, &n, NULL));
	for (gsize length = 0; length < n; length += 97) {
		assert_true(
			g_file_set_contents(cut, bytes, (gssize)length, NULL));
		assert_refused(cut, KW_ERROR_FORMAT,
			       length == 0 ? "not an HDF5 file" : "cut short");
	}
}

static void
refuses_hdf5_without_weights(void **state)
{
	g_autofree char *path = in_dir(state, "empty.h5");

	{
		g_auto(KwHid) file = create(path);
		g_auto(KwHid) group = kw_h5_create_group(file, "train");

		assert_true(group >= 0);
		put(file, "images", H5T_STD_U8LE, 4, conv_dims, 0);
	}
	assert_refused(path, KW_ERROR_FORMAT, "holds no Keras weights");
}

static void
refuses_names_without_groups_or_datasets(void **state)
{
	g_autofree char *path = in_dir(state, "lacking.h5");
	static const char *const layers[] = { "a", NULL };
	static const char *const weights[] = { "k", "b", NULL };

	{
		g_auto(KwHid) file = create(path);

		set_names(file, "layer_names", layers);
	}
	assert_refused(path, KW_ERROR_FORMAT, "lacks the layer 'a'");
	{
		g_auto(KwHid) file = create(path);
		g_auto(KwHid) group = kw_h5_create_group(file, "a");

		set_names(file, "layer_names", layers);
		assert_true(group >= 0);
	}
	assert_refused(path, KW_ERROR_FORMAT, "no weight_names");
	{
		g_auto(KwHid) file = create(path);
		g_auto(KwHid) group = kw_h5_create_group(file, "a");

		set_names(file, "layer_names", layers);
		set_names(group, "weight_names", weights);
		put(group, "k", H5T_IEEE_F32LE, 4, conv_dims, 0);
	}
	assert_refused(path, KW_ERROR_FORMAT, "lacks the weights 'b'");
}

/* A file whose layer `a` is what `make` puts there. */
static void
assert_layer_refused(void **state, void (*make)(hid_t group), const char *text)
{
	g_autofree char *path = in_dir(state, "refused.h5");
	static const char *const layers[] = { "a", NULL };
	static const char *const weights[] = { "k", "b", NULL };

	{
		g_auto(KwHid) file = create(path);
		g_auto(KwHid) group = kw_h5_create_group(file, "a");

		set_names(file, "layer_names", layers);
		set_names(group, "weight_names", weights);
		make(group);
	}
	assert_refused(path, KW_ERROR_FORMAT, text);
}

static void
put_integers(hid_t group)
{
	put(group, "k", H5T_STD_I32LE, 4, conv_dims, 0);
	put(group, "b", H5T_IEEE_F32LE, 1, bias_dims, 0);
}

static void
put_rank_5(hid_t group)
{
	const hsize_t dims[] = { 1, 3, 3, 2, 4 };

	put(group, "k", H5T_IEEE_F32LE, 5, dims, 0);
	put(group, "b", H5T_IEEE_F32LE, 1, bias_dims, 0);
}

static void
put_short_bias(hid_t group)
{
	const hsize_t dims[] = { 3 };

	put(group, "k", H5T_IEEE_F32LE, 4, conv_dims, 0);
	put(group, "b", H5T_IEEE_F32LE, 1, dims, 0);
}

static void
put_batch_normalization(hid_t group)
{
	put(group, "k", H5T_IEEE_F32LE, 1, bias_dims, 0);
	put(group, "b", H5T_IEEE_F32LE, 1, bias_dims, 0);
}

static void
put_soft_link(hid_t group)
{
	put(group, "k", H5T_IEEE_F32LE, 4, conv_dims, 0);
	put(group, "elsewhere", H5T_IEEE_F32LE, 1, bias_dims, 0);
	assert_true(H5Lcreate_soft("/a/elsewhere", group, "b", H5P_DEFAULT,
				   H5P_DEFAULT) >= 0);
}

static void
put_external_link(hid_t group)
{
	put(group, "k", H5T_IEEE_F32LE, 4, conv_dims, 0);
	assert_true(H5Lcreate_external("refused.h5", "/a/k", group, "b",
				       H5P_DEFAULT, H5P_DEFAULT) >= 0);
}

static void
put_external_bytes(hid_t group)
{
	g_auto(KwHid) creation = H5Pcreate(H5P_DATASET_CREATE);
	g_auto(KwHid) space = H5Screate_simple(4, conv_dims, NULL);
	g_auto(KwHid) dataset = H5I_INVALID_HID;

	assert_true(H5Pset_external(creation, "/etc/hostname", 0,
				    72 * sizeof(float)) >= 0);
	dataset = H5Dcreate2(group, "k", H5T_IEEE_F32LE, space, H5P_DEFAULT,
			     creation, H5P_DEFAULT);
	assert_true(dataset >= 0);
	put(group, "b", H5T_IEEE_F32LE, 1, bias_dims, 0);
}

/* A virtual dataset, whose bytes may come from anywhere. */
static void
put_virtual(hid_t group)
{
	g_auto(KwHid) creation = H5Pcreate(H5P_DATASET_CREATE);
	g_auto(KwHid) space = H5Screate_simple(4, conv_dims, NULL);
	g_auto(KwHid) dataset = H5I_INVALID_HID;

	assert_true(H5Pset_virtual(creation, space, "other.h5", "k", space) >=
		    0);
	dataset = H5Dcreate2(group, "k", H5T_IEEE_F32LE, space, H5P_DEFAULT,
			     creation, H5P_DEFAULT);
	assert_true(dataset >= 0);
	put(group, "b", H5T_IEEE_F32LE, 1, bias_dims, 0);
}

static void
refuses_weights_that_are_no_kernel_with_a_bias(void **state)
{
	assert_layer_refused(state, put_integers, "'k', which is not a weight");
	assert_layer_refused(state, put_rank_5, "'k', which is not a weight");
	assert_layer_refused(state, put_short_bias, "no kernel with a bias");
	assert_layer_refused(state, put_batch_normalization,
			     "no kernel with a bias");
}

static void
refuses_links_and_bytes_outside_the_file(void **state)
{
	assert_layer_refused(state, put_soft_link, "lacks the weights 'b'");
	assert_layer_refused(state, put_external_link, "lacks the weights 'b'");
	assert_layer_refused(state, put_external_bytes,
			     "'k', which is not a weight");
	assert_layer_refused(state, put_virtual, "'k', which is not a weight");
}

static void
refuses_groups_that_link_in_circles(void **state)
{
	g_autofree char *path = in_dir(state, "circle.h5");

	{
		g_auto(KwHid) file = create(path);
		g_auto(KwHid) group = kw_h5_create_group(file, "layers");

		for (char name[] = "a"; *name <= 'e'; ++*name)
			assert_true(H5Lcreate_hard(file, "layers", group, name,
						   H5P_DEFAULT,
						   H5P_DEFAULT) >= 0);
	}
	assert_refused(path, KW_ERROR_FORMAT, "groups");
}

static void
refuses_values_that_are_not_finite(void **state)
{
	g_autofree char *path = in_dir(state, "nan.h5");
	static const char *const layers[] = { "a", NULL };
	g_autoptr(GError) error = NULL;
	g_autoptr(KerasFile) read = NULL;
	g_autoptr(GPtrArray) dense = NULL;
	float kernel[20], bias[4];

	{
		g_auto(KwHid) file = create(path);

		set_names(file, "layer_names", layers);
		put_legacy(file, "a", "k", "b", H5T_IEEE_F32LE, FALSE, NAN);
	}
	read = open_file(path);
	dense = keras_file_layers(read, KERAS_DENSE);
	assert_false(
		keras_file_read(read, dense->pdata[0], kernel, bias, &error));
	test_assert_error(&error, KW_ERROR_FORMAT, "not finite");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_weights_of_keras_1),
		cmocka_unit_test(reads_a_whole_model_of_keras_2),
		cmocka_unit_test(reads_a_nested_model_of_keras_3),
		cmocka_unit_test(
			reads_weights_h5_of_keras_3_in_the_order_of_its_numbers),
		cmocka_unit_test(takes_the_name_that_a_layer_of_keras_3_tells),
		cmocka_unit_test(reads_half_and_double_precision),
		cmocka_unit_test(joins_lists_of_names_that_keras_has_split),
		cmocka_unit_test(joins_names_of_weights_that_keras_has_split),
		cmocka_unit_test(reads_compressed_weights),
		cmocka_unit_test(tells_kw_models_and_hdf5_from_others),
		cmocka_unit_test(refuses_what_is_no_hdf5_file),
		cmocka_unit_test(refuses_a_file_at_every_length_but_its_own),
		cmocka_unit_test(refuses_hdf5_without_weights),
		cmocka_unit_test(refuses_names_without_groups_or_datasets),
		cmocka_unit_test(
			refuses_weights_that_are_no_kernel_with_a_bias),
		cmocka_unit_test(refuses_links_and_bytes_outside_the_file),
		cmocka_unit_test(refuses_groups_that_link_in_circles),
		cmocka_unit_test(refuses_values_that_are_not_finite),
	};

	kw_h5_start();
	return cmocka_run_group_tests(tests, test_dir_setup,
				      test_dir_teardown) != 0;
}
