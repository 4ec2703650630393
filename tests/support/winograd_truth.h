/*
 * What the Winograd convolutions may miss the truth by, which is a direct
 * convolution in double precision.  An error is that of a result as a whole:
 * the root mean square of what it is off by, divided by that of the truth.
 */
#ifndef TESTS_WINOGRAD_TRUTH_H
#define TESTS_WINOGRAD_TRUTH_H

#include "tests/support/winograd_run.h"

/*
 * Of the input as it is, activations rounded to bf16 where the type is that.
 * With it the error of an ideal direct convolution in bf16, of a forward pass
 * and a data gradient: the weights are rounded to bf16, sums are exact, and the
 * result is rounded to bf16.
 */
typedef struct {
	double *of[RUN_N];
	double direct[RUN_N]; /* 0 where there is none */
} Truth;

Truth truth_new(const RunInput *in);
void truth_clear(Truth *t);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Truth, truth_clear)

/* All results of a run are as near to the truth as they must be. */
void truth_assert(const Truth *t, const RunInput *in, const RunKernel *kernel,
		  const RunResults *r);

/* ---- the same by hand */

/* Rounded to bf16.  Free them. */
float *truth_rounded_weights(const RunInput *in);

double truth_error(const float *values, const double *truth, gsize n);
/* The values rounded to bf16. */
double truth_error_rounded(const double *values, const double *truth, gsize n);

/* Fail when the error of a result is larger than what is allowed, given that of
 * the ideal direct convolution.  With $KW_WINOGRAD_ERRORS it is printed. */
void truth_judge(const RunInput *in, const RunKernel *kernel, RunResult which,
		 double error, double direct);

#endif
