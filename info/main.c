/*
 * kw-info: tell what a dataset or a model holds, check it, and get images out
 * of it.
 */
#include <stdio.h>

#include "info/extract.h"
#include "info/json_out.h"
#include "info/kind.h"
#include "info/options.h"
#include "info/text.h"
#include "info/verify.h"
#include "kw/image.h"
#include "lib/dataset_infile.h"

/* Nothing is shown with -q, or where there is nothing to count. */
static KwProgress *
progress_new(const InfoOptions *options, const char *verb, const char *unit,
	     guint64 total)
{
	return options->common.verbosity >= 0 && total > 0
		       ? kw_progress_new(verb, unit, total)
		       : NULL;
}

static void
say_all(const GPtrArray *lines)
{
	for (guint i = 0; i < lines->len; i++)
		kw_app_say("%s", (char *)lines->pdata[i]);
}

/* ---- datasets */

static gsize
count_records(const KwDataset *dataset)
{
	gsize n = 0;

	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		n += kw_dataset_count(dataset, s);
	return n;
}

static gboolean
show_dataset(const InfoOptions *options, KwDataset *dataset, GError **error)
{
	g_autoptr(KwProgress) progress = progress_new(
		options, "counting", "records", count_records(dataset));
	g_autoptr(InfoCensus) census =
		info_census_take(dataset, progress, error);
	g_autofree char *text = NULL;

	if (census == NULL)
		return FALSE;
	g_clear_pointer(&progress, kw_progress_free);
	text = options->task == INFO_JSON
		       ? info_dataset_json(dataset, census)
		       : info_dataset_text(dataset, census,
					   options->common.verbosity > 0);
	printf("%s%s", text, options->task == INFO_JSON ? "\n" : "");
	return TRUE;
}

static gboolean
verify_dataset(const InfoOptions *options, KwDataset *dataset, GError **error)
{
	g_autoptr(InfoVerdict) verdict = info_verdict_new();
	g_autoptr(KwProgress) progress = progress_new(
		options, "verifying", "records", count_records(dataset));
	gboolean ok = info_verify_dataset(dataset, options->common.threads,
					  verdict, progress, error);

	g_clear_pointer(&progress, kw_progress_free);
	say_all(verdict->damage);
	if (!ok)
		return FALSE;
	if (verdict->damaged > 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
			    "'%s' is damaged: %zu of %zu records are not "
			    "sound",
			    kw_dataset_name(dataset), verdict->damaged,
			    verdict->records);
		return FALSE;
	}
	if (options->common.verbosity >= 0)
		printf("verified: %zu records, %zu checksums, %zu groups "
		       "shared between splits\n",
		       verdict->records, verdict->records,
		       verdict->shared_groups);
	return TRUE;
}

static gboolean
extract(const InfoOptions *options, KwDataset *dataset, int *status,
	GError **error)
{
	const KwCommon *common = &options->common;
	g_autoptr(InfoExtracted) extracted = info_extracted_new();
	g_autoptr(GPtrArray) targets = info_extract_plan(
		dataset, &options->selection, common->output, error);
	g_autoptr(KwProgress) progress = NULL;
	gboolean ok;

	if (targets == NULL || !kw_image_start("kw-info", error))
		return FALSE;
	progress = progress_new(options, "extracting", "images", targets->len);
	ok = info_extract(dataset, targets, common->force, common->threads,
			  extracted, progress, error);
	kw_image_stop();
	g_clear_pointer(&progress, kw_progress_free);
	say_all(extracted->skipped);
	if (!ok)
		return FALSE;
	if (extracted->skipped->len > 0)
		*status = KW_EXIT_SKIPPED;
	if (common->verbosity >= 0)
		printf("extracted: %zu images\n", extracted->written);
	return TRUE;
}

static gboolean
run_dataset(const InfoOptions *options, const KwInfile *in, int *status,
	    GError **error)
{
	g_autoptr(KwDataset) dataset = kw_dataset_open_infile(in, error);

	if (dataset == NULL)
		return FALSE;
	switch (options->task) {
	case INFO_VERIFY:
		return verify_dataset(options, dataset, error);
	case INFO_EXTRACT:
		return extract(options, dataset, status, error);
	default:
		return show_dataset(options, dataset, error);
	}
}

/* ---- models */

static gboolean
verify_model(const InfoOptions *options, const KwInfile *in,
	     const InfoModel *model, GError **error)
{
	g_autoptr(KwProgress) progress = progress_new(
		options, "verifying", "weights", model->n_parameters);

	if (!info_layers_verify(in, model->layers, progress, error))
		return FALSE;
	g_clear_pointer(&progress, kw_progress_free);
	if (options->common.verbosity >= 0)
		printf("verified: %u layers, %" G_GUINT64_FORMAT
		       " weights, all finite\n",
		       model->layers->len, model->n_parameters);
	return TRUE;
}

static gboolean
run_model(const InfoOptions *options, const KwInfile *in, GError **error)
{
	g_autoptr(InfoModel) model = NULL;
	g_autofree char *text = NULL;

	if (options->task == INFO_EXTRACT) {
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "'%s' is a model, which holds no images; "
			    "--extract takes a dataset",
			    kw_infile_name(in));
		return FALSE;
	}
	model = info_model_read(in, error);
	if (model == NULL)
		return FALSE;
	if (options->task == INFO_VERIFY)
		return verify_model(options, in, model, error);
	text = options->task == INFO_JSON ? info_model_json(model)
					  : info_model_text(model);
	printf("%s%s", text, options->task == INFO_JSON ? "\n" : "");
	return TRUE;
}

static gboolean
run(const InfoOptions *options, int *status, GError **error)
{
	g_autoptr(KwInfile) in = kw_infile_new(options->input, error);
	InfoKind kind;

	if (in == NULL || !info_kind_of(in, &kind, error))
		return FALSE;
	return kind == KIND_DATASET ? run_dataset(options, in, status, error)
				    : run_model(options, in, error);
}

int
main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	InfoOptions options;
	int status = KW_EXIT_DONE;

	kw_app_init("kw-info");
	info_options_parse(&options, argc, argv);
	if (!run(&options, &status, &error))
		return kw_app_fail(error);
	return kw_app_finish(status);
}
