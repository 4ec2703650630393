/*
 * Room on the disks.  Others may write while this runs: needs are far below or
 * above what is free.
 */
#include "kw/space.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "kw/error.h"
#include "kw/outfile.h"
#include "kw/size.h"
#include "tests/support/kwtest.h"

static const guint64 huge = G_GUINT64_CONSTANT(4000000000000000000);

/* 60 percent of what is free: once it fits, twice it does not. */
static guint64
more_than_half(const char *folder)
{
	struct statvfs fs;

	assert_int_equal(statvfs(folder, &fs), 0);
	return (guint64)fs.f_bavail * fs.f_frsize / 10 * 6;
}

static void
assert_room(const KwSpaceNeed *needs, gsize n)
{
	GError *error = NULL;

	kw_space_check(needs, n, &error);
	test_assert_no_error(error);
}

static void
assert_refused(const KwSpaceNeed *needs, gsize n, const char *text)
{
	GError *error = NULL;

	assert_false(kw_space_check(needs, n, &error));
	test_assert_error(&error, KW_ERROR_IO, text);
}

static char *
in(void **state, const char *name)
{
	return g_build_filename(*state, name, NULL);
}

static void
has_room_for_small_needs(void **state)
{
	g_autofree char *file = in(state, "new.h5");
	const KwSpaceNeed needs[] = {
		{ .path = *state, .folder = TRUE, .bytes = 1 },
		{ .path = file, .bytes = 1 },
		{ .path = "new.h5", .bytes = 1 },
		{ .path = *state, .folder = TRUE, .bytes = 0 },
	};

	assert_room(NULL, 0);
	for (gsize i = 0; i < G_N_ELEMENTS(needs); i++)
		assert_room(&needs[i], 1);
	assert_room(needs, G_N_ELEMENTS(needs));
}

static void
says_what_is_needed_where_and_what_to_do(void **state)
{
	g_autofree char *file = in(state, "new.h5");
	g_autofree char *in_folder = g_strdup_printf(
		"not enough room in '%s': 4.0 EB needed, ", (char *)*state);
	g_autofree char *for_file = g_strdup_printf(
		"not enough room for '%s': 4.0 EB needed, ", file);
	KwSpaceNeed need = { .path = *state, .folder = TRUE, .bytes = huge };

	assert_refused(&need, 1, in_folder);
	assert_refused(&need, 1, " free; free some");
	need.remedy = "set TMPDIR to a larger disk";
	assert_refused(&need, 1,
		       " free; free some, or set TMPDIR to a larger disk");
	need.path = file;
	need.folder = FALSE;
	assert_refused(&need, 1, for_file);
	/* What is there is replaced only when the new one is whole. */
	assert_true(g_file_set_contents(file, "old", -1, NULL));
	assert_refused(&need, 1, for_file);
	assert_int_equal(unlink(file), 0);
}

static void
adds_up_what_goes_to_one_disk(void **state)
{
	g_autofree char *file = in(state, "x.h5");
	guint64 bytes = more_than_half(*state);
	const KwSpaceNeed needs[] = {
		{ .path = *state,
		  .folder = TRUE,
		  .bytes = bytes,
		  .remedy = "the lesser remedy" },
		{ .path = file,
		  .bytes = bytes + 1,
		  .remedy = "the better remedy" },
		{ .path = *state, .folder = TRUE, .bytes = 0 },
	};
	g_autofree char *sum = kw_size_text(2 * bytes + 1);
	g_autofree char *expected = g_strdup_printf(
		"in '%s' and for '%s', which are on one disk: %s needed, ",
		(char *)*state, file, sum);

	assert_room(&needs[0], 1);
	assert_room(&needs[1], 1);
	assert_refused(needs, 3, expected);
	assert_refused(needs, 3, "free some, or the better remedy");
}

static void
counts_sums_beyond_any_number(void **state)
{
	const KwSpaceNeed needs[] = {
		{ .path = *state, .folder = TRUE, .bytes = G_MAXUINT64 },
		{ .path = *state, .folder = TRUE, .bytes = 2 },
	};

	assert_refused(needs, 2, "18.4 EB needed");
}

static void
keeps_disks_apart(void **state)
{
	struct stat here, there;
	KwSpaceNeed needs[] = {
		{ .path = *state, .folder = TRUE },
		{ .path = "/dev/shm", .folder = TRUE },
	};
	g_autofree char *expected = NULL;

	if (stat("/dev/shm", &there) != 0 || stat(*state, &here) != 0 ||
	    here.st_dev == there.st_dev)
		skip();
	needs[0].bytes = more_than_half(needs[0].path);
	needs[1].bytes = more_than_half(needs[1].path);
	assert_room(needs, 2);
	needs[1].bytes = huge;
	assert_refused(needs, 2,
		       "not enough room in '/dev/shm': 4.0 EB needed, ");
}

/* The link is kept, and what it points to replaced. */
static void
follows_links_to_the_disk_that_is_written(void **state)
{
	g_autofree char *link_path = in(state, "link.h5");
	g_autofree char *target = NULL;
	struct stat here, there;
	KwSpaceNeed needs[2] = { { .path = link_path } };

	if (stat("/dev/shm", &there) != 0 || stat(*state, &here) != 0 ||
	    here.st_dev == there.st_dev || access("/dev/shm", W_OK) != 0)
		skip();
	target = g_strdup_printf("/dev/shm/kw-test-%d", (int)getpid());
	assert_true(g_file_set_contents(target, "old", -1, NULL));
	assert_int_equal(symlink(target, link_path), 0);
	needs[0].bytes = more_than_half("/dev/shm");
	needs[1] = (KwSpaceNeed){ .path = "/dev/shm",
				  .folder = TRUE,
				  .bytes = needs[0].bytes };
	GError *error = NULL;
	gboolean ok = kw_space_check(needs, 2, &error);
	unlink(target);
	unlink(link_path);
	assert_false(ok);
	test_assert_error(&error, KW_ERROR_IO, "which are on one disk");
}

static void
needs_no_room_for_devices(void **state)
{
	const KwSpaceNeed need = { .path = "/dev/null", .bytes = huge };

	(void)state;
	assert_room(&need, 1);
}

static void
names_folders_that_are_missing(void **state)
{
	g_autofree char *nowhere = in(state, "nowhere");
	g_autofree char *inside = in(state, "nowhere/x.h5");
	g_autofree char *file = in(state, "file");
	g_autofree char *expected = g_strdup_printf(
		"cannot tell how much room there is in '%s': No such file",
		nowhere);
	KwSpaceNeed needs[2] = {
		{ .path = *state, .folder = TRUE, .bytes = 1 },
		{ .path = nowhere, .folder = TRUE, .bytes = 1 },
	};

	assert_refused(needs, 2, expected);
	needs[1].path = inside;
	needs[1].folder = FALSE;
	assert_refused(needs, 2, expected);
	assert_true(g_file_set_contents(file, "", -1, NULL));
	needs[1].path = file;
	needs[1].folder = TRUE;
	assert_refused(needs, 2, "file': Not a directory");
}

static void
knows_the_folder_of_spools(void **state)
{
	g_autofree char *old = g_strdup(g_getenv("TMPDIR"));

	g_setenv("TMPDIR", *state, TRUE);
	assert_string_equal(kw_spool_folder(), *state);
	g_setenv("TMPDIR", "", TRUE);
	assert_string_equal(kw_spool_folder(), "/var/tmp");
	g_unsetenv("TMPDIR");
	assert_string_equal(kw_spool_folder(), "/var/tmp");
	if (old != NULL)
		g_setenv("TMPDIR", old, TRUE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_room_for_small_needs),
		cmocka_unit_test(says_what_is_needed_where_and_what_to_do),
		cmocka_unit_test(adds_up_what_goes_to_one_disk),
		cmocka_unit_test(counts_sums_beyond_any_number),
		cmocka_unit_test(keeps_disks_apart),
		cmocka_unit_test(follows_links_to_the_disk_that_is_written),
		cmocka_unit_test(needs_no_room_for_devices),
		cmocka_unit_test(names_folders_that_are_missing),
		cmocka_unit_test(knows_the_folder_of_spools),
	};

	return cmocka_run_group_tests_name("space", tests, test_dir_setup,
					   test_dir_teardown) != 0;
}
