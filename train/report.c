#include "train/report.h"

#include <json-glib/json-glib.h>

#include "kw/app.h"

char *
report_epoch(const EpochReport *r, int epochs)
{
	g_autofree char *val =
		r->has_val ? g_strdup_printf("  val_loss %.4f  val_accuracy "
					     "%.4f",
					     r->val_loss, r->val_accuracy)
			   : g_strdup("");

	return g_strdup_printf("epoch %d/%d  loss %.4f  accuracy %.4f%s  "
			       "%.1f images/s%s",
			       r->epoch, epochs, r->loss, r->accuracy, val,
			       r->images_per_second,
			       r->has_val && r->best ? "  best so far" : "");
}

static gsize
confusion_at(const Evaluation *e, int label, int predicted)
{
	return e->confusion[(gsize)label * (gsize)e->classes +
			    (gsize)predicted];
}

static gsize
label_count(const Evaluation *e, int label)
{
	gsize n = 0;

	for (int k = 0; k < e->classes; k++)
		n += confusion_at(e, label, k);
	return n;
}

/* Rows are true classes, columns predicted ones, numbered to stay narrow. */
static void
append_confusion(GString *text, const Evaluation *e, char *const *names)
{
	glong width = 4;

	for (int k = 0; k < e->classes; k++)
		width = MAX(width, g_utf8_strlen(names[k], -1));
	g_string_append(text, "confusion matrix (rows: true class, columns: "
			      "predicted)\n");
	g_string_append_printf(text, "  %*s", (int)width + 5, "");
	for (int k = 0; k < e->classes; k++)
		g_string_append_printf(text, " %6d", k + 1);
	g_string_append_c(text, '\n');
	for (int i = 0; i < e->classes; i++) {
		g_autofree char *name = kw_printable(names[i]);

		g_string_append_printf(text, "  %4d %s%*s", i + 1, name,
				       (int)(width - g_utf8_strlen(name, -1)),
				       "");
		for (int k = 0; k < e->classes; k++)
			g_string_append_printf(text, " %6zu",
					       confusion_at(e, i, k));
		g_string_append_c(text, '\n');
	}
}

char *
report_evaluation(const Evaluation *e, const char *split,
		  char *const *class_names, const gsize *train_counts)
{
	GString *text = g_string_new(NULL);
	double low, high;
	int frequent = 0;

	for (int k = 1; k < e->classes; k++)
		if (train_counts[k] > train_counts[frequent])
			frequent = k;
	g_autofree char *name = kw_printable(class_names[frequent]);

	g_string_append_printf(text, "%s report, %zu images\n", split, e->n);
	g_string_append_printf(
		text, "baseline: always '%s' is right for %.2f %%\n", name,
		100 * (double)label_count(e, frequent) / (double)e->n);
	wilson_interval(e->correct, e->n, &low, &high);
	g_string_append_printf(text,
			       "accuracy: %.2f %% (%zu of %zu), 95 %% interval "
			       "%.2f to %.2f %%; loss %.4f\n",
			       100 * e->accuracy, e->correct, e->n, 100 * low,
			       100 * high, e->loss);
	append_confusion(text, e, class_names);
	return g_string_free(text, FALSE);
}

static void
add_number(JsonBuilder *json, const char *name, double value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_double_value(json, value);
}

char *
report_metrics_json(const EpochReport *r)
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
	json_builder_end_object(json);
	root = json_builder_get_root(json);
	return json_to_string(root, FALSE);
}
