/*
 * Runs of the Winograd convolutions, for their tests: what goes in, how it is
 * run, and what comes out.  All memory is guarded.
 */
#ifndef TESTS_WINOGRAD_RUN_H
#define TESTS_WINOGRAD_RUN_H

#include "tests/support/naive.h"
#include "tests/support/winograd_guarded.h"
#include "train/winograd_kernel.h"

/* ---- kernels */

typedef struct {
	const char *name;
	DnnType type;
	const WinogradKernel *kernel;
	gboolean generic; /* plain C */
} RunKernel;

/* Those that this CPU has; the last one is followed by one without a name. */
const RunKernel *run_kernels(void);

/* The one of this name, or NULL. */
const RunKernel *run_kernel(const char *name);

/* ---- what goes in */

/*
 * Random numbers, activations such that the type has them.  The source is what
 * a ReLU puts out: half of it is zero.  Weights are nearly normal, as those of
 * networks are, and lie as in Keras.
 */
typedef struct {
	NaiveConv shape;
	DnnType type;
	gsize n_src, n_dst, n_weights;
	float *src, *ddst, *weights, *bias;
} RunInput;

RunInput run_input_new(const NaiveConv *shape, DnnType type);
void run_input_clear(RunInput *in);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RunInput, run_input_clear)

/* ---- runs */

/* Where weights lie: as in Keras, in blocks of channels, as in Keras but every
 * second eight output channels backwards, or with no two side by side. */
typedef enum {
	ORDER_HWIO,
	ORDER_BLOCKED_8,
	ORDER_BLOCKED_16,
	ORDER_HALF,
	ORDER_ODD,
	N_ORDERS
} Order;

typedef struct {
	const RunKernel *kernel;
	const WinogradCut *cut; /* NULL: the kernel's */
	int threads;
	Side side;
	Order order;
	int garbage; /* bytes that scratch memory is full of */
} RunHow;

Guarded run_forward(const RunInput *in, const RunHow *how, gboolean relu);

/* The mask is the source. */
Guarded run_backward_data(const RunInput *in, const RunHow *how,
			  gboolean masked);

typedef enum { RUN_DST, RUN_DSRC, RUN_DWEIGHTS, RUN_DBIAS, RUN_N } RunResult;

/* Of all passes, without ReLU or mask.  Gradients of weights lie as in Keras,
 * in whatever order they were made. */
typedef struct {
	Guarded of[RUN_N];
} RunResults;

RunResults run_all(const RunInput *in, const RunHow *how);
void run_results_clear(RunResults *r);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RunResults, run_results_clear)

void run_assert_same_bytes(const RunResults *a, const RunResults *b);

/* How many numbers a result has. */
gsize run_count(const RunInput *in, RunResult which);

/* Activations as float32. */
float *run_floats(const RunInput *in, const Guarded *activations);

/* A result as float32. */
float *run_values(const RunInput *in, const RunResults *r, RunResult which);

#endif
