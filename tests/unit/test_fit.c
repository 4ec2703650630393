/* The training loop: what is reported, which epoch is best, when it ends. */
#include "tests/support/fitrun.h"

#include <math.h>
#include <signal.h>
#include <string.h>

#include "kw/app.h"
#include "tests/support/params.h"
#include "train/evaluate.h"
#include "train/initialise.h"

/* ---- what is reported */

/* With a rate of 0 the means over an epoch are those of an evaluation. */
static void
test_means(void **state)
{
	NetworkSpec spec = fit_spec;
	FitRun run;

	(void)state;
	spec.l2 = 0.5;
	fit_run_start(&run, &fit_data, &spec);
	fit_run(&run);
	g_autoptr(Evaluation) train =
		evaluate(run.network, run.train, NULL, &run.error);
	g_autoptr(Evaluation) val =
		evaluate(run.network, run.val, NULL, &run.error);
	const EpochReport *r = fit_run_report(&run, 0);

	assert_int_equal(run.end, FIT_DONE);
	assert_int_equal(run.losses->len, 3);
	assert_true(network_l2_loss(run.network) > 0.1);
	assert_true(fabs(r->loss - train->loss) < 1e-5);
	assert_true(fabs(r->accuracy - train->accuracy) < 1e-12);
	assert_true(r->has_val);
	assert_true(r->val_loss == val->loss);
	assert_true(r->val_accuracy == val->accuracy);
	assert_true(r->images_per_second > 0);
	assert_true(r->best);
	assert_int_equal(run.state->best.epoch, 1);
	/* A step's loss is the mean over its images; the last has one. */
	assert_true(fabs((3 * fit_run_loss(&run, 0) +
			  3 * fit_run_loss(&run, 1) + fit_run_loss(&run, 2)) /
				 7 -
			 r->loss) < 1e-12);
	fit_run_clear(&run);
}

/* One image a step: the losses tell the order. */
static void
test_order(void **state)
{
	NetworkSpec spec = fit_spec;
	FitRun run;

	(void)state;
	spec.batch = 1;
	fit_run_start(&run, &fit_data, &spec);
	run.recipe.epochs = 1;
	fit_run(&run);
	run.recipe.epochs = 2;
	run.recipe.shuffle = TRUE;
	run.recipe.seed = 9;
	g_array_set_size(run.reports, 0);
	train_state_free(run.state);
	run.state = train_state_new();
	fit_run(&run);
	for (int epoch = 1; epoch <= 2; epoch++) {
		g_autofree gsize *order =
			samples_shuffled_order(run.train, 9, epoch);

		for (guint i = 0; i < 7; i++)
			assert_true(
				fit_run_loss(&run, (guint)(7 * epoch) + i) ==
				fit_run_loss(&run, (guint)order[i]));
	}
	fit_run_clear(&run);
}

/* ---- the best epoch, and patience */

static void
fit_script(FitRun *run, const char *classes, int epochs, int patience)
{
	TrainData set = fit_data;

	set.counts[KW_TRAIN] = 1;
	fit_run_start(run, &set, &fit_spec);
	run->classes = classes;
	run->recipe.epochs = epochs;
	run->recipe.patience = patience;
	fit_run(run);
}

/* Class 0 gives a val_accuracy of 0.6, class 1 of 0.4. */
static void
test_patience(void **state)
{
	static const gboolean best[] = { TRUE, FALSE, TRUE, FALSE, FALSE };
	static const double accuracy[] = { 0.4, 0.4, 0.6, 0.6, 0.4 };
	FitRun run;

	(void)state;
	fit_script(&run, "1100100", 7, 2);
	assert_int_equal(run.end, FIT_PATIENCE);
	assert_int_equal(run.reports->len, 5);
	for (guint i = 0; i < 5; i++) {
		assert_int_equal(fit_run_report(&run, i)->best, best[i]);
		assert_true(fit_run_report(&run, i)->val_accuracy ==
			    accuracy[i]);
	}
	assert_int_equal(run.state->best.epoch, 3);
	assert_true(run.state->best.val_accuracy == 0.6);
	fit_run_clear(&run);
}

static void
test_patience_ends(void **state)
{
	static const struct {
		const char *classes;
		int epochs, patience;
		FitEnd end;
		guint reports;
		int best;
	} cases[] = {
		{ "0000", 4, 0, FIT_DONE, 4, 1 },
		{ "0000", 4, 1, FIT_PATIENCE, 2, 1 },
		{ "1100", 4, 3, FIT_DONE, 4, 3 },
		{ "0111", 4, 3, FIT_PATIENCE, 4, 1 },
		{ "0111", 4, 4, FIT_DONE, 4, 1 },
		{ "1", 1, 1, FIT_DONE, 1, 1 },
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		FitRun run;

		fit_script(&run, cases[i].classes, cases[i].epochs,
			   cases[i].patience);
		assert_int_equal(run.end, cases[i].end);
		assert_int_equal(run.reports->len, cases[i].reports);
		assert_int_equal(run.state->best.epoch, cases[i].best);
		fit_run_clear(&run);
	}
}

static void
test_no_validation(void **state)
{
	TrainData set = fit_data;
	FitRun run;

	(void)state;
	set.counts[KW_VAL] = 0;
	fit_run_start(&run, &set, &fit_spec);
	run.recipe.epochs = 3;
	run.recipe.patience = 1;
	fit_run(&run);
	assert_int_equal(run.end, FIT_DONE);
	assert_int_equal(run.reports->len, 3);
	assert_int_equal(run.state->best.epoch, 3);
	for (guint i = 0; i < 3; i++) {
		assert_false(fit_run_report(&run, i)->has_val);
		assert_true(fit_run_report(&run, i)->best);
	}
	fit_run_clear(&run);
}

/* ---- learning */

static void
test_overfits(void **state)
{
	TrainData set = fit_data;
	NetworkSpec spec = fit_spec;
	FitRun run;

	(void)state;
	set.counts[KW_TRAIN] = 8;
	set.counts[KW_VAL] = 0;
	spec.batch = 4;
	spec.head[0] = 64;
	spec.freeze = 20; /* block5_conv4 learns as well */
	fit_run_start(&run, &set, &spec);
	initialise_body(run.network, run.train, &run.error);
	initialise_head(run.network, &run.error);
	test_assert_no_error(run.error);
	run.recipe.epochs = 40;
	run.recipe.rate = 0.003;
	run.recipe.shuffle = TRUE;
	fit_run(&run);
	assert_int_equal(run.end, FIT_DONE);
	assert_true(fit_run_report(&run, 0)->loss > 0.3);
	assert_true(fit_run_report(&run, 39)->loss < 0.01);
	assert_true(fit_run_report(&run, 39)->accuracy == 1);
	assert_true(fit_run_report(&run, 39)->rate == 0.003);
	fit_run_clear(&run);
}

/* ---- ends that are not planned */

/* Noticed in the next step; after the last of an epoch, in the validation. */
static void
test_divergence(void **state)
{
	static const char *const where[] = { "in step 3 of epoch 1",
					     "validation of epoch 1" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		FitRun run;

		fit_run_start(&run, &fit_data, &fit_spec);
		run.recipe.epochs = 2;
		run.break_at = 2 + i;
		fit_run(&run);
		assert_int_equal(run.end, FIT_FAILED);
		assert_int_equal(run.losses->len, 2 + i);
		assert_int_equal(run.reports->len, 0);
		test_assert_error(&run.error, KW_ERROR_INPUT, where[i]);
		fit_run_clear(&run);
	}
}

static void
test_listener_fails(void **state)
{
	FitRun run;

	(void)state;
	fit_run_start(&run, &fit_data, &fit_spec);
	run.recipe.epochs = 3;
	run.fail_epoch = TRUE;
	fit_run(&run);
	assert_int_equal(run.end, FIT_FAILED);
	assert_int_equal(run.reports->len, 1);
	test_assert_error(&run.error, KW_ERROR_IO, "no room left");
	fit_run_clear(&run);
}

/* The last test: the signal stays noted.  The step that it hits is finished. */
static void
test_interrupt(void **state)
{
	FitRun run;

	(void)state;
	kw_app_init("test_fit");
	fit_run_start(&run, &fit_data, &fit_spec);
	run.recipe.epochs = 3;
	run.interrupt_at = 5;
	fit_run(&run);
	assert_int_equal(run.end, FIT_INTERRUPTED);
	assert_int_equal(run.losses->len, 5);
	assert_int_equal(run.reports->len, 1);
	assert_int_equal(run.state->best.epoch, 1);
	assert_null(run.error);
	fit_run_clear(&run);

	fit_run_start(&run, &fit_data, &fit_spec);
	fit_run(&run);
	assert_int_equal(run.end, FIT_INTERRUPTED);
	assert_int_equal(run.losses->len, 1);
	assert_int_equal(run.state->best.epoch, 0);
	fit_run_clear(&run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_means),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_patience_ends),
		cmocka_unit_test(test_no_validation),
		cmocka_unit_test(test_overfits),
		cmocka_unit_test(test_divergence),
		cmocka_unit_test(test_listener_fails),
		cmocka_unit_test(test_interrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
