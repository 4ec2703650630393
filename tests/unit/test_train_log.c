/* metrics.csv: its rows, and what is left where none was written. */
#include "tests/support/kwtest.h"

#include <string.h>
#include <unistd.h>

#include "kw/error.h"
#include "train/log.h"

static const char *const header =
	"epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,"
	"images_per_second\n";

static const EpochReport first = {
	.epoch = 1,
	.loss = 10.9331,
	.accuracy = 0.5625,
	.has_val = TRUE,
	.val_loss = 1.0 / 3,
	.val_accuracy = 0.5,
	.rate = 1e-4,
	.images_per_second = 11.876,
};

static const EpochReport second = {
	.epoch = 2,
	.loss = 0.25,
	.accuracy = 1,
	.rate = 1e-5,
	.images_per_second = 1234.5,
};

static void
check_file(const char *path, const char *rows)
{
	g_autofree char *expected = g_strconcat(header, rows, NULL);
	g_autofree char *text = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	assert_string_equal(text, expected);
}

static void
write_row(RunLog *log, const EpochReport *report)
{
	GError *error = NULL;

	run_log_epoch(log, report, &error);
	test_assert_no_error(error);
}

/* Complete after every row, before it is closed. */
static void
test_rows(void **state)
{
	g_autofree char *dir = g_build_filename(*state, "a", "b", NULL);
	g_autofree char *path = g_build_filename(dir, "metrics.csv", NULL);
	GError *error = NULL;
	g_autoptr(RunLog) log = run_log_new(dir, FALSE, &error);

	test_assert_no_error(error);
	write_row(log, &first);
	check_file(path, "1,10.9331,0.5625,0.3333333,0.5,0.0001,11.88\n");
	write_row(log, &second);
	check_file(path, "1,10.9331,0.5625,0.3333333,0.5,0.0001,11.88\n"
			 "2,0.25,1,,,1e-05,1234.50\n");
}

static void
test_nothing_is_left(void **state)
{
	g_autofree char *dir = g_build_filename(*state, "empty", NULL);
	g_autofree char *path = g_build_filename(dir, "metrics.csv", NULL);

	run_log_free(run_log_new(dir, FALSE, NULL));
	assert_false(g_file_test(dir, G_FILE_TEST_EXISTS));
	/* A folder that was there stays. */
	assert_int_equal(g_mkdir_with_parents(dir, 0777), 0);
	run_log_free(run_log_new(dir, FALSE, NULL));
	assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	assert_true(g_file_test(dir, G_FILE_TEST_IS_DIR));
	run_log_free(NULL);
}

static void
test_older_log(void **state)
{
	g_autofree char *dir = g_build_filename(*state, "older", NULL);
	g_autofree char *path = g_build_filename(dir, "metrics.csv", NULL);
	g_autofree char *text = NULL;
	const char *old = "a row of an older run that is much longer than the "
			  "new one, so that a rest of it would show; and this "
			  "makes it longer than all that is written now\n";
	GError *error = NULL;

	g_mkdir_with_parents(dir, 0777);
	assert_true(g_file_set_contents(path, old, -1, NULL));
	assert_null(run_log_new(dir, FALSE, &error));
	test_assert_error(&error, KW_ERROR_USAGE, "-f");

	/* It is there until the new run has something to say. */
	run_log_free(run_log_new(dir, TRUE, &error));
	test_assert_no_error(error);
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	assert_string_equal(text, old);

	g_autoptr(RunLog) log = run_log_new(dir, TRUE, &error);
	test_assert_no_error(error);
	write_row(log, &second);
	check_file(path, "2,0.25,1,,,1e-05,1234.50\n");
}

static void
test_cannot_be_written(void **state)
{
	g_autofree char *file = g_build_filename(*state, "file", NULL);
	g_autofree char *below = g_build_filename(file, "log", NULL);
	g_autofree char *full = g_build_filename(*state, "full", NULL);
	g_autofree char *link = g_build_filename(full, "metrics.csv", NULL);
	GError *error = NULL;

	assert_true(g_file_set_contents(file, "", 0, NULL));
	assert_null(run_log_new(below, FALSE, &error));
	test_assert_error(&error, KW_ERROR_IO, below);
	assert_null(run_log_new(file, FALSE, &error));
	test_assert_error(&error, KW_ERROR_IO, file);

	g_mkdir_with_parents(full, 0777);
	assert_int_equal(symlink("/dev/full", link), 0);
	g_autoptr(RunLog) log = run_log_new(full, TRUE, &error);
	test_assert_no_error(error);
	assert_false(run_log_epoch(log, &first, &error));
	test_assert_error(&error, KW_ERROR_IO, "metrics.csv");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_nothing_is_left),
		cmocka_unit_test(test_older_log),
		cmocka_unit_test(test_cannot_be_written),
	};

	return cmocka_run_group_tests(tests, test_dir_setup, test_dir_teardown);
}
