#include "train/step.h"

#include <math.h>

#include "kw/app.h"
#include "train/accumulate.h"
#include "train/sgd.h"

gsize
step_images(const Recipe *recipe)
{
	return (gsize)recipe->batch * (gsize)recipe->accumulate;
}

gsize
step_count(const Recipe *recipe, gsize n)
{
	return (n + step_images(recipe) - 1) / step_images(recipe);
}

/* ---- passes */

/* Of the passes so far. */
typedef struct {
	gsize n; /* images */
	int correct;
	double cross_entropy; /* sum over the images */
} Sums;

static gsize
count_passes(const Step *step)
{
	const gsize batch = (gsize)step->recipe->batch;

	return (step->images + batch - 1) / batch;
}

/* Forward and backward, one batch. */
static gboolean
compute(const Step *step, const Batch *batch, guint64 key, Sums *sums,
	GError **error)
{
	Network *network = step->network;
	int correct;

	if (!feature_cache_forward(step->cache, network, batch, KW_TRAIN, TRUE,
				   key, error))
		return FALSE;
	sums->cross_entropy += network_cross_entropy(
		network, batch->labels, batch->n, step->loss, &correct);
	sums->correct += correct;
	/* Without a loss there is no use in a gradient. */
	return !isfinite(sums->cross_entropy) ||
	       network_backward(network, batch->labels, batch->n, step->loss,
				error);
}

/*
 * All passes: their sums, and in the network the gradients of the mean loss,
 * unless that is no finite number.  What is left of the images is read even
 * then: the next step begins behind them.
 */
static gboolean
compute_all(const Step *step, const TrainState *state, Sums *sums,
	    GError **error)
{
	const gsize passes = count_passes(step);
	const guint64 first_key =
		state->steps * (guint64)step->recipe->accumulate;

	for (gsize i = 0; i < passes; i++) {
		const Batch *batch;

		/* Nothing has changed yet: no need to wait for the others. */
		if (i > 0 && !kw_check_interrupted(error))
			return FALSE;
		batch = loader_next(step->loader, error);
		if (batch == NULL)
			return FALSE;
		sums->n += (gsize)batch->n;
		if (!isfinite(sums->cross_entropy))
			continue;
		if (!compute(step, batch, first_key + i, sums, error))
			return FALSE;
		if (passes > 1)
			accumulate_gradients(step->network,
					     (double)batch->n /
						     (double)step->images,
					     i == 0, i + 1 == passes);
	}
	return TRUE;
}

/* ---- the update */

/* `skip` has to know before the update, for there is no way back from it. */
static gboolean
needs_norm(const Step *step)
{
	return step->recipe->clip_norm > 0 ||
	       step->on_divergence == ON_DIVERGENCE_SKIP;
}

static gboolean
update(const Step *step, const TrainState *state, double norm, double loss,
       GError **error)
{
	const Recipe *recipe = step->recipe;
	const SgdStep sgd = { .rate = step->rate,
			      .momentum = recipe->momentum,
			      .body_rate = recipe->body_rate,
			      .scale = sgd_clip(norm, recipe->clip_norm) };
	g_autoptr(GError) failure = NULL;

	if (sgd_update(step->network, &sgd, &failure))
		return TRUE;
	if (g_error_matches(failure, KW_ERROR, KW_ERROR_INPUT))
		guard_fail(state, failure->message, loss, error);
	else
		g_propagate_error(error, g_steal_pointer(&failure));
	return FALSE;
}

gboolean
step_take(const Step *step, TrainState *state, double *loss, GError **error)
{
	Network *network = step->network;
	Sums sums = { 0 };
	double cross_entropy, norm = 0;
	StepHealth health;
	gboolean skip;

	network_defer_gradients(network,
				count_passes(step) == 1 && !needs_norm(step));
	if (!compute_all(step, state, &sums, error))
		return FALSE;
	cross_entropy = sums.cross_entropy / (double)sums.n;
	*loss = cross_entropy + network_l2_loss(network);
	health = guard_judge(
		state, *loss, cross_entropy,
		guard_blind_loss(network->spec.classes, step->loss));
	if (health != STEP_NOT_FINITE && needs_norm(step))
		norm = sgd_gradient_norm(network);
	if (!isfinite(norm))
		health = STEP_NOT_FINITE;
	if (!guard_note(state, health, step->on_divergence, *loss,
			cross_entropy, &skip, error) ||
	    (!skip && !update(step, state, norm, *loss, error)))
		return FALSE;
	if (skip) {
		state->skipped++;
	} else {
		state->loss_sum += *loss * (double)sums.n;
		state->correct += (gsize)sums.correct;
		state->seen += sums.n;
	}
	state->step++;
	state->steps++;
	return TRUE;
}
