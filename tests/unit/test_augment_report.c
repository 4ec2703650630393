/* What kw-augment tells about its work, to people and to programs. */
#include <json-glib/json-glib.h>
#include <string.h>

#include "augment/report.h"
#include "tests/support/kwtest.h"

/* Two classes, and as many copies. */
static AugmentReport *
sample_report(char *const *class_names)
{
	AugmentCensus census = { .n_classes = 2 };
	gsize classes[2][KW_N_SPLITS] = { { 10, 2, 3 }, { 4, 1, 0 } };
	AugmentReport *report = augment_report_new();

	census.classes = classes;
	augment_report_census(report, &census, class_names);
	report->counts[0].after = 40;
	report->counts[1].after = 16;
	report->total.after = 56;
	report->settings = g_strdup("augment.copies=3\naugment.fill=wrap\n"
				    "augment.odd=a=b\n");
	report->dataset_bytes = 123456789;
	report->written = TRUE;
	return report;
}

static char *const *
cat_and_dog(void)
{
	static const char *const names[] = { "cat", "dog", NULL };

	return (char *const *)names;
}

/* The text with runs of spaces as one. */
static char *
squeezed(const AugmentReport *report, gboolean verbose)
{
	g_autofree char *text = augment_report_text(report, verbose);
	g_autoptr(GRegex) spaces = g_regex_new(" +", 0, 0, NULL);

	return g_regex_replace_literal(spaces, text, -1, 0, " ", 0, NULL);
}

static void
assert_says(const AugmentReport *report, gboolean verbose, const char *what)
{
	g_autofree char *text = squeezed(report, verbose);

	if (strstr(text, what) == NULL)
		fail_msg("no '%s' in:\n%s", what, text);
}

static void
assert_silent(const AugmentReport *report, gboolean verbose, const char *what)
{
	g_autofree char *text = squeezed(report, verbose);

	if (strstr(text, what) != NULL)
		fail_msg("'%s' in:\n%s", what, text);
}

/* ---- for people */

static void
text_has_a_line_for_each_class(void **state)
{
	g_autoptr(AugmentReport) report = sample_report(cat_and_dog());

	(void)state;
	assert_says(report, FALSE, "train -> augmented val test\n");
	assert_says(report, FALSE, "\ncat 10 -> 40 2 3\n");
	assert_says(report, FALSE, "\ndog 4 -> 16 1 0\n");
	assert_says(report, FALSE, "\nall 14 -> 56 3 3\n");
	assert_says(report, FALSE, "\ndisk: ");
	assert_silent(report, FALSE, "augment.copies");
	assert_says(report, TRUE, "augment.copies=3\n");
	assert_silent(report, FALSE, "shards");
	assert_silent(report, FALSE, "replay");
	assert_silent(report, FALSE, "image files");
}

static void
text_tells_of_what_was_special(void **state)
{
	g_autoptr(AugmentReport) report = sample_report(cat_and_dog());

	(void)state;
	report->shards = 7;
	report->n_saved = 56;
	report->replayed = TRUE;
	assert_says(report, FALSE, " in 7 shards\n");
	assert_says(report, FALSE, "\nimage files: 56\n");
	assert_says(report, FALSE, "\nreplay: all images are as they were\n");
	report->n_other = 2;
	assert_says(report, FALSE, "replay: 2 images are not as they were");
	report->planned = TRUE;
	report->written = FALSE;
	assert_says(report, FALSE, " in 7 shards, not written: a dry run\n");
	assert_silent(report, FALSE, "replay:");
}

static void
text_tells_that_no_dataset_was_written(void **state)
{
	g_autoptr(AugmentReport) report = sample_report(cat_and_dog());

	(void)state;
	assert_silent(report, FALSE, "not written");
	report->written = FALSE;
	assert_says(report, FALSE,
		    "\ndisk: 123 MB, not written: standard "
		    "output is a terminal\n");
}

/* Columns line up by characters, and nothing of a name reaches a terminal. */
static void
assert_lines_up(const char *const *names)
{
	g_autoptr(AugmentReport) report = sample_report((char *const *)names);
	g_autofree char *text = augment_report_text(report, FALSE);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	assert_null(strchr(text, '\033'));
	for (int i = 1; i <= 3; i++) {
		const char *arrow = strstr(lines[i], "->");

		assert_non_null(arrow);
		assert_int_equal(
			g_utf8_strlen(lines[i], arrow - lines[i]),
			g_utf8_strlen(lines[3],
				      strstr(lines[3], "->") - lines[3]));
	}
}

static void
text_survives_names_of_all_kinds(void **state)
{
	static const char *const names[] = { "K\u00e4tzchen", "a\033[31mb\n",
					     NULL };

	(void)state;
	assert_lines_up(names);
}

/* Of what is not UTF-8, each byte is printed as a question mark. */
static void
columns_line_up_by_what_is_printed(void **state)
{
	static const char *const names[] = {
		"cat", "\xe4\xe4\xe4\xe4\xe4\xe4\xe4\xe4 cats", NULL
	};

	(void)state;
	assert_lines_up(names);
}

/* ---- for programs */

static JsonObject *
parse(JsonParser *parser, const AugmentReport *report)
{
	g_autofree char *text = augment_report_json(report);
	GError *error = NULL;

	assert_true(g_str_has_suffix(text, "}\n"));
	json_parser_load_from_data(parser, text, -1, &error);
	test_assert_no_error(error);
	return json_node_get_object(json_parser_get_root(parser));
}

static void
assert_counts(JsonObject *object, gint64 train, gint64 augmented, gint64 val,
	      gint64 test)
{
	assert_int_equal(json_object_get_int_member(object, "train"), train);
	assert_int_equal(json_object_get_int_member(object, "augmented"),
			 augmented);
	assert_int_equal(json_object_get_int_member(object, "val"), val);
	assert_int_equal(json_object_get_int_member(object, "test"), test);
}

static void
json_has_all_the_numbers(void **state)
{
	g_autoptr(AugmentReport) report = sample_report(cat_and_dog());
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonObject *root, *settings, *dog;
	JsonArray *classes;

	(void)state;
	report->shards = 7;
	report->n_saved = 56;
	root = parse(parser, report);
	assert_counts(root, 14, 56, 3, 3);
	classes = json_object_get_array_member(root, "classes");
	assert_int_equal(json_array_get_length(classes), 2);
	dog = json_array_get_object_element(classes, 1);
	assert_string_equal(json_object_get_string_member(dog, "name"), "dog");
	assert_counts(dog, 4, 16, 1, 0);
	settings = json_object_get_object_member(root, "settings");
	assert_int_equal(json_object_get_size(settings), 3);
	assert_string_equal(json_object_get_string_member(settings, "copies"),
			    "3");
	assert_string_equal(json_object_get_string_member(settings, "odd"),
			    "a=b");
	assert_int_equal(json_object_get_int_member(root, "dataset_bytes"),
			 123456789);
	assert_int_equal(json_object_get_int_member(root, "shards"), 7);
	assert_int_equal(json_object_get_int_member(root, "image_files"), 56);
	assert_false(json_object_has_member(root, "not_as_before"));
}

static void
json_tells_of_a_replay(void **state)
{
	g_autoptr(AugmentReport) report = sample_report(cat_and_dog());
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonObject *root;

	(void)state;
	report->replayed = TRUE;
	report->n_other = 5;
	root = parse(parser, report);
	assert_int_equal(json_object_get_int_member(root, "not_as_before"), 5);
	report->planned = TRUE;
	root = parse(parser, report);
	assert_false(json_object_has_member(root, "not_as_before"));
}

static void
json_quotes_names(void **state)
{
	static const char *const names[] = { "a\"b\\c\n", "K\u00e4tzchen",
					     NULL };
	g_autoptr(AugmentReport) report = sample_report((char *const *)names);
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonArray *classes =
		json_object_get_array_member(parse(parser, report), "classes");

	(void)state;
	for (guint i = 0; i < 2; i++)
		assert_string_equal(
			json_object_get_string_member(
				json_array_get_object_element(classes, i),
				"name"),
			names[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_has_a_line_for_each_class),
		cmocka_unit_test(text_tells_of_what_was_special),
		cmocka_unit_test(text_tells_that_no_dataset_was_written),
		cmocka_unit_test(text_survives_names_of_all_kinds),
		cmocka_unit_test(columns_line_up_by_what_is_printed),
		cmocka_unit_test(json_has_all_the_numbers),
		cmocka_unit_test(json_tells_of_a_replay),
		cmocka_unit_test(json_quotes_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
