/* How many copies are made of what, and where all images lie. */
#include <string.h>

#include "augment/plan.h"
#include "kw/error.h"
#include "tests/support/kwtest.h"

enum { MAX_CLASSES = 4 };

static const char *const class_names[] = { "ant", "bee", "cat", "dog", NULL };
static char *const *names = (char *const *)class_names;

static const AugmentAmount one_copy = { .copies = 1, .originals = TRUE };

/* Train records of each class, ended by a negative number; no val, no test. */
static AugmentCensus *
census_of(const gssize *train)
{
	AugmentCensus *census = g_new0(AugmentCensus, 1);

	while (train[census->n_classes] >= 0)
		census->n_classes++;
	census->classes =
		g_malloc0_n(census->n_classes, sizeof *census->classes);
	for (guint k = 0; k < census->n_classes; k++) {
		census->classes[k][KW_TRAIN] = (gsize)train[k];
		census->splits[KW_TRAIN] += (gsize)train[k];
	}
	return census;
}

static AugmentPlan *
plan_of(const gssize *train, const AugmentAmount *amount)
{
	g_autoptr(AugmentCensus) census = census_of(train);
	GError *error = NULL;
	AugmentPlan *plan = augment_plan_new(census, names, amount, &error);

	test_assert_no_error(error);
	return plan;
}

static void
assert_refused(const gssize *train, const AugmentAmount *amount,
	       const char *text)
{
	g_autoptr(AugmentCensus) census = census_of(train);
	GError *error = NULL;

	assert_null(augment_plan_new(census, names, amount, &error));
	test_assert_error(&error, KW_ERROR_USAGE, text);
}

#define TRAIN(...) ((const gssize[]){ __VA_ARGS__, -1 })

static void
assert_sizes(const AugmentPlan *plan, const gsize *sizes)
{
	gsize total = 0;

	for (guint k = 0; k < plan->n_classes; k++) {
		assert_int_equal(augment_plan_class_size(plan, k), sizes[k]);
		total += sizes[k];
	}
	assert_int_equal(plan->outputs[KW_TRAIN], total);
}

#define SIZES(...) ((const gsize[]){ __VA_ARGS__ })

/* ---- the definition: level by level, the records in order */

/* The class of record i: they come mixed, as many of each as there are. */
static gint32 *
mixed_labels(const gssize *train, gsize *n)
{
	gsize left[MAX_CLASSES] = { 0 };
	GArray *labels = g_array_new(FALSE, FALSE, sizeof(gint32));
	gboolean any = TRUE;

	for (guint k = 0; train[k] >= 0; k++)
		left[k] = (gsize)train[k];
	while (any) {
		any = FALSE;
		for (gint32 k = 0; k < MAX_CLASSES; k++) {
			if (left[k] == 0)
				continue;
			left[k]--;
			g_array_append_val(labels, k);
			any = TRUE;
		}
	}
	*n = labels->len;
	return (gint32 *)g_array_free(labels, FALSE);
}

/*
 * Follow the plan, and see that the places are those of images sorted by level,
 * then by record: counted here one after the other.
 */
static void
assert_places(const gssize *train, const AugmentAmount *amount)
{
	g_autoptr(AugmentPlan) plan = plan_of(train, amount);
	gsize n, next = 0;
	g_autofree gint32 *labels = mixed_labels(train, &n);
	g_autofree gint32 *last = g_new0(gint32, n + 1);
	g_autofree gsize *places =
		g_new0(gsize, (n + 1) * ((gsize)plan->last_level + 1));

	for (gsize i = 0; i < n; i++) {
		last[i] = augment_plan_next_record(plan, labels[i]);
		assert_true(last[i] <= plan->last_level);
		for (gint32 copy = plan->first_level; copy <= last[i]; copy++)
			places[(gsize)copy * n + i] =
				augment_plan_next_place(plan, copy);
	}
	for (gint32 copy = plan->first_level; copy <= plan->last_level; copy++)
		for (gsize i = 0; i < n; i++)
			if (copy <= last[i])
				assert_int_equal(places[(gsize)copy * n + i],
						 next++);
	assert_int_equal(next, plan->outputs[KW_TRAIN]);
	assert_int_equal(plan->first_level, amount->originals ? 0 : 1);
}

static void
places_are_each_one_once_level_by_level(void **state)
{
	const gssize *const trains[] = {
		(const gssize[]){ 1, -1 },
		(const gssize[]){ 5, -1 },
		(const gssize[]){ 7, 3, -1 },
		(const gssize[]){ 0, 4, 0, 9, -1 },
		(const gssize[]){ 1, 10, 100, 3, -1 },
	};
	static const AugmentBalance balances[] = { BALANCE_NONE, BALANCE_MAX,
						   BALANCE_TO };

	(void)state;
	for (gsize t = 0; t < G_N_ELEMENTS(trains); t++)
		for (gsize b = 0; b < G_N_ELEMENTS(balances); b++)
			for (gint32 copies = 1; copies <= 4; copies += 3)
				for (gint keep = 0; keep <= 1; keep++) {
					const AugmentAmount amount = {
						copies, keep, balances[b], 11
					};

					assert_places(trains[t], &amount);
				}
}

/* ---- how many */

static void
each_record_has_so_many_copies(void **state)
{
	const AugmentAmount three = { .copies = 3, .originals = TRUE };
	g_autoptr(AugmentPlan) plan = plan_of(TRAIN(7, 2), &three);

	(void)state;
	assert_sizes(plan, SIZES(28, 8));
	assert_int_equal(augment_plan_most_of_one(plan), 4);
	for (int i = 0; i < 7; i++)
		assert_int_equal(augment_plan_next_record(plan, 0), 3);
}

static void
originals_can_be_left_out(void **state)
{
	const AugmentAmount three = { .copies = 3 };
	g_autoptr(AugmentPlan) plan = plan_of(TRAIN(7, 2), &three);

	(void)state;
	assert_sizes(plan, SIZES(21, 6));
	assert_int_equal(augment_plan_most_of_one(plan), 3);
	assert_int_equal(augment_plan_next_record(plan, 0), 3);
	assert_int_equal(augment_plan_next_place(plan, 1), 0);
	assert_int_equal(augment_plan_next_place(plan, 2), 9);
}

static void
val_and_test_stay_as_many(void **state)
{
	g_autoptr(AugmentCensus) census = census_of(TRAIN(4, 6));
	g_autoptr(AugmentPlan) plan = NULL;

	(void)state;
	census->splits[KW_VAL] = 3;
	census->splits[KW_TEST] = 5;
	plan = augment_plan_new(census, names, &one_copy, NULL);
	assert_int_equal(plan->inputs[KW_TRAIN], 10);
	assert_int_equal(plan->outputs[KW_TRAIN], 20);
	assert_int_equal(plan->outputs[KW_VAL], 3);
	assert_int_equal(plan->outputs[KW_TEST], 5);
	assert_int_equal(plan->total, 28);
}

static void
classes_become_as_large_as_the_largest(void **state)
{
	AugmentAmount amount = { .copies = 2,
				 .originals = TRUE,
				 .balance = BALANCE_MAX };
	g_autoptr(AugmentPlan) kept = plan_of(TRAIN(10, 4, 7), &amount);
	g_autoptr(AugmentPlan) without = NULL;

	(void)state;
	/* 3 x 10 of each: 26 copies of 4 records, 23 of 7 */
	assert_sizes(kept, SIZES(30, 30, 30));
	assert_int_equal(kept->classes[1].each, 6);
	assert_int_equal(kept->classes[1].extra, 2);
	assert_int_equal(kept->classes[2].each, 3);
	assert_int_equal(kept->classes[2].extra, 2);
	assert_int_equal(kept->last_level, 7);
	/* the first two records of the class have one more */
	assert_int_equal(augment_plan_next_record(kept, 1), 7);
	assert_int_equal(augment_plan_next_record(kept, 0), 2);
	assert_int_equal(augment_plan_next_record(kept, 1), 7);
	assert_int_equal(augment_plan_next_record(kept, 1), 6);
	assert_int_equal(augment_plan_next_record(kept, 1), 6);
	amount.originals = FALSE;
	without = plan_of(TRAIN(10, 4, 7), &amount);
	assert_sizes(without, SIZES(20, 20, 20));
}

static void
classes_become_of_the_size_asked_for(void **state)
{
	AugmentAmount amount = { .originals = TRUE,
				 .balance = BALANCE_TO,
				 .balance_to = 9 };
	g_autoptr(AugmentPlan) kept = plan_of(TRAIN(10, 4, 9, 1), &amount);
	g_autoptr(AugmentPlan) without = NULL;

	(void)state;
	/* more originals than that are kept, and get no copies */
	assert_sizes(kept, SIZES(10, 9, 9, 9));
	assert_int_equal(augment_plan_next_record(kept, 0), 0);
	assert_int_equal(augment_plan_next_record(kept, 1), 2);
	assert_int_equal(augment_plan_next_record(kept, 1), 1);
	assert_int_equal(augment_plan_next_record(kept, 2), 0);
	assert_int_equal(augment_plan_next_record(kept, 3), 8);
	/* without originals, copies of the first nine */
	amount.originals = FALSE;
	without = plan_of(TRAIN(10, 4, 9, 1), &amount);
	assert_sizes(without, SIZES(9, 9, 9, 9));
	for (int i = 0; i < 9; i++)
		assert_int_equal(augment_plan_next_record(without, 0), 1);
	assert_int_equal(augment_plan_next_record(without, 0), 0);
}

static void
empty_classes_stay_empty(void **state)
{
	AugmentAmount amount = { .copies = 2,
				 .originals = TRUE,
				 .balance = BALANCE_MAX,
				 .balance_to = 5 };

	(void)state;
	for (int b = BALANCE_NONE; b <= BALANCE_TO; b++) {
		g_autoptr(AugmentPlan) plan = NULL;

		amount.balance = (AugmentBalance)b;
		plan = plan_of(TRAIN(0, 3, 0), &amount);
		assert_int_equal(augment_plan_class_size(plan, 0), 0);
		assert_int_equal(augment_plan_class_size(plan, 1),
				 b == BALANCE_TO ? 5 : 9);
		assert_int_equal(augment_plan_class_size(plan, 2), 0);
	}
}

/* ---- what is refused */

static void
a_balance_that_leaves_nothing_to_do_is_refused(void **state)
{
	AugmentAmount amount = { .originals = TRUE,
				 .balance = BALANCE_TO,
				 .balance_to = 4 };
	g_autoptr(AugmentPlan) plan = NULL;

	(void)state;
	assert_refused(TRAIN(4, 5, 0), &amount, "--balance");
	amount.originals = FALSE;
	plan = plan_of(TRAIN(4, 5, 0), &amount);
	assert_sizes(plan, SIZES(4, 4, 0));
}

static void
too_many_copies_of_a_record_are_refused(void **state)
{
	AugmentAmount amount = { .originals = TRUE,
				 .balance = BALANCE_TO,
				 .balance_to = 3 + 3 * AUGMENT_MAX_COPIES };
	g_autoptr(AugmentPlan) most = plan_of(TRAIN(4, 3), &amount);

	(void)state;
	assert_int_equal(most->last_level, AUGMENT_MAX_COPIES);
	amount.balance_to++;
	assert_refused(TRAIN(4, 3), &amount, "'bee' has 3 train images");
	amount = (AugmentAmount){ .copies = AUGMENT_MAX_COPIES,
				  .originals = TRUE,
				  .balance = BALANCE_MAX };
	assert_refused(TRAIN(2, 1), &amount, "'bee' has 1 train images");
}

static void
what_cannot_be_counted_is_refused(void **state)
{
	AugmentAmount amount = { .copies = 2, .originals = TRUE };
	g_autoptr(AugmentPlan) most =
		plan_of(TRAIN(G_MAXSSIZE / 3 * 2), &amount);
	g_autoptr(AugmentCensus) census = census_of(TRAIN(3));
	GError *error = NULL;

	(void)state;
	/* 3 x (2^63 - 1) / 3 * 2 is just below 2^64 */
	assert_int_equal(most->outputs[KW_TRAIN],
			 (gsize)(G_MAXSSIZE / 3 * 2) * 3);
	amount.copies = 3;
	assert_refused(TRAIN(G_MAXSSIZE / 3 * 2), &amount, "too many");
	/* each class can be counted, and not their sum */
	amount.copies = 2;
	assert_refused(TRAIN(G_MAXSSIZE / 3, G_MAXSSIZE / 3, G_MAXSSIZE / 3),
		       &amount, "too many");
	/* nor that with what is kept */
	census->splits[KW_VAL] = G_MAXSIZE - 5;
	assert_null(augment_plan_new(census, names, &one_copy, &error));
	test_assert_error(&error, KW_ERROR_USAGE, "too many");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_are_each_one_once_level_by_level),
		cmocka_unit_test(each_record_has_so_many_copies),
		cmocka_unit_test(originals_can_be_left_out),
		cmocka_unit_test(val_and_test_stay_as_many),
		cmocka_unit_test(classes_become_as_large_as_the_largest),
		cmocka_unit_test(classes_become_of_the_size_asked_for),
		cmocka_unit_test(empty_classes_stay_empty),
		cmocka_unit_test(
			a_balance_that_leaves_nothing_to_do_is_refused),
		cmocka_unit_test(too_many_copies_of_a_record_are_refused),
		cmocka_unit_test(what_cannot_be_counted_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
