/* What is to be predicted: files, folders, records; and what does not fit. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kw/error.h"
#include "tests/support/samples.h"
#include "tests/support/traindata.h"
#include "train/predict_input.h"

static const TrainData data = {
	.height = 32,
	.width = 33,
	.channels = 3,
	.classes = 3,
	.counts = { 5, 0, 4 },
	.standardize = KW_STANDARDIZE_RESCALE,
};

static PredictInput *
input_new(KwSplit split, const char *const *names, GError **error)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);

	for (; *names != NULL; names++)
		g_ptr_array_add(paths, sample_path(*names));
	return predict_input_new(paths, split, error);
}

/* A file of text, and the folders above it. */
static void
write_text(const char *name)
{
	g_autofree char *path = sample_path(name);
	g_autofree char *folder = g_path_get_dirname(path);

	assert_int_equal(g_mkdir_with_parents(folder, 0777), 0);
	assert_true(g_file_set_contents(path, "text", 4, NULL));
}

static void
write_photo(const char *name)
{
	write_text(name);
	g_free(sample_save(name, ""));
}

static char *
path_of(const PredictInput *input, gsize i)
{
	g_auto(PredictItems) items = { 0 };
	GError *error = NULL;

	predict_input_describe(input, i, 1, &items, &error);
	test_assert_no_error(error);
	assert_int_equal(items.items[0].label, -1);
	return g_strdup(items.items[0].path + strlen(sample_dir()) + 1);
}

/* How loading item i ends: "", "-" for no photo, or the error. */
static char *
load(const PredictInput *input, gsize i)
{
	g_autoptr(GError) error = NULL;
	guint8 pixels[SAMPLE_N];
	gboolean no_photo;

	if (predict_input_load(input, i, &sample_request, pixels, &no_photo,
			       &error)) {
		assert_false(no_photo);
		return g_strdup("");
	}
	assert_non_null(error);
	return g_strdup(no_photo ? "-" : error->message);
}

static void
check_item(const PredictInput *input, gsize i, const char *path,
	   const char *result)
{
	g_autofree char *is = path_of(input, i);
	g_autofree char *text = load(input, i);

	assert_string_equal(is, path);
	if (strlen(result) < 2)
		assert_string_equal(text, result);
	else
		assert_non_null(strstr(text, result));
}

static void
walks_folders_in_order(void **state)
{
	static const char *const names[] = { "a.png", "tree", "tree/b.txt",
					     "bare",  "gone", "a.png",
					     NULL };
	g_autofree char *bare = sample_path("bare");
	g_autofree char *empty = sample_path("tree/c.jpg");
	g_autofree char *loop = sample_path("tree/z/loop");
	GError *error = NULL;

	(void)state;
	write_photo("a.png");
	write_photo("tree/z/z.png");
	write_photo("tree/d.png");
	write_photo("tree/.hidden.png");
	write_text("tree/b/Thumbs.db");
	write_text("tree/b.txt");
	write_photo("tree/b/y.png");
	assert_true(g_file_set_contents(empty, "", 0, NULL));
	assert_int_equal(symlink("..", loop), 0);
	assert_int_equal(mkdir(bare, 0777), 0);
	g_autoptr(PredictInput) input = input_new(KW_N_SPLITS, names, &error);
	test_assert_no_error(error);
	assert_int_equal(predict_input_count(input), 10);
	assert_int_equal(predict_input_hidden(input), 2);
	check_item(input, 0, "a.png", "");
	check_item(input, 1, "tree/b.txt", "-");
	check_item(input, 2, "tree/b/y.png", "");
	check_item(input, 3, "tree/c.jpg", "empty file");
	check_item(input, 4, "tree/d.png", "");
	check_item(input, 5, "tree/z/z.png", "");
	/* Named by somebody, so it should have been a photo. */
	check_item(input, 6, "tree/b.txt", "not a photo");
	check_item(input, 7, "bare", "holds no files");
	check_item(input, 8, "gone", "No such file");
	check_item(input, 9, "a.png", "");
}

/* A photo cut short is a photo. */
static void
damaged_photos_in_folders_are_failures(void **state)
{
	static const char *const names[] = { "damaged", NULL };
	g_autofree char *path = sample_path("damaged/cut.jpg");
	g_autofree char *bytes = NULL;
	GError *error = NULL;
	gsize n;

	(void)state;
	write_photo("damaged/cut.jpg");
	assert_true(g_file_get_contents(path, &bytes, &n, NULL));
	assert_true(g_file_set_contents(path, bytes, (gssize)n / 2, NULL));
	g_autoptr(PredictInput) input = input_new(KW_N_SPLITS, names, &error);
	test_assert_no_error(error);
	check_item(input, 0, "damaged/cut.jpg", "truncated");
}

static void
lists_folders_that_cannot_be_read(void **state)
{
	static const char *const names[] = { "locked", NULL };
	GError *error = NULL;

	(void)state;
	if (geteuid() == 0)
		skip(); /* jumps: nothing would free what is allocated above */
	g_autofree char *path = sample_path("locked/in");
	write_photo("locked/in/x.png");
	write_photo("locked/y.png");
	assert_int_equal(chmod(path, 0), 0);
	g_autoptr(PredictInput) input = input_new(KW_N_SPLITS, names, &error);
	assert_int_equal(chmod(path, 0777), 0);
	test_assert_no_error(error);
	check_item(input, 0, "locked/in", "cannot read folder: Permission");
	check_item(input, 1, "locked/y.png", "");
}

/* ---- datasets */

static void
write_data(const char *name)
{
	g_autofree char *path = sample_path(name);

	train_data_write(path, &data);
}

static void
takes_a_dataset(void **state)
{
	static const char *const names[] = { "data.h5", NULL };
	static const char *const two[] = { "data.h5", "data.h5", NULL };
	const KwImageRequest request = { 32, 33, 3, KW_FIT_STRETCH, 1 };
	guint8 pixels[32 * 33 * 3], expected[32 * 33 * 3];
	g_auto(PredictItems) items = { 0 };
	GError *error = NULL;
	gboolean no_photo;
	KwSplit split;

	(void)state;
	write_data("data.h5");
	g_autoptr(PredictInput) input = input_new(KW_N_SPLITS, names, &error);
	test_assert_no_error(error);
	assert_non_null(predict_input_dataset(input, &split));
	assert_int_equal(split, KW_TEST);
	assert_int_equal(predict_input_count(input), 4);
	predict_input_describe(input, 1, 3, &items, &error);
	test_assert_no_error(error);
	for (int i = 0; i < 3; i++)
		assert_int_equal(items.items[i].label, (i + 1) % 3);
	assert_string_equal(items.items[1].path, "class2/20002.jpg");
	predict_input_load(input, 2, &request, pixels, &no_photo, &error);
	test_assert_no_error(error);
	kw_dataset_read_images(predict_input_dataset(input, &split), KW_TEST, 2,
			       1, expected, &error);
	test_assert_no_error(error);
	assert_memory_equal(pixels, expected, sizeof pixels);

	g_autoptr(PredictInput) train = input_new(KW_TRAIN, names, &error);
	test_assert_no_error(error);
	assert_int_equal(predict_input_count(train), 5);
	assert_null(input_new(KW_VAL, names, &error));
	test_assert_error(&error, KW_ERROR_INPUT,
			  "no val records (train 5, val 0, test 4)");
	/* Among photos, it is none. */
	g_autoptr(PredictInput) photos = input_new(KW_N_SPLITS, two, &error);
	test_assert_no_error(error);
	check_item(photos, 1, "data.h5", "not a photo");
}

static ModelInfo *
fitting_model(void)
{
	static const char *const classes[] = { "class0", "class1", "class2",
					       NULL };
	ModelInfo *info = model_info_new();

	info->class_names = g_strdupv((char **)classes);
	info->height = 32;
	info->width = 33;
	info->channels = 3;
	info->fit = g_strdup("stretch");
	for (int c = 0; c < 3; c++) {
		info->scale[c] = 1.0f / 255;
		info->offset[c] = -0.125f * (float)c;
	}
	return info;
}

static void
check_refused(const PredictInput *input, const ModelInfo *info,
	      const char *text)
{
	GError *error = NULL;

	assert_false(predict_input_check(input, "m.h5", info, &error));
	assert_non_null(strstr(error->message, "'m.h5'"));
	assert_non_null(strstr(error->message, "fit.h5'"));
	test_assert_error(&error, KW_ERROR_INPUT, text);
}

static void
refuses_a_dataset_of_another_kind(void **state)
{
	static const char *const names[] = { "fit.h5", NULL };
	g_autoptr(ModelInfo) info = fitting_model();
	GError *error = NULL;

	(void)state;
	write_data("fit.h5");
	g_autoptr(PredictInput) input = input_new(KW_N_SPLITS, names, &error);
	test_assert_no_error(error);
	predict_input_check(input, "m.h5", info, &error);
	test_assert_no_error(error);

	info->height = 31;
	check_refused(input, info, "image sizes");
	info->height = 32;
	info->channels = 1;
	check_refused(input, info, "(32 x 33 x 3; 32 x 33 x 1)");
	info->channels = 3;
	info->scale[2] = 1;
	check_refused(input, info, "standardisation");
	info->scale[2] = 1.0f / 255;
	info->offset[1] = 0;
	check_refused(input, info, "standardisation");
	info->offset[1] = -0.125f;
	g_free(info->fit);
	info->fit = g_strdup("crop");
	check_refused(input, info, "(stretch; crop)");
	g_free(info->fit);
	info->fit = g_strdup("stretch");
	strcpy(info->class_names[0], "class1");
	strcpy(info->class_names[1], "class0");
	check_refused(input, info, "class1, class0, class2");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks_folders_in_order),
		cmocka_unit_test(damaged_photos_in_folders_are_failures),
		cmocka_unit_test(lists_folders_that_cannot_be_read),
		cmocka_unit_test(takes_a_dataset),
		cmocka_unit_test(refuses_a_dataset_of_another_kind),
	};

	return cmocka_run_group_tests(tests, samples_setup, samples_teardown);
}
