#include "tests/support/kwtest.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kw/error.h"
#include "kw/record.h"
#include "prep/photo.h"
#include "prep/tree.h"

/* An empty file dir/path, and the folders above it. */
static void
touch(const char *dir, const char *path)
{
	g_autofree char *file = g_build_filename(dir, path, NULL);
	g_autofree char *folder = g_path_get_dirname(file);

	assert_int_equal(g_mkdir_with_parents(folder, 0777), 0);
	assert_true(g_file_set_contents(file, "", 0, NULL));
}

static void
make_folder(const char *dir, const char *path)
{
	g_autofree char *folder = g_build_filename(dir, path, NULL);

	assert_int_equal(g_mkdir_with_parents(folder, 0777), 0);
}

static void
make_link(const char *target, const char *dir, const char *path)
{
	g_autofree char *link = g_build_filename(dir, path, NULL);

	assert_int_equal(symlink(target, link), 0);
}

static Scan *
scan_ok(const char *dir, guint n_rejects)
{
	g_autoptr(GPtrArray) rejects =
		g_ptr_array_new_with_free_func((GDestroyNotify)reject_free);
	char *dirs[] = { (char *)dir, NULL };
	GError *error = NULL;
	Scan *scan = tree_scan(dirs, NULL, rejects, &error);

	test_assert_no_error(error);
	assert_int_equal(rejects->len, n_rejects);
	return scan;
}

static void
scan_fails(const char *dir, const char *text)
{
	g_autoptr(GPtrArray) rejects =
		g_ptr_array_new_with_free_func((GDestroyNotify)reject_free);
	char *dirs[] = { (char *)dir, NULL };
	GError *error = NULL;

	assert_null(tree_scan(dirs, NULL, rejects, &error));
	test_assert_error(&error, KW_ERROR_INPUT, text);
}

/* The photos' paths, one a line, with class and split in front. */
static char *
describe(const Scan *scan)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < scan->photos->len; i++) {
		const Photo *photo = scan->photos->pdata[i];

		assert_int_equal(photo->id, kw_record_id(photo->path));
		assert_int_equal(access(photo->file, F_OK), 0);
		g_string_append_printf(
			text, "%s %s %s\n",
			(char *)scan->classes->pdata[photo->label],
			photo->pinned == KW_N_SPLITS
				? "-"
				: kw_split_names[photo->pinned],
			photo->path);
	}
	return g_string_free(text, FALSE);
}

static void
finds_files_at_any_depth_sorted_bytewise(void **state)
{
	g_autofree char *text = NULL;

	touch(*state, "dog/one.jpg");
	touch(*state, "cat/b.jpg");
	touch(*state, "cat/sub/deep/a b.jpg");
	touch(*state, "cat/Z\n.jpg");
	touch(*state, "cat-2/\xff.jpg");
	g_autoptr(Scan) scan = scan_ok(*state, 0);
	text = describe(scan);
	assert_string_equal(text, "cat-2 - cat-2/\xff.jpg\n"
				  "cat - cat/Z\n.jpg\n"
				  "cat - cat/b.jpg\n"
				  "cat - cat/sub/deep/a b.jpg\n"
				  "dog - dog/one.jpg\n");
	assert_string_equal(scan->classes->pdata[0], "cat");
	assert_string_equal(scan->classes->pdata[1], "cat-2");
	assert_false(scan->presplit);
}

static void
does_not_care_about_a_slash_at_the_end(void **state)
{
	g_autofree char *slashed = g_strconcat(*state, "/", NULL);
	g_autofree char *text = NULL;

	touch(*state, "a/1");
	touch(*state, "b/1");
	g_autoptr(Scan) scan = scan_ok(slashed, 0);
	text = describe(scan);
	assert_string_equal(text, "a - a/1\nb - b/1\n");
}

static void
passes_over_dot_names_and_counts_loose_files(void **state)
{
	g_autofree char *text = NULL;

	touch(*state, ".git/config");
	touch(*state, "cat/.DS_Store");
	touch(*state, "cat/._1.jpg");
	touch(*state, "cat/Thumbs.db");
	touch(*state, "cat/1.jpg");
	touch(*state, "dog/1.jpg");
	touch(*state, "README");
	touch(*state, "list.csv");
	g_autoptr(Scan) scan = scan_ok(*state, 0);
	text = describe(scan);
	assert_string_equal(text, "cat - cat/1.jpg\ndog - dog/1.jpg\n");
	assert_int_equal(scan->n_loose, 2);
	assert_int_equal(scan->n_hidden, 4);
	assert_true(g_str_has_suffix(scan->loose, "/README"));
}

static void
follows_links_but_not_in_circles(void **state)
{
	g_autofree char *text = NULL;

	touch(*state, "pool/1.jpg");
	touch(*state, "in/cat/1.jpg");
	make_folder(*state, "in/dog");
	make_link("../../pool", *state, "in/dog/pool");
	make_link("..", *state, "in/cat/up");
	make_link(".", *state, "in/cat/self");
	g_autofree char *in = g_build_filename(*state, "in", NULL);
	g_autoptr(Scan) scan = scan_ok(in, 0);
	text = describe(scan);
	/* cat/up is the input folder: it would make cats of dogs. */
	assert_null(strstr(text, "up/"));
	assert_non_null(strstr(text, "dog - dog/pool/1.jpg\n"));
	assert_non_null(strstr(text, "cat - cat/1.jpg\n"));
	assert_null(strstr(text, "self"));
}

/* Each of 20 folders has two links to the next: a million ways to the last. */
static void
sees_a_folder_once_however_many_links_lead_to_it(void **state)
{
	touch(*state, "in/dog/1.jpg");
	make_folder(*state, "in/cat");
	make_link("../../hall/0", *state, "in/cat/hall");
	for (int i = 0; i < 20; i++) {
		g_autofree char *a = g_strdup_printf("hall/%d/a", i);
		g_autofree char *b = g_strdup_printf("hall/%d/b", i);
		g_autofree char *here = g_strdup_printf("hall/%d", i);
		g_autofree char *next = g_strdup_printf("../%d", i + 1);

		make_folder(*state, here);
		make_link(next, *state, a);
		make_link(next, *state, b);
	}
	touch(*state, "hall/20/1.jpg");
	g_autofree char *in = g_build_filename(*state, "in", NULL);
	g_autoptr(Scan) scan = scan_ok(in, 0);
	assert_int_equal(scan->photos->len, 2);
}

static void
keeps_the_splits_of_a_split_tree(void **state)
{
	g_autofree char *text = NULL;

	touch(*state, "train/cat/1.jpg");
	touch(*state, "train/dog/1.jpg");
	touch(*state, "validation/cat/1.jpg");
	touch(*state, "valid/cat/2.jpg");
	touch(*state, "test/owl/x/3.jpg");
	touch(*state, "test/loose.jpg");
	g_autoptr(Scan) scan = scan_ok(*state, 0);
	text = describe(scan);
	assert_true(scan->presplit);
	assert_int_equal(scan->n_loose, 1);
	assert_string_equal(text, "cat train cat/1.jpg\n"
				  "cat val cat/1.jpg\n"
				  "cat val cat/2.jpg\n"
				  "dog train dog/1.jpg\n"
				  "owl test owl/x/3.jpg\n");
}

/* Taken for two classes, they would leak into each other's splits. */
static void
knows_split_folders_in_any_case(void **state)
{
	g_autofree char *text = NULL;

	touch(*state, "Training/cat/1.jpg");
	touch(*state, "TEST/dog/2.jpg");
	g_autoptr(Scan) scan = scan_ok(*state, 0);
	text = describe(scan);
	assert_true(scan->presplit);
	assert_string_equal(text, "cat train cat/1.jpg\n"
				  "dog test dog/2.jpg\n");
}

static void
takes_split_names_among_others_for_classes(void **state)
{
	touch(*state, "test/1.jpg");
	touch(*state, "control/1.jpg");
	g_autoptr(Scan) scan = scan_ok(*state, 0);
	assert_false(scan->presplit);
	assert_int_equal(scan->classes->len, 2);
}

static void
refuses_to_guess_whether_a_tree_is_split(void **state)
{
	touch(*state, "train/cat/1.jpg");
	touch(*state, "val/cat/1.jpg");
	touch(*state, "owl/1.jpg");
	scan_fails(*state, "'owl'");
}

/* Scan several folders (NULL-terminated), named below dir. */
static Scan *
scan_several(const char *dir, const char *const *names, char *const *classes,
	     GError **error)
{
	g_autoptr(GPtrArray) rejects =
		g_ptr_array_new_with_free_func((GDestroyNotify)reject_free);
	g_auto(GStrv) dirs = g_new0(char *, g_strv_length((GStrv)names) + 1);

	for (int i = 0; names[i] != NULL; i++)
		dirs[i] = g_build_filename(dir, names[i], NULL);
	return tree_scan(dirs, classes, rejects, error);
}

static void
puts_the_name_of_its_tree_before_each_of_several(void **state)
{
	static const char *const names[] = { "a", "deep/b/.", NULL };
	g_autofree char *text = NULL;
	GError *error = NULL;

	touch(*state, "a/cat/1.jpg");
	touch(*state, "a/dog/1.jpg");
	touch(*state, "deep/b/cat/1.jpg");
	touch(*state, "deep/b/owl/2.jpg");
	g_autoptr(Scan) scan = scan_several(*state, names, NULL, &error);
	test_assert_no_error(error);
	text = describe(scan);
	assert_string_equal(text, "cat - a/cat/1.jpg\ndog - a/dog/1.jpg\n"
				  "cat - b/cat/1.jpg\nowl - b/owl/2.jpg\n");
}

static void
leaves_split_folders_out_of_names_in_several_trees(void **state)
{
	static const char *const names[] = { "a", "b", NULL };
	g_autofree char *text = NULL;
	GError *error = NULL;

	touch(*state, "a/train/cat/1.jpg");
	touch(*state, "b/test/dog/1.jpg");
	g_autoptr(Scan) scan = scan_several(*state, names, NULL, &error);
	test_assert_no_error(error);
	text = describe(scan);
	assert_true(scan->presplit);
	assert_string_equal(text, "cat train a/cat/1.jpg\n"
				  "dog test b/dog/1.jpg\n");
}

static void
refuses_trees_that_cannot_be_told_apart_or_differ_in_shape(void **state)
{
	static const char *const same[] = { "a", "deep/a", NULL };
	static const char *const mixed[] = { "a", "split", NULL };
	GError *error = NULL;

	touch(*state, "a/cat/1.jpg");
	touch(*state, "deep/a/dog/1.jpg");
	touch(*state, "split/train/cat/1.jpg");
	assert_null(scan_several(*state, same, NULL, &error));
	test_assert_error(&error, KW_ERROR_INPUT, "have the same name");
	assert_null(scan_several(*state, mixed, NULL, &error));
	test_assert_error(&error, KW_ERROR_INPUT, "split already");
}

static void
takes_the_classes_that_are_named_in_their_order(void **state)
{
	static const char *const names[] = { "a", NULL };
	char *classes[] = { (char *)"owl", (char *)"cat", NULL };
	char *missing[] = { (char *)"owl", (char *)"yak", NULL };
	g_autofree char *text = NULL;
	GError *error = NULL;

	touch(*state, "a/cat/1.jpg");
	touch(*state, "a/dog/1.jpg");
	touch(*state, "a/dog/2.jpg");
	touch(*state, "a/owl/1.jpg");
	g_autoptr(Scan) scan = scan_several(*state, names, classes, &error);
	test_assert_no_error(error);
	text = describe(scan);
	assert_string_equal(text, "cat - cat/1.jpg\nowl - owl/1.jpg\n");
	assert_string_equal(scan->classes->pdata[0], "owl");
	assert_int_equal(scan->n_other, 2);
	assert_null(scan_several(*state, names, missing, &error));
	test_assert_error(&error, KW_ERROR_INPUT, "no class 'yak'");
}

static void
says_what_it_expected_and_found(void **state)
{
	g_autofree char *missing = g_build_filename(*state, "missing", NULL);
	g_autofree char *file = g_build_filename(*state, "file", NULL);
	g_autofree char *split = g_build_filename(*state, "split", NULL);

	scan_fails(missing, "No such file");
	scan_fails(*state, "no class folders (0 files");
	touch(*state, "file");
	scan_fails(file, "Not a directory");
	scan_fails(*state, "no class folders (1 files");
	make_folder(*state, "cat");
	scan_fails(*state, "one class only, 'cat'");
	make_folder(*state, "dog");
	scan_fails(*state, "2 class folders");
	make_folder(split, "train");
	scan_fails(split, "train/CLASS");
}

static void
lists_folders_that_cannot_be_read(void **state)
{
	g_autofree char *secret = NULL;

	if (geteuid() == 0)
		skip();
	secret = g_build_filename(*state, "cat/secret", NULL);
	touch(*state, "cat/1.jpg");
	touch(*state, "cat/secret/1.jpg");
	touch(*state, "dog/1.jpg");
	assert_int_equal(chmod(secret, 0), 0);
	g_autoptr(Scan) scan = scan_ok(*state, 1);
	assert_int_equal(chmod(secret, 0700), 0);
	assert_int_equal(scan->photos->len, 2);
}

#define in_a_folder(test)                                                      \
	cmocka_unit_test_setup_teardown(test, test_dir_setup, test_dir_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_folder(finds_files_at_any_depth_sorted_bytewise),
		in_a_folder(does_not_care_about_a_slash_at_the_end),
		in_a_folder(passes_over_dot_names_and_counts_loose_files),
		in_a_folder(follows_links_but_not_in_circles),
		in_a_folder(sees_a_folder_once_however_many_links_lead_to_it),
		in_a_folder(keeps_the_splits_of_a_split_tree),
		in_a_folder(knows_split_folders_in_any_case),
		in_a_folder(takes_split_names_among_others_for_classes),
		in_a_folder(refuses_to_guess_whether_a_tree_is_split),
		in_a_folder(puts_the_name_of_its_tree_before_each_of_several),
		in_a_folder(leaves_split_folders_out_of_names_in_several_trees),
		in_a_folder(
			refuses_trees_that_cannot_be_told_apart_or_differ_in_shape),
		in_a_folder(takes_the_classes_that_are_named_in_their_order),
		in_a_folder(says_what_it_expected_and_found),
		in_a_folder(lists_folders_that_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
