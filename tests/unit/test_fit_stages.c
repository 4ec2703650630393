/* The head first, then the body; the rate, and which epoch is best. */
#include "tests/support/fitrun.h"

#include <math.h>
#include <string.h>

#include "tests/support/params.h"

/* ---- thawing */

static void
test_freeze(void **state)
{
	const Recipe one = { .freeze = 5, .epochs = 3 };
	const Recipe two = { .freeze = 5, .epochs = 5, .head_epochs = 2 };
	const Recipe head = { .freeze = 5, .epochs = 2, .head_epochs = 2 };

	(void)state;
	assert_int_equal(fit_freeze(&one, 1), 5);
	assert_int_equal(fit_freeze(&two, 1), 22);
	assert_int_equal(fit_freeze(&two, 2), 22);
	assert_int_equal(fit_freeze(&two, 3), 5);
	assert_int_equal(fit_freeze(&two, 6), 5);
	/* There is no second stage to make ready for. */
	assert_int_equal(fit_freeze(&head, 3), 22);
}

static gboolean
all_zero(const float *values, gsize n)
{
	for (gsize i = 0; i < n; i++)
		if (values[i] != 0)
			return FALSE;
	return TRUE;
}

static gboolean
has_momentum(const Layer *layer)
{
	return !all_zero(layer->kernel->velocity, layer->kernel->n) &&
	       !all_zero(layer->bias->velocity, layer->bias->n);
}

/* What the weights were before. */
static float *conv_before, *dense_before;

static float *
conv_values(const FitRun *run)
{
	return values_new(run->network->dnn,
			  network_conv(run->network, 15)->kernel);
}

static float *
dense_values(const FitRun *run)
{
	return values_new(run->network->dnn,
			  network_dense(run->network, 0)->kernel);
}

static gboolean
same(const FitRun *run, const float *before, float *now, gboolean conv)
{
	const Layer *layer = conv ? network_conv(run->network, 15)
				  : network_dense(run->network, 0);
	const gsize n = keras_floats(layer->kernel);
	g_autofree float *values = now;

	return memcmp(before, values, n * sizeof *values) == 0;
}

static void
look_at_stage(FitRun *run, const EpochReport *report)
{
	const Layer *conv = network_conv(run->network, 15);
	const Layer *dense = network_dense(run->network, 0);

	assert_int_equal(same(run, conv_before, conv_values(run), TRUE),
			 report->epoch <= 2);
	assert_false(same(run, dense_before, dense_values(run), FALSE));
	assert_int_equal(conv->trainable, report->epoch > 2);
	assert_true(has_momentum(dense));
	if (report->epoch == 3)
		assert_true(has_momentum(conv));
}

/*
 * The first step of a warm-up is at a rate of 0: it leaves the weights of the
 * first stage, and of its momentum 0.9 if that were not forgotten.
 */
static void
set_warmup(FitRun *run)
{
	run->recipe.warmup = 1.0 / 3; /* a step of three */
}

static guint first_step;    /* of the second stage */
static float *dense_thawed; /* before it */

static void
look_at_first_step(FitRun *run, guint step)
{
	const Layer *dense = network_dense(run->network, 0);

	if (step == first_step - 1) {
		dense_thawed = dense_values(run);
		assert_true(has_momentum(dense));
	}
	if (step != first_step)
		return;
	assert_true(same(run, dense_thawed, dense_values(run), FALSE));
	g_clear_pointer(&dense_thawed, g_free);
	assert_true(all_zero(dense->kernel->velocity, dense->kernel->n));
	assert_true(all_zero(dense->bias->velocity, dense->bias->n));
}

static void
test_thaw(void **state)
{
	FitRun run;

	(void)state;
	fit_run_start(&run, &fit_data, &fit_spec);
	run.recipe.freeze = 20;
	run.recipe.epochs = 3;
	run.recipe.head_epochs = 2;
	run.recipe.head_rate = 0.01;
	run.recipe.rate = 0.001;
	set_warmup(&run);
	run.look = look_at_stage;
	run.meddle = look_at_first_step;
	first_step = 7;
	conv_before = conv_values(&run);
	dense_before = dense_values(&run);
	fit_run(&run);
	assert_int_equal(run.end, FIT_DONE);
	assert_int_equal(run.network->spec.freeze, 20);
	assert_true(fit_run_report(&run, 1)->rate == 0.01);
	assert_true(fit_run_report(&run, 2)->rate == 0.001);
	g_free(conv_before);
	g_free(dense_before);
	fit_run_clear(&run);
}

/* A body that stays frozen: the stage begins all the same. */
static void
test_stage_without_thaw(void **state)
{
	FitRun run;

	(void)state;
	fit_run_start(&run, &fit_data, &fit_spec);
	run.recipe.epochs = 2;
	run.recipe.head_epochs = 1;
	run.recipe.head_rate = 0.01;
	run.recipe.rate = 0.01;
	set_warmup(&run);
	run.meddle = look_at_first_step;
	first_step = 4;
	fit_run(&run);
	assert_int_equal(run.end, FIT_DONE);
	assert_true(has_momentum(network_dense(run.network, 0)));
	fit_run_clear(&run);
}

/* ---- patience, plateau and the best, over both stages */

static void
start_script(FitRun *run)
{
	TrainData set = fit_data;
	NetworkSpec spec = fit_spec;

	set.counts[KW_TRAIN] = 1;
	spec.batch = 5; /* all of the validation at once */
	fit_run_start(run, &set, &spec);
}

static void
script(FitRun *run, const char *classes, const Recipe *recipe)
{
	fit_run_rewind(run);
	run->classes = classes;
	run->recipe.epochs = (int)strlen(classes);
	run->recipe.head_epochs = recipe->head_epochs;
	run->recipe.patience = recipe->patience;
	run->recipe.monitor = recipe->monitor;
	run->recipe.plateau = recipe->plateau;
	run->recipe.plateau_factor = recipe->plateau_factor;
	/* Too small to move the biases of 1000. */
	run->recipe.rate = 1e-9;
	run->recipe.head_rate = 1e-9;
	fit_run(run);
}

/* Class 0 gives a val_accuracy of 0.6, class 1 of 0.4. */
static void
test_patience_of_stages(void **state)
{
	static const struct {
		const char *classes;
		int head_epochs, patience;
		guint reports;
		int best;
	} cases[] = {
		/* The head's epochs do not stop: two after them do. */
		{ "011111111", 4, 2, 6, 1 },
		{ "011111111", 0, 2, 3, 1 },
		/* What is better than the head's best counts. */
		{ "111101111", 3, 2, 7, 5 },
		{ "111110111", 3, 3, 9, 6 },
		/* As good as the head's best is not better. */
		{ "010001111", 2, 3, 5, 1 },
	};
	FitRun run;

	(void)state;
	start_script(&run);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const Recipe recipe = { .head_epochs = cases[i].head_epochs,
					.patience = cases[i].patience };

		script(&run, cases[i].classes, &recipe);
		assert_int_equal(run.reports->len, cases[i].reports);
		assert_int_equal(run.state->best.epoch, cases[i].best);
	}
	fit_run_clear(&run);
}

static void
test_plateau_of_stages(void **state)
{
	const Recipe recipe = { .head_epochs = 3,
				.plateau = 2,
				.plateau_factor = 0.5 };
	/* cut after the epochs 5 and 7: two without a better one each */
	static const double rates[] = { 1, 1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25 };
	FitRun run;

	(void)state;
	start_script(&run);
	script(&run, "011111111", &recipe);
	assert_int_equal(run.reports->len, 9);
	for (guint i = 0; i < 9; i++)
		assert_true(fit_run_report(&run, i)->rate == rates[i] * 1e-9);
	fit_run_clear(&run);
}

/* ---- the monitor */

/* In the epochs 1, 2, ...: biases of class 0 and 1 that differ by this. */
static const float margins[] = { 3, 1, 0.5f, 0.5f, 1, -9 };

static void
set_margin(FitRun *run, int epoch)
{
	const float bias[] = { margins[epoch - 1], 0 };

	set_values(run->network->dnn, network_dense(run->network, 1)->bias,
		   bias);
}

static void
set_next_margin(FitRun *run, const EpochReport *report)
{
	if (report->epoch < (int)G_N_ELEMENTS(margins))
		set_margin(run, report->epoch + 1);
}

/*
 * Class 0 is always predicted, right three times of five: val_loss is
 * log(1 + exp(m)) - 0.6 * m, least at m = log(1.5) = 0.41.
 */
static void
test_monitor_loss(void **state)
{
	static const gboolean best_loss[] = { 1, 1, 1, 0, 0, 0 };
	static const gboolean best_accuracy[] = { 1, 0, 0, 0, 0, 0 };
	const float zeros[16] = { 0 };
	FitRun run;

	(void)state;
	fit_run_start(&run, &fit_data, &fit_spec);
	set_values(run.network->dnn, network_dense(run.network, 1)->kernel,
		   zeros);
	run.look = set_next_margin;
	run.recipe.epochs = G_N_ELEMENTS(margins);
	for (int monitor = 0; monitor < 2; monitor++) {
		const gboolean *best =
			monitor == MONITOR_VAL_LOSS ? best_loss : best_accuracy;

		fit_run_rewind(&run);
		set_margin(&run, 1);
		run.recipe.monitor = (Monitor)monitor;
		fit_run(&run);
		for (guint i = 0; i < run.reports->len; i++) {
			const double m = (double)margins[i];

			assert_true(fabs(fit_run_report(&run, i)->val_loss -
					 (log(1 + exp(m)) - 0.6 * m)) < 1e-6);
			assert_int_equal(fit_run_report(&run, i)->best,
					 best[i]);
		}
	}
	fit_run_clear(&run);
}

/* ---- the rate */

static void
test_rates(void **state)
{
	FitRun run;

	(void)state;
	fit_run_start(&run, &fit_data, &fit_spec);
	run.recipe.epochs = 2;
	run.recipe.rate = 0.01;
	run.recipe.warmup = 1;
	run.recipe.schedule = SCHEDULE_COSINE;
	fit_run(&run);
	/* of the last of three steps: of the warm-up, and of the cosine */
	assert_true(fabs(fit_run_report(&run, 0)->rate - 0.02 / 3) < 1e-15);
	assert_true(fabs(fit_run_report(&run, 1)->rate -
			 0.005 * (1 + cos(G_PI * 2 / 3))) < 1e-15);
	fit_run_clear(&run);
}

static float first_bias;

static void
bias_has_not_moved(FitRun *run, guint step)
{
	const float bias = network_dense(run->network, 1)->bias->value[0];

	if (step == 1)
		assert_true(bias == first_bias);
	if (step == 2)
		assert_true(bias != first_bias);
}

/* The schedule is what steps go by: the first of a warm-up does nothing. */
static void
test_first_step(void **state)
{
	FitRun run;

	(void)state;
	fit_run_start(&run, &fit_data, &fit_spec);
	first_bias = network_dense(run.network, 1)->bias->value[0];
	run.recipe.rate = 0.01;
	run.recipe.warmup = 1;
	run.meddle = bias_has_not_moved;
	fit_run(&run);
	assert_int_equal(run.losses->len, 3);
	fit_run_clear(&run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_freeze),
		cmocka_unit_test(test_thaw),
		cmocka_unit_test(test_stage_without_thaw),
		cmocka_unit_test(test_patience_of_stages),
		cmocka_unit_test(test_plateau_of_stages),
		cmocka_unit_test(test_monitor_loss),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_first_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
