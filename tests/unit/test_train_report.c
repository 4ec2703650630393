/* What kw-train says of an epoch and of the test images. */
#include "tests/support/kwtest.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "train/report.h"

static void
test_epoch(void **state)
{
	EpochReport r = { .epoch = 3,
			  .loss = 9.73124,
			  .accuracy = 0.8125,
			  .has_val = TRUE,
			  .val_loss = 1.5,
			  .val_accuracy = 0.75,
			  .images_per_second = 11.96,
			  .best = TRUE };
	g_autofree char *best = report_epoch(&r, 50);
	g_autofree char *other = NULL;
	g_autofree char *unvalidated = NULL;

	(void)state;
	assert_string_equal(best, "epoch 3/50  loss 9.7312  accuracy 0.8125  "
				  "val_loss 1.5000  val_accuracy 0.7500  "
				  "12.0 images/s  best so far");
	r.best = FALSE;
	other = report_epoch(&r, 50);
	assert_null(strstr(other, "best"));
	r.best = TRUE;
	r.has_val = FALSE;
	unvalidated = report_epoch(&r, 50);
	assert_string_equal(unvalidated, "epoch 3/50  loss 9.7312  accuracy "
					 "0.8125  12.0 images/s");
}

/* The columns line up whatever the names are; control characters do not. */
static void
test_evaluation(void **state)
{
	gsize confusion[] = { 150, 31, 0, 12, 60, 3, 1, 2, 4 };
	const gsize train_counts[] = { 5, 70, 70 };
	g_auto(GStrv) names = g_strsplit("kangaroo/w\u00e4llaby/a\nb", "/", -1);
	const Evaluation e = { .classes = 3,
			       .n = 263,
			       .correct = 214,
			       .loss = 0.5,
			       .accuracy = 214.0 / 263,
			       .confusion = confusion };
	g_autofree char *text =
		report_evaluation(&e, "test", names, train_counts);

	(void)state;
	assert_string_equal(
		text,
		"test report, 263 images\n"
		"baseline: always 'w\u00e4llaby' is right for 28.52 %\n"
		"accuracy: 81.37 % (214 of 263), 95 % interval 76.22 to "
		"85.61 %; loss 0.5000\n"
		"confusion matrix (rows: true class, columns: predicted)\n"
		"                     1      2      3\n"
		"     1 kangaroo    150     31      0\n"
		"     2 w\u00e4llaby      12     60      3\n"
		"     3 a?b           1      2      4\n");
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
	g_autofree char *text = report_metrics_json(&r);
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
	g_autofree char *less = report_metrics_json(&r);
	assert_null(strstr(less, "val_"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_epoch),
		cmocka_unit_test(test_evaluation),
		cmocka_unit_test(test_metrics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
