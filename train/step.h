/*
 * One step of training: the gradients of a batch, or the sum of those of
 * several, then one update.
 *
 * With the recipe's `accumulate` N, the step is that of a batch N times as
 * large, computed in N passes: what is large, the activations, is there for one
 * of them.  Loss, accuracy, norm, health and gradients are those of all images
 * of the step, also where an epoch has fewer left than N batches; each pass
 * draws a dropout mask of its own.
 */
#ifndef KW_TRAIN_STEP_H
#define KW_TRAIN_STEP_H

#include "train/feature_cache.h"
#include "train/guard.h"
#include "train/loader.h"
#include "train/network.h"
#include "train/recipe.h"

typedef struct {
	/* spec.accumulates, where images may be more than a batch */
	Network *network;
	Loader *loader;
	FeatureCache *cache; /* may be NULL */
	gsize images;        /* of this step: 1 .. batch * accumulate */
	const Recipe *recipe;
	const Loss *loss;
	OnDivergence on_divergence;
	double rate;
} Step;

/* Images of a step, and steps of an epoch over n images: the last may have
 * fewer. */
gsize step_images(const Recipe *recipe);
gsize step_count(const Recipe *recipe, gsize n);

/*
 * Take the step that comes after state->steps, and count it in the state;
 * *loss is its mean over the images, with L2.
 * Errors: KW_ERROR_INPUT when the training diverges (guard.h): the network is
 * then good for nothing; KW_ERROR_INTERRUPTED between two passes: the step is
 * not taken, and can be once more; those of reading samples and of oneDNN.
 */
gboolean step_take(const Step *step, TrainState *state, double *loss,
		   GError **error);

#endif
