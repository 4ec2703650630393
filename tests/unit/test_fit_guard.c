/* What the training loop does about losses that fall apart, or stand still. */
#include "tests/support/fitrun.h"

#include <math.h>
#include <string.h>

#include "kw/error.h"
#include "tests/support/params.h"

static gboolean
is_finite(const Network *network)
{
	for (guint i = 0; i < network->n_layers; i++) {
		const Layer *layer = network->layers[i];

		for (gsize j = 0; layer->kernel && j < layer->kernel->n; j++)
			if (!isfinite(layer->kernel->value[j]))
				return FALSE;
		for (gsize j = 0; layer->kernel && j < layer->bias->n; j++)
			if (!isfinite(layer->bias->value[j]))
				return FALSE;
	}
	return TRUE;
}

/* ---- stop */

static void
break_after_two(FitRun *run, guint step)
{
	if (step == 2)
		fit_run_break(run);
}

static void
break_after_three(FitRun *run, guint step)
{
	if (step == 3)
		fit_run_break(run);
}

/* Noticed in the next step; after the last of an epoch, in the validation. */
static void
test_stop(void **state)
{
	static const char *const where[] = {
		"not a finite number in step 3 of epoch 1, whose loss is "
		"nan; ",
		"the loss in the validation of epoch 1 is nan; ",
	};

	(void)state;
	for (int i = 0; i < 2; i++) {
		FitRun run;

		fit_run_start(&run, &fit_data, &fit_spec);
		run.recipe.epochs = 2;
		run.meddle = i == 0 ? break_after_two : break_after_three;
		fit_run(&run);
		assert_int_equal(run.end, FIT_FAILED);
		assert_int_equal(run.losses->len, 2 + i);
		assert_int_equal(run.reports->len, 0);
		assert_non_null(strstr(run.error->message, "lower --lr"));
		test_assert_error(&run.error, KW_ERROR_INPUT, where[i]);
		fit_run_clear(&run);
	}
}

static void
explode_after_eighteen(FitRun *run, guint step)
{
	if (step == 18)
		fit_run_predict(run, 1);
}

/* Each batch has an image of class 0, which costs 2000. */
static void
test_stop_exploding(void **state)
{
	FitRun run;

	(void)state;
	fit_run_start(&run, &fit_data, &fit_spec);
	run.recipe.epochs = 20;
	run.meddle = explode_after_eighteen;
	fit_run(&run);
	assert_int_equal(run.end, FIT_FAILED);
	assert_int_equal(run.losses->len, 22);
	assert_int_equal(run.reports->len, 7);
	test_assert_error(&run.error, KW_ERROR_INPUT,
			  "5 steps in a row in step 2 of epoch 8");
	fit_run_clear(&run);
}

/* ---- skip */

/* Steps 3 and 5 find NaN; what there was before comes back. */
static void
break_and_mend(FitRun *run, guint step)
{
	const float mended[] = { 0.25f, -0.25f };

	if (step == 2 || step == 4)
		fit_run_break(run);
	if (step == 3 || step == 5)
		set_values(run->network->dnn,
			   network_dense(run->network, 1)->bias, mended);
}

static void
test_skip(void **state)
{
	FitRun run;
	const EpochReport *r;

	(void)state;
	fit_run_start(&run, &fit_data, &fit_spec);
	run.recipe.epochs = 2;
	run.recipe.rate = 0.001;
	run.on_divergence = ON_DIVERGENCE_SKIP;
	run.meddle = break_and_mend;
	fit_run(&run);
	assert_int_equal(run.end, FIT_DONE);
	assert_int_equal(run.losses->len, 6);
	assert_true(isnan(fit_run_loss(&run, 2)));
	/* The means are over the six images of two steps, and over four. */
	r = fit_run_report(&run, 0);
	assert_int_equal(r->skipped, 1);
	assert_true(fabs(r->loss -
			 (fit_run_loss(&run, 0) + fit_run_loss(&run, 1)) / 2) <
		    1e-12);
	r = fit_run_report(&run, 1);
	assert_int_equal(r->skipped, 1);
	assert_true(fabs(r->loss -
			 (3 * fit_run_loss(&run, 3) + fit_run_loss(&run, 5)) /
				 4) < 1e-12);
	assert_string_equal(run.warnings->str,
			    "epoch 1: 1 of 3 steps were left out as divergent; "
			    "lower --lr, or --clip-norm 5\n"
			    "epoch 2: 1 of 3 steps were left out as divergent; "
			    "lower --lr, or --clip-norm 5\n");
	assert_true(is_finite(run.network));
	fit_run_clear(&run);
}

static void
break_at_once(FitRun *run, guint step)
{
	if (step == 1)
		fit_run_break(run);
}

/* Weights that are lost are not skipped for ever; not even for an epoch. */
static void
test_skip_in_vain(void **state)
{
	FitRun run;

	(void)state;
	fit_run_start(&run, &fit_data, &fit_spec);
	run.recipe.epochs = 2;
	run.on_divergence = ON_DIVERGENCE_SKIP;
	fit_run_break(&run);
	fit_run(&run);
	assert_int_equal(run.end, FIT_FAILED);
	assert_int_equal(run.losses->len, 3);
	test_assert_error(&run.error, KW_ERROR_INPUT,
			  "all steps of epoch 1 had to be skipped");
	fit_run_clear(&run);

	fit_run_start(&run, &fit_data, &fit_spec);
	run.recipe.epochs = 2;
	run.on_divergence = ON_DIVERGENCE_SKIP;
	run.meddle = break_at_once;
	fit_run(&run);
	assert_int_equal(run.end, FIT_FAILED);
	test_assert_error(&run.error, KW_ERROR_INPUT, "validation of epoch 1");
	fit_run_clear(&run);
}

/* ---- gradients */

/*
 * Logits of +-2 and a loss to match, but gradients beyond float32: of a unit of
 * 2e-38, weights of +-1e38, and inputs of 100 and more.
 */
static void
overflow(FitRun *run, guint step)
{
	Network *network = run->network;
	Layer *hidden = network_dense(network, 0);
	Layer *top = network_dense(network, 1);
	g_autofree float *zeros = g_new0(float, keras_floats(hidden->kernel));
	float body[512], bias[8] = { 2e-38f }, kernel[16] = { 1e38f, -1e38f };

	if (step != 2)
		return;
	for (int i = 0; i < 512; i++)
		body[i] = 100;
	set_values(network->dnn, network_conv(network, 15)->bias, body);
	set_values(network->dnn, hidden->kernel, zeros);
	set_values(network->dnn, hidden->bias, bias);
	set_values(network->dnn, top->kernel, kernel);
	set_values(network->dnn, top->bias, zeros);
}

static void
overflow_and_look(FitRun *run, guint step)
{
	overflow(run, step);
	if (step == 3)
		assert_true(is_finite(run->network));
}

static void
start_overflow(FitRun *run, OnDivergence on_divergence)
{
	fit_run_start(run, &fit_data, &fit_spec);
	run->recipe.rate = 0.001;
	run->on_divergence = on_divergence;
	run->meddle = overflow_and_look;
}

/* The update finds out, and nobody is told of weights to be saved. */
static void
test_gradient_stop(void **state)
{
	FitRun run;

	(void)state;
	start_overflow(&run, ON_DIVERGENCE_STOP);
	fit_run(&run);
	assert_int_equal(run.end, FIT_FAILED);
	assert_int_equal(run.losses->len, 2);
	test_assert_error(&run.error, KW_ERROR_INPUT,
			  "training diverged: weights of 'dense_1' are no "
			  "finite numbers any more in step 3 of epoch 1, whose "
			  "loss is ");
	fit_run_clear(&run);
}

/* With a norm to be clipped, that finds out before. */
static void
test_gradient_clip(void **state)
{
	FitRun run;

	(void)state;
	start_overflow(&run, ON_DIVERGENCE_STOP);
	run.recipe.clip_norm = 1;
	fit_run(&run);
	assert_int_equal(run.end, FIT_FAILED);
	assert_int_equal(run.losses->len, 2);
	test_assert_error(&run.error, KW_ERROR_INPUT,
			  "the loss or its gradient is not a finite number");
	assert_true(is_finite(run.network));
	fit_run_clear(&run);
}

static void
test_gradient_skip(void **state)
{
	FitRun run;

	(void)state;
	start_overflow(&run, ON_DIVERGENCE_SKIP);
	fit_run(&run);
	assert_int_equal(run.end, FIT_DONE);
	assert_int_equal(run.losses->len, 3);
	assert_true(isfinite(fit_run_loss(&run, 2)));
	assert_int_equal(fit_run_report(&run, 0)->skipped, 1);
	assert_true(is_finite(run.network));
	fit_run_clear(&run);
}

/* ---- standing still */

/* Logits of zero: a loss of ln 2, and class 0 of which there are most. */
static void
test_stuck(void **state)
{
	const float zeros[16] = { 0 };
	FitRun run;

	(void)state;
	fit_run_start(&run, &fit_data, &fit_spec);
	set_values(run.network->dnn, network_dense(run.network, 1)->kernel,
		   zeros);
	set_values(run.network->dnn, network_dense(run.network, 1)->bias,
		   zeros);
	run.recipe.epochs = 2;
	fit_run(&run);
	assert_string_equal(run.warnings->str, "");
	run.recipe.epochs = 5;
	fit_run(&run);
	assert_int_equal(run.reports->len, 5);
	assert_ptr_equal(strstr(run.warnings->str, "the network still guesses"),
			 run.warnings->str);
	/* Once. */
	assert_ptr_equal(strchr(run.warnings->str, '\n'),
			 run.warnings->str + run.warnings->len - 1);
	fit_run_clear(&run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_stop_exploding),
		cmocka_unit_test(test_skip),
		cmocka_unit_test(test_skip_in_vain),
		cmocka_unit_test(test_gradient_stop),
		cmocka_unit_test(test_gradient_clip),
		cmocka_unit_test(test_gradient_skip),
		cmocka_unit_test(test_stuck),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
