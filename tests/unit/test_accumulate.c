/* Steps of several passes are those of one large batch. */
#include "tests/support/fitrun.h"

#include <math.h>
#include <signal.h>

#include "kw/app.h"
#include "tests/support/params.h"
#include "train/accumulate.h"
#include "train/sgd.h"

/* A convolution learns as well; kernels of 17 units are padded. */
static NetworkSpec
spec_of(int batch, gboolean accumulates)
{
	NetworkSpec spec = fit_spec;

	spec.batch = batch;
	spec.accumulates = accumulates;
	spec.n_head = 2;
	spec.head[0] = 24;
	spec.head[1] = 17;
	spec.l2 = 0.01;
	spec.freeze = 20;
	return spec;
}

/* Relative to the largest of them. */
static void
assert_near(const float *a, const float *b, gsize n, double within)
{
	double largest = 0, difference = 0;

	for (gsize i = 0; i < n; i++) {
		largest = fmax(largest, fabs((double)b[i]));
		difference = fmax(difference, fabs((double)(a[i] - b[i])));
	}
	assert_true(largest > 0);
	if (difference > within * largest)
		fail_msg("differ by %g of %g", difference, largest);
}

static void
assert_near_layers(const Network *a, const Network *b, gboolean gradients,
		   double within)
{
	for (guint i = a->first_trained; i < a->n_layers; i++) {
		const Layer *x = a->layers[i], *y = b->layers[i];

		if (!x->trainable)
			continue;
		g_autofree float *k = gradients
					      ? gradient_new(a->dnn, x->kernel)
					      : values_new(a->dnn, x->kernel);
		g_autofree float *l = gradients
					      ? gradient_new(b->dnn, y->kernel)
					      : values_new(b->dnn, y->kernel);

		assert_near(k, l, keras_floats(x->kernel), within);
		assert_near(gradients ? x->bias->gradient : x->bias->value,
			    gradients ? y->bias->gradient : y->bias->value,
			    x->bias->n, within);
	}
}

/* ---- gradients */

static void
pass(Network *network, const float *images, const gint32 *labels, int n)
{
	GError *error = NULL;

	network_set_input(network, images, n);
	test_network_forward(network, TRUE, 0);
	network_backward(network, labels, n, NULL, &error);
	test_assert_no_error(error);
}

/* Five images in passes of 2, 2 and 1; twice, for sums begin at zero. */
static void
test_gradients(void **state)
{
	enum { IMAGE = 32 * 32 * 3 };
	static const gint32 labels[] = { 0, 1, 1, 0, 1 };
	const NetworkSpec small = spec_of(2, TRUE), large = spec_of(5, FALSE);
	g_autoptr(Network) parts = test_network_new(&small);
	g_autoptr(Network) whole = test_network_new(&large);
	g_autofree float *images = g_new(float, 5 * IMAGE);

	(void)state;
	random_floats(images, 5 * IMAGE, 3);
	test_network_fill(parts, 1);
	test_network_copy(whole, parts);
	pass(whole, images, labels, 5);
	for (int twice = 0; twice < 2; twice++) {
		for (int i = 0; i < 3; i++) {
			const int n = i < 2 ? 2 : 1;

			pass(parts, images + 2 * i * IMAGE, labels + 2 * i, n);
			accumulate_gradients(parts, n / 5.0, i == 0, i == 2);
		}
		assert_near_layers(parts, whole, TRUE, 1e-5);
		assert_true(fabs(sgd_gradient_norm(parts) /
					 sgd_gradient_norm(whole) -
				 1) < 1e-5);
	}
}

/* The sums are counted in the memory, and no more than what is trained. */
static void
test_memory(void **state)
{
	const NetworkSpec with = spec_of(2, TRUE), without = spec_of(2, FALSE);
	NetworkMemory a, b;
	GError *error = NULL;

	(void)state;
	network_memory(&with, &a, &error);
	test_assert_no_error(error);
	network_memory(&without, &b, &error);
	test_assert_no_error(error);
	/* gradient, velocity; and the sum of the former */
	assert_int_equal(2 * a.training, 3 * b.training);
	assert_int_equal(a.activations, b.activations);
	assert_int_equal(a.weights, b.weights);
}

/* ---- training */

static void
start(FitRun *run, int batch, int accumulate)
{
	const NetworkSpec spec = spec_of(batch, accumulate > 1);

	fit_run_start(run, &fit_data, &spec);
	run->recipe.accumulate = accumulate;
	run->recipe.rate = 0.01;
	run->recipe.epochs = 3;
	run->recipe.shuffle = TRUE;
	run->recipe.balanced = TRUE;
	run->recipe.label_smoothing = 0.1;
	run->recipe.clip_norm = 0.5;
	run->recipe.schedule = SCHEDULE_COSINE;
	run->recipe.warmup = 1;
}

/* Seven images: the last step of an epoch is of 2 + 1, of 1, of all. */
static void
test_equals_large_batch(void **state)
{
	static const struct {
		int batch, accumulate;
		guint steps; /* in three epochs */
	} cases[] = { { 2, 2, 6 }, { 1, 3, 9 }, { 3, 9, 3 }, { 7, 2, 3 } };

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const int batch = cases[i].batch * cases[i].accumulate;
		FitRun parts, whole;

		start(&parts, cases[i].batch, cases[i].accumulate);
		start(&whole, batch, 1);
		fit_run(&parts);
		fit_run(&whole);
		assert_int_equal(parts.losses->len, cases[i].steps);
		assert_int_equal(whole.losses->len, cases[i].steps);
		for (guint k = 0; k < cases[i].steps; k++)
			assert_true(fabs(fit_run_loss(&parts, k) /
						 fit_run_loss(&whole, k) -
					 1) < 1e-4);
		for (guint k = 0; k < 3; k++) {
			const EpochReport *a = fit_run_report(&parts, k);
			const EpochReport *b = fit_run_report(&whole, k);

			assert_true(fabs(a->loss / b->loss - 1) < 1e-4);
			assert_true(a->accuracy == b->accuracy);
			assert_true(a->rate == b->rate);
		}
		assert_near_layers(parts.network, whole.network, FALSE, 1e-4);
		fit_run_clear(&parts);
		fit_run_clear(&whole);
	}
}

/* The same image in each pass: only dropout tells them apart. */
static void
test_dropout(void **state)
{
	TrainData set = fit_data;
	NetworkSpec spec = fit_spec;
	double losses[4];

	(void)state;
	set.counts[KW_TRAIN] = 2;
	set.counts[KW_VAL] = 0;
	spec.batch = 1;
	spec.accumulates = TRUE;
	spec.dropout = 0.5;
	/* With the first image only, in steps of one pass; then both. */
	for (int i = 0; i < 2; i++) {
		FitRun run;

		fit_run_start(&run, &set, &spec);
		run.train->rows[1] = run.train->rows[0];
		run.train->labels[1] = run.train->labels[0];
		run.recipe.accumulate = 1 + i;
		run.recipe.epochs = 1 + i;
		fit_run(&run);
		assert_int_equal(run.losses->len, 2);
		losses[2 * i] = fit_run_loss(&run, 0);
		losses[2 * i + 1] = fit_run_loss(&run, 1);
		fit_run_clear(&run);
	}
	assert_true(losses[0] != losses[1]);
	/* Of two passes each has a mask of its own: the mean of two losses. */
	assert_true(fabs(losses[2] - (losses[0] + losses[1]) / 2) < 1e-12);
	assert_true(losses[3] != losses[2]);
}

/* ---- ends that are not planned */

static void
break_and_mend(FitRun *run, guint step)
{
	const float mended[] = { 0.25f, -0.25f };

	if (step == 1)
		fit_run_break(run);
	if (step == 2)
		set_values(run->network->dnn,
			   network_dense(run->network, 1)->bias, mended);
}

static void
mend(FitRun *run, guint step)
{
	if (step == 1)
		break_and_mend(run, 2);
}

/* Steps of 2, 2, 2 and 1 images; the first pass of the second finds NaN.  The
 * third begins with the fifth image all the same. */
static void
test_skip(void **state)
{
	NetworkSpec spec = fit_spec;
	FitRun runs[2];

	(void)state;
	spec.batch = 1;
	spec.accumulates = TRUE;
	for (int i = 0; i < 2; i++) {
		FitRun *run = &runs[i];

		fit_run_start(run, &fit_data, &spec);
		run->recipe.accumulate = 2;
		run->on_divergence = ON_DIVERGENCE_SKIP;
		run->meddle = i == 0 ? mend : break_and_mend;
		fit_run(run);
		assert_int_equal(run->end, FIT_DONE);
		assert_int_equal(run->losses->len, 4);
		assert_int_equal(fit_run_report(run, 0)->skipped, i);
	}
	assert_true(isnan(fit_run_loss(&runs[1], 1)));
	for (guint i = 0; i < 4; i++)
		assert_true(i == 1 || fit_run_loss(&runs[0], i) ==
					      fit_run_loss(&runs[1], i));
	/* The mean is over the five images of the others. */
	assert_true(fabs((2 * fit_run_loss(&runs[1], 0) +
			  2 * fit_run_loss(&runs[1], 2) +
			  fit_run_loss(&runs[1], 3)) /
				 5 -
			 fit_run_report(&runs[1], 0)->loss) < 1e-12);
	fit_run_clear(&runs[0]);
	fit_run_clear(&runs[1]);
}

/* The last test: the signal stays noted.  A step under way is given up, as if
 * it had never begun. */
static void
test_interrupt(void **state)
{
	FitRun run;

	(void)state;
	kw_app_init("test_accumulate");
	start(&run, 2, 2);
	g_autoptr(Network) before = test_network_new(&run.network->spec);

	test_network_copy(before, run.network);
	raise(SIGINT);
	fit_run(&run);
	assert_int_equal(run.end, FIT_INTERRUPTED);
	assert_int_equal(run.losses->len, 0);
	assert_int_equal(run.state->steps, 0);
	assert_int_equal(run.state->n_window, 0);
	for (guint i = 0; i < before->n_layers; i++) {
		const Layer *x = before->layers[i], *y = run.network->layers[i];

		if (x->trainable)
			assert_memory_equal(x->kernel->value, y->kernel->value,
					    x->kernel->n * sizeof(float));
	}
	fit_run_clear(&run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gradients),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_equals_large_batch),
		cmocka_unit_test(test_dropout),
		cmocka_unit_test(test_skip),
		cmocka_unit_test(test_interrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
