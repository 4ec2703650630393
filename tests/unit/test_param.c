/* Parameters: Keras's order in and out, copies, and where they lie. */
#include "tests/support/kwtest.h"

#include <string.h>

#include "kw/alloc.h"
#include "kw/error.h"
#include "tests/support/bench.h"
#include "tests/support/params.h"
#include "tests/support/traindata.h"

static const BenchMode modes[] = {
	{ DNN_F32, DNN_NHWC, DNN_DIRECT },
	{ DNN_F32, DNN_NHWC, DNN_FUSED_WINOGRAD },
	{ DNN_F32, DNN_BLOCKED, DNN_DIRECT },
	{ DNN_F32, DNN_BLOCKED, DNN_WINOGRAD },
	{ DNN_BF16, DNN_NHWC, DNN_DIRECT },
	{ DNN_BF16, DNN_NHWC, DNN_FUSED_WINOGRAD },
	{ DNN_BF16, DNN_BLOCKED, DNN_DIRECT },
};

/* ---- regions */

static void
test_region(void **state)
{
	g_auto(Region) region = { 0 };
	const guint8 *a, *b, *c;
	GError *error = NULL;

	(void)state;
	assert_null(region_take(&region, 100));
	assert_null(region_take(&region, 0));
	assert_null(region_take(&region, 64));
	assert_int_equal(region.size, 128 + 0 + 64);
	assert_true(region_allocate(&region, "a test", &error));
	test_assert_no_error(error);
	assert_int_equal(region.size, 0);
	a = region_take(&region, 100);
	b = region_take(&region, 0);
	c = region_take(&region, 64);
	assert_int_equal((gsize)a % 64, 0);
	assert_int_equal(b - a, 128);
	assert_int_equal(c - a, 128);
	for (int i = 0; i < 128 + 64; i++)
		assert_int_equal(a[i], 0);
}

/* It is cleared in parts, by many threads: to its last byte. */
static void
test_region_is_zero(void **state)
{
	static const gsize sizes[] = { 64, (2 << 20) - 64, 2 << 20,
				       (2 << 20) + 64, (9 << 20) + 64 };

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_auto(Region) region = { 0 };
		const guint8 *bytes;

		/* Memory that may come again. */
		bytes = memset(g_malloc(sizes[i]), 255, sizes[i]);
		g_free((guint8 *)bytes);
		region_take(&region, sizes[i]);
		assert_true(region_allocate(&region, "a test", NULL));
		bytes = region_take(&region, sizes[i]);
		assert_int_equal(bytes[0], 0);
		assert_int_equal(memcmp(bytes, bytes + 1, sizes[i] - 1), 0);
	}
}

static void
test_region_too_large(void **state)
{
	g_auto(Region) region = { 0 };
	GError *error = NULL;

	(void)state;
	region_take(&region, G_MAXSIZE / 2);
	assert_false(region_allocate(&region, "the weights", &error));
	test_assert_error(&error, KW_ERROR_MEMORY, "the weights");
}

/* ---- values and velocities */

/* n values, their count in `n` */
static float *
random_values(const Param *param, guint64 seed, gsize *n)
{
	float *values;

	*n = keras_floats(param);
	values = g_new(float, *n);
	random_floats(values, *n, seed);
	return values;
}

/*
 * Value and velocity are float32 in every mode: they come back as they went in,
 * and do not get into one another's way.
 */
static void
check_values(Dnn *dnn, Param *param)
{
	gsize n;
	GError *error = NULL;
	g_autofree float *value = random_values(param, 7, &n);
	g_autofree float *velocity = random_values(param, 8, &n);
	g_autofree float *back = g_new0(float, n);

	param_import(dnn, param, value, &error);
	test_assert_no_error(error);
	param_import_velocity(dnn, param, velocity, &error);
	test_assert_no_error(error);
	param_export(dnn, param, back, &error);
	test_assert_no_error(error);
	assert_memory_equal(back, value, n * sizeof *back);
	param_export_velocity(dnn, param, back, &error);
	test_assert_no_error(error);
	assert_memory_equal(back, velocity, n * sizeof *back);
}

static void
test_values(void **state)
{
	const NaiveConv shape = { 1, 6, 5, 17, 33 };

	(void)state;
	for (gsize m = 0; m < G_N_ELEMENTS(modes); m++) {
		if (!bench_has_mode(&modes[m]))
			continue;
		Bench conv = conv_bench(&modes[m], &shape, LAYER_TRAINED);
		Bench dense = dense_bench(&modes[m], 2, (Shape){ 2, 3, 5 }, 7,
					  TRUE, LAYER_TRAINED);

		check_values(conv.dnn, conv.layer->kernel);
		check_values(conv.dnn, conv.layer->bias);
		check_values(dense.dnn, dense.layer->kernel);
		check_values(dense.dnn, dense.layer->bias);
		bench_clear(&conv);
		bench_clear(&dense);
	}
}

/* A velocity lies as its value does, so that the update is one loop. */
static void
test_velocity_lies_as_value(void **state)
{
	const NaiveConv shape = { 1, 6, 5, 17, 33 };
	Bench b = conv_bench(&bench_plain, &shape, LAYER_TRAINED);
	Param *kernel = b.layer->kernel;
	gsize n;
	g_autofree float *values = random_values(kernel, 9, &n);

	(void)state;
	set_values(b.dnn, kernel, values);
	param_import_velocity(b.dnn, kernel, values, NULL);
	assert_true(kernel->n >= n);
	assert_memory_equal(kernel->velocity, kernel->value,
			    kernel->n * sizeof *values);
	bench_clear(&b);
}

/* After a change of the value, both passes use it. */
static void
test_refresh(void **state)
{
	const NaiveConv shape = { 2, 6, 5, 16, 32 };

	(void)state;
	for (gsize m = 0; m < G_N_ELEMENTS(modes); m++) {
		if (!bench_has_mode(&modes[m]))
			continue;
		Bench b = conv_bench(&modes[m], &shape, LAYER_TRAINED);
		Param *kernel = b.layer->kernel;
		GError *error = NULL;

		memset(kernel->value, 0, kernel->n * sizeof *kernel->value);
		memset(b.layer->bias->value, 0, 32 * sizeof(float));
		b.layer->bias->value[3] = 1;
		param_refresh(kernel, &error);
		test_assert_no_error(error);
		bench_forward(&b);
		bench_backward(&b);
		for (gsize i = 0; i < b.n_dst; i++)
			assert_true(b.dst[i] == (i % 32 == 3 ? 1 : 0));
		for (gsize i = 0; i < b.n_src; i++)
			assert_true(b.dsrc[i] == 0);
		bench_clear(&b);
	}
}

/* From a frozen parameter to a trained one, whose layouts may differ. */
static void
test_copy(void **state)
{
	const NaiveConv shape = { 1, 6, 5, 17, 33 };

	(void)state;
	for (gsize m = 0; m < G_N_ELEMENTS(modes); m++) {
		if (!bench_has_mode(&modes[m]))
			continue;
		Bench frozen = conv_bench(&modes[m], &shape, LAYER_FORWARD);
		Bench trained = conv_bench(&modes[m], &shape, LAYER_TRAINED);
		Param *from = frozen.layer->kernel;
		gsize n;
		GError *error = NULL;
		g_autofree float *values = random_values(from, 10, &n);

		set_values(frozen.dnn, from, values);
		param_copy(trained.dnn, trained.layer->kernel, from, &error);
		test_assert_no_error(error);
		g_autofree float *got =
			values_new(trained.dnn, trained.layer->kernel);

		assert_memory_equal(got, values, n * sizeof *got);
		bench_forward(&frozen);
		bench_forward(&trained);
		test_assert_close(trained.dst, frozen.dst, frozen.n_dst, 1e-5,
				  0);
		bench_clear(&frozen);
		bench_clear(&trained);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_region),
		cmocka_unit_test(test_region_is_zero),
		cmocka_unit_test(test_region_too_large),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_velocity_lies_as_value),
		cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
