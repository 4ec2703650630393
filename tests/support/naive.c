#include "tests/support/naive.h"

#include <string.h>

static gsize
at4(int h, int w, int c, int i, int y, int x, int k)
{
	return ((gsize)(i * h + y) * (gsize)w + (gsize)x) * (gsize)c + (gsize)k;
}

/* Calls for each pair of an output and an input that touch each other. */
typedef void (*Touch)(const NaiveConv *s, gsize dst, gsize src, int tap,
		      gpointer data);

static void
for_each_tap(const NaiveConv *s, Touch touch, gpointer data)
{
	for (int i = 0; i < s->n; i++)
		for (int y = 0; y < s->h; y++)
			for (int x = 0; x < s->w; x++)
				for (int tap = 0; tap < 9; tap++) {
					int sy = y + tap / 3 - 1;
					int sx = x + tap % 3 - 1;

					if (sy < 0 || sy >= s->h || sx < 0 ||
					    sx >= s->w)
						continue;
					touch(s,
					      at4(s->h, s->w, s->out, i, y, x,
						  0),
					      at4(s->h, s->w, s->in, i, sy, sx,
						  0),
					      tap, data);
				}
}

typedef struct {
	double *to;
	const float *a, *b;
} Product;

static const float *
tap_kernel(const NaiveConv *s, const float *kernel, int tap)
{
	return kernel + (gsize)tap * (gsize)s->in * (gsize)s->out;
}

static void
touch_forward(const NaiveConv *s, gsize dst, gsize src, int tap, gpointer data)
{
	const Product *p = data;
	const float *kernel = tap_kernel(s, p->b, tap);

	for (int k = 0; k < s->in; k++)
		for (int o = 0; o < s->out; o++)
			p->to[dst + (gsize)o] += (double)p->a[src + (gsize)k] *
						 (double)kernel[k * s->out + o];
}

static void
touch_data(const NaiveConv *s, gsize dst, gsize src, int tap, gpointer data)
{
	const Product *p = data;
	const float *kernel = tap_kernel(s, p->b, tap);

	for (int k = 0; k < s->in; k++)
		for (int o = 0; o < s->out; o++)
			p->to[src + (gsize)k] += (double)p->a[dst + (gsize)o] *
						 (double)kernel[k * s->out + o];
}

static void
touch_weights(const NaiveConv *s, gsize dst, gsize src, int tap, gpointer data)
{
	const Product *p = data;
	double *to = p->to + (gsize)tap * (gsize)s->in * (gsize)s->out;

	for (int k = 0; k < s->in; k++)
		for (int o = 0; o < s->out; o++)
			to[k * s->out + o] += (double)p->a[src + (gsize)k] *
					      (double)p->b[dst + (gsize)o];
}

/* Every row of `dst` begins as the bias. */
static void
set_rows(double *dst, gsize rows, int out, const float *bias)
{
	for (gsize i = 0; i < rows; i++)
		for (int o = 0; o < out; o++)
			dst[i * (gsize)out + (gsize)o] = (double)bias[o];
}

static void
sum_rows(double *dbias, gsize rows, int out, const float *ddst)
{
	memset(dbias, 0, (gsize)out * sizeof *dbias);
	for (gsize i = 0; i < rows; i++)
		for (int o = 0; o < out; o++)
			dbias[o] += (double)ddst[i * (gsize)out + (gsize)o];
}

static gsize
positions(const NaiveConv *s)
{
	return (gsize)s->n * (gsize)s->h * (gsize)s->w;
}

void
naive_conv_forward(const NaiveConv *s, double *dst, const float *src,
		   const float *kernel, const float *bias)
{
	Product p = { dst, src, kernel };

	set_rows(dst, positions(s), s->out, bias);
	for_each_tap(s, touch_forward, &p);
}

void
naive_conv_backward_data(const NaiveConv *s, double *dsrc, const float *ddst,
			 const float *kernel)
{
	Product p = { dsrc, ddst, kernel };

	memset(dsrc, 0, positions(s) * (gsize)s->in * sizeof *dsrc);
	for_each_tap(s, touch_data, &p);
}

void
naive_conv_backward_weights(const NaiveConv *s, double *dkernel, double *dbias,
			    const float *src, const float *ddst)
{
	Product p = { dkernel, src, ddst };

	memset(dkernel, 0, 9 * (gsize)s->in * (gsize)s->out * sizeof *dkernel);
	for_each_tap(s, touch_weights, &p);
	sum_rows(dbias, positions(s), s->out, ddst);
}

void
naive_dense_forward(const NaiveDense *s, double *dst, const float *src,
		    const float *kernel, const float *bias)
{
	set_rows(dst, (gsize)s->n, s->out, bias);
	for (int i = 0; i < s->n; i++)
		for (int k = 0; k < s->in; k++)
			for (int o = 0; o < s->out; o++)
				dst[i * s->out + o] +=
					(double)src[i * s->in + k] *
					(double)kernel[k * s->out + o];
}

void
naive_dense_backward_data(const NaiveDense *s, double *dsrc, const float *ddst,
			  const float *kernel)
{
	memset(dsrc, 0, (gsize)s->n * (gsize)s->in * sizeof *dsrc);
	for (int i = 0; i < s->n; i++)
		for (int k = 0; k < s->in; k++)
			for (int o = 0; o < s->out; o++)
				dsrc[i * s->in + k] +=
					(double)ddst[i * s->out + o] *
					(double)kernel[k * s->out + o];
}

void
naive_dense_backward_weights(const NaiveDense *s, double *dkernel,
			     double *dbias, const float *src, const float *ddst)
{
	memset(dkernel, 0, (gsize)s->in * (gsize)s->out * sizeof *dkernel);
	for (int i = 0; i < s->n; i++)
		for (int k = 0; k < s->in; k++)
			for (int o = 0; o < s->out; o++)
				dkernel[k * s->out + o] +=
					(double)src[i * s->in + k] *
					(double)ddst[i * s->out + o];
	sum_rows(dbias, (gsize)s->n, s->out, ddst);
}

/* Where the maximum of an output's four inputs is. */
static gsize
find_maximum(const NaivePool *s, const float *src, int i, int y, int x, int k)
{
	gsize best = at4(s->h, s->w, s->c, i, 2 * y, 2 * x, k);

	for (int tap = 1; tap < 4; tap++) {
		gsize here = at4(s->h, s->w, s->c, i, 2 * y + tap / 2,
				 2 * x + tap % 2, k);

		if (src[here] > src[best])
			best = here;
	}
	return best;
}

void
naive_pool_forward(const NaivePool *s, double *dst, const float *src)
{
	for (int i = 0; i < s->n; i++)
		for (int y = 0; y < s->h / 2; y++)
			for (int x = 0; x < s->w / 2; x++)
				for (int k = 0; k < s->c; k++)
					*dst++ = (double)src[find_maximum(
						s, src, i, y, x, k)];
}

void
naive_pool_backward(const NaivePool *s, double *dsrc, const float *src,
		    const float *ddst)
{
	memset(dsrc, 0,
	       (gsize)s->n * (gsize)s->h * (gsize)s->w * (gsize)s->c *
		       sizeof *dsrc);
	for (int i = 0; i < s->n; i++)
		for (int y = 0; y < s->h / 2; y++)
			for (int x = 0; x < s->w / 2; x++)
				for (int k = 0; k < s->c; k++)
					dsrc[find_maximum(s, src, i, y, x,
							  k)] +=
						(double)*ddst++;
}
