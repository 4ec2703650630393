/* The training loop. */
#ifndef KW_TRAIN_FIT_H
#define KW_TRAIN_FIT_H

#include "train/network.h"
#include "train/samples.h"
#include "train/state.h"

typedef struct {
	int epochs;
	double rate, momentum; /* of SGD */
	int patience; /* epochs without a better one to stop after; 0: never */
	gboolean shuffle;
	guint64 seed;
} FitOptions;

/* Whom to tell; all are called from the thread that calls fit(). */
typedef struct {
	gpointer data;
	/* After each step: how many of an epoch are done, and its loss. */
	void (*on_step)(gpointer data, int epoch, gsize step, gsize steps,
			double loss);
	/* After each epoch; the network holds its weights, to be saved when
	 * it is the best. */
	gboolean (*on_epoch)(gpointer data, const EpochReport *report,
			     GError **error);
} FitListener;

typedef enum {
	FIT_DONE,        /* all epochs */
	FIT_PATIENCE,    /* no better epoch for too long */
	FIT_INTERRUPTED, /* SIGHUP, SIGINT or SIGTERM: the step was finished */
	FIT_FAILED,      /* an error is set */
} FitEnd;

/*
 * Train on `train`, validating on `val` after each epoch (n may be 0: every
 * epoch then counts as the best).  *best is the best epoch's report; its epoch
 * is 0 while there is none.
 * KW_ERROR_INPUT when the loss is no longer a finite number.
 */
FitEnd fit(Network *network, const Samples *train, const Samples *val,
	   const FitOptions *options, const FitListener *listener,
	   EpochReport *best, GError **error);

#endif
