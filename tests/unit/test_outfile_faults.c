/*
 * Output when a system call fails, or the file system cannot do it: this
 * program has its own fsync(), link(), rename(), renameat2() and write(), which
 * fail when told to.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kw/error.h"
#include "kw/outfile.h"
#include "tests/support/kwtest.h"

/* ---- system calls that fail */

enum { NO_RENAMEAT2 = 1, NO_LINK = 2 };

static int calls_until_failure = -1; /* that call fails; -1: none */
static int n_calls;                  /* since the start of the scenario */
static int unsupported;              /* what the file system cannot do */

static gboolean
this_call_fails(void)
{
	gboolean fails = n_calls == calls_until_failure;

	n_calls++;
	if (fails)
		errno = EIO;
	return fails;
}

int
fsync(int fd)
{
	return this_call_fails() ? -1 : (int)syscall(SYS_fsync, fd);
}

int
link(const char *from, const char *to)
{
	if (unsupported & NO_LINK) {
		errno = EPERM;
		return -1;
	}
	return this_call_fails() ? -1
				 : (int)syscall(SYS_linkat, AT_FDCWD, from,
						AT_FDCWD, to, 0);
}

int
renameat2(int from_fd, const char *from, int to_fd, const char *to,
	  unsigned flags)
{
	if (unsupported & NO_RENAMEAT2) {
		errno = EINVAL;
		return -1;
	}
	return this_call_fails() ? -1
				 : (int)syscall(SYS_renameat2, from_fd, from,
						to_fd, to, flags);
}

int
rename(const char *from, const char *to)
{
	return this_call_fails() ? -1
				 : (int)syscall(SYS_renameat2, AT_FDCWD, from,
						AT_FDCWD, to, 0);
}

/* Writes a half at a time. */
ssize_t
write(int fd, const void *bytes, size_t n)
{
	if (fd > STDERR_FILENO && this_call_fails())
		return -1;
	return syscall(SYS_write, fd, bytes, n > 1000 ? n / 2 : n);
}

/* ---- what is tried */

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
	assert_int_equal(syscall(SYS_write, fd, content, strlen(content)),
			 strlen(content));
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

static void
leaves_a_file_that_appears_in_the_meantime(void **state)
{
	g_autofree char *path = in(state, "late.h5");

	for (unsupported = 0; unsupported <= NO_RENAMEAT2; unsupported++) {
		GError *error = NULL;
		g_autoptr(KwOutfile) out = kw_outfile_new(path, FALSE, &error);

		put(kw_outfile_path(out), text);
		put(path, "another's");
		assert_false(kw_outfile_commit(out, &error));
		test_assert_error(&error, KW_ERROR_USAGE,
				  "late.h5' has appeared in the meantime");
		assert_content(path, "another's");
		assert_int_equal(unlink(path), 0);
	}
	unsupported = 0;
}

static void
writes_on_file_systems_without_links(void **state)
{
	g_autofree char *folder = new_folder(state, "simple");
	g_autofree char *path = in(state, "simple/x.h5");

	for (unsupported = 0; unsupported <= (NO_RENAMEAT2 | NO_LINK);
	     unsupported++) {
		assert_true(write_output(path, FALSE, NULL));
		assert_content(path, text);
		assert_names(folder, "x.h5 ");
		unlink(path);
	}
	unsupported = 0;
}

/* ---- each system call of a scenario fails once */

/*
 * Fail the first call, the second, ... until one run meets no failure.  A
 * folder's fsync() may fail unnoticed, as the file is there.
 */
static void
check_failures(void **state, const char *name, gboolean replace)
{
	g_autofree char *folder = new_folder(state, name);
	g_autofree char *path = g_build_filename(folder, "x.h5", NULL);
	int failures = 0;

	for (int call = 0; n_calls >= call; call++) {
		GError *error = NULL;
		gboolean ok;

		unlink(path);
		if (replace)
			put(path, "old");
		n_calls = 0;
		calls_until_failure = call;
		ok = write_output(path, replace, &error);
		calls_until_failure = -1;
		if (ok) {
			test_assert_no_error(error);
			assert_content(path, text);
			assert_names(folder, "x.h5 ");
			continue;
		}
		failures++;
		test_assert_error(&error, KW_ERROR_IO, "Input/output error");
		assert_names(folder, replace ? "x.h5 " : "");
		if (replace)
			assert_content(path, "old");
	}
	assert_true(failures > 0);
}

static void
keeps_the_old_file_when_any_call_fails(void **state)
{
	check_failures(state, "replaced", TRUE);
}

static void
leaves_no_file_when_any_call_fails(void **state)
{
	unsupported = NO_RENAMEAT2 | NO_LINK;
	check_failures(state, "created", FALSE);
	unsupported = 0;
}

static void
says_so_when_any_write_fails(void **state)
{
	g_autofree char *path = in(state, "written");
	g_autofree char *big = g_strnfill(100000, 'w');
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	int calls;

	n_calls = 0;
	assert_true(kw_write_all(fd, big, 100000, "x", NULL));
	calls = n_calls;
	assert_true(calls > 1);
	for (int call = 0; call < calls; call++) {
		GError *error = NULL;

		n_calls = 0;
		calls_until_failure = call;
		assert_false(kw_write_all(fd, big, 100000, "a name", &error));
		calls_until_failure = -1;
		test_assert_error(&error, KW_ERROR_IO,
				  "cannot write to 'a name': Input/output");
	}
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_a_file_that_appears_in_the_meantime),
		cmocka_unit_test(writes_on_file_systems_without_links),
		cmocka_unit_test(keeps_the_old_file_when_any_call_fails),
		cmocka_unit_test(leaves_no_file_when_any_call_fails),
		cmocka_unit_test(says_so_when_any_write_fails),
	};

	return cmocka_run_group_tests_name("outfile_faults", tests,
					   test_dir_setup,
					   test_dir_teardown) != 0;
}
