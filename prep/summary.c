#include "prep/summary.h"

#include <json-glib/json-glib.h>

#include "kw/app.h"
#include "kw/record.h"
#include "kw/tsv.h"
#include "prep/photo.h"

static void
add_number(JsonBuilder *json, const char *name, guint64 value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_int_value(json, (gint64)value);
}

static void
add_text(JsonBuilder *json, const char *name, const char *value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_string_value(json, value);
}

static void
add_path(JsonBuilder *json, const char *name, const char *path)
{
	g_autofree char *text = kw_source_name(path);

	add_text(json, name, text);
}

static void
begin_array(JsonBuilder *json, const char *name)
{
	json_builder_set_member_name(json, name);
	json_builder_begin_array(json);
}

static void
begin_object(JsonBuilder *json, const char *name)
{
	json_builder_set_member_name(json, name);
	json_builder_begin_object(json);
}

static void
add_classes(JsonBuilder *json, const Report *report)
{
	begin_array(json, "classes");
	for (int i = 0; report->classes[i] != NULL; i++) {
		json_builder_begin_object(json);
		add_text(json, "name", report->classes[i]);
		for (int s = 0; s < KW_N_SPLITS; s++) {
			begin_object(json, kw_split_names[s]);
			add_number(json, "photos", report->counts[i].photos[s]);
			add_number(json, "groups", report->counts[i].groups[s]);
			json_builder_end_object(json);
		}
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
}

static void
add_sizes(JsonBuilder *json, const Report *report)
{
	begin_array(json, "longer_sides");
	for (int bin = 0; bin < N_SIZE_BINS; bin++) {
		json_builder_begin_object(json);
		add_number(json, "from",
			   bin == 0 ? 0
				    : (guint64)SMALLEST_SIZE_BIN << (bin - 1));
		add_number(json, "photos", report->sizes[bin]);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
	add_number(json, "enlarged", report->n_enlarged);
}

static void
add_repetitions(JsonBuilder *json, const Report *report)
{
	begin_array(json, "duplicates");
	for (guint i = 0; i < report->repetitions->len; i++) {
		const Repetition *r = report->repetitions->pdata[i];

		json_builder_begin_object(json);
		add_path(json, "photo", r->file);
		add_path(json, "original", r->original);
		add_text(json, "kind", r->equal ? "exact" : "near");
		json_builder_set_member_name(json, "other_class");
		json_builder_add_boolean_value(json, r->other_class);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
}

static void
add_rejects(JsonBuilder *json, const Report *report)
{
	begin_array(json, "left_out");
	for (guint i = 0; i < report->rejects->len; i++) {
		const Reject *reject = report->rejects->pdata[i];

		json_builder_begin_object(json);
		add_path(json, "photo", reject->file);
		add_text(json, "stage", reject->stage);
		add_path(json, "reason", reject->reason);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
}

static void
add_warnings(JsonBuilder *json, const Report *report)
{
	begin_array(json, "warnings");
	for (guint i = 0; i < report->warnings->len; i++) {
		g_autofree char *text =
			kw_printable(report->warnings->pdata[i]);

		json_builder_add_string_value(json, text);
	}
	json_builder_end_array(json);
}

/* null where near duplicates were not looked for. */
static void
add_leakage(JsonBuilder *json, const Report *report)
{
	json_builder_set_member_name(json, "leakage_checked");
	json_builder_add_boolean_value(json, report->checked);
	begin_object(json, "leakage");
	add_number(json, "groups", report->leakage.groups);
	add_number(json, "exact_duplicates", report->leakage.equal);
	if (report->near) {
		add_number(json, "near_duplicates", report->leakage.near);
	} else {
		json_builder_set_member_name(json, "near_duplicates");
		json_builder_add_null_value(json);
	}
	json_builder_end_object(json);
}

static void
add_settings(JsonBuilder *json, const Report *report)
{
	g_auto(GStrv) lines = g_strsplit(report->settings, "\n", -1);

	begin_object(json, "settings");
	for (char **line = lines; *line != NULL; line++) {
		g_auto(GStrv) parts = g_strsplit(*line, "=", 2);

		if (g_strv_length(parts) == 2)
			add_text(json, parts[0], parts[1]);
	}
	json_builder_end_object(json);
}

char *
summary_json(const Report *report)
{
	g_autoptr(JsonBuilder) json = json_builder_new();
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *text = NULL;

	json_builder_begin_object(json);
	add_text(json, "generator", "kw-prep " KW_VERSION);
	add_number(json, "photos", report->n_photos);
	add_classes(json, report);
	add_sizes(json, report);
	add_number(json, "undated", report->n_undated);
	add_number(json, "undated_dropped", report->n_dropped);
	add_number(json, "hidden", report->n_hidden);
	if (report->kept) {
		begin_object(json, "kept_splits");
		add_number(json, "known", report->n_known);
		add_number(json, "gone", report->n_gone);
		json_builder_end_object(json);
	}
	begin_object(json, "bursts");
	add_number(json, "bursts", report->bursts.bursts);
	add_number(json, "photos", report->bursts.photos);
	json_builder_end_object(json);
	add_repetitions(json, report);
	add_rejects(json, report);
	add_warnings(json, report);
	add_number(json, "dataset_bytes", report->dataset_bytes);
	add_number(json, "temporary_bytes", report->temporary_bytes);
	add_leakage(json, report);
	add_settings(json, report);
	json_builder_end_object(json);
	root = json_builder_get_root(json);
	text = json_to_string(root, TRUE);
	return g_strconcat(text, "\n", NULL);
}

char *
summary_rejects(const Report *report)
{
	GString *text = g_string_new("path\tstage\treason\n");

	for (guint i = 0; i < report->rejects->len; i++) {
		const Reject *reject = report->rejects->pdata[i];
		g_autofree char *file = kw_tsv_escape(reject->file);
		g_autofree char *reason = kw_tsv_escape(reject->reason);

		g_string_append_printf(text, "%s\t%s\t%s\n", file,
				       reject->stage, reason);
	}
	return g_string_free(text, FALSE);
}
