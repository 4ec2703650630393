/* Train images as files: which, where, and what is in them. */
#include <glib/gstdio.h>
#include <string.h>

#include "augment/make.h"
#include "augment/save.h"
#include "kw/error.h"
#include "kw/image.h"
#include "tests/support/augmentdata.h"

enum { H = 12, W = 17, N_TRAIN = 37, SIZE = H * W * 3 };

/* The small dataset, augmented and saved in a folder of this name. */
static AugmentOptions
options_of(void **state, const char *folder)
{
	AugmentOptions options =
		augment_data_options(augment_data_path(state, "in.h5"),
				     augment_data_path(state, "out.h5"));

	options.save_to = augment_data_path(state, folder);
	augment_data_write(options.input, &augment_data_default);
	return options;
}

/* Files in a folder; a missing one has none. */
static guint
count_files(const char *folder, const char *below)
{
	g_autofree char *path = g_build_filename(folder, below, NULL);
	GDir *dir = g_dir_open(path, 0, NULL);
	guint n = 0;

	while (dir != NULL && g_dir_read_name(dir) != NULL)
		n++;
	if (dir != NULL)
		g_dir_close(dir);
	return n;
}

static void
load(const char *folder, const char *name, int c, guint8 *pixels)
{
	const KwImageRequest request = {
		.height = H, .width = W, .channels = c, .max_pixels = H * W
	};
	g_autofree char *path = g_build_filename(folder, name, NULL);
	GError *error = NULL;

	kw_image_load(path, &request, pixels, NULL, &error);
	test_assert_no_error(error);
}

/* "train/cat/00002-c1.png" of record i, which is "cat/00002.jpg". */
static char *
name_of(const KwDatasetInfo *info, const KwRecords *r, gsize i,
	const char *ending)
{
	g_autofree char *base = g_path_get_basename(r->sources[i]);
	g_autofree char *copy = r->copies[i] == 0
					? g_strdup("")
					: g_strdup_printf("-c%d", r->copies[i]);

	/* the source is in the folder cat, whatever the class */
	*strrchr(base, '.') = '\0';
	return g_strdup_printf(
		"train/%s/%s%s%s%s", info->class_names[r->labels[i]],
		r->labels[i] == 0 ? "" : "cat_", base, copy, ending);
}

static void
files_hold_the_images_of_the_dataset(void **state)
{
	AugmentOptions options = options_of(state, "pngs");
	g_autoptr(AugmentReport) report = augment_report_new();
	GError *error = NULL;

	augment_run(&options, report, &error);
	test_assert_no_error(error);
	g_autoptr(KwDataset) made = augment_data_open(options.common.output);
	g_autoptr(KwRecords) r = augment_data_records(made, KW_TRAIN);
	g_autofree guint8 *pixels = augment_data_images(made, KW_TRAIN);

	assert_int_equal(report->n_saved, 4 * N_TRAIN);
	for (gsize i = 0; i < r->n; i++) {
		g_autofree char *name =
			name_of(kw_dataset_info(made), r, i, ".png");
		guint8 loaded[SIZE];

		load(options.save_to, name, 3, loaded);
		assert_memory_equal(loaded, pixels + i * SIZE, SIZE);
	}
	/* and there are no others, nor those of val and test */
	assert_int_equal(count_files(options.save_to, "train/cat") +
				 count_files(options.save_to, "train/dog"),
			 4 * N_TRAIN);
	assert_int_equal(count_files(options.save_to, ""), 1);
}

static void
jpegs_are_written_as_such(void **state)
{
	AugmentOptions options = options_of(state, "jpegs");
	guint8 loaded[SIZE];

	options.save_format = 1;
	augment_data_make(&options);
	load(options.save_to, "train/cat/0-c1.jpg", 3, loaded);
	assert_int_equal(count_files(options.save_to, "train/cat") +
				 count_files(options.save_to, "train/dog"),
			 4 * N_TRAIN);
	g_autofree char *path =
		g_build_filename(options.save_to, "train/cat/0.jpg", NULL);
	g_autofree char *bytes = NULL;
	gsize n;
	assert_true(g_file_get_contents(path, &bytes, &n, NULL));
	assert_memory_equal(bytes, "\xff\xd8\xff", 3);
}

static void
gray_images_are_saved_as_such(void **state)
{
	AugmentOptions options = options_of(state, "grays");
	guint8 loaded[H * W];

	augment_data_write(options.input, &(AugmentData){ .c = 1 });
	augment_data_make(&options);
	g_autoptr(KwDataset) made = augment_data_open(options.common.output);
	g_autofree guint8 *pixels = augment_data_images(made, KW_TRAIN);
	load(options.save_to, "train/cat/0.png", 1, loaded);
	assert_memory_equal(loaded, pixels, H * W);
	/* the first copy of the first record */
	load(options.save_to, "train/cat/0-c1.png", 1, loaded);
	assert_memory_equal(loaded, pixels + N_TRAIN * H * W, H * W);
}

static void
without_originals_only_copies_are_saved(void **state)
{
	AugmentOptions options = options_of(state, "copies");
	g_autofree char *original =
		g_build_filename(options.save_to, "train/cat/0.png", NULL);

	options.recipe.amount.originals = FALSE;
	augment_data_make(&options);
	assert_false(g_file_test(original, G_FILE_TEST_EXISTS));
	assert_int_equal(count_files(options.save_to, "train/cat") +
				 count_files(options.save_to, "train/dog"),
			 3 * N_TRAIN);
}

/* Names do not depend on threads: the same files, byte for byte. */
static void
files_do_not_depend_on_threads(void **state)
{
	AugmentOptions one = options_of(state, "one");
	AugmentOptions eight = options_of(state, "eight");

	one.common.threads = 1;
	eight.common.threads = 8;
	augment_data_make(&one);
	augment_data_make(&eight);
	g_autoptr(KwDataset) made = augment_data_open(one.common.output);
	g_autoptr(KwRecords) r = augment_data_records(made, KW_TRAIN);
	for (gsize i = 0; i < r->n; i++) {
		g_autofree char *name =
			name_of(kw_dataset_info(made), r, i, ".png");
		g_autofree char *a = g_build_filename(one.save_to, name, NULL);
		g_autofree char *b =
			g_build_filename(eight.save_to, name, NULL);

		augment_data_assert_same(a, b, TRUE);
	}
}

static void
replayed_images_are_saved_as_well(void **state)
{
	AugmentOptions options = options_of(state, "first");
	AugmentOptions replay = options_of(state, "second");
	g_autofree char *a = NULL, *b = NULL;

	augment_data_make(&options);
	replay.replay = options.common.output;
	replay.common.output = augment_data_path(state, "again.h5");
	augment_data_make(&replay);
	assert_int_equal(count_files(replay.save_to, "train/dog"),
			 count_files(options.save_to, "train/dog"));
	a = g_build_filename(options.save_to, "train/cat/0-c3.png", NULL);
	b = g_build_filename(replay.save_to, "train/cat/0-c3.png", NULL);
	augment_data_assert_same(a, b, TRUE);
}

/* ---- what is refused */

/* They may be the photos that the dataset was made of. */
static void
files_that_are_there_are_kept_whatever_is_forced(void **state)
{
	AugmentOptions options = options_of(state, "kept");
	g_autofree char *folder =
		g_build_filename(options.save_to, "train/cat", NULL);
	g_autofree char *path = g_build_filename(folder, "0-c1.png", NULL);
	g_autofree char *content = NULL;
	GError *error = NULL;

	assert_int_equal(g_mkdir_with_parents(folder, 0777), 0);
	assert_true(g_file_set_contents(path, "mine", -1, NULL));
	g_remove(options.common.output);
	for (int force = 0; force < 2; force++) {
		options.common.force = force;
		assert_false(augment_data_run(&options, &error));
		test_assert_error(&error, KW_ERROR_USAGE,
				  "train' exists already; --save-to never "
				  "replaces files: name a folder that is not "
				  "there");
	}
	assert_false(g_file_test(options.common.output, G_FILE_TEST_EXISTS));
	assert_true(g_file_get_contents(path, &content, NULL, NULL));
	assert_string_equal(content, "mine");
	assert_int_equal(count_files(options.save_to, "train/cat"), 1);
}

static void
an_empty_folder_is_filled(void **state)
{
	AugmentOptions options = options_of(state, "empty");
	g_autofree char *folder =
		g_build_filename(options.save_to, "train", NULL);
	guint8 loaded[SIZE];

	assert_int_equal(g_mkdir_with_parents(folder, 0777), 0);
	augment_data_make(&options);
	load(options.save_to, "train/cat/0-c1.png", 3, loaded);
}

/* One that appears while others are made. */
static void
not_even_a_file_that_has_just_appeared_is_replaced(void **state)
{
	AugmentOptions options = options_of(state, "appeared");
	g_autofree char *path =
		g_build_filename(options.save_to, "train/cat/0.png", NULL);
	g_autofree char *folder = g_path_get_dirname(path);
	static const char *const class_names[] = { "cat", "dog", NULL };
	KwDatasetInfo info = { .height = H,
			       .width = W,
			       .channels = 3,
			       .class_names = (char **)class_names };
	char source[] = "cat/0.jpg", *sources[] = { source };
	gint32 labels[] = { 0 }, copies[] = { 0 };
	KwRecords records = {
		.n = 1, .labels = labels, .copies = copies, .sources = sources
	};
	g_autoptr(GArray) images =
		g_array_new(FALSE, TRUE, sizeof(AugmentImage));
	AugmentBlock block = { .split = KW_TRAIN,
			       .records = &records,
			       .images = images };
	g_autoptr(AugmentSave) save =
		augment_save_new(options.save_to, 0, &info);
	g_autofree char *content = NULL;
	guint8 pixels[SIZE] = { 0 };
	GError *error = NULL;

	g_array_set_size(images, 1);
	augment_save_plan(save, &block, &error);
	test_assert_no_error(error);
	assert_true(g_file_test(folder, G_FILE_TEST_IS_DIR));
	assert_true(g_file_set_contents(path, "mine", -1, NULL));
	assert_false(augment_save_image(save, 0, pixels, &error));
	test_assert_error(&error, KW_ERROR_USAGE, "0.png' exists");
	assert_true(g_file_get_contents(path, &content, NULL, NULL));
	assert_string_equal(content, "mine");
	assert_int_equal(augment_save_count(save), 0);
}

static void
a_folder_that_cannot_be_is_named(void **state)
{
	AugmentOptions options = options_of(state, "file");
	GError *error = NULL;

	assert_true(g_file_set_contents(options.save_to, "x", -1, NULL));
	assert_false(augment_data_run(&options, &error));
	test_assert_error(&error, KW_ERROR_IO, "file");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_hold_the_images_of_the_dataset),
		cmocka_unit_test(jpegs_are_written_as_such),
		cmocka_unit_test(gray_images_are_saved_as_such),
		cmocka_unit_test(without_originals_only_copies_are_saved),
		cmocka_unit_test(files_do_not_depend_on_threads),
		cmocka_unit_test(replayed_images_are_saved_as_well),
		cmocka_unit_test(
			files_that_are_there_are_kept_whatever_is_forced),
		cmocka_unit_test(an_empty_folder_is_filled),
		cmocka_unit_test(
			not_even_a_file_that_has_just_appeared_is_replaced),
		cmocka_unit_test(a_folder_that_cannot_be_is_named),
	};
	int failed;

	(void)argc;
	if (!kw_image_start(argv[0], NULL))
		return 1;
	failed = cmocka_run_group_tests(tests, test_dir_setup,
					test_dir_teardown);
	kw_image_stop();
	return failed != 0;
}
