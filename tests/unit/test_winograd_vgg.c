/*
 * The Winograd convolutions with the shapes of VGG19, at random places of their
 * results, against direct ones in double precision.
 */
#include "tests/support/kwtest.h"

#include "tests/support/winograd_sample.h"

static const NaiveConv shapes[] = {
	{ 1, 224, 224, 64, 64 },   { 1, 112, 112, 64, 128 },
	{ 1, 112, 112, 128, 128 }, { 1, 56, 56, 128, 256 },
	{ 1, 56, 56, 256, 256 },   { 1, 28, 28, 256, 512 },
	{ 4, 28, 28, 256, 512 },   { 1, 28, 28, 512, 512 },
	{ 4, 28, 28, 512, 512 },   { 1, 14, 14, 512, 512 },
	{ 4, 14, 14, 512, 512 },
};

/* Plain C is slow, and is run where there is least to do. */
static gboolean
is_least(const NaiveConv *s)
{
	return s->n * s->h <= 14;
}

/* Accurate, and the same with two threads, the weights in another order and
 * anything in scratch memory. */
static void
check_kernel(const RunInput *in, const Sample *samples, const RunKernel *kernel)
{
	const RunHow one = { kernel, NULL, 1, AT_END, ORDER_BLOCKED_16, 0 };
	const RunHow two = { kernel, NULL, 2, AT_BEGIN, ORDER_HWIO, 0xff };
	g_auto(RunResults) a = run_all(in, &one);
	g_auto(RunResults) b = run_all(in, &two);

	for (RunResult i = 0; i < RUN_N; i++)
		sample_assert(&samples[i], in, kernel, &a, i);
	run_assert_same_bytes(&a, &b);
}

static gboolean
is_run(const RunKernel *kernel, const NaiveConv *shape, DnnType type)
{
	return kernel->type == type && (!kernel->generic || is_least(shape));
}

static void
check_shape(const NaiveConv *shape, DnnType type)
{
	g_auto(RunInput) in = run_input_new(shape, type);
	Sample samples[RUN_N];

	for (RunResult i = 0; i < RUN_N; i++)
		samples[i] = sample_new(&in, i);
	for (const RunKernel *k = run_kernels(); k->name != NULL; k++)
		if (is_run(k, shape, type))
			check_kernel(&in, samples, k);
	for (RunResult i = 0; i < RUN_N; i++)
		sample_clear(&samples[i]);
}

static gboolean
any_is_run(const NaiveConv *shape, DnnType type)
{
	for (const RunKernel *k = run_kernels(); k->name != NULL; k++)
		if (is_run(k, shape, type))
			return TRUE;
	return FALSE;
}

static void
check_shapes(DnnType type)
{
	for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++)
		if (any_is_run(&shapes[i], type))
			check_shape(&shapes[i], type);
}

static void
test_f32(void **state)
{
	(void)state;
	check_shapes(DNN_F32);
}

static void
test_bf16(void **state)
{
	(void)state;
	check_shapes(DNN_BF16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_f32),
		cmocka_unit_test(test_bf16),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
