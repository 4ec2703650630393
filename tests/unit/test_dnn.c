/* Layouts, conversions and operations of oneDNN as dnn.h presents them. */
#include "tests/support/kwtest.h"

#include <math.h>
#include <stdio.h>

#include "kw/alloc.h"
#include "kw/error.h"
#include "tests/support/traindata.h"
#include "train/dnn.h"

static Dnn *dnn;

/* float32, N,H,W,C, direct */
static const DnnMode plain;

static int
start(void **state)
{
	GError *error = NULL;

	(void)state;
	dnn = dnn_new(2, &error);
	test_assert_no_error(error);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	dnn_free(dnn);
	return 0;
}

static DnnOp *
conv_new(const DnnConvShape *shape, DnnPass pass)
{
	GError *error = NULL;
	DnnOp *op = dnn_conv(dnn, &plain, shape, pass, FALSE, &error);

	test_assert_no_error(error);
	return op;
}

static DnnLayout *
layout_of(const DnnOp *op, DnnArg arg)
{
	GError *error = NULL;
	DnnLayout *layout = dnn_op_layout(op, arg, &error);

	test_assert_no_error(error);
	return layout;
}

static float *
floats_new(gsize n, guint64 seed)
{
	float *floats = kw_alloc(n, sizeof *floats, "a test", NULL);

	assert_non_null(floats);
	random_floats(floats, n, seed);
	return floats;
}

static void
run(DnnOp *op)
{
	GError *error = NULL;

	dnn_op_run(op, &error);
	test_assert_no_error(error);
}

static void
test_version(void **state)
{
	int major, minor;

	(void)state;
	assert_int_equal(sscanf(dnn_version(), "oneDNN %d.%d.", &major, &minor),
			 2);
	assert_true(major >= 2);
}

static void
test_layouts(void **state)
{
	g_autoptr(DnnLayout) hwio = dnn_layout_hwio(3, 3, 5, 7, NULL);
	g_autoptr(DnnLayout) same = dnn_layout_hwio(3, 3, 5, 7, NULL);
	g_autoptr(DnnLayout) other = dnn_layout_hwio(3, 3, 7, 5, NULL);
	g_autoptr(DnnLayout) dense = dnn_layout_in_out(11, 13, NULL);

	(void)state;
	assert_int_equal(dnn_layout_floats(hwio), 3 * 3 * 5 * 7);
	assert_int_equal(dnn_layout_floats(dense), 11 * 13);
	assert_true(dnn_layout_equal(hwio, same));
	assert_false(dnn_layout_equal(hwio, other));
	assert_false(dnn_layout_equal(hwio, dense));
}

static void
test_layout_that_is_none(void **state)
{
	GError *error = NULL;

	(void)state;
	assert_null(dnn_layout_hwio(3, 3, -1, 7, &error));
	test_assert_error(&error, KW_ERROR_UNSUPPORTED, "oneDNN cannot");
}

/* Keras's order -> what the operation wants -> back; padding becomes zero. */
static void
check_reorder(const DnnConvShape *shape, DnnPass pass, DnnArg arg)
{
	const gsize n = 9 * (gsize)shape->in * (gsize)shape->out;
	g_autoptr(DnnLayout) keras =
		dnn_layout_hwio(3, 3, shape->in, shape->out, NULL);
	g_autoptr(DnnOp) op = conv_new(shape, pass);
	g_autoptr(DnnLayout) wanted = layout_of(op, arg);
	const gsize n_wanted = dnn_layout_floats(wanted);
	g_autofree float *values = floats_new(n, 5);
	g_autofree float *there = floats_new(n_wanted, 6);
	g_autofree float *back = floats_new(n, 7);
	double sum = 0, sum_there = 0;
	GError *error = NULL;

	assert_true(n_wanted >= n);
	dnn_reorder(dnn, wanted, there, keras, values, &error);
	test_assert_no_error(error);
	dnn_reorder(dnn, keras, back, wanted, there, &error);
	test_assert_no_error(error);
	assert_memory_equal(back, values, n * sizeof *values);
	for (gsize i = 0; i < n; i++)
		sum += fabs((double)values[i]);
	for (gsize i = 0; i < n_wanted; i++)
		sum_there += fabs((double)there[i]);
	assert_true(fabs(sum - sum_there) < 1e-9 * sum);
}

static void
test_reorder(void **state)
{
	static const DnnConvShape shapes[] = {
		{ 2, 9, 7, 3, 5 },
		{ 1, 8, 8, 64, 64 },
		{ 4, 6, 5, 17, 33 },
		{ 1, 32, 32, 1, 64 },
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++) {
		check_reorder(&shapes[i], DNN_FORWARD, DNN_WEIGHTS);
		check_reorder(&shapes[i], DNN_BACKWARD_DATA, DNN_WEIGHTS);
		check_reorder(&shapes[i], DNN_BACKWARD_WEIGHTS,
			      DNN_DIFF_WEIGHTS);
	}
}

/*
 * The scratch memory that operations share moves when it has to grow.  A shape
 * whose forward pass needs some on most processors.
 */
static void
test_scratch_grows(void **state)
{
	const DnnConvShape small = { 2, 9, 7, 3, 5 };
	const DnnConvShape large = { 4, 40, 40, 64, 64 };
	enum { SRC = 2 * 9 * 7 * 3, DST = 2 * 9 * 7 * 5 };
	g_autoptr(DnnOp) op = conv_new(&small, DNN_FORWARD);
	g_autoptr(DnnLayout) layout = layout_of(op, DNN_WEIGHTS);
	g_autofree float *src = floats_new(SRC, 1);
	g_autofree float *bias = floats_new(5, 2);
	g_autofree float *weights = floats_new(dnn_layout_floats(layout), 3);
	g_autofree float *before = floats_new(DST, 4);
	g_autofree float *after = floats_new(DST, 5);

	(void)state;
	dnn_op_bind(op, DNN_SRC, src);
	dnn_op_bind(op, DNN_WEIGHTS, weights);
	dnn_op_bind(op, DNN_BIAS, bias);
	dnn_op_bind(op, DNN_DST, before);
	run(op);
	g_autoptr(DnnOp) a = conv_new(&large, DNN_BACKWARD_WEIGHTS);
	g_autoptr(DnnOp) b = conv_new(&large, DNN_BACKWARD_DATA);
	g_autoptr(DnnOp) c = conv_new(&large, DNN_FORWARD);
	dnn_op_bind(op, DNN_DST, after);
	run(op);
	assert_memory_equal(before, after, DST * sizeof *before);
}

static void
test_workspace(void **state)
{
	const DnnPoolShape shape = { 2, 7, 9, 5 };
	const DnnConvShape conv = { 1, 6, 6, 3, 4 };
	g_autoptr(DnnOp) use =
		dnn_pool_forward(dnn, &plain, &shape, FALSE, NULL);
	g_autoptr(DnnOp) training =
		dnn_pool_forward(dnn, &plain, &shape, TRUE, NULL);
	g_autoptr(DnnOp) other = conv_new(&conv, DNN_FORWARD);

	(void)state;
	assert_int_equal(dnn_op_workspace(use), 0);
	/* An index of one byte or more for every output. */
	assert_true(dnn_op_workspace(training) >= 2 * 3 * 4 * 5);
	assert_int_equal(dnn_op_workspace(other), 0);
}

static void
test_shapes_that_cannot_be(void **state)
{
	const DnnConvShape conv = { 1, -1, 6, 3, 4 };
	const DnnDenseShape dense = { 1, -5, 4 };
	const DnnPoolShape pool = { 1, 8, 8, -1 };
	GError *error = NULL;

	(void)state;
	assert_null(dnn_conv(dnn, &plain, &conv, DNN_FORWARD, TRUE, &error));
	test_assert_error(&error, KW_ERROR_UNSUPPORTED, "oneDNN cannot");
	assert_null(dnn_dense(dnn, &plain, &dense, DNN_BACKWARD_DATA, DNN_F32,
			      FALSE, &error));
	test_assert_error(&error, KW_ERROR_UNSUPPORTED, "oneDNN cannot");
	assert_null(dnn_pool_backward(dnn, &plain, &pool, &error));
	test_assert_error(&error, KW_ERROR_UNSUPPORTED, "oneDNN cannot");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_layout_that_is_none),
		cmocka_unit_test(test_reorder),
		cmocka_unit_test(test_scratch_grows),
		cmocka_unit_test(test_workspace),
		cmocka_unit_test(test_shapes_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
