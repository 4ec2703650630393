/*
 * How far a training has come: all that changes from step to step, apart from
 * the weights and their momentum.  With those and the recipe it can be resumed
 * as if it had never been stopped: everything random is keyed with the counters
 * in here.
 */
#ifndef KW_TRAIN_STATE_H
#define KW_TRAIN_STATE_H

#include <glib.h>

/* One finished epoch.  Losses hold the L2 term, as Keras reports them. */
typedef struct {
	int epoch;             /* from 1 */
	double loss, accuracy; /* means over the epoch's images, in training */
	gboolean has_val;
	double val_loss, val_accuracy;
	double rate;              /* of its last step */
	double images_per_second; /* of training, validation left out */
	double wall_time;         /* when it ended: seconds since 1970 */
	int skipped;              /* steps left out as divergent */
	gboolean best; /* the best so far by the monitor, or no validation */
} EpochReport;

enum { STATE_WINDOW = 128 };

/* Without pointers but for the history: checkpoint.c stores field by field. */
typedef struct {
	int epoch;     /* the one under way, from 1 */
	gsize step;    /* of its steps so many are done */
	guint64 steps; /* done since the start of training: keys dropout */

	/* of the epoch under way, for its report */
	double loss_sum;              /* of images */
	gsize correct, seen, skipped; /* images; steps */
	double seconds;               /* spent in its steps */

	/* what validation has led to */
	EpochReport best;      /* its epoch is 0 while there is none */
	int patience_from;     /* the epoch from which patience counts */
	int plateau_from;      /* the same for the rate's */
	double plateau_factor; /* on the rate by now */

	/* the last losses, a ring, for guard.h */
	double window[STATE_WINDOW];
	guint64 n_window; /* losses ever put in */
	int n_divergent;  /* in a row */

	GArray *history; /* of EpochReport, all finished epochs */
} TrainState;

/* Before the first step. */
TrainState *train_state_new(void);
void train_state_free(TrainState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TrainState, train_state_free)

#endif
