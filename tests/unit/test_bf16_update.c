/*
 * The update that writes its bf16 copies by the way, against the plain one with
 * oneDNN's conversions after it, in the layouts that oneDNN wants here.
 */
#include "tests/support/kwtest.h"

#include <math.h>
#include <string.h>

#include "kw/cpu.h"
#include "tests/support/bench.h"
#include "tests/support/traindata.h"
#include "train/param.h"

static const BenchMode direct = { DNN_BF16, DNN_NHWC, DNN_DIRECT };
static const BenchMode blocked = { DNN_BF16, DNN_BLOCKED, DNN_DIRECT };

/* Padding, which oneDNN 3 adds to some kernels, is zero, as training has it. */
static void
fill_weights(float *weights, const Param *param, guint64 seed)
{
	g_auto(DnnOffsets) o = dnn_layout_offsets(param->master);
	g_autofree float *random = g_new(float, param->n);

	random_floats(random, param->n, seed);
	memset(weights, 0, param->n * sizeof *weights);
	for (int out = 0; out < o.n_out; out++)
		for (int in = 0; in < o.n_in; in++)
			for (int p = 0; p < o.n_positions; p++) {
				const gsize at =
					o.out[out] + o.in[in] + o.position[p];

				weights[at] = random[at];
			}
}

static void
fill(Param *param)
{
	fill_weights(param->value, param, 1);
	fill_weights(param->velocity, param, 2);
	fill_weights(param->gradient, param, 3);
}

/* What param_update() does without a Bf16Update. */
static void
update_plainly(Param *param, float rate, float momentum)
{
	Bf16Update *update = param->update;
	gboolean finite;
	GError *error = NULL;

	param->update = NULL;
	param_update(param, rate, momentum, &finite, &error);
	test_assert_no_error(error);
	assert_true(finite);
	param->update = update;
}

static guint8 *
copy_new(const void *bytes, const DnnLayout *layout)
{
	return bytes != NULL && layout != NULL
		       ? g_memdup2(bytes, dnn_layout_bytes(layout))
		       : NULL;
}

static void
check(Param *param)
{
	const gsize bytes = param->n * sizeof(float);
	gboolean finite;
	GError *error = NULL;

	param->l2 = 0.01;
	fill(param);
	update_plainly(param, 0.25f, 0.9f);
	g_autofree float *value = g_memdup2(param->value, bytes);
	g_autofree float *velocity = g_memdup2(param->velocity, bytes);
	g_autofree guint8 *forward =
		copy_new(param->forward, param->forward_layout);
	g_autofree guint8 *backward =
		copy_new(param->backward, param->backward_layout);

	fill(param);
	param_update(param, 0.25f, 0.9f, &finite, &error);
	test_assert_no_error(error);
	assert_true(finite);
	assert_memory_equal(param->value, value, bytes);
	assert_memory_equal(param->velocity, velocity, bytes);
	assert_memory_equal(param->forward, forward,
			    dnn_layout_bytes(param->forward_layout));
	if (backward != NULL)
		assert_memory_equal(param->backward, backward,
				    dnn_layout_bytes(param->backward_layout));
}

static void
check_conv(const BenchMode *mode, int in, int out, LayerRole role)
{
	const NaiveConv shape = { 1, 6, 5, in, out };
	Bench b = { 0 };

	if (!bench_has_mode(mode))
		return;
	b = conv_bench(mode, &shape, role);
	check(b.layer->kernel);
	bench_clear(&b);
}

static void
test_convolutions(void **state)
{
	static const BenchMode *const modes[] = { &direct, &blocked };

	(void)state;
	if (kw_cpu() < KW_CPU_AVX512_BF16)
		skip(); /* there the plain update is the only one */
	for (gsize m = 0; m < G_N_ELEMENTS(modes); m++) {
		check_conv(modes[m], 64, 64, LAYER_TRAINED);
		check_conv(modes[m], 32, 96, LAYER_TRAINED);
		check_conv(modes[m], 48, 16, LAYER_TRAINED);
		check_conv(modes[m], 128, 64, LAYER_FIRST_TRAINED);
		check_conv(modes[m], 3, 64, LAYER_FIRST_TRAINED);
	}
}

/* The weights lie as our own gradient has them, their copies as oneDNN wants
 * them. */
static void
test_mixed_convolutions(void **state)
{
	static const DnnAlgorithm algorithms[DNN_N_PASSES] = {
		[DNN_BACKWARD_WEIGHTS] = DNN_FUSED_WINOGRAD
	};
	static const NaiveConv shapes[] = { { 1, 6, 5, 64, 64 },
					    { 1, 6, 5, 32, 96 },
					    { 1, 6, 5, 48, 16 } };

	(void)state;
	if (kw_cpu() < KW_CPU_AVX512_BF16 || !bench_has_mode(&direct))
		skip();
	for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++) {
		Bench b = conv_bench_by(&direct, algorithms, &shapes[i],
					LAYER_TRAINED);

		assert_non_null(b.layer->kernel->update);
		check(b.layer->kernel);
		bench_clear(&b);
	}
}

static void
check_dense(Shape in, int units, LayerRole role)
{
	Bench b = dense_bench(&direct, 2, in, units, TRUE, role);

	check(b.layer->kernel);
	bench_clear(&b);
}

static void
test_dense(void **state)
{
	(void)state;
	if (kw_cpu() < KW_CPU_AVX512_BF16 || !bench_has_mode(&direct))
		skip();
	check_dense((Shape){ 2, 3, 32 }, 128, LAYER_TRAINED);
	check_dense((Shape){ 2, 3, 32 }, 1024, LAYER_TRAINED);
	check_dense((Shape){ 2, 2, 32 }, 64, LAYER_FIRST_TRAINED);
	check_dense((Shape){ 1, 1, 64 }, 48, LAYER_TRAINED);
	check_dense((Shape){ 2, 3, 5 }, 7, LAYER_TRAINED);
	check_dense((Shape){ 1, 1, 64 }, 2, LAYER_TRAINED);
}

/* The layers that the bulk of the weights is in are updated so. */
static void
test_is_used(void **state)
{
	const NaiveConv shape = { 1, 6, 5, 64, 64 };

	(void)state;
	if (kw_cpu() < KW_CPU_AVX512_BF16 || !bench_has_mode(&direct))
		skip();
	Bench conv = conv_bench(&direct, &shape, LAYER_TRAINED);
	Bench dense = dense_bench(&direct, 2, (Shape){ 2, 3, 32 }, 128, TRUE,
				  LAYER_TRAINED);

	assert_non_null(conv.layer->kernel->update);
	assert_non_null(dense.layer->kernel->update);
	bench_clear(&conv);
	bench_clear(&dense);
}

static void
check_not_finite(Param *param, float value)
{
	gboolean finite = TRUE;
	GError *error = NULL;

	fill(param);
	param->gradient[param->n - 1] = value;
	param_update(param, 0.25f, 0.9f, &finite, &error);
	test_assert_no_error(error);
	assert_false(finite);
}

/* Whatever becomes of the copies, it is told. */
static void
test_not_finite(void **state)
{
	const NaiveConv shape = { 1, 6, 5, 64, 64 };
	const BenchMode *mode =
		bench_has_mode(&direct) ? &direct : &bench_plain;
	Bench conv = conv_bench(mode, &shape, LAYER_TRAINED);
	Bench dense = dense_bench(mode, 2, (Shape){ 2, 3, 32 }, 128, TRUE,
				  LAYER_TRAINED);

	(void)state;
	check_not_finite(conv.layer->kernel, NAN);
	check_not_finite(conv.layer->kernel, INFINITY);
	check_not_finite(dense.layer->kernel, NAN);
	bench_clear(&conv);
	bench_clear(&dense);
}

/* ---- gradients that are never written */

static Bench
dense_after_backward(gboolean defer)
{
	Bench b = dense_bench(&direct, 4, (Shape){ 2, 3, 32 }, 1024, TRUE,
			      LAYER_TRAINED);
	Param *kernel = b.layer->kernel;

	param_defer_gradient(kernel, defer);
	random_floats(kernel->velocity, kernel->n, 2);
	for (gsize i = 0; i < kernel->n; i++)
		kernel->gradient[i] = NAN;
	bench_forward(&b);
	bench_backward(&b);
	return b;
}

static void
assert_same_params(const Param *a, const Param *b)
{
	const gsize bytes = a->n * sizeof(float);

	assert_memory_equal(a->value, b->value, bytes);
	assert_memory_equal(a->velocity, b->velocity, bytes);
	assert_memory_equal(a->forward, b->forward,
			    dnn_layout_bytes(a->forward_layout));
}

/* The sum that the update makes by the way is the one that would be read. */
static void
test_deferred(void **state)
{
	gboolean finite;
	GError *error = NULL;

	(void)state;
	if (kw_cpu() < KW_CPU_AVX512_BF16 || !bench_has_mode(&direct))
		skip();
	Bench plain = dense_after_backward(FALSE);
	Bench deferred = dense_after_backward(TRUE);
	Param *a = plain.layer->kernel, *b = deferred.layer->kernel;

	assert_false(a->deferred);
	assert_true(b->deferred);
	assert_true(isnan(b->gradient[0]));
	assert_memory_equal(plain.layer->bias->gradient,
			    deferred.layer->bias->gradient,
			    1024 * sizeof(float));
	assert_memory_equal(plain.dsrc, deferred.dsrc,
			    plain.n_src * sizeof *plain.dsrc);
	param_update(a, 0.25f, 0.9f, &finite, &error);
	assert_true(finite);
	param_update(b, 0.25f, 0.9f, &finite, &error);
	assert_true(finite);
	test_assert_no_error(error);
	assert_same_params(a, b);
	/* And it can be had again. */
	param_defer_gradient(b, FALSE);
	bench_backward(&plain);
	bench_backward(&deferred);
	assert_memory_equal(a->gradient, b->gradient,
			    a->n * sizeof *a->gradient);
	bench_clear(&plain);
	bench_clear(&deferred);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_convolutions),
		cmocka_unit_test(test_mixed_convolutions),
		cmocka_unit_test(test_dense),
		cmocka_unit_test(test_is_used),
		cmocka_unit_test(test_not_finite),
		cmocka_unit_test(test_deferred),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
