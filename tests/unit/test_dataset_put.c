/* Datasets written in any order and from many threads at once. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/kwdata.h"

enum { THREADS = 8 };

static const TestDataset small = { .counts = { 7, 3, 2 }, .augmented = TRUE };
static const TestDataset many = { .counts = { 5000, 700, 0 },
				  .augmented = TRUE };
/* HDF5's buffers hold all of one record, or next to nothing. */
static const TestDataset one = { .counts = { 0, 0, 1 }, .gray = TRUE };

/* A writer and what it writes to. */
typedef struct {
	const TestDataset *set;
	char *path;
	KwOutfile *out;
	KwDatasetWriter *writer;
} Fixture;

static void
begin(Fixture *f, void **state, const char *name, const TestDataset *set)
{
	g_autoptr(KwDatasetInfo) info = test_info_new(set);
	GError *error = NULL;

	f->set = set;
	f->path = g_build_filename(*state, name, NULL);
	f->out = kw_outfile_new(f->path, FALSE, &error);
	test_assert_no_error(error);
	f->writer = kw_dataset_create(f->out, info, set->counts,
				      test_longest_source(set), &error);
	test_assert_no_error(error);
}

static void
put_records(const Fixture *f, KwSplit s, gsize first, gsize n)
{
	g_autoptr(KwRecords) r = test_records_new(f->set, s, first, n);
	GError *error = NULL;

	assert_true(kw_dataset_put_records(f->writer, s, first, r, &error));
	test_assert_no_error(error);
}

/* Of any thread: cmocka's assertions are for the main one. */
static gboolean
put_images(const Fixture *f, KwSplit s, gsize first, gsize n)
{
	g_autofree guint8 *pixels = test_pixels_new(f->set, s, first, n);

	return kw_dataset_put_images(f->writer, s, first, n, pixels, NULL);
}

/* Finish; the bytes must be those of records appended in order.  Clears. */
static void
check(Fixture *f, void **state)
{
	g_autofree char *other = g_build_filename(*state, "in-order.h5", NULL);
	g_autofree char *a = NULL;
	g_autofree char *b = NULL;
	GError *error = NULL;
	gsize na, nb;

	assert_true(kw_dataset_finish(f->writer, &error));
	assert_true(kw_outfile_commit(f->out, &error));
	test_dataset_write(other, f->set);
	assert_true(g_file_get_contents(f->path, &a, &na, NULL));
	assert_true(g_file_get_contents(other, &b, &nb, NULL));
	assert_int_equal(na, nb);
	assert_memory_equal(a, b, na);
	assert_int_equal(unlink(other), 0);
	kw_dataset_writer_free(f->writer);
	kw_outfile_free(f->out);
	g_free(f->path);
}

static void
last_records_first_give_the_same_bytes(void **state)
{
	Fixture f;

	begin(&f, state, "reverse.h5", &small);
	for (int s = KW_N_SPLITS - 1; s >= 0; s--)
		for (gsize i = small.counts[s]; i-- > 0;) {
			assert_true(put_images(&f, s, i, 1));
			put_records(&f, s, i, 1);
		}
	check(&f, state);
}

static void
all_images_may_come_before_all_records(void **state)
{
	Fixture f;

	begin(&f, state, "images-first.h5", &small);
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		assert_true(put_images(&f, s, 0, small.counts[s]));
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		put_records(&f, s, 0, small.counts[s]);
	check(&f, state);
}

static void
all_records_may_come_before_all_images(void **state)
{
	Fixture f;

	begin(&f, state, "records-first.h5", &small);
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		put_records(&f, s, 0, small.counts[s]);
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		assert_true(put_images(&f, s, 0, small.counts[s]));
	check(&f, state);
}

static void
nothing_can_be_put_anywhere(void **state)
{
	Fixture f;

	begin(&f, state, "nothing.h5", &one);
	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		put_records(&f, s, one.counts[s], 0);
		assert_true(put_images(&f, s, one.counts[s], 0));
	}
	put_records(&f, KW_TEST, 0, 1);
	assert_true(put_images(&f, KW_TEST, 0, 1));
	check(&f, state);
}

/* A thread and the images that are its: every eighth, the last ones first. */
typedef struct {
	const Fixture *f;
	gsize first;
} Share;

static gpointer
put_share(gpointer data)
{
	const Share *share = data;
	const Fixture *f = share->f;
	gboolean ok = TRUE;

	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		for (gsize i = f->set->counts[s]; i-- > 0;)
			if (i % THREADS == share->first)
				ok &= put_images(f, s, i, 1);
	return GINT_TO_POINTER(ok);
}

static void
eight_threads_at_once_give_the_same_bytes(void **state)
{
	GThread *threads[THREADS];
	Share shares[THREADS];
	Fixture f;

	begin(&f, state, "threads.h5", &many);
	for (gsize t = 0; t < THREADS; t++) {
		shares[t] = (Share){ &f, t };
		threads[t] = g_thread_new("put", put_share, &shares[t]);
	}
	/* while HDF5 writes the rest */
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		for (gsize i = 0; i < many.counts[s]; i += 100)
			put_records(&f, s, i, 100);
	for (gsize t = 0; t < THREADS; t++)
		assert_true(GPOINTER_TO_INT(g_thread_join(threads[t])));
	check(&f, state);
}

/* ---- a promise that is not kept is a mistake of the program */

static void
finish_all_but(void **state, KwSplit without_records, KwSplit without_images)
{
	Fixture f;

	begin(&f, state, "x.h5", &small);
	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		gsize n = small.counts[s];

		put_records(&f, s, 0, s == without_records ? n - 1 : n);
		put_images(&f, s, 0, s == without_images ? n - 1 : n);
	}
	kw_dataset_finish(f.writer, NULL);
}

static gboolean
aborts(void **state, KwSplit without_records, KwSplit without_images)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		signal(SIGABRT, SIG_DFL);
		close(STDERR_FILENO);
		close(STDOUT_FILENO);
		finish_all_but(state, without_records, without_images);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void
what_is_not_all_there_is_never_finished(void **state)
{
	assert_false(aborts(state, KW_N_SPLITS, KW_N_SPLITS));
	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		assert_true(aborts(state, s, KW_N_SPLITS));
		assert_true(aborts(state, KW_N_SPLITS, s));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(last_records_first_give_the_same_bytes),
		cmocka_unit_test(all_images_may_come_before_all_records),
		cmocka_unit_test(all_records_may_come_before_all_images),
		cmocka_unit_test(nothing_can_be_put_anywhere),
		cmocka_unit_test(eight_threads_at_once_give_the_same_bytes),
		cmocka_unit_test(what_is_not_all_there_is_never_finished),
	};

	return cmocka_run_group_tests_name("dataset_put", tests, test_dir_setup,
					   test_dir_teardown) != 0;
}
