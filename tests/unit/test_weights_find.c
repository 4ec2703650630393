/* Where the pretrained weights are looked for. */
#include "tests/support/kwtest.h"

#include <string.h>

#include "kw/error.h"
#include "train/weights_find.h"

/* A home without weights; GLib asks for it once only. */
static int
setup(void **state)
{
	test_dir_setup(state);
	g_setenv("HOME", *state, TRUE);
	return 0;
}

static int
forget(void **state)
{
	(void)state;
	g_unsetenv("KW_WEIGHTS");
	g_unsetenv("XDG_DATA_HOME");
	return 0;
}

/* Put an empty file there; the path is to be freed. */
static char *
touch(const char *home, const char *folder, const char *name)
{
	g_autofree char *dir = g_build_filename(home, folder, NULL);
	char *path = g_build_filename(dir, name, NULL);

	assert_int_equal(g_mkdir_with_parents(dir, 0777), 0);
	assert_true(g_file_set_contents(path, "", 0, NULL));
	return path;
}

static void
assert_found(const char *expected)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = weights_find(&error);

	test_assert_no_error(error);
	assert_string_equal(path, expected);
}

static void
says_where_it_looked_and_what_to_do(void **state)
{
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_null(weights_find(&error));
	assert_non_null(error);
	assert_non_null(strstr(error->message, "/.local/share/kw"));
	assert_non_null(strstr(error->message, "/.keras/models"));
	assert_non_null(strstr(error->message, "--weights FILE"));
	test_assert_error(&error, KW_ERROR_INPUT,
			  "weights not found: no " WEIGHTS_NAME);
}

static void
prefers_its_own_folder_to_that_of_keras(void **state)
{
	g_autofree char *keras = touch(*state, ".keras/models", WEIGHTS_NAME);
	g_autofree char *ours = NULL;
	g_autofree char *data = NULL;
	g_autofree char *xdg = NULL;

	assert_found(keras);
	ours = touch(*state, ".local/share/kw", WEIGHTS_NAME);
	assert_found(ours);
	xdg = g_build_filename(*state, "xdg", NULL);
	data = touch(xdg, "kw", WEIGHTS_NAME);
	g_setenv("XDG_DATA_HOME", xdg, TRUE);
	assert_found(data);
	g_setenv("XDG_DATA_HOME", "", TRUE);
	assert_found(ours);
}

static void
obeys_the_environment(void **state)
{
	g_autofree char *file = touch(*state, "mine", "any.h5");
	g_autofree char *inside = touch(*state, "mine", WEIGHTS_NAME);
	g_autofree char *folder = g_build_filename(*state, "mine", NULL);
	g_autoptr(GError) error = NULL;

	g_setenv("KW_WEIGHTS", file, TRUE);
	assert_found(file);
	g_setenv("KW_WEIGHTS", folder, TRUE);
	assert_found(inside);
	g_setenv("KW_WEIGHTS", "/nonexistent/x.h5", TRUE);
	assert_null(weights_find(&error));
	test_assert_error(&error, KW_ERROR_INPUT,
			  "KW_WEIGHTS names '/nonexistent/x.h5'");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(says_where_it_looked_and_what_to_do,
				       forget),
		cmocka_unit_test_setup(prefers_its_own_folder_to_that_of_keras,
				       forget),
		cmocka_unit_test_setup(obeys_the_environment, forget),
	};

	return cmocka_run_group_tests(tests, setup, test_dir_teardown) != 0;
}
