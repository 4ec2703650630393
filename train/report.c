#include "train/report.h"

#include <json-glib/json-glib.h>
#include <math.h>

/* "9.7 s", "3m05s", "2h10m" */
static char *
duration(double seconds)
{
	const guint64 s = (guint64)(seconds + 0.5);

	if (seconds < 59.95)
		return g_strdup_printf("%.1f s", seconds);
	if (s < 3600)
		return g_strdup_printf("%um%02us", (unsigned)(s / 60),
				       (unsigned)(s % 60));
	return g_strdup_printf("%" G_GUINT64_FORMAT "h%02um", s / 3600,
			       (unsigned)(s / 60 % 60));
}

/* Nothing where the text is that of the epoch before. */
static void
add_rate(GString *line, double rate, const EpochReport *before)
{
	g_autofree char *now = g_strdup_printf("%.3g", rate);
	g_autofree char *then =
		before != NULL ? g_strdup_printf("%.3g", before->rate) : NULL;

	if (g_strcmp0(now, then) != 0)
		g_string_append_printf(line, "  lr %s", now);
}

char *
report_epoch(const GArray *history, int epochs, double began)
{
	const EpochReport *r =
		&g_array_index(history, EpochReport, history->len - 1);
	const EpochReport *before = history->len > 1 ? r - 1 : NULL;
	const double from =
		before != NULL ? MAX(before->wall_time, began) : began;
	/* A clock that was set back is no reason for a negative time. */
	const double seconds = MAX(r->wall_time - from, 0);
	g_autofree char *took = duration(seconds);
	GString *line = g_string_new(NULL);

	g_string_append_printf(line, "epoch %d/%d  loss %.4f  accuracy %.4f",
			       r->epoch, epochs, r->loss, r->accuracy);
	if (r->has_val)
		g_string_append_printf(line,
				       "  val_loss %.4f  val_accuracy %.4f",
				       r->val_loss, r->val_accuracy);
	add_rate(line, r->rate, before);
	g_string_append_printf(line, "  %.1f images/s  %s",
			       r->images_per_second, took);
	if (r->skipped > 0)
		g_string_append_printf(line, "  %d steps skipped", r->skipped);
	if (r->epoch < epochs) {
		g_autofree char *left =
			duration(round(seconds * (epochs - r->epoch)));

		g_string_append_printf(line, "  at most %s left", left);
	}
	if (r->has_val && r->best)
		g_string_append(line, "  best so far");
	return g_string_free(line, FALSE);
}

static void
add_number(JsonBuilder *json, const char *name, double value)
{
	json_builder_set_member_name(json, name);
	/* JSON has no other numbers. */
	if (isfinite(value))
		json_builder_add_double_value(json, value);
	else
		json_builder_add_null_value(json);
}

char *
report_metrics_json(const EpochReport *r, const char *test)
{
	g_autoptr(JsonBuilder) json = json_builder_new();
	g_autoptr(JsonNode) root = NULL;

	json_builder_begin_object(json);
	json_builder_set_member_name(json, "epoch");
	json_builder_add_int_value(json, r->epoch);
	add_number(json, "loss", r->loss);
	add_number(json, "accuracy", r->accuracy);
	if (r->has_val) {
		add_number(json, "val_loss", r->val_loss);
		add_number(json, "val_accuracy", r->val_accuracy);
	}
	if (test != NULL) {
		json_builder_set_member_name(json, "test");
		json_builder_add_value(json, json_from_string(test, NULL));
	}
	json_builder_end_object(json);
	root = json_builder_get_root(json);
	return json_to_string(root, FALSE);
}

double
report_number(double value)
{
	return isnan(value) ? (double)NAN : value;
}

char *
report_count(gsize n)
{
	return n < 1000000 ? g_strdup_printf("%zu", n)
			   : g_strdup_printf("%.1f million", (double)n / 1e6);
}
