/*
 * A disk that is full from some write on, or for one write, or takes a few
 * bytes at a time: this program has its own pwrite(), which HDF5 calls as well.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kw/error.h"
#include "tests/support/kwdata.h"

/* The images are written at once; HDF5 buffers what is below 64 KiB. */
static const TestDataset set = { .counts = { 1200, 3, 2 }, .augmented = TRUE };

static int writes_left = -1;   /* that succeed; negative: all */
static gboolean fails_once;    /* the writes after the failure succeed again */
static size_t most = SIZE_MAX; /* bytes that a write takes */
static gboolean interrupts;    /* a signal comes before each write */

ssize_t
pwrite(int fd, const void *bytes, size_t n, off_t at)
{
	static gboolean came;

	came = interrupts && !came;
	if (came) {
		errno = EINTR;
		return -1;
	}
	if (writes_left == 0) {
		if (fails_once)
			writes_left = -1;
		errno = ENOSPC;
		return -1;
	}
	if (writes_left > 0)
		writes_left--;
	return syscall(SYS_pwrite64, fd, bytes, MIN(n, most), at);
}

/*
 * HDF5 does not give back the memory of a file that it could not write: no leak
 * of ours.
 */
static gboolean in_child;
int __lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
	return in_child;
}

static gboolean
write_whole(const char *path, GError **error)
{
	g_autoptr(KwDatasetInfo) info = test_info_new(&set);
	g_autoptr(KwOutfile) out = kw_outfile_new(path, FALSE, error);
	g_autoptr(KwDatasetWriter) writer =
		kw_dataset_create(out, info, set.counts, 64, error);

	if (writer == NULL)
		return FALSE;
	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		gsize n = set.counts[s];
		g_autoptr(KwRecords) r = test_records_new(&set, s, 0, n);
		g_autofree guint8 *pixels = test_pixels_new(&set, s, 0, n);

		if (!kw_dataset_append(writer, s, r, pixels, error))
			return FALSE;
	}
	return kw_dataset_finish(writer, error) &&
	       kw_outfile_commit(out, error);
}

static gboolean
write_index(const char *path, GError **error)
{
	static const char *const names[] = { "shard.h5", NULL };
	g_autoptr(KwOutfile) out = kw_outfile_new(path, FALSE, error);

	return kw_dataset_write_index(out, names, error) &&
	       kw_outfile_commit(out, error);
}

static const char *cause = "No space left on device"; /* of a failure */

/* In a process of its own: write, and end as a tool does. */
static void
write_and_exit(gboolean (*writer)(const char *path, GError **error),
	       const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *expected = g_strdup_printf("/x.h5': %s", cause);

	/* cmocka's handler would go on with the next test here. */
	signal(SIGSEGV, SIG_DFL);
	in_child = TRUE;
	if (writer(path, &error))
		exit(0);
	if (error->code == KW_ERROR_IO &&
	    g_str_has_suffix(error->message, expected))
		exit(1);
	g_printerr("%s\n", error->message);
	exit(2);
}

/*
 * Write with room for n writes, in a process of its own.  0: written; 1: failed
 * as it should.
 */
static int
try_writes(gboolean (*writer)(const char *path, GError **error),
	   const char *path, int n)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		writes_left = n;
		write_and_exit(writer, path);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* x.h5 is whole; remove it. */
static void
check_and_remove(const char *path)
{
	g_autoptr(KwDataset) dataset = kw_dataset_open(path, NULL);

	assert_non_null(dataset);
	test_dataset_check(dataset, &set, 0);
	assert_int_equal(unlink(path), 0);
}

/*
 * Room for 0 writes, 1, ... until there is enough for x.h5 in the folder; then
 * each of these writes fails alone, which HDF5 may get over.
 */
static void
fill_disk(const char *folder,
	  gboolean (*writer)(const char *path, GError **error))
{
	g_autofree char *path = g_build_filename(folder, "x.h5", NULL);
	int result, n = 0;

	fails_once = FALSE;
	while ((result = try_writes(writer, path, n)) == 1) {
		assert_int_equal(access(path, F_OK), -1);
		n++;
	}
	assert_int_equal(result, 0);
	assert_true(n > 3);
	check_and_remove(path);
	fails_once = TRUE;
	for (int i = 0; i < n; i++) {
		result = try_writes(writer, path, i);
		assert_in_range(result, 0, 1);
		if (result == 0)
			check_and_remove(path);
		assert_int_equal(access(path, F_OK), -1);
	}
}

static void
says_that_there_is_no_space_for_a_dataset(void **state)
{
	g_autofree char *folder = g_build_filename(*state, "whole", NULL);

	assert_int_equal(mkdir(folder, 0700), 0);
	fill_disk(folder, write_whole);
	/* No temporary file is left. */
	assert_int_equal(rmdir(folder), 0);
}

static void
says_that_there_is_no_space_for_an_index(void **state)
{
	g_autofree char *folder = g_build_filename(*state, "index", NULL);
	g_autofree char *shard = g_build_filename(folder, "shard.h5", NULL);
	TestDataset part = set;

	assert_int_equal(mkdir(folder, 0700), 0);
	part.set_id = 3;
	test_dataset_write(shard, &part);
	fill_disk(folder, write_index);
	assert_int_equal(unlink(shard), 0);
	assert_int_equal(rmdir(folder), 0);
}

/* As under `ulimit -f`; the signal is ignored by all tools (app.c). */
static gboolean
write_within_limit(const char *path, GError **error)
{
	const struct rlimit limit = { 40000, 40000 };

	signal(SIGXFSZ, SIG_IGN);
	return setrlimit(RLIMIT_FSIZE, &limit) == 0 && write_whole(path, error);
}

static void
says_that_a_file_may_not_be_so_large(void **state)
{
	g_autofree char *path = g_build_filename(*state, "x.h5", NULL);

	cause = "File too large";
	assert_int_equal(try_writes(write_within_limit, path, -1), 1);
	assert_int_equal(access(path, F_OK), -1);
	cause = "No space left on device";
}

static void
goes_on_after_half_a_write_and_a_signal(void **state)
{
	g_autofree char *path = g_build_filename(*state, "x.h5", NULL);
	GError *error = NULL;

	most = 1000;
	interrupts = TRUE;
	write_whole(path, &error);
	test_assert_no_error(error);
	most = SIZE_MAX;
	interrupts = FALSE;
	check_and_remove(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_that_there_is_no_space_for_a_dataset),
		cmocka_unit_test(says_that_there_is_no_space_for_an_index),
		cmocka_unit_test(says_that_a_file_may_not_be_so_large),
		cmocka_unit_test(goes_on_after_half_a_write_and_a_signal),
	};

	return cmocka_run_group_tests_name("dataset_faults", tests,
					   test_dir_setup,
					   test_dir_teardown) != 0;
}
