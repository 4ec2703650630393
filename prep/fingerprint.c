#include "prep/fingerprint.h"

#include <math.h>
#include <stdlib.h>

enum { HASH_ROWS = 8, HASH_COLUMNS = 9 };

/* An image in gray: h x w. */
typedef struct {
	float *values;
	int h, w;
} Gray;

/* Luma of ITU-R BT.601, as JPEG has it. */
static void
to_gray(float *gray, const guint8 *pixels, gsize n, int c)
{
	for (gsize i = 0; i < n; i++)
		gray[i] = c == 1 ? (float)pixels[i]
				 : 0.299f * (float)pixels[3 * i] +
					   0.587f * (float)pixels[3 * i + 1] +
					   0.114f * (float)pixels[3 * i + 2];
}

/* How much of cell i, from i to i + 1, lies between low and high? */
static float
overlap(int i, float low, float high)
{
	return MIN((float)i + 1, high) - MAX((float)i, low);
}

/*
 * Means over rows x columns equal parts of the image without `margin` (a share
 * of its size) at each edge.  Pixels that lie in several parts are shared out.
 */
static void
average(float *means, int rows, int columns, const Gray *gray, float margin)
{
	g_autofree float *line = g_new(float, gray->w);
	float top = margin * (float)gray->h, left = margin * (float)gray->w;
	float dy = ((float)gray->h - 2 * top) / (float)rows;
	float dx = ((float)gray->w - 2 * left) / (float)columns;

	for (int r = 0; r < rows; r++) {
		float y0 = top + dy * (float)r, y1 = y0 + dy;

		for (int x = 0; x < gray->w; x++)
			line[x] = 0;
		for (int y = (int)y0; y < gray->h && (float)y < y1; y++) {
			const float *row = gray->values + (gsize)y * gray->w;
			float share = overlap(y, y0, y1);

			for (int x = 0; x < gray->w; x++)
				line[x] += share * row[x];
		}
		for (int k = 0; k < columns; k++) {
			float x0 = left + dx * (float)k, x1 = x0 + dx, sum = 0;

			for (int x = (int)x0; x < gray->w && (float)x < x1; x++)
				sum += overlap(x, x0, x1) * line[x];
			means[r * columns + k] = sum / (dx * dy);
		}
	}
}

static guint64
difference_hash(const Gray *gray, float margin)
{
	float means[HASH_ROWS * HASH_COLUMNS];
	guint64 hash = 0;

	average(means, HASH_ROWS, HASH_COLUMNS, gray, margin);
	for (int r = 0; r < HASH_ROWS; r++)
		for (int k = 0; k + 1 < HASH_COLUMNS; k++)
			hash = hash << 1 | (means[r * HASH_COLUMNS + k] <
					    means[r * HASH_COLUMNS + k + 1]);
	return hash;
}

void
fingerprint_take(Fingerprint *print, Thumbs *thumbs, const guint8 *pixels,
		 int h, int w, int c)
{
	static const float margins[N_VIEWS] = { 0.0f, 0.01f };
	gsize n = (gsize)h * (gsize)w;
	g_autofree float *values = g_new(float, n);
	Gray gray = { values, h, w };
	float means[THUMB_SIDE * THUMB_SIDE];

	to_gray(values, pixels, n, c);
	for (int view = 0; view < N_VIEWS; view++) {
		print->hash[view] = difference_hash(&gray, margins[view]);
		average(means, THUMB_SIDE, THUMB_SIDE, &gray, margins[view]);
		for (int i = 0; i < THUMB_SIDE * THUMB_SIDE; i++)
			thumbs->view[view][i] =
				(guint8)lrintf(CLAMP(means[i], 0.0f, 255.0f));
	}
}

gboolean
fingerprint_confirm(const guint8 *a, const guint8 *b)
{
	enum { CELLS = THUMB_SIDE * THUMB_SIDE, MOST = 12 };
	int sum = 0, largest = 0;

	for (int i = 0; i < CELLS; i++) {
		int difference = abs(a[i] - b[i]);

		sum += difference;
		largest = MAX(largest, difference);
	}
	return sum <= CELLS && largest <= MOST;
}
