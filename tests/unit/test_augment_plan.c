#include "tests/support/kwtest.h"

#include "augment/plan.h"
#include "kw/error.h"

static void
assert_batch(const AugmentBatch *batch, KwSplit split, gint32 copy, gsize first,
	     gsize n)
{
	assert_int_equal(batch->split, split);
	assert_int_equal(batch->copy, copy);
	assert_int_equal(batch->first, first);
	assert_int_equal(batch->n, n);
}

static void
goes_through_all_records_once_a_copy(void **state)
{
	static const AugmentBatch expected[] = {
		{ KW_TRAIN, 0, 0, 3 }, { KW_TRAIN, 0, 3, 3 },
		{ KW_TRAIN, 0, 6, 1 }, { KW_TRAIN, 1, 0, 3 },
		{ KW_TRAIN, 1, 3, 3 }, { KW_TRAIN, 1, 6, 1 },
		{ KW_TRAIN, 2, 0, 3 }, { KW_TRAIN, 2, 3, 3 },
		{ KW_TRAIN, 2, 6, 1 }, { KW_VAL, 0, 0, 3 },
		{ KW_TEST, 0, 0, 2 },
	};
	const gsize inputs[] = { 7, 3, 2 };
	AugmentBatch batch = { 0 };
	AugmentPlan plan;

	(void)state;
	assert_true(augment_plan_init(&plan, inputs, 2, 3, NULL));
	assert_int_equal(plan.outputs[KW_TRAIN], 21);
	assert_int_equal(plan.outputs[KW_VAL], 3);
	assert_int_equal(plan.outputs[KW_TEST], 2);
	assert_int_equal(plan.total, 26);
	for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
		assert_true(augment_plan_next(&plan, &batch));
		assert_batch(&batch, expected[i].split, expected[i].copy,
			     expected[i].first, expected[i].n);
	}
	assert_false(augment_plan_next(&plan, &batch));
}

static void
passes_over_empty_splits(void **state)
{
	const gsize some[] = { 2, 0, 0 }, last[] = { 0, 0, 4 };
	const gsize none[] = { 0, 0, 0 };
	AugmentBatch batch = { 0 };
	AugmentPlan plan;

	(void)state;
	assert_true(augment_plan_init(&plan, some, 1, 10, NULL));
	assert_true(augment_plan_next(&plan, &batch));
	assert_true(augment_plan_next(&plan, &batch));
	assert_batch(&batch, KW_TRAIN, 1, 0, 2);
	assert_false(augment_plan_next(&plan, &batch));

	batch = (AugmentBatch){ 0 };
	assert_true(augment_plan_init(&plan, last, 5, 10, NULL));
	assert_true(augment_plan_next(&plan, &batch));
	assert_batch(&batch, KW_TEST, 0, 0, 4);
	assert_false(augment_plan_next(&plan, &batch));

	batch = (AugmentBatch){ 0 };
	assert_true(augment_plan_init(&plan, none, 5, 10, NULL));
	assert_false(augment_plan_next(&plan, &batch));
}

static void
refuses_what_cannot_be_counted(void **state)
{
	const gsize many[] = { G_MAXSIZE / 3, 0, 0 };
	const gsize sum[] = { G_MAXSIZE - 5, 6, 0 };
	g_autoptr(GError) error = NULL;
	AugmentPlan plan;

	(void)state;
	assert_true(augment_plan_init(&plan, many, 2, 1, NULL));
	assert_false(augment_plan_init(&plan, many, 3, 1, &error));
	test_assert_error(&error, KW_ERROR_USAGE, "too many");
	assert_false(augment_plan_init(&plan, sum, 0, 1, &error));
	test_assert_error(&error, KW_ERROR_USAGE, "too many");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_through_all_records_once_a_copy),
		cmocka_unit_test(passes_over_empty_splits),
		cmocka_unit_test(refuses_what_cannot_be_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
