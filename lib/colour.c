#include "kw/colour.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The new value of each value, of one channel. */
typedef struct {
	guint8 values[256];
} Table;

/*
 * Where a pixel's channels depend on each other, they are taken apart for a
 * block of pixels at a time, so that the compiler can vectorise what is done to
 * them.
 */
enum { BLOCK = 256 };

typedef struct {
	int red[BLOCK], green[BLOCK], blue[BLOCK];
} Planes;

static inline float
limit(float value)
{
	value = value > 0 ? value : 0;
	return value < 255 ? value : 255;
}

/* Image.blend() of Pillow: from a at factor 0 to b at 1, and beyond. */
static inline float
blend(float a, float b, float factor)
{
	return limit(a + factor * (b - a));
}

/* ---- one table for all channels, or one for each */

static void
look_up(guint8 *pixels, gsize n_bytes, const Table *table)
{
	const guint8 *values = table->values;
	gsize i = 0;

	/* Loads before stores: for all the compiler knows, they overlap. */
	for (; i + 4 <= n_bytes; i += 4) {
		guint8 *p = pixels + i;
		guint8 a = values[p[0]], b = values[p[1]], c = values[p[2]],
		       d = values[p[3]];

		p[0] = a;
		p[1] = b;
		p[2] = c;
		p[3] = d;
	}
	for (; i < n_bytes; i++)
		pixels[i] = values[pixels[i]];
}

static void
blend_with(guint8 *pixels, gsize n_bytes, int level, float factor)
{
	Table table;

	for (int v = 0; v < 256; v++)
		table.values[v] = (guint8)blend((float)level, (float)v, factor);
	look_up(pixels, n_bytes, &table);
}

/* Pillow's: a sum in 1/65536, rounded. */
static guint32
luma(const guint8 *rgb)
{
	return (rgb[0] * 19595u + rgb[1] * 38470u + rgb[2] * 7471u + 0x8000u) >>
	       16;
}

static int
mean_luma(const guint8 *pixels, gsize n, int c)
{
	guint64 sum = 0;

	if (n == 0)
		return 0;
	if (c == 1)
		for (gsize i = 0; i < n; i++)
			sum += pixels[i];
	else
		for (gsize i = 0; i < n; i++)
			sum += luma(pixels + 3 * i);
	return (int)((2 * sum + n) / (2 * n));
}

void
kw_colour_brightness(guint8 *pixels, gsize n, int c, float factor)
{
	blend_with(pixels, n * c, 0, factor);
}

void
kw_colour_contrast(guint8 *pixels, gsize n, int c, float factor)
{
	blend_with(pixels, n * c, mean_luma(pixels, n, c), factor);
}

void
kw_colour_posterize(guint8 *pixels, gsize n, int c, int bits)
{
	guint8 mask = (guint8)(0xff << (8 - bits));

	for (gsize i = 0; i < n * c; i++)
		pixels[i] &= mask;
}

void
kw_colour_solarize(guint8 *pixels, gsize n, int c, int threshold)
{
	Table table;

	for (int v = 0; v < 256; v++)
		table.values[v] = (guint8)(v < threshold ? v : 255 - v);
	look_up(pixels, n * c, &table);
}

/* ---- by what values there are */

/*
 * The smallest and the greatest value of each of the c channels, which is 255
 * and 0 where there are no pixels.  A row of LANES bytes begins with the same
 * channel each time, so that rows are compared byte by byte.
 */
static void
find_range(const guint8 *pixels, gsize n, int c, guint8 low[3], guint8 high[3])
{
	enum { LANES = 48 };
	guint8 lows[LANES], highs[LANES] = { 0 };
	gsize n_bytes = n * c, i = 0;

	memset(lows, 255, sizeof lows);
	for (; i + LANES <= n_bytes; i += LANES)
		for (int k = 0; k < LANES; k++) {
			lows[k] = MIN(lows[k], pixels[i + k]);
			highs[k] = MAX(highs[k], pixels[i + k]);
		}
	for (int k = 0; i < n_bytes; i++, k++) {
		lows[k] = MIN(lows[k], pixels[i]);
		highs[k] = MAX(highs[k], pixels[i]);
	}
	for (int k = 0; k < LANES; k++) {
		low[k % c] = k < c ? lows[k] : MIN(low[k % c], lows[k]);
		high[k % c] = k < c ? highs[k] : MAX(high[k % c], highs[k]);
	}
}

/* How often one channel has each value. */
static void
count(guint32 counts[256], const guint8 *pixels, gsize n, int c)
{
	/*
	 * Neighbours in a photo are alike, and counting a value again waits for
	 * it to have been counted: so each of four counts elsewhere.
	 */
	guint32 parts[4][256] = { 0 };
	gsize i = 0;

	for (; i + 4 <= n; i += 4) {
		const guint8 *p = pixels + i * c;

		parts[0][p[0]]++;
		parts[1][p[c]]++;
		parts[2][p[2 * c]]++;
		parts[3][p[3 * c]]++;
	}
	for (; i < n; i++)
		parts[0][pixels[i * c]]++;
	for (int v = 0; v < 256; v++)
		counts[v] =
			parts[0][v] + parts[1][v] + parts[2][v] + parts[3][v];
}

static void
leave_alone(Table *table)
{
	for (int v = 0; v < 256; v++)
		table->values[v] = (guint8)v;
}

static void
stretch(Table *table, int low, int high)
{
	if (high <= low) {
		leave_alone(table);
		return;
	}

	double scale = 255.0 / (high - low), offset = -low * scale;

	for (int v = 0; v < 256; v++) {
		double stretched = v * scale + offset;

		table->values[v] = (guint8)CLAMP(stretched, 0, 255);
	}
}

static void
flatten(Table *table, const guint32 counts[256])
{
	gsize total = 0, last = 0;

	for (int v = 0; v < 256; v++) {
		total += counts[v];
		last = counts[v] > 0 ? counts[v] : last;
	}

	gsize step = (total - last) / 255, sum = step / 2;

	if (step == 0) {
		leave_alone(table);
		return;
	}
	for (int v = 0; v < 256; v++) {
		table->values[v] = (guint8)MIN(sum / step, 255);
		sum += counts[v];
	}
}

static void
look_up_channels(guint8 *pixels, gsize n, int c, const Table tables[3])
{
	if (c == 1) {
		look_up(pixels, n, tables);
		return;
	}
	for (gsize i = 0; i < n; i++) {
		guint8 *p = pixels + 3 * i;
		guint8 red = tables[0].values[p[0]];
		guint8 green = tables[1].values[p[1]];
		guint8 blue = tables[2].values[p[2]];

		p[0] = red;
		p[1] = green;
		p[2] = blue;
	}
}

void
kw_colour_channel_shift(guint8 *pixels, gsize n, int c, float shift)
{
	guint8 lows[3], highs[3];
	Table table;

	find_range(pixels, n, c, lows, highs);

	guint8 low = lows[0], high = highs[0];

	for (int k = 1; k < c; k++) {
		low = MIN(low, lows[k]);
		high = MAX(high, highs[k]);
	}
	for (int v = 0; v < 256; v++) {
		double shifted = (float)v + shift;

		shifted = CLAMP(shifted, low, high);
		table.values[v] = (guint8)(shifted + 0.5);
	}
	look_up(pixels, n * c, &table);
}

void
kw_colour_autocontrast(guint8 *pixels, gsize n, int c)
{
	guint8 lows[3], highs[3];
	Table tables[3];

	find_range(pixels, n, c, lows, highs);
	for (int k = 0; k < c; k++)
		stretch(&tables[k], lows[k], highs[k]);
	look_up_channels(pixels, n, c, tables);
}

void
kw_colour_equalize(guint8 *pixels, gsize n, int c)
{
	guint32 counts[256];
	Table tables[3];

	for (int k = 0; k < c; k++) {
		count(counts, pixels + k, n, c);
		flatten(&tables[k], counts);
	}
	look_up_channels(pixels, n, c, tables);
}

/* ---- channels together */

static void
take_apart(Planes *planes, const guint8 *pixels, int n)
{
	for (int i = 0; i < n; i++) {
		planes->red[i] = pixels[3 * i];
		planes->green[i] = pixels[3 * i + 1];
		planes->blue[i] = pixels[3 * i + 2];
	}
}

static void
put_together(guint8 *pixels, const Planes *planes, int n)
{
	for (int i = 0; i < n; i++) {
		pixels[3 * i] = (guint8)planes->red[i];
		pixels[3 * i + 1] = (guint8)planes->green[i];
		pixels[3 * i + 2] = (guint8)planes->blue[i];
	}
}

static void
change_planes(guint8 *pixels, gsize n,
	      void (*change)(Planes *planes, float amount), float amount)
{
	Planes planes = { 0 };

	for (gsize i = 0; i < n; i += BLOCK) {
		int n_block = (int)MIN(BLOCK, n - i);

		take_apart(&planes, pixels + 3 * i, n_block);
		change(&planes, amount);
		put_together(pixels + 3 * i, &planes, n_block);
	}
}

static void
saturate(Planes *planes, float factor)
{
	int *red = planes->red, *green = planes->green, *blue = planes->blue;

	for (int i = 0; i < BLOCK; i++) {
		float r = (float)red[i], g = (float)green[i],
		      b = (float)blue[i];
		/* luma(): whole numbers below 2^24 are exact in float32 */
		float sum = r * 19595 + g * 38470 + b * 7471 + 0x8000;
		float y = (float)(int)(sum * 0x1p-16f);

		red[i] = (int)blend(y, r, factor);
		green[i] = (int)blend(y, g, factor);
		blue[i] = (int)blend(y, b, factor);
	}
}

void
kw_colour_saturation(guint8 *pixels, gsize n, int c, float factor)
{
	if (c == 3)
		change_planes(pixels, n, saturate, factor);
}

/* Hues are fixed-point numbers: sixths of the circle, red being 0. */
enum { SIXTH = 1 << 20, CIRCLE = 6 * SIXTH };

/* 0 <= hue < 2 CIRCLE */
static inline int
within_circle(int hue)
{
	return hue - (hue >= CIRCLE ? CIRCLE : 0);
}

/*
 * Red of the colour that has this hue: from `low` to low + range by straight
 * lines, and level between them.  Green has what red had a third of the circle
 * before, blue what it had two thirds before.
 */
static inline int
red_of_hue(int hue, int low, int range)
{
	int share = abs(hue - CIRCLE / 2) - SIXTH;

	share = CLAMP(share, 0, SIXTH);
	return low + (range * share + SIXTH / 2) / SIXTH;
}

/*
 * All choices are made between whole numbers: floats would have to be computed
 * only where they are chosen, since they might trap, which is not vectorised.
 */
static void
turn_hue(Planes *planes, float sixths)
{
	int *red = planes->red, *green = planes->green, *blue = planes->blue;
	int turn = (int)lrintf(sixths * SIXTH);

	for (int i = 0; i < BLOCK; i++) {
		int r = red[i], g = green[i], b = blue[i];
		int high = MAX(MAX(r, g), b), low = MIN(MIN(r, g), b);
		int range = high - low, divisor = MAX(range, 1);
		int part = high == g ? b - r : r - g;
		int begin = high == g ? 2 * SIXTH : 4 * SIXTH;

		part = high == r ? g - b : part;
		begin = high == r ? 0 : begin;

		int hue = (int)((float)part / (float)divisor * SIXTH);

		hue += begin + turn;
		hue = within_circle(hue + (hue < 0 ? CIRCLE : 0));
		red[i] = red_of_hue(hue, low, range);
		green[i] =
			red_of_hue(within_circle(hue + 4 * SIXTH), low, range);
		blue[i] =
			red_of_hue(within_circle(hue + 2 * SIXTH), low, range);
	}
}

void
kw_colour_hue(guint8 *pixels, gsize n, int c, float degrees)
{
	if (c == 3)
		change_planes(pixels, n, turn_hue, degrees / 60);
}
