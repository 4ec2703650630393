/*
 * The gradient of a dense layer's weights in bf16, by outer products where
 * there are few images, against loops in double precision.
 */
#include "tests/support/kwtest.h"

#include <math.h>

#include "kw/alloc.h"
#include "tests/support/naive.h"
#include "tests/support/traindata.h"
#include "train/bf16.h"
#include "train/dnn.h"

static const DnnMode bf16 = { DNN_BF16, DNN_NHWC };

static void *
buffer_new(gsize n, gsize size)
{
	GError *error = NULL;
	void *buffer = kw_alloc0(n, size, "a test", &error);

	test_assert_no_error(error);
	return buffer;
}

/* Random bf16, and the same as floats. */
static guint16 *
halves_new(float *floats, gsize n, guint64 seed)
{
	guint16 *halves = buffer_new(n, sizeof *halves);

	random_floats(floats, n, seed);
	for (gsize i = 0; i < n; i++) {
		halves[i] = bf16_from_float(floats[i]);
		floats[i] = bf16_to_float(halves[i]);
	}
	return halves;
}

/* What lies as `layout` says, in Keras's order. */
static float *
in_keras_order(Dnn *dnn, const DnnLayout *layout, const float *values,
	       const NaiveDense *s)
{
	float *keras = g_new(float, (gsize)s->in *(gsize)s->out);
	GError *error = NULL;
	g_autoptr(DnnLayout) to = dnn_layout_in_out(s->in, s->out, &error);

	test_assert_no_error(error);
	dnn_reorder(dnn, to, keras, layout, values, &error);
	test_assert_no_error(error);
	return keras;
}

/* A few products of values below 1, summed in whatever order. */
static void
assert_close(const float *got, const double *expected, gsize n)
{
	for (gsize i = 0; i < n; i++)
		if (!(fabs((double)got[i] - expected[i]) <= 1e-5))
			fail_msg("[%zu]: %g is not %g", i, (double)got[i],
				 expected[i]);
}

static void
check(const NaiveDense *s, int threads)
{
	const DnnDenseShape shape = { s->n, s->in, s->out };
	const gsize n_src = (gsize)s->n * (gsize)s->in;
	const gsize n_dst = (gsize)s->n * (gsize)s->out;
	const gsize n_weights = (gsize)s->in * (gsize)s->out;
	GError *error = NULL;
	g_autoptr(Dnn) dnn = dnn_new(threads, &error);
	g_autoptr(DnnOp) op =
		dnn_dense(dnn, &bf16, &shape, DNN_BACKWARD_WEIGHTS, DNN_BF16,
			  FALSE, &error);

	test_assert_no_error(error);
	g_autoptr(DnnLayout) layout =
		dnn_op_layout(op, DNN_DIFF_WEIGHTS, &error);
	g_autofree float *src = g_new(float, n_src);
	g_autofree float *ddst = g_new(float, n_dst);
	g_autofree double *expected = g_new(double, n_weights);
	g_autofree double *expected_bias = g_new(double, s->out);
	guint16 *src_halves = halves_new(src, n_src, 1);
	guint16 *ddst_halves = halves_new(ddst, n_dst, 2);
	float *gradient = buffer_new(dnn_layout_floats(layout), sizeof(float));
	float *bias = buffer_new((gsize)s->out, sizeof(float));

	dnn_op_bind(op, DNN_SRC, src_halves);
	dnn_op_bind(op, DNN_DIFF_DST, ddst_halves);
	dnn_op_bind(op, DNN_DIFF_WEIGHTS, gradient);
	dnn_op_bind(op, DNN_DIFF_BIAS, bias);
	dnn_op_run(op, &error);
	test_assert_no_error(error);
	naive_dense_backward_weights(s, expected, expected_bias, src, ddst);
	g_autofree float *got = in_keras_order(dnn, layout, gradient, s);

	assert_close(got, expected, n_weights);
	assert_close(bias, expected_bias, (gsize)s->out);
	kw_free(src_halves);
	kw_free(ddst_halves);
	kw_free(gradient);
	kw_free(bias);
}

static void
test_gradients(void **state)
{
	static const NaiveDense shapes[] = {
		{ 1, 16, 16 },  { 3, 48, 64 },   { 4, 1568, 128 },
		{ 4, 64, 256 }, { 16, 160, 96 }, { 17, 160, 96 },
		{ 5, 40, 32 },  { 4, 64, 2 },    { 2, 7, 5 },
	};

	(void)state;
	if (!dnn_has_bf16())
		skip();
	for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++) {
		check(&shapes[i], 1);
		check(&shapes[i], 2);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gradients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
