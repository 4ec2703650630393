/* What is chosen to compute in, and why. */
#include "tests/support/kwtest.h"

#include <string.h>

#include "kw/cpu.h"
#include "kw/error.h"
#include "tests/support/bench.h"
#include "train/plan.h"
#include "train/tune.h"

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

static const NetworkPlan f32 = { .mode = { DNN_F32, DNN_NHWC } };
static const NetworkPlan bf16 = { .mode = { DNN_BF16, DNN_NHWC } };

static gboolean
same_plan(const NetworkPlan *a, const NetworkPlan *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

/* ---- as text */

/* The directs of the convolutions past the first. */
#define REST " ddd ddd ddd ddd ddd ddd ddd ddd ddd ddd ddd ddd ddd ddd ddd"

static void
test_text(void **state)
{
	static const struct {
		NetworkPlan plan;
		const char *text, *name;
	} cases[] = {
		{ { { DNN_F32, DNN_NHWC }, { { DNN_DIRECT } } },
		  "f32 nhwc ddd" REST,
		  "f32 direct" },
		{ { { DNN_F32, DNN_NHWC },
		    { { DNN_DIRECT, DNN_FUSED_WINOGRAD, DNN_DIRECT } } },
		  "f32 nhwc dfd" REST,
		  "f32 Winograd" },
		{ { { DNN_F32, DNN_BLOCKED }, { { DNN_WINOGRAD } } },
		  "f32 blocked wdd" REST,
		  "f32 Winograd blocked" },
		{ { { DNN_BF16, DNN_BLOCKED }, { { DNN_DIRECT } } },
		  "bf16 blocked ddd" REST,
		  "bf16 direct blocked" },
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = plan_text(&cases[i].plan);
		g_autofree char *name = plan_name(&cases[i].plan);
		NetworkPlan plan;

		assert_string_equal(text, cases[i].text);
		assert_string_equal(name, cases[i].name);
		assert_true(plan_parse(text, &plan));
		assert_true(same_plan(&plan, &cases[i].plan));
	}
}

static void
test_text_of_no_plan(void **state)
{
	static const char *const texts[] = {
		"",
		"f32",
		"f32 nhwc",
		"f32 nhwc" REST,
		"f32 nhwc dddd" REST,
		"f32 nhwc dd" REST,
		"f32 nhwc ddx" REST,
		"f32 nhwc ddd" REST " ",
		"f32 nhwc ddd" REST " ddd",
		"f64 nhwc ddd" REST,
		"nhwc f32 ddd" REST,
		"F32 nhwc ddd" REST,
	};
	NetworkPlan plan = bf16;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		assert_false(plan_parse(texts[i], &plan));
	assert_true(same_plan(&plan, &bf16));
}

/* ---- choosing */

static NetworkSpec
choose_within(Precision precision, Algorithm algorithm, gsize memory,
	      char **why)
{
	const PlanWish wish = { precision, algorithm, memory };
	NetworkSpec spec = small;
	GError *error = NULL;

	/* Whatever stood there before. */
	spec.plan.mode.order = DNN_BLOCKED;
	spec.plan.conv[3][1] = DNN_WINOGRAD;
	assert_true(plan_choose(&spec, &wish, why, &error));
	test_assert_no_error(error);
	assert_null(strchr(*why, '\n'));
	return spec;
}

static NetworkSpec
choose(Precision precision, Algorithm algorithm, char **why)
{
	return choose_within(precision, algorithm, G_MAXSIZE, why);
}

static void
test_f32_direct(void **state)
{
	g_autofree char *why = NULL;
	const NetworkSpec spec = choose(PRECISION_F32, ALGORITHM_DIRECT, &why);

	(void)state;
	assert_true(same_plan(&spec.plan, &f32));
	assert_string_equal(why, "f32 direct: as asked for");
}

/* Nothing is left to a measurement. */
static void
test_auto_direct(void **state)
{
	g_autofree char *why = NULL;
	const NetworkSpec spec = choose(PRECISION_AUTO, ALGORITHM_DIRECT, &why);

	(void)state;
	if (dnn_has_bf16()) {
		assert_true(same_plan(&spec.plan, &bf16));
		assert_string_equal(why, "bf16 direct: this CPU computes it "
					 "natively");
	} else {
		assert_true(same_plan(&spec.plan, &f32));
		assert_string_equal(why, "f32 direct: as asked for; this CPU "
					 "has no bf16");
	}
}

static gboolean
is_winograd(const NetworkSpec *spec, int i, DnnPass pass)
{
	return spec->plan.conv[i][pass] != DNN_DIRECT;
}

/* What is chosen can be made, and the reason tells what else was tried. */
static void
check_auto(Precision precision)
{
	g_autofree char *why = NULL;
	const NetworkSpec spec = choose(precision, ALGORITHM_AUTO, &why);
	g_autofree char *name = plan_name(&spec.plan);
	NetworkMemory memory;

	assert_true(network_memory(&spec, &memory, NULL));
	assert_true(g_str_has_prefix(why, name));
	assert_non_null(strstr(why, ": convolutions take "));
	assert_non_null(strstr(why, " ms a step, "));
	assert_non_null(strstr(why, "f32 direct"));
	assert_non_null(strstr(why, " blocked"));
	assert_int_equal(strstr(why, "no bf16") != NULL,
			 precision == PRECISION_AUTO && !dnn_has_bf16());
	/* Three channels are too few for any such kernel of ours. */
	for (int pass = 0; pass < DNN_N_PASSES; pass++)
		assert_true(spec.plan.conv[0][pass] != DNN_FUSED_WINOGRAD);
	/* What is not computed is not chosen. */
	assert_false(is_winograd(&spec, 1, DNN_BACKWARD_DATA));
	assert_false(is_winograd(&spec, 1, DNN_BACKWARD_WEIGHTS));
}

static void
test_auto(void **state)
{
	(void)state;
	check_auto(PRECISION_AUTO);
	check_auto(PRECISION_F32);
}

static gboolean
has_bf16_winograd(void)
{
	return dnn_has_bf16() && kw_cpu() >= KW_CPU_AVX512_BF16;
}

/* All but the first layer, whose three channels are too few. */
static void
check_winograd(Precision precision, const char *prefix)
{
	g_autofree char *why = NULL;
	const NetworkSpec spec = choose(precision, ALGORITHM_WINOGRAD, &why);

	for (int i = 1; i < VGG19_CONVOLUTIONS; i++)
		assert_true(is_winograd(&spec, i, DNN_FORWARD));
	assert_true(is_winograd(&spec, 15, DNN_BACKWARD_WEIGHTS));
	assert_true(g_str_has_prefix(why, prefix));
}

static void
test_winograd(void **state)
{
	(void)state;
	check_winograd(PRECISION_F32, "f32 Winograd");
	check_winograd(PRECISION_AUTO, has_bf16_winograd() ? "" : "f32 Winog");
}

/* What takes more memory than there is, is not chosen. */
static void
test_memory(void **state)
{
	g_autofree char *why = NULL;
	const NetworkSpec spec =
		choose_within(PRECISION_F32, ALGORITHM_AUTO, 1, &why);

	(void)state;
	assert_true(same_plan(&spec.plan, &f32));
	/* Blocked order may be given up before, where it is slow. */
	assert_non_null(strstr(why, "there is not enough memory"));
}

/* Asked for by name: that, or an error that leaves all as it was. */
static void
check_bf16(Algorithm algorithm)
{
	const PlanWish wish = { PRECISION_BF16, algorithm, G_MAXSIZE };
	const gboolean possible =
		bench_has_mode(&(BenchMode){ DNN_BF16, DNN_NHWC, DNN_DIRECT });
	NetworkSpec spec = small;
	g_autofree char *why = NULL;
	GError *error = NULL;

	if (plan_choose(&spec, &wish, &why, &error)) {
		assert_true(possible);
		assert_int_equal(spec.plan.mode.type, DNN_BF16);
		assert_non_null(why);
		return;
	}
	assert_false(possible);
	assert_null(why);
	assert_true(same_plan(&spec.plan, &f32));
	assert_true(g_str_has_prefix(error->message,
				     "--precision bf16 does not work here, "
				     "--precision f32 does: "));
	test_assert_error(&error, KW_ERROR_UNSUPPORTED, "oneDNN");
}

static void
test_bf16(void **state)
{
	(void)state;
	check_bf16(ALGORITHM_AUTO);
	check_bf16(ALGORITHM_DIRECT);
}

static void
test_bf16_winograd(void **state)
{
	const PlanWish wish = { PRECISION_BF16, ALGORITHM_WINOGRAD, G_MAXSIZE };
	NetworkSpec spec = small;
	g_autofree char *why = NULL;
	GError *error = NULL;

	(void)state;
	if (has_bf16_winograd()) {
		check_winograd(PRECISION_BF16, "bf16 Winograd");
		return;
	}
	assert_false(plan_choose(&spec, &wish, &why, &error));
	test_assert_error(&error, KW_ERROR_UNSUPPORTED, "bf16");
	assert_null(why);
}

/* What has nothing to do with the mode is an error, not a reason. */
static void
test_other_errors(void **state)
{
	const PlanWish wish = { PRECISION_AUTO, ALGORITHM_AUTO, G_MAXSIZE };
	NetworkSpec spec = small;
	g_autofree char *why = NULL;
	GError *error = NULL;

	(void)state;
	spec.height = -1;
	assert_false(plan_choose(&spec, &wish, &why, &error));
	test_assert_error(&error, KW_ERROR_UNSUPPORTED, "oneDNN cannot");
	assert_null(why);
}

static NetworkSpec
for_use(Precision precision)
{
	NetworkSpec spec = small;

	spec.training = FALSE;
	/* Whatever stood there before. */
	spec.plan.mode.order = DNN_BLOCKED;
	spec.plan.conv[0][DNN_FORWARD] = DNN_FUSED_WINOGRAD;
	plan_for_use(&spec, precision);
	return spec;
}

static void
test_for_use(void **state)
{
	const NetworkSpec spec = for_use(PRECISION_F32);
	NetworkMemory memory;
	GError *error = NULL;

	(void)state;
	network_memory(&spec, &memory, &error);
	test_assert_no_error(error);
	assert_int_equal(spec.plan.mode.type, DNN_F32);
	for (int i = 0; i < VGG19_CONVOLUTIONS; i++)
		assert_int_equal(is_winograd(&spec, i, DNN_FORWARD),
				 i > 0 && kw_cpu() != KW_CPU_GENERIC);
}

/* Winograd's kernels are faster than anything but AMX. */
static void
test_for_use_bf16(void **state)
{
	const NetworkSpec spec = for_use(PRECISION_BF16);
	const gboolean winograd = has_bf16_winograd() && !dnn_has_amx();
	const gboolean possible =
		bench_has_mode(&(BenchMode){ DNN_BF16, DNN_NHWC, DNN_DIRECT });
	NetworkMemory memory;
	GError *error = NULL;

	(void)state;
	assert_int_equal(spec.plan.mode.type, DNN_BF16);
	for (int i = 0; i < VGG19_CONVOLUTIONS; i++)
		assert_int_equal(is_winograd(&spec, i, DNN_FORWARD),
				 i > 0 && winograd);
	assert_true(!dnn_has_amx() || dnn_has_bf16());
	assert_int_equal(network_memory(&spec, &memory, &error), possible);
	if (possible)
		return;
	plan_blame_precision(PRECISION_F32, &error);
	assert_true(g_str_has_prefix(error->message, "oneDNN"));
	plan_blame_precision(PRECISION_BF16, &error);
	test_assert_error(&error, KW_ERROR_UNSUPPORTED,
			  "--precision bf16 does not work here, --precision "
			  "f32 does: oneDNN cannot");
}

static void
test_for_use_auto(void **state)
{
	const NetworkSpec spec = for_use(PRECISION_AUTO);
	const NetworkSpec same =
		for_use(dnn_has_amx() ? PRECISION_BF16 : PRECISION_F32);

	(void)state;
	assert_true(same_plan(&spec.plan, &same.plan));
}

/* Only what oneDNN cannot do is the precision's fault. */
static void
test_blame(void **state)
{
	GError *error = NULL;

	(void)state;
	plan_blame_precision(PRECISION_BF16, NULL);
	g_set_error(&error, KW_ERROR, KW_ERROR_MEMORY, "not enough memory");
	plan_blame_precision(PRECISION_BF16, &error);
	assert_string_equal(error->message, "not enough memory");
	g_error_free(error);
}

/* ---- by measurement */

static void
test_fastest(void **state)
{
	(void)state;
	assert_int_equal(tune_fastest((double[]){ 1 }, 1), 0);
	assert_int_equal(tune_fastest((double[]){ 1, 0.5, 0.6 }, 3), 1);
	assert_int_equal(tune_fastest((double[]){ 1, 0.6, 0.5 }, 3), 2);
	assert_int_equal(tune_fastest((double[]){ 1, 2, 3 }, 3), 0);
	assert_int_equal(tune_fastest((double[]){ 1, 0.96, 0.97 }, 3), 0);
	assert_int_equal(tune_fastest((double[]){ 1, 0.94, 1.5 }, 3), 1);
	/* The bound is the first one's alone. */
	assert_int_equal(tune_fastest((double[]){ 1, 0.91, 0.9 }, 3), 2);
}

/* Of one algorithm there is nothing to choose, but it is timed. */
static void
test_tune_direct(void **state)
{
	NetworkSpec spec = small;
	TuneSeconds seconds;
	GError *error = NULL;

	(void)state;
	spec.plan.conv[2][DNN_FORWARD] = DNN_FUSED_WINOGRAD;
	tune_plan(&spec, TUNE_DIRECT, G_MAXDOUBLE, &seconds, &error);
	test_assert_no_error(error);
	assert_true(same_plan(&spec.plan, &f32));
	assert_true(seconds.direct > 0);
	assert_true(seconds.chosen == seconds.direct);
}

/* Where no kernel of those exists, the direct one is timed instead. */
static void
test_tune_winograd(void **state)
{
	NetworkSpec spec = small;
	TuneSeconds seconds;
	GError *error = NULL;

	(void)state;
	tune_plan(&spec, TUNE_WINOGRAD, G_MAXDOUBLE, &seconds, &error);
	test_assert_no_error(error);
	assert_false(is_winograd(&spec, 0, DNN_FORWARD));
	assert_true(is_winograd(&spec, 1, DNN_FORWARD));
	assert_true(seconds.direct == 0);
	assert_true(seconds.chosen > 0 && seconds.chosen < 3600);
}

/* What is too slow already is not tried to its end. */
static void
test_tune_limit(void **state)
{
	NetworkSpec spec = small;
	TuneSeconds all, seconds;
	GError *error = NULL;

	(void)state;
	tune_plan(&spec, TUNE_WINOGRAD, G_MAXDOUBLE, &all, &error);
	test_assert_no_error(error);
	tune_plan(&spec, TUNE_WINOGRAD, 0, &seconds, &error);
	test_assert_no_error(error);
	assert_true(seconds.chosen > 0);
	assert_true(seconds.chosen < all.chosen / 2);
	for (int i = 1; i < VGG19_CONVOLUTIONS; i++)
		assert_false(is_winograd(&spec, i, DNN_FORWARD));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_of_no_plan),
		cmocka_unit_test(test_f32_direct),
		cmocka_unit_test(test_auto_direct),
		cmocka_unit_test(test_auto),
		cmocka_unit_test(test_winograd),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_bf16),
		cmocka_unit_test(test_bf16_winograd),
		cmocka_unit_test(test_other_errors),
		cmocka_unit_test(test_for_use),
		cmocka_unit_test(test_for_use_bf16),
		cmocka_unit_test(test_for_use_auto),
		cmocka_unit_test(test_blame),
		cmocka_unit_test(test_fastest),
		cmocka_unit_test(test_tune_direct),
		cmocka_unit_test(test_tune_winograd),
		cmocka_unit_test(test_tune_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
