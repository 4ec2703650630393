#include "train/predict_output.h"

#include <json-glib/json-glib.h>
#include <stdlib.h>

#include "kw/tsv.h"
#include "train/metrics.h"

/* ---- the most probable classes */

static int
compare_probabilities(const void *a, const void *b, void *probabilities)
{
	const int i = *(const int *)a, k = *(const int *)b;
	const float *p = probabilities;

	if (p[i] != p[k])
		return p[i] > p[k] ? -1 : 1;
	return i - k;
}

/* All labels, the most probable first; of equals the first.  Free them. */
static int *
rank(const float *probabilities, int classes)
{
	int *labels = g_new(int, classes);

	for (int i = 0; i < classes; i++)
		labels[i] = i;
	qsort_r(labels, (gsize)classes, sizeof *labels, compare_probabilities,
		(void *)probabilities);
	return labels;
}

static int
count_top(const PredictOptions *options, char *const *class_names)
{
	return MIN(options->top, (int)g_strv_length((GStrv)class_names));
}

static const char *
answer_name(const PredictAnswer *answer, char *const *class_names)
{
	return answer->uncertain ? PREDICT_UNCERTAIN
				 : class_names[answer->label];
}

/* ---- tab-separated fields */

static void
add_field(GString *line, const char *text)
{
	g_autofree char *escaped = kw_tsv_escape(text);

	if (line->len > 0)
		g_string_append_c(line, '\t');
	g_string_append(line, escaped);
}

static char *
tsv_line(const PredictOptions *options, char *const *class_names,
	 const PredictItem *item, const PredictAnswer *answer,
	 const float *probabilities)
{
	const int classes = (int)g_strv_length((GStrv)class_names);
	GString *line = g_string_new(NULL);

	add_field(line, item->path);
	add_field(line, answer_name(answer, class_names));
	g_string_append_printf(line, "\t%.6f", (double)answer->probability);
	if (item->label >= 0)
		add_field(line, class_names[item->label]);
	if (options->top > 0) {
		g_autofree int *ranked = rank(probabilities, classes);

		for (int k = 0; k < count_top(options, class_names); k++) {
			add_field(line, class_names[ranked[k]]);
			g_string_append_printf(
				line, "\t%.6f",
				(double)probabilities[ranked[k]]);
		}
	}
	g_string_append_c(line, '\n');
	return g_string_free(line, FALSE);
}

/* ---- JSON */

static void
add_text(JsonBuilder *json, const char *name, const char *value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_string_value(json, value);
}

static void
add_number(JsonBuilder *json, const char *name, guint64 value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_int_value(json, (gint64)value);
}

static void
add_real(JsonBuilder *json, const char *name, double value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_double_value(json, value);
}

static void
add_truth(JsonBuilder *json, const char *name, gboolean value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_boolean_value(json, value);
}

/* Names of files may be any bytes, JSON is UTF-8; a record's name is already.
 */
static void
add_path(JsonBuilder *json, const char *path, gboolean record)
{
	g_autofree char *text = record ? g_strdup(path) : kw_source_name(path);

	add_text(json, "path", text);
}

/* What is built so far, as text.  Free it. */
static char *
finish(JsonBuilder *json, gboolean pretty)
{
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *text = NULL;

	json_builder_end_object(json);
	root = json_builder_get_root(json);
	text = json_to_string(root, pretty);
	return g_strconcat(text, "\n", NULL);
}

/* The members that all lines of an item begin with. */
static void
begin_item(JsonBuilder *json, char *const *class_names, const PredictItem *item)
{
	const gboolean record = item->label >= 0;

	json_builder_begin_object(json);
	add_path(json, item->path, record);
	if (record) {
		add_number(json, "copy", (guint64)item->copy);
		add_text(json, "label", class_names[item->label]);
	}
}

static void
add_top(JsonBuilder *json, const PredictOptions *options,
	char *const *class_names, const float *probabilities)
{
	const int classes = (int)g_strv_length((GStrv)class_names);
	const int n = MAX(count_top(options, class_names), 1);
	g_autofree int *ranked = rank(probabilities, classes);

	json_builder_set_member_name(json, "top");
	json_builder_begin_array(json);
	for (int k = 0; k < n; k++) {
		json_builder_begin_object(json);
		add_text(json, "class", class_names[ranked[k]]);
		add_real(json, "probability", (double)probabilities[ranked[k]]);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
}

static char *
json_line(const PredictOptions *options, char *const *class_names,
	  const PredictItem *item, const PredictAnswer *answer,
	  const float *probabilities)
{
	g_autoptr(JsonBuilder) json = json_builder_new();

	begin_item(json, class_names, item);
	add_text(json, "class", answer_name(answer, class_names));
	add_real(json, "probability", (double)answer->probability);
	add_top(json, options, class_names, probabilities);
	return finish(json, FALSE);
}

/* ---- lines */

char *
predict_line(const PredictOptions *options, char *const *class_names,
	     const PredictItem *item, const PredictAnswer *answer,
	     const float *probabilities)
{
	return options->json ? json_line(options, class_names, item, answer,
					 probabilities)
			     : tsv_line(options, class_names, item, answer,
					probabilities);
}

char *
predict_line_failed(const PredictOptions *options, char *const *class_names,
		    const PredictItem *item, const char *reason)
{
	g_autoptr(JsonBuilder) json = NULL;
	g_autofree char *text = NULL;

	if (!options->json)
		return NULL;
	json = json_builder_new();
	text = kw_printable(reason);
	begin_item(json, class_names, item);
	add_text(json, "error", text);
	return finish(json, FALSE);
}

/* ---- the summary */

static void
add_classes(JsonBuilder *json, char *const *class_names,
	    const PredictTally *tally)
{
	json_builder_set_member_name(json, "classes");
	json_builder_begin_array(json);
	for (int i = 0; i < tally->classes; i++) {
		json_builder_begin_object(json);
		add_text(json, "name", class_names[i]);
		add_number(json, "predicted", tally->counts[i]);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
}

static void
add_failures(JsonBuilder *json, const PredictTally *tally, gboolean records)
{
	json_builder_set_member_name(json, "failed");
	json_builder_begin_array(json);
	for (guint i = 0; i < tally->failures->len; i++) {
		const PredictFailure *f = tally->failures->pdata[i];
		g_autofree char *reason = kw_printable(f->reason);

		json_builder_begin_object(json);
		add_path(json, f->path, records);
		add_text(json, "reason", reason);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
}

/* Of a dataset's records the true classes are known. */
static void
add_accuracy(JsonBuilder *json, const PredictTally *tally, const char *split)
{
	double low, high;

	wilson_interval(tally->correct, tally->labelled, &low, &high);
	add_text(json, "split", split);
	add_number(json, "correct", tally->correct);
	add_real(json, "accuracy",
		 (double)tally->correct / (double)tally->labelled);
	add_real(json, "accuracy_low", low);
	add_real(json, "accuracy_high", high);
	add_number(json, "certain", tally->certain);
	add_number(json, "certain_correct", tally->certain_correct);
}

char *
predict_summary(const PredictOptions *options, char *const *class_names,
		const char *arithmetic, const PredictInput *input,
		const PredictTally *tally)
{
	g_autoptr(JsonBuilder) json = json_builder_new();
	g_autofree char *model = kw_source_name(options->model);
	KwSplit split;
	const gboolean records = predict_input_dataset(input, &split) != NULL;

	json_builder_begin_object(json);
	add_text(json, "generator", "kw-predict " KW_VERSION);
	add_text(json, "model", model);
	add_text(json, "arithmetic", arithmetic);
	add_truth(json, "tta", options->tta);
	add_real(json, "threshold", options->threshold);
	add_number(json, "predicted", tally->predicted);
	add_classes(json, class_names, tally);
	add_number(json, "uncertain", tally->uncertain);
	if (tally->labelled > 0)
		add_accuracy(json, tally, kw_split_names[split]);
	add_failures(json, tally, records);
	add_number(json, "not_photos", tally->no_photos->len);
	add_number(json, "hidden", predict_input_hidden(input));
	return finish(json, TRUE);
}
