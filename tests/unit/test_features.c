/* The store of features: in memory, in a file, and files that are no good. */
#include "tests/support/kwtest.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kw/error.h"
#include "train/feature_file.h"
#include "train/features.h"

enum { BYTES = 100, TRAIN = 5, VAL = 2 };

static const FeaturesShape shape = {
	.counts = { [KW_TRAIN] = TRAIN, [KW_VAL] = VAL },
	.bytes = BYTES,
};

static const char *const key =
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static const char *const other_key =
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeF";

static char *
in(void **state, const char *name)
{
	return g_build_filename(*state, name, NULL);
}

/* The row of an image: its bytes are all different from those of others. */
static void
draw_row(guint8 *row, KwSplit split, gsize i)
{
	for (int k = 0; k < BYTES; k++)
		row[k] = (guint8)(17 * (int)i + 101 * (int)split + k + 1);
}

static void
put(Features *f, KwSplit split, gsize i)
{
	guint8 row[BYTES];
	GError *error = NULL;

	draw_row(row, split, i);
	features_put(f, split, &i, 1, row, &error);
	test_assert_no_error(error);
}

static void
check(Features *f, KwSplit split, gsize i)
{
	guint8 row[BYTES], expected[BYTES];

	draw_row(expected, split, i);
	assert_true(features_get(f, split, &i, 1, row));
	assert_memory_equal(row, expected, BYTES);
}

static gboolean
is_there(Features *f, KwSplit split, gsize i)
{
	guint8 row[BYTES];

	return features_get(f, split, &i, 1, row);
}

static void
put_all(Features *f)
{
	for (gsize i = 0; i < TRAIN; i++)
		put(f, KW_TRAIN, i);
	for (gsize i = 0; i < VAL; i++)
		put(f, KW_VAL, i);
}

static void
check_all(Features *f)
{
	for (gsize i = 0; i < TRAIN; i++)
		check(f, KW_TRAIN, i);
	for (gsize i = 0; i < VAL; i++)
		check(f, KW_VAL, i);
}

/* A complete file. */
static char *
make_file(void **state, const char *name)
{
	char *path = in(state, name);
	GError *error = NULL;
	g_autoptr(Features) f = features_create(path, key, &shape, &error);

	test_assert_no_error(error);
	put_all(f);
	return path;
}

static void
refused(const char *path, const char *with_key, const FeaturesShape *of,
	gint code, const char *text)
{
	GError *error = NULL;

	assert_null(features_open(path, with_key, of, &error));
	test_assert_error(&error, code, text);
}

/* How many names the folder of the test has. */
static guint
count_names(void **state)
{
	g_autoptr(GDir) dir = g_dir_open(*state, 0, NULL);
	guint n = 0;

	while (g_dir_read_name(dir) != NULL)
		n++;
	return n;
}

/* Write at an offset of a file. */
static void
overwrite(const char *path, off_t at, const void *bytes, gsize n)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, n, at), n);
	close(fd);
}

/* ---- any store */

/* Rows come and go in any order and number. */
static void
check_rows(Features *f)
{
	const gsize order[] = { 3, 0, 4 };
	guint8 rows[3 * BYTES], got[3 * BYTES];
	GError *error = NULL;

	assert_int_equal(features_bytes(f), BYTES);
	for (int i = 0; i < 3; i++)
		draw_row(rows + i * BYTES, KW_TRAIN, order[i]);
	assert_false(is_there(f, KW_TRAIN, 0));
	assert_true(features_put(f, KW_TRAIN, order, 3, rows, &error));
	assert_true(features_get(f, KW_TRAIN, order, 3, got));
	assert_memory_equal(rows, got, sizeof rows);
	check(f, KW_TRAIN, 4);
	assert_false(is_there(f, KW_TRAIN, 1));
	assert_false(features_get(f, KW_TRAIN, (gsize[]){ 0, 1 }, 2, got));
	assert_false(is_there(f, KW_VAL, 0));
	put_all(f);
	put(f, KW_TRAIN, 2);
	check_all(f);
	assert_null(features_blank(f));
	features_put_blank(f, rows);
	assert_memory_equal(features_blank(f), rows, BYTES);
	assert_int_equal(features_damaged(f), 0);
}

static void
test_memory(void **state)
{
	GError *error = NULL;
	g_autoptr(Features) f = features_new(&shape, &error);

	(void)state;
	test_assert_no_error(error);
	assert_int_equal(features_shape_images(&shape), TRAIN + VAL);
	assert_int_equal(features_shape_bytes(&shape), (TRAIN + VAL) * BYTES);
	check_rows(f);
}

static void
test_too_large(void **state)
{
	const FeaturesShape giant = { .counts = { 4, 4 },
				      .bytes = G_MAXSIZE / 8 };
	GError *error = NULL;

	(void)state;
	assert_null(features_new(&giant, &error));
	test_assert_error(&error, KW_ERROR_MEMORY, "frozen layers");
}

/* ---- the file */

static void
test_file(void **state)
{
	g_autofree char *path = in(state, "a.features");
	GError *error = NULL;
	g_autoptr(Features) f = features_create(path, key, &shape, &error);
	struct stat st;

	test_assert_no_error(error);
	assert_int_equal(stat(path, &st), -1);
	check_rows(f);
	g_clear_pointer(&f, features_free);
	assert_true(feature_file_is(path));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, feature_file_size(TRAIN + VAL, BYTES));
	f = features_open(path, key, &shape, &error);
	test_assert_no_error(error);
	check_all(f);
	assert_null(features_blank(f));
}

/* Of what did not become complete nothing is left. */
static void
test_incomplete(void **state)
{
	const guint before = count_names(state);
	g_autofree char *path = in(state, "b.features");
	GError *error = NULL;
	g_autoptr(Features) f = features_create(path, key, &shape, &error);

	test_assert_no_error(error);
	put(f, KW_TRAIN, 1);
	check(f, KW_TRAIN, 1);
	assert_int_equal(count_names(state), before + 1);
	g_clear_pointer(&f, features_free);
	assert_int_equal(count_names(state), before);
	refused(path, key, &shape, KW_ERROR_INPUT, "no file");
}

/* What a run that was killed has left is removed by the next. */
static void
test_abandoned(void **state)
{
	const guint before = count_names(state);
	g_autofree char *path = in(state, "c.features");
	g_autofree char *left = in(state, ".c.features.kw-partial-AbCdEf");
	GError *error = NULL;

	assert_true(g_file_set_contents(left, "x", 1, NULL));
	g_autoptr(Features) f = features_create(path, key, &shape, &error);
	test_assert_no_error(error);
	assert_int_equal(count_names(state), before + 1);
}

static void
test_other_key(void **state)
{
	g_autofree char *path = make_file(state, "d.features");
	FeaturesShape more = shape;
	GError *error = NULL;

	refused(path, other_key, &shape, KW_ERROR_INPUT,
		"is of other weights, images or settings");
	more.counts[KW_VAL]++;
	refused(path, key, &more, KW_ERROR_FORMAT, "damaged");
	/* It is replaced, and only when the other one is complete. */
	g_autoptr(Features) f =
		features_create(path, other_key, &shape, &error);
	test_assert_no_error(error);
	g_autoptr(Features) old = features_open(path, key, &shape, &error);
	test_assert_no_error(error);
	put_all(f);
	check_all(old);
	refused(path, key, &shape, KW_ERROR_INPUT, "is of other weights");
}

static void
test_short(void **state)
{
	g_autofree char *path = make_file(state, "e.features");
	const off_t size = (off_t)feature_file_size(TRAIN + VAL, BYTES);

	assert_int_equal(truncate(path, size - 1), 0);
	refused(path, key, &shape, KW_ERROR_FORMAT, "damaged");
	assert_int_equal(truncate(path, size + 1), 0);
	refused(path, key, &shape, KW_ERROR_FORMAT, "damaged");
	assert_int_equal(truncate(path, 3), 0);
	refused(path, key, &shape, KW_ERROR_INPUT, "is of other");
	assert_false(feature_file_is(path));
}

/* A damaged row is not there; put again, it is mended. */
static void
test_damaged_row(void **state)
{
	g_autofree char *path = make_file(state, "f.features");
	GError *error = NULL;
	g_autoptr(Features) f = NULL;

	overwrite(path, (off_t)feature_file_size(1, BYTES) + 3, "x", 1);
	overwrite(path, (off_t)feature_file_size(6, BYTES) - 1, "x", 1);
	f = features_open(path, key, &shape, &error);
	test_assert_no_error(error);
	check(f, KW_TRAIN, 0);
	assert_false(is_there(f, KW_TRAIN, 1));
	assert_false(is_there(f, KW_VAL, 0));
	assert_false(is_there(f, KW_VAL, 0));
	assert_int_equal(features_damaged(f), 2);
	put(f, KW_TRAIN, 1);
	put(f, KW_VAL, 0);
	check_all(f);
	g_clear_pointer(&f, features_free);
	f = features_open(path, key, &shape, &error);
	test_assert_no_error(error);
	check_all(f);
}

/* Cut short while it is in use. */
static void
test_cut(void **state)
{
	g_autofree char *path = make_file(state, "g.features");
	GError *error = NULL;
	g_autoptr(Features) f = features_open(path, key, &shape, &error);

	test_assert_no_error(error);
	assert_int_equal(truncate(path, (off_t)feature_file_size(2, BYTES)), 0);
	check(f, KW_TRAIN, 1);
	assert_false(is_there(f, KW_TRAIN, 2));
	put(f, KW_TRAIN, 2);
	check(f, KW_TRAIN, 2);
}

/* Somebody else's file. */
static void
test_not_ours(void **state)
{
	g_autofree char *path = in(state, "h.features");
	g_autofree char *content = NULL;
	GError *error = NULL;

	assert_true(g_file_set_contents(path, "my own", -1, NULL));
	assert_false(feature_file_is(path));
	assert_null(features_create(path, key, &shape, &error));
	test_assert_error(&error, KW_ERROR_IO, "stays as it is");
	assert_true(g_file_get_contents(path, &content, NULL, NULL));
	assert_string_equal(content, "my own");
	assert_false(feature_file_is(*state));
}

/* A pipe is not waited for. */
static void
test_pipe(void **state)
{
	g_autofree char *path = in(state, "pipe");
	GError *error = NULL;

	assert_int_equal(mkfifo(path, 0600), 0);
	assert_false(feature_file_is(path));
	assert_null(features_open(path, key, &shape, &error));
	test_assert_error(&error, KW_ERROR_IO, "cannot open");
	assert_null(features_create(path, key, &shape, &error));
	test_assert_error(&error, KW_ERROR_IO, "stays as it is");
}

static void
test_no_folder(void **state)
{
	g_autofree char *path = in(state, "none/x.features");
	GError *error = NULL;

	assert_null(features_create(path, key, &shape, &error));
	test_assert_error(&error, KW_ERROR_IO, "none");
}

static void
test_no_room(void **state)
{
	const FeaturesShape giant = { .counts = { 1000 },
				      .bytes = (gsize)1 << 50 };
	g_autofree char *path = in(state, "i.features");
	GError *error = NULL;

	assert_null(features_create(path, key, &giant, &error));
	test_assert_error(&error, KW_ERROR_IO, "not enough room for");
}

/* A file at its limit is like a disk that fills up: the room is given back. */
static void
test_full(void **state)
{
	const guint before = count_names(state);
	const off_t size = (off_t)feature_file_size(2, BYTES) + 20;
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	const struct rlimit limit = { (rlim_t)size, RLIM_INFINITY };
	g_autofree char *path = in(state, "j.features");
	guint8 row[BYTES] = { 1 };
	GError *error = NULL;

	signal(SIGXFSZ, SIG_IGN);
	g_autoptr(Features) f = features_create(path, key, &shape, &error);
	test_assert_no_error(error);
	put(f, KW_TRAIN, 0);
	put(f, KW_TRAIN, 1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_false(features_put(f, KW_TRAIN, (gsize[]){ 2 }, 1, row, &error));
	setrlimit(RLIMIT_FSIZE, &none);
	test_assert_error(&error, KW_ERROR_IO, "j.features'");
	assert_false(is_there(f, KW_TRAIN, 0));
	g_clear_pointer(&f, features_free);
	assert_int_equal(count_names(state), before);
}

/* One that may only be read is of use, and is not mended. */
static void
test_read_only(void **state)
{
	g_autofree char *path = make_file(state, "k.features");
	GError *error = NULL;
	g_autoptr(Features) f = NULL;

	overwrite(path, (off_t)feature_file_size(1, BYTES), "x", 1);
	assert_int_equal(chmod(path, 0400), 0);
	f = features_open(path, key, &shape, &error);
	test_assert_no_error(error);
	check(f, KW_TRAIN, 0);
	assert_false(is_there(f, KW_TRAIN, 1));
	put(f, KW_TRAIN, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_abandoned),
		cmocka_unit_test(test_other_key),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_damaged_row),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_no_folder),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_read_only),
	};

	return cmocka_run_group_tests(tests, test_dir_setup, test_dir_teardown);
}
