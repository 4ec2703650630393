#include "train/weights_find.h"

#include "kw/error.h"

#define WAYS_OUT                                                               \
	"fetch them with 'make weights', pass --weights FILE, or --weights "   \
	"none"

/* A variable of the environment; NULL where it is empty, too. */
static const char *
environment(const char *name)
{
	const char *value = g_getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

static char *
named_by_user(const char *value, GError **error)
{
	g_autofree char *path =
		g_file_test(value, G_FILE_TEST_IS_DIR)
			? g_build_filename(value, WEIGHTS_NAME, NULL)
			: g_strdup(value);

	if (g_file_test(path, G_FILE_TEST_EXISTS))
		return g_steal_pointer(&path);
	g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
		    "weights not found: KW_WEIGHTS names '%s'; " WAYS_OUT,
		    path);
	return NULL;
}

char *
weights_find(GError **error)
{
	const char *named = environment("KW_WEIGHTS");
	const char *data = environment("XDG_DATA_HOME");
	const char *home = g_get_home_dir();
	g_autofree char *ours =
		data != NULL
			? g_build_filename(data, "kw", NULL)
			: g_build_filename(home, ".local", "share", "kw", NULL);
	g_autofree char *keras =
		g_build_filename(home, ".keras", "models", NULL);
	const char *const dirs[] = { ours, keras };

	if (named != NULL)
		return named_by_user(named, error);
	for (gsize i = 0; i < G_N_ELEMENTS(dirs); i++) {
		g_autofree char *path =
			g_build_filename(dirs[i], WEIGHTS_NAME, NULL);

		if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
			return g_steal_pointer(&path);
	}
	g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
		    "weights not found: no " WEIGHTS_NAME
		    " in '%s' or '%s'; " WAYS_OUT,
		    ours, keras);
	return NULL;
}
