#include "tests/support/winograd_sample.h"

enum { PIXELS = 160, LEAST_CHANNELS = 16 };

static Sample
sample_of(gsize n)
{
	return (Sample){ n, g_new(gsize, n), g_new0(double, n), 0 };
}

/* 0 to n - 1; an eighth are the first or the last. */
static int
random_line(GRand *random, int n)
{
	const int which = g_rand_int_range(random, 0, 16);

	if (which == 0)
		return 0;
	return which == 1 ? n - 1 : g_rand_int_range(random, 0, n);
}

/* Of each 16 channels one, or more where there are few. */
static int
count_channels(int channels)
{
	return MAX(channels / WINOGRAD_GROUP, LEAST_CHANNELS);
}

static int *
random_channels(GRand *random, int channels)
{
	const int n = count_channels(channels);
	int *to = g_new(int, n);

	for (int i = 0; i < n; i++)
		to[i] = i * WINOGRAD_GROUP % channels +
			g_rand_int_range(random, 0, WINOGRAD_GROUP);
	return to;
}

/* ---- output and data gradient */

/* A convolution of either kind. */
typedef struct {
	const NaiveConv *shape;
	const float *src, *weights, *bias;
	int in, out; /* channels */
	int way;     /* -1: against the filters */
	gsize in_stride, out_stride;
} Direct;

static Direct
direct_of(const RunInput *in, RunResult which)
{
	const NaiveConv *s = &in->shape;
	const gsize row = (gsize)s->out;

	if (which == RUN_DST)
		return (Direct){ .shape = s,
				 .src = in->src,
				 .weights = in->weights,
				 .bias = in->bias,
				 .in = s->in,
				 .out = s->out,
				 .way = 1,
				 .in_stride = row,
				 .out_stride = 1 };
	return (Direct){ .shape = s,
			 .src = in->ddst,
			 .weights = in->weights,
			 .in = s->out,
			 .out = s->in,
			 .way = -1,
			 .in_stride = 1,
			 .out_stride = row };
}

static gsize
pixel_of(const NaiveConv *s, int map, int y, int x)
{
	return (gsize)((map * s->h + y) * s->w + x);
}

/* What a pixel adds to a channel through one of the nine weights. */
static double
tap_sum(const Direct *d, gsize pixel, int tap, int channel)
{
	const NaiveConv *s = d->shape;
	const float *src = d->src + pixel * (gsize)d->in;
	const float *weights = d->weights +
			       (gsize)tap * (gsize)s->in * (gsize)s->out +
			       (gsize)channel * d->out_stride;
	double sum = 0;

	for (int c = 0; c < d->in; c++, weights += d->in_stride)
		sum += (double)src[c] * (double)*weights;
	return sum;
}

static double
direct_at(const Direct *d, gsize at)
{
	const NaiveConv *s = d->shape;
	const int channel = (int)(at % (gsize)d->out);
	const int pixel = (int)(at / (gsize)d->out);
	double sum = d->bias != NULL ? (double)d->bias[channel] : 0;

	for (int tap = 0; tap < 9; tap++) {
		const int y = pixel / s->w % s->h + d->way * (tap / 3 - 1);
		const int x = pixel % s->w + d->way * (tap % 3 - 1);

		if (y >= 0 && y < s->h && x >= 0 && x < s->w)
			sum += tap_sum(d,
				       pixel_of(s, pixel / s->w / s->h, y, x),
				       tap, channel);
	}
	return sum;
}

/* The four corners of the first map, and pixels of all. */
static void
choose_activations(Sample *sample, const NaiveConv *s, int channels)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(5);
	g_autofree int *of = random_channels(random, channels);
	gsize *at = sample->at;

	for (int i = 0; i < PIXELS; i++) {
		const gboolean corner = i < 4;
		const int map = corner ? 0 : g_rand_int_range(random, 0, s->n);
		const int y =
			corner ? i / 2 * (s->h - 1) : random_line(random, s->h);
		const int x =
			corner ? i % 2 * (s->w - 1) : random_line(random, s->w);

		for (int k = 0; k < count_channels(channels); k++)
			*at++ = pixel_of(s, map, y, x) * (gsize)channels +
				(gsize)of[k];
	}
}

static void
find_sums(double *sums, const Direct *d, const Sample *sample)
{
#pragma omp parallel for
	for (gsize i = 0; i < sample->n; i++)
		sums[i] = direct_at(d, sample->at[i]);
}

static double
direct_error(const RunInput *in, const Direct *d, const Sample *sample)
{
	g_autofree float *weights = truth_rounded_weights(in);
	g_autofree double *sums = g_new(double, sample->n);
	Direct rounded = *d;

	rounded.weights = weights;
	find_sums(sums, &rounded, sample);
	return truth_error_rounded(sums, sample->truth, sample->n);
}

static Sample
sample_activations(const RunInput *in, RunResult which)
{
	const Direct d = direct_of(in, which);
	Sample sample = sample_of((gsize)(PIXELS * count_channels(d.out)));

	choose_activations(&sample, d.shape, d.out);
	find_sums(sample.truth, &d, &sample);
	if (in->type == DNN_BF16)
		sample.direct = direct_error(in, &d, &sample);
	return sample;
}

/* ---- gradients of weights and bias */

/* All nine weights of some pairs of channels. */
static void
choose_weights(Sample *sample, const NaiveConv *s, const int *in,
	       const int *out)
{
	gsize *at = sample->at;

	for (int tap = 0; tap < 9; tap++)
		for (int i = 0; i < count_channels(s->in); i++)
			for (int k = 0; k < count_channels(s->out); k++)
				*at++ = (gsize)((tap * s->in + in[i]) * s->out +
						out[k]);
}

/* What two pixels that a weight joins add. */
static void
add_pixels(double *to, const NaiveConv *s, const float *src, const float *ddst,
	   const int *in, const int *out)
{
	const int n_out = count_channels(s->out);
	double d[64];

	g_assert(n_out <= (int)G_N_ELEMENTS(d));
	for (int k = 0; k < n_out; k++)
		d[k] = (double)ddst[out[k]];
	for (int i = 0; i < count_channels(s->in); i++)
		for (int k = 0; k < n_out; k++)
			*to++ += (double)src[in[i]] * d[k];
}

static void
add_tap(double *to, const RunInput *input, int tap, const int *in,
	const int *out)
{
	const NaiveConv *s = &input->shape;

	for (int map = 0; map < s->n; map++)
		for (int y = 0; y < s->h; y++)
			for (int x = 0; x < s->w; x++) {
				const int from_y = y + tap / 3 - 1;
				const int from_x = x + tap % 3 - 1;

				if (from_y < 0 || from_y >= s->h ||
				    from_x < 0 || from_x >= s->w)
					continue;
				add_pixels(to, s,
					   input->src + pixel_of(s, map, from_y,
								 from_x) *
								(gsize)s->in,
					   input->ddst +
						   pixel_of(s, map, y, x) *
							   (gsize)s->out,
					   in, out);
			}
}

static Sample
sample_weights(const RunInput *input)
{
	const NaiveConv *s = &input->shape;
	g_autoptr(GRand) random = g_rand_new_with_seed(6);
	g_autofree int *in = random_channels(random, s->in);
	g_autofree int *out = random_channels(random, s->out);
	const gsize pairs =
		(gsize)(count_channels(s->in) * count_channels(s->out));
	Sample sample = sample_of(9 * pairs);

	choose_weights(&sample, s, in, out);
	for (int tap = 0; tap < 9; tap++)
		add_tap(sample.truth + (gsize)tap * pairs, input, tap, in, out);
	return sample;
}

static Sample
sample_bias(const RunInput *in)
{
	Sample sample = sample_of((gsize)in->shape.out);

	for (gsize k = 0; k < sample.n; k++) {
		sample.at[k] = k;
		for (gsize i = k; i < in->n_dst; i += sample.n)
			sample.truth[k] += (double)in->ddst[i];
	}
	return sample;
}

/* ---- all */

Sample
sample_new(const RunInput *in, RunResult which)
{
	if (which == RUN_DWEIGHTS)
		return sample_weights(in);
	return which == RUN_DBIAS ? sample_bias(in)
				  : sample_activations(in, which);
}

void
sample_clear(Sample *s)
{
	g_free(s->at);
	g_free(s->truth);
}

void
sample_assert(const Sample *s, const RunInput *in, const RunKernel *kernel,
	      const RunResults *r, RunResult which)
{
	g_autofree float *values = run_values(in, r, which);
	g_autofree float *picked = g_new(float, s->n);

	for (gsize i = 0; i < s->n; i++)
		picked[i] = values[s->at[i]];
	truth_judge(in, kernel, which, truth_error(picked, s->truth, s->n),
		    s->direct);
}
