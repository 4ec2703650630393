/*
 * Layers in safetensors files: names of torchvision and timm, and what is none
 * of VGG19's.  The tensors are small: shapes are compared with a network's
 * elsewhere.
 */
#include "tests/support/tensors.h"

#include <string.h>

#include "kw/error.h"
#include "train/torch_file.h"

enum { N_VALUES = 64 };

/* One tensor of a file; the values of all count on from 0. */
typedef struct {
	const char *name, *shape;
	int n;
} Piece;

static char *
write_pieces(void **state, const Piece *pieces, gsize n_pieces)
{
	char *path = g_build_filename(*state, "x.bin", NULL);
	GString *header = g_string_new("{");
	float values[N_VALUES];
	int at = 0;

	for (gsize i = 0; i < n_pieces; i++) {
		g_string_append_printf(
			header,
			"%s\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],"
			"\"data_offsets\":[%d,%d]}",
			i > 0 ? "," : "", pieces[i].name, pieces[i].shape,
			4 * at, 4 * (at + pieces[i].n));
		at += pieces[i].n;
	}
	assert_true(at <= N_VALUES);
	for (int i = 0; i < at; i++)
		values[i] = (float)i;
	g_string_append_c(header, '}');
	tensors_write(path, header->str, values, 4 * (gsize)at);
	g_string_free(header, TRUE);
	return path;
}

static TorchFile *
open_pieces(void **state, const Piece *pieces, gsize n)
{
	g_autofree char *path = write_pieces(state, pieces, n);
	g_autoptr(GError) error = NULL;
	TorchFile *file = torch_file_open(path, &error);

	test_assert_no_error(error);
	return file;
}

static void
assert_refused(void **state, const Piece *pieces, gsize n, const char *text)
{
	g_autofree char *path = write_pieces(state, pieces, n);
	g_autoptr(GError) error = NULL;
	g_autoptr(TorchFile) file = torch_file_open(path, &error);

	assert_null(file);
	assert_non_null(strstr(error->message, path));
	test_assert_error(&error, KW_ERROR_FORMAT, text);
}

static void
assert_named(const GPtrArray *layers, guint i, const char *name)
{
	const KerasLayer *layer = layers->pdata[i];

	assert_string_equal(layer->name, name);
}

/* ---- what is read */

/* In the order of their numbers, not of the file or of the alphabet. */
static void
sorts_layers_by_their_numbers(void **state)
{
	static const Piece pieces[] = {
		{ "features.10.bias", "1", 1 },
		{ "features.10.weight", "1,1,1,1", 1 },
		{ "classifier.12.weight", "1,1", 1 },
		{ "classifier.12.bias", "1", 1 },
		{ "features.2.weight", "1,1,1,1", 1 },
		{ "classifier.3.bias", "1", 1 },
		{ "classifier.3.weight", "1,1", 1 },
		{ "features.2.bias", "1", 1 },
	};
	g_autoptr(TorchFile) file =
		open_pieces(state, pieces, G_N_ELEMENTS(pieces));
	g_autoptr(GPtrArray) conv = torch_file_layers(file, KERAS_CONV);
	g_autoptr(GPtrArray) dense = torch_file_layers(file, KERAS_DENSE);

	assert_int_equal(conv->len, 2);
	assert_int_equal(dense->len, 2);
	assert_named(conv, 0, "features.2");
	assert_named(conv, 1, "features.10");
	assert_named(dense, 0, "classifier.3");
	assert_named(dense, 1, "classifier.12");
}

static void
sorts_the_names_of_timm(void **state)
{
	static const Piece pieces[] = {
		{ "head.fc.weight", "2,3", 6 },
		{ "head.fc.bias", "2", 2 },
		{ "pre_logits.fc2.weight", "3,1,1,1", 3 },
		{ "pre_logits.fc2.bias", "3", 3 },
		{ "pre_logits.fc1.weight", "1,2,3,4", 24 },
		{ "pre_logits.fc1.bias", "1", 1 },
	};
	g_autoptr(TorchFile) file =
		open_pieces(state, pieces, G_N_ELEMENTS(pieces));
	g_autoptr(GPtrArray) dense = torch_file_layers(file, KERAS_DENSE);
	const KerasLayer *fc1 = dense->pdata[0];

	assert_int_equal(dense->len, 3);
	assert_int_equal(fc1->in, 2);
	assert_int_equal(fc1->h, 3);
	assert_int_equal(fc1->w, 4);
	assert_int_equal(fc1->out, 1);
	assert_named(dense, 0, "pre_logits.fc1");
	assert_named(dense, 1, "pre_logits.fc2");
	assert_named(dense, 2, "head.fc");
}

/* out x in x h x w = 2 x 2 x 1 x 3, by hand. */
static void
turns_a_convolution(void **state)
{
	static const Piece pieces[] = {
		{ "features.0.weight", "2,2,1,3", 12 },
		{ "features.0.bias", "2", 2 },
	};
	/* h x w x in x out; output o counts from 6 o, input i from 3 i */
	const float expected[] = { 0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11 };
	g_autoptr(TorchFile) file = open_pieces(state, pieces, 2);
	g_autoptr(GPtrArray) layers = torch_file_layers(file, KERAS_CONV);
	g_autoptr(GError) error = NULL;
	float kernel[12], bias[2];

	torch_file_read(file, layers->pdata[0], (Shape){ 9, 9, 9 }, kernel,
			bias, &error);
	test_assert_no_error(error);
	assert_memory_equal(kernel, expected, sizeof expected);
	assert_true(bias[0] == 12 && bias[1] == 13);
}

/* 17 outputs, more than are turned at a time, on 2 channels of 1 x 1. */
static void
turns_dense_layers_of_odd_sizes(void **state)
{
	static const Piece pieces[] = {
		{ "classifier.0.weight", "17,2", 34 },
		{ "classifier.0.bias", "17", 17 },
	};
	g_autoptr(TorchFile) file = open_pieces(state, pieces, 2);
	g_autoptr(GPtrArray) layers = torch_file_layers(file, KERAS_DENSE);
	float kernel[34], bias[17];

	assert_true(torch_file_read(file, layers->pdata[0], (Shape){ 1, 1, 2 },
				    kernel, bias, NULL));
	for (int i = 0; i < 2; i++)
		for (int o = 0; o < 17; o++)
			assert_true(kernel[i * 17 + o] == (float)(2 * o + i));
	for (int o = 0; o < 17; o++)
		assert_true(bias[o] == (float)(34 + o));
}

/* The same six inputs as 1 x 3 pixels of 2 channels: channels come first. */
static void
turns_what_was_flattened(void **state)
{
	static const Piece pieces[][2] = {
		{ { "classifier.0.weight", "1,6", 6 },
		  { "classifier.0.bias", "1", 1 } },
		{ { "pre_logits.fc1.weight", "1,2,1,3", 6 },
		  { "pre_logits.fc1.bias", "1", 1 } },
	};
	const float expected[] = { 0, 3, 1, 4, 2, 5 };

	for (int i = 0; i < 2; i++) {
		g_autoptr(TorchFile) file = open_pieces(state, pieces[i], 2);
		g_autoptr(GPtrArray) layers =
			torch_file_layers(file, KERAS_DENSE);
		float kernel[6], bias[1];

		assert_true(torch_file_read(file, layers->pdata[0],
					    (Shape){ 1, 3, 2 }, kernel, bias,
					    NULL));
		assert_memory_equal(kernel, expected, sizeof expected);
	}
}

/* ---- what is refused */

/* Two tensors of a value each, or as the shape tells. */
static void
refuses_what_is_not_of_vgg19(void **state)
{
	static const struct {
		Piece pieces[2];
		const char *message;
	} cases[] = {
		{ { { "layer1.0.conv1.weight", "1,1,1,1", 1 },
		    { "features.0.bias", "1", 1 } },
		  "holds 'layer1.0.conv1.weight', which is no weight of" },
		{ { { "weight", "1,1", 1 }, { "bias", "1", 1 } },
		  "holds 'weight'" },
		{ { { "features.0.gamma", "1,1,1,1", 1 },
		    { "features.0.bias", "1", 1 } },
		  "holds 'features.0.gamma'" },
		{ { { "features.x.weight", "1,1,1,1", 1 },
		    { "features.x.bias", "1", 1 } },
		  "holds 'features.x.weight'" },
		{ { { "features.-2.weight", "1,1,1,1", 1 },
		    { "features.-2.bias", "1", 1 } },
		  "holds 'features.-2.weight'" },
		{ { { "features.99999999999.weight", "1,1,1,1", 1 },
		    { "features.99999999999.bias", "1", 1 } },
		  "holds 'features.99999999999.weight'" },
		{ { { "features.1.running_mean", "1", 1 },
		    { "features.1.running_var", "1", 1 } },
		  "not those of vgg19_bn" },
		{ { { "features.1.weight", "1", 1 },
		    { "features.1.bias", "1", 1 } },
		  "not those of vgg19_bn" },
		{ { { "features.0.weight", "1,1,1,1", 1 },
		    { "features.2.bias", "1", 1 } },
		  "lacks 'features.0.bias'" },
		{ { { "features.0.bias", "1", 1 },
		    { "features.2.bias", "1", 1 } },
		  "lacks 'features.0.weight'" },
		{ { { "features.0.weight", "1,1", 1 },
		    { "features.0.bias", "1", 1 } },
		  "'features.0.weight' and 'features.0.bias' are no kernel" },
		{ { { "classifier.0.weight", "1,1,1", 1 },
		    { "classifier.0.bias", "1", 1 } },
		  "are no kernel with a bias" },
		{ { { "classifier.0.weight", "1,1", 1 },
		    { "classifier.0.bias", "1,1", 1 } },
		  "are no kernel with a bias" },
		{ { { "classifier.0.weight", "1,2", 2 },
		    { "classifier.0.bias", "2", 2 } },
		  "are no kernel with a bias" },
		{ { { "classifier.0.weight", "", 1 },
		    { "classifier.0.bias", "1", 1 } },
		  "are no kernel with a bias" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_refused(state, cases[i].pieces, 2, cases[i].message);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_layers_by_their_numbers),
		cmocka_unit_test(sorts_the_names_of_timm),
		cmocka_unit_test(turns_a_convolution),
		cmocka_unit_test(turns_dense_layers_of_odd_sizes),
		cmocka_unit_test(turns_what_was_flattened),
		cmocka_unit_test(refuses_what_is_not_of_vgg19),
	};

	return cmocka_run_group_tests(tests, test_dir_setup,
				      test_dir_teardown) != 0;
}
