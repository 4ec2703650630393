/*
 * The training loop.
 *
 * A training has one stage or two: the head alone in the recipe's head_epochs,
 * at head_rate, with all of VGG19 frozen; then all but the recipe's frozen
 * layers, with no momentum to start with, and patience and plateau counted
 * anew.  The best epoch is the best of both.
 */
#ifndef KW_TRAIN_FIT_H
#define KW_TRAIN_FIT_H

#include "train/feature_cache.h"
#include "train/guard.h"
#include "train/recipe.h"
#include "train/state.h"

/*
 * Whom to tell; all are called from the thread that calls fit().  `state` is
 * for reading.
 */
typedef struct {
	gpointer data;
	/* After each step: state->step of the `steps` of state->epoch are done,
	 * and the loss of the last. */
	void (*on_step)(gpointer data, const TrainState *state, gsize steps,
			double loss);
	/* The same, for checkpoints by the clock: state and network agree.  An
	 * error ends the training.  May be NULL. */
	gboolean (*after_step)(gpointer data, const Network *network,
			       const TrainState *state, GError **error);
	/* After each epoch.  The state stands before the next one already; the
	 * network is that of this one, also where a stage begins with the next.
	 * Both can be saved, to be resumed from, and weights when report->best.
	 */
	gboolean (*on_epoch)(gpointer data, const Network *network,
			     const TrainState *state, const EpochReport *report,
			     GError **error);
	/* A line about what may be wrong: stuck, steps left out. */
	void (*warn)(gpointer data, const char *text);
} FitListener;

typedef enum {
	FIT_DONE,        /* all epochs */
	FIT_PATIENCE,    /* no better epoch for too long */
	FIT_INTERRUPTED, /* SIGHUP, SIGINT or SIGTERM, between two steps */
	FIT_FAILED,      /* an error is set */
} FitEnd;

/* Layers that are frozen in an epoch, as Keras counts them; past the last
 * epoch, those of the last. */
int fit_freeze(const Recipe *recipe, int epoch);

/* How many epochs from this one on, itself included, have as many frozen
 * layers. */
int fit_epochs_alike(const Recipe *recipe, int epoch);

/* Is there nothing left to train: all epochs are done, or patience is over? */
gboolean fit_is_over(const Recipe *recipe, const TrainState *state);

/*
 * Train on `train` (n > 0) from where `state` stands, validating on `val` after
 * each epoch (n may be 0: every epoch then counts as the best).  Ties are not
 * better.  The network must have the recipe's batch, accumulate if the recipe
 * does, and be frozen as fit_freeze(recipe, state->epoch) says; it is replaced
 * where a stage begins, and NULL if that fails.  `cache` may be NULL, and is of
 * no use where the recipe augments; the weights are the same with it and
 * without.
 *
 * When interrupted, and at FIT_DONE and FIT_PATIENCE, network and state can be
 * saved; fit() goes on from them as if it had never stopped, with the same
 * weights to the bit.  An interrupted state may have all steps of its epoch
 * done: validation is then missing.  After FIT_FAILED they must not be saved:
 * weights may be no finite numbers.
 * Errors: KW_ERROR_INPUT when the training diverges (guard.h), those of reading
 * samples, of oneDNN, and of the listener.
 */
FitEnd fit(Network **network, const Samples *train, const Samples *val,
	   const Recipe *recipe, OnDivergence on_divergence,
	   FeatureCache *cache, TrainState *state, const FitListener *listener,
	   GError **error);

#endif
