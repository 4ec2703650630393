/* Dropout: its rate, what its mask depends on, and its gradient. */
#include "tests/support/kwtest.h"

#include <math.h>

#include "tests/support/bench.h"
#include "train/bf16.h"

/* Dropout is plain C: it has bf16 on every CPU. */
static const BenchMode bf16 = { DNN_BF16, DNN_NHWC, DNN_DIRECT };

static void
set_ones(Bench *b)
{
	for (gsize i = 0; i < b->n_src; i++)
		b->src[i] = 1;
}

/* Which units stay: 0 or 1 each. */
static guint8 *
draw_mask(Bench *b, guint64 step)
{
	guint8 *mask = g_new(guint8, b->n_dst);

	b->layer->step = step;
	set_ones(b);
	bench_forward(b);
	for (gsize i = 0; i < b->n_dst; i++)
		mask[i] = b->dst[i] != 0;
	return mask;
}

/* The share of units that stay is within four standard deviations. */
static void
check_rate(const BenchMode *mode, double rate)
{
	Bench b = dropout_bench(mode, 64, 1021, rate, 42);
	const double n = (double)b.n_dst;
	const float exact = (float)(1 / (1 - rate));
	const float kept = mode->type == DNN_BF16
				   ? bf16_to_float(bf16_from_float(exact))
				   : exact;
	double n_kept = 0;

	set_ones(&b);
	bench_forward(&b);
	for (gsize i = 0; i < b.n_dst; i++) {
		assert_true(b.dst[i] == 0 || b.dst[i] == kept);
		n_kept += b.dst[i] != 0;
	}
	assert_true(fabs(n_kept - n * (1 - rate)) <
		    4 * sqrt(n * rate * (1 - rate)));
	bench_clear(&b);
}

static void
test_rate(void **state)
{
	(void)state;
	check_rate(&bench_plain, 0.1);
	check_rate(&bench_plain, 0.5);
	check_rate(&bench_plain, 0.99);
	check_rate(&bf16, 0.1);
	check_rate(&bf16, 0.5);
}

static void
check_backward(const BenchMode *mode)
{
	Bench b = dropout_bench(mode, 3, 34, 0.5, 42);

	set_ones(&b);
	bench_forward(&b);
	bench_backward(&b);
	for (gsize i = 0; i < b.n_dst; i++)
		assert_true(b.dsrc[i] == b.dst[i] * b.ddst[i]);
	bench_clear(&b);
}

static void
test_backward(void **state)
{
	(void)state;
	check_backward(&bench_plain);
	check_backward(&bf16);
}

/* A unit stays in bf16 where it stays in float32. */
static void
test_same_mask(void **state)
{
	Bench a = dropout_bench(&bench_plain, 3, 34, 0.3, 42);
	Bench b = dropout_bench(&bf16, 3, 34, 0.3, 42);

	(void)state;
	set_ones(&a);
	set_ones(&b);
	bench_forward(&a);
	bench_forward(&b);
	for (gsize i = 0; i < a.n_dst; i++)
		assert_true((a.dst[i] == 0) == (b.dst[i] == 0));
	bench_clear(&a);
	bench_clear(&b);
}

/* How many of n differ. */
static gsize
n_different(const guint8 *a, const guint8 *b, gsize n)
{
	gsize different = 0;

	for (gsize i = 0; i < n; i++)
		different += a[i] != b[i];
	return different;
}

/* Another step, row or seed is another mask: about half of it differs. */
static void
test_keys(void **state)
{
	enum { UNITS = 1000 };
	Bench b = dropout_bench(&bench_plain, 2, UNITS, 0.5, 42);
	Bench other = dropout_bench(&bench_plain, 2, UNITS, 0.5, 43);
	Bench single = dropout_bench(&bench_plain, 1, UNITS, 0.5, 42);
	g_autofree guint8 *first = draw_mask(&b, 0);
	g_autofree guint8 *next = draw_mask(&b, 1);
	g_autofree guint8 *again = draw_mask(&b, 0);
	g_autofree guint8 *seeded = draw_mask(&other, 0);
	g_autofree guint8 *alone = draw_mask(&single, 0);
	const gsize differences[] = {
		n_different(first, next, UNITS),
		n_different(first, first + UNITS, UNITS),
		n_different(first, seeded, UNITS),
	};

	(void)state;
	assert_memory_equal(first, again, 2 * UNITS);
	/* A row's mask does not depend on how many rows there are. */
	assert_memory_equal(first, alone, UNITS);
	for (gsize i = 0; i < G_N_ELEMENTS(differences); i++)
		assert_in_range(differences[i], 430, 570);
	bench_clear(&b);
	bench_clear(&other);
	bench_clear(&single);
}

static void
test_rests_in_use(void **state)
{
	const BenchMode modes[] = { bench_plain, bf16 };

	(void)state;
	for (int m = 0; m < 2; m++) {
		Bench b = dropout_bench(&modes[m], 2, 35, 0.5, 42);

		b.layer->training = FALSE;
		bench_forward(&b);
		assert_memory_equal(b.dst, b.src, b.n_src * sizeof *b.src);
		bench_clear(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_backward),
		cmocka_unit_test(test_same_mask),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_rests_in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
