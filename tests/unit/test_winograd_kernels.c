/*
 * The kernels of the Winograd convolutions against each other, those that this
 * CPU lacks made of plain C; and their products alone.
 */
#include "tests/support/kwtest.h"

#include <math.h>

#include "tests/support/traindata.h"
#include "tests/support/winograd_emulated.h"
#include "tests/support/winograd_run.h"
#include "tests/support/winograd_truth.h"
#include "train/bf16.h"

#ifdef __x86_64__
static const RunKernel emulated[] = {
	{ "emulated avx512", DNN_F32, &winograd_emulated_avx512, FALSE },
	{ "emulated avx512_bf16", DNN_BF16, &winograd_emulated_avx512_bf16,
	  FALSE },
	{ 0 },
};
#else
static const RunKernel emulated[] = { { 0 } };
#endif

static const RunKernel *
emulated_kernel(DnnType type)
{
	for (const RunKernel *k = emulated; k->name != NULL; k++)
		if (k->type == type)
			return k;
	return NULL;
}

/* Numbers of tiles that leave any number of rows, one panel and more. */
static const NaiveConv shapes[] = {
	{ 1, 5, 7, 32, 48 },  { 9, 6, 6, 16, 16 },  { 2, 13, 31, 16, 32 },
	{ 1, 3, 58, 64, 16 }, { 1, 7, 6, 512, 16 }, { 2, 5, 6, 16, 512 },
};

/* For all kernels alike: sums depend on how many channels are taken at a time.
 * Blocks of some tiles, columns and channels, of which each thread has U, or V.
 */
static const WinogradCut cuts[] = {
	{
		.kept_weights = 0,
		.shared_block = 40,
		.shared_columns = 32,
		.shared_channels = 48,
		.gradient_block = 30,
		.gradient_in = 32,
		.gradient_out = 48,
	},
	{
		.kept_weights = G_MAXINT,
		.kept_block = 40,
		.kept_columns = 64,
		.gradient_block = 50,
		.gradient_in = 64,
		.gradient_out = 64,
	},
};

static RunResults
run(const RunInput *in, const RunKernel *kernel, const WinogradCut *cut)
{
	const RunHow how = { kernel, cut, 1, AT_END, ORDER_HWIO, 0xff };

	return run_all(in, &how);
}

/* ---- the same bytes */

static void
check_same(const RunKernel *one, const RunKernel *other)
{
	if (one == NULL || other == NULL)
		skip();
	for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++)
		for (gsize c = 0; c < G_N_ELEMENTS(cuts); c++) {
			g_auto(RunInput) in =
				run_input_new(&shapes[i], one->type);
			g_auto(RunResults) a = run(&in, one, &cuts[c]);
			g_auto(RunResults) b = run(&in, other, &cuts[c]);

			run_assert_same_bytes(&a, &b);
		}
}

/* Cut alike, AVX-512 takes other rows and columns together: not another sum. */
static void
test_avx2_and_avx512(void **state)
{
	(void)state;
	check_same(run_kernel("avx2"), emulated_kernel(DNN_F32));
}

static void
test_avx512(void **state)
{
	(void)state;
	check_same(run_kernel("avx512"), emulated_kernel(DNN_F32));
}

/* The CPU's instructions do what Intel says that they do, but for numbers too
 * small for their exponent, which become 0. */
static void
test_avx512_bf16(void **state)
{
	(void)state;
	check_same(run_kernel("avx512_bf16"), emulated_kernel(DNN_BF16));
}

/* In plain C as by the instruction. */
static void
test_generic_bf16(void **state)
{
	const RunKernel *other = run_kernel("avx512_bf16");

	(void)state;
	check_same(run_kernel("generic_bf16"),
		   other != NULL ? other : emulated_kernel(DNN_BF16));
}

/* ---- accurate */

static void
check_accurate(const RunKernel *kernel, const NaiveConv *shape)
{
	g_auto(RunInput) in = run_input_new(shape, kernel->type);
	g_auto(Truth) truth = truth_new(&in);

	for (gsize c = 0; c < G_N_ELEMENTS(cuts); c++) {
		g_auto(RunResults) r = run(&in, kernel, &cuts[c]);

		truth_assert(&truth, &in, kernel, &r);
	}
}

static void
test_emulated_is_accurate(void **state)
{
	(void)state;
	for (const RunKernel *k = emulated; k->name != NULL; k++)
		for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++)
			check_accurate(k, &shapes[i]);
}

/* ---- products */

enum { MOST_ROWS = 43, MOST_PANELS = 5, STEPS = 8 };

/* a is [row][step], or [step][row] as in gradients of the weights. */
typedef struct {
	const RunKernel *kernel;
	int rows, panels;
	gboolean across, add;
	Side side;
} Case;

/* Words of small whole numbers, whose sums are exact in any order. */
static Guarded
words_new(const Case *c, gsize n, guint64 seed)
{
	const gsize all = n * (gsize)c->kernel->kernel->pair;
	g_autofree float *values = g_new(float, all);
	Guarded g = guarded_new(n * sizeof(WinogradWord), c->side, 0);

	random_floats(values, all, seed);
	for (gsize i = 0; i < all; i++) {
		const float whole = floorf(9 * values[i]);

		if (c->kernel->type == DNN_BF16)
			((guint16 *)g.data)[i] = bf16_from_float(whole);
		else
			((float *)g.data)[i] = whole;
	}
	return g;
}

/* What two words make. */
static float
word_product(const Case *c, const WinogradWord *a, const WinogradWord *b)
{
	const guint16 *x = (const void *)a, *y = (const void *)b;

	if (c->kernel->type == DNN_F32)
		return *a * *b;
	return bf16_to_float(x[0]) * bf16_to_float(y[0]) +
	       bf16_to_float(x[1]) * bf16_to_float(y[1]);
}

static void
multiply_plainly(const Case *c, const WinogradProduct *p, float *sums)
{
	for (int r = 0; r < p->rows; r++, sums += p->c_row)
		for (int k = 0; k < WINOGRAD_GROUP * p->panels; k++) {
			const WinogradWord *b =
				p->b +
				(gsize)(k / WINOGRAD_GROUP) * p->b_panel +
				k % WINOGRAD_GROUP;
			float sum = p->add ? sums[k] : 0;

			for (int s = 0; s < p->steps; s++)
				sum += word_product(c,
						    p->a + (gsize)r * p->a_row +
							    (gsize)s *
								    p->a_step,
						    b + s * WINOGRAD_GROUP);
			sums[k] = sum;
		}
}

static void
check_product(const Case *c)
{
	const gsize rows = (gsize)c->rows, panels = (gsize)c->panels;
	const gsize b_panel = (STEPS + 1) * WINOGRAD_GROUP;
	const gsize c_row = (panels + 1) * WINOGRAD_GROUP;
	const Case plain = { run_kernel("generic"), 0, 0, 0, 0, c->side };
	g_auto(Guarded) a = words_new(c, (rows + 7) / 8 * 8 * STEPS, 1);
	g_auto(Guarded) b = words_new(c, panels * b_panel - WINOGRAD_GROUP, 2);
	g_auto(Guarded) sums =
		words_new(&plain, rows * c_row - WINOGRAD_GROUP, 3);
	g_auto(Guarded) expected = guarded_copy(sums.data, sums.bytes, c->side);
	const WinogradProduct p = {
		.rows = c->rows,
		.steps = STEPS,
		.panels = c->panels,
		.a = a.data,
		.a_row = c->across ? 1 : STEPS,
		.a_step = c->across ? (rows + 7) / 8 * 8 : 1,
		.b = b.data,
		.b_panel = b_panel,
		.c = sums.data,
		.c_row = c_row,
		.add = c->add,
		.soon = { { a.data, rows * STEPS }, { b.data, b_panel } },
	};

	multiply_plainly(c, &p, expected.data);
	c->kernel->kernel->multiply(&p);
	guarded_assert_equal(&sums, &expected);
}

static void
check_products(const RunKernel *kernel)
{
	for (int rows = 1; rows <= MOST_ROWS; rows++)
		for (int panels = 1; panels <= MOST_PANELS; panels++)
			for (int i = 0; i < 4; i++) {
				const Case c = {
					kernel, rows,  panels,
					i & 1,  i & 2, i & 1 ? AT_BEGIN : AT_END
				};

				check_product(&c);
			}
}

/* Any number of rows and panels, with what lies between them left alone. */
static void
test_products(void **state)
{
	(void)state;
	for (const RunKernel *k = run_kernels(); k->name != NULL; k++)
		check_products(k);
	for (const RunKernel *k = emulated; k->name != NULL; k++)
		check_products(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_avx2_and_avx512),
		cmocka_unit_test(test_avx512),
		cmocka_unit_test(test_avx512_bf16),
		cmocka_unit_test(test_emulated_is_accurate),
		cmocka_unit_test(test_generic_bf16),
		cmocka_unit_test(test_products),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
