/*
 * Trainings with features kept and without: the same bits, whatever happens to
 * what is kept.
 */
#include "tests/support/fitrun.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/params.h"
#include "train/feature_file.h"
#include "train/feature_key.h"

/* ---- a training with a cache */

static GString *said;

static void
hear(gpointer listener, const char *text)
{
	(void)listener;
	g_string_append_printf(said, "%s\n", text);
}

static void
hear_warning(gpointer listener, const char *text)
{
	(void)listener;
	g_string_append_printf(said, "warning: %s\n", text);
}

static int
setup(void **state)
{
	said = g_string_new(NULL);
	return test_dir_setup(state);
}

static int
teardown(void **state)
{
	g_string_free(said, TRUE);
	return test_dir_teardown(state);
}

static void
assert_said(const char *text)
{
	if (strstr(said->str, text) == NULL)
		fail_msg("no '%s' in: %s", text, said->str);
}

static FeatureCache *
cache_new(const char *path, gsize memory)
{
	const FeatureCacheSetup s = {
		.counts = { [KW_TRAIN] = 7, [KW_VAL] = 5 },
		.data = "these images",
		.memory = memory,
		.path = path,
		.say = hear,
		.warn = hear_warning,
	};

	g_string_truncate(said, 0);
	return feature_cache_new(&s);
}

/* Three epochs of three steps; batches of three, of which the last has one
 * image, and two in the validation. */
static void
start(FitRun *run, int freeze)
{
	NetworkSpec spec = fit_spec;

	spec.freeze = freeze;
	spec.dropout = 0.5;
	fit_run_start(run, &fit_data, &spec);
	run->recipe.epochs = 3;
	run->recipe.rate = 0.003;
	run->recipe.shuffle = TRUE;
	run->recipe.seed = 7;
}

static void
assert_same_weights(const Network *a, const Network *b)
{
	assert_int_equal(a->spec.freeze, b->spec.freeze);
	for (guint i = 0; i < a->n_layers; i++) {
		const Param *x[] = { a->layers[i]->kernel, a->layers[i]->bias };
		const Param *y[] = { b->layers[i]->kernel, b->layers[i]->bias };

		for (int k = 0; k < 2 && a->layers[i]->trainable; k++) {
			assert_memory_equal(x[k]->value, y[k]->value,
					    x[k]->n * sizeof(float));
			assert_memory_equal(x[k]->velocity, y[k]->velocity,
					    x[k]->n * sizeof(float));
		}
	}
}

/* Weights, momentum, and all that was told. */
static void
assert_same(const FitRun *a, const FitRun *b)
{
	assert_int_equal(a->end, FIT_DONE);
	assert_int_equal(b->end, FIT_DONE);
	assert_int_equal(a->losses->len, b->losses->len);
	for (guint i = 0; i < a->losses->len; i++)
		assert_true(fit_run_loss(a, i) == fit_run_loss(b, i));
	assert_int_equal(a->reports->len, b->reports->len);
	for (guint i = 0; i < a->reports->len; i++) {
		assert_true(fit_run_report(a, i)->val_loss ==
			    fit_run_report(b, i)->val_loss);
		assert_true(fit_run_report(a, i)->val_accuracy ==
			    fit_run_report(b, i)->val_accuracy);
	}
	assert_same_weights(a->network, b->network);
}

/* The run without a cache: of the last freeze, made once. */
static FitRun plain;
static int plain_freeze = -1;

static const FitRun *
plain_run(int freeze)
{
	if (plain_freeze == freeze)
		return &plain;
	if (plain_freeze >= 0)
		fit_run_clear(&plain);
	start(&plain, freeze);
	fit_run(&plain);
	plain_freeze = freeze;
	return &plain;
}

/* From the second epoch on, frozen layers that are broken do not matter. */
static void
break_body(FitRun *run, const EpochReport *report)
{
	const Layer *conv = network_conv(run->network, 3);
	const gsize n = keras_floats(conv->kernel);
	g_autofree float *zeros = g_new0(float, n);

	if (report->epoch == 1)
		set_values(run->network->dnn, conv->kernel, zeros);
}

/* ---- in memory */

static void
test_memory(void **state)
{
	static const int freezes[] = { 22, 17, 20 };
	static const char *const layers[] = { "block5_pool", "block4_pool",
					      "block5_conv3" };

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(freezes); i++) {
		FitRun run;

		start(&run, freezes[i]);
		run.cache = cache_new(NULL, 1 << 30);
		run.look = break_body;
		fit_run(&run);
		assert_same(&run, plain_run(freezes[i]));
		assert_said(layers[i]);
		assert_said("is kept in memory: from the second epoch on");
		feature_cache_free(run.cache);
		fit_run_clear(&run);
	}
}

/* Nothing to keep: few layers are frozen, or an epoch alone. */
static void
test_not_worth_it(void **state)
{
	FitRun run;

	(void)state;
	start(&run, 5);
	run.recipe.epochs = 2;
	run.cache = cache_new(NULL, 1 << 30);
	fit_run(&run);
	assert_string_equal(said->str, "");
	feature_cache_free(run.cache);
	fit_run_clear(&run);

	start(&run, 22);
	run.recipe.epochs = 1;
	run.cache = cache_new(NULL, 1 << 30);
	fit_run(&run);
	assert_string_equal(said->str, "");
	feature_cache_free(run.cache);
	fit_run_clear(&run);
}

/* No place at all is said, and is no harm. */
static void
test_no_place(void **state)
{
	FitRun run;

	(void)state;
	start(&run, 20);
	run.cache = cache_new(NULL, 1000);
	fit_run(&run);
	assert_same(&run, plain_run(20));
	assert_said("does not fit into memory, and a dataset from a pipe");
	feature_cache_free(run.cache);
	fit_run_clear(&run);
}

/* ---- stages */

static void
start_stages(FitRun *run)
{
	start(run, 22);
	run->recipe.epochs = 4;
	run->recipe.head_epochs = 2;
	run->recipe.head_rate = 0.01;
	run->recipe.freeze = 20;
}

static void
test_stages(void **state)
{
	FitRun run, without;

	(void)state;
	start_stages(&without);
	fit_run(&without);
	start_stages(&run);
	run.cache = cache_new(NULL, 1 << 30);
	fit_run(&run);
	assert_same(&run, &without);
	assert_said("the output of block5_pool");
	assert_said("the output of block5_conv3");
	feature_cache_free(run.cache);
	fit_run_clear(&run);

	/* Frozen alike in both, it is kept over both. */
	start_stages(&run);
	run.recipe.freeze = 22;
	run.recipe.head_epochs = 1;
	run.recipe.epochs = 2;
	run.cache = cache_new(NULL, 1 << 30);
	run.look = break_body;
	fit_run(&run);
	fit_run_clear(&without);
	start_stages(&without);
	without.recipe.freeze = 22;
	without.recipe.head_epochs = 1;
	without.recipe.epochs = 2;
	fit_run(&without);
	assert_same(&run, &without);
	feature_cache_free(run.cache);
	fit_run_clear(&run);
	fit_run_clear(&without);
}

/* ---- stopped and resumed */

/* Each time with a cache that knows nothing: batches of which some features are
 * there are computed like those of which none are. */
static void
test_stops(void **state)
{
	FitRun run;
	int stops = 0;

	(void)state;
	start(&run, 20);
	do {
		run.stop_at = (int)run.losses->len + 2;
		run.cache = cache_new(NULL, 1 << 30);
		fit_run(&run);
		feature_cache_free(run.cache);
		stops++;
	} while (run.end == FIT_INTERRUPTED && stops < 20);
	assert_int_equal(stops, 5);
	assert_same(&run, plain_run(20));
	fit_run_clear(&run);

	start(&run, 20);
	run.stop_at = 2;
	fit_run(&run);
	run.stop_at = 0;
	run.cache = cache_new(NULL, 1 << 30);
	fit_run(&run);
	feature_cache_free(run.cache);
	assert_same(&run, plain_run(20));
	fit_run_clear(&run);
}

/* ---- in a file */

static char *
in(void **state, const char *name)
{
	return g_build_filename(*state, name, NULL);
}

/* After each step of the next training with a file, once. */
static void (*meddle)(FitRun *run, guint step);

/* Train with a file, and compare; `look` may be NULL. */
static void
train(const char *path, void (*look)(FitRun *, const EpochReport *))
{
	FitRun run;

	start(&run, 20);
	run.cache = cache_new(path, 0);
	run.look = look;
	run.meddle = meddle;
	fit_run(&run);
	meddle = NULL;
	assert_same(&run, plain_run(20));
	feature_cache_free(run.cache);
	fit_run_clear(&run);
}

static void
test_file(void **state)
{
	g_autofree char *path = in(state, "a.features");

	train(path, break_body);
	assert_said("goes to '");
	assert_null(strstr(said->str, "warning"));
	assert_true(feature_file_is(path));
	train(path, break_body);
	assert_said("a.features' holds the output of block5_conv3 (");
	assert_null(strstr(said->str, "second epoch"));
}

/* Where there is a file it is used, also if there is memory, and for a single
 * epoch. */
static void
test_file_wins(void **state)
{
	g_autofree char *path = in(state, "a.features");
	FitRun run;

	start(&run, 20);
	run.recipe.epochs = 1;
	run.cache = cache_new(path, 1 << 30);
	fit_run(&run);
	assert_int_equal(run.end, FIT_DONE);
	assert_said("a.features' holds the output");
	for (guint i = 0; i < run.losses->len; i++)
		assert_true(fit_run_loss(&run, i) ==
			    fit_run_loss(plain_run(20), i));
	feature_cache_free(run.cache);
	fit_run_clear(&run);
}

/* Of other weights it is replaced, and of no use to the ones before. */
static void
test_other_weights(void **state)
{
	g_autofree char *path = in(state, "a.features");
	FitRun run;

	for (int k = 0; k < 2; k++) {
		start(&run, 20);
		test_network_fill(run.network, 2);
		run.cache = cache_new(path, 0);
		fit_run(&run);
		assert_int_equal(run.end, FIT_DONE);
		assert_said(k == 0 ? "is of other weights, images or settings: "
				     "it is replaced"
				   : "holds the output of block5_conv3");
		feature_cache_free(run.cache);
		fit_run_clear(&run);
	}
	train(path, break_body);
	assert_said("is of other weights");
}

static void
overwrite(const char *path, off_t at)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "damage", 6, at), 6);
	close(fd);
}

/* What is damaged is computed again, and mended. */
static void
test_damage(void **state)
{
	g_autofree char *path = in(state, "a.features");

	overwrite(path, 5000);
	overwrite(path, 40000);
	train(path, NULL);
	assert_said("a.features' is damaged: what was is computed again");
	train(path, break_body);
	assert_null(strstr(said->str, "damaged"));
	assert_int_equal(truncate(path, 30000), 0);
	train(path, break_body);
	assert_said("a.features' is damaged: it is replaced");
	train(path, break_body);
	assert_null(strstr(said->str, "damaged"));
}

/* ---- the disk */

static struct rlimit before;

static void
limit_files(rlim_t bytes)
{
	const struct rlimit limit = { bytes, before.rlim_max };

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Room for one more image after the first step. */
static void
fill_disk(FitRun *run, guint step)
{
	(void)run;
	if (step == 1)
		limit_files(4096 + 4 * (2 * 2 * 512 * 4));
}

static void
test_full_disk(void **state)
{
	g_autofree char *path = in(state, "b.features");

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	meddle = fill_disk;
	train(path, NULL);
	limit_files(before.rlim_cur);
	assert_said("warning: cannot write '");
	assert_said("; the frozen layers are computed in every epoch");
	assert_int_equal(g_strrstr(said->str, "warning") -
				 strstr(said->str, "warning"),
			 0);
	assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

static void
test_not_ours(void **state)
{
	g_autofree char *path = in(state, "c.features");
	g_autofree char *content = NULL;

	assert_true(g_file_set_contents(path, "my own", -1, NULL));
	train(path, NULL);
	assert_said("is not a file of features, and stays as it is; the frozen "
		    "layers are computed in every epoch");
	assert_true(g_file_get_contents(path, &content, NULL, NULL));
	assert_string_equal(content, "my own");
}

/* ---- the key */

static char *
key_of(const NetworkSpec *spec, guint64 weights, const char *data)
{
	GError *error = NULL;
	g_autoptr(Network) network = test_network_new(spec);
	char *key;

	test_network_fill(network, weights);
	key = feature_key(network, data, &error);
	test_assert_no_error(error);
	assert_int_equal(strlen(key), FEATURE_KEY_LENGTH);
	return key;
}

static NetworkSpec
spec_frozen(int freeze)
{
	NetworkSpec spec = fit_spec;

	spec.freeze = freeze;
	return spec;
}

static void
assert_other_key(const NetworkSpec *spec, const char *key)
{
	g_autofree char *other = key_of(spec, 1, "a");

	assert_string_not_equal(other, key);
}

static void
test_key(void **state)
{
	/* The fewest that have features: all of them are hashed. */
	const NetworkSpec few = spec_frozen(12);
	NetworkSpec spec = few;
	g_autofree char *key = key_of(&spec, 1, "a");
	g_autofree char *same = key_of(&spec, 1, "a");
	g_autofree char *data = key_of(&spec, 1, "b");
	g_autofree char *weights = key_of(&spec, 2, "a");
	g_autofree char *head = NULL;
	g_autofree char *above = NULL;

	(void)state;
	assert_string_equal(key, same);
	assert_string_not_equal(key, data);
	assert_string_not_equal(key, weights);
	spec.head[0] = 9; /* is above */
	head = key_of(&spec, 1, "a");
	assert_string_equal(key, head);
	/* And so is this; or it is not computed. */
	spec.plan.conv[15][DNN_BACKWARD_WEIGHTS] = DNN_FUSED_WINOGRAD;
	spec.plan.conv[3][DNN_BACKWARD_DATA] = DNN_FUSED_WINOGRAD;
	above = key_of(&spec, 1, "a");
	assert_string_equal(key, above);
	spec = few;
	spec.freeze = 13;
	assert_other_key(&spec, key);
	spec = few;
	spec.batch = 4;
	assert_other_key(&spec, key);
	spec = few;
	spec.threads = 1;
	assert_other_key(&spec, key);
	spec = few;
	spec.plan.mode.order = DNN_BLOCKED;
	assert_other_key(&spec, key);
	spec = few;
	spec.plan.conv[3][DNN_FORWARD] = DNN_FUSED_WINOGRAD;
	assert_other_key(&spec, key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_not_worth_it),
		cmocka_unit_test(test_no_place),
		cmocka_unit_test(test_stages),
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_file_wins),
		cmocka_unit_test(test_other_weights),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_key),
	};
	int failed = cmocka_run_group_tests(tests, setup, teardown);

	if (plain_freeze >= 0)
		fit_run_clear(&plain);
	return failed;
}
