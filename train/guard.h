/*
 * Watch over the loss: is the training falling apart, or getting nowhere?
 *
 * A step is divergent when its loss or its gradients are not finite numbers, or
 * when it explodes: its cross-entropy, L2 left out, is
 *
 *	more than 10 standard deviations above the mean of the last sound steps
 *	(up to 128; the outlier test of llm.c), of which there are 16 or more,
 *	and more than ten times the loss of a blind guess, ln(classes), times
 *	the largest class weight: a batch may be all of that class.
 *
 * The second, because one photo with a wrong label lets the loss of a network
 * that knows the others by heart jump by hundreds of standard deviations, which
 * does no harm.  A loss that explodes is kept out of the window: in it, the
 * first would hide those to come.
 *
 *	stop	a step that is not finite ends the training, and so does the
 *		5th in a row that explodes; the four before it are taken
 *	skip	the updates of such steps are left out; 20 in a row end the
 *		training
 *
 * Gradients are judged by their norm, where it is known (sgd.h): `skip` has it
 * computed in each step.  With `stop` and no --clip-norm, sgd_update() finds
 * what they have done, and ends the training before anything is saved.
 */
#ifndef KW_TRAIN_GUARD_H
#define KW_TRAIN_GUARD_H

#include "train/softmax.h"
#include "train/state.h"

typedef enum { ON_DIVERGENCE_STOP, ON_DIVERGENCE_SKIP } OnDivergence;

typedef enum { STEP_SOUND, STEP_EXPLODES, STEP_NOT_FINITE } StepHealth;

enum {
	GUARD_MIN_WINDOW = 16, /* losses to judge by */
	GUARD_STOP_AFTER = 5,  /* steps in a row */
	GUARD_SKIP_AT_MOST = 20,
};

/* The largest loss of a blind guess: of an image of the weightiest class. */
double guard_blind_loss(int classes, const Loss *loss);

/* Of a step about to be taken: by its loss, L2 term included, the mean
 * cross-entropy of its batch, and guard_blind_loss(). */
StepHealth guard_judge(const TrainState *state, double loss,
		       double cross_entropy, double blind);

/*
 * Note a step's health (and cross-entropy, if sound) in the state; *skip says
 * whether its update is to be left out.
 * KW_ERROR_INPUT when the training ends here: step, loss and remedy.
 */
gboolean guard_note(TrainState *state, StepHealth health,
		    OnDivergence on_divergence, double loss,
		    double cross_entropy, gboolean *skip, GError **error);

/* KW_ERROR_INPUT: the training diverged for this reason in the step about to be
 * taken, of this loss; and what to do. */
void guard_fail(const TrainState *state, const char *reason, double loss,
		GError **error);

/* What to do about it: "lower --lr, or --clip-norm 5". */
extern const char *const guard_remedy;

/*
 * After an epoch of `steps` steps, noted in the history: does the network still
 * guess?  That is when 3 epochs or more are done; the mean cross-entropy of the
 * epoch's last steps (up to 128) is within 2 % of a guess; and the accuracy of
 * the last 3 epochs is within 2 % of the share of the most frequent class, or
 * below.  A guess is the best that can be said without looking, or "all classes
 * alike", whose loss is ln(classes), or anything between; they are the same
 * where classes are equally frequent or `loss` weighs them so.
 * A line that says so and what to do, to be freed; or NULL.
 */
char *guard_stuck(const TrainState *state, gsize steps, const gsize *counts,
		  int classes, const Loss *loss);

/*
 * The mean loss over images of these classes when all are given the same
 * probabilities, the best that there are.
 */
double guard_guess_loss(const gsize *counts, int classes, const Loss *loss);

#endif
