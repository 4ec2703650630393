/* The index of a set of shards: written, read as one, and what it refuses. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kw/error.h"
#include "lib/h5.h"
#include "tests/support/kwdata.h"

enum { N_SHARDS = 3 };

/*
 * Nine records of train, split in three; val and test are empty.  A '%' stands
 * for itself, not for HDF5's number of a block.
 */
static const char *const names[] = { "s%b-0.h5", "s-1.h5", "s-2.h5", NULL };

static const TestDataset shards[N_SHARDS] = {
	{ .counts = { 4, 0, 0 }, .augmented = TRUE, .set_id = 99 },
	{ .counts = { 2, 0, 0 }, .first = 4, .augmented = TRUE, .set_id = 99 },
	{ .counts = { 3, 0, 0 }, .first = 6, .augmented = TRUE, .set_id = 99 },
};

static const TestDataset all = { .counts = { 9, 0, 0 }, .augmented = TRUE };

static gboolean
write_index(const char *path, const char *const *shard_names, GError **error)
{
	g_autoptr(KwOutfile) out = kw_outfile_new(path, TRUE, error);

	return out != NULL && kw_dataset_write_index(out, shard_names, error) &&
	       kw_outfile_commit(out, error);
}

/* *state: a folder of its own for each test, with the shards and s.h5. */
static int
setup(void **state)
{
	GError *error = NULL;

	*state = test_dir_new();
	for (int k = 0; k < N_SHARDS; k++) {
		g_autofree char *path =
			g_build_filename(*state, names[k], NULL);

		test_dataset_write(path, &shards[k]);
	}
	g_autofree char *index = g_build_filename(*state, "s.h5", NULL);
	write_index(index, names, &error);
	test_assert_no_error(error);
	return 0;
}

static char *
in(void **state, const char *name)
{
	return g_build_filename(*state, name, NULL);
}

/* Shard 1 is written again, from `set`. */
static void
replace_shard(void **state, const TestDataset *set)
{
	g_autofree char *path = in(state, names[1]);

	assert_int_equal(unlink(path), 0);
	test_dataset_write(path, set);
}

static void
refuses(void **state, gint code, const char *text)
{
	g_autofree char *index = in(state, "s.h5");

	test_dataset_refused(index, code, text);
}

static void
reads_all_shards_as_one(void **state)
{
	g_autofree char *index = in(state, "s.h5");
	GError *error = NULL;
	g_autoptr(KwDataset) d = kw_dataset_open(index, &error);

	test_assert_no_error(error);
	assert_int_equal(kw_dataset_count(d, KW_TRAIN), 9);
	assert_int_equal(kw_dataset_count(d, KW_VAL), 0);
	assert_true(kw_dataset_info(d)->set_id == 99);
	assert_string_equal(kw_dataset_info(d)->columns[1], "zoom");
	test_dataset_check(d, &all, 0);
}

static void
reads_any_slice_across_shards(void **state)
{
	g_autofree char *index = in(state, "s.h5");
	const gsize size = 5 * 4 * 3;
	GError *error = NULL;
	g_autoptr(KwDataset) d = kw_dataset_open(index, &error);

	for (gsize first = 0; first <= 9; first++)
		for (gsize n = 0; n <= 9 - first; n++) {
			guint8 pixels[9 * 5 * 4 * 3];
			g_autofree guint8 *expected =
				test_pixels_new(&all, KW_TRAIN, first, n);
			g_autoptr(KwRecords) r = kw_dataset_read_records(
				d, KW_TRAIN, first, n, &error);

			assert_true(kw_dataset_read_images(d, KW_TRAIN, first,
							   n, pixels, &error));
			assert_memory_equal(pixels, expected, n * size);
			assert_int_equal(r->n, n);
			for (gsize i = 0; i < n; i++)
				assert_int_equal(r->labels[i], (first + i) % 2);
		}
}

static void
opens_in_the_current_folder(void **state)
{
	char old[4096];
	GError *error = NULL;

	assert_non_null(getcwd(old, sizeof old));
	assert_int_equal(chdir(*state), 0);
	g_autoptr(KwDataset) here = kw_dataset_open("s.h5", &error);
	assert_int_equal(chdir(old), 0);
	test_assert_no_error(error);
	test_dataset_check(here, &all, 0);
}

static void
a_shard_is_a_whole_dataset(void **state)
{
	g_autofree char *path = in(state, names[1]);
	GError *error = NULL;
	g_autoptr(KwDataset) d = kw_dataset_open(path, &error);

	test_assert_no_error(error);
	test_dataset_check(d, &shards[1], 0);
}

/* What others see, through HDF5: labels of a missing shard are no class. */
static void
virtual_datasets_show_all_shards(void **state)
{
	const gint32 expected[] = { 0, 1, 0, 1, -1, -1, 0, 1, 0 };
	g_autofree char *index = in(state, "s.h5");
	g_autofree char *missing = in(state, names[1]);
	gint32 labels[9];

	unlink(missing);
	g_auto(KwHid) file = H5Fopen(index, H5F_ACC_RDONLY, H5P_DEFAULT);
	g_auto(KwHid) data = H5Dopen2(file, "/train/labels", H5P_DEFAULT);
	assert_true(kw_h5_read_rows(data, H5T_NATIVE_INT32, 0, 9, labels));
	assert_memory_equal(labels, expected, sizeof labels);
}

static void
gives_equal_bytes_again(void **state)
{
	g_autofree char *a = in(state, "s.h5");
	g_autofree char *b = in(state, "again.h5");
	g_autofree char *bytes_a = NULL;
	g_autofree char *bytes_b = NULL;
	gsize na, nb;
	GError *error = NULL;

	g_usleep(1100000);
	write_index(b, names, &error);
	test_assert_no_error(error);
	assert_true(g_file_get_contents(a, &bytes_a, &na, NULL));
	assert_true(g_file_get_contents(b, &bytes_b, &nb, NULL));
	assert_int_equal(na, nb);
	assert_memory_equal(bytes_a, bytes_b, na);
}

/* ---- refusals */

static void
refuses_a_missing_shard_by_name(void **state)
{
	g_autofree char *path = in(state, names[1]);

	unlink(path);
	refuses(state, KW_ERROR_INPUT, "s-1.h5': No such file or directory");
}

static void
refuses_a_truncated_shard_by_name(void **state)
{
	g_autofree char *path = in(state, names[2]);

	assert_int_equal(truncate(path, 3000), 0);
	refuses(state, KW_ERROR_FORMAT, "s-2.h5' is damaged or cut short");
}

static void
refuses_a_shard_with_fewer_records(void **state)
{
	TestDataset set = shards[1];

	set.counts[KW_TRAIN] = 1;
	replace_shard(state, &set);
	refuses(state, KW_ERROR_FORMAT,
		"s-1.h5' has 1 records in /train, not 2");
}

static void
refuses_a_shard_of_another_set(void **state)
{
	TestDataset set = shards[1];

	set.set_id = 98;
	replace_shard(state, &set);
	refuses(state, KW_ERROR_FORMAT, "s-1.h5' belongs to another set");
	set.set_id = 0;
	replace_shard(state, &set);
	refuses(state, KW_ERROR_FORMAT, "s-1.h5' belongs to another set");
}

static void
refuses_a_shard_of_other_images(void **state)
{
	TestDataset set = shards[1];

	set.gray = TRUE;
	replace_shard(state, &set);
	refuses(state, KW_ERROR_FORMAT, "s-1.h5' belongs to another set");
}

static void
refuses_a_shard_of_other_columns(void **state)
{
	TestDataset set = shards[1];

	set.augmented = FALSE;
	replace_shard(state, &set);
	refuses(state, KW_ERROR_FORMAT, "s-1.h5' has other transform columns");
}

static void
refuses_an_index_as_shard_even_itself(void **state)
{
	g_autofree char *index = in(state, "s.h5");
	g_autofree char *shard = in(state, names[1]);

	unlink(shard);
	assert_int_equal(link(index, shard), 0);
	refuses(state, KW_ERROR_FORMAT, "a shard cannot be an index itself");
}

/* Put other shards into the index. */
static void
rename_shards(void **state, const char *name, gsize n)
{
	const char *const list[] = { name, name, name, name };
	g_autofree char *index = in(state, "s.h5");
	g_auto(KwHid) file = H5Fopen(index, H5F_ACC_RDWR, H5P_DEFAULT);

	assert_true(H5Adelete(file, "shards") >= 0);
	assert_true(kw_h5_set_strings(file, "shards", list, n));
}

static void
refuses_shards_in_other_folders(void **state)
{
	rename_shards(state, "../s-1.h5", 3);
	refuses(state, KW_ERROR_FORMAT,
		"shard '../s-1.h5' is not beside the index");
}

static void
refuses_lists_that_do_not_agree(void **state)
{
	rename_shards(state, names[1], 4);
	refuses(state, KW_ERROR_FORMAT, "bad shard_counts");
	rename_shards(state, names[1], 0);
	refuses(state, KW_ERROR_FORMAT, "bad shards");
}

static void
refuses_to_index_shards_that_do_not_agree(void **state)
{
	TestDataset set = shards[1];
	g_autofree char *index = in(state, "new.h5");
	GError *error = NULL;

	set.set_id = 5;
	replace_shard(state, &set);
	assert_false(write_index(index, names, &error));
	test_assert_error(&error, KW_ERROR_FORMAT,
			  "s-1.h5' belongs to another set");
	assert_false(g_file_test(index, G_FILE_TEST_EXISTS));
}

/* A shard of the same set, of as many records, under another's name. */
static void
refuses_a_shard_in_the_place_of_another(void **state)
{
	TestDataset set = shards[1];

	set.first++;
	replace_shard(state, &set);
	refuses(state, KW_ERROR_FORMAT, "s-1.h5' holds other images");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, test_dir_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_all_shards_as_one),
		TEST(reads_any_slice_across_shards),
		TEST(opens_in_the_current_folder),
		TEST(a_shard_is_a_whole_dataset),
		TEST(virtual_datasets_show_all_shards),
		TEST(gives_equal_bytes_again),
		TEST(refuses_a_missing_shard_by_name),
		TEST(refuses_a_truncated_shard_by_name),
		TEST(refuses_a_shard_with_fewer_records),
		TEST(refuses_a_shard_of_another_set),
		TEST(refuses_a_shard_of_other_images),
		TEST(refuses_a_shard_in_the_place_of_another),
		TEST(refuses_a_shard_of_other_columns),
		TEST(refuses_an_index_as_shard_even_itself),
		TEST(refuses_shards_in_other_folders),
		TEST(refuses_lists_that_do_not_agree),
		TEST(refuses_to_index_shards_that_do_not_agree),
	};

	return cmocka_run_group_tests_name("dataset_index", tests, NULL,
					   NULL) != 0;
}
