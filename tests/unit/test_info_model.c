/* Models that are told about, sound, damaged, of Keras, and hostile. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "info/json_in.h"
#include "info/json_out.h"
#include "info/kind.h"
#include "info/text.h"
#include "kw/error.h"
#include "lib/h5.h"
#include "tests/support/kwtest.h"

static char *path;

/* ---- files with one dense layer of 2 x 2 and a Flatten below it */

static void
put_dataset(hid_t group, const char *name, int rank, const float *values)
{
	const hsize_t dims[] = { 2, 2 };
	g_auto(KwHid) dataset =
		kw_h5_create_dataset(group, name, H5T_IEEE_F32LE, rank, dims);

	assert_true(kw_h5_write_rows(dataset, H5T_NATIVE_FLOAT, 0, 2, values));
}

/* Layers and weights below `parent`; `corner` is the last of the kernel. */
static void
put_weights(hid_t parent, float corner)
{
	static const char *const layers[] = { "flatten", "predictions" };
	static const char *const weights[] = { "predictions/kernel:0",
					       "predictions/bias:0" };
	const float kernel[] = { 1, 2, 3, corner };
	g_auto(KwHid) flatten = kw_h5_create_group(parent, layers[0]);
	g_auto(KwHid) outer = kw_h5_create_group(parent, layers[1]);
	g_auto(KwHid) inner = kw_h5_create_group(outer, layers[1]);

	assert_true(kw_h5_set_strings(parent, "layer_names", layers, 2));
	assert_true(kw_h5_set_strings(flatten, "weight_names", layers, 0));
	assert_true(kw_h5_set_strings(outer, "weight_names", weights, 2));
	put_dataset(inner, "kernel:0", 2, kernel);
	put_dataset(inner, "bias:0", 1, kernel);
}

static void
put_attributes(hid_t file)
{
	static const char *const classes[] = { "cat", "dog" };
	static const char config[] =
		"{\"class_name\":\"Sequential\",\"config\":{\"layers\":["
		"{\"class_name\":\"Flatten\",\"config\":{\"name\":\"flatten\"}}"
		","
		"{\"class_name\":\"Dense\",\"config\":{\"name\":"
		"\"predictions\",\"trainable\":false}}, 7]}}";
	const gint32 version = 1, frozen = 2, size[] = { 32, 48, 3 };
	const float scale[] = { 0.5, 0.25, 0.125 };

	kw_h5_set_string(file, "model_config", config);
	kw_h5_set_string(file, "keras_version", "2.15.0");
	kw_h5_set_scalar(file, "kw_format_version", H5T_STD_I32LE,
			 H5T_NATIVE_INT32, &version);
	kw_h5_set_strings(file, "kw_class_names", classes, 2);
	kw_h5_set_numbers(file, "kw_image_size", H5T_STD_I32LE,
			  H5T_NATIVE_INT32, size, 3);
	kw_h5_set_string(file, "kw_fit", "stretch");
	kw_h5_set_numbers(file, "kw_scale", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT,
			  scale, 3);
	kw_h5_set_numbers(file, "kw_offset", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT,
			  scale, 3);
	kw_h5_set_scalar(file, "kw_frozen", H5T_STD_I32LE, H5T_NATIVE_INT32,
			 &frozen);
	kw_h5_set_string(file, "kw_metrics", "{\"epoch\":3,\"loss\":0.5}");
	kw_h5_set_string(file, "kw_settings", "a=1\nb=2\n");
}

/* The file of a kw model, to be closed. */
static hid_t
create_model(float corner)
{
	hid_t file = kw_h5_create(path, path, NULL);
	g_auto(KwHid) weights = kw_h5_create_group(file, "model_weights");

	put_weights(weights, corner);
	put_attributes(file);
	return file;
}

static void
put_string(hid_t file, const char *name, const char *value)
{
	H5Adelete(file, name);
	assert_true(kw_h5_set_string(file, name, value));
}

/* What is read from the file; NULL with an error. */
static InfoModel *
read_model(gboolean verify, GError **error)
{
	g_autoptr(KwInfile) in = kw_infile_new(path, error);
	g_autoptr(InfoModel) model = NULL;
	InfoKind kind;

	assert_non_null(in);
	if (!info_kind_of(in, &kind, error))
		return NULL;
	assert_int_equal(kind, KIND_MODEL);
	model = info_model_read(in, error);
	if (model == NULL ||
	    (verify && !info_layers_verify(in, model->layers, NULL, error)))
		return NULL;
	return g_steal_pointer(&model);
}

static void
refused(gint code, const char *text)
{
	GError *error = NULL;

	assert_null(read_model(TRUE, &error));
	test_assert_error(&error, code, text);
}

/* ---- tests */

static void
tells_what_a_model_holds(void **state)
{
	GError *error = NULL;
	g_autoptr(InfoModel) model = NULL;
	const InfoLayer *dense;
	const InfoWeight *kernel;

	(void)state;
	H5Fclose(create_model(4));
	model = read_model(TRUE, &error);
	test_assert_no_error(error);
	assert_true(model->is_kw && model->has_config);
	assert_string_equal(model->class_names[1], "dog");
	assert_int_equal(model->width, 48);
	assert_int_equal(model->frozen, 2);
	assert_int_equal(model->n_parameters, 6);
	assert_int_equal(model->layers->len, 2);
	dense = model->layers->pdata[1];
	assert_string_equal(dense->kind, "Dense");
	assert_true(dense->frozen);
	assert_int_equal(dense->weights->len, 2);
	kernel = dense->weights->pdata[0];
	assert_int_equal(kernel->rank, 2);
	assert_int_equal(kernel->n, 4);
}

static void
text_and_json_agree_with_it(void **state)
{
	GError *error = NULL;
	g_autoptr(InfoModel) model = NULL;
	g_autofree char *text = NULL, *json = NULL;
	g_autoptr(JsonNode) root = NULL;
	JsonObject *object, *metrics;

	(void)state;
	H5Fclose(create_model(4));
	model = read_model(FALSE, &error);
	test_assert_no_error(error);
	text = info_model_text(model);
	assert_non_null(strstr(text, "kw model, version 1\n"));
	assert_non_null(strstr(text, "loss 0.5\n"));
	assert_non_null(strstr(text, "2 x 2 "));
	json = info_model_json(model);
	root = info_json_parse(json);
	object = json_node_get_object(root);
	metrics = json_object_get_object_member(object, "metrics");
	assert_int_equal(json_object_get_int_member(metrics, "epoch"), 3);
	assert_int_equal(json_object_get_int_member(object, "parameters"), 6);
}

static void
finds_values_that_are_not_finite(void **state)
{
	(void)state;
	H5Fclose(create_model(NAN));
	refused(KW_ERROR_FORMAT,
		"not finite in 'model_weights/predictions/predictions/kernel");
	H5Fclose(create_model(-INFINITY));
	refused(KW_ERROR_FORMAT, "not finite");
}

static void
finds_weights_that_are_missing(void **state)
{
	hid_t file = create_model(4);

	(void)state;
	H5Ldelete(file, "model_weights/predictions/predictions/bias:0",
		  H5P_DEFAULT);
	H5Fclose(file);
	refused(KW_ERROR_FORMAT, "bias:0'");
}

static void
follows_no_link_to_another_file(void **state)
{
	hid_t file = create_model(4);

	(void)state;
	H5Ldelete(file, "model_weights/predictions/predictions/bias:0",
		  H5P_DEFAULT);
	H5Lcreate_external("other.h5", "/x", file,
			   "model_weights/predictions/predictions/bias:0",
			   H5P_DEFAULT, H5P_DEFAULT);
	H5Fclose(file);
	refused(KW_ERROR_FORMAT, "bias:0'");
}

static void
refuses_a_head_of_other_classes(void **state)
{
	static const char *const classes[] = { "cat", "dog", "owl" };
	hid_t file = create_model(4);

	(void)state;
	H5Adelete(file, "kw_class_names");
	kw_h5_set_strings(file, "kw_class_names", classes, 3);
	H5Fclose(file);
	refused(KW_ERROR_FORMAT, "head does not fit");
}

static void
refuses_other_versions_and_texts_that_are_not_utf8(void **state)
{
	const gint32 version = 2;
	hid_t file = create_model(4);

	(void)state;
	put_string(file, "kw_settings", "a=\xff\n");
	H5Fclose(file);
	refused(KW_ERROR_FORMAT, "kw_settings");
	file = create_model(4);
	H5Adelete(file, "kw_format_version");
	kw_h5_set_scalar(file, "kw_format_version", H5T_STD_I32LE,
			 H5T_NATIVE_INT32, &version);
	H5Fclose(file);
	refused(KW_ERROR_FORMAT, "of version 2");
}

static void
shows_metrics_that_are_no_json_as_they_are(void **state)
{
	static const char *const odd[] = { "", "{", "[1]", "\"x\ny\"" };

	(void)state;
	for (gsize k = 0; k < G_N_ELEMENTS(odd); k++) {
		GError *error = NULL;
		hid_t file = create_model(4);
		g_autoptr(InfoModel) model = NULL;
		g_autoptr(JsonNode) root = NULL;
		g_autofree char *text = NULL, *json = NULL;

		put_string(file, "kw_metrics", odd[k]);
		H5Fclose(file);
		model = read_model(FALSE, &error);
		test_assert_no_error(error);
		text = info_model_text(model);
		assert_non_null(strstr(text, "\nmetrics  "));
		assert_null(strstr(text, "\ny"));
		json = info_model_json(model);
		root = info_json_parse(json);
		assert_non_null(root);
	}
}

/* What kw-train stores of its test report, as far as it is there. */
static void
shows_a_test_report(void **state)
{
	static const struct {
		const char *json, *text;
	} tests[] = {
		{ "{\"epoch\":3,\"test\":{\"split\":\"val\",\"images\":34,"
		  "\"accuracy\":0.5588,\"accuracy_interval\":[0.3945,0.7112],"
		  "\"baseline\":{\"class\":\"a\",\"accuracy\":0.5},"
		  "\"groups\":{\"count\":12,\"accuracy\":1},"
		  "\"calibration\":{\"error\":0.0725},"
		  "\"macro\":{\"f1\":0.45}}}",
		  "metrics       epoch 3\n"
		  "              val: 34 images, accuracy 55.88 %, 95 % "
		  "interval 39.45 to 71.12 %\n"
		  "              val: baseline 50.00 %, by group 100.00 % "
		  "(mean of 12)\n"
		  "              val: mean F1 0.4500, calibration error "
		  "7.25 %\n" },
		{ "{\"test\":{\"split\":\"test\",\"accuracy\":1,"
		  "\"accuracy_interval\":[{}],\"groups\":7}}",
		  "accuracy 100.00 %, 95 % interval nan to nan %\n" },
		{ "{\"test\":{\"split\":[],\"accuracy\":1}}",
		  "metrics       test {\"split\":[],\"accuracy\":1}\n" },
		{ "{\"test\":{\"split\":\"test\"}}",
		  "metrics       test {\"split\":\"test\"}\n" },
		{ "{\"test\":0.5}", "metrics       test 0.5\n" },
		{ "{\"test\":null}", "metrics       test null\n" },
		{ "{}", "metrics       {}\n" },
	};

	(void)state;
	for (gsize k = 0; k < G_N_ELEMENTS(tests); k++) {
		hid_t file = create_model(4);
		g_autoptr(InfoModel) model = NULL;
		g_autofree char *text = NULL;
		GError *error = NULL;

		put_string(file, "kw_metrics", tests[k].json);
		H5Fclose(file);
		model = read_model(FALSE, &error);
		test_assert_no_error(error);
		text = info_model_text(model);
		if (strstr(text, tests[k].text) == NULL)
			fail_msg("no '%s' in '%s'", tests[k].text, text);
	}
}

/* json-glib 1.6 crashes on these. */
static void
survives_json_of_great_depth(void **state)
{
	enum { DEPTH = 1 << 20 };
	g_autofree char *deep = g_strnfill(DEPTH, '[');
	g_autofree char *open = g_strnfill(101, '[');
	g_autofree char *close = g_strnfill(101, ']');
	g_autofree char *both = g_strconcat(open, close, NULL);
	g_autofree char *quoted = g_strconcat("\"\\\"", deep, "\"", NULL);
	g_autofree char *comment = g_strconcat("{/*\"*/\"x\":", deep, NULL);
	g_autofree char *single = g_strconcat("{'\"':", deep, NULL);
	g_autoptr(JsonNode) node = NULL;
	g_autoptr(InfoModel) model = NULL;
	GError *error = NULL;
	hid_t file = create_model(4);

	(void)state;
	assert_null(info_json_parse(both));
	assert_null(info_json_parse(comment));
	assert_null(info_json_parse(single));
	node = info_json_parse(quoted);
	assert_non_null(node);
	put_string(file, "kw_metrics", deep);
	put_string(file, "model_config", deep);
	H5Fclose(file);
	model = read_model(TRUE, &error);
	test_assert_no_error(error);
	g_free(info_model_text(model));
	g_free(info_model_json(model));
}

static void
survives_configurations_of_any_shape(void **state)
{
	static const char *const odd[] = {
		"[]",
		"{\"config\":[]}",
		"{\"config\":{\"layers\":{}}}",
		"{\"config\":{\"layers\":[null,[],{\"config\":7},"
		"{\"config\":{\"name\":7}},"
		"{\"class_name\":{},\"config\":{\"name\":\"flatten\"}}]}}",
	};

	(void)state;
	for (gsize k = 0; k < G_N_ELEMENTS(odd); k++) {
		GError *error = NULL;
		hid_t file = create_model(4);
		g_autoptr(InfoModel) model = NULL;

		put_string(file, "model_config", odd[k]);
		H5Fclose(file);
		model = read_model(FALSE, &error);
		test_assert_no_error(error);
		g_free(info_model_text(model));
		g_free(info_model_json(model));
	}
}

static void
tells_keras_files_from_kw_models(void **state)
{
	hid_t file = kw_h5_create(path, path, NULL);
	GError *error = NULL;
	g_autoptr(InfoModel) model = NULL;
	g_autofree char *text = NULL;

	(void)state;
	put_weights(file, 4);
	H5Fclose(file);
	model = read_model(TRUE, &error);
	test_assert_no_error(error);
	assert_false(model->is_kw);
	text = info_model_text(model);
	assert_non_null(strstr(text, "Keras weights, not a kw model"));
	assert_non_null(strstr(text, "predictions"));
}

static void
refuses_other_hdf5_files(void **state)
{
	hid_t file = kw_h5_create(path, path, NULL);

	(void)state;
	H5Fclose(file);
	refused(KW_ERROR_FORMAT, "neither a kw dataset nor a model");
	file = kw_h5_create(path, path, NULL);
	H5Gclose(kw_h5_create_group(file, "layers"));
	H5Fclose(file);
	refused(KW_ERROR_UNSUPPORTED, "as Keras 3 stores them");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_a_model_holds),
		cmocka_unit_test(text_and_json_agree_with_it),
		cmocka_unit_test(finds_values_that_are_not_finite),
		cmocka_unit_test(finds_weights_that_are_missing),
		cmocka_unit_test(follows_no_link_to_another_file),
		cmocka_unit_test(refuses_a_head_of_other_classes),
		cmocka_unit_test(
			refuses_other_versions_and_texts_that_are_not_utf8),
		cmocka_unit_test(shows_metrics_that_are_no_json_as_they_are),
		cmocka_unit_test(shows_a_test_report),
		cmocka_unit_test(survives_json_of_great_depth),
		cmocka_unit_test(survives_configurations_of_any_shape),
		cmocka_unit_test(tells_keras_files_from_kw_models),
		cmocka_unit_test(refuses_other_hdf5_files),
	};
	char *dir = test_dir_new();
	int failed;

	kw_h5_start();
	path = g_build_filename(dir, "model.h5", NULL);
	failed = cmocka_run_group_tests_name("info_model", tests, NULL, NULL);
	g_free(path);
	test_dir_remove(dir);
	return failed != 0;
}
