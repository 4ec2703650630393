#include "prep/fingerprint.h"

#include <math.h>
#include <stdlib.h>

enum { HASH_ROWS = 8, HASH_COLUMNS = 9 };

/* Thumbnail cells a block has in either direction. */
enum { BLOCK_CELLS = THUMB_SIDE / BLOCK_SIDE };

/*
 * How much two views of one photo may differ.  Measured on photographs and on
 * drawn scenes, saved anew (quality 50 to 90), resized to 50, 75 and 130 %, and
 * cut by a hundredth at each edge, against frames of simulated cameras that do
 * not move: 98 % of the copies pass, and 6 % of the frames.  An inner view is a
 * fraction of a cell away from the crop that it is compared with.
 */
typedef struct {
	int block;  /* means of a block, in 1/256 of a level */
	int colour; /* means of a colour, in 1/256 of a level */
	int cell;   /* a cell of the thumbnail, in levels */
} Limits;

static const Limits between_wholes = { 205, 205, 10 };
static const Limits with_inner = { 307, G_MAXINT, 12 };

/* And all cells on average, in hundredths of a level. */
enum { MEAN_CELL = 120 };

/* An image in gray: h x w. */
typedef struct {
	float *values;
	int h, w;
} Gray;

/* What of an image is looked at: `w` pixels of each of `h` rows. */
typedef struct {
	const guint8 *first;
	int h, w, c;
	gsize stride; /* from row to row */
} Window;

static gboolean
is_black(const guint8 *pixels, int n, gsize step, int c)
{
	for (int i = 0; i < n; i++, pixels += step)
		for (int k = 0; k < c; k++)
			if (pixels[k] != 0)
				return FALSE;
	return TRUE;
}

/* The image without the black that pads it; one that is black stays whole. */
static Window
trim(const guint8 *pixels, int h, int w, int c)
{
	gsize pixel = (gsize)c, stride = (gsize)w * pixel;
	int top = 0, bottom = h, left = 0, right = w;

	while (top < h && is_black(pixels + (gsize)top * stride, w, pixel, c))
		top++;
	if (top == h)
		return (Window){ pixels, h, w, c, stride };
	while (is_black(pixels + (gsize)(bottom - 1) * stride, w, pixel, c))
		bottom--;
	while (is_black(pixels + (gsize)left * pixel, h, stride, c))
		left++;
	while (is_black(pixels + (gsize)(right - 1) * pixel, h, stride, c))
		right--;
	return (Window){ pixels + (gsize)top * stride + (gsize)left * pixel,
			 bottom - top, right - left, c, stride };
}

/* Luma of ITU-R BT.601, as JPEG has it. */
static void
to_gray(float *gray, const Window *image)
{
	for (int y = 0; y < image->h; y++, gray += image->w) {
		const guint8 *p = image->first + (gsize)y * image->stride;

		if (image->c == 1)
			for (int x = 0; x < image->w; x++)
				gray[x] = p[x];
		else
			for (int x = 0; x < image->w; x++)
				gray[x] = 0.299f * (float)p[3 * x] +
					  0.587f * (float)p[3 * x + 1] +
					  0.114f * (float)p[3 * x + 2];
	}
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

/* The means of a thumbnail's blocks. */
static void
average_blocks(guint16 *blocks, const float *cells)
{
	for (int i = 0; i < BLOCK_SIDE * BLOCK_SIDE; i++) {
		const float *first = cells +
				     i / BLOCK_SIDE * BLOCK_CELLS * THUMB_SIDE +
				     i % BLOCK_SIDE * BLOCK_CELLS;
		float sum = 0;

		for (int y = 0; y < BLOCK_CELLS; y++)
			for (int x = 0; x < BLOCK_CELLS; x++)
				sum += first[y * THUMB_SIDE + x];
		blocks[i] = (guint16)lrintf(
			CLAMP(sum * 256 / (BLOCK_CELLS * BLOCK_CELLS), 0.0f,
			      65535.0f));
	}
}

static void
average_colours(guint16 *colours, const Window *image)
{
	guint64 n = (guint64)image->h * (guint64)image->w;
	guint64 sums[3] = { 0 };

	for (int y = 0; y < image->h; y++) {
		const guint8 *p = image->first + (gsize)y * image->stride;

		for (int x = 0; x < image->w; x++, p += image->c)
			for (int k = 0; k < image->c; k++)
				sums[k] += p[k];
	}
	for (int k = 0; k < 3; k++)
		colours[k] = (guint16)(sums[k] * 256 / n);
}

void
fingerprint_take(Fingerprint *print, Thumbs *thumbs, const guint8 *pixels,
		 int h, int w, int c)
{
	static const float margins[N_VIEWS] = { 0.0f, 0.01f };
	const Window image = trim(pixels, h, w, c);
	g_autofree float *values = g_new(float, (gsize)image.h *(gsize)image.w);
	Gray gray = { values, image.h, image.w };
	float cells[THUMB_SIDE * THUMB_SIDE];

	to_gray(values, &image);
	average_colours(print->colours, &image);
	for (int view = 0; view < N_VIEWS; view++) {
		print->hash[view] = difference_hash(&gray, margins[view]);
		average(cells, THUMB_SIDE, THUMB_SIDE, &gray, margins[view]);
		average_blocks(print->blocks[view], cells);
		for (int i = 0; i < THUMB_SIDE * THUMB_SIDE; i++)
			thumbs->cells[view][i] =
				(guint8)lrintf(CLAMP(cells[i], 0.0f, 255.0f));
	}
}

/* The mean of all blocks, in 1/256 of a level. */
static int
brightness(const Fingerprint *print, View view)
{
	int sum = 0;

	for (int i = 0; i < BLOCK_SIDE * BLOCK_SIDE; i++)
		sum += print->blocks[view][i];
	return sum / (BLOCK_SIDE * BLOCK_SIDE);
}

enum { STEP = 4 * 256 };

guint8
fingerprint_level(const Fingerprint *print, View view)
{
	return (guint8)(brightness(print, view) / STEP);
}

void
fingerprint_levels(const Fingerprint *print, View view, guint8 *low,
		   guint8 *high)
{
	/* Blocks that differ by less do not differ by more on average. */
	int value = brightness(print, view), most = with_inner.block + 1;

	*low = (guint8)(MAX(value - most, 0) / STEP);
	*high = (guint8)(MIN(value + most, 65535) / STEP);
}

static const Limits *
limits_for(View a, View b)
{
	return a == VIEW_WHOLE && b == VIEW_WHOLE ? &between_wholes
						  : &with_inner;
}

gboolean
fingerprint_may_match(const Fingerprint *a, View view_a, const Fingerprint *b,
		      View view_b)
{
	const Limits *limits = limits_for(view_a, view_b);

	for (int i = 0; i < BLOCK_SIDE * BLOCK_SIDE; i++)
		if (abs(a->blocks[view_a][i] - b->blocks[view_b][i]) >
		    limits->block)
			return FALSE;
	for (int k = 0; k < 3; k++)
		if (abs(a->colours[k] - b->colours[k]) > limits->colour)
			return FALSE;
	return TRUE;
}

gboolean
thumbs_match(const Thumbs *a, View view_a, const Thumbs *b, View view_b)
{
	enum { CELLS = THUMB_SIDE * THUMB_SIDE };
	int sum = 0, largest = 0;

	for (int i = 0; i < CELLS; i++) {
		int difference = abs(a->cells[view_a][i] - b->cells[view_b][i]);

		sum += difference;
		largest = MAX(largest, difference);
	}
	return 100 * sum <= MEAN_CELL * CELLS &&
	       largest <= limits_for(view_a, view_b)->cell;
}
