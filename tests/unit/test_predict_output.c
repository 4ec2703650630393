/* The lines and the counts of kw-predict. */
#include "tests/support/kwtest.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "train/predict_output.h"

static char *const names[] = { (char *)"ant", (char *)"bee\t2", (char *)"cow",
			       NULL };

static const PredictItem photo = { "a\tb.jpg", -1, 0 };
static const PredictItem record = { "ant/100%25.jpg", 0, 2 };

static char *
line(const PredictOptions *o, const PredictItem *item, const float *p)
{
	const PredictAnswer answer = predict_answer(p, 3, o->threshold);

	return predict_line(o, names, item, &answer, p);
}

static void
check_line(const PredictOptions *o, const PredictItem *item, const float *p,
	   const char *expected)
{
	g_autofree char *text = line(o, item, p);

	assert_string_equal(text, expected);
}

static void
writes_fields(void **state)
{
	static const float p[] = { 0.25f, 0.5f, 0.25f };
	PredictOptions o = { 0 };

	(void)state;
	check_line(&o, &photo, p, "a\\tb.jpg\tbee\\t2\t0.500000\n");
	check_line(&o, &record, p, "ant/100%25.jpg\tbee\\t2\t0.500000\tant\n");
	o.threshold = 0.75;
	check_line(&o, &record, p,
		   "ant/100%25.jpg\tuncertain\t0.500000\tant\n");
	/* Equal ones in the order of the classes. */
	o.top = 2;
	check_line(&o, &photo, p,
		   "a\\tb.jpg\tuncertain\t0.500000\tbee\\t2\t0.500000\tant\t"
		   "0.250000\n");
	o.top = 9;
	o.threshold = 0;
	check_line(&o, &record, p,
		   "ant/100%25.jpg\tbee\\t2\t0.500000\tant\tbee\\t2\t0.500000"
		   "\tant\t0.250000\tcow\t0.250000\n");
	assert_null(predict_line_failed(&o, names, &photo, "why"));
}

static JsonObject *
parse(JsonParser *parser, const char *text)
{
	GError *error = NULL;

	/* One line. */
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	json_parser_load_from_data(parser, text, -1, &error);
	test_assert_no_error(error);
	return json_node_get_object(json_parser_get_root(parser));
}

static void
writes_json(void **state)
{
	static const float p[] = { 0.125f, 0.25f, 0.625f };
	const PredictOptions o = { .json = TRUE, .threshold = 0.7, .top = 2 };
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autofree char *text = line(&o, &record, p);
	JsonObject *object = parse(parser, text);
	JsonArray *top = json_object_get_array_member(object, "top");
	JsonObject *second = json_array_get_object_element(top, 1);

	(void)state;
	assert_string_equal(json_object_get_string_member(object, "path"),
			    "ant/100%25.jpg");
	assert_string_equal(json_object_get_string_member(object, "label"),
			    "ant");
	assert_int_equal(json_object_get_int_member(object, "copy"), 2);
	assert_string_equal(json_object_get_string_member(object, "class"),
			    "uncertain");
	assert_true(json_object_get_double_member(object, "probability") ==
		    0.625);
	assert_int_equal(json_array_get_length(top), 2);
	assert_string_equal(json_object_get_string_member(second, "class"),
			    "bee\t2");
	assert_true(json_object_get_double_member(second, "probability") ==
		    0.25);
}

static void
writes_json_of_photos(void **state)
{
	static const PredictItem odd = { "50%\xff\n.jpg", -1, 0 };
	static const float p[] = { 0.5f, 0.25f, 0.25f };
	const PredictOptions o = { .json = TRUE };
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autofree char *text = line(&o, &odd, p);
	g_autofree char *failed =
		predict_line_failed(&o, names, &odd, "damaged (\x01)");
	JsonObject *object = parse(parser, text);

	(void)state;
	assert_string_equal(json_object_get_string_member(object, "path"),
			    "50%25%FF\n.jpg");
	assert_false(json_object_has_member(object, "label"));
	assert_false(json_object_has_member(object, "error"));
	/* The answer, where nobody asks for more. */
	assert_int_equal(json_array_get_length(
				 json_object_get_array_member(object, "top")),
			 1);
	object = parse(parser, failed);
	assert_string_equal(json_object_get_string_member(object, "path"),
			    "50%25%FF\n.jpg");
	assert_string_equal(json_object_get_string_member(object, "error"),
			    "damaged (?)");
	assert_false(json_object_has_member(object, "class"));
}

static void
a_threshold_takes_what_reaches_it(void **state)
{
	static const float p[] = { 0.05f, 0.9f, 0.05f };

	(void)state;
	assert_false(predict_answer(p, 3, 0).uncertain);
	assert_false(predict_answer(p, 3, 0.9).uncertain);
	assert_true(predict_answer(p, 3, 0.90001).uncertain);
	assert_int_equal(predict_answer(p, 3, 1).label, 1);
}

static void
counts_answers(void **state)
{
	static const PredictAnswer answers[] = {
		{ 0, 0.9f, FALSE }, { 0, 0.9f, FALSE }, { 2, 0.8f, FALSE },
		{ 2, 0.4f, TRUE },  { 1, 0.3f, TRUE },
	};
	static const int labels[] = { 0, 1, 2, 2, 2 };
	g_autoptr(PredictTally) tally = predict_tally_new(3);
	g_autofree char *text = NULL;

	(void)state;
	for (int i = 0; i < 5; i++)
		predict_tally_add(tally, &answers[i], labels[i]);
	assert_int_equal(tally->predicted, 5);
	assert_int_equal(tally->counts[0], 2);
	assert_int_equal(tally->counts[1], 0);
	assert_int_equal(tally->counts[2], 1);
	assert_int_equal(tally->uncertain, 2);
	assert_int_equal(tally->labelled, 5);
	assert_int_equal(tally->correct, 3);
	assert_int_equal(tally->certain, 3);
	assert_int_equal(tally->certain_correct, 2);
	text = predict_tally_accuracy(tally, "val");
	/* Wilson's intervals of 3 of 5 and 2 of 3. */
	assert_string_equal(
		text,
		"val: accuracy 60.00 % (3 of 5), 95 % interval 23.07 to 88.24 "
		"%; where it is certain 66.67 % (2 of 3), 95 % interval 20.77 "
		"to 93.85 %");
	predict_tally_add(tally, &answers[0], -1);
	assert_int_equal(tally->labelled, 5);
	assert_int_equal(tally->predicted, 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_fields),
		cmocka_unit_test(writes_json),
		cmocka_unit_test(writes_json_of_photos),
		cmocka_unit_test(a_threshold_takes_what_reaches_it),
		cmocka_unit_test(counts_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
