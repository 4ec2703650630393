/*
 * The whole network in every mode that this CPU has, against float32 in N,H,W,C
 * order; its memory; and thawing.
 */
#include "tests/support/kwtest.h"

#include <math.h>
#include <string.h>

#include "kw/error.h"
#include "tests/support/bench.h"
#include "tests/support/params.h"
#include "tests/support/traindata.h"
#include "train/sgd.h"

/*
 * The seed recipe with a small head.  The last maps are 3 x 4 before their
 * pooling, two columns after it: oneDNN has no fast kernel for the blocked
 * weight gradient of smaller ones on AVX2, and there is something to flatten.
 */
static const NetworkSpec small = {
	.batch = 2,
	.height = 48,
	.width = 64,
	.channels = 3,
	.classes = 3,
	.n_head = 2,
	.head = { 64, 32 },
	.dropout = 0.5,
	.l2 = 0.01,
	.freeze = 5,
	.training = TRUE,
	.seed = 42,
	.threads = 2,
};

static const gint32 labels[] = { 1, 0 };

static void
fill_input(Network *network)
{
	random_floats(network->input, layer_in_size(network->layers[0]), 9);
}

/* A rate at which the second step is another one, but no more: a large step
 * multiplies what differs in the first one. */
static const SgdStep sgd = {
	.rate = 2e-5, .momentum = 0.9, .body_rate = 1, .scale = 1
};

/* Forward and backward, for step 3. */
static void
run(Network *network)
{
	GError *error = NULL;

	test_network_forward(network, TRUE, 3);
	network_backward(network, labels, 2, NULL, &error);
	test_assert_no_error(error);
}

/* |a - b| / |b| */
static double
distance(const float *a, const float *b, gsize n)
{
	double difference = 0, length = 0;

	for (gsize i = 0; i < n; i++) {
		difference += pow((double)a[i] - (double)b[i], 2);
		length += pow((double)b[i], 2);
	}
	return sqrt(difference / length);
}

/* ---- modes */

/*
 * How far a mode may be from float32, N,H,W,C.  Gradients are compared by their
 * lengths: a rounding that moves a value past zero, or past the maximum of its
 * window, sends a whole gradient elsewhere.  bf16 moves some percent of the
 * values of a layer, and the layers below inherit that: float32 with all
 * activations, gradients and weights rounded to bf16 is 0.02 off in the dense
 * layers and 0.3 in the lowest convolution, and its probabilities 0.01.  With
 * Winograd's algorithm, which rounds once more, it may be twice as much; and of
 * the 64 and 32 values of the dense layers one crosses zero here, which is a
 * quarter of their gradient.
 */
typedef struct {
	BenchMode mode;
	double probability; /* absolute */
	double dense, conv; /* relative, of the whole gradient */
} ModeCase;

static const ModeCase cases[] = {
	{ { DNN_F32, DNN_BLOCKED, DNN_DIRECT }, 1e-5, 1e-4, 3e-3 },
	{ { DNN_F32, DNN_BLOCKED, DNN_WINOGRAD }, 1e-4, 1e-3, 1e-2 },
	{ { DNN_F32, DNN_NHWC, DNN_FUSED_WINOGRAD }, 1e-4, 1e-3, 1e-2 },
	{ { DNN_BF16, DNN_NHWC, DNN_DIRECT }, 0.04, 0.04, 0.45 },
	{ { DNN_BF16, DNN_BLOCKED, DNN_DIRECT }, 0.04, 0.04, 0.45 },
	{ { DNN_BF16, DNN_NHWC, DNN_FUSED_WINOGRAD }, 0.06, 0.35, 0.6 },
};

static void
compare_gradients(const Network *got, const Network *expected,
		  const ModeCase *c)
{
	for (guint i = 0; i < got->n_layers; i++) {
		const Layer *a = got->layers[i], *b = expected->layers[i];
		const double limit = a->kind == LAYER_CONV ? c->conv : c->dense;

		assert_int_equal(a->trainable, b->trainable);
		if (!a->trainable)
			continue;
		g_autofree float *x = gradient_new(got->dnn, a->kernel);
		g_autofree float *y = gradient_new(expected->dnn, b->kernel);
		g_autofree float *u = gradient_new(got->dnn, a->bias);
		g_autofree float *v = gradient_new(expected->dnn, b->bias);
		const double kernel = distance(x, y, keras_floats(a->kernel));
		const double bias = distance(u, v, a->bias->n);

		if (!(kernel <= limit && bias <= limit))
			fail_msg("%s: kernel %g, bias %g", a->name, kernel,
				 bias);
	}
}

/* Masters are float32 in every mode: what went in comes out. */
static void
compare_weights(const Network *got, const Network *expected)
{
	for (guint i = 0; i < got->n_layers; i++) {
		const Layer *a = got->layers[i], *b = expected->layers[i];

		if (a->kernel == NULL)
			continue;
		g_autofree float *x = values_new(got->dnn, a->kernel);
		g_autofree float *y = values_new(expected->dnn, b->kernel);

		assert_memory_equal(x, y, keras_floats(a->kernel) * sizeof *x);
	}
}

static void
check_mode(const ModeCase *c)
{
	NetworkSpec spec = small;
	g_autoptr(Network) plain = test_network_new(&spec);
	g_autoptr(Network) network = NULL;
	GError *error = NULL;

	bench_set_plan(&spec, &c->mode);
	network = test_network_new(&spec);
	test_network_fill(plain, 1);
	test_network_copy(network, plain);
	compare_weights(network, plain);
	fill_input(plain);
	fill_input(network);
	for (int step = 0; step < 2; step++) {
		run(plain);
		run(network);
		test_assert_close(network->probabilities, plain->probabilities,
				  2 * 3, c->probability, 0);
		compare_gradients(network, plain, c);
		sgd_update(plain, &sgd, &error);
		test_assert_no_error(error);
		sgd_update(network, &sgd, &error);
		test_assert_no_error(error);
	}
}

static void
test_modes(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		if (bench_has_mode(&cases[i].mode))
			check_mode(&cases[i]);
}

/* An error, not another mode. */
static void
test_modes_that_are_not_here(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		NetworkSpec spec = small;
		GError *error = NULL;

		if (bench_has_mode(&cases[i].mode))
			continue;
		spec.plan.mode = bench_dnn_mode(&cases[i].mode);
		for (int k = 0; k < VGG19_CONVOLUTIONS; k++)
			spec.plan.conv[k][0] = cases[i].mode.algorithm;
		assert_null(network_new(&spec, &error));
		test_assert_error(&error, KW_ERROR_UNSUPPORTED,
				  cases[i].mode.algorithm == DNN_FUSED_WINOGRAD
					  ? "Winograd kernel"
					  : "oneDNN");
	}
}

/* Gradients that are not written change nothing: two steps, with dropout. */
static void
test_deferred_gradients(void **state)
{
	NetworkSpec spec = small;
	GError *error = NULL;

	(void)state;
	if (!dnn_has_bf16())
		skip();
	spec.head[0] = 1024;
	spec.plan.mode.type = DNN_BF16;
	g_autoptr(Network) plain = test_network_new(&spec);
	g_autoptr(Network) deferred = test_network_new(&spec);

	test_network_fill(plain, 1);
	test_network_copy(deferred, plain);
	network_defer_gradients(deferred, TRUE);
	fill_input(plain);
	fill_input(deferred);
	for (int step = 0; step < 2; step++) {
		run(plain);
		run(deferred);
		sgd_update(plain, &sgd, &error);
		test_assert_no_error(error);
		sgd_update(deferred, &sgd, &error);
		test_assert_no_error(error);
		compare_weights(deferred, plain);
	}
	assert_memory_equal(deferred->probabilities, plain->probabilities,
			    2 * 3 * sizeof(float));
	network_defer_gradients(deferred, FALSE);
	run(plain);
	run(deferred);
	assert_true(sgd_gradient_norm(deferred) == sgd_gradient_norm(plain));
}

/*
 * Each pass by another algorithm, in every combination: weights that lie as one
 * wants them, a ReLU's gradient that is taken above or below.
 */
static void
test_mixed_algorithms(void **state)
{
	const ModeCase c = {
		{ DNN_F32, DNN_NHWC, DNN_FUSED_WINOGRAD }, 1e-4, 1e-3, 1e-2
	};
	NetworkSpec spec = small;
	g_autoptr(Network) plain = test_network_new(&spec);
	g_autoptr(Network) mixed = NULL;

	(void)state;
	for (int i = 1; i < VGG19_CONVOLUTIONS; i++)
		for (int pass = 0; pass < DNN_N_PASSES; pass++)
			spec.plan.conv[i][pass] =
				i >> pass & 1 ? DNN_FUSED_WINOGRAD : DNN_DIRECT;
	mixed = test_network_new(&spec);
	test_network_fill(plain, 1);
	test_network_copy(mixed, plain);
	compare_weights(mixed, plain);
	fill_input(plain);
	fill_input(mixed);
	run(plain);
	run(mixed);
	test_assert_close(mixed->probabilities, plain->probabilities, 2 * 3,
			  c.probability, 0);
	compare_gradients(mixed, plain, &c);
}

/* The blocked order is nothing that the caller sees: gray, odd sizes, use. */
static void
test_blocked_gray(void **state)
{
	NetworkSpec spec = small;

	(void)state;
	spec.height = 70;
	spec.width = 99;
	spec.channels = 1;
	spec.batch = 3;
	spec.training = FALSE;
	g_autoptr(Network) plain = test_network_new(&spec);
	spec.plan.mode.order = DNN_BLOCKED;
	g_autoptr(Network) blocked = test_network_new(&spec);
	test_network_fill(plain, 2);
	test_network_copy(blocked, plain);
	fill_input(plain);
	fill_input(blocked);
	test_network_forward(plain, FALSE, 0);
	test_network_forward(blocked, FALSE, 0);
	test_assert_close(blocked->probabilities, plain->probabilities, 3 * 3,
			  1e-5, 0);
	assert_true(layer_sum_squares(network_conv(plain, 0), 2) > 0);
}

/* ---- memory */

static void
check_memory(const NetworkSpec *spec)
{
	NetworkMemory m;
	GError *error = NULL;
	gsize all, trained;

	assert_true(network_memory(spec, &m, &error));
	test_assert_no_error(error);
	g_autoptr(Network) network = test_network_new(spec);
	assert_int_equal(m.weights, network->memory.weights.size);
	assert_int_equal(m.training, network->memory.training.size);
	assert_int_equal(m.activations, network->memory.activations.size);
	assert_int_equal(m.scratch, dnn_scratch_size(network->dnn));
	assert_int_equal(m.total,
			 m.weights + m.training + m.activations + m.scratch);
	network_count(network, &all, &trained);
	assert_true(m.weights >= all * sizeof(float));
	assert_true(m.training >= 2 * trained * sizeof(float));
	/* Padding is all that may come on top: much of a small head. */
	assert_true(m.training <=
		    2 * trained * sizeof(float) * 11 / 10 + (1 << 20));
}

static void
test_memory(void **state)
{
	NetworkSpec spec = small;

	(void)state;
	check_memory(&spec);
	spec.freeze = 22;
	check_memory(&spec);
	spec.plan.mode.order = DNN_BLOCKED;
	check_memory(&spec);
	spec.training = FALSE;
	check_memory(&spec);
}

/* Nothing is allocated to know it: no machine has that much. */
static void
test_memory_of_giant(void **state)
{
	NetworkSpec spec = small;
	NetworkMemory m;
	GError *error = NULL;

	(void)state;
	spec.height = spec.width = 4096;
	spec.batch = 128;
	assert_true(network_memory(&spec, &m, &error));
	test_assert_no_error(error);
	assert_true(m.activations > (gsize)1 << 40);
	assert_true(m.total > m.activations);
}

/* ---- thawing */

/* Of the whole network: weights, and a momentum that is zero. */
static void
check_thawed(const Network *network, const Network *expected)
{
	compare_weights(network, expected);
	for (guint i = 0; i < network->n_layers; i++) {
		const Layer *layer = network->layers[i];

		if (!layer->trainable)
			continue;
		for (gsize k = 0; k < layer->kernel->n; k++)
			assert_true(layer->kernel->velocity[k] == 0);
		for (gsize k = 0; k < layer->bias->n; k++)
			assert_true(layer->bias->velocity[k] == 0);
	}
}

/*
 * A head that was trained alone, and then more: the same as a network that was
 * made so, and given these weights.
 */
static void
check_refreeze(const BenchMode *mode)
{
	NetworkSpec spec = small;
	GError *error = NULL;

	bench_set_plan(&spec, mode);
	spec.freeze = 22;
	Network *network = test_network_new(&spec);
	spec.freeze = 17;
	g_autoptr(Network) expected = test_network_new(&spec);
	test_network_fill(network, 1);
	fill_input(network);
	fill_input(expected);
	run(network);
	sgd_update(network, &sgd, &error);
	test_assert_no_error(error);
	test_network_copy(expected, network);

	network = network_refreeze(network, 17, &error);
	test_assert_no_error(error);
	assert_int_equal(network->spec.freeze, 17);
	check_thawed(network, expected);
	fill_input(network);
	run(network);
	run(expected);
	assert_memory_equal(network->probabilities, expected->probabilities,
			    2 * 3 * sizeof(float));
	compare_gradients(network, expected, &(ModeCase){ .dense = 0 });
	sgd_update(network, &sgd, &error);
	sgd_update(expected, &sgd, &error);
	test_assert_no_error(error);
	compare_weights(network, expected);
	network_free(network);
}

/* In float32, and in the last mode of the list that this CPU has: all of it
 * would take long. */
static void
test_refreeze(void **state)
{
	gsize last = G_N_ELEMENTS(cases) - 1;

	(void)state;
	while (!bench_has_mode(&cases[last].mode))
		last--;
	check_refreeze(&bench_plain);
	check_refreeze(&cases[last].mode);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_modes_that_are_not_here),
		cmocka_unit_test(test_deferred_gradients),
		cmocka_unit_test(test_mixed_algorithms),
		cmocka_unit_test(test_blocked_gray),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_memory_of_giant),
		cmocka_unit_test(test_refreeze),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
