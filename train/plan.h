/*
 * The mode a network computes in: what --precision and --algorithm ask for, and
 * what is chosen.
 */
#ifndef KW_TRAIN_PLAN_H
#define KW_TRAIN_PLAN_H

#include "train/network.h"

typedef enum { PRECISION_AUTO, PRECISION_BF16, PRECISION_F32 } Precision;
typedef enum { ALGORITHM_AUTO, ALGORITHM_DIRECT, ALGORITHM_WINOGRAD } Algorithm;

/*
 * Choose spec->mode.  PRECISION_AUTO takes bf16 only where the CPU has it
 * natively.  With ALGORITHM_DIRECT nothing is measured: the same machine always
 * gets the same mode.  With ALGORITHM_AUTO, where more than one mode could be
 * chosen, a network of this spec is made in each of them and runs a step or
 * two; another one than float32 direct must be 5 % faster than it.
 *
 * *why, to be freed, is the mode and why it is that one, a line without its
 * end.
 * Errors: KW_ERROR_UNSUPPORTED (what was asked for is not possible here),
 * KW_ERROR_USAGE (bf16 Winograd, which does not exist), KW_ERROR_MEMORY.
 */
gboolean plan_choose(NetworkSpec *spec, Precision precision,
		     Algorithm algorithm, char **why, GError **error);

/*
 * Which of n candidates to take, given the seconds that each needs for a step:
 * the fastest one, or the first, which is the simplest, where that is not 5 %
 * slower.
 */
int plan_fastest(const double *seconds, int n);

/* "f32 direct nhwc": type, algorithm, order.  Free it. */
char *plan_text(const DnnMode *mode);

/* What plan_text() wrote; FALSE for anything else. */
gboolean plan_parse(const char *text, DnnMode *mode);

#endif
