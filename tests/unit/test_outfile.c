/* Output that appears whole or not at all. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "kw/error.h"
#include "kw/outfile.h"
#include "tests/support/kwtest.h"

static const char text[] = "what is written\n";

static char *
in(void **state, const char *name)
{
	return g_build_filename(*state, name, NULL);
}

static void
put(const char *path, const char *content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
}

static void
assert_content(const char *path, const char *expected)
{
	g_autofree char *content = NULL;

	assert_true(g_file_get_contents(path, &content, NULL, NULL));
	assert_string_equal(content, expected);
}

/* The names in a folder, sorted, each followed by a space. */
static void
assert_names(const char *folder, const char *expected)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) all = g_string_new(NULL);
	GDir *dir = g_dir_open(folder, 0, NULL);

	for (const char *name; (name = g_dir_read_name(dir)) != NULL;)
		g_ptr_array_add(names, g_strdup(name));
	g_dir_close(dir);
	g_ptr_array_sort(names, (GCompareFunc)(void (*)(void))g_strcmp0);
	for (guint i = 0; i < names->len; i++)
		g_string_append_printf(all, "%s ",
				       (char *)g_ptr_array_index(names, i));
	assert_string_equal(all->str, expected);
}

static gboolean
write_output(const char *path, gboolean force, GError **error)
{
	g_autoptr(KwOutfile) out = kw_outfile_new(path, force, error);

	if (out == NULL)
		return FALSE;
	put(kw_outfile_path(out), text);
	return kw_outfile_commit(out, error);
}

/* A new empty folder of this name for a test. */
static char *
new_folder(void **state, const char *name)
{
	char *folder = in(state, name);

	assert_int_equal(mkdir(folder, 0755), 0);
	return folder;
}

/* ---- files */

static void
appears_whole_under_its_name(void **state)
{
	g_autofree char *folder = new_folder(state, "whole");
	g_autofree char *path = in(state, "whole/x.h5");
	GError *error = NULL;
	g_autoptr(KwOutfile) out = kw_outfile_new(path, FALSE, &error);

	test_assert_no_error(error);
	assert_string_equal(kw_outfile_name(out), path);
	assert_string_equal(kw_outfile_where(out), path);
	assert_false(kw_outfile_is_stream(out));
	put(kw_outfile_path(out), text);
	kw_outfile_hide(out);
	assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	assert_true(kw_outfile_commit(out, &error));
	assert_content(path, text);
	assert_names(folder, "x.h5 ");
}

static void
leaves_nothing_when_not_committed(void **state)
{
	g_autofree char *folder = new_folder(state, "nothing");
	g_autofree char *path = in(state, "nothing/x.h5");

	for (int force = 0; force < 2; force++) {
		KwOutfile *out = kw_outfile_new(path, force, NULL);

		put(kw_outfile_path(out), text);
		kw_outfile_free(out);
		assert_names(folder, "");
	}
	kw_outfile_free(NULL);
}

static void
has_the_permissions_of_the_umask(void **state)
{
	const mode_t masks[] = { 022, 027, 077, 0 };
	g_autofree char *path = in(state, "mode.h5");
	mode_t old = umask(0);

	for (gsize i = 0; i < G_N_ELEMENTS(masks); i++) {
		struct stat st;

		umask(masks[i]);
		assert_true(write_output(path, TRUE, NULL));
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0666 & ~masks[i]);
	}
	umask(old);
}

static void
replaces_a_file_only_by_force(void **state)
{
	g_autofree char *path = in(state, "old.h5");
	GError *error = NULL;

	put(path, "old");
	assert_false(write_output(path, FALSE, &error));
	test_assert_error(&error, KW_ERROR_USAGE,
			  "old.h5' exists already; use -f to replace it");
	assert_content(path, "old");
	assert_true(write_output(path, TRUE, &error));
	assert_content(path, text);
}

static void
replaces_what_a_symbolic_link_points_to(void **state)
{
	g_autofree char *disk = new_folder(state, "disk");
	g_autofree char *target = in(state, "disk/target.h5");
	g_autofree char *path = in(state, "link.h5");
	GError *error = NULL;

	assert_int_equal(symlink("disk/target.h5", path), 0);
	assert_false(write_output(path, TRUE, &error));
	test_assert_error(&error, KW_ERROR_USAGE,
			  "link.h5' is a symbolic link to nothing");
	put(target, "old");
	assert_false(write_output(path, FALSE, &error));
	test_assert_error(&error, KW_ERROR_USAGE, "exists already");
	assert_true(write_output(path, TRUE, &error));
	assert_true(g_file_test(path, G_FILE_TEST_IS_SYMLINK));
	assert_content(target, text);
	assert_names(disk, "target.h5 ");
}

static void
writes_in_the_current_folder(void **state)
{
	g_autofree char *folder = new_folder(state, "here");
	char old[4096];

	assert_non_null(getcwd(old, sizeof old));
	assert_int_equal(chdir(folder), 0);
	gboolean ok = write_output("x.h5", FALSE, NULL);
	assert_int_equal(chdir(old), 0);
	assert_true(ok);
	assert_names(folder, "x.h5 ");
}

static void
takes_the_longest_of_names(void **state)
{
	g_autofree char *name = g_strnfill(255, 'n');
	g_autofree char *path = in(state, name);

	assert_true(write_output(path, FALSE, NULL));
	assert_content(path, text);
}

static void
refuses_paths_that_cannot_be_written(void **state)
{
	const char *const cases[][2] = {
		{ "none/x.h5", "cannot create a file beside" },
		{ "none/", "cannot create a file beside" },
		{ "file/x.h5", "Not a directory" },
	};
	g_autofree char *file = in(state, "file");
	GError *error = NULL;

	put(file, "");
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = in(state, cases[i][0]);

		assert_null(kw_outfile_new(path, TRUE, &error));
		test_assert_error(&error, KW_ERROR_IO, cases[i][1]);
	}
	assert_null(kw_outfile_new(*state, TRUE, &error));
	test_assert_error(&error, KW_ERROR_USAGE, "is a folder");
	assert_null(kw_outfile_new("", TRUE, &error));
	test_assert_error(&error, KW_ERROR_IO, "cannot write ''");
}

/* ---- streams */

static void
copies_to_a_device_and_leaves_no_spool(void **state)
{
	g_autofree char *spools = new_folder(state, "spools");
	g_autofree char *big = g_strnfill(3000000, 'b');
	GError *error = NULL;

	g_setenv("TMPDIR", spools, TRUE);
	g_autoptr(KwOutfile) out = kw_outfile_new("/dev/null", FALSE, &error);
	test_assert_no_error(error);
	assert_true(kw_outfile_is_stream(out));
	assert_non_null(strstr(kw_outfile_where(out), spools));
	put(kw_outfile_path(out), big);
	kw_outfile_hide(out);
	assert_names(spools, "");
	assert_true(kw_outfile_commit(out, &error));
	g_autoptr(KwOutfile) dropped = kw_outfile_new("/dev/null", FALSE, NULL);
	g_clear_pointer(&dropped, kw_outfile_free);
	assert_names(spools, "");
	g_unsetenv("TMPDIR");
}

static void
sends_all_of_it_through_a_pipe(void **state)
{
	g_autofree char *path = in(state, "sent");
	g_autofree char *big = g_strnfill(3000001, 'b');
	g_autofree char *fifo = in(state, "fifo");
	g_autofree char *command =
		g_strdup_printf("cat '%s' > '%s'", fifo, path);
	GError *error = NULL;

	assert_int_equal(mkfifo(fifo, 0600), 0);
	FILE *reader = popen(command, "w");
	g_autoptr(KwOutfile) out = kw_outfile_new(fifo, FALSE, &error);
	test_assert_no_error(error);
	put(kw_outfile_path(out), big);
	assert_true(kw_outfile_commit(out, &error));
	kw_outfile_free(g_steal_pointer(&out));
	assert_int_equal(pclose(reader), 0);
	assert_content(path, big);
}

static void
says_what_is_wrong_with_a_stream(void **state)
{
	GError *error = NULL;

	assert_false(write_output("/dev/full", FALSE, &error));
	test_assert_error(&error, KW_ERROR_IO,
			  "cannot write to '/dev/full': No space left");
	g_autofree char *nowhere = in(state, "nowhere");
	g_setenv("TMPDIR", nowhere, TRUE);
	assert_null(kw_outfile_new("/dev/null", FALSE, &error));
	test_assert_error(&error, KW_ERROR_IO,
			  "nowhere': No such file or directory; set TMPDIR");
	g_unsetenv("TMPDIR");
}

static void
writes_standard_output_only_where_it_can(void **state)
{
	int saved = dup(STDOUT_FILENO);
	int null = open("/dev/null", O_RDONLY);
	GError *error = NULL;

	(void)state;
	fflush(stdout);
	dup2(null, STDOUT_FILENO);
	KwOutfile *out = kw_outfile_new("-", FALSE, &error);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(null);
	assert_null(out);
	test_assert_error(&error, KW_ERROR_IO,
			  "cannot write to 'standard output': Bad file");
}

/* ---- two outputs */

static void
tells_when_two_outputs_are_one(void **state)
{
	g_autofree char *folder = in(state, "real");
	g_autofree char *alias = in(state, "alias");
	g_autofree char *a = in(state, "real/a");
	g_autofree char *dotted = in(state, "real/./../real/a");
	g_autofree char *linked = in(state, "alias/a");
	g_autofree char *b = in(state, "real/b");

	assert_true(kw_outfile_same("-", "-"));
	assert_false(kw_outfile_same(NULL, NULL));
	assert_false(kw_outfile_same(NULL, "-"));
	assert_false(kw_outfile_same("a", NULL));
	/* no folder to compare */
	assert_true(kw_outfile_same(a, a));
	assert_false(kw_outfile_same(a, linked));
	assert_int_equal(mkdir(folder, 0777), 0);
	assert_int_equal(symlink("real", alias), 0);
	for (int there = 0; there < 2; there++) {
		assert_true(kw_outfile_same(a, dotted));
		assert_true(kw_outfile_same(a, linked));
		assert_false(kw_outfile_same(a, b));
		assert_false(kw_outfile_same(b, linked));
		assert_false(kw_outfile_same(a, "-"));
		put(a, "a");
	}
	assert_int_equal(symlink("a", b), 0);
	assert_true(kw_outfile_same(a, b));
	/* nothing is lost there */
	assert_false(kw_outfile_same("/dev/null", "/dev/../dev/null"));
}

static void
tells_when_an_output_is_standard_output(void **state)
{
	g_autofree char *a = in(state, "redirected");
	int saved = dup(STDOUT_FILENO);
	gboolean file, name, fd;

	put(a, "");
	int redirected = open(a, O_WRONLY | O_CLOEXEC);
	fflush(stdout);
	dup2(redirected, STDOUT_FILENO);
	file = kw_outfile_same(a, "-");
	name = kw_outfile_same("-", "/dev/stdout");
	fd = kw_outfile_same("/proc/self/fd/1", a);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(redirected);
	assert_true(file);
	assert_true(name);
	assert_true(fd);
}

static void
removes_what_a_killed_program_has_left(void **state)
{
	g_autofree char *folder = in(state, "killed");
	g_autofree char *path = g_build_filename(folder, "x.h5", NULL);
	g_autofree char *left =
		g_build_filename(folder, ".x.h5.kw-partial-aB3dEf", NULL);
	g_autofree char *other =
		g_build_filename(folder, ".y.h5.kw-partial-aB3dEf", NULL);
	g_autofree char *longer =
		g_build_filename(folder, ".x.h5.kw-partial-aB3dEfg", NULL);
	g_autoptr(KwOutfile) alive = NULL;
	g_autofree char *base = NULL;

	assert_int_equal(g_mkdir(folder, 0755), 0);
	put(left, text);
	put(other, text);
	put(longer, text);
	alive = kw_outfile_new(path, FALSE, NULL);
	assert_non_null(alive);
	kw_outfile_remove_abandoned(path);
	assert_false(g_file_test(left, G_FILE_TEST_EXISTS));
	assert_true(g_file_test(other, G_FILE_TEST_EXISTS));
	assert_true(g_file_test(longer, G_FILE_TEST_EXISTS));
	assert_true(g_file_test(kw_outfile_path(alive), G_FILE_TEST_EXISTS));
	/* the same by way of a link, whose target is what is replaced */
	assert_true(kw_outfile_write(alive, text, strlen(text), NULL));
	assert_true(kw_outfile_commit(alive, NULL));
	base = in(state, "link-to-killed.h5");
	assert_int_equal(symlink(path, base), 0);
	put(left, text);
	kw_outfile_remove_abandoned(base);
	assert_false(g_file_test(left, G_FILE_TEST_EXISTS));
	kw_outfile_remove_abandoned("/nonexistent/x.h5");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appears_whole_under_its_name),
		cmocka_unit_test(leaves_nothing_when_not_committed),
		cmocka_unit_test(has_the_permissions_of_the_umask),
		cmocka_unit_test(replaces_a_file_only_by_force),
		cmocka_unit_test(replaces_what_a_symbolic_link_points_to),
		cmocka_unit_test(writes_in_the_current_folder),
		cmocka_unit_test(takes_the_longest_of_names),
		cmocka_unit_test(refuses_paths_that_cannot_be_written),
		cmocka_unit_test(copies_to_a_device_and_leaves_no_spool),
		cmocka_unit_test(sends_all_of_it_through_a_pipe),
		cmocka_unit_test(says_what_is_wrong_with_a_stream),
		cmocka_unit_test(writes_standard_output_only_where_it_can),
		cmocka_unit_test(tells_when_two_outputs_are_one),
		cmocka_unit_test(tells_when_an_output_is_standard_output),
		cmocka_unit_test(removes_what_a_killed_program_has_left),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("outfile", tests, test_dir_setup,
					   test_dir_teardown) != 0;
}
