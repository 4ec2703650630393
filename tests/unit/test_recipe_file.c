/* Recipes by name and from files, and the settings they leave in a model. */
#include "tests/support/kwtest.h"
#include "tests/support/policies.h"

#include <string.h>

#include "kw/error.h"
#include "train/recipe.h"

static void
load(Recipe *recipe, const char *name_or_file)
{
	GError *error = NULL;

	recipe_load(recipe, name_or_file, &error);
	test_assert_no_error(error);
}

static void
set(Recipe *recipe, const char *key, const char *value)
{
	GError *error = NULL;

	recipe_set(recipe, key, value, &error);
	test_assert_no_error(error);
}

static void
assert_same(const Recipe *a, const Recipe *b)
{
	gsize n;
	const KwTypedKey *keys = recipe_keys(&n);

	for (gsize i = 0; i < n; i++) {
		const char *name = keys[i].key.name;
		g_autofree char *x = recipe_get(a, name);
		g_autofree char *y = recipe_get(b, name);

		if (strcmp(x, y) != 0)
			fail_msg("%s: %s, expected %s", name, x, y);
	}
}

/* Every key is another than the seed's. */
static Recipe
everything(void)
{
	Recipe recipe = recipe_seed;

	load(&recipe, "modern");
	set(&recipe, "freeze", "block4_pool");
	set(&recipe, "head", "256,128,64");
	set(&recipe, "dropout", "0.3");
	set(&recipe, "accumulate", "16");
	set(&recipe, "momentum", "0.85");
	set(&recipe, "warmup", "2.25");
	set(&recipe, "plateau", "5");
	set(&recipe, "plateau-factor", "0.2");
	set(&recipe, "head-lr", "0.0123456789012345678");
	set(&recipe, "monitor", "val_loss");
	set(&recipe, "shuffle", "false");
	set(&recipe, "seed", "123456789012345678");
	recipe.policy = test_policy_everything();
	return recipe;
}

/* ---- names */

/* The recipe of the notebooks: reference values, not to drift. */
static void
the_seed_recipe_is_that_of_the_notebooks(void **state)
{
	static const char *const values[][2] = {
		{ "freeze", "5" },          { "head", "1024,1024" },
		{ "dropout", "0.5" },       { "l2", "0.01" },
		{ "class-weight", "none" }, { "label-smoothing", "0" },
		{ "batch", "4" },           { "lr", "0.0001" },
		{ "momentum", "0.9" },      { "body-lr-factor", "1" },
		{ "clip-norm", "0" },       { "schedule", "constant" },
		{ "warmup", "0" },          { "plateau", "0" },
		{ "epochs", "50" },         { "head-epochs", "0" },
		{ "patience", "4" },        { "monitor", "val_accuracy" },
		{ "shuffle", "true" },      { "augment", "none" },
		{ "seed", "42" },           { "accumulate", "1" },
	};
	Recipe recipe;

	(void)state;
	load(&recipe, "seed");
	assert_same(&recipe, &recipe_seed);
	for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
		g_autofree char *value = recipe_get(&recipe, values[i][0]);

		if (strcmp(value, values[i][1]) != 0)
			fail_msg("%s: %s", values[i][0], value);
	}
}

static void
named_recipes_fit_together(void **state)
{
	GError *error = NULL;

	(void)state;
	for (int i = 0; recipe_names[i] != NULL; i++) {
		Recipe recipe;

		load(&recipe, recipe_names[i]);
		recipe_check(&recipe, &error);
		test_assert_no_error(error);
	}
}

static void
the_modern_recipe_trains_the_head_first(void **state)
{
	KwPolicy light;
	Recipe recipe;

	(void)state;
	load(&recipe, "modern");
	assert_true(recipe.head_epochs > 0);
	assert_true(recipe.head_rate > recipe.rate);
	assert_true(recipe.body_rate < 1 && recipe.schedule == SCHEDULE_COSINE);
	assert_int_equal(recipe.freeze, recipe_seed.freeze);
	assert_true(kw_policy_load(&light, "light", NULL));
	test_assert_policies_equal(&recipe.policy, &light);
}

/* ---- files */

static char *
write_file(const char *dir, const char *text)
{
	char *path = g_build_filename(dir, "my.recipe", NULL);

	assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static void
assert_reads(const char *dir, const char *text, const Recipe *expected)
{
	g_autofree char *path = write_file(dir, text);
	Recipe recipe;

	load(&recipe, path);
	assert_same(&recipe, expected);
}

static void
files_begin_with_the_seed_or_their_base(void **state)
{
	Recipe recipe = recipe_seed;

	assert_reads(*state, "[recipe]\n", &recipe);
	recipe.rate = 0.5;
	recipe.shuffle = FALSE;
	assert_reads(*state,
		     "# mine\n[recipe]\r\n lr = 5e-1\n\nshuffle=off\r\n",
		     &recipe);
	load(&recipe, "modern");
	recipe.epochs = 7;
	assert_reads(*state, "[recipe]\nepochs = 7\nbase = modern\n", &recipe);
}

static void
what_is_written_reads_back(void **state)
{
	const Recipe all = everything();

	for (int i = 0; recipe_names[i] != NULL; i++) {
		g_autofree char *text = NULL;
		Recipe recipe;

		load(&recipe, recipe_names[i]);
		text = recipe_text(&recipe);
		assert_reads(*state, text, &recipe);
	}
	g_autofree char *text = recipe_text(&all);
	g_autofree char *path = write_file(*state, text);
	Recipe recipe;

	load(&recipe, path);
	assert_same(&recipe, &all);
	test_assert_policies_equal(&recipe.policy, &all.policy);
	/* and tells of no key that is as it would be anyway */
	g_autofree char *seed = recipe_text(&recipe_seed);
	assert_string_equal(seed, "[recipe]\n");
}

/* Refused with "PATH: message", and the recipe is as it was. */
static void
assert_rejects(const char *dir, const char *text, const char *message)
{
	g_autofree char *path = write_file(dir, text);
	g_autofree char *whole = g_strdup_printf("%s: %s", path, message);
	Recipe recipe = recipe_seed;
	GError *error = NULL;

	if (recipe_load(&recipe, path, &error))
		fail_msg("taken: %s", text);
	assert_null(strchr(error->message, '\n'));
	test_assert_error(&error, KW_ERROR_FORMAT, whole);
	assert_same(&recipe, &recipe_seed);
}

static void
files_with_mistakes_are_refused(void **state)
{
	assert_rejects(*state, "", "is no recipe: it has no group [recipe]");
	assert_rejects(*state, "[policy]\nrotation = 3\n",
		       "[policy]: a recipe has one group, [recipe]");
	assert_rejects(*state, "[recipe]\nlr = 1\nlr = 2\n",
		       "lr: is there twice");
	assert_rejects(*state, "[recipe]\nlr = fast\n",
		       "lr: 'fast' is not a number");
	assert_rejects(*state, "[recipe]\nlr = 1 # fast\n",
		       "lr: '1 # fast' is not a number (a comment has a line "
		       "of its own)");
	assert_rejects(*state, "[recipe]\nlearning_rate = 1\n",
		       "learning_rate: there is no such key; did you mean lr?");
	assert_rejects(*state, "[recipe]\nbase = sede\n",
		       "base: no recipe is called 'sede'; did you mean seed?");
	assert_rejects(*state, "[recipe]\naugment = lihgt\n",
		       "augment: lihgt: there is no such policy, nor a file; "
		       "did you mean light?");
	assert_rejects(*state, "[recipe]\nlr\n", "is no recipe: ");
	assert_rejects(*state, "[recipe]\nlr = \xff\n",
		       "is no recipe: no text");
}

static void
missing_files_and_names_are_told_apart(void **state)
{
	g_autofree char *absent = g_build_filename(*state, "absent", NULL);
	Recipe recipe = recipe_seed;
	GError *error = NULL;

	assert_false(recipe_load(&recipe, "modrn", &error));
	test_assert_error(&error, KW_ERROR_INPUT,
			  "modrn: there is no such recipe, nor a file; did you "
			  "mean modern?");
	assert_false(recipe_load(&recipe, "keras", &error));
	test_assert_error(&error, KW_ERROR_INPUT, "the names are seed, modern");
	assert_false(recipe_load(&recipe, absent, &error));
	test_assert_error(&error, KW_ERROR_INPUT, "absent: cannot open");
}

/* ---- settings */

static void
settings_are_all_keys_sorted(void **state)
{
	const Recipe all = everything();
	g_autofree char *settings = recipe_settings(&all);
	g_auto(GStrv) lines = g_strsplit(settings, "\n", -1);
	const guint n = g_strv_length(lines) - 1; /* one after the last '\n' */
	gsize n_keys, n_policy;

	(void)state;
	recipe_keys(&n_keys);
	kw_policy_keys(&n_policy);
	assert_int_equal(n, n_keys - 1 + n_policy);
	assert_string_equal(lines[n], "");
	for (guint i = 0; i < n; i++) {
		assert_true(g_str_has_prefix(lines[i], "train."));
		if (i > 0)
			assert_true(strcmp(lines[i - 1], lines[i]) < 0);
	}
	assert_true(
		g_strv_contains((const char *const *)lines, "train.lr=0.0002"));
	assert_true(
		g_strv_contains((const char *const *)lines, "train.freeze=17"));
	assert_true(g_strv_contains((const char *const *)lines,
				    "train.augment.jpeg=40,95"));
}

static void
settings_without_copies_tell_no_policy(void **state)
{
	g_autofree char *settings = recipe_settings(&recipe_seed);

	(void)state;
	assert_non_null(strstr(settings, "train.augment=none\n"));
	assert_null(strstr(settings, "train.augment."));
}

/* Equal settings, equal recipes: whichever single key is changed. */
static void
settings_differ_where_recipes_do(void **state)
{
	const Recipe all = everything();
	g_autofree char *seed = recipe_settings(&recipe_seed);
	gsize n;
	const KwTypedKey *keys = recipe_keys(&n);

	(void)state;
	for (gsize i = 0; i < n; i++) {
		const char *key = keys[i].key.name;
		g_autofree char *value = recipe_get(&all, key);
		g_autofree char *settings = NULL;
		Recipe recipe = recipe_seed;

		set(&recipe, key, value);
		settings = recipe_settings(&recipe);
		if (strcmp(settings, seed) == 0)
			fail_msg("%s is not in the settings", key);
	}
}

/* However it was come by. */
static void
equal_recipes_have_equal_settings(void **state)
{
	g_autofree char *path = write_file(
		*state, "[recipe]\nfreeze = block2_conv1\nlr = 1e-4\n"
			"augment = base=heavy;rotation=45\n");
	g_autofree char *from_file = NULL;
	g_autofree char *by_keys = NULL;
	Recipe recipe;

	load(&recipe, path);
	from_file = recipe_settings(&recipe);
	recipe = recipe_seed;
	set(&recipe, "augment", "heavy");
	set(&recipe, "freeze", "none");
	set(&recipe, "freeze", "5");
	by_keys = recipe_settings(&recipe);
	assert_string_equal(from_file, by_keys);
	set(&recipe, "augment", "none");
	g_autofree char *without = recipe_settings(&recipe);
	g_autofree char *seed = recipe_settings(&recipe_seed);
	assert_string_equal(without, seed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_seed_recipe_is_that_of_the_notebooks),
		cmocka_unit_test(named_recipes_fit_together),
		cmocka_unit_test(the_modern_recipe_trains_the_head_first),
		cmocka_unit_test(files_begin_with_the_seed_or_their_base),
		cmocka_unit_test(what_is_written_reads_back),
		cmocka_unit_test(files_with_mistakes_are_refused),
		cmocka_unit_test(missing_files_and_names_are_told_apart),
		cmocka_unit_test(settings_are_all_keys_sorted),
		cmocka_unit_test(settings_without_copies_tell_no_policy),
		cmocka_unit_test(settings_differ_where_recipes_do),
		cmocka_unit_test(equal_recipes_have_equal_settings),
	};

	return cmocka_run_group_tests(tests, test_dir_setup, test_dir_teardown);
}
