#include "kw/noise.h"

#include <math.h>

#include "kw/random.h"

/* Bytes that one Philox block is enough for. */
enum { NOISE_BYTES = 8, ERASE_BYTES = 16 };

/*
 * 65536 quantiles of the normal distribution, in units of 2^-12: the number
 * that 16 random bits, as an index, stand for.
 */
enum { UNIT_BITS = 12, N_QUANTILES = 65536, HALF = N_QUANTILES / 2 };

typedef struct {
	gint16 values[N_QUANTILES];
} Quantiles;

/*
 * Quantile i is the one of (i + 1/2) / 65536, rounded to the unit dx = 2^-12.
 * So it is the first multiple j of dx that has this much of the density left of
 * (j + 1/2) dx.  The density at j dx, dx times itself being the share of one
 * unit, comes from its neighbour by multiplication alone: with d(j) =
 * exp(-(j dx)^2 / 2) is d(j + 1) / d(j) = exp(-(2j + 1) dx^2 / 2), which for
 * the next j is exp(-dx^2) times that.
 */
static gpointer
quantiles_new(gpointer unused)
{
	static Quantiles quantiles;
	const double step = 0x1.fffffe000001p-1; /* exp(-dx^2) */
	double ratio = 0x1.ffffff0000004p-1;     /* exp(-dx^2 / 2) */
	double share = 0x1.9884533d43651p-14;    /* dx / sqrt(2 pi) */
	double sum = share / 2;                  /* from 0 to (j + 1/2) dx */
	int j = 0;

	(void)unused;
	for (int i = 0; i < HALF; i++) {
		while (sum < (i + 0.5) / N_QUANTILES) {
			share *= ratio;
			ratio *= step;
			sum += share;
			j++;
		}
		quantiles.values[HALF + i] = (gint16)j;
		quantiles.values[HALF - 1 - i] = (gint16)-j;
	}
	return &quantiles;
}

/* The numbers of the bytes from i on, i being a multiple of NOISE_BYTES. */
static void
draw_block(gint16 numbers[NOISE_BYTES], const Quantiles *quantiles, gsize i,
	   guint32 key)
{
	const KwRandomKey random = { .subject = i / NOISE_BYTES,
				     .round = key,
				     .purpose = KW_PURPOSE_NOISE };
	guint32 words[4];

	kw_random_block(&random, 0, words);
	for (int k = 0; k < 4; k++) {
		numbers[2 * k] = quantiles->values[words[k] & 0xffff];
		numbers[2 * k + 1] = quantiles->values[words[k] >> 16];
	}
}

static void
add(guint8 *pixels, const gint16 *numbers, int n, float unit)
{
	for (int i = 0; i < n; i++) {
		float value = pixels[i] + numbers[i] * unit + 0.5f;

		value = value > 0 ? value : 0;
		pixels[i] = (guint8)(value < 255 ? value : 255);
	}
}

void
kw_noise_add(guint8 *pixels, gsize n, float sigma, guint32 key)
{
	enum { CHUNK = 32 * NOISE_BYTES };
	static GOnce once = G_ONCE_INIT;
	const Quantiles *quantiles = g_once(&once, quantiles_new, NULL);
	gint16 numbers[CHUNK];

	for (gsize i = 0; i < n; i += CHUNK) {
		int n_chunk = (int)MIN(CHUNK, n - i);

		for (int k = 0; k < n_chunk; k += NOISE_BYTES)
			draw_block(numbers + k, quantiles, i + k, key);
		add(pixels + i, numbers, n_chunk, sigma / (1 << UNIT_BITS));
	}
}

/* ---- erasing */

/* The place of a share of n pixels, within them whatever the share is. */
static int
place(double share, int n)
{
	double position = floor(share * n + 0.5);

	if (!(position > 0))
		return 0;
	return position < n ? (int)position : n;
}

/* Random bytes begin..end-1 of the image. */
static void
fill(guint8 *pixels, gsize begin, gsize end, guint32 key)
{
	KwRandomKey random = { .round = key, .purpose = KW_PURPOSE_ERASE };
	guint32 words[4];

	while (begin < end) {
		gsize next = (begin / ERASE_BYTES + 1) * ERASE_BYTES;

		random.subject = begin / ERASE_BYTES;
		kw_random_block(&random, 0, words);
		for (; begin < MIN(next, end); begin++) {
			gsize k = begin % ERASE_BYTES;

			pixels[begin] = (guint8)(words[k / 4] >> (8 * (k % 4)));
		}
	}
}

void
kw_noise_erase(guint8 *pixels, int h, int w, int c,
	       const KwRectangle *rectangle, guint32 key)
{
	const KwRectangle *r = rectangle;
	int left = place(r->x, w), right = place((double)r->x + r->width, w);
	int top = place(r->y, h), bottom = place((double)r->y + r->height, h);

	for (int y = top; y < bottom && left < right; y++) {
		gsize row = (gsize)y * w;

		fill(pixels, (row + left) * c, (row + right) * c, key);
	}
}
