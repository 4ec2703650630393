#include "info/text.h"

#include <string.h>

#include "info/metrics.h"
#include "kw/app.h"

enum { WORD_WIDTH = 14, CELL_WIDTH = 15, SHAPE_WIDTH = 20, GAP = 2 };

/* ---- lines */

/* Pads to a width in characters. */
static void
add_padded(GString *text, const char *word, glong width)
{
	g_autofree char *printable = kw_printable(word);
	glong padding = width - g_utf8_strlen(printable, -1);

	g_string_append_printf(text, "%s%*s", printable, (int)MAX(padding, 0),
			       "");
}

/* "word          value", whatever is in the value one line. */
static void
add_text(GString *text, const char *word, const char *value)
{
	g_autofree char *printable = kw_printable(value);

	add_padded(text, word, WORD_WIDTH);
	g_string_append_printf(text, "%s\n", printable);
}

/* The lines of a value below each other. */
static void
add_lines(GString *text, const char *word, const char *value)
{
	g_auto(GStrv) lines = g_strsplit(value, "\n", -1);

	for (char **line = lines; *line != NULL; line++)
		if (line == lines || **line != '\0')
			add_text(text, line == lines ? word : "", *line);
}

static void G_GNUC_PRINTF(3, 4)
	add(GString *text, const char *word, const char *format, ...)
{
	g_autofree char *value = NULL;
	va_list args;

	va_start(args, format);
	value = g_strdup_vprintf(format, args);
	va_end(args);
	add_text(text, word, value);
}

static void
add_names(GString *text, const char *word, char **names)
{
	g_autofree char *all = g_strjoinv(", ", names);

	add_text(text, word, all);
}

/* "dataset.h5, 12.3 MB" */
static void
add_file(GString *text, const char *name, guint64 bytes)
{
	if (bytes < 1000000)
		add(text, "file", "%s, %.1f kB", name, (double)bytes / 1e3);
	else
		add(text, "file", "%s, %.1f MB", name, (double)bytes / 1e6);
}

static void
add_channels(GString *text, const char *word, const float *values, int channels)
{
	GString *line = g_string_new(NULL);

	for (int c = 0; c < channels; c++)
		g_string_append_printf(line, "%s%.9g", c > 0 ? ", " : "",
				       (double)values[c]);
	add_text(text, word, line->str);
	g_string_free(line, TRUE);
}

/* ---- the table of a dataset */

static void
add_row(GString *text, glong width, const char *name, const InfoCount *counts)
{
	add_padded(text, name, width);
	for (int s = 0; s <= KW_N_SPLITS; s++) {
		g_autofree char *cell = g_strdup_printf(
			"%zu (%zu)", counts[s].records, counts[s].groups);

		g_string_append_printf(text, "  %*s", CELL_WIDTH, cell);
	}
	g_string_append_c(text, '\n');
}

/* Of an augmented dataset, a row of originals and one of copies. */
static void
add_copies(GString *text, glong width, const InfoCount *counts)
{
	add_padded(text, "originals", width);
	for (int s = 0; s <= KW_N_SPLITS; s++)
		g_string_append_printf(text, "  %*zu", CELL_WIDTH,
				       counts[s].originals);
	g_string_append_c(text, '\n');
	add_padded(text, "copies", width);
	for (int s = 0; s <= KW_N_SPLITS; s++)
		g_string_append_printf(text, "  %*zu", CELL_WIDTH,
				       counts[s].records - counts[s].originals);
	g_string_append_c(text, '\n');
}

static void
add_table(GString *text, const KwDatasetInfo *info, const InfoCensus *census)
{
	static const char heading[] = "images (groups)";
	const guint n = g_strv_length(info->class_names);
	const InfoCount *all = info_census_count(census, n, 0);
	glong width = sizeof heading - 1;

	for (guint k = 0; k < n; k++)
		width = MAX(width, g_utf8_strlen(info->class_names[k], -1));
	g_string_append_c(text, '\n');
	add_padded(text, heading, width);
	for (int s = 0; s < KW_N_SPLITS; s++)
		g_string_append_printf(text, "  %*s", CELL_WIDTH,
				       kw_split_names[s]);
	g_string_append_printf(text, "  %*s\n", CELL_WIDTH, "all");
	for (guint k = 0; k < n; k++)
		add_row(text, width, info->class_names[k],
			info_census_count(census, k, 0));
	add_row(text, width, "all", all);
	if (all[KW_N_SPLITS].originals < all[KW_N_SPLITS].records)
		add_copies(text, width, all);
}

/* ---- a dataset */

static void
add_shards(GString *text, const KwDataset *dataset)
{
	for (guint k = 0; k < kw_dataset_n_shards(dataset); k++) {
		const KwDataset *shard = kw_dataset_shard(dataset, k);

		g_autofree char *name =
			g_path_get_basename(kw_dataset_name(shard));

		add(text, k == 0 ? "shards" : "",
		    "%s: train %zu, val %zu, test %zu", name,
		    kw_dataset_count(shard, KW_TRAIN),
		    kw_dataset_count(shard, KW_VAL),
		    kw_dataset_count(shard, KW_TEST));
	}
}

char *
info_dataset_text(const KwDataset *dataset, const InfoCensus *census,
		  gboolean verbose)
{
	const KwDatasetInfo *info = kw_dataset_info(dataset);
	const guint n_shards = kw_dataset_n_shards(dataset);
	GString *text = g_string_new(NULL);

	if (n_shards == 0)
		g_string_append(text, "kw dataset, version 1, whole\n");
	else
		g_string_append_printf(
			text, "kw dataset, version 1, index of %u shard%s\n",
			n_shards, n_shards == 1 ? "" : "s");
	add_file(text, kw_dataset_name(dataset), kw_dataset_bytes(dataset));
	if (verbose)
		add_shards(text, dataset);
	add_text(text, "made by", info->generator);
	add(text, "images", "%d x %d x %d (height, width, channels)",
	    info->height, info->width, info->channels);
	add_text(text, "fit", info->fit);
	add(text, "standardize", "%s: model input = pixel * scale + offset",
	    kw_standardize_names[info->standardize]);
	add_channels(text, "scale", info->scale, info->channels);
	add_channels(text, "offset", info->offset, info->channels);
	add(text, "seed", "%" G_GUINT64_FORMAT, info->seed);
	add_lines(text, "settings", info->settings);
	if (info->columns != NULL)
		add_names(text, "transforms", info->columns);
	add_table(text, info, census);
	return g_string_free(text, FALSE);
}

/* ---- a model */

static void
add_metrics(GString *text, const char *metrics)
{
	g_auto(GStrv) lines = info_metrics_lines(metrics);

	for (char **line = lines; *line != NULL; line++)
		add_text(text, line == lines ? "metrics" : "", *line);
}

/* "3 x 3 x 64 x 128" */
static char *
shape_text(const InfoLayer *layer)
{
	const InfoWeight *kernel;
	GString *shape = g_string_new(NULL);

	if (layer->weights->len == 0)
		return g_string_free(shape, FALSE);
	kernel = layer->weights->pdata[0];
	for (int i = 0; i < kernel->rank; i++)
		g_string_append_printf(shape, "%s%" G_GUINT64_FORMAT,
				       i > 0 ? " x " : "", kernel->dims[i]);
	return g_string_free(shape, FALSE);
}

/* The widths of two columns, gaps included. */
typedef struct {
	glong name, kind;
} Widths;

static void
add_layer(GString *text, const InfoLayer *layer, const Widths *widths)
{
	g_autofree char *shape = shape_text(layer);

	add_padded(text, layer->name, widths->name);
	add_padded(text, layer->kind != NULL ? layer->kind : "", widths->kind);
	add_padded(text, shape, SHAPE_WIDTH);
	g_string_append_printf(
		text, "  %10" G_GUINT64_FORMAT "%s\n", layer->n_parameters,
		layer->frozen && layer->n_parameters > 0 ? "  frozen" : "");
}

static void
add_layers(GString *text, const InfoModel *model)
{
	Widths widths = { WORD_WIDTH, WORD_WIDTH };

	for (guint i = 0; i < model->layers->len; i++) {
		const InfoLayer *layer = model->layers->pdata[i];
		const char *kind = layer->kind != NULL ? layer->kind : "";

		widths.name =
			MAX(widths.name, g_utf8_strlen(layer->name, -1) + GAP);
		widths.kind = MAX(widths.kind, g_utf8_strlen(kind, -1) + GAP);
	}
	g_string_append_c(text, '\n');
	add_padded(text, "layer", widths.name);
	add_padded(text, "kind", widths.kind);
	add_padded(text, "kernel", SHAPE_WIDTH);
	g_string_append(text, "  parameters\n");
	for (guint i = 0; i < model->layers->len; i++)
		add_layer(text, model->layers->pdata[i], &widths);
	add_padded(text, "all", widths.name + widths.kind + SHAPE_WIDTH);
	g_string_append_printf(text, "  %10" G_GUINT64_FORMAT "\n",
			       model->n_parameters);
}

static void
add_kw(GString *text, const InfoModel *model)
{
	add_names(text, "classes", model->class_names);
	add(text, "input", "%d x %d x %d (height, width, channels)",
	    model->height, model->width, model->channels);
	add_text(text, "fit", model->fit);
	add_channels(text, "scale", model->scale, model->channels);
	add_channels(text, "offset", model->offset, model->channels);
	add(text, "frozen", "%d layers, as Keras counts them", model->frozen);
	add_metrics(text, model->metrics);
	add_lines(text, "settings", model->settings);
}

char *
info_model_text(const InfoModel *model)
{
	GString *text = g_string_new(NULL);

	if (model->is_kw)
		g_string_append_printf(text, "kw model, version %d\n",
				       model->version);
	else
		g_string_append_printf(text, "Keras %s, not a kw model\n",
				       model->has_config ? "model" : "weights");
	add_file(text, model->name, model->bytes);
	if (model->keras_version != NULL)
		add(text, "Keras", "version %s, backend %s",
		    model->keras_version,
		    model->backend != NULL ? model->backend : "unknown");
	if (model->is_kw)
		add_kw(text, model);
	add_layers(text, model);
	return g_string_free(text, FALSE);
}
