#include "tests/support/kwtest.h"

#include <stdio.h>
#include <string.h>

#include "kw/error.h"
#include "kw/record.h"
#include "prep/list.h"

/* A list file in the folder of the test. */
static char *
write_list(const char *dir, const char *text)
{
	char *path = g_build_filename(dir, "list.tsv", NULL);

	assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

/* The photos, a line each: class, split, path and file. */
static char *
describe(const Scan *scan)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < scan->photos->len; i++) {
		const Photo *photo = scan->photos->pdata[i];

		assert_int_equal(photo->id, kw_record_id(photo->path));
		g_string_append_printf(
			text, "%s %s %s %s\n",
			(char *)scan->classes->pdata[photo->label],
			photo->pinned == KW_N_SPLITS
				? "-"
				: kw_split_names[photo->pinned],
			photo->path, photo->file);
	}
	return g_string_free(text, FALSE);
}

static void
list_is(const char *dir, const char *text, const char *root,
	const char *expected)
{
	g_autofree char *path = write_list(dir, text);
	g_autofree char *described = NULL;
	GError *error = NULL;
	g_autoptr(Scan) scan = list_scan(path, root, NULL, &error);

	test_assert_no_error(error);
	described = describe(scan);
	assert_string_equal(described, expected);
}

static void
list_fails(const char *dir, const char *text, int code, const char *reason)
{
	g_autofree char *path = write_list(dir, text);
	GError *error = NULL;

	assert_null(list_scan(path, NULL, NULL, &error));
	test_assert_error(&error, code, reason);
}

static void
reads_paths_and_labels(void **state)
{
	list_is(*state, "b/2.jpg\tdog\na/1.jpg\tcat\n", NULL,
		"cat - a/1.jpg a/1.jpg\ndog - b/2.jpg b/2.jpg\n");
}

static void
passes_over_a_heading_and_empty_lines_and_carriage_returns(void **state)
{
	list_is(*state, "path\tlabel\tsplit\r\na\tcat\r\n\r\n\nb\tdog", NULL,
		"cat - a a\ndog - b b\n");
	list_is(*state, "\xef\xbb\xbfpath\tlabel\na\tcat\nb\tdog\n", NULL,
		"cat - a a\ndog - b b\n");
	/* Further down it is a photo. */
	list_is(*state, "a\tcat\npath\tlabel\n", NULL,
		"cat - a a\nlabel - path path\n");
}

static void
reads_splits_under_all_their_names(void **state)
{
	g_autofree char *path = write_list(
		*state, "a\tx\ttrain\nb\ty\tVal\nc\tx\tvalidation\nd\ty\t\n");
	GError *error = NULL;
	g_autoptr(Scan) scan = list_scan(path, NULL, NULL, &error);
	g_autofree char *text = NULL;

	test_assert_no_error(error);
	text = describe(scan);
	assert_string_equal(text, "x train a a\ny val b b\nx val c c\n"
				  "y - d d\n");
	assert_false(scan->presplit);
	g_autofree char *again =
		write_list(*state, "a\tx\ttrain\nb\ty\ttest\n");
	g_autoptr(Scan) all = list_scan(again, NULL, NULL, &error);
	assert_true(all->presplit);
}

static void
gives_photos_of_a_group_one_key_whatever_their_class(void **state)
{
	g_autofree char *path = write_list(
		*state, "a\tcat\t\tsite 1\nb\tdog\t\tsite 1\nc\tdog\t\t\n");
	GError *error = NULL;
	g_autoptr(Scan) scan = list_scan(path, NULL, NULL, &error);
	Photo **photos = (Photo **)scan->photos->pdata;

	test_assert_no_error(error);
	assert_int_equal(photos[0]->given_group, kw_record_id("//site 1"));
	assert_int_equal(photos[1]->given_group, photos[0]->given_group);
	assert_int_equal(photos[2]->given_group, 0);
}

static void
begins_relative_paths_at_the_folder(void **state)
{
	list_is(*state, "./x//1.jpg\tcat\n/else/2.jpg\tdog\n/root/d/3\tdog\n",
		"/root/d",
		"dog - 3 /root/d/3\ndog - else/2.jpg /else/2.jpg\n"
		"cat - x/1.jpg /root/d/x/1.jpg\n");
	list_is(*state, "x/1\tcat\n../2\tdog\n", "d/",
		"dog - ../2 d/../2\ncat - x/1 d/x/1\n");
}

static void
unescapes_what_a_field_cannot_hold(void **state)
{
	list_is(*state, "a\\tb\\n.jpg\tcat\nc\\\\d\tdog\n\xff\tdog\n", NULL,
		"cat - a\tb\n.jpg a\tb\n.jpg\ndog - c\\d c\\d\n"
		"dog - \xff \xff\n");
	list_fails(*state, "a\\q\tcat\n", KW_ERROR_FORMAT, "line 1: ");
}

static void
counts_a_line_that_is_there_twice_once(void **state)
{
	g_autofree char *path =
		write_list(*state, "a\tcat\nb\tdog\n./a\tcat\n");
	GError *error = NULL;
	g_autoptr(Scan) scan = list_scan(path, NULL, NULL, &error);

	test_assert_no_error(error);
	assert_int_equal(scan->photos->len, 2);
	assert_int_equal(scan->n_repeated, 1);
	list_fails(*state, "a\tcat\nb\tdog\na\tdog\n", KW_ERROR_FORMAT,
		   "line 3: 'a' is in line 1 already");
	list_fails(*state, "a\tcat\nb\tdog\na\tcat\ttest\n", KW_ERROR_FORMAT,
		   "line 3: 'a' is in line 1 already");
}

static void
takes_the_classes_that_are_named_in_their_order(void **state)
{
	char *wanted[] = { (char *)"owl", (char *)"cat", NULL };
	char *missing[] = { (char *)"owl", (char *)"yak", NULL };
	g_autofree char *path =
		write_list(*state, "a\tcat\nb\tdog\nc\towl\nd\tdog\n");
	GError *error = NULL;
	g_autoptr(Scan) scan = list_scan(path, NULL, wanted, &error);

	test_assert_no_error(error);
	assert_int_equal(scan->photos->len, 2);
	assert_int_equal(scan->n_other, 2);
	assert_int_equal(((Photo *)scan->photos->pdata[0])->label, 1);
	assert_int_equal(((Photo *)scan->photos->pdata[1])->label, 0);
	assert_null(list_scan(path, NULL, missing, &error));
	test_assert_error(&error, KW_ERROR_INPUT, "no class 'yak'");
}

static void
names_the_line_that_is_wrong(void **state)
{
	list_fails(*state, "a\tcat\nphoto.jpg\n", KW_ERROR_FORMAT,
		   "line 2: 1 fields");
	list_fails(*state, "a\tb\tc\td\te\n", KW_ERROR_FORMAT,
		   "line 1: 5 fields");
	list_fails(*state, "a\t\n", KW_ERROR_FORMAT,
		   "line 1: no path or no label");
	list_fails(*state, "\n\n\tcat\n", KW_ERROR_FORMAT,
		   "line 3: no path or no label");
	list_fails(*state, "a\tcat\tholdout\n", KW_ERROR_FORMAT,
		   "line 1: 'holdout' is no split");
	list_fails(*state, "", KW_ERROR_INPUT, "names no photos");
	list_fails(*state, "a\tcat\nb\tcat\n", KW_ERROR_INPUT,
		   "one class only, 'cat'");
}

static void
says_why_a_list_cannot_be_read(void **state)
{
	g_autofree char *missing = g_build_filename(*state, "missing", NULL);
	g_autofree char *nul = g_build_filename(*state, "nul", NULL);
	GError *error = NULL;

	assert_null(list_scan(missing, NULL, NULL, &error));
	test_assert_error(&error, KW_ERROR_INPUT, "No such file");
	assert_null(list_scan(*state, NULL, NULL, &error));
	test_assert_error(&error, KW_ERROR_INPUT, "Is a directory");
	assert_true(g_file_set_contents(nul, "a\tcat\n\0b\tdog\n", 13, NULL));
	assert_null(list_scan(nul, NULL, NULL, &error));
	test_assert_error(&error, KW_ERROR_FORMAT, "line 2: a NUL byte");
}

#define in_a_folder(test)                                                      \
	cmocka_unit_test_setup_teardown(test, test_dir_setup, test_dir_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_folder(reads_paths_and_labels),
		in_a_folder(
			passes_over_a_heading_and_empty_lines_and_carriage_returns),
		in_a_folder(reads_splits_under_all_their_names),
		in_a_folder(
			gives_photos_of_a_group_one_key_whatever_their_class),
		in_a_folder(begins_relative_paths_at_the_folder),
		in_a_folder(unescapes_what_a_field_cannot_hold),
		in_a_folder(counts_a_line_that_is_there_twice_once),
		in_a_folder(takes_the_classes_that_are_named_in_their_order),
		in_a_folder(names_the_line_that_is_wrong),
		in_a_folder(says_why_a_list_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
