#include "train/guard.h"

#include <math.h>

#include "kw/error.h"
#include "train/report.h"

static const double max_deviations = 10;
static const double max_guesses = 10;
static const double tolerance = 0.02;

const char *const guard_remedy = "lower --lr, or --clip-norm 5";

/* ---- divergence */

double
guard_blind_loss(int classes, const Loss *loss)
{
	double weight = 0;

	for (int k = 0; k < classes; k++)
		weight = MAX(weight, (double)loss_weight(loss, k));
	return weight * log(classes);
}

/* Standard deviations above the mean of the window; 0 with too few in it. */
static double
deviations(const TrainState *state, double cross_entropy)
{
	const int n = (int)MIN(state->n_window, STATE_WINDOW);
	double mean = 0, variance = 0;

	if (n < GUARD_MIN_WINDOW)
		return 0;
	for (int i = 0; i < n; i++)
		mean += state->window[i] / n;
	for (int i = 0; i < n; i++)
		variance += (state->window[i] - mean) *
			    (state->window[i] - mean) / n;
	if (cross_entropy <= mean)
		return 0;
	/* No deviation at all: then any is too much. */
	return (cross_entropy - mean) / sqrt(variance);
}

StepHealth
guard_judge(const TrainState *state, double loss, double cross_entropy,
	    double blind)
{
	if (!isfinite(loss) || !isfinite(cross_entropy))
		return STEP_NOT_FINITE;
	return cross_entropy > max_guesses * blind &&
			       deviations(state, cross_entropy) > max_deviations
		       ? STEP_EXPLODES
		       : STEP_SOUND;
}

/* Why a training cannot go on, or NULL.  Free it. */
static char *
reason_to_end(const TrainState *state, StepHealth health,
	      OnDivergence on_divergence)
{
	if (on_divergence == ON_DIVERGENCE_SKIP)
		return state->n_divergent < GUARD_SKIP_AT_MOST
			       ? NULL
			       : g_strdup_printf("%d steps in a row had to be "
						 "skipped",
						 state->n_divergent);
	if (health == STEP_NOT_FINITE)
		return g_strdup("the loss or its gradient is not a finite "
				"number");
	return state->n_divergent < GUARD_STOP_AFTER
		       ? NULL
		       : g_strdup_printf("the loss has exploded for %d steps "
					 "in a row",
					 state->n_divergent);
}

void
guard_fail(const TrainState *state, const char *reason, double loss,
	   GError **error)
{
	g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
		    "training diverged: %s in step %zu of epoch %d, whose loss "
		    "is %g; %s",
		    reason, state->step + 1, state->epoch, report_number(loss),
		    guard_remedy);
}

gboolean
guard_note(TrainState *state, StepHealth health, OnDivergence on_divergence,
	   double loss, double cross_entropy, gboolean *skip, GError **error)
{
	g_autofree char *reason = NULL;

	*skip = FALSE;
	if (health == STEP_SOUND) {
		state->window[state->n_window++ % STATE_WINDOW] = cross_entropy;
		state->n_divergent = 0;
		return TRUE;
	}
	state->n_divergent++;
	*skip = on_divergence == ON_DIVERGENCE_SKIP;
	reason = reason_to_end(state, health, on_divergence);
	if (reason != NULL)
		guard_fail(state, reason, loss, error);
	return reason == NULL;
}

/* ---- guessing */

static gsize
sum_of(const gsize *counts, int classes)
{
	gsize sum = 0;

	for (int k = 0; k < classes; k++)
		sum += counts[k];
	return sum;
}

/* Of the images; times this, the loss of any guess is that of one image. */
static double
mean_weight(const gsize *counts, int classes, const Loss *loss)
{
	double sum = 0;

	for (int k = 0; k < classes; k++)
		sum += (double)loss_weight(loss, k) * (double)counts[k];
	return sum / (double)sum_of(counts, classes);
}

double
guard_guess_loss(const gsize *counts, int classes, const Loss *loss)
{
	const double smoothing = loss == NULL ? 0 : loss->smoothing;
	const double weight = mean_weight(counts, classes, loss);
	const double n = (double)sum_of(counts, classes);
	double entropy = 0;

	/* The best probabilities are the mean of all targets, by weight; their
	 * loss is their entropy (Gibbs's inequality). */
	for (int k = 0; k < classes; k++) {
		double p = (double)loss_weight(loss, k) * (double)counts[k] /
				   (n * weight) * (1 - smoothing) +
			   smoothing / classes;

		entropy -= p > 0 ? p * log(p) : 0;
	}
	return entropy * weight;
}

/* Of the last `n` losses in the window. */
static double
window_mean(const TrainState *state, guint64 n)
{
	double sum = 0;

	for (guint64 i = state->n_window - n; i < state->n_window; i++)
		sum += state->window[i % STATE_WINDOW];
	return sum / (double)n;
}

char *
guard_stuck(const TrainState *state, gsize steps, const gsize *counts,
	    int classes, const Loss *loss)
{
	enum { EPOCHS = 3 };
	const guint64 n =
		MIN(MIN(steps, state->n_window), (guint64)STATE_WINDOW);
	const double best = guard_guess_loss(counts, classes, loss);
	const double worst = log(classes) * mean_weight(counts, classes, loss);
	double mean, share = 0;

	if (state->history->len < EPOCHS || n == 0)
		return NULL;
	mean = window_mean(state, n);
	for (int k = 0; k < classes; k++)
		share = MAX(share, (double)counts[k] /
					   (double)sum_of(counts, classes));
	if (mean < best * (1 - tolerance) || mean > worst * (1 + tolerance))
		return NULL;
	for (guint i = state->history->len - EPOCHS; i < state->history->len;
	     i++)
		if (g_array_index(state->history, EpochReport, i).accuracy >
		    share * (1 + tolerance))
			return NULL;
	return g_strdup_printf(
		"the network still guesses after %u epochs: its cross-entropy "
		"of %.4g is that of guessing among %d classes, and the "
		"accuracy no better than naming the most frequent one; try "
		"--lr 10 times as large, or 10 times as small, and look "
		"whether weights and labels are the right ones",
		state->history->len, mean, classes);
}
