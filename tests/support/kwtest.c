#include "tests/support/kwtest.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "kw/error.h"

char *
test_dir_new(void)
{
	char *dir = g_build_filename(g_get_tmp_dir(), "kw-test-XXXXXX", NULL);

	assert_non_null(g_mkdtemp(dir));
	return dir;
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
test_dir_remove(char *dir)
{
	assert_int_equal(nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
	g_free(dir);
}

int
test_dir_setup(void **state)
{
	*state = test_dir_new();
	return 0;
}

int
test_dir_teardown(void **state)
{
	test_dir_remove(*state);
	return 0;
}

void
test_assert_close(const float *a, const float *b, gsize n, double absolute,
		  double relative)
{
	for (gsize i = 0; i < n; i++) {
		double bound = absolute + relative * fabs((double)b[i]);

		if (!(fabs((double)a[i] - (double)b[i]) <= bound))
			fail_msg("[%zu]: %.9g is not %.9g within %.3g", i,
				 (double)a[i], (double)b[i], bound);
	}
}

void
test_assert_error(GError **error, gint code, const char *text)
{
	if (*error == NULL)
		fail_msg("no error, expected one with '%s'", text);
	if (!g_error_matches(*error, KW_ERROR, code))
		fail_msg("code %d, expected %d: %s", (*error)->code, code,
			 (*error)->message);
	if (strstr((*error)->message, text) == NULL)
		fail_msg("'%s' is not in '%s'", text, (*error)->message);
	g_clear_error(error);
}

void
test_assert_no_error(const GError *error)
{
	if (error != NULL)
		fail_msg("unexpected error: %s", error->message);
}
