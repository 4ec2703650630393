/* The learning rate over time. */
#ifndef KW_TRAIN_SCHEDULE_H
#define KW_TRAIN_SCHEDULE_H

#include "train/recipe.h"
#include "train/state.h"

/*
 * The rate of a step: `step` (0, 1, ...) of the `steps` of an epoch, of which
 * the first is 1.
 *
 * In the head's epochs it is head_rate.  After them, with i steps done of the N
 * that remain for all epochs and a warm-up of W = round(warmup * steps) steps,
 *
 *	rate * i / W                                       for i < W
 *	rate                                               constant
 *	rate * (1 + cos(pi * (i - W) / (N - W))) / 2       cosine
 *
 * as keras.optimizers.schedules.CosineDecay(0, N - W, warmup_target = rate,
 * warmup_steps = W): the first step of a warm-up is at 0, and the last step of
 * all nearly is.  plateau_factor is not in it.
 */
double schedule_rate(const Recipe *recipe, int epoch, gsize step, gsize steps);

/*
 * keras.callbacks.ReduceLROnPlateau(factor, patience, min_delta = 0): after
 * `epoch`, when that was the plateau-th in a row without a better one, counted
 * from state->plateau_from and state->best on, multiply state->plateau_factor
 * and count anew.  Nothing within the head's epochs.
 */
void schedule_after_epoch(const Recipe *recipe, int epoch, TrainState *state);

#endif
