/* kw datasets that are sound: written, read back, from files and pipes. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/kwdata.h"

static const TestDataset colour = { .counts = { 7, 3, 2 } };

/* A path in the folder of the test. */
static char *
in(void **state, const char *name)
{
	return g_build_filename(*state, name, NULL);
}

static KwDataset *
open_or_fail(const char *path)
{
	GError *error = NULL;
	KwDataset *dataset = kw_dataset_open(path, &error);

	test_assert_no_error(error);
	return dataset;
}

static void
assert_same_bytes(const char *a, const char *b)
{
	g_autofree char *bytes_a = NULL;
	g_autofree char *bytes_b = NULL;
	gsize na, nb;

	assert_true(g_file_get_contents(a, &bytes_a, &na, NULL));
	assert_true(g_file_get_contents(b, &bytes_b, &nb, NULL));
	assert_int_equal(na, nb);
	assert_memory_equal(bytes_a, bytes_b, na);
}

static guint
count_entries(const char *folder)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	guint n = 0;

	assert_non_null(dir);
	while (g_dir_read_name(dir) != NULL)
		n++;
	g_dir_close(dir);
	return n;
}

/* ---- round trips */

static void
check_round_trip(void **state, const char *name, const TestDataset *set)
{
	g_autofree char *path = in(state, name);
	g_autoptr(KwDataset) dataset = NULL;

	test_dataset_write(path, set);
	dataset = open_or_fail(path);
	assert_string_equal(kw_dataset_name(dataset), path);
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		assert_int_equal(kw_dataset_count(dataset, s), set->counts[s]);
	test_dataset_check(dataset, set, 0);
}

static void
reads_back_what_was_written(void **state)
{
	check_round_trip(state, "colour.h5", &colour);
}

static void
reads_back_gray_and_empty_splits(void **state)
{
	check_round_trip(state, "gray.h5",
			 &(TestDataset){ .counts = { 0, 4, 0 }, .gray = TRUE });
}

static void
reads_back_a_dataset_without_records(void **state)
{
	check_round_trip(state, "none.h5", &(TestDataset){ .gray = FALSE });
}

static void
reads_back_transforms(void **state)
{
	check_round_trip(
		state, "augmented.h5",
		&(TestDataset){ .counts = { 5, 0, 1 }, .augmented = TRUE });
}

static void
reads_any_slice(void **state)
{
	g_autofree char *path = in(state, "slices.h5");
	g_autoptr(KwDataset) dataset = NULL;

	test_dataset_write(path, &colour);
	dataset = open_or_fail(path);
	test_dataset_check(dataset, &colour, 1);
	test_dataset_check(dataset, &colour, 2);
}

static void
reads_back_what_is_said_of_the_whole(void **state)
{
	const TestDataset set = { .augmented = TRUE, .set_id = 77 };
	g_autofree char *path = in(state, "info.h5");
	g_autoptr(KwDatasetInfo) expected = test_info_new(&set);
	g_autoptr(KwDataset) dataset = NULL;
	const KwDatasetInfo *info;

	test_dataset_write(path, &set);
	dataset = open_or_fail(path);
	info = kw_dataset_info(dataset);
	assert_int_equal(info->height, expected->height);
	assert_int_equal(info->width, expected->width);
	assert_int_equal(info->channels, expected->channels);
	assert_true(g_strv_equal((const char *const *)info->class_names,
				 (const char *const *)expected->class_names));
	assert_int_equal(info->standardize, expected->standardize);
	assert_memory_equal(info->scale, expected->scale, 3 * sizeof(float));
	assert_memory_equal(info->offset, expected->offset, 3 * sizeof(float));
	assert_string_equal(info->fit, expected->fit);
	assert_true(info->seed == expected->seed);
	assert_string_equal(info->settings, expected->settings);
	assert_string_equal(info->generator, expected->generator);
	assert_true(g_strv_equal((const char *const *)info->columns,
				 (const char *const *)expected->columns));
	assert_int_equal(info->set_id, 77);

	g_autoptr(KwDatasetInfo) copy = kw_dataset_info_copy(info);
	assert_string_equal(copy->settings, info->settings);
	assert_ptr_not_equal(copy->settings, info->settings);
	assert_int_equal(copy->set_id, 0);
}

/* An attribute of more than 64 KiB does not fit an HDF5 object header. */
static void
holds_ten_thousand_classes(void **state)
{
	g_autofree char *path = in(state, "classes.h5");
	g_autoptr(KwDatasetInfo) info = test_info_new(&colour);
	const gsize counts[KW_N_SPLITS] = { 0 };
	GError *error = NULL;

	g_strfreev(info->class_names);
	info->class_names = g_new0(char *, 10001);
	for (int i = 0; i < 10000; i++)
		info->class_names[i] = g_strdup_printf("class %d", i);
	{
		g_autoptr(KwOutfile) out = kw_outfile_new(path, FALSE, &error);
		g_autoptr(KwDatasetWriter) writer =
			kw_dataset_create(out, info, counts, 0, &error);

		test_assert_no_error(error);
		assert_true(kw_dataset_finish(writer, &error));
		assert_true(kw_outfile_commit(out, &error));
	}
	g_autoptr(KwDataset) dataset = open_or_fail(path);
	assert_string_equal(kw_dataset_info(dataset)->class_names[9999],
			    "class 9999");
}

static void
gives_equal_bytes_in_any_pieces(void **state)
{
	TestDataset set = { .counts = { 7, 3, 2 }, .augmented = TRUE };
	g_autofree char *first = in(state, "first.h5");

	test_dataset_write(first, &set);
	for (set.piece = 1; set.piece < 4; set.piece++) {
		g_autofree char *name =
			g_strdup_printf("pieces-%zu.h5", set.piece);
		g_autofree char *other = in(state, name);

		/* The second of the clock is not in the file. */
		if (set.piece == 1)
			g_usleep(1100000);
		test_dataset_write(other, &set);
		assert_same_bytes(first, other);
	}
}

/* ---- inputs that are no plain file with a name */

/* Standard input becomes `fd`, which is closed, for one kw_dataset_open(). */
static KwDataset *
open_on_stdin(int fd)
{
	int saved = dup(STDIN_FILENO);
	KwDataset *dataset;

	assert_true(dup2(fd, STDIN_FILENO) >= 0);
	close(fd);
	dataset = open_or_fail("-");
	assert_true(dup2(saved, STDIN_FILENO) >= 0);
	close(saved);
	return dataset;
}

/* A process that writes the file to `fd`, and closes it in this one. */
static pid_t
start_writer(const char *path, int fd)
{
	pid_t pid = fork();

	if (pid == 0) {
		dup2(fd, STDOUT_FILENO);
		execlp("cat", "cat", path, NULL);
		_exit(127);
	}
	close(fd);
	return pid;
}

static void
reads_a_pipe_and_leaves_no_spool(void **state)
{
	g_autofree char *path = in(state, "pipe.h5");
	g_autofree char *spools = in(state, "spools");
	g_autoptr(KwDataset) dataset = NULL;
	int ends[2], status;

	test_dataset_write(path, &colour);
	assert_int_equal(mkdir(spools, 0700), 0);
	assert_true(g_setenv("TMPDIR", spools, TRUE));
	assert_int_equal(pipe(ends), 0);
	pid_t pid = start_writer(path, ends[1]);
	dataset = open_on_stdin(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(count_entries(spools), 0);
	g_unsetenv("TMPDIR");
	assert_string_equal(kw_dataset_name(dataset), "standard input");
	test_dataset_check(dataset, &colour, 0);
}

static void
reads_a_pipe_with_a_name(void **state)
{
	g_autofree char *path = in(state, "named.h5");
	g_autofree char *fifo = in(state, "fifo");
	g_autoptr(KwDataset) dataset = NULL;
	int status;

	test_dataset_write(path, &colour);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	pid_t pid = fork();
	if (pid == 0) {
		execlp("sh", "sh", "-c", "exec cat \"$0\" > \"$1\"", path, fifo,
		       NULL);
		_exit(127);
	}
	dataset = open_or_fail(fifo);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	test_dataset_check(dataset, &colour, 0);
}

static void
reads_a_file_on_standard_input(void **state)
{
	g_autofree char *path = in(state, "stdin.h5");
	g_autoptr(KwDataset) dataset = NULL;

	test_dataset_write(path, &colour);
	dataset = open_on_stdin(open(path, O_RDONLY));
	test_dataset_check(dataset, &colour, 0);
}

static void
reads_a_file_without_a_name(void **state)
{
	g_autofree char *path = in(state, "unlinked.h5");
	g_autoptr(KwDataset) dataset = NULL;

	test_dataset_write(path, &colour);
	int fd = open(path, O_RDONLY);
	assert_int_equal(unlink(path), 0);
	dataset = open_on_stdin(fd);
	test_dataset_check(dataset, &colour, 0);
}

static void
keeps_reading_a_file_that_is_replaced(void **state)
{
	const TestDataset other = { .counts = { 7, 3, 2 }, .first = 50 };
	g_autofree char *path = in(state, "old.h5");
	g_autofree char *newer = in(state, "new.h5");
	g_autoptr(KwDataset) dataset = NULL;

	test_dataset_write(path, &colour);
	test_dataset_write(newer, &other);
	dataset = open_or_fail(path);
	assert_int_equal(rename(newer, path), 0);
	test_dataset_check(dataset, &colour, 0);
}

/* ---- settings */

static void
merges_settings_sorted_and_each_once(void **state)
{
	g_autofree char *merged = kw_settings_merge("b=2\na=1\n", "a=1\nc=3");
	g_autofree char *none = kw_settings_merge("", "");

	(void)state;
	assert_string_equal(merged, "a=1\nb=2\nc=3\n");
	assert_string_equal(none, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_back_what_was_written),
		cmocka_unit_test(reads_back_gray_and_empty_splits),
		cmocka_unit_test(reads_back_a_dataset_without_records),
		cmocka_unit_test(reads_back_transforms),
		cmocka_unit_test(reads_any_slice),
		cmocka_unit_test(reads_back_what_is_said_of_the_whole),
		cmocka_unit_test(holds_ten_thousand_classes),
		cmocka_unit_test(gives_equal_bytes_in_any_pieces),
		cmocka_unit_test(reads_a_pipe_and_leaves_no_spool),
		cmocka_unit_test(reads_a_pipe_with_a_name),
		cmocka_unit_test(reads_a_file_on_standard_input),
		cmocka_unit_test(reads_a_file_without_a_name),
		cmocka_unit_test(keeps_reading_a_file_that_is_replaced),
		cmocka_unit_test(merges_settings_sorted_and_each_once),
	};

	return cmocka_run_group_tests_name("dataset", tests, test_dir_setup,
					   test_dir_teardown) != 0;
}
