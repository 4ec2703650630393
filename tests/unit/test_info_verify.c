/* What is counted in a dataset, and which damage is found. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "info/census.h"
#include "info/verify.h"
#include "lib/h5.h"
#include "tests/support/kwdata.h"

enum { N_TRAIN = 700, N_VAL = 5 };

static char *dir;

/* Written anew for each test, and more than a batch. */
static char *
write_sample(void)
{
	char *path = g_build_filename(dir, "sample.h5", NULL);

	unlink(path);
	test_dataset_write(path,
			   &(TestDataset){ .counts = { N_TRAIN, N_VAL, 0 } });
	return path;
}

static InfoVerdict *
verify(const char *path)
{
	GError *error = NULL;
	g_autoptr(KwDataset) dataset = kw_dataset_open(path, &error);
	InfoVerdict *verdict = info_verdict_new();

	test_assert_no_error(error);
	info_verify_dataset(dataset, 2, verdict, NULL, &error);
	test_assert_no_error(error);
	return verdict;
}

/* Overwrite n bytes of a dataset of the file, from `offset` in it on. */
static void
overwrite(const char *path, const char *name, off_t offset, const void *bytes,
	  gsize n)
{
	hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
	hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
	haddr_t at = H5Dget_offset(dataset);
	int fd;

	assert_true(at != HADDR_UNDEF);
	H5Dclose(dataset);
	H5Fclose(file);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, bytes, n, (off_t)at + offset), n);
	close(fd);
}

static void
finds_nothing_wrong_with_a_sound_dataset(void **state)
{
	g_autofree char *path = write_sample();
	g_autoptr(InfoVerdict) verdict = verify(path);

	(void)state;
	assert_int_equal(verdict->records, N_TRAIN + N_VAL);
	assert_int_equal(verdict->damaged, 0);
	assert_int_equal(verdict->damage->len, 0);
	assert_int_equal(verdict->shared_groups, 0);
}

static void
names_each_image_that_was_changed(void **state)
{
	g_autofree char *path = write_sample();
	g_autoptr(InfoVerdict) verdict = NULL;

	(void)state;
	overwrite(path, "/train/images", 300 * 60 + 59, "\xff", 1);
	overwrite(path, "/val/images", 0, "\xff", 1);
	verdict = verify(path);
	assert_int_equal(verdict->records, N_TRAIN + N_VAL);
	assert_int_equal(verdict->damaged, 2);
	assert_int_equal(verdict->damage->len, 2);
	assert_true(g_str_has_prefix(verdict->damage->pdata[0],
				     "train/300 (train/"));
	assert_non_null(strstr(verdict->damage->pdata[0], "checksum"));
	assert_true(g_str_has_prefix(verdict->damage->pdata[1], "val/0 (val/"));
}

static void
names_labels_that_are_no_class_and_sources_that_are_no_text(void **state)
{
	const gint32 label = GINT32_TO_LE(2);
	g_autofree char *path = write_sample();
	g_autoptr(InfoVerdict) verdict = NULL;

	(void)state;
	overwrite(path, "/train/labels", 400 * 4, &label, 4);
	overwrite(path, "/val/sources", 0, "\xff", 1);
	verdict = verify(path);
	assert_int_equal(verdict->records, N_TRAIN + N_VAL);
	assert_int_equal(verdict->damaged, 2);
	assert_true(g_str_has_prefix(verdict->damage->pdata[0], "train/400: "));
	assert_non_null(strstr(verdict->damage->pdata[0], "is no class"));
	assert_true(g_str_has_prefix(verdict->damage->pdata[1], "val/0: "));
}

static void
lists_so_many_and_counts_all(void **state)
{
	g_autofree char *path = write_sample();
	g_autofree char *zeros = g_malloc0(N_TRAIN * 4);
	g_autoptr(InfoVerdict) verdict = NULL;

	(void)state;
	overwrite(path, "/train/checksums", 0, zeros, N_TRAIN * 4);
	verdict = verify(path);
	assert_int_equal(verdict->damaged, N_TRAIN);
	assert_int_equal(verdict->damage->len, VERIFY_MAX_LINES);
}

static void
counts_groups_in_more_than_one_split(void **state)
{
	g_autofree char *path = write_sample();
	GError *error = NULL;
	g_autoptr(KwDataset) dataset = kw_dataset_open(path, &error);
	g_autoptr(KwRecords) train = NULL;
	g_autoptr(InfoVerdict) verdict = NULL;
	guint64 stored[3];

	(void)state;
	train = kw_dataset_read_records(dataset, KW_TRAIN, 9, 1, &error);
	test_assert_no_error(error);
	g_clear_pointer(&dataset, kw_dataset_free);
	/* Twice the same group, and a new one that is in one split only. */
	stored[0] = stored[1] = GUINT64_TO_LE(train->group_ids[0]);
	stored[2] = GUINT64_TO_LE(5);
	overwrite(path, "/val/group_ids", 0, stored, sizeof stored);
	verdict = verify(path);
	assert_int_equal(verdict->shared_groups, 1);
	assert_int_equal(verdict->damaged, 0);
}

/* ---- the census */

static void
add(InfoCensus *census, KwSplit split, gint32 label, guint64 group, gint32 copy)
{
	g_autoptr(KwRecords) record = kw_records_new(1, 0);

	record->labels[0] = label;
	record->group_ids[0] = group;
	record->copies[0] = copy;
	info_census_add(census, split, record);
}

static void
assert_count(const InfoCensus *census, guint label, guint split, gsize records,
	     gsize originals, gsize groups)
{
	const InfoCount *count = info_census_count(census, label, split);

	assert_int_equal(count->records, records);
	assert_int_equal(count->originals, originals);
	assert_int_equal(count->groups, groups);
}

static void
census_counts_a_group_once_wherever_it_is(void **state)
{
	enum { CAT, DOG, ALL };
	const guint64 big = G_MAXUINT64;
	g_autoptr(KwDatasetInfo) info = test_info_new(&(TestDataset){ 0 });
	g_autoptr(InfoCensus) census = info_census_new(info);

	(void)state;
	add(census, KW_TRAIN, CAT, 1, 0);
	add(census, KW_TEST, CAT, 1, 0);
	add(census, KW_TRAIN, CAT, big, 0);
	add(census, KW_TRAIN, CAT, 1, 1);
	add(census, KW_TRAIN, DOG, 1, 2);
	add(census, KW_VAL, DOG, 7, 0);
	info_census_finish(census);
	assert_count(census, CAT, KW_TRAIN, 3, 2, 2);
	assert_count(census, CAT, KW_VAL, 0, 0, 0);
	assert_count(census, CAT, KW_TEST, 1, 1, 1);
	assert_count(census, CAT, KW_N_SPLITS, 4, 3, 2);
	assert_count(census, DOG, KW_TRAIN, 1, 0, 1);
	assert_count(census, DOG, KW_N_SPLITS, 2, 1, 2);
	assert_count(census, ALL, KW_TRAIN, 4, 2, 2);
	assert_count(census, ALL, KW_VAL, 1, 1, 1);
	assert_count(census, ALL, KW_TEST, 1, 1, 1);
	assert_count(census, ALL, KW_N_SPLITS, 6, 4, 3);
	assert_int_equal(info_census_shared_groups(census), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_nothing_wrong_with_a_sound_dataset),
		cmocka_unit_test(names_each_image_that_was_changed),
		cmocka_unit_test(
			names_labels_that_are_no_class_and_sources_that_are_no_text),
		cmocka_unit_test(lists_so_many_and_counts_all),
		cmocka_unit_test(counts_groups_in_more_than_one_split),
		cmocka_unit_test(census_counts_a_group_once_wherever_it_is),
	};
	int failed;

	kw_h5_start();
	dir = test_dir_new();
	failed = cmocka_run_group_tests_name("info_verify", tests, NULL, NULL);
	test_dir_remove(dir);
	return failed != 0;
}
