#include "train/initialise.h"
#include "train/run.h"
#include "train/weights_find.h"

gboolean
run_find_weights(Run *run, GError **error)
{
	const char *named = run->options->weights;
	WeightsKind kind;

	if (g_strcmp0(named, "none") == 0)
		return TRUE;
	run->weights = named != NULL ? g_strdup(named) : weights_find(error);
	if (run->weights == NULL || !weights_kind(run->weights, &kind, error))
		return FALSE;
	if (kind == WEIGHTS_KW)
		run->base = model_read_info(run->weights, error);
	return kind != WEIGHTS_KW || run->base != NULL;
}

static gboolean
load_weights(Run *run, GError **error)
{
	const KwStandardize standardize =
		kw_dataset_info(run->dataset)->standardize;
	g_auto(LoadedWeights) loaded = { 0 };
	g_autofree char *advice = NULL;
	g_auto(GStrv) lines = NULL;

	if (!initialise_head(run->network, error) ||
	    !weights_load(run->weights, run->network, run->base != NULL,
			  run->options->channels, standardize, &loaded, error))
		return FALSE;
	lines = g_strsplit(loaded.report, "\n", -1);
	for (char **line = lines; *line != NULL; line++)
		run_say(run, "%s", *line);
	advice = weights_advice(loaded.kind, standardize);
	if (advice != NULL)
		run_warn(run, "%s", advice);
	return TRUE;
}

gboolean
run_first_weights(Run *run, GError **error)
{
	if (run->weights != NULL)
		return load_weights(run, error);
	run_warn(run, "no pretrained weights: VGG19 starts from random "
		      "features, which a few hundred photos cannot mend; "
		      "expect little more than the baseline");
	return initialise_body(run->network, run->splits[KW_TRAIN], error) &&
	       initialise_head(run->network, error);
}
