/*
 * A training of a small network on drawn photos: what happens in it, and what
 * it told.
 */
#ifndef KW_FITRUN_H
#define KW_FITRUN_H

#include "tests/support/traindata.h"
#include "train/fit.h"

typedef struct FitRun FitRun;

struct FitRun {
	KwDataset *dataset;
	Samples *train, *val;
	Network *network;
	Recipe recipe; /* one epoch at a rate of 0, momentum 0.9, in order */
	OnDivergence on_divergence;
	FeatureCache *cache; /* NULL; owned by the test */
	TrainState *state;

	/* What happens. */
	const char *classes; /* what to predict in epoch 1, 2, ...: "0110" */
	int interrupt_at;    /* the step after which SIGINT comes; 0: never */
	int stop_at; /* the step after which after_step() says interrupted */
	gboolean fail_step, fail_epoch; /* the callbacks fail */
	/* Called after each step (from 1) and epoch, when not NULL. */
	void (*meddle)(FitRun *run, guint step);
	void (*look)(FitRun *run, const EpochReport *report);

	/* What was told. */
	GArray *losses;  /* of the steps: double */
	GArray *reports; /* of the epochs: EpochReport */
	GString *warnings;
	FitEnd end;
	GError *error;
};

/* Seven images to train on and five to validate on, of which class 0 has 3;
 * and a network that learns from them, three at a time. */
extern const TrainData fit_data;
extern const NetworkSpec fit_spec;

/* Random weights, the same for all runs; the recipe is the spec's. */
void fit_run_start(FitRun *run, const TrainData *data, const NetworkSpec *spec);

/* fit(), checking what the callbacks are told; fails the test on an error,
 * unless fit() did. */
void fit_run(FitRun *run);
void fit_run_clear(FitRun *run);

/* From the first step again, with the weights as they are, and nothing told. */
void fit_run_rewind(FitRun *run);

/* Make the network predict a class whatever it sees, or NaN. */
void fit_run_predict(FitRun *run, int class);
void fit_run_break(FitRun *run);

/* What was told, from 0 on. */
double fit_run_loss(const FitRun *run, guint i);
const EpochReport *fit_run_report(const FitRun *run, guint i);

#endif
