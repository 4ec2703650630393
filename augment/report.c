#include "augment/report.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "kw/app.h"
#include "kw/size.h"

AugmentReport *
augment_report_new(void)
{
	AugmentReport *report = g_new0(AugmentReport, 1);

	report->warnings = g_ptr_array_new_with_free_func(g_free);
	return report;
}

void
augment_report_free(AugmentReport *report)
{
	if (report == NULL)
		return;
	g_strfreev(report->classes);
	g_free(report->counts);
	g_free(report->settings);
	g_ptr_array_unref(report->warnings);
	g_free(report);
}

void
augment_report_census(AugmentReport *report, const AugmentCensus *census,
		      char *const *class_names)
{
	report->classes = g_strdupv((char **)class_names);
	report->counts = g_new0(AugmentCount, census->n_classes);
	for (guint k = 0; k < census->n_classes; k++) {
		AugmentCount *count = &report->counts[k];

		count->before = census->classes[k][KW_TRAIN];
		count->val = census->classes[k][KW_VAL];
		count->test = census->classes[k][KW_TEST];
		report->total.before += count->before;
		report->total.val += count->val;
		report->total.test += count->test;
	}
}

/* ---- for people */

static void
add_line(GString *text, int width, const char *name, const AugmentCount *count)
{
	g_autofree char *printable = kw_printable(name);
	/* columns of a terminal, not bytes */
	glong missing = width - g_utf8_strlen(printable, -1);

	g_string_append_printf(text, "%s%*s %9zu -> %-9zu %7zu %7zu\n",
			       printable, (int)MAX(missing, 0), "",
			       count->before, count->after, count->val,
			       count->test);
}

static void
add_table(GString *text, const AugmentReport *report)
{
	glong width = g_utf8_strlen("all", -1);

	for (guint k = 0; report->classes[k] != NULL; k++) {
		g_autofree char *printable = kw_printable(report->classes[k]);

		width = MAX(width, g_utf8_strlen(printable, -1));
	}
	g_string_append_printf(text, "%*s %22s %7s %7s\n", (int)width, "",
			       "train -> augmented", "val", "test");
	for (guint k = 0; report->classes[k] != NULL; k++)
		add_line(text, (int)width, report->classes[k],
			 &report->counts[k]);
	add_line(text, (int)width, "all", &report->total);
}

static void
add_replay(GString *text, const AugmentReport *report)
{
	if (report->n_other == 0)
		g_string_append(text, "replay: all images are as they were\n");
	else
		g_string_append_printf(text,
				       "replay: %zu images are not as they "
				       "were: other photos, or another "
				       "version\n",
				       report->n_other);
}

char *
augment_report_text(const AugmentReport *report, gboolean verbose)
{
	GString *text = g_string_new(verbose ? report->settings : NULL);
	g_autofree char *bytes = kw_size_text(report->dataset_bytes);

	add_table(text, report);
	if (report->replayed && !report->planned)
		add_replay(text, report);
	if (report->n_saved > 0)
		g_string_append_printf(text, "image files: %zu\n",
				       report->n_saved);
	g_string_append_printf(text, "disk: %s", bytes);
	if (report->shards > 0)
		g_string_append_printf(text, " in %u shards", report->shards);
	g_string_append(text, report->written ? "\n"
			      : report->planned
				      ? ", not written: a dry run\n"
				      : ", not written: standard output is "
					"a terminal\n");
	return g_string_free(text, FALSE);
}

/* ---- for programs */

static void
add_number(JsonBuilder *json, const char *name, guint64 value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_int_value(json, (gint64)value);
}

static void
add_counts(JsonBuilder *json, const AugmentCount *count)
{
	add_number(json, "train", count->before);
	add_number(json, "augmented", count->after);
	add_number(json, "val", count->val);
	add_number(json, "test", count->test);
}

static void
add_classes(JsonBuilder *json, const AugmentReport *report)
{
	json_builder_set_member_name(json, "classes");
	json_builder_begin_array(json);
	for (guint k = 0; report->classes[k] != NULL; k++) {
		json_builder_begin_object(json);
		json_builder_set_member_name(json, "name");
		json_builder_add_string_value(json, report->classes[k]);
		add_counts(json, &report->counts[k]);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
}

/* "augment.copies=3" as "copies": "3" */
static void
add_settings(JsonBuilder *json, const AugmentReport *report)
{
	g_auto(GStrv) lines = g_strsplit(report->settings, "\n", -1);

	json_builder_set_member_name(json, "settings");
	json_builder_begin_object(json);
	for (char **line = lines; *line != NULL; line++) {
		g_auto(GStrv) parts = g_strsplit(*line, "=", 2);
		const char *dot;

		if (g_strv_length(parts) != 2)
			continue;
		dot = strchr(parts[0], '.');
		json_builder_set_member_name(json,
					     dot != NULL ? dot + 1 : parts[0]);
		json_builder_add_string_value(json, parts[1]);
	}
	json_builder_end_object(json);
}

char *
augment_report_json(const AugmentReport *report)
{
	g_autoptr(JsonBuilder) json = json_builder_new();
	g_autoptr(JsonGenerator) generator = json_generator_new();
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *text = NULL;

	json_builder_begin_object(json);
	add_counts(json, &report->total);
	add_classes(json, report);
	add_settings(json, report);
	add_number(json, "dataset_bytes", report->dataset_bytes);
	add_number(json, "shards", report->shards);
	add_number(json, "image_files", report->n_saved);
	if (report->replayed && !report->planned)
		add_number(json, "not_as_before", report->n_other);
	json_builder_end_object(json);
	root = json_builder_get_root(json);
	json_generator_set_root(generator, root);
	json_generator_set_pretty(generator, TRUE);
	text = json_generator_to_data(generator, NULL);
	return g_strconcat(text, "\n", NULL);
}
