/* What kw-train says of an epoch. */
#include "tests/support/kwtest.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "train/report.h"

/* The line of the last of n epochs of 50, of a run that began at 1000. */
static char *
line(const EpochReport *epochs, guint n)
{
	g_autoptr(GArray) history =
		g_array_new(FALSE, FALSE, sizeof(EpochReport));

	g_array_append_vals(history, epochs, n);
	return report_epoch(history, 50, 1000);
}

static const EpochReport two[] = {
	{ .epoch = 1, .rate = 1e-4, .wall_time = 1100 },
	{ .epoch = 2,
	  .loss = 9.73124,
	  .accuracy = 0.8125,
	  .has_val = TRUE,
	  .val_loss = 1.5,
	  .val_accuracy = 0.75,
	  .rate = 1e-4,
	  .images_per_second = 11.96,
	  .wall_time = 1112.34,
	  .best = TRUE },
};

static void
test_epoch(void **state)
{
	EpochReport r[] = { two[0], two[1] };
	g_autofree char *best = line(r, 2);
	g_autofree char *other = NULL, *unvalidated = NULL, *skipped = NULL;

	(void)state;
	/* 48 epochs of 12.34 s are 592 s. */
	assert_string_equal(best, "epoch 2/50  loss 9.7312  accuracy 0.8125  "
				  "val_loss 1.5000  val_accuracy 0.7500  "
				  "12.0 images/s  12.3 s  at most 9m52s left  "
				  "best so far");
	r[1].best = FALSE;
	other = line(r, 2);
	assert_null(strstr(other, "best"));
	r[1].best = TRUE;
	r[1].has_val = FALSE;
	unvalidated = line(r, 2);
	assert_string_equal(unvalidated,
			    "epoch 2/50  loss 9.7312  accuracy 0.8125  "
			    "12.0 images/s  12.3 s  at most 9m52s left");
	r[1].skipped = 3;
	skipped = line(r, 2);
	assert_non_null(strstr(skipped, "  12.3 s  3 steps skipped  at most"));
}

static void
test_rate(void **state)
{
	EpochReport r[] = { two[0], two[1] };
	g_autofree char *first = line(r, 1);
	g_autofree char *same = line(r, 2);
	g_autofree char *changed = NULL;

	(void)state;
	assert_non_null(strstr(first, "  lr 0.0001  "));
	assert_null(strstr(same, "lr"));
	r[1].rate = 2.5e-5;
	changed = line(r, 2);
	assert_non_null(strstr(changed, "val_accuracy 0.7500  lr 2.5e-05  12"));
}

static void
test_time(void **state)
{
	/* Ended at, with the epoch before at 1100; and what is said of it. */
	static const struct {
		double end;
		int epoch;
		const char *text;
	} times[] = {
		{ 1100.04, 49, "  0.0 s  at most 0.0 s left" },
		{ 1159.9, 49, "  59.9 s  at most 1m00s left" },
		{ 1159.96, 49, "  1m00s  at most 1m00s left" },
		{ 1100 + 3599.6, 48, "  1h00m  at most 1h59m left" },
		{ 1100 + 7384, 50, "  2h03m" },
		/* The clock was set back. */
		{ 90, 49, "  0.0 s  at most 0.0 s left" },
	};
	EpochReport r[] = { two[0], two[1] };
	g_autofree char *first = line(r, 1);
	g_autofree char *resumed = NULL;

	(void)state;
	r[1].has_val = FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(times); i++) {
		r[1].wall_time = times[i].end;
		r[1].epoch = times[i].epoch;
		g_autofree char *text = line(r, 2);

		if (!g_str_has_suffix(text, times[i].text))
			fail_msg("'%s' in '%s'", times[i].text, text);
	}
	/* From the start of the run, which is after the epoch before where it
	 * was resumed. */
	assert_non_null(strstr(first, "  1m40s  at most 1h21m left"));
	r[0].wall_time = 12;
	r[1] = two[1];
	resumed = line(r, 2);
	assert_non_null(strstr(resumed, "  1m52s  "));
}

static double
number(JsonObject *object, const char *name)
{
	return json_object_get_double_member(object, name);
}

static void
test_metrics(void **state)
{
	EpochReport r = { .epoch = 7,
			  .loss = 0.1,
			  .accuracy = 0.9,
			  .has_val = TRUE,
			  .val_loss = 1e-7,
			  .val_accuracy = 1 };
	g_autofree char *text = report_metrics_json(&r, NULL);
	g_autoptr(JsonNode) root = json_from_string(text, NULL);
	JsonObject *object = json_node_get_object(root);

	(void)state;
	assert_int_equal(json_object_get_int_member(object, "epoch"), 7);
	assert_true(number(object, "loss") == 0.1);
	assert_true(number(object, "accuracy") == 0.9);
	assert_true(number(object, "val_loss") == 1e-7);
	assert_true(number(object, "val_accuracy") == 1);
	assert_int_equal(json_object_get_size(object), 5);

	r.has_val = FALSE;
	r.loss = INFINITY;
	g_autofree char *less = report_metrics_json(&r, NULL);
	assert_null(strstr(less, "val_"));
	assert_non_null(strstr(less, "\"loss\":null"));
}

static void
test_metrics_with_a_test(void **state)
{
	const EpochReport r = { .epoch = 7 };
	g_autofree char *text =
		report_metrics_json(&r, "{ \"images\": 3, \"loss\": [0.5] }");

	(void)state;
	assert_true(g_str_has_suffix(
		text, ",\"test\":{\"images\":3,\"loss\":[0.5]}}"));
}

/* NaN of either sign is the same. */
static void
test_numbers(void **state)
{
	static const double values[] = { 1.5, INFINITY, -INFINITY, NAN, -NAN };
	static const char *const texts[] = { "1.5", "inf", "-inf", "nan",
					     "nan" };

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
		g_autofree char *text =
			g_strdup_printf("%g", report_number(values[i]));

		assert_string_equal(text, texts[i]);
	}
}

static void
test_counts(void **state)
{
	static const gsize values[] = { 0,       6147,     999999,
					1000000, 20030147, 143667240 };
	static const char *const texts[] = {
		"0",           "6147",         "999999",
		"1.0 million", "20.0 million", "143.7 million"
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
		g_autofree char *text = report_count(values[i]);

		assert_string_equal(text, texts[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_epoch),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_metrics),
		cmocka_unit_test(test_metrics_with_a_test),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
