/* SGD against Keras's formula, in double precision. */
#include "tests/support/kwtest.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "kw/error.h"
#include "tests/support/params.h"
#include "tests/support/traindata.h"
#include "train/sgd.h"

static const NetworkSpec spec = {
	.batch = 2,
	.height = 32,
	.width = 32,
	.channels = 3,
	.classes = 3,
	.n_head = 2,
	.head = { 24, 17 }, /* the layouts of 17 units are padded */
	.l2 = 0.25,
	.freeze = 20, /* block5_conv4 is trained */
	.training = TRUE,
	.threads = 2,
};

/* What Keras would do to a parameter. */
typedef struct {
	gsize n;
	double *value, *velocity;
	double l2;
} Reference;

static Reference
reference_new(Dnn *dnn, const Param *param, double l2)
{
	Reference r = { .n = keras_floats(param), .l2 = l2 };
	g_autofree float *values = values_new(dnn, param);

	r.value = g_new(double, r.n);
	r.velocity = g_new0(double, r.n);
	for (gsize i = 0; i < r.n; i++)
		r.value[i] = (double)values[i];
	return r;
}

static void
reference_step(Reference *r, const float *gradient, double rate,
	       double momentum)
{
	for (gsize i = 0; i < r->n; i++) {
		double g = (double)gradient[i] + 2 * r->l2 * r->value[i];

		r->velocity[i] = momentum * r->velocity[i] - rate * g;
		r->value[i] += r->velocity[i];
	}
}

/* Five steps with other gradients each; the last rate is another one. */
static void
check_param(Network *network, Param *param, double l2)
{
	Dnn *dnn = network->dnn;
	Reference r = reference_new(dnn, param, l2);
	g_autofree float *gradient = g_new(float, r.n);
	g_autofree float *expected = g_new(float, r.n);
	GError *error = NULL;

	/* It has moved while the others were checked. */
	memset(param->velocity, 0, param->n * sizeof *param->velocity);
	for (guint64 step = 0; step < 5; step++) {
		const double rate = step < 4 ? 0.1 : 0.01;
		const SgdStep numbers = { rate, 0.9, 1, 1 };

		random_floats(gradient, r.n, 50 + step);
		set_gradient(dnn, param, gradient);
		sgd_update(network, &numbers, &error);
		test_assert_no_error(error);
		reference_step(&r, gradient, rate, 0.9);
	}
	g_autofree float *values = values_new(dnn, param);

	for (gsize i = 0; i < r.n; i++)
		expected[i] = (float)r.value[i];
	test_assert_close(values, expected, r.n, 2e-6, 0);
	g_free(r.value);
	g_free(r.velocity);
}

static void
test_formula(void **state)
{
	g_autoptr(Network) network = test_network_new(&spec);

	(void)state;
	test_network_fill(network, 1);
	for (guint i = 0; i < network->n_layers; i++) {
		Layer *layer = network->layers[i];
		gboolean penalised = strcmp(layer->name, "dense_2") == 0;

		if (!layer->trainable)
			continue;
		check_param(network, layer->kernel, penalised ? spec.l2 : 0);
		check_param(network, layer->bias, 0);
	}
}

/* The operations work on copies in other layouts: they follow. */
static void
test_copies_follow(void **state)
{
	const gint32 labels[] = { 2, 1 };
	const SgdStep numbers = { 0.01, 0.9, 1, 1 };
	const gsize n = (gsize)(spec.batch * spec.classes);
	g_autoptr(Network) trained = test_network_new(&spec);
	g_autoptr(Network) fresh = test_network_new(&spec);
	GError *error = NULL;

	(void)state;
	test_network_fill(trained, 1);
	random_floats(trained->input, layer_in_size(trained->layers[0]), 2);
	random_floats(fresh->input, layer_in_size(fresh->layers[0]), 2);
	test_network_forward(trained, TRUE, 0);
	for (int step = 0; step < 2; step++) {
		network_backward(trained, labels, 2, NULL, &error);
		sgd_update(trained, &numbers, &error);
		test_network_forward(trained, TRUE, 0);
	}
	test_assert_no_error(error);
	test_network_copy(fresh, trained);
	test_network_forward(fresh, TRUE, 0);
	assert_memory_equal(trained->probabilities, fresh->probabilities,
			    n * sizeof(float));
	/* And so does the data gradient. */
	network_backward(trained, labels, 2, NULL, &error);
	network_backward(fresh, labels, 2, NULL, &error);
	test_assert_no_error(error);
	for (guint i = 0; i < trained->n_layers; i++) {
		if (!trained->layers[i]->trainable)
			continue;
		g_autofree float *a =
			gradient_new(trained->dnn, trained->layers[i]->kernel);
		g_autofree float *b =
			gradient_new(fresh->dnn, fresh->layers[i]->kernel);

		assert_memory_equal(a, b,
				    keras_floats(fresh->layers[i]->kernel) *
					    sizeof *a);
	}
}

static void
test_rate_zero(void **state)
{
	const gint32 labels[] = { 2, 1 };
	const SgdStep numbers = { 0, 0.9, 1, 1 };
	g_autoptr(Network) network = test_network_new(&spec);
	Layer *top = network_dense(network, 2);
	GError *error = NULL;

	(void)state;
	test_network_fill(network, 1);
	g_autofree float *before = values_new(network->dnn, top->kernel);
	random_floats(network->input, layer_in_size(network->layers[0]), 2);
	test_network_forward(network, TRUE, 0);
	network_backward(network, labels, 2, NULL, &error);
	sgd_update(network, &numbers, &error);
	test_assert_no_error(error);
	g_autofree float *after = values_new(network->dnn, top->kernel);
	assert_memory_equal(before, after,
			    keras_floats(top->kernel) * sizeof *before);
}

/* ---- all gradients together */

/* One gradient for each parameter, and the norm in Keras's order. */
static double
fill_gradients(Network *network)
{
	double sum = 0;

	for (guint i = 0; i < network->n_layers; i++) {
		Layer *layer = network->layers[i];
		Param *params[] = { layer->kernel, layer->bias };

		for (int k = 0; k < 2 && layer->trainable; k++) {
			const gsize n = keras_floats(params[k]);
			g_autofree float *g = g_new(float, n);
			g_autofree float *w =
				values_new(network->dnn, params[k]);

			random_floats(g, n, 100 + 2 * i + (guint64)k);
			set_gradient(network->dnn, params[k], g);
			for (gsize j = 0; j < n; j++) {
				double d = (double)g[j] +
					   2 * params[k]->l2 * (double)w[j];

				sum += d * d;
			}
		}
	}
	return sqrt(sum);
}

/* The L2 term is part of it, and padding is not. */
static void
test_norm(void **state)
{
	g_autoptr(Network) network = test_network_new(&spec);
	const int threads = omp_get_max_threads();
	double expected, norm;

	(void)state;
	test_network_fill(network, 1);
	expected = fill_gradients(network);
	norm = sgd_gradient_norm(network);
	/* g + 2 * l2 * w has 24 bits; the errors of two million even out */
	assert_true(fabs(norm / expected - 1) < 1e-8);
	for (int n = 1; n <= 3; n++) {
		omp_set_num_threads(n);
		assert_true(sgd_gradient_norm(network) == norm);
	}
	omp_set_num_threads(threads);
	network_dense(network, 2)->bias->gradient[1] = INFINITY;
	assert_false(isfinite(sgd_gradient_norm(network)));
}

/* tf.clip_by_global_norm(): clip * min(1 / norm, 1 / clip) */
static void
test_clip(void **state)
{
	(void)state;
	assert_true(sgd_clip(20, 5) == 0.25);
	assert_true(sgd_clip(5, 5) == 1);
	assert_true(sgd_clip(3, 5) == 1);
	assert_true(sgd_clip(0, 5) == 1);
	assert_true(sgd_clip(1e30, 0) == 1);
}

/* Clipped, all is as with smaller gradients and a smaller l2. */
static void
test_scale(void **state)
{
	const SgdStep whole = { 0.01, 0.9, 1, 1 };
	SgdStep step = { 0.02, 0.9, 0.5, 0 };
	g_autoptr(Network) a = test_network_new(&spec);
	g_autoptr(Network) b = test_network_new(&spec);
	const Layer *conv = network_conv(a, 15);
	GError *error = NULL;

	(void)state;
	test_network_fill(a, 1);
	test_network_copy(b, a);
	step.scale = sgd_clip(fill_gradients(a), fill_gradients(b) / 4);
	assert_true(fabs(step.scale - 0.25) < 1e-12);
	step.scale = 0.25;
	sgd_update(a, &whole, &error);
	sgd_update(b, &step, &error);
	test_assert_no_error(error);
	/* rates: 0.01 and 0.02 * 0.25 = half of it, in the body a quarter */
	for (guint i = 0; i < a->n_layers; i++) {
		const Layer *x = a->layers[i], *y = b->layers[i];
		const float ratio = x == conv ? 0.25f : 0.5f;

		if (!x->trainable)
			continue;
		for (gsize j = 0; j < x->kernel->n; j++)
			assert_true(fabsf(y->kernel->velocity[j] -
					  ratio * x->kernel->velocity[j]) <=
				    1e-9f);
		for (gsize j = 0; j < x->bias->n; j++)
			assert_true(fabsf(y->bias->velocity[j] -
					  ratio * x->bias->velocity[j]) <=
				    1e-9f);
	}
	assert_true(conv->trainable);
}

/* Whatever is written that is no number is noticed where it is written. */
static void
test_not_finite(void **state)
{
	static const float bad[] = { NAN, INFINITY, -INFINITY, 3e38f };
	/* the last is one only when the rate has its say */
	const SgdStep step = { 10, 0, 1, 1 };
	NetworkSpec head = spec;
	GError *error = NULL;

	(void)state;
	head.freeze = 22;
	g_autoptr(Network) network = test_network_new(&head);
	for (gsize i = 0; i < 2 * G_N_ELEMENTS(bad); i++) {
		Layer *layer = network_dense(network, 1);
		Param *param = i % 2 == 0 ? layer->kernel : layer->bias;

		/* A momentum of 0 does not forget NaN. */
		memset(layer->kernel->velocity, 0,
		       layer->kernel->n * sizeof(float));
		memset(layer->bias->velocity, 0,
		       layer->bias->n * sizeof(float));
		test_network_fill(network, 1);
		fill_gradients(network);
		assert_true(sgd_update(network, &step, &error));
		param->gradient[param->n - 2] = bad[i / 2];
		assert_false(sgd_update(network, &step, &error));
		test_assert_error(&error, KW_ERROR_INPUT,
				  "weights of 'dense_2' are no finite numbers");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formula),
		cmocka_unit_test(test_copies_follow),
		cmocka_unit_test(test_rate_zero),
		cmocka_unit_test(test_norm),
		cmocka_unit_test(test_clip),
		cmocka_unit_test(test_scale),
		cmocka_unit_test(test_not_finite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
