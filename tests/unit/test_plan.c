/* What is chosen to compute in, and why. */
#include "tests/support/kwtest.h"

#include <string.h>

#include "kw/error.h"
#include "tests/support/bench.h"
#include "train/plan.h"

static const NetworkSpec small = {
	.batch = 2,
	.height = 32,
	.width = 32,
	.channels = 3,
	.classes = 3,
	.n_head = 1,
	.head = { 16 },
	.freeze = 20,
	.training = TRUE,
	.threads = 2,
};

static const DnnMode f32 = { DNN_F32, DNN_NHWC, DNN_DIRECT };
static const DnnMode bf16 = { DNN_BF16, DNN_NHWC, DNN_DIRECT };
static const DnnMode winograd = { DNN_F32, DNN_BLOCKED, DNN_WINOGRAD };

static gboolean
same_mode(const DnnMode *a, const DnnMode *b)
{
	return a->type == b->type && a->order == b->order &&
	       a->algorithm == b->algorithm;
}

/* ---- as text */

static void
test_text(void **state)
{
	static const char *const texts[] = { "f32 direct nhwc",
					     "bf16 direct nhwc",
					     "f32 winograd blocked",
					     "bf16 direct blocked" };
	static const DnnMode modes[] = {
		{ DNN_F32, DNN_NHWC, DNN_DIRECT },
		{ DNN_BF16, DNN_NHWC, DNN_DIRECT },
		{ DNN_F32, DNN_BLOCKED, DNN_WINOGRAD },
		{ DNN_BF16, DNN_BLOCKED, DNN_DIRECT },
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *text = plan_text(&modes[i]);
		DnnMode mode;

		assert_string_equal(text, texts[i]);
		assert_true(plan_parse(text, &mode));
		assert_true(same_mode(&mode, &modes[i]));
	}
}

static void
test_text_of_no_mode(void **state)
{
	static const char *const texts[] = {
		"",
		"f32",
		"f32 direct",
		"f32 direct nhwc ",
		"f32 direct nhwc more",
		"f64 direct nhwc",
		"f32 nhwc direct",
		"F32 direct nhwc",
	};
	DnnMode mode = winograd;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		assert_false(plan_parse(texts[i], &mode));
	assert_true(same_mode(&mode, &winograd));
}

/* ---- choosing */

static DnnMode
choose(Precision precision, Algorithm algorithm, char **why)
{
	NetworkSpec spec = small;
	GError *error = NULL;

	spec.mode = winograd; /* whatever stood there before */
	assert_true(plan_choose(&spec, precision, algorithm, why, &error));
	test_assert_no_error(error);
	assert_null(strchr(*why, '\n'));
	return spec.mode;
}

static void
test_f32_direct(void **state)
{
	g_autofree char *why = NULL;
	const DnnMode mode = choose(PRECISION_F32, ALGORITHM_DIRECT, &why);

	(void)state;
	assert_true(same_mode(&mode, &f32));
	assert_string_equal(why, "f32 direct: as asked for");
}

/* Nothing is left to a measurement. */
static void
test_auto_direct(void **state)
{
	g_autofree char *why = NULL;
	const DnnMode mode = choose(PRECISION_AUTO, ALGORITHM_DIRECT, &why);

	(void)state;
	if (dnn_has_bf16()) {
		assert_true(same_mode(&mode, &bf16));
		assert_string_equal(why, "bf16 direct: this CPU computes it "
					 "natively");
	} else {
		assert_true(same_mode(&mode, &f32));
		assert_string_equal(why, "f32 direct: this CPU has no bf16");
	}
}

/* What is chosen can be made, and the reason tells of all there was. */
static void
check_auto(Precision precision)
{
	const gboolean has_bf16 = precision == PRECISION_AUTO && dnn_has_bf16();
	const gboolean has_winograd = bench_has_mode(&winograd);
	NetworkSpec spec = small;
	NetworkMemory memory;
	g_autofree char *why = NULL;
	g_autofree char *text = NULL;

	spec.mode = choose(precision, ALGORITHM_AUTO, &why);
	assert_true(network_memory(&spec, &memory, NULL));
	text = plan_text(&spec.mode);
	*strrchr(text, ' ') = '\0';
	assert_true(g_str_has_prefix(why, text));
	if (!has_bf16 && !has_winograd)
		assert_true(same_mode(&spec.mode, &f32));
	assert_int_equal(strstr(why, " ms a step, ") != NULL,
			 has_bf16 || has_winograd);
	assert_int_equal(strstr(why, "no bf16") != NULL,
			 !has_bf16 && !has_winograd &&
				 precision == PRECISION_AUTO);
	assert_int_equal(strstr(why, "no Winograd kernels") != NULL,
			 !has_bf16 && !has_winograd);
}

static void
test_auto(void **state)
{
	(void)state;
	check_auto(PRECISION_AUTO);
	check_auto(PRECISION_F32);
}

static void
test_fastest(void **state)
{
	(void)state;
	assert_int_equal(plan_fastest((double[]){ 1 }, 1), 0);
	assert_int_equal(plan_fastest((double[]){ 1, 0.5, 0.6 }, 3), 1);
	assert_int_equal(plan_fastest((double[]){ 1, 0.6, 0.5 }, 3), 2);
	assert_int_equal(plan_fastest((double[]){ 1, 2, 3 }, 3), 0);
	assert_int_equal(plan_fastest((double[]){ 1, 0.96, 0.97 }, 3), 0);
	assert_int_equal(plan_fastest((double[]){ 1, 0.94, 1.5 }, 3), 1);
	/* The bound is the first one's alone. */
	assert_int_equal(plan_fastest((double[]){ 1, 0.91, 0.9 }, 3), 2);
}

/* Asked for by name: that, or an error that leaves all as it was. */
static void
check_named(Precision precision, Algorithm algorithm, const DnnMode *wanted,
	    const char *option)
{
	NetworkSpec spec = small;
	g_autofree char *why = NULL;
	GError *error = NULL;

	if (plan_choose(&spec, precision, algorithm, &why, &error)) {
		assert_true(bench_has_mode(wanted));
		assert_true(same_mode(&spec.mode, wanted));
		assert_non_null(why);
		return;
	}
	assert_false(bench_has_mode(wanted));
	assert_null(why);
	assert_true(same_mode(&spec.mode, &f32));
	assert_true(g_str_has_prefix(error->message, option));
	test_assert_error(&error, KW_ERROR_UNSUPPORTED, "oneDNN");
}

static void
test_named(void **state)
{
	(void)state;
	check_named(PRECISION_BF16, ALGORITHM_AUTO, &bf16,
		    "--precision bf16: ");
	check_named(PRECISION_BF16, ALGORITHM_DIRECT, &bf16,
		    "--precision bf16: ");
	check_named(PRECISION_AUTO, ALGORITHM_WINOGRAD, &winograd,
		    "--algorithm winograd: ");
	check_named(PRECISION_F32, ALGORITHM_WINOGRAD, &winograd,
		    "--algorithm winograd: ");
}

static void
test_bf16_winograd(void **state)
{
	NetworkSpec spec = small;
	g_autofree char *why = NULL;
	GError *error = NULL;

	(void)state;
	assert_false(plan_choose(&spec, PRECISION_BF16, ALGORITHM_WINOGRAD,
				 &why, &error));
	test_assert_error(&error, KW_ERROR_USAGE, "--algorithm winograd");
	assert_null(why);
}

/* What has nothing to do with the mode is an error, not a reason. */
static void
test_other_errors(void **state)
{
	NetworkSpec spec = small;
	g_autofree char *why = NULL;
	GError *error = NULL;

	(void)state;
	spec.height = -1;
	assert_false(plan_choose(&spec, PRECISION_AUTO, ALGORITHM_AUTO, &why,
				 &error));
	test_assert_error(&error, KW_ERROR_UNSUPPORTED, "oneDNN cannot");
	assert_null(why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_of_no_mode),
		cmocka_unit_test(test_f32_direct),
		cmocka_unit_test(test_auto_direct),
		cmocka_unit_test(test_auto),
		cmocka_unit_test(test_fastest),
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_bf16_winograd),
		cmocka_unit_test(test_other_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
