#include "train/fit.h"

#include <math.h>
#include <string.h>

#include "kw/app.h"
#include "train/evaluate.h"
#include "train/report.h"
#include "train/schedule.h"
#include "train/step.h"

typedef struct {
	Network **network; /* the caller's */
	const Samples *train, *val;
	const Recipe *recipe;
	OnDivergence on_divergence;
	FeatureCache *cache;
	TrainState *state;
	const FitListener *listener;

	gsize steps;          /* of an epoch */
	gsize *counts;        /* images to train on, of each class */
	float *class_weights; /* NULL: none */
	Loss loss;            /* of the training */
	Loss val_loss;        /* of the validation: without class weights */
	gboolean warned;      /* that the network guesses */
} Fit;

static void
fit_clear(Fit *fit)
{
	g_free(fit->counts);
	g_free(fit->class_weights);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fit, fit_clear)

/* ---- stages */

static void
forget_momentum(Network *network)
{
	for (guint i = 0; i < network->n_layers; i++) {
		const Layer *layer = network->layers[i];

		if (!layer->trainable)
			continue;
		memset(layer->kernel->velocity, 0,
		       layer->kernel->n * sizeof *layer->kernel->velocity);
		memset(layer->bias->velocity, 0,
		       layer->bias->n * sizeof *layer->bias->velocity);
	}
}

int
fit_freeze(const Recipe *recipe, int epoch)
{
	return MIN(epoch, recipe->epochs) <= recipe->head_epochs
		       ? VGG19_KERAS_LAYERS
		       : recipe->freeze;
}

int
fit_epochs_alike(const Recipe *recipe, int epoch)
{
	const int freeze = fit_freeze(recipe, epoch);
	int last = epoch;

	while (last < recipe->epochs && fit_freeze(recipe, last + 1) == freeze)
		last++;
	return last - epoch + 1;
}

static void
begin_cache(const Fit *fit)
{
	feature_cache_begin(fit->cache, *fit->network,
			    fit_epochs_alike(fit->recipe, fit->state->epoch));
}

/* Does the stage after the head's begin where the state stands? */
static gboolean
begins_stage(const Fit *fit)
{
	return fit->recipe->head_epochs > 0 && fit->state->step == 0 &&
	       fit->state->epoch == fit->recipe->head_epochs + 1 &&
	       fit->state->epoch <= fit->recipe->epochs;
}

/* Twice is once: a state may have been saved before or after it. */
static gboolean
begin_stage(Fit *fit, GError **error)
{
	const int freeze = fit_freeze(fit->recipe, fit->state->epoch);

	fit->state->patience_from = fit->recipe->head_epochs;
	fit->state->plateau_from = fit->recipe->head_epochs;
	if ((*fit->network)->spec.freeze == freeze) {
		forget_momentum(*fit->network);
	} else {
		feature_cache_end(fit->cache);
		*fit->network = network_refreeze(*fit->network, freeze, error);
	}
	if (*fit->network != NULL)
		begin_cache(fit);
	return *fit->network != NULL;
}

/* ---- steps */

static double
current_rate(const Fit *fit, gsize step)
{
	return fit->state->plateau_factor *
	       schedule_rate(fit->recipe, fit->state->epoch, step, fit->steps);
}

/* The samples of the steps of the epoch that are done. */
static gsize
samples_done(const Fit *fit)
{
	return MIN(fit->state->step * step_images(fit->recipe), fit->train->n);
}

static gboolean
take_step(Fit *fit, Loader *loader, double *loss, GError **error)
{
	const Step step = {
		.network = *fit->network,
		.loader = loader,
		.cache = fit->cache,
		.images = MIN(step_images(fit->recipe),
			      fit->train->n - samples_done(fit)),
		.recipe = fit->recipe,
		.loss = &fit->loss,
		.on_divergence = fit->on_divergence,
		.rate = current_rate(fit, fit->state->step),
	};

	return step_take(&step, fit->state, loss, error);
}

/* The loader of the steps of the epoch that are left. */
static Loader *
open_loader(const Fit *fit, const gsize *order, GError **error)
{
	const Samples *train = fit->train;
	const Recipe *recipe = fit->recipe;
	const LoaderAugment augment = { &recipe->policy, recipe->seed,
					fit->state->epoch };
	const gsize first = samples_done(fit);

	return loader_new(train, order + first, train->n - first, recipe->batch,
			  recipe->augments ? &augment : NULL,
			  feature_cache_features(fit->cache), error);
}

/* What is left of the pass over the training samples. */
static gboolean
train_epoch(Fit *fit, GError **error)
{
	const FitListener *listener = fit->listener;
	TrainState *state = fit->state;
	g_autofree gsize *order =
		fit->recipe->shuffle
			? samples_shuffled_order(fit->train, fit->recipe->seed,
						 state->epoch)
			: samples_file_order(fit->train);
	g_autoptr(Loader) loader = open_loader(fit, order, error);

	if (loader == NULL)
		return FALSE;
	while (state->step < fit->steps) {
		const gint64 begin = g_get_monotonic_time();
		double loss;

		if (!take_step(fit, loader, &loss, error))
			return FALSE;
		state->seconds += (double)(g_get_monotonic_time() - begin) /
				  G_USEC_PER_SEC;
		listener->on_step(listener->data, state, fit->steps, loss);
		if ((listener->after_step != NULL &&
		     !listener->after_step(listener->data, *fit->network, state,
					   error)) ||
		    !kw_check_interrupted(error))
			return FALSE;
	}
	return TRUE;
}

/* ---- ends of epochs */

static gboolean
is_better(const Fit *fit, const EpochReport *report)
{
	const EpochReport *best = &fit->state->best;

	if (best->epoch == 0 || !report->has_val)
		return TRUE;
	return fit->recipe->monitor == MONITOR_VAL_LOSS
		       ? report->val_loss < best->val_loss
		       : report->val_accuracy > best->val_accuracy;
}

static gboolean
validate(Fit *fit, EpochReport *report, GError **error)
{
	g_autoptr(Evaluation) e = NULL;

	report->has_val = fit->val->n > 0;
	if (!report->has_val)
		return TRUE;
	e = evaluate(*fit->network, fit->val, &fit->val_loss, fit->cache,
		     error);
	if (e == NULL)
		return FALSE;
	report->val_loss = e->loss;
	report->val_accuracy = e->accuracy;
	if (isfinite(e->loss))
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
		    "training diverged: the loss in the validation of epoch %d "
		    "is %g; %s",
		    report->epoch, report_number(e->loss), guard_remedy);
	return FALSE;
}

/* The epoch under way is done: put the state before the next. */
static void
advance(Fit *fit, const EpochReport *report)
{
	TrainState *state = fit->state;

	g_array_append_val(state->history, *report);
	if (report->best)
		state->best = *report;
	schedule_after_epoch(fit->recipe, report->epoch, state);
	state->epoch++;
	state->step = 0;
	state->loss_sum = 0;
	state->correct = state->seen = state->skipped = 0;
	state->seconds = 0;
}

static void
warn(Fit *fit, const EpochReport *report)
{
	const FitListener *listener = fit->listener;
	g_autofree char *stuck = NULL;
	g_autofree char *skipped = NULL;

	if (report->skipped > 0) {
		skipped = g_strdup_printf("epoch %d: %d of %zu steps were left "
					  "out as divergent; %s",
					  report->epoch, report->skipped,
					  fit->steps, guard_remedy);
		listener->warn(listener->data, skipped);
	}
	if (!fit->warned)
		stuck = guard_stuck(fit->state, fit->steps, fit->counts,
				    (*fit->network)->spec.classes, &fit->loss);
	if (stuck != NULL) {
		listener->warn(listener->data, stuck);
		fit->warned = TRUE;
	}
}

static gboolean
finish_epoch(Fit *fit, GError **error)
{
	const FitListener *listener = fit->listener;
	const TrainState *state = fit->state;
	const double seen = (double)state->seen;
	EpochReport report = {
		.epoch = state->epoch,
		.loss = state->loss_sum / seen,
		.accuracy = (double)state->correct / seen,
		.rate = current_rate(fit, fit->steps - 1),
		.images_per_second =
			(double)fit->train->n / MAX(state->seconds, 1e-6),
		.skipped = (int)state->skipped,
	};

	if (state->seen == 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "training diverged: all steps of epoch %d had to "
			    "be skipped; %s",
			    report.epoch, guard_remedy);
		return FALSE;
	}
	if (!validate(fit, &report, error))
		return FALSE;
	report.best = is_better(fit, &report);
	report.wall_time = (double)g_get_real_time() / G_USEC_PER_SEC;
	advance(fit, &report);
	warn(fit, &report);
	/* First of all the epoch is saved: there may be no memory to thaw. */
	return listener->on_epoch(listener->data, *fit->network, state, &report,
				  error) &&
	       (!begins_stage(fit) || begin_stage(fit, error));
}

static gboolean
patience_is_over(const Recipe *recipe, const TrainState *state)
{
	const int last = state->epoch - 1;

	return recipe->patience > 0 && last > recipe->head_epochs &&
	       last - MAX(state->best.epoch, state->patience_from) >=
		       recipe->patience;
}

gboolean
fit_is_over(const Recipe *recipe, const TrainState *state)
{
	return state->epoch > recipe->epochs || patience_is_over(recipe, state);
}

FitEnd
fit(Network **network, const Samples *train, const Samples *val,
    const Recipe *recipe, OnDivergence on_divergence, FeatureCache *cache,
    TrainState *state, const FitListener *listener, GError **error)
{
	const int classes = (*network)->spec.classes;
	g_auto(Fit) fit = { .network = network,
			    .train = train,
			    .val = val,
			    .recipe = recipe,
			    .on_divergence = on_divergence,
			    .cache = cache,
			    .state = state,
			    .listener = listener,
			    .steps = step_count(recipe, train->n),
			    .counts = samples_count_labels(train, classes) };
	g_autoptr(GError) failure = NULL;
	gboolean ok;

	if (recipe->balanced)
		fit.class_weights = loss_balanced_weights(fit.counts, classes);
	fit.loss = (Loss){ fit.class_weights, recipe->label_smoothing };
	fit.val_loss = (Loss){ NULL, recipe->label_smoothing };
	ok = !begins_stage(&fit) || begin_stage(&fit, &failure);
	if (ok && state->epoch <= recipe->epochs)
		begin_cache(&fit);
	g_assert(!ok ||
		 ((*network)->spec.batch == recipe->batch &&
		  ((*network)->spec.accumulates || recipe->accumulate == 1) &&
		  (*network)->spec.freeze == fit_freeze(recipe, state->epoch)));
	while (ok && !fit_is_over(recipe, state))
		ok = train_epoch(&fit, &failure) &&
		     finish_epoch(&fit, &failure);
	if (ok)
		return patience_is_over(recipe, state) ? FIT_PATIENCE
						       : FIT_DONE;
	if (g_error_matches(failure, KW_ERROR, KW_ERROR_INTERRUPTED))
		return FIT_INTERRUPTED;
	g_propagate_error(error, g_steal_pointer(&failure));
	return FIT_FAILED;
}
