/* Layouts, conversions and operations of oneDNN as dnn.h presents them. */
#include "tests/support/kwtest.h"

#include <math.h>
#include <stdio.h>

#include "kw/alloc.h"
#include "kw/error.h"
#include "tests/support/traindata.h"
#include "train/bf16.h"
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
	DnnOp *op =
		dnn_conv(dnn, &plain, DNN_DIRECT, shape, pass, FALSE, &error);

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

/* Filters that Winograd's transforms read in one piece. */
static void
test_blocks(void **state)
{
	const DnnMode mode = { DNN_F32, DNN_NHWC };
	const DnnConvShape shape = { 1, 4, 4, 32, 48 };
	g_autoptr(DnnLayout) blocks = dnn_layout_blocks(3, 3, 32, 48, NULL);
	g_auto(DnnOffsets) o = dnn_layout_offsets(blocks);

	(void)state;
	assert_int_equal(dnn_layout_floats(blocks), 9 * 32 * 48);
	assert_int_equal(o.out[1], 1);
	assert_int_equal(o.in[1], 16);
	assert_int_equal(o.position[1], 16 * 16);
	assert_int_equal(o.in[16], 9 * 16 * 16);
	assert_int_equal(o.out[16], 2 * 9 * 16 * 16);
	for (DnnPass pass = 0; pass < DNN_N_PASSES; pass++) {
		g_autoptr(DnnOp) op = dnn_conv(dnn, &mode, DNN_FUSED_WINOGRAD,
					       &shape, pass, FALSE, NULL);
		g_autoptr(DnnLayout) wanted = layout_of(
			op, pass == DNN_BACKWARD_WEIGHTS ? DNN_DIFF_WEIGHTS
							 : DNN_WEIGHTS);

		assert_true(dnn_layout_equal(wanted, blocks));
	}
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
	assert_null(dnn_conv(dnn, &plain, DNN_DIRECT, &conv, DNN_FORWARD, TRUE,
			     &error));
	test_assert_error(&error, KW_ERROR_UNSUPPORTED, "oneDNN cannot");
	assert_null(dnn_dense(dnn, &plain, &dense, DNN_BACKWARD_DATA, DNN_F32,
			      FALSE, &error));
	test_assert_error(&error, KW_ERROR_UNSUPPORTED, "oneDNN cannot");
	assert_null(dnn_pool_backward(dnn, &plain, &pool, &error));
	test_assert_error(&error, KW_ERROR_UNSUPPORTED, "oneDNN cannot");
}

/* ---- scratch memory */

/* Operations only count what they need; it is allocated on demand. */
static void
test_scratch(void **state)
{
	const DnnConvShape shape = { 2, 9, 7, 3, 5 }; /* no kernel fits */
	GError *error = NULL;
	Dnn *own = dnn_new(2, &error);
	gsize size;

	(void)state;
	test_assert_no_error(error);
	assert_int_equal(dnn_scratch_size(own), 0);
	DnnOp *op = dnn_conv(own, &plain, DNN_DIRECT, &shape,
			     DNN_BACKWARD_WEIGHTS, FALSE, &error);
	test_assert_no_error(error);
	size = dnn_scratch_size(own);
	assert_true(size > 0);
	assert_true(dnn_reserve_scratch(own, &error));
	dnn_release_scratch(own);
	assert_int_equal(dnn_scratch_size(own), size);
	dnn_op_free(op);
	dnn_free(own);
}

/* ---- bf16 */

/* A tensor in bf16 takes half the room, and holds what rounding leaves. */
static void
test_bf16_layout(void **state)
{
	enum { N = 2 * 3 * 5 * 8 };
	g_autoptr(DnnLayout) wide = dnn_layout_nhwc(DNN_F32, 2, 3, 5, 8, NULL);
	g_autoptr(DnnLayout) half = dnn_layout_nhwc(DNN_BF16, 2, 3, 5, 8, NULL);
	g_autoptr(DnnLayout) copy = dnn_layout_copy(half, NULL);
	g_autofree float *values = floats_new(N, 5);
	g_autofree guint16 *halves = g_new(guint16, N);
	GError *error = NULL;

	(void)state;
	assert_int_equal(dnn_layout_bytes(wide), N * 4);
	assert_int_equal(dnn_layout_bytes(half), N * 2);
	assert_int_equal(dnn_layout_type(wide), DNN_F32);
	assert_int_equal(dnn_layout_type(half), DNN_BF16);
	assert_false(dnn_layout_equal(wide, half));
	assert_true(dnn_layout_equal(copy, half));
	dnn_reorder(dnn, half, halves, wide, values, &error);
	test_assert_no_error(error);
	for (int i = 0; i < N; i++)
		assert_int_equal(halves[i], bf16_from_float(values[i]));
}

/* The sizes at which oneDNN 2.6.3's results were compared with float32. */
static void
test_amx_gradient_fails(void **state)
{
	static const int right[] = { 264, 270, 272, 299, 300, 320, 352 };
	static const int wrong[] = { 226, 260, 280, 288, 296, 304, 336,
				     350, 384, 400, 416, 448, 480, 512 };

	(void)state;
	for (int side = 1; side <= 225; side++)
		assert_false(dnn_amx_gradient_fails(side, side));
	assert_false(dnn_amx_gradient_fails(256, 256));
	assert_false(dnn_amx_gradient_fails(257, 257));
	for (gsize i = 0; i < G_N_ELEMENTS(right); i++)
		assert_false(dnn_amx_gradient_fails(right[i], right[i]));
	for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++)
		assert_true(dnn_amx_gradient_fails(wrong[i], wrong[i]));
	/* Rows and columns are not the same to it; nothing overflows. */
	assert_true(dnn_amx_gradient_fails(14, 288));
	assert_false(dnn_amx_gradient_fails(288, 14));
	dnn_amx_gradient_fails(65536, 65536);
}

/* The weight gradient of a convolution, in Keras's order, and of its bias. */
static void
conv_gradient(const DnnMode *mode, const DnnConvShape *s, const float *src,
	      const float *ddst, float *dkernel, float *dbias)
{
	GError *error = NULL;
	g_autoptr(DnnOp) op = dnn_conv(dnn, mode, DNN_DIRECT, s,
				       DNN_BACKWARD_WEIGHTS, FALSE, &error);
	test_assert_no_error(error);
	g_autoptr(DnnLayout) in = layout_of(op, DNN_SRC);
	g_autoptr(DnnLayout) out = layout_of(op, DNN_DIFF_DST);
	g_autoptr(DnnLayout) own = layout_of(op, DNN_DIFF_WEIGHTS);
	g_autoptr(DnnLayout) plain_in =
		dnn_layout_nhwc(DNN_F32, s->n, s->h, s->w, s->in, NULL);
	g_autoptr(DnnLayout) plain_out =
		dnn_layout_nhwc(DNN_F32, s->n, s->h, s->w, s->out, NULL);
	g_autoptr(DnnLayout) keras = dnn_layout_hwio(3, 3, s->in, s->out, NULL);
	g_autofree void *own_src = kw_alloc(dnn_layout_bytes(in), 1, "", NULL);
	g_autofree void *own_ddst =
		kw_alloc(dnn_layout_bytes(out), 1, "", NULL);
	g_autofree void *weights = kw_alloc(dnn_layout_bytes(own), 1, "", NULL);

	assert_int_equal(dnn_layout_type(own), DNN_F32);
	dnn_reorder(dnn, in, own_src, plain_in, src, &error);
	test_assert_no_error(error);
	dnn_reorder(dnn, out, own_ddst, plain_out, ddst, &error);
	test_assert_no_error(error);
	dnn_op_bind(op, DNN_SRC, own_src);
	dnn_op_bind(op, DNN_DIFF_DST, own_ddst);
	dnn_op_bind(op, DNN_DIFF_WEIGHTS, weights);
	dnn_op_bind(op, DNN_DIFF_BIAS, dbias);
	run(op);
	dnn_reorder(dnn, keras, dkernel, own, weights, &error);
	test_assert_no_error(error);
}

/*
 * The gradient that oneDNN gets wrong on AMX: whatever dnn_conv() agrees to
 * make is right.  Values of bf16, summed in float32: as exact as float32.
 */
static void
test_gradient_at_288(void **state)
{
	enum { SIDE = 288, C = 16, N = SIDE * SIDE * C };
	const DnnConvShape shape = { 1, SIDE, SIDE, C, C };
	const DnnMode bf16 = { DNN_BF16, DNN_NHWC };
	GError *error = NULL;
	g_autoptr(DnnOp) op = dnn_conv(dnn, &bf16, DNN_DIRECT, &shape,
				       DNN_BACKWARD_WEIGHTS, FALSE, &error);

	(void)state;
	if (op == NULL) {
		test_assert_error(&error, KW_ERROR_UNSUPPORTED, "bf16");
		skip();
	}
	g_autofree float *src = floats_new(N, 1);
	g_autofree float *ddst = floats_new(N, 2);
	float expected[9 * C * C], got[9 * C * C], bias[C], got_bias[C];

	for (int i = 0; i < N; i++) {
		src[i] = bf16_to_float(bf16_from_float(src[i]));
		ddst[i] = bf16_to_float(bf16_from_float(ddst[i]));
	}
	conv_gradient(&plain, &shape, src, ddst, expected, bias);
	conv_gradient(&bf16, &shape, src, ddst, got, got_bias);
	/* Sums of 288 * 288 products of the order of 1/3. */
	test_assert_close(got, expected, G_N_ELEMENTS(got), 5e-3, 1e-4);
	test_assert_close(got_bias, bias, C, 5e-3, 1e-4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_layout_that_is_none),
		cmocka_unit_test(test_reorder),
		cmocka_unit_test(test_scratch_grows),
		cmocka_unit_test(test_workspace),
		cmocka_unit_test(test_shapes_that_cannot_be),
		cmocka_unit_test(test_scratch),
		cmocka_unit_test(test_bf16_layout),
		cmocka_unit_test(test_amx_gradient_fails),
		cmocka_unit_test(test_gradient_at_288),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
