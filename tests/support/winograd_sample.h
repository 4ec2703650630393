/*
 * winograd_truth.h for some thousands of numbers of a result, where to find all
 * of them would take minutes.
 */
#ifndef TESTS_WINOGRAD_SAMPLE_H
#define TESTS_WINOGRAD_SAMPLE_H

#include "tests/support/winograd_truth.h"

typedef struct {
	gsize n;
	gsize *at; /* where in the result */
	double *truth;
	double direct; /* the error of an ideal direct convolution in bf16 */
} Sample;

/*
 * At random places, the same every time.  Of activations these are pixels,
 * corners and edges among them, each with some channels of every 16; of the
 * gradient of the weights all nine for such channels; and that of the bias is
 * complete.
 */
Sample sample_new(const RunInput *in, RunResult which);
void sample_clear(Sample *s);

/* The result is as near to the truth as it must be. */
void sample_assert(const Sample *s, const RunInput *in, const RunKernel *kernel,
		   const RunResults *r, RunResult which);

#endif
