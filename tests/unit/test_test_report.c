/* The test report of evaluations that are written down here. */
#include "tests/support/kwtest.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "tests/support/traindata.h"
#include "train/test_report.h"

/* Record i of a split shows class i % classes, and is "class1/20000.jpg" of the
 * test images. */
typedef struct {
	KwDataset *dataset;
	Samples *samples;
	Evaluation *e;
	gsize *train_counts;
} Case;

/* All right, each image with the confidence 0.75. */
static Case
case_new(int classes, gsize n)
{
	const TrainData data = { .height = 8,
				 .width = 8,
				 .channels = 1,
				 .classes = classes,
				 .counts = { 1, 0, n },
				 .standardize = KW_STANDARDIZE_RESCALE };
	Case c = { .dataset = train_data_open(&data),
		   .e = g_new0(Evaluation, 1),
		   .train_counts = g_new0(gsize, classes) };

	c.samples = samples_read(c.dataset, KW_TEST, NULL);
	assert_non_null(c.samples);
	*c.e = (Evaluation){ .classes = classes,
			     .n = n,
			     .loss = 0.5,
			     .confusion = g_new0(gsize, classes * classes),
			     .predicted = g_new(gint32, n),
			     .confidence = g_new(float, n),
			     .truth = g_new(float, n) };
	for (gsize i = 0; i < n; i++) {
		c.e->predicted[i] = c.samples->labels[i];
		c.e->confidence[i] = 0.75f;
		c.e->truth[i] = 0.75f;
	}
	return c;
}

static void
case_clear(Case *c)
{
	evaluation_free(c->e);
	samples_free(c->samples);
	kw_dataset_free(c->dataset);
	g_free(c->train_counts);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, case_clear)

/* Image i is taken for another class. */
static void
mistake(Case *c, gsize i, gint32 predicted, float confidence)
{
	c->e->predicted[i] = predicted;
	c->e->confidence[i] = confidence;
	c->e->truth[i] = (1 - confidence) / 2;
}

static TestReport *
report_new(Case *c)
{
	Evaluation *e = c->e;
	GError *error = NULL;
	TestReport *report;

	memset(e->confusion, 0, sizeof(gsize) * e->classes * e->classes);
	e->correct = 0;
	for (gsize i = 0; i < e->n; i++) {
		const gint32 label = c->samples->labels[i];

		e->confusion[label * e->classes + e->predicted[i]]++;
		e->correct += label == e->predicted[i];
	}
	e->accuracy = (double)e->correct / (double)e->n;
	report = test_report_new(e, c->samples, c->dataset, c->train_counts,
				 &error);
	test_assert_no_error(error);
	return report;
}

/* Give the classes other names, separated by '/'. */
static void
rename_classes(TestReport *report, const char *names)
{
	g_strfreev(report->class_names);
	report->class_names = g_strsplit(names, "/", -1);
}

/* ---- numbers */

static void
test_numbers(void **state)
{
	g_auto(Case) c = case_new(3, 12);

	(void)state;
	c.train_counts[1] = c.train_counts[2] = 7;
	mistake(&c, 0, 1, 0.5f);
	mistake(&c, 4, 2, 0.9f);
	/* three groups of four */
	for (gsize i = 0; i < 12; i++)
		c.samples->group_ids[i] = i / 4;
	g_autoptr(TestReport) r = report_new(&c);

	assert_string_equal(r->split, "test");
	assert_int_equal(r->frequent, 1);
	assert_true(r->baseline == 4.0 / 12);
	assert_true(fabs(r->wilson.low - 0.5519691) < 1e-6);
	assert_true(fabs(r->wilson.high - 0.9530349) < 1e-6);
	assert_int_equal(r->groups.groups, 3);
	assert_true(fabs(r->groups.accuracy - 10.0 / 12) < 1e-12);
	assert_true(r->classes[0].recall == 0.75);
	assert_true(r->classes[2].precision == 0.8);
	assert_true(fabs(r->calibration.confidence - (7.5 + 1.4) / 12) < 1e-7);
	assert_int_equal(r->n_mistakes, 2);
}

/* ---- mistakes */

static void
check_mistake(const TestReport *r, guint k, const char *source,
	      gint32 predicted, double confidence)
{
	const Mistake *m = &r->mistakes[k];

	assert_string_equal(m->source, source);
	assert_int_equal(m->predicted, predicted);
	assert_true(fabs(m->confidence - confidence) < 1e-7);
	assert_true(fabs(m->truth - (1 - confidence) / 2) < 1e-7);
}

/* The surest first; of equals those that lie first; 20 at most. */
static void
test_mistakes(void **state)
{
	g_auto(Case) c = case_new(3, 60);

	(void)state;
	for (gsize i = 0; i < 60; i += 2)
		mistake(&c, i, (gint32)((i + 1) % 3),
			0.4f + 0.01f * (float)(i % 10));
	mistake(&c, 59, 0, 0.99f);
	c.samples->copies[59] = 3;
	g_autoptr(TestReport) r = report_new(&c);

	assert_int_equal(r->n_mistakes, 20);
	check_mistake(r, 0, "class2/20059.jpg", 0, 0.99);
	assert_int_equal(r->mistakes[0].label, 2);
	assert_int_equal(r->mistakes[0].copy, 3);
	check_mistake(r, 1, "class2/20008.jpg", 0, 0.48);
	assert_int_equal(r->mistakes[1].copy, 0);
	check_mistake(r, 2, "class0/20018.jpg", 1, 0.48);
	check_mistake(r, 6, "class1/20058.jpg", 2, 0.48);
	check_mistake(r, 7, "class0/20006.jpg", 1, 0.46);
	check_mistake(r, 12, "class2/20056.jpg", 0, 0.46);
	/* six of 0.44, and one of the six of 0.42 */
	check_mistake(r, 13, "class1/20004.jpg", 2, 0.44);
	check_mistake(r, 19, "class2/20002.jpg", 0, 0.42);
}

/* Mistakes are named after their records, also where some were left out. */
static void
test_mistakes_of_originals(void **state)
{
	g_auto(Case) c = case_new(3, 12);

	(void)state;
	for (gsize i = 0; i < 12; i++)
		c.samples->copies[i] = i % 4 != 3;
	samples_drop_copies(c.samples);
	c.e->n = c.samples->n;
	for (gsize i = 0; i < c.e->n; i++)
		c.e->predicted[i] = c.samples->labels[i];
	mistake(&c, 1, 0, 0.9f);
	g_autoptr(TestReport) r = report_new(&c);

	assert_int_equal(r->n_mistakes, 1);
	check_mistake(r, 0, "class1/20007.jpg", 0, 0.9);
	assert_int_equal(r->mistakes[0].label, 1);
	/* rows 3, 7 and 11: the groups are theirs as well */
	assert_int_equal(r->groups.groups, 3);
	assert_true(c.samples->group_ids[1] ==
		    kw_record_id("class1/20007.jpg"));
}

static void
test_no_mistakes(void **state)
{
	g_auto(Case) c = case_new(2, 4);
	g_autoptr(TestReport) r = report_new(&c);
	g_autofree char *text = test_report_text(r);

	(void)state;
	assert_int_equal(r->n_mistakes, 0);
	assert_null(strstr(text, "mistakes"));
}

/* ---- text */

static void
test_text(void **state)
{
	g_auto(Case) c = case_new(3, 12);

	(void)state;
	c.train_counts[1] = 7;
	mistake(&c, 0, 1, 0.5f);
	mistake(&c, 4, 2, 0.9f);
	c.samples->copies[4] = 2;
	for (gsize i = 0; i < 12; i++)
		c.samples->group_ids[i] = i / 4;
	g_autoptr(TestReport) r = report_new(&c);
	rename_classes(r, "kangaroo/w\u00e4llaby/a\nb");
	g_autofree char *text = test_report_text(r);

	assert_string_equal(
		text,
		"test report, 12 images\n"
		"baseline: always 'w\u00e4llaby' is right for 33.33 %\n"
		"accuracy: 83.33 % (10 of 12), 95 % interval 55.20 to "
		"95.30 %; loss 0.5000\n"
		"by group: 83.33 % (mean of 3 groups), 95 % interval 27.73 to "
		"98.49 %\n"
		"confidence: 74.17 % on average; calibration error 32.50 %\n"
		"\n"
		"  class        precision  recall      F1  support\n"
		"  kangaroo        1.0000  0.7500  0.8571        4\n"
		"  w\u00e4llaby         0.7500  0.7500  0.7500        4\n"
		"  a?b             0.8000  1.0000  0.8889        4\n"
		"  mean of all     0.8500  0.8333  0.8320       12\n"
		"\n"
		"confusion matrix (rows: true class, columns: predicted)\n"
		"              1  2  3\n"
		"  1 kangaroo  3  1  0\n"
		"  2 w\u00e4llaby   0  3  1\n"
		"  3 a?b       0  0  4\n"
		"\n"
		"mistakes: 2 of 2, the most confident first\n"
		"  confidence  predicted   true class  image\n"
		"     90.00 %  a?b         w\u00e4llaby     "
		"class1/20004.jpg, copy 2\n"
		"     50.00 %  w\u00e4llaby     kangaroo    "
		"class0/20000.jpg\n");
}

static void
test_text_of_single_images(void **state)
{
	g_auto(Case) c = case_new(2, 1);
	g_autoptr(TestReport) r = report_new(&c);
	g_autofree char *text = test_report_text(r);

	(void)state;
	assert_non_null(strstr(text, "report, 1 image\n"));
	assert_non_null(strstr(text, "by group: every image is a group of its "
				     "own\n"));
}

/* The longest line, in characters. */
static glong
widest(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	glong width = 0;

	for (char **line = lines; *line != NULL; line++)
		width = MAX(width, g_utf8_strlen(*line, -1));
	return width;
}

/* Up to so many classes the matrix fits a terminal; else their pairs do. */
static void
test_text_of_many_classes(void **state)
{
	(void)state;
	for (int classes = 2; classes <= 32; classes++) {
		g_auto(Case) c = case_new(classes, 90);

		for (gsize i = 0; i < 40; i++)
			mistake(&c, i, (gint32)(i + 1) % classes, 0.5f);
		g_autoptr(TestReport) r = report_new(&c);
		g_autofree char *text = test_report_text(r);
		const gboolean has_matrix =
			strstr(text, "\nconfusion matrix") != NULL;

		/* 80 columns, of which names and numbers take 12 and cells of
		 * two digits, with gaps, 4. */
		assert_int_equal(has_matrix, classes <= 17);
		assert_int_equal(
			strstr(text, "\nclasses most often confused") != NULL,
			!has_matrix);
		assert_true(widest(text) <= 80);
	}
}

static void
test_confused_pairs(void **state)
{
	g_auto(Case) c = case_new(30, 90);

	(void)state;
	mistake(&c, 7, 29, 0.5f);
	mistake(&c, 37, 29, 0.5f);
	mistake(&c, 67, 3, 0.5f);
	mistake(&c, 5, 8, 0.5f);
	g_autoptr(TestReport) r = report_new(&c);
	g_autofree char *text = test_report_text(r);

	assert_non_null(strstr(text, "\nclasses most often confused\n"
				     "  images  true class  predicted\n"
				     "       2  class7      class29\n"
				     "       1  class5      class8\n"
				     "       1  class7      class3\n"
				     "\n"));
}

/* Long names are cut in tables; only the path of a photo is longer. */
static void
test_text_of_long_names(void **state)
{
	g_auto(Case) c = case_new(2, 4);

	(void)state;
	mistake(&c, 0, 1, 0.5f);
	g_autoptr(TestReport) r = report_new(&c);
	rename_classes(r, "a name of a class that is \u00fcber-long/b");
	r->frequent = 1;
	g_autofree char *text = test_report_text(r);

	assert_true(widest(text) <= 80 + 4);
	assert_non_null(strstr(text, "\n  a name of a class that \u2026  "));
	assert_non_null(strstr(text, "  a name of a class that \u2026  "
				     "class0/20000.jpg\n"));
}

/* Of hundreds of classes the worst are shown. */
static void
test_text_of_hundreds(void **state)
{
	g_auto(Case) c = case_new(120, 240);

	(void)state;
	mistake(&c, 77, 0, 0.5f);
	g_autoptr(TestReport) r = report_new(&c);
	g_autofree char *text = test_report_text(r);
	const char *table =
		strstr(text, "\nthe 50 classes of lowest F1, of 120\n");

	assert_non_null(table);
	assert_non_null(strstr(table, "support\n"
				      "  class77         1.0000  0.5000  "
				      "0.6667        2\n"
				      "  class0          0.6667  1.0000  "
				      "0.8000        2\n"
				      "  class1          1.0000"));
	assert_null(strstr(table, "class49 "));
	assert_non_null(strstr(table, "\n  mean of all     0.9972  0.9958"));
}

/* ---- JSON */

static double
number(JsonObject *object, const char *name)
{
	return json_object_get_double_member(object, name);
}

static void
test_json(void **state)
{
	g_auto(Case) c = case_new(3, 12);

	(void)state;
	c.train_counts[2] = 1;
	mistake(&c, 4, 2, 0.875f);
	c.samples->copies[4] = 2;
	g_autoptr(TestReport) r = report_new(&c);
	g_autofree char *text = test_report_json(r, FALSE);
	g_autofree char *pretty = test_report_json(r, TRUE);
	g_autoptr(JsonNode) root = json_from_string(text, NULL);
	JsonObject *o = json_node_get_object(root), *part;
	JsonArray *rows;

	assert_null(strchr(text, '\n'));
	assert_non_null(strchr(pretty, '\n'));
	assert_string_equal(json_object_get_string_member(o, "split"), "test");
	assert_int_equal(json_object_get_int_member(o, "images"), 12);
	assert_int_equal(json_object_get_int_member(o, "correct"), 11);
	assert_true(number(o, "accuracy") == 11.0 / 12);
	assert_true(number(o, "loss") == 0.5);
	rows = json_object_get_array_member(o, "accuracy_interval");
	assert_true(json_array_get_double_element(rows, 0) == r->wilson.low);
	assert_true(json_array_get_double_element(rows, 1) == r->wilson.high);
	part = json_object_get_object_member(o, "baseline");
	assert_string_equal(json_object_get_string_member(part, "class"),
			    "class2");
	assert_true(number(part, "accuracy") == 4.0 / 12);
	part = json_object_get_object_member(o, "groups");
	assert_int_equal(json_object_get_int_member(part, "count"), 12);
	assert_true(number(part, "accuracy") == r->groups.accuracy);
	part = json_object_get_object_member(o, "calibration");
	assert_true(number(part, "error") == r->calibration.error);
	rows = json_object_get_array_member(part, "bins");
	assert_int_equal(json_array_get_length(rows), CALIBRATION_BINS);
	part = json_array_get_object_element(rows, 11); /* up to 0.8 */
	assert_int_equal(json_object_get_int_member(part, "images"), 11);
	part = json_object_get_object_member(o, "macro");
	assert_true(number(part, "f1") == r->macro.f1);
}

static void
test_json_of_classes(void **state)
{
	g_auto(Case) c = case_new(3, 12);

	(void)state;
	mistake(&c, 4, 2, 0.875f);
	c.samples->copies[4] = 2;
	g_autoptr(TestReport) r = report_new(&c);
	rename_classes(r, "a/b \"\\/c");
	g_autofree char *text = test_report_json(r, FALSE);
	g_autoptr(JsonNode) root = json_from_string(text, NULL);
	JsonObject *o = json_node_get_object(root), *part;
	JsonArray *rows = json_object_get_array_member(o, "classes");

	assert_int_equal(json_array_get_length(rows), 3);
	part = json_array_get_object_element(rows, 1);
	assert_string_equal(json_object_get_string_member(part, "name"),
			    "b \"\\");
	assert_true(number(part, "recall") == 0.75);
	assert_true(number(part, "precision") == 1);
	assert_int_equal(json_object_get_int_member(part, "support"), 4);
	assert_int_equal(json_object_get_int_member(part, "predicted"), 3);
	rows = json_object_get_array_member(o, "confusion");
	for (guint i = 0; i < 3; i++)
		for (guint k = 0; k < 3; k++)
			assert_int_equal(
				json_array_get_int_element(
					json_array_get_array_element(rows, i),
					k),
				c.e->confusion[3 * i + k]);
	rows = json_object_get_array_member(o, "mistakes");
	assert_int_equal(json_array_get_length(rows), 1);
	part = json_array_get_object_element(rows, 0);
	assert_string_equal(json_object_get_string_member(part, "source"),
			    "class1/20004.jpg");
	assert_int_equal(json_object_get_int_member(part, "copy"), 2);
	assert_string_equal(json_object_get_string_member(part, "class"),
			    "b \"\\");
	assert_string_equal(json_object_get_string_member(part, "predicted"),
			    "c");
	assert_true(number(part, "confidence") == 0.875);
	assert_true(number(part, "truth") == 0.0625);
}

/* JSON has no NaN: a report of a broken network is still JSON. */
static void
test_json_of_no_numbers(void **state)
{
	g_auto(Case) c = case_new(2, 4);

	(void)state;
	c.e->loss = INFINITY;
	mistake(&c, 1, 0, NAN);
	g_autoptr(TestReport) r = report_new(&c);
	g_autofree char *text = test_report_json(r, FALSE);
	g_autoptr(JsonNode) root = json_from_string(text, NULL);

	assert_non_null(root);
	assert_non_null(strstr(text, "\"loss\":null"));
	assert_non_null(strstr(text, "\"confidence\":null"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_mistakes_of_originals),
		cmocka_unit_test(test_no_mistakes),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_of_single_images),
		cmocka_unit_test(test_text_of_many_classes),
		cmocka_unit_test(test_confused_pairs),
		cmocka_unit_test(test_text_of_long_names),
		cmocka_unit_test(test_text_of_hundreds),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_of_classes),
		cmocka_unit_test(test_json_of_no_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
