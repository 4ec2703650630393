/* The keys of recipes: their values, limits, and what goes together. */
#include "tests/support/kwtest.h"
#include "tests/support/policies.h"

#include <string.h>

#include "kw/error.h"
#include "train/recipe.h"

static void
set(Recipe *recipe, const char *key, const char *value)
{
	GError *error = NULL;

	recipe_set(recipe, key, value, &error);
	test_assert_no_error(error);
}

static void
assert_value(const Recipe *recipe, const char *key, const char *expected)
{
	g_autofree char *value = recipe_get(recipe, key);

	if (strcmp(value, expected) != 0)
		fail_msg("%s: %s, expected %s", key, value, expected);
}

/* Nothing has been set. */
static void
assert_is_seed(const Recipe *recipe)
{
	g_autofree char *settings = recipe_settings(recipe);
	g_autofree char *seed = recipe_settings(&recipe_seed);

	assert_string_equal(settings, seed);
}

static void
keys_are_in_the_order_of_the_manual(void **state)
{
	static const char *const names[] = {
		"freeze",
		"head",
		"dropout",
		"l2",
		"class-weight",
		"label-smoothing",
		"batch",
		"accumulate",
		"lr",
		"momentum",
		"body-lr-factor",
		"clip-norm",
		"schedule",
		"warmup",
		"plateau",
		"plateau-factor",
		"epochs",
		"head-epochs",
		"head-lr",
		"patience",
		"monitor",
		"shuffle",
		"augment",
		"seed",
	};
	gsize n;
	const KwTypedKey *keys = recipe_keys(&n);

	(void)state;
	assert_int_equal(n, G_N_ELEMENTS(names));
	for (gsize i = 0; i < n; i++) {
		const KwKey *key = &keys[i].key;

		assert_string_equal(key->name, names[i]);
		assert_int_equal(key->argument == NULL,
				 strcmp(key->name, "shuffle") == 0);
		assert_true(g_ascii_isupper(key->help[0]));
		assert_true(g_str_has_suffix(key->section, ":"));
	}
}

/* A value other than the seed's, as it is given back. */
typedef struct {
	const char *key, *value, *told;
} Example;

static const Example examples[] = {
	{ "freeze", "17", "17" },
	{ "head", "512,16", "512,16" },
	{ "dropout", "0.25", "0.25" },
	{ "l2", "1e-3", "0.001" },
	{ "class-weight", "balanced", "balanced" },
	{ "label-smoothing", "0.1", "0.1" },
	{ "batch", "32", "32" },
	{ "accumulate", "8", "8" },
	{ "lr", "0.30000000000000004", "0.30000000000000004" },
	{ "momentum", "0.99", "0.99" },
	{ "body-lr-factor", "0.1", "0.1" },
	{ "clip-norm", "5", "5" },
	{ "schedule", "cosine", "cosine" },
	{ "warmup", "0.5", "0.5" },
	{ "plateau", "3", "3" },
	{ "plateau-factor", "0.5", "0.5" },
	{ "epochs", "51", "51" },
	{ "head-epochs", "2", "2" },
	{ "head-lr", "0.005", "0.005" },
	{ "patience", "0", "0" },
	{ "monitor", "val_loss", "val_loss" },
	{ "shuffle", "no", "false" },
	{ "augment", "heavy", "heavy" },
	{ "seed", "9223372036854775807", "9223372036854775807" },
};

static void
every_key_has_a_field_of_its_own(void **state)
{
	gsize n;
	const KwTypedKey *keys = recipe_keys(&n);

	(void)state;
	assert_int_equal(n, G_N_ELEMENTS(examples));
	for (gsize i = 0; i < n; i++) {
		const Example *e = &examples[i];
		Recipe recipe = recipe_seed;

		set(&recipe, e->key, e->value);
		assert_value(&recipe, e->key, e->told);
		for (gsize k = 0; k < n; k++) {
			const char *name = keys[k].key.name;
			g_autofree char *seed = recipe_get(&recipe_seed, name);

			if (strcmp(name, e->key) != 0)
				assert_value(&recipe, name, seed);
			else
				assert_string_not_equal(seed, e->told);
		}
	}
}

static void
fields_are_what_the_keys_say(void **state)
{
	const int head[] = { 512, 16 };
	KwPolicy heavy;
	Recipe r = recipe_seed;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(examples); i++)
		set(&r, examples[i].key, examples[i].value);
	assert_int_equal(r.freeze, 17);
	assert_int_equal(r.n_head, 2);
	assert_memory_equal(r.head, head, sizeof head);
	assert_true(r.dropout == 0.25 && r.l2 == 1e-3 && r.balanced);
	assert_true(r.label_smoothing == 0.1);
	assert_true(r.batch == 32 && r.accumulate == 8);
	assert_true(r.rate == 0.30000000000000004 && r.momentum == 0.99);
	assert_true(r.body_rate == 0.1 && r.clip_norm == 5);
	assert_true(r.schedule == SCHEDULE_COSINE && r.warmup == 0.5);
	assert_true(r.plateau == 3 && r.plateau_factor == 0.5);
	assert_true(r.epochs == 51 && r.head_epochs == 2);
	assert_true(r.head_rate == 0.005 && r.patience == 0);
	assert_true(r.monitor == MONITOR_VAL_LOSS && !r.shuffle);
	assert_true(r.augments && r.seed == G_MAXINT64);
	assert_true(kw_policy_load(&heavy, "heavy", NULL));
	test_assert_policies_equal(&r.policy, &heavy);
}

/* ---- values of several forms */

static void
layers_are_frozen_by_number_or_name(void **state)
{
	static const Example forms[] = {
		{ "freeze", "none", "0" },
		{ "freeze", "all", "22" },
		{ "freeze", "0", "0" },
		{ "freeze", "22", "22" },
		{ "freeze", "input_1", "1" },
		{ "freeze", "block1_conv1", "2" },
		{ "freeze", "block2_conv1", "5" },
		{ "freeze", "block4_pool", "17" },
		{ "freeze", "block5_conv4", "21" },
		{ "freeze", "block5_pool", "22" },
	};
	Recipe recipe = recipe_seed;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
		set(&recipe, "freeze", forms[i].value);
		assert_value(&recipe, "freeze", forms[i].told);
	}
}

static void
heads_may_be_none(void **state)
{
	const int zeros[NETWORK_MAX_HEAD] = { 0 };
	Recipe recipe = recipe_seed;

	(void)state;
	set(&recipe, "head", "none");
	assert_int_equal(recipe.n_head, 0);
	assert_memory_equal(recipe.head, zeros, sizeof zeros);
	assert_value(&recipe, "head", "none");
	set(&recipe, "head", "1,2,3,4,5,6,7,65536");
	assert_value(&recipe, "head", "1,2,3,4,5,6,7,65536");
	set(&recipe, "head", "16");
	assert_value(&recipe, "head", "16");
	assert_int_equal(recipe.head[1], 0);
}

static void
keras_called_it_val_acc_once(void **state)
{
	Recipe recipe = recipe_seed;

	(void)state;
	recipe.monitor = MONITOR_VAL_LOSS;
	set(&recipe, "monitor", "val_acc");
	assert_value(&recipe, "monitor", "val_accuracy");
}

static void
policies_may_be_written_out(void **state)
{
	const KwPolicy everything = test_policy_everything();
	Recipe recipe = recipe_seed, again = recipe_seed;
	g_autofree char *told = NULL;

	(void)state;
	set(&recipe, "augment", "rotation=10; zoom = 0.9,1.1 ;choose=one");
	assert_true(recipe.augments);
	assert_true(recipe.policy.rotation == 10);
	assert_true(recipe.policy.zoom.high == 1.1);
	assert_true(recipe.policy.choose_one);
	assert_value(&recipe, "augment", "rotation=10;zoom=0.9,1.1;choose=one");
	/* by its name where it has one */
	set(&recipe, "augment", "base=light");
	assert_value(&recipe, "augment", "light");

	recipe.policy = everything;
	told = recipe_get(&recipe, "augment");
	set(&again, "augment", told);
	test_assert_policies_equal(&again.policy, &everything);
}

/* So that equal settings are equal recipes. */
static void
a_policy_that_changes_nothing_is_none(void **state)
{
	Recipe recipe = recipe_seed;

	(void)state;
	set(&recipe, "augment", "light");
	set(&recipe, "augment", "none");
	assert_false(recipe.augments);
	assert_is_seed(&recipe);
	set(&recipe, "augment", "rotation=0");
	assert_is_seed(&recipe);
}

/* ---- limits */

static const Example refused[] = {
	{ "freeze", "23", "'23' is neither a number of layers, 0 to 22, nor" },
	{ "freeze", "-1", "'-1' is neither" },
	{ "freeze", "1.5", "'1.5' is neither" },
	{ "freeze", "", "'' is neither" },
	{ "freeze", "block4_pol",
	  "VGG19 has no layer 'block4_pol'; did you mean block4_pool?" },
	{ "freeze", "block1_conv3", "did you mean block1_conv1?" },
	{ "head", "", "no units given; none is no layer" },
	{ "head", "16,", "'' is not a number" },
	{ "head", "0", "0 is not a whole number from 1 to 65536" },
	{ "head", "65537", "65537 is not a whole number from 1 to 65536" },
	{ "head", "1.5", "1.5 is not a whole number" },
	{ "head", "1,2,3,4,5,6,7,8,9", "more than 8 layers" },
	{ "dropout", "1", "1 is not a number from 0 to 0.99" },
	{ "dropout", "-0.1", "-0.1 is not a number" },
	{ "l2", "none", "'none' is not a number" },
	{ "l2", "-1", "-1 is not a number from 0 to 1000000" },
	{ "class-weight", "auto", "'auto' is not one of none, balanced" },
	{ "label-smoothing", "0.91", "from 0 to 0.9" },
	{ "batch", "0", "0 is not a whole number from 1 to 4096" },
	{ "batch", "4097", "4097 is not a whole number" },
	{ "batch", "2.5", "2.5 is not a whole number" },
	{ "accumulate", "0", "0 is not a whole number from 1 to 4096" },
	{ "accumulate", "4097", "4097 is not a whole number" },
	{ "lr", "nan", "'nan' is not a number" },
	{ "lr", "inf", "'inf' is not a number" },
	{ "lr", "1e", "'1e' is not a number" },
	{ "lr", "-1e-4", "-0.0001 is not a number from 0 to 1000000" },
	{ "momentum", "1", "from 0 to 0.9999" },
	{ "body-lr-factor", "1.1", "from 0 to 1" },
	{ "clip-norm", "-5", "from 0 to 1000000" },
	{ "schedule", "linear", "'linear' is not one of constant, cosine" },
	{ "warmup", "-1", "from 0 to 1000000" },
	{ "plateau", "1000001", "from 0 to 1000000" },
	{ "plateau-factor", "0", "from 0.001 to 0.999" },
	{ "plateau-factor", "1", "from 0.001 to 0.999" },
	{ "epochs", "0", "0 is not a whole number from 1 to 1000000" },
	{ "head-epochs", "-1", "-1 is not a whole number" },
	{ "head-lr", "-1", "-1 is not a number" },
	{ "patience", "0.5", "0.5 is not a whole number" },
	{ "monitor", "accuracy",
	  "'accuracy' is not one of val_accuracy, val_loss" },
	{ "shuffle", "maybe", "'maybe' is neither true nor false" },
	{ "augment", "lihgt",
	  "lihgt: there is no such policy, nor a file; did you mean light?" },
	{ "augment", "./none.policy", "cannot open" },
	{ "augment", "rotation=999", "rotation: 999 is not a number" },
	{ "augment", "zooom=1", "zooom: there is no such key" },
	{ "seed", "-1", "'-1' is not a whole number from 0 to" },
	{ "seed", "9223372036854775808", "is not a whole number" },
	{ "seed", "1.0", "'1.0' is not a whole number" },
};

static void
limits_are_kept(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
		const Example *e = &refused[i];
		Recipe recipe = recipe_seed;
		GError *error = NULL;

		if (recipe_set(&recipe, e->key, e->value, &error))
			fail_msg("taken: %s %s", e->key, e->value);
		assert_true(g_str_has_prefix(error->message, e->key));
		assert_null(strchr(error->message, '\n'));
		if (strcmp(e->key, "augment") == 0)
			error->code = KW_ERROR_USAGE; /* a policy's own */
		test_assert_error(&error, KW_ERROR_USAGE, e->told);
		assert_is_seed(&recipe);
	}
}

static void
other_names_are_understood(void **state)
{
	static const char *const pairs[][2] = {
		{ "learning_rate", "lr" },
		{ "learning-rate", "lr" },
		{ "batch_size", "batch" },
		{ "clipnorm", "clip-norm" },
		{ "global_clipnorm", "clip-norm" },
		{ "label_smoothing", "label-smoothing" },
		{ "class_weight", "class-weight" },
		{ "epoch", "epochs" },
		{ "Patience", "patience" },
		{ "monitr", "monitor" },
		{ "random_state", "seed" },
		{ "gradient_accumulation_steps", "accumulate" },
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autofree char *message = g_strdup_printf(
			"%s: there is no such key; did you mean %s?",
			pairs[i][0], pairs[i][1]);
		Recipe recipe = recipe_seed;
		GError *error = NULL;

		assert_false(recipe_set(&recipe, pairs[i][0], "1", &error));
		test_assert_error(&error, KW_ERROR_USAGE, message);
	}
}

static void
a_strange_key_leads_to_the_help(void **state)
{
	Recipe recipe = recipe_seed;
	GError *error = NULL;

	(void)state;
	assert_false(recipe_set(&recipe, "colour", "1", &error));
	test_assert_error(&error, KW_ERROR_USAGE,
			  "colour: there is no such key; 'kw-train --help' "
			  "lists them");
}

/* ---- what goes together */

/* Settings as "KEY=VALUE KEY=VALUE", and the message; NULL: they may be. */
static const char *const together[][2] = {
	{ "head-epochs=49", NULL },
	{ "head-epochs=50", "head-epochs: 50 of 50 epochs leave none" },
	{ "epochs=1 head-epochs=0 warmup=1", NULL },
	{ "epochs=3 head-epochs=3", "head-epochs: 3 of 3 epochs" },
	{ "warmup=50", NULL },
	{ "warmup=50.5", "warmup: 50.5 epochs are more than the 50 that" },
	{ "head-epochs=10 warmup=40", NULL },
	{ "head-epochs=10 warmup=41",
	  "warmup: 41 epochs are more than the 40 that follow the head's" },
	{ "plateau=3", NULL },
	{ "plateau=4", "plateau: 4 epochs are never waited for" },
	{ "plateau=9 patience=0", NULL },
	{ "plateau=9 patience=10", NULL },
};

static void
parts_must_fit_together(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(together); i++) {
		g_auto(GStrv) settings = g_strsplit(together[i][0], " ", -1);
		Recipe recipe = recipe_seed;
		GError *error = NULL;

		for (char **s = settings; *s != NULL; s++) {
			g_auto(GStrv) parts = g_strsplit(*s, "=", 2);

			set(&recipe, parts[0], parts[1]);
		}
		if (recipe_check(&recipe, &error) != (together[i][1] == NULL))
			fail_msg("wrong answer to %s", together[i][0]);
		if (together[i][1] != NULL)
			test_assert_error(&error, KW_ERROR_USAGE,
					  together[i][1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_in_the_order_of_the_manual),
		cmocka_unit_test(every_key_has_a_field_of_its_own),
		cmocka_unit_test(fields_are_what_the_keys_say),
		cmocka_unit_test(layers_are_frozen_by_number_or_name),
		cmocka_unit_test(heads_may_be_none),
		cmocka_unit_test(keras_called_it_val_acc_once),
		cmocka_unit_test(policies_may_be_written_out),
		cmocka_unit_test(a_policy_that_changes_nothing_is_none),
		cmocka_unit_test(limits_are_kept),
		cmocka_unit_test(other_names_are_understood),
		cmocka_unit_test(a_strange_key_leads_to_the_help),
		cmocka_unit_test(parts_must_fit_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
