/*
 * Each layer against plain loops in double precision and against finite
 * differences.
 */
#include "tests/support/kwtest.h"

#include <math.h>
#include <string.h>

#include "tests/support/bench.h"
#include "tests/support/params.h"

/* All modes that there are; those that this CPU lacks are left out. */
static const BenchMode modes[] = {
	{ DNN_F32, DNN_NHWC, DNN_DIRECT },
	{ DNN_F32, DNN_NHWC, DNN_FUSED_WINOGRAD },
	{ DNN_F32, DNN_BLOCKED, DNN_DIRECT },
	{ DNN_F32, DNN_BLOCKED, DNN_WINOGRAD },
	{ DNN_BF16, DNN_NHWC, DNN_DIRECT },
	{ DNN_BF16, DNN_NHWC, DNN_FUSED_WINOGRAD },
	{ DNN_BF16, DNN_BLOCKED, DNN_DIRECT },
};

/*
 * All values are of the order of 1.  A float32 sum of K products of such
 * values is off by a few times sqrt(K) * 2^-24, in whatever order it is taken;
 * Winograd's F(4 x 4) multiplies that by the norms of its transforms, some
 * twenty (Lavin and Gray).  bf16 is summed in float32, and rounded to 2^-8 of
 * itself where it is stored; but F(2 x 2) rounds what it multiplies as well, of
 * which the sum is off by a few times sqrt(K) * 2^-9.
 */
static double
tolerance(const BenchMode *mode, gsize k)
{
	double factor = 8;

	if (mode->algorithm != DNN_DIRECT)
		factor = mode->type == DNN_BF16 ? 0x1p17 : 160;
	return factor * sqrt((double)k) * 0x1p-24;
}

/* `type` is what the values were stored in. */
static void
check_close(const BenchMode *mode, DnnType type, const float *a,
	    const double *b, gsize n, gsize k)
{
	g_autofree float *expected = g_new(float, n);
	const double close = tolerance(mode, k);

	for (gsize i = 0; i < n; i++)
		expected[i] = (float)b[i];
	test_assert_close(a, expected, n, close,
			  type == DNN_BF16 ? close + 0x1p-8 : close);
}

/* What the fused ReLU does to an output. */
static void
rectify(double *values, gsize n)
{
	for (gsize i = 0; i < n; i++)
		values[i] = MAX(values[i], 0);
}

/*
 * The gradient that has passed the ReLU.  By the layer's own output: beside
 * zero, rounding decides.
 */
static float *
masked_gradient(const Bench *b)
{
	float *masked = g_new(float, b->n_dst);

	for (gsize i = 0; i < b->n_dst; i++)
		masked[i] = !b->layer->relu || b->dst[i] > 0 ? b->ddst[i] : 0;
	return masked;
}

/* ---- convolution */

static void
check_conv(const BenchMode *mode, const NaiveConv *s)
{
	Bench b = conv_bench(mode, s, LAYER_TRAINED);
	const gsize n_kernel = keras_floats(b.layer->kernel);
	g_autofree float *kernel = values_new(b.dnn, b.layer->kernel);
	g_autofree float *bias = values_new(b.dnn, b.layer->bias);
	g_autofree double *dst = g_new(double, b.n_dst);
	g_autofree double *dsrc = g_new(double, b.n_src);
	g_autofree double *dkernel = g_new(double, n_kernel);
	g_autofree double *dbias = g_new(double, s->out);
	const gsize pixels = (gsize)s->n * (gsize)s->h * (gsize)s->w;

	assert_int_equal(n_kernel, 9 * s->in * s->out);
	bench_forward(&b);
	naive_conv_forward(s, dst, b.src, kernel, bias);
	rectify(dst, b.n_dst);
	check_close(mode, mode->type, b.dst, dst, b.n_dst, 9 * (gsize)s->in);

	g_autofree float *masked = masked_gradient(&b);

	bench_backward(&b);
	naive_conv_backward_data(s, dsrc, masked, kernel);
	naive_conv_backward_weights(s, dkernel, dbias, b.src, masked);
	g_autofree float *got_kernel = gradient_new(b.dnn, b.layer->kernel);
	g_autofree float *got_bias = gradient_new(b.dnn, b.layer->bias);

	check_close(mode, mode->type, b.dsrc, dsrc, b.n_src, 9 * (gsize)s->out);
	check_close(mode, DNN_F32, got_kernel, dkernel, n_kernel, pixels);
	check_close(mode, DNN_F32, got_bias, dbias, (gsize)s->out, pixels);
	bench_clear(&b);
}

static void
test_conv(void **state)
{
	static const NaiveConv shapes[] = {
		{ 1, 33, 47, 3, 16 }, { 2, 33, 47, 1, 5 },
		{ 5, 7, 9, 5, 64 },   { 3, 13, 8, 16, 3 },
		{ 4, 2, 2, 64, 64 },  { 2, 32, 32, 3, 64 },
		{ 3, 1, 1, 16, 16 },  { 1, 17, 15, 64, 64 },
		{ 2, 4, 4, 16, 128 }, { 1, 1, 3, 1, 1 },
	};

	(void)state;
	for (gsize m = 0; m < G_N_ELEMENTS(modes); m++)
		for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++)
			if (bench_has_mode(&modes[m]))
				check_conv(&modes[m], &shapes[i]);
}

static void
test_conv_roles(void **state)
{
	const NaiveConv shape = { 2, 6, 5, 3, 16 };
	Bench frozen = conv_bench(&bench_plain, &shape, LAYER_FORWARD);
	Bench first = conv_bench(&bench_plain, &shape, LAYER_FIRST_TRAINED);
	Bench trained = conv_bench(&bench_plain, &shape, LAYER_TRAINED);

	(void)state;
	assert_false(frozen.layer->trainable);
	assert_null(frozen.layer->kernel->gradient);
	assert_null(frozen.layer->kernel->velocity);
	bench_forward(&frozen);
	bench_forward(&first);
	bench_forward(&trained);
	assert_memory_equal(frozen.dst, trained.dst,
			    trained.n_dst * sizeof *trained.dst);
	bench_backward(&first);
	bench_backward(&trained);
	g_autofree float *a = gradient_new(first.dnn, first.layer->kernel);
	g_autofree float *b = gradient_new(trained.dnn, trained.layer->kernel);

	assert_memory_equal(a, b, 9 * 3 * 16 * sizeof *a);
	for (gsize i = 0; i < first.n_src; i++)
		assert_true(isnan(first.dsrc[i]));
	bench_clear(&frozen);
	bench_clear(&first);
	bench_clear(&trained);
}

/* ---- dense */

static void
check_dense(const BenchMode *mode, int n, Shape in, int units, gboolean relu)
{
	const NaiveDense s = { n, (int)shape_size(in), units };
	Bench b = dense_bench(mode, n, in, units, relu, LAYER_TRAINED);
	const gsize n_kernel = keras_floats(b.layer->kernel);
	g_autofree float *kernel = values_new(b.dnn, b.layer->kernel);
	g_autofree float *bias = values_new(b.dnn, b.layer->bias);
	g_autofree double *dst = g_new(double, b.n_dst);
	g_autofree double *dsrc = g_new(double, b.n_src);
	g_autofree double *dkernel = g_new(double, n_kernel);
	g_autofree double *dbias = g_new(double, units);

	assert_int_equal(n_kernel, s.in * units);
	bench_forward(&b);
	naive_dense_forward(&s, dst, b.src, kernel, bias);
	if (relu)
		rectify(dst, b.n_dst);
	check_close(mode, relu ? mode->type : DNN_F32, b.dst, dst, b.n_dst,
		    (gsize)s.in);

	g_autofree float *masked = masked_gradient(&b);

	bench_backward(&b);
	naive_dense_backward_data(&s, dsrc, masked, kernel);
	naive_dense_backward_weights(&s, dkernel, dbias, b.src, masked);
	g_autofree float *got_kernel = gradient_new(b.dnn, b.layer->kernel);
	g_autofree float *got_bias = gradient_new(b.dnn, b.layer->bias);

	check_close(mode, mode->type, b.dsrc, dsrc, b.n_src, (gsize)units);
	check_close(mode, DNN_F32, got_kernel, dkernel, n_kernel, (gsize)n);
	check_close(mode, DNN_F32, got_bias, dbias, (gsize)units, (gsize)n);
	bench_clear(&b);
}

static void
test_dense(void **state)
{
	(void)state;
	for (gsize m = 0; m < G_N_ELEMENTS(modes); m++) {
		const BenchMode *mode = &modes[m];

		if (!bench_has_mode(mode))
			continue;
		check_dense(mode, 1, (Shape){ 1, 1, 1 }, 1, FALSE);
		check_dense(mode, 4, (Shape){ 1, 1, 512 }, 1024, TRUE);
		check_dense(mode, 5, (Shape){ 3, 2, 33 }, 17, TRUE);
		check_dense(mode, 3, (Shape){ 1, 1, 1024 }, 2, FALSE);
		check_dense(mode, 2, (Shape){ 7, 7, 64 }, 5, FALSE);
		check_dense(mode, 1, (Shape){ 1, 1, 47 }, 16, TRUE);
	}
}

/* ---- pooling */

static void
check_pool(const BenchMode *mode, const NaivePool *s)
{
	Bench b = pool_bench(mode, s, LAYER_TRAINED);
	Bench frozen = pool_bench(mode, s, LAYER_FORWARD);
	g_autofree double *dst = g_new(double, b.n_dst);
	g_autofree double *dsrc = g_new(double, b.n_src);

	/* Nothing is computed: values are moved, so they are equal. */
	bench_forward(&b);
	naive_pool_forward(s, dst, b.src);
	for (gsize i = 0; i < b.n_dst; i++)
		assert_true((double)b.dst[i] == dst[i]);
	bench_backward(&b);
	naive_pool_backward(s, dsrc, b.src, b.ddst);
	for (gsize i = 0; i < b.n_src; i++)
		assert_true((double)b.dsrc[i] == dsrc[i]);

	bench_forward(&frozen);
	assert_memory_equal(frozen.dst, b.dst, b.n_dst * sizeof *b.dst);
	bench_clear(&b);
	bench_clear(&frozen);
}

static void
test_pool(void **state)
{
	static const NaivePool shapes[] = {
		{ 1, 33, 47, 1 }, { 2, 33, 47, 3 }, { 3, 8, 10, 16 },
		{ 5, 7, 2, 64 },  { 4, 2, 3, 5 },   { 1, 32, 32, 128 },
	};

	(void)state;
	for (gsize m = 0; m < G_N_ELEMENTS(modes); m++)
		for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++)
			if (bench_has_mode(&modes[m]))
				check_pool(&modes[m], &shapes[i]);
}

/* After a ReLU many maxima are ties at zero: one of them gets the gradient. */
/*
 * What a ReLU put out is pooled: its gradient, taken in here, is that of the
 * pooling where the output of the ReLU is above zero, and zero elsewhere.
 */
static void
check_pooled_relu(const BenchMode *mode)
{
	const NaivePool shape = { 3, 6, 9, 16 };
	Bench b = pool_bench(mode, &shape, LAYER_TRAINED);
	g_autofree double *dsrc = g_new(double, b.n_src);
	gsize masked = 0;

	/* Of four values of a window none is left in one case of sixteen. */
	for (gsize i = 0; i < b.n_src; i++)
		b.src[i] = MAX(b.src[i], 0);
	b.layer->relu_below = TRUE;
	naive_pool_backward(&shape, dsrc, b.src, b.ddst);
	bench_forward(&b);
	bench_backward(&b);
	for (gsize i = 0; i < b.n_src; i++) {
		assert_true((double)b.dsrc[i] == (b.src[i] > 0 ? dsrc[i] : 0));
		masked += dsrc[i] != 0 && !(b.src[i] > 0);
	}
	assert_true(masked > 0);
	bench_clear(&b);
}

static void
test_pooled_relu(void **state)
{
	(void)state;
	for (gsize m = 0; m < G_N_ELEMENTS(modes); m++)
		if (bench_has_mode(&modes[m]))
			check_pooled_relu(&modes[m]);
}

static void
test_pool_ties(void **state)
{
	const NaivePool shape = { 2, 6, 8, 16 };
	Bench b = pool_bench(&bench_plain, &shape, LAYER_TRAINED);

	(void)state;
	for (gsize i = 0; i < b.n_src; i++)
		b.src[i] = floorf(b.src[i] + 0.5f);
	bench_forward(&b);
	bench_backward(&b);
	for (gsize i = 0; i < b.n_dst; i++) {
		const gsize c = i % 16, x = i / 16 % 4, row = i / 64;
		const gsize at = ((2 * row * 8) + 2 * x) * 16 + c;
		const gsize window[] = { at, at + 16, at + 128, at + 144 };
		int receivers = 0;

		for (int k = 0; k < 4; k++) {
			if (b.dsrc[window[k]] == 0)
				continue;
			receivers++;
			assert_true(b.dsrc[window[k]] == b.ddst[i]);
			assert_true(b.src[window[k]] == b.dst[i]);
		}
		assert_int_equal(receivers, 1);
	}
	bench_clear(&b);
}

/* ---- finite differences */

/* sum of output * weight: its gradient with respect to the output is known. */
static double
objective(Bench *b, const float *weights)
{
	double sum = 0;

	bench_forward(b);
	for (gsize i = 0; i < b->n_dst; i++)
		sum += (double)b->dst[i] * (double)weights[i];
	return sum;
}

/*
 * Some of the n `values` of the layer, moved up and down a little: the slope of
 * the objective is the gradient.  `param` is NULL for values of the input.
 */
static void
check_slopes(Bench *b, const float *weights, Param *param, float *values,
	     const float *gradient, gsize n)
{
	const float h = 0x1p-8f;
	double largest = 0;

	for (gsize i = 0; i < n; i++)
		largest = MAX(largest, fabs((double)gradient[i]));
	for (gsize i = 0; i < n; i += MAX(n / 23, 1)) {
		const float value = values[i];
		double up, down, slope;

		values[i] = value + h;
		if (param != NULL)
			set_values(b->dnn, param, values);
		up = objective(b, weights);
		values[i] = value - h;
		if (param != NULL)
			set_values(b->dnn, param, values);
		down = objective(b, weights);
		values[i] = value;
		if (param != NULL)
			set_values(b->dnn, param, values);
		slope = (up - down) / (2 * (double)h);
		if (fabs(slope - (double)gradient[i]) > 1e-3 * largest)
			fail_msg("[%zu] slope %g, gradient %g", i, slope,
				 (double)gradient[i]);
	}
}

/* Every other unit far above zero, the others far below: no kink is near. */
static void
leave_kinks(Bench *b)
{
	g_autofree float *bias = values_new(b->dnn, b->layer->bias);

	for (int i = 0; i < b->layer->out.c; i++)
		bias[i] += i % 2 == 0 ? 40.0f : -40.0f;
	set_values(b->dnn, b->layer->bias, bias);
}

static void
check_layer_slopes(Bench *b)
{
	g_autofree float *weights = g_new(float, b->n_dst);
	Layer *layer = b->layer;

	if (layer->relu)
		leave_kinks(b);
	memcpy(weights, b->ddst, b->n_dst * sizeof *weights);
	bench_forward(b);
	bench_backward(b);
	check_slopes(b, weights, NULL, b->src, b->dsrc, b->n_src);
	if (layer->kernel == NULL)
		return;
	g_autofree float *kernel = values_new(b->dnn, layer->kernel);
	g_autofree float *bias = values_new(b->dnn, layer->bias);
	g_autofree float *dkernel = gradient_new(b->dnn, layer->kernel);
	g_autofree float *dbias = gradient_new(b->dnn, layer->bias);

	check_slopes(b, weights, layer->kernel, kernel, dkernel,
		     keras_floats(layer->kernel));
	check_slopes(b, weights, layer->bias, bias, dbias, (gsize)layer->out.c);
}

static void
test_slopes(void **state)
{
	Bench benches[] = {
		conv_bench(&bench_plain, &(NaiveConv){ 2, 9, 7, 3, 16 },
			   LAYER_TRAINED),
		conv_bench(&bench_plain, &(NaiveConv){ 1, 5, 6, 16, 64 },
			   LAYER_TRAINED),
		dense_bench(&bench_plain, 3, (Shape){ 2, 3, 16 }, 33, TRUE,
			    LAYER_TRAINED),
		dense_bench(&bench_plain, 4, (Shape){ 1, 1, 64 }, 3, FALSE,
			    LAYER_TRAINED),
		pool_bench(&bench_plain, &(NaivePool){ 2, 7, 9, 5 },
			   LAYER_TRAINED),
		dropout_bench(&bench_plain, 4, 33, 0.5, 7),
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(benches); i++) {
		check_layer_slopes(&benches[i]);
		bench_clear(&benches[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conv),
		cmocka_unit_test(test_conv_roles),
		cmocka_unit_test(test_dense),
		cmocka_unit_test(test_pool),
		cmocka_unit_test(test_pool_ties),
		cmocka_unit_test(test_pooled_relu),
		cmocka_unit_test(test_slopes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
