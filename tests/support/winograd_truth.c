#include "tests/support/winograd_truth.h"

#include <math.h>

#include "train/bf16.h"

float *
truth_rounded_weights(const RunInput *in)
{
	float *weights = g_new(float, in->n_weights);

	for (gsize i = 0; i < in->n_weights; i++)
		weights[i] = bf16_to_float(bf16_from_float(in->weights[i]));
	return weights;
}

double
truth_error(const float *values, const double *truth, gsize n)
{
	double error = 0, size = 0;

	for (gsize i = 0; i < n; i++) {
		const double difference = (double)values[i] - truth[i];

		error += difference * difference;
		size += truth[i] * truth[i];
	}
	return sqrt(error / size);
}

double
truth_error_rounded(const double *values, const double *truth, gsize n)
{
	g_autofree float *rounded = g_new(float, n);

	for (gsize i = 0; i < n; i++)
		rounded[i] = bf16_to_float(bf16_from_float((float)values[i]));
	return truth_error(rounded, truth, n);
}

/* ---- all of it */

static void
find_direct(Truth *t, const RunInput *in)
{
	g_autofree float *weights = truth_rounded_weights(in);
	g_autofree double *dst = g_new(double, in->n_dst);
	g_autofree double *dsrc = g_new(double, in->n_src);

	naive_conv_forward(&in->shape, dst, in->src, weights, in->bias);
	naive_conv_backward_data(&in->shape, dsrc, in->ddst, weights);
	t->direct[RUN_DST] =
		truth_error_rounded(dst, t->of[RUN_DST], in->n_dst);
	t->direct[RUN_DSRC] =
		truth_error_rounded(dsrc, t->of[RUN_DSRC], in->n_src);
}

Truth
truth_new(const RunInput *in)
{
	const NaiveConv *s = &in->shape;
	Truth t = { 0 };

	for (RunResult i = 0; i < RUN_N; i++)
		t.of[i] = g_new(double, run_count(in, i));
	naive_conv_forward(s, t.of[RUN_DST], in->src, in->weights, in->bias);
	naive_conv_backward_data(s, t.of[RUN_DSRC], in->ddst, in->weights);
	naive_conv_backward_weights(s, t.of[RUN_DWEIGHTS], t.of[RUN_DBIAS],
				    in->src, in->ddst);
	if (in->type == DNN_BF16)
		find_direct(&t, in);
	return t;
}

void
truth_clear(Truth *t)
{
	for (int i = 0; i < RUN_N; i++)
		g_free(t->of[i]);
}

void
truth_assert(const Truth *t, const RunInput *in, const RunKernel *kernel,
	     const RunResults *r)
{
	for (RunResult i = 0; i < RUN_N; i++) {
		g_autofree float *values = run_values(in, r, i);

		truth_judge(in, kernel, i,
			    truth_error(values, t->of[i], run_count(in, i)),
			    t->direct[i]);
	}
}

/* ---- what is allowed */

/* Up to 2.3e-6 is seen. */
#define F32_ERROR 5e-6

/*
 * With random numbers of mean 0 and e the error of rounding to bf16, 1.7e-3, a
 * direct convolution has 1.4 e: that of the weights and that of the result.
 * F(2x2, 3x3) rounds B' d B and G g G' instead, and A' M A lets their squares
 * grow 5/3 times in each dimension: 1.67^2 (e^2 + e^2) + e^2 = (2.6 e)^2, which
 * is 1.8 times as large an error.  In a gradient of the weights G' dU G does as
 * much, of B' d B and A dY A': 1.67^2 (e^2 + e^2) = (2.4 e)^2; it is not
 * rounded at the end, and some of A dY A' is exact before.  3.4e-3 to 3.9e-3 is
 * seen.
 *
 * At edges results are sums of fewer terms, while as much is rounded: with no
 * more than 2 pixels in a dimension the squares grow 2 times there.
 */
#define BF16_TIMES_DIRECT     2
#define BF16_WEIGHTS_GRADIENT 4e-3
#define AT_EDGES              1.1

enum { SMALL = 2 }; /* pixels */

static double
allowed(const RunInput *in, RunResult which, double direct)
{
	const gboolean small = MIN(in->shape.h, in->shape.w) <= SMALL;

	if (in->type == DNN_F32 || which == RUN_DBIAS)
		return F32_ERROR;
	return (which == RUN_DWEIGHTS ? BF16_WEIGHTS_GRADIENT
				      : BF16_TIMES_DIRECT * direct) *
	       (small ? AT_EDGES : 1);
}

void
truth_judge(const RunInput *in, const RunKernel *kernel, RunResult which,
	    double error, double direct)
{
	static const char *const names[RUN_N] = { "output", "data gradient",
						  "weight gradient",
						  "bias gradient" };
	const NaiveConv *s = &in->shape;
	g_autofree char *what = g_strdup_printf(
		"%s: %s of %d x %d x %d, %d -> %d: %.3g (direct: %.3g)",
		kernel->name, names[which], s->n, s->h, s->w, s->in, s->out,
		error, direct);

	if (g_getenv("KW_WINOGRAD_ERRORS") != NULL)
		print_message("%s\n", what);
	if (!(error <= allowed(in, which, direct)))
		fail_msg("%s", what);
}
