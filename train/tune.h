/*
 * Which algorithm is the fastest for each pass of each convolution, found by
 * running them.
 */
#ifndef KW_TRAIN_TUNE_H
#define KW_TRAIN_TUNE_H

#include "train/network.h"

/* Sets of algorithms. */
#define TUNE_DIRECT   (1u << DNN_DIRECT)
#define TUNE_WINOGRAD (1u << DNN_WINOGRAD | 1u << DNN_FUSED_WINOGRAD)
#define TUNE_ANY      (TUNE_DIRECT | TUNE_WINOGRAD)

/* Seconds that the convolutions of a step take. */
typedef struct {
	double direct, chosen;
} TuneSeconds;

/*
 * Choose spec->plan.conv for the mode of spec->plan, among a set of algorithms;
 * where none of them exists for a layer, direct.  Direct, which is the
 * simplest, also stays where nothing else is 5 % faster.  Every candidate runs
 * up to three times, for some tenths of a second, on buffers of its own; a copy
 * that it wants of weights that change is made anew each time, unless the update
 * of the weights makes it.  One that took twice as long as another does not run
 * a third time.
 *
 * *seconds: with direct convolutions (0 when they were not asked for), and as
 * chosen; shortest times are summed, of the passes that the network runs.  When
 * those of the lower layers are above `limit`, the rest is not tried, stays
 * direct and does not count.
 * Errors: KW_ERROR_MEMORY, KW_ERROR_UNSUPPORTED (the mode).
 */
gboolean tune_plan(NetworkSpec *spec, guint algorithms, double limit,
		   TuneSeconds *seconds, GError **error);

/* Which of n candidates to take, given the seconds that each needs: the fastest
 * one, or the first, which is the simplest, where that is not 5 % slower. */
int tune_fastest(const double *seconds, int n);

#endif
