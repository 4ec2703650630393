/* The training loop: what is reported, which epoch is best, when it ends. */
#include "tests/support/fitrun.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "kw/app.h"
#include "kw/image.h"
#include "tests/support/params.h"
#include "train/evaluate.h"
#include "train/initialise.h"
#include "train/loader.h"

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
		evaluate(run.network, run.train, NULL, NULL, &run.error);
	g_autoptr(Evaluation) val =
		evaluate(run.network, run.val, NULL, NULL, &run.error);
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
	assert_true(fabs(r->wall_time - (double)time(NULL)) < 600);
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
	double in_file[7];
	FitRun run;

	(void)state;
	spec.batch = 1;
	fit_run_start(&run, &fit_data, &spec);
	run.recipe.epochs = 1;
	fit_run(&run);
	run.recipe.epochs = 2;
	run.recipe.shuffle = TRUE;
	run.recipe.seed = 9;
	for (guint i = 0; i < 7; i++)
		in_file[i] = fit_run_loss(&run, i);
	fit_run_rewind(&run);
	fit_run(&run);
	for (int epoch = 1; epoch <= 2; epoch++) {
		g_autofree gsize *order =
			samples_shuffled_order(run.train, 9, epoch);

		for (guint i = 0; i < 7; i++)
			assert_true(fit_run_loss(&run,
						 (guint)(7 * epoch - 7) + i) ==
				    in_file[order[i]]);
	}
	fit_run_clear(&run);
}

/* ---- the best epoch, and patience */

/* One image to train on: what matters is the validation. */
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
fit_script(FitRun *run, const char *classes, int epochs, int patience)
{
	fit_run_rewind(run);
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
	start_script(&run);
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
	FitRun run;

	(void)state;
	start_script(&run);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		fit_script(&run, cases[i].classes, cases[i].epochs,
			   cases[i].patience);
		assert_int_equal(run.end, cases[i].end);
		assert_int_equal(run.reports->len, cases[i].reports);
		assert_int_equal(run.state->best.epoch, cases[i].best);
	}
	fit_run_clear(&run);
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

/* ---- the loss */

/* The training counts class weights and smoothing; the validation, as Keras's,
 * only the latter.  Accuracies count images. */
static void
test_loss(void **state)
{
	NetworkSpec spec = fit_spec;
	FitRun run;

	(void)state;
	spec.l2 = 0.5;
	fit_run_start(&run, &fit_data, &spec);
	run.recipe.balanced = TRUE;
	run.recipe.label_smoothing = 0.2;
	fit_run(&run);
	/* Of seven images four are of class 0. */
	const float weights[] = { 7 / (2 * 4.0f), 7 / (2 * 3.0f) };
	const Loss loss = { weights, 0.2 }, val_loss = { NULL, 0.2 };
	g_autoptr(Evaluation) train =
		evaluate(run.network, run.train, &loss, NULL, &run.error);
	g_autoptr(Evaluation) val =
		evaluate(run.network, run.val, &val_loss, NULL, &run.error);
	g_autoptr(Evaluation) plain =
		evaluate(run.network, run.train, NULL, NULL, &run.error);
	const EpochReport *r = fit_run_report(&run, 0);

	assert_true(fabs(r->loss - train->loss) < 1e-5);
	assert_true(r->accuracy == plain->accuracy);
	assert_true(r->val_loss == val->loss);
	assert_true(fabs(train->loss - plain->loss) > 1e-3);
	fit_run_clear(&run);
}

/* Training goes the way that this loss says: from equal logits, the biases get
 * -rate * mean(weight * (probability - target)). */
static void
test_gradient_of_loss(void **state)
{
	const double smooth[] = { 0.9, 0.1 };
	const double weights[] = { 7 / 8.0, 7 / 6.0 };
	TrainData set = fit_data;
	FitRun run;
	double step = 0;

	(void)state;
	set.counts[KW_VAL] = 0;
	NetworkSpec spec = fit_spec;
	spec.batch = 7;
	fit_run_start(&run, &set, &spec);
	Layer *top = network_dense(run.network, 1);
	const float zeros[8 * 2] = { 0 };

	set_values(run.network->dnn, top->kernel, zeros);
	set_values(run.network->dnn, top->bias, zeros);
	run.recipe.balanced = TRUE;
	run.recipe.label_smoothing = 0.2;
	run.recipe.rate = 0.5;
	fit_run(&run);
	for (int i = 0; i < 7; i++)
		step += weights[i % 2] * (0.5 - smooth[i % 2]) / 7;
	assert_true(fabs((double)top->bias->value[0] + 0.5 * step) < 1e-6);
	assert_true(fabs((double)top->bias->value[1] - 0.5 * step) < 1e-6);
	fit_run_clear(&run);
}

/* The global norm of the first step, and the factor of the body. */
static void
test_clipped(void **state)
{
	NetworkSpec spec = fit_spec;
	TrainData set = fit_data;
	FitRun run;
	double sum = 0;

	(void)state;
	set.counts[KW_TRAIN] = 3;
	spec.freeze = 20;
	fit_run_start(&run, &set, &spec);
	run.recipe.rate = 0.001;
	run.recipe.clip_norm = 0.01;
	run.recipe.body_rate = 0.5;
	fit_run(&run);
	assert_int_equal(run.losses->len, 1);
	for (guint i = 0; i < run.network->n_layers; i++) {
		const Layer *l = run.network->layers[i];
		const Param *params[] = { l->kernel, l->bias };
		const double rate = l->kind == LAYER_CONV ? 0.0005 : 0.001;

		for (int k = 0; k < 2 && l->trainable; k++)
			for (gsize j = 0; j < params[k]->n; j++) {
				double g =
					(double)params[k]->velocity[j] / rate;

				sum += g * g;
			}
	}
	assert_true(fabs(sqrt(sum) / 0.01 - 1) < 1e-4);
	fit_run_clear(&run);
}

/* Epoch e sees copy e of each image. */
static void
test_augments(void **state)
{
	NetworkSpec spec = fit_spec;
	FitRun run;

	(void)state;
	spec.batch = 1;
	fit_run_start(&run, &fit_data, &spec);
	run.recipe.epochs = 2;
	run.recipe.augments = TRUE;
	run.recipe.seed = 5;
	run.recipe.policy = kw_policy_seed;
	fit_run(&run);
	for (gint32 copy = 1; copy <= 2; copy++) {
		const LoaderAugment augment = { &kw_policy_seed, 5, copy };
		g_autofree gsize *order = samples_file_order(run.train);
		g_autoptr(Loader) loader = loader_new(
			run.train, order, 7, 1, &augment, NULL, &run.error);

		for (guint i = 0; i < 7; i++) {
			const Batch *batch = loader_next(loader, &run.error);
			int correct;

			network_set_input(run.network, batch->images, 1);
			test_network_forward(run.network, TRUE, 0);
			assert_true(
				fit_run_loss(&run, 7 * (guint)copy - 7 + i) ==
				network_cross_entropy(run.network,
						      batch->labels, 1, NULL,
						      &correct));
		}
	}
	assert_true(fit_run_loss(&run, 0) != fit_run_loss(&run, 7));
	fit_run_clear(&run);
}

/* The steps of all epochs key dropout: each pass drops other values. */
static void
test_dropout(void **state)
{
	NetworkSpec spec = fit_spec;
	FitRun run;

	(void)state;
	spec.dropout = 0.5;
	fit_run_start(&run, &fit_data, &spec);
	run.recipe.epochs = 2;
	fit_run(&run);
	for (guint i = 0; i < 3; i++)
		assert_true(fit_run_loss(&run, i) != fit_run_loss(&run, i + 3));
	fit_run_clear(&run);
}

/* ---- ends that are not planned */

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

/* An error after a step; KW_ERROR_INTERRUPTED is one that is none. */
static void
test_after_step(void **state)
{
	FitRun run;

	(void)state;
	fit_run_start(&run, &fit_data, &fit_spec);
	run.fail_step = TRUE;
	fit_run(&run);
	assert_int_equal(run.end, FIT_FAILED);
	assert_int_equal(run.losses->len, 1);
	test_assert_error(&run.error, KW_ERROR_IO, "no room left");
	run.fail_step = FALSE;
	run.stop_at = 3; /* the last of the epoch: validation is missing */
	fit_run(&run);
	assert_int_equal(run.end, FIT_INTERRUPTED);
	assert_int_equal(run.reports->len, 0);
	assert_int_equal(run.state->step, 3);
	assert_true(run.state->seconds > 0);
	/* Seven images in seven seconds, wherever those were spent. */
	run.state->seconds = 7;
	fit_run(&run);
	assert_int_equal(run.end, FIT_DONE);
	assert_int_equal(run.losses->len, 3);
	assert_int_equal(run.reports->len, 1);
	assert_true(fit_run_report(&run, 0)->images_per_second == 1);
	assert_true(run.state->seconds == 0);
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

/* Augmentation is libvips's. */
static int
start_images(void **state)
{
	GError *error = NULL;

	(void)state;
	kw_image_start("test_fit", &error);
	test_assert_no_error(error);
	return 0;
}

static int
stop_images(void **state)
{
	(void)state;
	kw_image_stop();
	return 0;
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
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_gradient_of_loss),
		cmocka_unit_test(test_clipped),
		cmocka_unit_test(test_augments),
		cmocka_unit_test(test_dropout),
		cmocka_unit_test(test_listener_fails),
		cmocka_unit_test(test_after_step),
		cmocka_unit_test(test_interrupt),
	};

	return cmocka_run_group_tests(tests, start_images, stop_images);
}
