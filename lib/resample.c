#include "lib/resample.h"

#include <math.h>
#include <string.h>

#include "kw/alloc.h"

/*
 * The horizontal pass takes a block of rows at a time, turned so that the rows
 * lie side by side: then each step of the sum over a filter is the same for
 * KW_RESAMPLE_ROWS neighbours in memory, whatever the layout of the channels.
 * The compiler makes of it what the machine has.  Lanes are never added to each
 * other, so that the result is the same on all machines.
 */
typedef float Four __attribute__((vector_size(4 * sizeof(float))));

enum { FOURS = KW_RESAMPLE_ROWS / 4 };

/* The values of one column and channel. */
typedef struct {
	Four rows[FOURS];
} Lanes;

/* Output columns for which input is turned at a time: it stays in the cache. */
enum { CHUNK = 64 };

/* What one output pixel is made of: n input pixels from `first` on. */
typedef struct {
	int first, n;
	const float *weights;
} Window;

/* One axis: a window for each output pixel. */
typedef struct {
	Window *windows;
	float *weights;
	int begin, end; /* of all windows */
} Axis;

struct KwResampler {
	guint8 *dst;
	int dst_h, dst_w, c;
	Axis x, y;
	Lanes *block; /* rows, turned: what a chunk of columns is made of */
	float *lines; /* KW_RESAMPLE_ROWS x dst_w * c: after the first pass */
	/* Sums of the output rows under way: a ring of n_sums x dst_w * c. */
	float *sums;
	int n_sums;
	int next;       /* input row that is pushed next */
	int first_open; /* output row whose sum is not complete yet */
};

/* ---- weights */

static double
lanczos3(double x)
{
	const double lobes = 3.0, pi_x = G_PI * x;

	if (x == 0)
		return 1;
	return fabs(x) < lobes
		       ? lobes * sin(pi_x) * sin(pi_x / lobes) / (pi_x * pi_x)
		       : 0;
}

/* A window around `centre`; the weights, stretched by `scale`, sum up to 1. */
static void
fill_window(Window *window, float *weights, double centre, double scale,
	    int src)
{
	double support = 3.0 * scale, sum = 0;
	int end = MIN((int)(centre + support + 0.5), src);

	window->first = MAX((int)(centre - support + 0.5), 0);
	window->n = end - window->first;
	window->weights = weights;
	for (int i = 0; i < window->n; i++) {
		double weight =
			lanczos3((window->first + i - centre + 0.5) / scale);

		weights[i] = (float)weight;
		sum += weight;
	}
	for (int i = 0; i < window->n; i++)
		weights[i] = (float)(weights[i] / sum);
}

static gboolean
axis_init(Axis *axis, int dst, int src, double start, double length,
	  GError **error)
{
	double step = length / dst, scale = MAX(step, 1.0);
	gsize room = (gsize)ceil(3.0 * scale) * 2 + 1;

	axis->windows = kw_alloc((gsize)dst, sizeof *axis->windows,
				 "the windows of a filter", error);
	axis->weights = kw_alloc((gsize)dst * room, sizeof *axis->weights,
				 "the weights of a filter", error);
	if (axis->windows == NULL || axis->weights == NULL)
		return FALSE;
	axis->begin = src;
	axis->end = 0;
	for (int i = 0; i < dst; i++) {
		Window *window = &axis->windows[i];

		fill_window(window, axis->weights + (gsize)i * room,
			    start + (i + 0.5) * step, scale, src);
		axis->begin = MIN(axis->begin, window->first);
		axis->end = MAX(axis->end, window->first + window->n);
	}
	return TRUE;
}

/* The most output rows that any input row is part of. */
static int
count_open(const Axis *axis, int dst)
{
	int most = 1;

	for (int i = 0, k = 0; i < dst; i++) {
		int end = axis->windows[i].first + axis->windows[i].n;

		while (k < dst && axis->windows[k].first < end)
			k++;
		most = MAX(most, k - i);
	}
	return most;
}

/* The input columns of a chunk of output columns: first, and behind the last.
 */
static void
find_columns(const KwResampler *r, int chunk, int *begin, int *end)
{
	const Window *last = &r->x.windows[MIN(chunk + CHUNK, r->dst_w) - 1];

	*begin = r->x.windows[chunk].first;
	*end = last->first + last->n;
}

/* ---- making and freeing */

static gboolean
allocate(KwResampler *r, GError **error)
{
	gsize columns = 0;
	gsize line = (gsize)r->dst_w * (gsize)r->c;

	for (int chunk = 0, begin, end; chunk < r->dst_w; chunk += CHUNK) {
		find_columns(r, chunk, &begin, &end);
		columns = MAX(columns, (gsize)(end - begin));
	}
	r->n_sums = count_open(&r->y, r->dst_h);
	r->block = kw_alloc(columns * (gsize)r->c, sizeof *r->block,
			    "a block of rows", error);
	r->lines = kw_alloc(line * KW_RESAMPLE_ROWS, sizeof *r->lines,
			    "resampled rows", error);
	r->sums = kw_alloc0(line * (gsize)r->n_sums, sizeof *r->sums,
			    "rows to be resampled", error);
	return r->block != NULL && r->lines != NULL && r->sums != NULL;
}

KwResampler *
kw_resampler_new(guint8 *dst, int dst_h, int dst_w, int src_h, int src_w, int c,
		 const KwBox *box, GError **error)
{
	g_autoptr(KwResampler) r = g_new0(KwResampler, 1);

	r->dst = dst;
	r->dst_h = dst_h;
	r->dst_w = dst_w;
	r->c = c;
	if (!axis_init(&r->x, dst_w, src_w, box->left, box->width, error) ||
	    !axis_init(&r->y, dst_h, src_h, box->top, box->height, error) ||
	    !allocate(r, error))
		return NULL;
	r->next = r->y.begin;
	return g_steal_pointer(&r);
}

void
kw_resampler_free(KwResampler *r)
{
	if (r == NULL)
		return;
	kw_free(r->x.windows);
	kw_free(r->x.weights);
	kw_free(r->y.windows);
	kw_free(r->y.weights);
	kw_free(r->block);
	kw_free(r->lines);
	kw_free(r->sums);
	g_free(r);
}

void
kw_resampler_needs(const KwResampler *r, int *top, int *bottom, int *left,
		   int *right)
{
	*top = r->y.begin;
	*bottom = r->y.end;
	*left = r->x.begin;
	*right = r->x.end;
}

/* ---- the two passes */

/* To the nearest level: adding 1.5 * 2^23 leaves no bits for a fraction. */
static inline float
to_level(float value)
{
	const float shift = 12582912.0f;
	float level = (value + shift) - shift;

	return level < 0 ? 0 : level > 255 ? 255 : level;
}

/*
 * Rows beyond n are zero: nobody looks at what becomes of them.  Bytes are
 * gathered first, since sixteen side by side become numbers at once.
 */
static void
turn(Lanes *block, const guint8 *rows, gsize stride, int n, gsize columns)
{
	guint8 bytes[KW_RESAMPLE_ROWS] = { 0 };
	float *out = (float *)block;

	for (gsize i = 0; i < columns; i++, out += KW_RESAMPLE_ROWS) {
		for (gsize k = 0; k < (gsize)n; k++)
			bytes[k] = rows[k * stride + i];
		for (gsize k = 0; k < KW_RESAMPLE_ROWS; k++)
			out[k] = bytes[k];
	}
}

static inline void
add(Lanes *sum, const Lanes *in, Four weight)
{
	/* Written out, so that the sums stay in registers. */
	sum->rows[0] += weight * in->rows[0];
	sum->rows[1] += weight * in->rows[1];
	sum->rows[2] += weight * in->rows[2];
	sum->rows[3] += weight * in->rows[3];
}

/* Put the values of one output column into the lines that they are of. */
static inline void
store(float *line, gsize width, const Lanes *sum)
{
	const float *values = (const float *)sum;

	for (gsize k = 0; k < KW_RESAMPLE_ROWS; k++)
		line[k * width] = to_level(values[k]);
}

/* Output columns from..to-1 of a block that begins at input column `begin`. */
static void
resample_colours(KwResampler *r, int from, int to, int begin)
{
	gsize width = (gsize)r->dst_w * 3;

	for (int x = from; x < to; x++) {
		const Window *window = &r->x.windows[x];
		const Lanes *in = r->block + (gsize)(window->first - begin) * 3;
		Lanes red = { 0 }, green = { 0 }, blue = { 0 };

		for (int i = 0; i < window->n; i++, in += 3) {
			float w = window->weights[i];
			Four weight = { w, w, w, w };

			add(&red, &in[0], weight);
			add(&green, &in[1], weight);
			add(&blue, &in[2], weight);
		}
		store(r->lines + 3 * x, width, &red);
		store(r->lines + 3 * x + 1, width, &green);
		store(r->lines + 3 * x + 2, width, &blue);
	}
}

static void
resample_gray(KwResampler *r, int from, int to, int begin)
{
	for (int x = from; x < to; x++) {
		const Window *window = &r->x.windows[x];
		const Lanes *in = r->block + (window->first - begin);
		Lanes sum = { 0 };

		for (int i = 0; i < window->n; i++) {
			float w = window->weights[i];

			add(&sum, &in[i], (Four){ w, w, w, w });
		}
		store(r->lines + x, (gsize)r->dst_w, &sum);
	}
}

static void
resample_columns(KwResampler *r, const guint8 *rows, gsize stride, int n)
{
	for (int from = 0; from < r->dst_w; from += CHUNK) {
		int to = MIN(from + CHUNK, r->dst_w), begin, end;

		find_columns(r, from, &begin, &end);
		turn(r->block, rows + (gsize)(begin - r->x.begin) * (gsize)r->c,
		     stride, n, (gsize)(end - begin) * (gsize)r->c);
		if (r->c == 3)
			resample_colours(r, from, to, begin);
		else
			resample_gray(r, from, to, begin);
	}
}

static void
add_line(float *restrict sum, const float *restrict line, float weight,
	 gsize width)
{
	for (gsize x = 0; x < width; x++)
		sum[x] += weight * line[x];
}

static void
finish_row(guint8 *restrict dst, float *restrict sum, gsize width)
{
	for (gsize x = 0; x < width; x++) {
		dst[x] = (guint8)to_level(sum[x]);
		sum[x] = 0;
	}
}

/* Add a line to the output rows it is part of; write those it completes. */
static void
spread_line(KwResampler *r, const float *line)
{
	gsize width = (gsize)r->dst_w * (gsize)r->c;
	int y = r->next++;

	for (int k = r->first_open; k < r->dst_h; k++) {
		const Window *window = &r->y.windows[k];
		float *sum = r->sums + (gsize)(k % r->n_sums) * width;

		if (window->first > y)
			break;
		add_line(sum, line, window->weights[y - window->first], width);
		if (y == window->first + window->n - 1) {
			finish_row(r->dst + (gsize)k * width, sum, width);
			r->first_open = k + 1;
		}
	}
}

void
kw_resampler_push(KwResampler *r, const guint8 *rows, gsize stride, int n)
{
	gsize width = (gsize)r->dst_w * (gsize)r->c;

	resample_columns(r, rows, stride, n);
	for (int k = 0; k < n; k++)
		spread_line(r, r->lines + (gsize)k * width);
}
