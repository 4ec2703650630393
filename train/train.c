#include "train/train.h"

#include <string.h>

#include "kw/outfile.h"
#include "kw/progress.h"
#include "train/evaluate.h"
#include "train/fit.h"
#include "train/initialise.h"
#include "train/keras_file.h"
#include "train/log.h"
#include "train/model_file.h"
#include "train/report.h"
#include "train/weights_find.h"

typedef struct {
	const TrainOptions *options;
	const TrainVoice *voice;
	KwDataset *dataset;
	Samples *splits[KW_N_SPLITS];
	char *weights;   /* the file to start from; NULL: none */
	ModelInfo *base; /* what that says of itself, where it is a kw model */
	Network *network;
	RunLog *log;
	KwProgress *progress;
	gboolean saved; /* the model file is ours by now */
	int epoch;      /* the last one that was finished */
} Run;

static void
run_clear(Run *run)
{
	kw_progress_free(run->progress);
	run_log_free(run->log);
	network_free(run->network);
	model_info_free(run->base);
	g_free(run->weights);
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		samples_free(run->splits[s]);
	kw_dataset_free(run->dataset);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

static void G_GNUC_PRINTF(2, 3)
	tell(void (*voice)(const char *), const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	voice(text);
}

/* ---- data */

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

static gboolean
open_data(Run *run, GError **error)
{
	run->dataset = kw_dataset_open(run->options->dataset, error);
	if (run->dataset == NULL || !check_data(run->dataset, error))
		return FALSE;
	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		run->splits[s] = samples_read(run->dataset, s, error);
		if (run->splits[s] == NULL)
			return FALSE;
	}
	if (run->splits[KW_VAL]->n == 0)
		tell(run->voice->warn,
		     "'%s' has no validation images: the last epoch is kept, "
		     "whatever it is worth, and nothing stops training early",
		     kw_dataset_name(run->dataset));
	return TRUE;
}

/* ---- network and first weights */

static gboolean
check_base_classes(const Run *run, GError **error)
{
	GStrv classes = kw_dataset_info(run->dataset)->class_names;
	g_autofree char *ours = g_strjoinv(", ", classes);
	g_autofree char *theirs = g_strjoinv(", ", run->base->class_names);

	if (g_strv_equal((const char *const *)classes,
			 (const char *const *)run->base->class_names))
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
		    "the classes of '%s' (%s) are not those of '%s' (%s)",
		    run->weights, theirs, kw_dataset_name(run->dataset), ours);
	return FALSE;
}

/* A kw model to go on from must be about the same classes and images. */
static gboolean
check_base(const Run *run, GError **error)
{
	const ModelInfo *model = run->base;
	const KwDatasetInfo *data = kw_dataset_info(run->dataset);
	const char *name = kw_dataset_name(run->dataset);
	const gsize bytes = (gsize)data->channels * sizeof *data->scale;

	if (model == NULL)
		return TRUE;
	if (!check_base_classes(run, error))
		return FALSE;
	if (model->height != data->height || model->width != data->width ||
	    model->channels != data->channels) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' takes images of %d x %d x %d and '%s' has "
			    "%d x %d x %d; use the same kw-prep --size",
			    run->weights, model->height, model->width,
			    model->channels, name, data->height, data->width,
			    data->channels);
		return FALSE;
	}
	if (memcmp(model->scale, data->scale, bytes) != 0 ||
	    memcmp(model->offset, data->offset, bytes) != 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' and '%s' standardise pixels in different "
			    "ways; use the same kw-prep --standardize",
			    run->weights, name);
		return FALSE;
	}
	return TRUE;
}

/* Which file the weights come from, and whether it is a kw model. */
static gboolean
find_weights(Run *run, GError **error)
{
	const char *named = run->options->weights;
	g_autoptr(KerasFile) file = NULL;
	g_autoptr(GError) failure = NULL;

	if (g_strcmp0(named, "none") == 0)
		return TRUE;
	run->weights = named != NULL ? g_strdup(named) : weights_find(error);
	if (run->weights != NULL)
		file = keras_file_open(run->weights, error);
	if (file == NULL)
		return FALSE;
	run->base = model_read_info(run->weights, &failure);
	/* A plain Keras file has nothing to say, which is no failure. */
	if (run->base != NULL ||
	    g_error_matches(failure, KW_ERROR, KW_ERROR_UNSUPPORTED))
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failure));
	return FALSE;
}

static gboolean
make_network(Run *run, GError **error)
{
	const TrainOptions *o = run->options;
	const Recipe *recipe = &o->recipe;
	const KwDatasetInfo *info = kw_dataset_info(run->dataset);
	NetworkSpec spec = { .batch = recipe->batch,
			     .height = info->height,
			     .width = info->width,
			     .channels = info->channels,
			     .classes = (int)g_strv_length(info->class_names),
			     .n_head = recipe->n_head,
			     .dropout = recipe->dropout,
			     .l2 = recipe->l2,
			     .freeze = recipe->freeze,
			     .training = TRUE,
			     .seed = recipe->seed,
			     .threads = o->common.threads };
	gsize all, trained;

	memcpy(spec.head, recipe->head, sizeof spec.head);
	run->network = network_new(&spec, error);
	if (run->network == NULL)
		return FALSE;
	network_count(run->network, &all, &trained);
	tell(run->voice->say,
	     "VGG19 for %d x %d x %d and %d classes: %.1f million parameters, "
	     "%.1f million trained; %s, float32, %d threads",
	     spec.height, spec.width, spec.channels, spec.classes,
	     (double)all / 1e6, (double)trained / 1e6, dnn_version(),
	     spec.threads);
	return TRUE;
}

static gboolean
load_weights(Run *run, GError **error)
{
	LoadedWeights loaded;

	/* Keras's weights want blue first where the data are standardised so.
	 */
	if (run->base == NULL && kw_dataset_info(run->dataset)->standardize ==
					 KW_STANDARDIZE_CAFFE) {
		g_set_error(error, KW_ERROR, KW_ERROR_UNSUPPORTED,
			    "'%s' is standardised 'caffe', for which the "
			    "weights of '%s' would have to be turned from "
			    "blue-green-red; use kw-prep --standardize rescale",
			    kw_dataset_name(run->dataset), run->weights);
		return FALSE;
	}
	if (!initialise_head(run->network, error) ||
	    !model_load_weights(run->weights, run->network, run->base != NULL,
				&loaded, error))
		return FALSE;
	tell(run->voice->say,
	     "weights of '%s': %u convolutions loaded, %u dense layers "
	     "loaded, %u not used%s",
	     run->weights, loaded.convolutions, loaded.dense, loaded.skipped,
	     loaded.dense == 0 ? "; the head starts at random" : "");
	return TRUE;
}

static gboolean
first_weights(Run *run, GError **error)
{
	if (run->weights != NULL)
		return load_weights(run, error);
	run->voice->warn("no pretrained weights: VGG19 starts from random "
			 "features, which a few hundred photos cannot mend; "
			 "expect little more than the baseline");
	return initialise_body(run->network, run->splits[KW_TRAIN], error) &&
	       initialise_head(run->network, error);
}

/* ---- training */

static void
on_step(gpointer data, int epoch, gsize step, gsize steps, double loss)
{
	Run *run = data;
	g_autofree char *verb = NULL;

	if (run->options->common.verbosity > 0) {
		tell(run->voice->say, "step %zu/%zu loss %.7g", step, steps,
		     loss);
		return;
	}
	if (run->options->common.verbosity < 0)
		return;
	if (run->progress == NULL) {
		verb = g_strdup_printf("epoch %d", epoch);
		run->progress = kw_progress_new(verb, "steps", steps);
	}
	kw_progress_set(run->progress, step);
	if (step == steps)
		g_clear_pointer(&run->progress, kw_progress_free);
}

static gboolean
save_model(Run *run, const EpochReport *report, GError **error)
{
	const TrainOptions *o = run->options;
	const KwDatasetInfo *data = kw_dataset_info(run->dataset);
	g_autofree char *recipe = recipe_settings(&o->recipe);
	g_autofree char *settings =
		kw_settings_merge(recipe, g_strcmp0(o->weights, "none") == 0
						  ? "train.weights=none\n"
						  : "train.weights=file\n");
	g_autoptr(ModelInfo) info = model_info_new();
	g_autoptr(KwOutfile) out = kw_outfile_new(
		o->common.output, o->common.force || run->saved, error);

	if (out == NULL)
		return FALSE;
	info->class_names = g_strdupv(data->class_names);
	info->height = data->height;
	info->width = data->width;
	info->channels = data->channels;
	info->fit = g_strdup(data->fit);
	memcpy(info->scale, data->scale, sizeof info->scale);
	memcpy(info->offset, data->offset, sizeof info->offset);
	info->freeze = o->recipe.freeze;
	info->metrics = report_metrics_json(report);
	info->settings = kw_settings_merge(data->settings, settings);
	info->n_head = o->recipe.n_head;
	memcpy(info->head, o->recipe.head, sizeof info->head);
	run->saved = model_write(kw_outfile_path(out), kw_outfile_name(out),
				 run->network, info, error) &&
		     kw_outfile_commit(out, error);
	return run->saved;
}

static gboolean
on_epoch(gpointer data, const EpochReport *report, GError **error)
{
	Run *run = data;
	g_autofree char *line =
		report_epoch(report, run->options->recipe.epochs);

	tell(run->voice->print, "%s\n", line);
	run->epoch = report->epoch;
	return (!report->best || save_model(run, report, error)) &&
	       run_log_epoch(run->log, report, error);
}

static void
say_how_it_ended(const Run *run, FitEnd end, const EpochReport *best)
{
	const char *model = run->options->common.output;

	if (end == FIT_INTERRUPTED && best->epoch == 0)
		tell(run->voice->say,
		     "interrupted before an epoch was finished: no model was "
		     "written");
	else if (end == FIT_INTERRUPTED)
		tell(run->voice->say,
		     "interrupted in epoch %d: '%s' keeps the best one, epoch "
		     "%d",
		     run->epoch + 1, model, best->epoch);
	else
		tell(run->voice->say, "%s'%s' holds epoch %d",
		     end == FIT_PATIENCE ? "stopped early, no better epoch "
					   "came: "
					 : "",
		     model, best->epoch);
}

/* The report on the test images, or on the validation images for want of
 * them, with the weights of the best epoch. */
static gboolean
report_test(Run *run, const EpochReport *best, GError **error)
{
	const KwDatasetInfo *info = kw_dataset_info(run->dataset);
	const Samples *samples = run->splits[KW_TEST]->n > 0
					 ? run->splits[KW_TEST]
					 : run->splits[KW_VAL];
	g_autofree gsize *counts = samples_count_labels(
		run->splits[KW_TRAIN], run->network->spec.classes);
	g_autoptr(Evaluation) e = NULL;
	g_autofree char *text = NULL;
	LoadedWeights loaded;

	if (samples->n == 0)
		return TRUE;
	if (best->epoch != run->epoch &&
	    !model_load_weights(run->options->common.output, run->network, TRUE,
				&loaded, error))
		return FALSE;
	e = evaluate(run->network, samples, error);
	if (e == NULL)
		return FALSE;
	text = report_evaluation(e, kw_split_names[samples->split],
				 info->class_names, counts);
	tell(run->voice->print, "\n%s", text);
	return TRUE;
}

/* Refuse what cannot be written before the work, not after it. */
static gboolean
prepare_outputs(Run *run, GError **error)
{
	const TrainOptions *o = run->options;
	g_autoptr(KwOutfile) probe = NULL;
	g_autofree char *dir = NULL;

	/* "-" first: a terminal would be refused in words of its own. */
	if (strcmp(o->common.output, "-") != 0) {
		probe = kw_outfile_new(o->common.output, o->common.force,
				       error);
		if (probe == NULL)
			return FALSE;
	}
	if (probe == NULL || kw_outfile_is_stream(probe)) {
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "'%s': a model is written several times and read "
			    "back, and needs a file: name one with -o FILE",
			    o->common.output);
		return FALSE;
	}
	if (o->log_dir == NULL) {
		const char *output = o->common.output;
		gsize n = strlen(output);

		if (g_str_has_suffix(output, ".h5"))
			n -= strlen(".h5");
		dir = g_strdup_printf("%.*s.log", (int)n, output);
	}
	run->log = run_log_new(o->log_dir != NULL ? o->log_dir : dir,
			       o->common.force, error);
	return run->log != NULL;
}

gboolean
train_run(const TrainOptions *options, const TrainVoice *voice, GError **error)
{
	g_auto(Run) run = { .options = options, .voice = voice };
	const FitListener listener = { &run, on_step, on_epoch };
	const FitOptions fit_options = { .epochs = options->recipe.epochs,
					 .rate = options->recipe.rate,
					 .momentum = options->recipe.momentum,
					 .patience = options->recipe.patience,
					 .shuffle = options->recipe.shuffle,
					 .seed = options->recipe.seed };
	g_autoptr(GError) failure = NULL;
	EpochReport best;
	FitEnd end;

	/* What can be refused without the data is: they may still be on their
	 * way through a pipe. */
	if (!prepare_outputs(&run, error) || !find_weights(&run, error) ||
	    !open_data(&run, error) || !check_base(&run, error) ||
	    !make_network(&run, error) || !first_weights(&run, error))
		return FALSE;
	end = fit(run.network, run.splits[KW_TRAIN], run.splits[KW_VAL],
		  &fit_options, &listener, &best, error);
	g_clear_pointer(&run.progress, kw_progress_free);
	if (end == FIT_FAILED) {
		if (best.epoch > 0)
			tell(voice->say, "'%s' keeps the best epoch so far, %d",
			     options->common.output, best.epoch);
		return FALSE;
	}
	say_how_it_ended(&run, end, &best);
	if (end == FIT_INTERRUPTED || report_test(&run, &best, &failure))
		return TRUE;
	if (g_error_matches(failure, KW_ERROR, KW_ERROR_INTERRUPTED)) {
		tell(voice->say, "interrupted before the report was finished");
		return TRUE;
	}
	g_propagate_error(error, g_steal_pointer(&failure));
	return FALSE;
}
