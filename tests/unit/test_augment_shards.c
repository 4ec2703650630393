/* Augmented datasets as one file and as shards with their index. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kw/error.h"
#include "tests/support/sharddata.h"

static const TestDataset whole = { .counts = { 23, 5, 2 }, .augmented = TRUE };

/* The names that files were given, in this order: KwOutfile calls this. */
static GPtrArray *given;

int
renameat2(int old_dir, const char *old, int new_dir, const char *new,
	  unsigned flags)
{
	if (given != NULL)
		g_ptr_array_add(given, g_path_get_basename(new));
	return (int)syscall(SYS_renameat2, old_dir, old, new_dir, new, flags);
}

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

static KwDataset *
open_set(void **state, const char *name)
{
	g_autofree char *path = in(state, name);
	GError *error = NULL;
	KwDataset *dataset = kw_dataset_open(path, &error);

	test_assert_no_error(error);
	return dataset;
}

static void
assert_same_bytes(void **state, const char *a, const char *b)
{
	g_autofree char *path_a = in(state, a);
	g_autofree char *path_b = in(state, b);
	g_autofree char *bytes_a = NULL;
	g_autofree char *bytes_b = NULL;
	gsize na, nb;

	assert_true(g_file_get_contents(path_a, &bytes_a, &na, NULL));
	assert_true(g_file_get_contents(path_b, &bytes_b, &nb, NULL));
	assert_int_equal(na, nb);
	assert_memory_equal(bytes_a, bytes_b, na);
}

/* ---- what is written */

static void
without_shards_it_is_the_whole_dataset(void **state)
{
	g_autofree char *path = in(state, "whole.h5");
	g_autofree char *expected = in(state, "expected.h5");
	GError *error = NULL;

	assert_true(test_shards_write(path, FALSE, 0, &whole, &error));
	test_dataset_write(expected, &whole);
	assert_same_bytes(state, "whole.h5", "expected.h5");
	assert_int_equal(count_files(state), 2);
}

static void
standard_output_gets_the_whole_dataset(void **state)
{
	g_autofree char *path = in(state, "stdout.h5");
	g_autofree char *expected = in(state, "expected.h5");
	GError *error = NULL;
	int saved, fd = open(path, O_CREAT | O_WRONLY, 0600);

	assert_true(g_setenv("TMPDIR", *state, TRUE));
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	dup2(fd, STDOUT_FILENO);
	close(fd);
	g_autoptr(AugmentOutput) out =
		test_shards_make("-", FALSE, 0, &whole, &error);
	/* not even a crash leaves the spool behind */
	guint files = count_files(state);
	gboolean ok = out != NULL && augment_output_commit(out, &error);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	g_unsetenv("TMPDIR");
	test_assert_no_error(error);
	assert_true(ok);
	assert_int_equal(files, 1);
	test_dataset_write(expected, &whole);
	assert_same_bytes(state, "stdout.h5", "expected.h5");
}

/* Shard k holds records count * k / n .. of each split, and no others. */
static void
check_shards(KwDataset *d, guint n)
{
	assert_int_equal(kw_dataset_n_shards(d), n);
	for (guint k = 0; k < n; k++) {
		const KwDataset *shard = kw_dataset_shard(d, k);
		g_autofree char *name =
			g_strdup_printf("/set-%05u-of-%05u.h5", k, n);

		assert_true(g_str_has_suffix(kw_dataset_name(shard), name));
		assert_int_equal(kw_dataset_info(shard)->set_id, 7);
		for (KwSplit s = 0; s < KW_N_SPLITS; s++)
			assert_int_equal(kw_dataset_count(shard, s),
					 whole.counts[s] * (k + 1) / n -
						 whole.counts[s] * k / n);
	}
}

static void
the_index_shows_the_records_of_the_whole(void **state)
{
	static const guint n_shards[] = { 1, 2, 7, 23, 40 };
	static const gsize pieces[] = { 1, 4, 1000 };
	g_autofree char *path = in(state, "set.h5");
	TestDataset set = whole;
	GError *error = NULL;

	set.set_id = 7;
	for (gsize i = 0; i < G_N_ELEMENTS(n_shards); i++)
		for (gsize p = 0; p < G_N_ELEMENTS(pieces); p++) {
			set.piece = pieces[p];
			test_shards_write(path, TRUE, n_shards[i], &set,
					  &error);
			test_assert_no_error(error);
			g_autoptr(KwDataset) d = open_set(state, "set.h5");
			assert_int_equal(kw_dataset_info(d)->set_id, 7);
			for (KwSplit s = 0; s < KW_N_SPLITS; s++)
				assert_int_equal(kw_dataset_count(d, s),
						 whole.counts[s]);
			test_dataset_check(d, &whole, 0);
			check_shards(d, n_shards[i]);
		}
	assert_int_equal(count_files(state), 1 + 1 + 2 + 7 + 23 + 40);
}

typedef struct {
	AugmentOutput *out;
	gsize first;
} Share;

static gpointer
put_share(gpointer data)
{
	const Share *share = data;

	return GINT_TO_POINTER(test_shards_put_images(share->out, &whole,
						      share->first, 8, NULL));
}

static void
images_come_from_eight_threads(void **state)
{
	g_autofree char *path = in(state, "set.h5");
	g_autoptr(KwDatasetInfo) info = test_info_new(&whole);
	GError *error = NULL;
	g_autoptr(AugmentOutput) out =
		augment_output_new(path, FALSE, 7, &error);
	GThread *threads[8];
	Share shares[8];

	info->set_id = 7;
	assert_true(augment_output_create(out, info, whole.counts, 64, &error));
	for (gsize t = 0; t < 8; t++) {
		shares[t] = (Share){ out, t };
		threads[t] = g_thread_new("put", put_share, &shares[t]);
	}
	assert_true(test_shards_put_records(out, &whole, &error));
	for (gsize t = 0; t < 8; t++)
		assert_true(GPOINTER_TO_INT(g_thread_join(threads[t])));
	assert_true(augment_output_finish(out, &error));
	assert_true(augment_output_commit(out, &error));
	g_autoptr(KwDataset) d = open_set(state, "set.h5");
	test_dataset_check(d, &whole, 0);
}

static void
shards_are_named_after_the_index(void **state)
{
	static const char *const names[][2] = {
		{ "a.h5", "a-00001-of-00002.h5" },
		{ "b.hdf5", "b-00001-of-00002.h5" },
		{ "c", "c-00001-of-00002.h5" },
		{ "d.x.h5", "d.x-00001-of-00002.h5" },
		{ ".h5", ".h5-00001-of-00002.h5" },
		{ "50%d.h5", "50%d-00001-of-00002.h5" },
		{ "f.h5/g", "f.h5/g-00001-of-00002.h5" },
	};
	g_autofree char *folder = in(state, "f.h5");
	TestDataset set = whole;
	GError *error = NULL;

	set.set_id = 7;
	assert_int_equal(mkdir(folder, 0700), 0);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = in(state, names[i][0]);

		test_shards_write(path, FALSE, 2, &set, &error);
		test_assert_no_error(error);
		assert_true(exists(state, names[i][1]));
		g_autoptr(KwDataset) d = open_set(state, names[i][0]);
		test_dataset_check(d, &whole, 0);
	}
}

static void
an_index_in_the_current_folder_is_found(void **state)
{
	TestDataset set = whole;
	GError *error = NULL;
	char old[4096];

	set.set_id = 7;
	assert_non_null(getcwd(old, sizeof old));
	assert_int_equal(chdir(*state), 0);
	test_shards_write("set.h5", FALSE, 2, &set, &error);
	assert_int_equal(chdir(old), 0);
	test_assert_no_error(error);
	g_autoptr(KwDataset) d = open_set(state, "set.h5");
	test_dataset_check(d, &whole, 0);
}

static void
the_index_gets_its_name_last(void **state)
{
	static const char *const expected[] = { "set-00000-of-00003.h5",
						"set-00001-of-00003.h5",
						"set-00002-of-00003.h5",
						"set.h5" };
	g_autofree char *path = in(state, "set.h5");
	TestDataset set = whole;
	GError *error = NULL;

	set.set_id = 7;
	given = g_ptr_array_new_with_free_func(g_free);
	test_shards_write(path, FALSE, 3, &set, &error);
	test_assert_no_error(error);
	assert_int_equal(given->len, 4);
	for (guint i = 0; i < 4; i++)
		assert_string_equal(given->pdata[i], expected[i]);
	g_clear_pointer(&given, g_ptr_array_unref);
}

/* ---- how many */

/* Bytes of the records of the largest of n shards. */
static gsize
largest(const gsize counts[KW_N_SPLITS], guint n, gsize bytes)
{
	gsize most = 0;

	for (guint k = 0; k < n; k++) {
		gsize held = 0;

		for (KwSplit s = 0; s < KW_N_SPLITS; s++)
			held += counts[s] * (k + 1) / n - counts[s] * k / n;
		most = MAX(most, held * bytes);
	}
	return most;
}

static void
a_size_tells_how_many_shards(void **state)
{
	static const gsize train[] = { 1000, 0, 0 }, three[] = { 977, 101, 2 };
	static const gsize none[KW_N_SPLITS];
	/* pixels, source, two columns, two ids, label, copy, checksum */
	const gsize bytes = 60 + 20 + 8 + 16 + 12;
	g_autoptr(KwDatasetInfo) info = test_info_new(&whole);
	const gsize file = augment_file_bytes(info);
	GError *error = NULL;

	(void)state;
	for (guint64 size = 3 * bytes; size < 1200 * bytes; size += 31) {
		guint a = augment_shards_of_size(size + file, info, train, 20,
						 &error);
		guint b = augment_shards_of_size(size + file, info, three, 20,
						 &error);

		test_assert_no_error(error);
		assert_true(largest(train, a, bytes) <= size);
		assert_true(a == 1 || largest(train, a - 1, bytes) > size);
		assert_true(largest(three, b, bytes) <= size);
		/* two records more than that at the most */
		assert_true(b == 1 ||
			    largest(three, b - 1, bytes) + 2 * bytes > size);
	}
	assert_int_equal(
		augment_shards_of_size(G_MAXUINT64, info, three, 20, &error),
		1);
	assert_int_equal(augment_shards_of_size(1, info, none, 20, &error), 1);
	assert_int_equal(augment_shards_of_size(3 * bytes - 1 + file, info,
						three, 20, &error),
			 0);
	test_assert_error(&error, KW_ERROR_USAGE,
			  "bytes: one record of each split takes");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, test_dir_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_shards_it_is_the_whole_dataset),
		TEST(standard_output_gets_the_whole_dataset),
		TEST(the_index_shows_the_records_of_the_whole),
		TEST(images_come_from_eight_threads),
		TEST(shards_are_named_after_the_index),
		TEST(an_index_in_the_current_folder_is_found),
		TEST(the_index_gets_its_name_last),
		TEST(a_size_tells_how_many_shards),
	};

	return cmocka_run_group_tests_name("augment_shards", tests, NULL,
					   NULL) != 0;
}
