#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kw/outfile.h"
#include "train/feature_file.h"
#include "train/run.h"

/* "data.h5" -> "data.features" */
static char *
beside_dataset(const char *path)
{
	gsize n = strlen(path);

	if (g_str_has_suffix(path, ".h5"))
		n -= strlen(".h5");
	return g_strdup_printf("%.*s.features", (int)n, path);
}

static gboolean
remove_file(Run *run, GError **error)
{
	const char *path = run->features_path;

	kw_outfile_remove_abandoned(path);
	if (!feature_file_is(path))
		return TRUE;
	if (unlink(path) != 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_IO,
			    "cannot remove '%s': %s", path, g_strerror(errno));
		return FALSE;
	}
	run_say(run, "features: '%s' is removed", path);
	return TRUE;
}

gboolean
run_name_features(Run *run, GError **error)
{
	const TrainOptions *o = run->options;

	/* A pipe has no place beside it. */
	if (strcmp(o->dataset, "-") == 0 ||
	    !g_file_test(o->dataset, G_FILE_TEST_IS_REGULAR))
		return TRUE;
	run->features_path = beside_dataset(o->dataset);
	return !o->no_feature_cache || remove_file(run, error);
}

/* ---- memory */

/* Those of a stage of so many epochs, with what the loader has under way. */
static gsize
stage_bytes(const Run *run, const NetworkMemory *network, int epochs)
{
	const gsize images = run->splits[KW_TRAIN]->n + run->splits[KW_VAL]->n;
	const gsize loader = 2 * (gsize)run->options->recipe.batch;

	return epochs > 1 ? (images + loader) * network->features : 0;
}

/* An eighth of what is left is for others, unless it was said how much may be
 * taken. */
static gsize
room(const Run *run, guint64 available, guint64 taken)
{
	const guint64 left = available - taken;

	return (gsize)(run->options->memory > 0 ? left : left - left / 8);
}

gsize
run_plan_features(Run *run, const NetworkMemory *now,
		  const NetworkMemory *later, guint64 available, guint64 taken)
{
	const Recipe *recipe = &run->options->recipe;
	gsize bytes;
	int epoch;

	run->features_memory = 0;
	if ((now->features == 0 && later->features == 0) || recipe->augments ||
	    run->options->no_feature_cache ||
	    (run->features_path != NULL && feature_file_is(run->features_path)))
		return 0;
	epoch = run->state->epoch;
	bytes = MAX(stage_bytes(run, now, fit_epochs_alike(recipe, epoch)),
		    stage_bytes(run, later,
				recipe->epochs -
					MAX(epoch - 1, recipe->head_epochs)));
	run->features_memory = room(run, available, taken);
	return bytes <= run->features_memory ? bytes : 0;
}

/* ---- the cache */

/* All that decides what the first layer sees: pixels, and what they become. */
static char *
describe_data(const Run *run)
{
	const KwDatasetInfo *info = kw_dataset_info(run->dataset);
	GString *text = g_string_new(run->fingerprint);

	for (int c = 0; c < info->channels; c++)
		g_string_append_printf(text, " %a %a", (double)info->scale[c],
				       (double)info->offset[c]);
	return g_string_free(text, FALSE);
}

static void
on_say(gpointer data, const char *text)
{
	run_say(data, "%s", text);
}

static void
on_warn(gpointer data, const char *text)
{
	run_warn(data, "%s", text);
}

void
run_make_features(Run *run)
{
	const TrainOptions *o = run->options;
	g_autofree char *data = describe_data(run);
	const FeatureCacheSetup setup = {
		.counts = { [KW_TRAIN] = run->splits[KW_TRAIN]->n,
			    [KW_VAL] = run->splits[KW_VAL]->n },
		.data = data,
		.memory = run->features_memory,
		.path = run->features_path,
		.listener = run,
		.say = on_say,
		.warn = on_warn,
	};

	if (o->no_feature_cache)
		return;
	if (!o->recipe.augments)
		run->features = feature_cache_new(&setup);
	else if (network_feature_bytes(run->network) > 0)
		run_say(run, "features: --augment gives new images in every "
			     "epoch, so what the frozen layers make of them "
			     "is not kept");
}
