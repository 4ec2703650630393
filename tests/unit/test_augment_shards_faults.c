/*
 * Shards that cannot be written, of which nothing stays, and strangers among
 * shards, which are not read.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kw/error.h"
#include "tests/support/sharddata.h"

static const TestDataset whole = { .counts = { 23, 5, 2 },
				   .augmented = TRUE,
				   .set_id = 7 };
static const TestDataset other = {
	.counts = { 23, 5, 2 }, .augmented = TRUE, .set_id = 8, .first = 100
};

/* *state: a folder of its own for each test. */
static int
setup(void **state)
{
	*state = test_dir_new();
	return 0;
}

static char *
in(void **state, const char *name)
{
	return g_build_filename(*state, name, NULL);
}

static gboolean
exists(void **state, const char *name)
{
	g_autofree char *path = in(state, name);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void
put_file(void **state, const char *name)
{
	g_autofree char *path = in(state, name);

	assert_true(g_file_set_contents(path, "mine", -1, NULL));
}

static void
is_untouched(void **state, const char *name)
{
	g_autofree char *path = in(state, name);
	g_autofree char *text = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	assert_string_equal(text, "mine");
}

/* Temporary files count as well. */
static guint
count_files(void **state)
{
	GDir *dir = g_dir_open(*state, 0, NULL);
	guint n = 0;

	while (g_dir_read_name(dir) != NULL)
		n++;
	g_dir_close(dir);
	return n;
}

/* Write NAME.h5 with three shards, which must do. */
static void
write_three(void **state, const char *name, const TestDataset *set,
	    gboolean force)
{
	g_autofree char *path = in(state, name);
	GError *error = NULL;

	test_shards_write(path, force, 3, set, &error);
	test_assert_no_error(error);
}

/* The names of set.h5 and three shards are refused with this text. */
static void
refuses_to_write(void **state, gboolean force, const char *text)
{
	g_autofree char *path = in(state, "set.h5");
	GError *error = NULL;
	g_autoptr(AugmentOutput) out =
		augment_output_new(path, force, 3, &error);

	assert_null(out);
	test_assert_error(&error, KW_ERROR_USAGE, text);
}

/* ---- names that are taken, or cannot be */

static void
standard_output_is_no_place_for_shards(void **state)
{
	static const char *const names[] = { NULL, "-" };

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		GError *error = NULL;

		assert_null(augment_output_new(names[i], FALSE, 2, &error));
		test_assert_error(&error, KW_ERROR_USAGE,
				  "shards cannot go to standard output; name "
				  "the file of their index with -o FILE");
	}
}

static void
an_index_that_exists_stays(void **state)
{
	put_file(state, "set.h5");
	refuses_to_write(state, FALSE, "/set.h5' exists already");
	is_untouched(state, "set.h5");
	assert_int_equal(count_files(state), 1);
}

static void
shards_that_exist_stay_and_the_first_is_named(void **state)
{
	put_file(state, "set-00001-of-00003.h5");
	put_file(state, "set-00002-of-00003.h5");
	refuses_to_write(state, FALSE,
			 "/set-00001-of-00003.h5' exists already; use -f");
	is_untouched(state, "set-00001-of-00003.h5");
	assert_int_equal(count_files(state), 2);
}

static void
force_replaces_them_all(void **state)
{
	put_file(state, "set.h5");
	put_file(state, "set-00001-of-00003.h5");
	write_three(state, "set.h5", &whole, TRUE);
	g_autofree char *path = in(state, "set.h5");
	g_autoptr(KwDataset) d = kw_dataset_open(path, NULL);
	test_dataset_check(d, &whole, 0);
	assert_int_equal(count_files(state), 4);
}

static void
pipes_and_links_are_refused_even_by_force(void **state)
{
	g_autofree char *index = in(state, "set.h5");
	g_autofree char *shard = in(state, "set-00001-of-00003.h5");

	assert_int_equal(mkfifo(index, 0600), 0);
	refuses_to_write(state, TRUE, "/set.h5', which is no plain file");
	assert_int_equal(unlink(index), 0);
	assert_int_equal(mkfifo(shard, 0600), 0);
	refuses_to_write(state, TRUE,
			 "/set-00001-of-00003.h5', which is no plain file");
	put_file(state, "elsewhere.h5");
	assert_int_equal(symlink("elsewhere.h5", index), 0);
	refuses_to_write(state, TRUE, "/set.h5' is a symbolic link, and");
	is_untouched(state, "elsewhere.h5");
	assert_int_equal(count_files(state), 3);
}

static void
a_folder_that_is_missing_is_told(void **state)
{
	g_autofree char *path = in(state, "no/set.h5");
	GError *error = NULL;

	assert_null(augment_output_new(path, FALSE, 2, &error));
	test_assert_error(&error, KW_ERROR_IO, "No such file or directory");
}

/* ---- too many files */

/* In a process that may open so many files: the result of `work` is status. */
static int
with_file_limit(rlim_t soft, rlim_t hard, void **state,
		int (*work)(void **state))
{
	const struct rlimit limit = { soft, hard };
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
			_exit(9);
		_exit(work(state));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
write_and_read_200_shards(void **state)
{
	const struct rlimit low = { 100, 4096 };
	g_autofree char *path = in(state, "set.h5");
	g_autoptr(GError) error = NULL;
	g_autoptr(KwDataset) d = NULL;

	if (test_shards_write(path, FALSE, 200, &whole, &error)) {
		setrlimit(RLIMIT_NOFILE, &low);
		d = kw_dataset_open(path, &error);
	}
	if (d != NULL)
		return kw_dataset_n_shards(d) == 200 ? 0 : 1;
	if (strstr(error->message, "see ulimit -Hn") != NULL)
		return error->code == KW_ERROR_USAGE ? 2 : 3;
	g_printerr("%s\n", error->message);
	return 4;
}

static void
more_files_are_opened_than_usual(void **state)
{
	assert_int_equal(
		with_file_limit(100, 4096, state, write_and_read_200_shards),
		0);
}

static void
more_shards_than_files_can_be_open_are_refused(void **state)
{
	assert_int_equal(
		with_file_limit(100, 300, state, write_and_read_200_shards), 2);
	assert_int_equal(count_files(state), 0);
}

static int
read_only(void **state)
{
	g_autofree char *path = in(state, "set.h5");
	g_autoptr(GError) error = NULL;
	g_autoptr(KwDataset) d = kw_dataset_open(path, &error);

	return d == NULL && error->code == KW_ERROR_IO &&
			       strstr(error->message, "it has 200 shards") !=
				       NULL
		       ? 0
		       : 1;
}

static void
more_shards_than_can_be_read_are_refused(void **state)
{
	assert_int_equal(
		with_file_limit(100, 4096, state, write_and_read_200_shards),
		0);
	assert_int_equal(with_file_limit(100, 150, state, read_only), 0);
}

static void
more_shards_than_a_set_can_have_are_refused(void **state)
{
	g_autofree char *path = in(state, "set.h5");
	GError *error = NULL;

	assert_null(augment_output_new(path, FALSE, 70000, &error));
	test_assert_error(&error, KW_ERROR_USAGE,
			  "cannot have 70000 shards; the most is 65536");
}

/* ---- failures half-way */

static void
what_is_not_committed_is_removed(void **state)
{
	g_autofree char *path = in(state, "set.h5");
	GError *error = NULL;
	g_autoptr(AugmentOutput) out =
		test_shards_make(path, FALSE, 3, &whole, &error);

	test_assert_no_error(error);
	assert_int_equal(count_files(state), 4);
	g_clear_pointer(&out, augment_output_free);
	assert_int_equal(count_files(state), 0);
}

/* In a process of its own, whose files may not be so large. */
static int
write_with_limit(void **state)
{
	const struct rlimit limit = { 9000, 9000 };
	g_autofree char *path = in(state, "set.h5");
	g_autoptr(GError) error = NULL;

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	if (test_shards_write(path, FALSE, 1, &whole, &error))
		return 1;
	return error->code == KW_ERROR_IO &&
			       g_str_has_suffix(error->message,
						"/set-00000-of-00001.h5': "
						"File too large")
		       ? 0
		       : 2;
}

static void
a_write_that_fails_leaves_nothing(void **state)
{
	assert_int_equal(with_file_limit(100, 100, state, write_with_limit), 0);
	assert_int_equal(count_files(state), 0);
}

/* `name` appears before the commit, which leaves it and nothing else. */
static void
appears_in_the_meantime(void **state, const char *name)
{
	g_autofree char *path = in(state, "set.h5");
	GError *error = NULL;
	g_autoptr(AugmentOutput) out =
		test_shards_make(path, FALSE, 3, &whole, &error);

	test_assert_no_error(error);
	put_file(state, name);
	assert_false(augment_output_commit(out, &error));
	test_assert_error(&error, KW_ERROR_USAGE, name);
	g_clear_pointer(&out, augment_output_free);
	is_untouched(state, name);
	assert_int_equal(count_files(state), 1);
}

static void
a_commit_that_fails_at_a_shard_leaves_nothing(void **state)
{
	appears_in_the_meantime(state, "set-00002-of-00003.h5");
}

static void
a_commit_that_fails_at_the_index_leaves_nothing(void **state)
{
	appears_in_the_meantime(state, "set.h5");
}

/* The index cannot be written: a shard became another, before it was read. */
static void
what_was_replaced_by_force_is_not_removed(void **state)
{
	g_autofree char *path = in(state, "set.h5");
	g_autofree char *shard = in(state, "set-00002-of-00003.h5");
	GError *error = NULL;

	put_file(state, "set-00000-of-00003.h5");
	g_autoptr(AugmentOutput) out =
		test_shards_make(path, TRUE, 3, &whole, &error);
	test_assert_no_error(error);
	assert_int_equal(mkdir(shard, 0700), 0);
	assert_false(augment_output_commit(out, &error));
	test_assert_error(&error, KW_ERROR_IO, "/set-00002-of-00003.h5'");
	g_clear_pointer(&out, augment_output_free);
	assert_true(exists(state, "set-00000-of-00003.h5"));
	assert_false(exists(state, "set-00001-of-00003.h5"));
	assert_false(exists(state, "set.h5"));
	assert_int_equal(count_files(state), 2);
}

/* ---- strangers among the shards */

#define WHAT_TO_DO "; copy all files of the set again, or make it again"

static void
refuses_to_read(void **state, gint code, const char *text)
{
	g_autofree char *path = in(state, "set.h5");

	test_dataset_refused(path, code, text);
	test_dataset_refused(path, code, WHAT_TO_DO);
}

static void
a_shard_of_another_set_is_refused(void **state)
{
	g_autofree char *mine = in(state, "set-00001-of-00003.h5");
	g_autofree char *theirs = in(state, "x-00001-of-00003.h5");

	write_three(state, "set.h5", &whole, FALSE);
	write_three(state, "x.h5", &other, FALSE);
	assert_int_equal(rename(theirs, mine), 0);
	refuses_to_read(state, KW_ERROR_FORMAT,
			"/set-00001-of-00003.h5' belongs to another set");
}

static void
an_old_index_refuses_new_shards(void **state)
{
	g_autofree char *index = in(state, "set.h5");
	g_autofree char *saved = in(state, "saved");

	write_three(state, "set.h5", &whole, FALSE);
	assert_int_equal(rename(index, saved), 0);
	write_three(state, "set.h5", &other, TRUE);
	assert_int_equal(rename(saved, index), 0);
	refuses_to_read(state, KW_ERROR_FORMAT,
			"/set-00000-of-00003.h5' belongs to another set");
}

static void
a_missing_shard_is_named(void **state)
{
	g_autofree char *shard = in(state, "set-00002-of-00003.h5");

	write_three(state, "set.h5", &whole, FALSE);
	assert_int_equal(unlink(shard), 0);
	refuses_to_read(state, KW_ERROR_INPUT,
			"/set-00002-of-00003.h5': No such file or directory");
}

static void
a_short_shard_is_named(void **state)
{
	g_autofree char *shard = in(state, "set-00001-of-00003.h5");
	struct stat st;

	write_three(state, "set.h5", &whole, FALSE);
	assert_int_equal(stat(shard, &st), 0);
	for (off_t size = st.st_size - 1; size > 0; size /= 2) {
		assert_int_equal(truncate(shard, size), 0);
		refuses_to_read(state, KW_ERROR_FORMAT,
				"/set-00001-of-00003.h5'");
	}
	assert_int_equal(truncate(shard, 0), 0);
	refuses_to_read(state, KW_ERROR_INPUT,
			"/set-00001-of-00003.h5': it is empty");
}

/* It has as many records as the index says of another shard. */
static void
a_shard_in_the_place_of_another_is_refused(void **state)
{
	g_autofree char *first = in(state, "set-00000-of-00003.h5");
	g_autofree char *second = in(state, "set-00001-of-00003.h5");

	write_three(state, "set.h5", &whole, FALSE);
	assert_int_equal(rename(first, second), 0);
	assert_int_equal(link(second, first), 0);
	refuses_to_read(state, KW_ERROR_FORMAT,
			"/set-00001-of-00003.h5' has 7 records in /train, "
			"not 8");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, test_dir_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(standard_output_is_no_place_for_shards),
		TEST(an_index_that_exists_stays),
		TEST(shards_that_exist_stay_and_the_first_is_named),
		TEST(force_replaces_them_all),
		TEST(pipes_and_links_are_refused_even_by_force),
		TEST(a_folder_that_is_missing_is_told),
		TEST(more_files_are_opened_than_usual),
		TEST(more_shards_than_files_can_be_open_are_refused),
		TEST(more_shards_than_can_be_read_are_refused),
		TEST(more_shards_than_a_set_can_have_are_refused),
		TEST(what_is_not_committed_is_removed),
		TEST(a_write_that_fails_leaves_nothing),
		TEST(a_commit_that_fails_at_a_shard_leaves_nothing),
		TEST(a_commit_that_fails_at_the_index_leaves_nothing),
		TEST(what_was_replaced_by_force_is_not_removed),
		TEST(a_shard_of_another_set_is_refused),
		TEST(an_old_index_refuses_new_shards),
		TEST(a_missing_shard_is_named),
		TEST(a_short_shard_is_named),
		TEST(a_shard_in_the_place_of_another_is_refused),
	};

	return cmocka_run_group_tests_name("augment_shards_faults", tests, NULL,
					   NULL) != 0;
}
