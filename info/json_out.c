#include "info/json_out.h"

#include <string.h>

#include "info/json_in.h"
#include "kw/app.h"

/* ---- members */

/* Names of files may be any bytes, JSON is UTF-8. */
static void
add_string(JsonBuilder *b, const char *key, const char *value)
{
	json_builder_set_member_name(b, key);
	if (value == NULL || g_utf8_validate(value, -1, NULL)) {
		json_builder_add_string_value(b, value);
	} else {
		g_autofree char *valid = g_utf8_make_valid(value, -1);

		json_builder_add_string_value(b, valid);
	}
}

static void
add_int(JsonBuilder *b, const char *key, guint64 value)
{
	json_builder_set_member_name(b, key);
	json_builder_add_int_value(b, (gint64)value);
}

static void
add_bool(JsonBuilder *b, const char *key, gboolean value)
{
	json_builder_set_member_name(b, key);
	json_builder_add_boolean_value(b, value);
}

static void
add_strings(JsonBuilder *b, const char *key, char **values)
{
	json_builder_set_member_name(b, key);
	json_builder_begin_array(b);
	for (; values != NULL && *values != NULL; values++)
		json_builder_add_string_value(b, *values);
	json_builder_end_array(b);
}

static void
add_floats(JsonBuilder *b, const char *key, const float *values, int n)
{
	json_builder_set_member_name(b, key);
	json_builder_begin_array(b);
	for (int i = 0; i < n; i++)
		json_builder_add_double_value(b, (double)values[i]);
	json_builder_end_array(b);
}

static void
add_size(JsonBuilder *b, int height, int width, int channels)
{
	json_builder_set_member_name(b, "image_size");
	json_builder_begin_array(b);
	json_builder_add_int_value(b, height);
	json_builder_add_int_value(b, width);
	json_builder_add_int_value(b, channels);
	json_builder_end_array(b);
}

/* KEY=VALUE lines as an object of strings. */
static void
add_settings(JsonBuilder *b, const char *settings)
{
	g_auto(GStrv) lines = g_strsplit(settings, "\n", -1);

	json_builder_set_member_name(b, "settings");
	json_builder_begin_object(b);
	for (char **line = lines; *line != NULL; line++) {
		char *value = strchr(*line, '=');

		if (value == NULL)
			continue;
		*value = '\0';
		add_string(b, *line, value + 1);
	}
	json_builder_end_object(b);
}

static char *
finish(JsonBuilder *b)
{
	g_autoptr(JsonNode) root = json_builder_get_root(b);

	return json_to_string(root, TRUE);
}

/* ---- a dataset */

static void
add_count(JsonBuilder *b, const char *key, const InfoCount *count)
{
	json_builder_set_member_name(b, key);
	json_builder_begin_object(b);
	add_int(b, "images", count->records);
	add_int(b, "originals", count->originals);
	add_int(b, "copies", count->records - count->originals);
	add_int(b, "groups", count->groups);
	json_builder_end_object(b);
}

static void
add_counts(JsonBuilder *b, const InfoCount *counts)
{
	for (int s = 0; s < KW_N_SPLITS; s++)
		add_count(b, kw_split_names[s], &counts[s]);
	add_count(b, "all", &counts[KW_N_SPLITS]);
}

static void
add_census(JsonBuilder *b, char **class_names, const InfoCensus *census)
{
	guint k = 0;

	json_builder_set_member_name(b, "classes");
	json_builder_begin_array(b);
	for (; class_names[k] != NULL; k++) {
		json_builder_begin_object(b);
		add_string(b, "name", class_names[k]);
		add_counts(b, info_census_count(census, k, 0));
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
	json_builder_set_member_name(b, "all_classes");
	json_builder_begin_object(b);
	add_counts(b, info_census_count(census, k, 0));
	json_builder_end_object(b);
	add_int(b, "groups_in_several_splits",
		info_census_shared_groups(census));
}

static void
add_shards(JsonBuilder *b, const KwDataset *dataset)
{
	json_builder_set_member_name(b, "shards");
	json_builder_begin_array(b);
	for (guint k = 0; k < kw_dataset_n_shards(dataset); k++) {
		const KwDataset *shard = kw_dataset_shard(dataset, k);

		g_autofree char *name =
			g_path_get_basename(kw_dataset_name(shard));

		json_builder_begin_object(b);
		add_string(b, "file", name);
		add_int(b, "bytes", kw_dataset_bytes(shard));
		for (KwSplit s = 0; s < KW_N_SPLITS; s++)
			add_int(b, kw_split_names[s],
				kw_dataset_count(shard, s));
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
}

char *
info_dataset_json(const KwDataset *dataset, const InfoCensus *census)
{
	const KwDatasetInfo *info = kw_dataset_info(dataset);
	g_autoptr(JsonBuilder) b = json_builder_new();
	/* JSON's numbers are often read as double precision. */
	g_autofree char *seed =
		g_strdup_printf("%" G_GUINT64_FORMAT, info->seed);

	json_builder_begin_object(b);
	add_string(b, "format", "kw-dataset");
	add_int(b, "format_version", 1);
	add_string(b, "file", kw_dataset_name(dataset));
	add_int(b, "bytes", kw_dataset_bytes(dataset));
	add_shards(b, dataset);
	add_string(b, "generator", info->generator);
	add_size(b, info->height, info->width, info->channels);
	add_string(b, "fit", info->fit);
	add_string(b, "standardize", kw_standardize_names[info->standardize]);
	add_floats(b, "scale", info->scale, info->channels);
	add_floats(b, "offset", info->offset, info->channels);
	add_string(b, "seed", seed);
	add_settings(b, info->settings);
	add_strings(b, "transforms", info->columns);
	add_census(b, info->class_names, census);
	json_builder_end_object(b);
	return finish(b);
}

/* ---- a model */

static void
add_weight(JsonBuilder *b, const InfoWeight *weight)
{
	json_builder_begin_object(b);
	add_string(b, "path", weight->path);
	json_builder_set_member_name(b, "shape");
	json_builder_begin_array(b);
	for (int i = 0; i < weight->rank; i++)
		json_builder_add_int_value(b, (gint64)weight->dims[i]);
	json_builder_end_array(b);
	json_builder_end_object(b);
}

static void
add_layers(JsonBuilder *b, const GPtrArray *layers)
{
	json_builder_set_member_name(b, "layers");
	json_builder_begin_array(b);
	for (guint i = 0; i < layers->len; i++) {
		const InfoLayer *layer = layers->pdata[i];

		json_builder_begin_object(b);
		add_string(b, "name", layer->name);
		add_string(b, "kind", layer->kind);
		add_bool(b, "trainable", !layer->frozen);
		add_int(b, "parameters", layer->n_parameters);
		json_builder_set_member_name(b, "weights");
		json_builder_begin_array(b);
		for (guint k = 0; k < layer->weights->len; k++)
			add_weight(b, layer->weights->pdata[k]);
		json_builder_end_array(b);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
}

/* As an object; as the text that it is where it is none. */
static void
add_metrics(JsonBuilder *b, const char *metrics)
{
	g_autoptr(JsonNode) node = info_json_parse(metrics);

	if (node == NULL) {
		add_string(b, "metrics", metrics);
		return;
	}
	json_builder_set_member_name(b, "metrics");
	json_builder_add_value(b, g_steal_pointer(&node));
}

static void
add_kw(JsonBuilder *b, const InfoModel *model)
{
	add_int(b, "format_version", (guint64)model->version);
	add_strings(b, "classes", model->class_names);
	add_size(b, model->height, model->width, model->channels);
	add_string(b, "fit", model->fit);
	add_floats(b, "scale", model->scale, model->channels);
	add_floats(b, "offset", model->offset, model->channels);
	json_builder_set_member_name(b, "frozen");
	json_builder_add_int_value(b, model->frozen);
	add_metrics(b, model->metrics);
	add_settings(b, model->settings);
}

char *
info_model_json(const InfoModel *model)
{
	g_autoptr(JsonBuilder) b = json_builder_new();

	json_builder_begin_object(b);
	add_string(b, "format", model->is_kw ? "kw-model" : "keras");
	add_string(b, "file", model->name);
	add_int(b, "bytes", model->bytes);
	add_string(b, "keras_version", model->keras_version);
	add_string(b, "backend", model->backend);
	if (model->is_kw)
		add_kw(b, model);
	add_int(b, "parameters", model->n_parameters);
	add_layers(b, model->layers);
	json_builder_end_object(b);
	return finish(b);
}
