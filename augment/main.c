/*
 * kw-augment: add transformed copies of its train images to a dataset.
 */
#include "augment/augment.h"
#include "augment/options.h"
#include "kw/app.h"
#include "kw/outfile.h"

static void
report(const AugmentPlan *plan)
{
	const gsize *before = plan->inputs, *after = plan->outputs;

	kw_app_say("train %zu -> %zu, val %zu -> %zu, test %zu -> %zu images",
		   before[KW_TRAIN], after[KW_TRAIN], before[KW_VAL],
		   after[KW_VAL], before[KW_TEST], after[KW_TEST]);
}

static void
report_settings(const AugmentRecipe *recipe)
{
	g_autofree char *settings = augment_recipe_settings(recipe);
	g_auto(GStrv) lines = g_strsplit(settings, "\n", -1);

	for (char **line = lines; **line != '\0'; line++)
		kw_app_say("%s", *line);
}

static gboolean
augment(const AugmentOptions *options, AugmentPlan *plan, GError **error)
{
	const KwCommon *common = &options->common;
	g_autoptr(KwOutfile) out =
		kw_outfile_new(common->output, common->force, error);
	g_autoptr(KwDataset) input = NULL;
	g_autoptr(KwProgress) progress = NULL;

	if (out == NULL)
		return FALSE;
	input = kw_dataset_open(options->input, error);
	if (input == NULL || !augment_prepare(plan, input, &options->recipe,
					      common->threads, error))
		return FALSE;
	if (common->verbosity >= 0)
		progress = kw_progress_new("augmenting", "images", plan->total);
	return augment_run(plan, input, out, &options->recipe, common->threads,
			   progress, error) &&
	       kw_outfile_commit(out, error);
}

int
main(int argc, char **argv)
{
	AugmentOptions options;
	AugmentPlan plan;
	g_autoptr(GError) error = NULL;

	kw_app_init("kw-augment");
	augment_options_parse(&options, argc, argv);
	if (options.common.verbosity > 0)
		report_settings(&options.recipe);
	if (!augment(&options, &plan, &error))
		return kw_app_fail(error);
	if (options.common.verbosity >= 0)
		report(&plan);
	return kw_app_finish(KW_EXIT_DONE);
}
