#include "train/run.h"

#include <string.h>

enum { CHUNK = 4096 }; /* records at a time */

static gboolean
check_data(const KwDataset *dataset, GError **error)
{
	const KwDatasetInfo *info = kw_dataset_info(dataset);
	const char *name = kw_dataset_name(dataset);

	if (kw_dataset_count(dataset, KW_TRAIN) == 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' has no training images", name);
		return FALSE;
	}
	if (g_strv_length(info->class_names) < 2) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' has one class only, '%s'; a classifier "
			    "needs two or more",
			    name, info->class_names[0]);
		return FALSE;
	}
	if (MIN(info->height, info->width) < NETWORK_MIN_SIDE) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "the images of '%s' are %d x %d pixels and VGG19 "
			    "needs %d or more; make it again with kw-prep "
			    "--size",
			    name, info->height, info->width, NETWORK_MIN_SIDE);
		return FALSE;
	}
	return TRUE;
}

/* ---- fingerprint */

static void
add_number(GChecksum *sum, guint64 value)
{
	const guint64 bytes = GUINT64_TO_LE(value);

	g_checksum_update(sum, (const guchar *)&bytes, sizeof bytes);
}

static gboolean
add_records(GChecksum *sum, KwDataset *dataset, KwSplit split, GError **error)
{
	const gsize n = kw_dataset_count(dataset, split);

	add_number(sum, n);
	for (gsize first = 0; first < n; first += CHUNK) {
		g_autoptr(KwRecords) records = kw_dataset_read_records(
			dataset, split, first, MIN(CHUNK, n - first), error);

		if (records == NULL)
			return FALSE;
		for (gsize i = 0; i < records->n; i++) {
			add_number(sum, records->record_ids[i]);
			add_number(sum, (guint32)records->copies[i]);
			add_number(sum, (guint32)records->labels[i]);
			add_number(sum, records->checksums[i]);
		}
	}
	return TRUE;
}

/*
 * A hash of all records that decide the weights, and of their pixels by way of
 * their checksums, in file order: sums over them depend on it in the last bit.
 */
static char *
fingerprint(KwDataset *dataset, GError **error)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	if (!add_records(sum, dataset, KW_TRAIN, error) ||
	    !add_records(sum, dataset, KW_VAL, error))
		return NULL;
	return g_strdup(g_checksum_get_string(sum));
}

/* ---- opening */

/* Fresh copies are made of originals: those of a dataset would be made twice
 * over. */
static gboolean
drop_copies(Run *run, GError **error)
{
	const char *name = kw_dataset_name(run->dataset);
	gsize dropped;

	if (!run->options->recipe.augments || run->options->evaluate)
		return TRUE;
	dropped = samples_drop_copies(run->splits[KW_TRAIN]);
	if (run->splits[KW_TRAIN]->n == 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' holds copies without their originals, of "
			    "which --augment makes new ones; use it without "
			    "--augment, or the dataset that it was made from",
			    name);
		return FALSE;
	}
	if (dropped > 0)
		run_say(run,
			"--augment makes copies of its own: %zu of '%s' are "
			"not used",
			dropped, name);
	return TRUE;
}

gboolean
run_open_data(Run *run, GError **error)
{
	run->dataset = kw_dataset_open(run->options->dataset, error);
	if (run->dataset == NULL || !check_data(run->dataset, error))
		return FALSE;
	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		run->splits[s] = samples_read(run->dataset, s, error);
		if (run->splits[s] == NULL)
			return FALSE;
	}
	run->fingerprint = fingerprint(run->dataset, error);
	return run->fingerprint != NULL && drop_copies(run, error);
}

/* ---- does a model fit? */

static gboolean
check_classes(const Run *run, const char *path, const ModelInfo *model,
	      GError **error)
{
	GStrv classes = kw_dataset_info(run->dataset)->class_names;
	g_autofree char *ours = g_strjoinv(", ", classes);
	g_autofree char *theirs = g_strjoinv(", ", model->class_names);

	if (g_strv_equal((const char *const *)classes,
			 (const char *const *)model->class_names))
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
		    "the classes of '%s' (%s) are not those of '%s' (%s)", path,
		    theirs, kw_dataset_name(run->dataset), ours);
	return FALSE;
}

gboolean
run_check_model(const Run *run, const char *path, const ModelInfo *model,
		GError **error)
{
	const KwDatasetInfo *data = kw_dataset_info(run->dataset);
	const char *name = kw_dataset_name(run->dataset);
	const gsize bytes = (gsize)data->channels * sizeof *data->scale;

	if (!check_classes(run, path, model, error))
		return FALSE;
	if (model->height != data->height || model->width != data->width ||
	    model->channels != data->channels) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' takes images of %d x %d x %d and '%s' has "
			    "%d x %d x %d; use the same kw-prep --size "
			    "and --gray",
			    path, model->height, model->width, model->channels,
			    name, data->height, data->width, data->channels);
		return FALSE;
	}
	if (memcmp(model->scale, data->scale, bytes) != 0 ||
	    memcmp(model->offset, data->offset, bytes) != 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' and '%s' standardise pixels in different "
			    "ways; use the same kw-prep --standardize",
			    path, name);
		return FALSE;
	}
	return TRUE;
}
