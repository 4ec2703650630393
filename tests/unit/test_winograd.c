/*
 * The Winograd convolutions against direct ones in double precision, and
 * against themselves: no byte depends on what it should not.
 */
#include "tests/support/kwtest.h"

#include <math.h>
#include <omp.h>

#include "tests/support/winograd_run.h"
#include "tests/support/winograd_truth.h"

/* A tile and less, more by a pixel, many; channels of a group, of many, more
 * than a product takes at once; blocks of tiles that are not full. */
static const NaiveConv shapes[] = {
	{ 1, 1, 1, 16, 16 },   { 2, 1, 5, 16, 32 },   { 3, 3, 2, 48, 16 },
	{ 1, 4, 4, 80, 16 },   { 1, 5, 7, 32, 48 },   { 9, 6, 6, 16, 16 },
	{ 2, 13, 31, 16, 32 }, { 1, 31, 17, 64, 16 }, { 3, 14, 14, 32, 64 },
	{ 1, 7, 7, 512, 16 },  { 1, 4, 9, 16, 512 },  { 2, 9, 6, 272, 144 },
	{ 4, 28, 28, 16, 16 }, { 2, 56, 56, 16, 32 }, { 1, 89, 70, 32, 16 },
	{ 9, 2, 2, 64, 64 },   { 5, 4, 4, 64, 64 },
};

/* Blocks of a few tiles, columns and steps: each thread has U, or V. */
static const WinogradCut cuts[] = {
	{
		.kept_weights = 0,
		.shared_block = 5,
		.shared_columns = 32,
		.shared_channels = 48,
		.gradient_block = 3,
		.gradient_in = 32,
		.gradient_out = 48,
	},
	{
		.kept_weights = G_MAXINT,
		.kept_block = 5,
		.kept_columns = 32,
		.gradient_block = 7,
		.gradient_in = 16,
		.gradient_out = 32,
	},
};

static const DnnType types[] = { DNN_F32, DNN_BF16 };

/* ---- what is computed */

/* Accurate; and the same with two threads and anything in scratch memory. */
static void
check_run(const RunInput *in, const Truth *truth, const RunKernel *kernel,
	  const WinogradCut *cut, Order order)
{
	const RunHow one = { kernel, cut, 1, AT_END, order, 0 };
	const RunHow two = { kernel, cut, 2, AT_BEGIN, order, 0xff };
	g_auto(RunResults) a = run_all(in, &one);
	g_auto(RunResults) b = run_all(in, &two);

	truth_assert(truth, in, kernel, &a);
	run_assert_same_bytes(&a, &b);
}

static void
check_shape(const NaiveConv *s, DnnType type, const WinogradCut *cut,
	    Order order)
{
	g_auto(RunInput) in = run_input_new(s, type);
	g_auto(Truth) truth = truth_new(&in);

	for (const RunKernel *k = run_kernels(); k->name != NULL; k++)
		if (k->type == type) {
			check_run(&in, &truth, k, NULL, order);
			check_run(&in, &truth, k, cut, order);
		}
}

static void
test_shapes(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++)
		for (gsize t = 0; t < G_N_ELEMENTS(types); t++)
			check_shape(&shapes[i], types[t], &cuts[i % 2],
				    (Order)(i % N_ORDERS));
}

/* Every height and width from 1 to 31, every batch from 1 to 9. */
static void
test_sizes(void **state)
{
	(void)state;
	for (int h = 1; h <= 31; h++)
		for (gsize t = 0; t < G_N_ELEMENTS(types); t++) {
			const NaiveConv s = { 1 + h % 9, h, 7 * h % 32, 16,
					      16 + 16 * (h % 3) };

			check_shape(&s, types[t], &cuts[h % 2], ORDER_HWIO);
		}
}

/* ---- what makes no difference */

/* A test of a kernel with an input of its own. */
typedef void (*Check)(RunInput *in, const RunKernel *kernel);

static void
check_kernels(const NaiveConv *s, Check check)
{
	for (const RunKernel *k = run_kernels(); k->name != NULL; k++) {
		g_auto(RunInput) in = run_input_new(s, k->type);

		check(&in, k);
	}
}

static void
check_threads(RunInput *in, const RunKernel *k)
{
	for (gsize c = 0; c < G_N_ELEMENTS(cuts); c++) {
		const RunHow one = { k, &cuts[c], 1, AT_END, ORDER_HWIO, 0 };
		g_auto(RunResults) a = run_all(in, &one);

		for (int threads = 3; threads <= 9; threads += 3) {
			const RunHow many = { k,      &cuts[c],   threads,
					      AT_END, ORDER_HWIO, 0 };
			g_auto(RunResults) b = run_all(in, &many);

			run_assert_same_bytes(&a, &b);
		}
	}
}

/* More threads than there is work; shares of columns that are cut. */
static void
test_threads(void **state)
{
	static const NaiveConv few = { 1, 5, 30, 32, 16 };
	static const NaiveConv many = { 1, 9, 30, 80, 176 };

	(void)state;
	check_kernels(&few, check_threads);
	check_kernels(&many, check_threads);
}

static void
check_team(RunInput *in, const RunKernel *k)
{
	const int levels = omp_get_max_active_levels();

	for (gsize c = 0; c < G_N_ELEMENTS(cuts); c++) {
		const RunHow one = { k, &cuts[c], 1, AT_END, ORDER_HWIO, 0 };
		const RunHow many = {
			k, &cuts[c], 4, AT_END, ORDER_HWIO, 0xff
		};
		g_auto(RunResults) a = run_all(in, &one);

		omp_set_max_active_levels(0); /* teams of one */
		g_auto(RunResults) b = run_all(in, &many);
		omp_set_max_active_levels(levels);

		run_assert_same_bytes(&a, &b);
	}
}

/* Fewer threads than were asked for. */
static void
test_team(void **state)
{
	const NaiveConv s = { 1, 15, 30, 64, 80 };

	(void)state;
	check_kernels(&s, check_team);
}

static void
check_orders(RunInput *in, const RunKernel *k)
{
	const RunHow keras = { k, NULL, 1, AT_END, ORDER_HWIO, 0 };
	g_auto(RunResults) a = run_all(in, &keras);

	for (Order order = ORDER_HWIO + 1; order < N_ORDERS; order++) {
		const RunHow how = { k, NULL, 1, AT_END, order, 0 };
		g_auto(RunResults) b = run_all(in, &how);

		run_assert_same_bytes(&a, &b);
	}
}

/* Where the weights lie. */
static void
test_orders(void **state)
{
	const NaiveConv s = { 1, 6, 5, 32, 48 };

	(void)state;
	check_kernels(&s, check_orders);
}

/* ---- ReLU, its gradient, and numbers that are none */

static void
assert_equal_floats(const float *a, const float *b, gsize n)
{
	assert_memory_equal(a, b, n * sizeof *a);
}

static void
check_relu(RunInput *in, const RunKernel *k)
{
	const RunHow how = { k, NULL, 2, AT_END, ORDER_HWIO, 0xff };
	g_auto(Guarded) plain = run_forward(in, &how, FALSE);
	g_auto(Guarded) relu = run_forward(in, &how, TRUE);
	g_autofree float *expected = run_floats(in, &plain);
	g_autofree float *got = run_floats(in, &relu);

	for (gsize i = 0; i < in->n_dst; i++)
		expected[i] = MAX(expected[i], 0);
	assert_equal_floats(got, expected, in->n_dst);
}

static void
test_relu(void **state)
{
	const NaiveConv s = { 2, 7, 6, 16, 144 };

	(void)state;
	check_kernels(&s, check_relu);
}

static void
check_mask(RunInput *in, const RunKernel *k)
{
	const RunHow how = { k, NULL, 2, AT_END, ORDER_HWIO, 0xff };
	g_auto(Guarded) plain = run_backward_data(in, &how, FALSE);
	g_auto(Guarded) masked = run_backward_data(in, &how, TRUE);
	g_autofree float *expected = run_floats(in, &plain);
	g_autofree float *got = run_floats(in, &masked);

	for (gsize i = 0; i < in->n_src; i++)
		if (!(in->src[i] > 0))
			expected[i] = 0;
	assert_equal_floats(got, expected, in->n_src);
}

/* No gradient passes where the layer below put out zero. */
static void
test_mask(void **state)
{
	const NaiveConv s = { 2, 6, 9, 144, 16 };

	(void)state;
	check_kernels(&s, check_mask);
}

/* n activations of two images: where they are touched by the first pixel of the
 * first image they are no numbers, and in the second image all are. */
static void
assert_spread(const RunInput *in, const float *values, gsize n)
{
	const NaiveConv *s = &in->shape;
	const gsize pixel = n / 2 / (gsize)(s->h * s->w);

	for (gsize y = 0; y < 2; y++)
		for (gsize i = 0; i < 2 * pixel; i++)
			assert_false(
				isfinite(values[y * (gsize)s->w * pixel + i]));
	for (gsize i = n / 2; i < n; i++)
		assert_true(isfinite(values[i]));
}

/* What the first pixel adds to the gradients makes them no numbers. */
static void
assert_no_gradients(const RunInput *in, const float *dweights,
		    const float *dbias)
{
	const gsize position = in->n_weights / 9;

	for (gsize i = 0; i < position; i++)
		assert_false(isfinite(dweights[4 * position + i]));
	for (int k = 0; k < in->shape.out; k++)
		assert_false(isfinite(dbias[k]));
}

static void
check_value(RunInput *in, const RunHow *how, float value)
{
	for (int c = 0; c < in->shape.in; c++)
		in->src[c] = value;
	for (int c = 0; c < in->shape.out; c++)
		in->ddst[c] = value;

	g_auto(RunResults) r = run_all(in, how);
	g_autofree float *dst = run_values(in, &r, RUN_DST);
	g_autofree float *dsrc = run_values(in, &r, RUN_DSRC);
	g_autofree float *dweights = run_values(in, &r, RUN_DWEIGHTS);
	g_autofree float *dbias = run_values(in, &r, RUN_DBIAS);

	assert_spread(in, dst, in->n_dst);
	assert_spread(in, dsrc, in->n_src);
	assert_no_gradients(in, dweights, dbias);
}

static void
check_no_number(RunInput *in, const RunKernel *k)
{
	const RunHow how = { k, NULL, 1, AT_END, ORDER_HWIO, 0 };

	check_value(in, &how, INFINITY);
	check_value(in, &how, -INFINITY);
	check_value(in, &how, NAN);

	/* ReLU lets it pass. */
	g_auto(Guarded) relu = run_forward(in, &how, TRUE);
	g_autofree float *values = run_floats(in, &relu);

	assert_spread(in, values, in->n_dst);
}

/* A value that is none stays none: a training that diverges must show it. */
static void
test_no_number(void **state)
{
	const NaiveConv s = { 2, 4, 4, 16, 32 };

	(void)state;
	check_kernels(&s, check_no_number);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_team),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_relu),
		cmocka_unit_test(test_mask),
		cmocka_unit_test(test_no_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
