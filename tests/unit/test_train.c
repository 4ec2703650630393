/* A run as a whole: the data that it refuses, and what it warns of. */
#include "tests/support/kwtest.h"

#include <signal.h>
#include <string.h>

#include "kw/image.h"
#include "lib/h5.h"
#include "tests/support/traindata.h"
#include "train/train.h"

static const TrainData data = {
	.height = 32,
	.width = 33,
	.channels = 1,
	.classes = 2,
	.counts = { 4, 2, 2 },
	.standardize = KW_STANDARDIZE_RESCALE,
};

/* What the run said, all of it, and at which words SIGINT comes. */
static GString *said;
static const char *interrupt_at;

static void
hear(const char *text)
{
	g_string_append(said, text);
	g_string_append_c(said, '\n');
	if (interrupt_at != NULL && strstr(text, interrupt_at) != NULL)
		raise(SIGINT);
}

static int
setup(void **state)
{
	said = g_string_new(NULL);
	/* for the picture in the log */
	if (!kw_image_start("test_train", NULL))
		return -1;
	return test_dir_setup(state);
}

static int
teardown(void **state)
{
	g_string_free(said, TRUE);
	kw_image_stop();
	return test_dir_teardown(state);
}

/* Train for a moment on a dataset in the folder of the test. */
static gboolean
train(void **state, const char *dataset, GError **error)
{
	static const TrainVoice voice = { hear, hear, hear };
	g_autofree char *path = g_build_filename(*state, dataset, NULL);
	g_autofree char *model = g_strconcat(path, ".model", NULL);
	TrainOptions options = {
		.dataset = path,
		.weights = "none",
		.recipe = { .freeze = 22,
			    .n_head = 1,
			    .head = { 4 },
			    .batch = 3,
			    .accumulate = 1,
			    .rate = 0.001,
			    .body_rate = 1,
			    .epochs = 1,
			    .shuffle = TRUE },
	};
	gboolean ok;

	kw_common_init(&options.common);
	options.common.output = model;
	g_string_truncate(said, 0);
	ok = train_run(&options, &voice, error);
	assert_int_equal(g_file_test(model, G_FILE_TEST_EXISTS), ok);
	return ok;
}

static void
write_data(void **state, const char *name, const TrainData *set)
{
	g_autofree char *path = g_build_filename(*state, name, NULL);

	train_data_write(path, set);
}

static void
refused(void **state, const char *dataset, gint code, const char *text)
{
	g_autofree char *log = g_strconcat(dataset, ".model.log", NULL);
	g_autofree char *path = g_build_filename(*state, log, NULL);
	GError *error = NULL;

	assert_false(train(state, dataset, &error));
	test_assert_error(&error, code, text);
	assert_string_equal(said->str, "");
	assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

static void
test_gray(void **state)
{
	GError *error = NULL;

	write_data(state, "gray", &data);
	train(state, "gray", &error);
	test_assert_no_error(error);
	assert_non_null(strstr(said->str, "VGG19 for 32 x 33 x 1 and 2 "));
	assert_non_null(strstr(said->str, "no pretrained weights"));
	assert_non_null(strstr(said->str, "test report, 2 images"));
	assert_null(strstr(said->str, "no validation"));
}

static void
test_one_class(void **state)
{
	TrainData set = data;

	set.classes = 1;
	write_data(state, "one", &set);
	refused(state, "one", KW_ERROR_INPUT, "one class only, 'class0'");
}

static void
test_no_training_images(void **state)
{
	TrainData set = data;

	set.counts[KW_TRAIN] = 0;
	write_data(state, "none", &set);
	refused(state, "none", KW_ERROR_INPUT, "no training images");
}

static void
test_too_small(void **state)
{
	TrainData set = data;

	set.height = 31;
	write_data(state, "small", &set);
	refused(state, "small", KW_ERROR_INPUT, "31 x 33 pixels");
}

/* Replace an attribute at the root of a dataset. */
static hid_t
open_without(void **state, const char *name, const char *attribute)
{
	g_autofree char *path = g_build_filename(*state, name, NULL);
	hid_t file;

	write_data(state, name, &data);
	file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
	assert_true(file >= 0);
	assert_true(H5Adelete(file, attribute) >= 0);
	return file;
}

static void
test_other_version(void **state)
{
	const gint32 version = 2;
	hid_t file = open_without(state, "version", "format_version");

	assert_true(kw_h5_set_scalar(file, "format_version", H5T_STD_I32LE,
				     H5T_NATIVE_INT32, &version));
	H5Fclose(file);
	refused(state, "version", KW_ERROR_FORMAT, "version 2");
}

static void
test_other_format(void **state)
{
	hid_t file = open_without(state, "format", "format");

	assert_true(kw_h5_set_string(file, "format", "kw-other"));
	H5Fclose(file);
	refused(state, "format", KW_ERROR_FORMAT, "not a kw dataset");
}

/* The last test: the signal stays noted. */
static void
test_interrupted_report(void **state)
{
	GError *error = NULL;

	kw_app_init("test_train");
	write_data(state, "late", &data);
	interrupt_at = "holds epoch 1";
	assert_true(train(state, "late", &error));
	assert_non_null(strstr(said->str, "before the report was finished"));
	assert_null(strstr(said->str, "test report"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gray),
		cmocka_unit_test(test_one_class),
		cmocka_unit_test(test_no_training_images),
		cmocka_unit_test(test_too_small),
		cmocka_unit_test(test_other_version),
		cmocka_unit_test(test_other_format),
		cmocka_unit_test(test_interrupted_report),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
