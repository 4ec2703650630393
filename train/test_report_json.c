#include "train/test_report.h"

#include <json-glib/json-glib.h>
#include <math.h>

static void
add_value(JsonBuilder *json, double value)
{
	/* JSON has no other numbers. */
	if (isfinite(value))
		json_builder_add_double_value(json, value);
	else
		json_builder_add_null_value(json);
}

static void
add_number(JsonBuilder *json, const char *name, double value)
{
	json_builder_set_member_name(json, name);
	add_value(json, value);
}

static void
add_count(JsonBuilder *json, const char *name, gsize count)
{
	json_builder_set_member_name(json, name);
	json_builder_add_int_value(json, (gint64)count);
}

static void
add_string(JsonBuilder *json, const char *name, const char *value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_string_value(json, value);
}

static void
add_interval(JsonBuilder *json, const char *name, Interval interval)
{
	json_builder_set_member_name(json, name);
	json_builder_begin_array(json);
	add_value(json, interval.low);
	add_value(json, interval.high);
	json_builder_end_array(json);
}

static void
begin(JsonBuilder *json, const char *name)
{
	json_builder_set_member_name(json, name);
	json_builder_begin_object(json);
}

static void
add_summary(JsonBuilder *json, const TestReport *r)
{
	const Evaluation *e = r->evaluation;

	add_string(json, "split", r->split);
	add_count(json, "images", e->n);
	add_count(json, "correct", e->correct);
	add_number(json, "accuracy", e->accuracy);
	add_interval(json, "accuracy_interval", r->wilson);
	add_number(json, "loss", e->loss);
	begin(json, "baseline");
	add_string(json, "class", r->class_names[r->frequent]);
	add_number(json, "accuracy", r->baseline);
	json_builder_end_object(json);
	begin(json, "groups");
	add_count(json, "count", r->groups.groups);
	add_number(json, "accuracy", r->groups.accuracy);
	add_interval(json, "interval", r->groups.interval);
	json_builder_end_object(json);
}

static void
add_calibration(JsonBuilder *json, const Calibration *c)
{
	begin(json, "calibration");
	add_number(json, "error", c->error);
	add_number(json, "confidence", c->confidence);
	json_builder_set_member_name(json, "bins");
	json_builder_begin_array(json);
	for (int b = 0; b < CALIBRATION_BINS; b++) {
		json_builder_begin_object(json);
		add_count(json, "images", c->bins[b].n);
		add_number(json, "accuracy", c->bins[b].accuracy);
		add_number(json, "confidence", c->bins[b].confidence);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
	json_builder_end_object(json);
}

static void
add_scores(JsonBuilder *json, const ClassScore *s)
{
	add_number(json, "precision", s->precision);
	add_number(json, "recall", s->recall);
	add_number(json, "f1", s->f1);
}

static void
add_classes(JsonBuilder *json, const TestReport *r)
{
	begin(json, "macro");
	add_scores(json, &r->macro);
	json_builder_end_object(json);
	json_builder_set_member_name(json, "classes");
	json_builder_begin_array(json);
	for (int k = 0; k < r->evaluation->classes; k++) {
		json_builder_begin_object(json);
		add_string(json, "name", r->class_names[k]);
		add_scores(json, &r->classes[k]);
		add_count(json, "support", r->classes[k].support);
		add_count(json, "predicted", r->classes[k].predicted);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
}

static void
add_confusion(JsonBuilder *json, const Evaluation *e)
{
	const gsize *count = e->confusion;

	json_builder_set_member_name(json, "confusion");
	json_builder_begin_array(json);
	for (int i = 0; i < e->classes; i++) {
		json_builder_begin_array(json);
		for (int k = 0; k < e->classes; k++)
			json_builder_add_int_value(json, (gint64)*count++);
		json_builder_end_array(json);
	}
	json_builder_end_array(json);
}

static void
add_mistakes(JsonBuilder *json, const TestReport *r)
{
	json_builder_set_member_name(json, "mistakes");
	json_builder_begin_array(json);
	for (guint i = 0; i < r->n_mistakes; i++) {
		const Mistake *m = &r->mistakes[i];

		json_builder_begin_object(json);
		add_string(json, "source", m->source);
		add_count(json, "copy", (gsize)m->copy);
		add_string(json, "class", r->class_names[m->label]);
		add_string(json, "predicted", r->class_names[m->predicted]);
		add_number(json, "confidence", m->confidence);
		add_number(json, "truth", m->truth);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
}

char *
test_report_json(const TestReport *report, gboolean pretty)
{
	g_autoptr(JsonBuilder) json = json_builder_new();
	g_autoptr(JsonNode) root = NULL;

	json_builder_begin_object(json);
	add_summary(json, report);
	add_calibration(json, &report->calibration);
	add_classes(json, report);
	add_confusion(json, report->evaluation);
	add_mistakes(json, report);
	json_builder_end_object(json);
	root = json_builder_get_root(json);
	return json_to_string(root, pretty);
}
