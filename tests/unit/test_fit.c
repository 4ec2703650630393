/* The training loop: what is reported, which epoch is best, when it ends. */
#include "tests/support/kwtest.h"

#include <math.h>
#include <signal.h>
#include <string.h>

#include "kw/app.h"
#include "tests/support/params.h"
#include "tests/support/traindata.h"
#include "train/evaluate.h"
#include "train/fit.h"
#include "train/initialise.h"

/* Seven images to train on and five to validate on, of which class 0 has 3. */
static const TrainData data = {
	.height = 32,
	.width = 32,
	.channels = 3,
	.classes = 2,
	.counts = { 7, 5, 0 },
	.standardize = KW_STANDARDIZE_RESCALE,
};

static const NetworkSpec small = {
	.batch = 3,
	.height = 32,
	.width = 32,
	.channels = 3,
	.classes = 2,
	.n_head = 1,
	.head = { 8 },
	.freeze = 22,
	.training = TRUE,
	.seed = 42,
	.threads = 2,
};

/* A run and what it told. */
typedef struct {
	KwDataset *dataset;
	Samples *train, *val;
	Network *network;
	FitOptions options;
	const char *classes; /* what to predict in epoch 1, 2, ...: "0110" */
	int interrupt_at;    /* the step after which SIGINT comes; 0: never */
	int break_at;        /* the step after which weights are NaN */
	gboolean fail;       /* on_epoch fails */

	GArray *losses;  /* of the steps: double */
	GArray *reports; /* of the epochs: EpochReport */
	FitEnd end;
	EpochReport best;
	GError *error;
} Run;

static void
run_start(Run *run, const TrainData *set, const NetworkSpec *spec)
{
	*run = (Run){ 0 };
	run->dataset = train_data_open(set);
	run->train = samples_read(run->dataset, KW_TRAIN, NULL);
	run->val = samples_read(run->dataset, KW_VAL, NULL);
	run->network = test_network_new(spec);
	test_network_fill(run->network, 1);
	run->options = (FitOptions){ .epochs = 1, .momentum = 0.9 };
	run->losses = g_array_new(FALSE, FALSE, sizeof(double));
	run->reports = g_array_new(FALSE, FALSE, sizeof(EpochReport));
}

static void
run_clear(Run *run)
{
	g_array_unref(run->losses);
	g_array_unref(run->reports);
	network_free(run->network);
	samples_free(run->train);
	samples_free(run->val);
	kw_dataset_free(run->dataset);
	g_clear_error(&run->error);
}

static double
nth_loss(const Run *run, guint i)
{
	return g_array_index(run->losses, double, i);
}

static const EpochReport *
nth_report(const Run *run, guint i)
{
	return &g_array_index(run->reports, EpochReport, i);
}

/* Make the network predict a class whatever it sees. */
static void
fix_prediction(Network *network, int class)
{
	float bias[] = { -1000, -1000 };

	bias[class] = 1000;
	set_values(network->dnn, network_dense(network, 1)->bias, bias);
}

static void
break_weights(Network *network)
{
	const float bias[] = { NAN, NAN };

	set_values(network->dnn, network_dense(network, 1)->bias, bias);
}

static void
on_step(gpointer user, int epoch, gsize step, gsize steps, double loss)
{
	Run *run = user;
	const gsize batch = (gsize)run->network->spec.batch;

	assert_int_equal(steps, (run->train->n + batch - 1) / batch);
	assert_int_equal(epoch, run->reports->len + 1);
	assert_int_equal(step, run->losses->len % steps + 1);
	g_array_append_val(run->losses, loss);
	if ((int)run->losses->len == run->break_at)
		break_weights(run->network);
	if ((int)run->losses->len == run->interrupt_at)
		raise(SIGINT);
}

static gboolean
on_epoch(gpointer user, const EpochReport *report, GError **error)
{
	Run *run = user;

	g_array_append_val(run->reports, *report);
	assert_int_equal(report->epoch, run->reports->len);
	if (run->fail)
		g_set_error(error, KW_ERROR, KW_ERROR_IO, "no room left");
	if (run->classes != NULL && run->classes[report->epoch] != '\0')
		fix_prediction(run->network, run->classes[report->epoch] - '0');
	return !run->fail;
}

static void
run_fit(Run *run)
{
	const FitListener listener = { run, on_step, on_epoch };

	if (run->classes != NULL)
		fix_prediction(run->network, run->classes[0] - '0');
	run->end = fit(run->network, run->train, run->val, &run->options,
		       &listener, &run->best, &run->error);
	if (run->end != FIT_FAILED)
		test_assert_no_error(run->error);
}

/* ---- what is reported */

/* With a rate of 0 the means over an epoch are those of an evaluation. */
static void
test_means(void **state)
{
	NetworkSpec spec = small;
	Run run;

	(void)state;
	spec.l2 = 0.5;
	run_start(&run, &data, &spec);
	run_fit(&run);
	g_autoptr(Evaluation) train =
		evaluate(run.network, run.train, &run.error);
	g_autoptr(Evaluation) val = evaluate(run.network, run.val, &run.error);
	const EpochReport *r = nth_report(&run, 0);

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
	assert_int_equal(run.best.epoch, 1);
	/* A step's loss is the mean over its images; the last has one. */
	assert_true(fabs((3 * nth_loss(&run, 0) + 3 * nth_loss(&run, 1) +
			  nth_loss(&run, 2)) /
				 7 -
			 r->loss) < 1e-12);
	run_clear(&run);
}

/* One image a step: the losses tell the order. */
static void
test_order(void **state)
{
	NetworkSpec spec = small;
	Run run;

	(void)state;
	spec.batch = 1;
	run_start(&run, &data, &spec);
	run.options.epochs = 1;
	run_fit(&run);
	run.options.epochs = 2;
	run.options.shuffle = TRUE;
	run.options.seed = 9;
	g_array_set_size(run.reports, 0);
	run_fit(&run);
	for (int epoch = 1; epoch <= 2; epoch++) {
		g_autofree gsize *order =
			samples_shuffled_order(run.train, 9, epoch);

		for (guint i = 0; i < 7; i++)
			assert_true(nth_loss(&run, (guint)(7 * epoch) + i) ==
				    nth_loss(&run, (guint)order[i]));
	}
	run_clear(&run);
}

/* ---- the best epoch, and patience */

static void
fit_script(Run *run, const char *classes, int epochs, int patience)
{
	TrainData set = data;

	set.counts[KW_TRAIN] = 1;
	run_start(run, &set, &small);
	run->classes = classes;
	run->options.epochs = epochs;
	run->options.patience = patience;
	run_fit(run);
}

/* Class 0 gives a val_accuracy of 0.6, class 1 of 0.4. */
static void
test_patience(void **state)
{
	static const gboolean best[] = { TRUE, FALSE, TRUE, FALSE, FALSE };
	static const double accuracy[] = { 0.4, 0.4, 0.6, 0.6, 0.4 };
	Run run;

	(void)state;
	fit_script(&run, "1100100", 7, 2);
	assert_int_equal(run.end, FIT_PATIENCE);
	assert_int_equal(run.reports->len, 5);
	for (guint i = 0; i < 5; i++) {
		assert_int_equal(nth_report(&run, i)->best, best[i]);
		assert_true(nth_report(&run, i)->val_accuracy == accuracy[i]);
	}
	assert_int_equal(run.best.epoch, 3);
	assert_true(run.best.val_accuracy == 0.6);
	run_clear(&run);
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
		Run run;

		fit_script(&run, cases[i].classes, cases[i].epochs,
			   cases[i].patience);
		assert_int_equal(run.end, cases[i].end);
		assert_int_equal(run.reports->len, cases[i].reports);
		assert_int_equal(run.best.epoch, cases[i].best);
		run_clear(&run);
	}
}

static void
test_no_validation(void **state)
{
	TrainData set = data;
	Run run;

	(void)state;
	set.counts[KW_VAL] = 0;
	run_start(&run, &set, &small);
	run.options.epochs = 3;
	run.options.patience = 1;
	run_fit(&run);
	assert_int_equal(run.end, FIT_DONE);
	assert_int_equal(run.reports->len, 3);
	assert_int_equal(run.best.epoch, 3);
	for (guint i = 0; i < 3; i++) {
		assert_false(nth_report(&run, i)->has_val);
		assert_true(nth_report(&run, i)->best);
	}
	run_clear(&run);
}

/* ---- learning */

static void
test_overfits(void **state)
{
	TrainData set = data;
	NetworkSpec spec = small;
	Run run;

	(void)state;
	set.counts[KW_TRAIN] = 8;
	set.counts[KW_VAL] = 0;
	spec.batch = 4;
	spec.head[0] = 64;
	spec.freeze = 20; /* block5_conv4 learns as well */
	run_start(&run, &set, &spec);
	initialise_body(run.network, run.train, &run.error);
	initialise_head(run.network, &run.error);
	test_assert_no_error(run.error);
	run.options.epochs = 40;
	run.options.rate = 0.003;
	run.options.shuffle = TRUE;
	run_fit(&run);
	assert_int_equal(run.end, FIT_DONE);
	assert_true(nth_report(&run, 0)->loss > 0.3);
	assert_true(nth_report(&run, 39)->loss < 0.01);
	assert_true(nth_report(&run, 39)->accuracy == 1);
	assert_true(nth_report(&run, 39)->rate == 0.003);
	run_clear(&run);
}

/* ---- ends that are not planned */

/* Noticed in the next step; after the last of an epoch, in the validation. */
static void
test_divergence(void **state)
{
	static const char *const where[] = { "step 3;",
					     "validation of epoch 1;" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		Run run;

		run_start(&run, &data, &small);
		run.options.epochs = 2;
		run.break_at = 2 + i;
		run_fit(&run);
		assert_int_equal(run.end, FIT_FAILED);
		assert_int_equal(run.losses->len, 2 + i);
		assert_int_equal(run.reports->len, 0);
		test_assert_error(&run.error, KW_ERROR_INPUT, where[i]);
		run_clear(&run);
	}
}

static void
test_listener_fails(void **state)
{
	Run run;

	(void)state;
	run_start(&run, &data, &small);
	run.options.epochs = 3;
	run.fail = TRUE;
	run_fit(&run);
	assert_int_equal(run.end, FIT_FAILED);
	assert_int_equal(run.reports->len, 1);
	test_assert_error(&run.error, KW_ERROR_IO, "no room left");
	run_clear(&run);
}

/* The last test: the signal stays noted.  The step that it hits is finished. */
static void
test_interrupt(void **state)
{
	Run run;

	(void)state;
	kw_app_init("test_fit");
	run_start(&run, &data, &small);
	run.options.epochs = 3;
	run.interrupt_at = 5;
	run_fit(&run);
	assert_int_equal(run.end, FIT_INTERRUPTED);
	assert_int_equal(run.losses->len, 5);
	assert_int_equal(run.reports->len, 1);
	assert_int_equal(run.best.epoch, 1);
	assert_null(run.error);
	run_clear(&run);

	run_start(&run, &data, &small);
	run_fit(&run);
	assert_int_equal(run.end, FIT_INTERRUPTED);
	assert_int_equal(run.losses->len, 1);
	assert_int_equal(run.best.epoch, 0);
	run_clear(&run);
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
