#include "tests/bench/scene.h"

#include <math.h>

/*
 * Photographs have about the same contrast at every scale (their power falls
 * with the square of the frequency), because objects of all sizes hide one
 * another.  So: discs whose radii follow a power law, each with a colour and a
 * roughness of its own, and a texture with the same contrast in each octave.
 */
enum { N_DISCS = 700, MAX_OCTAVES = 16 };

/* Values of 0..255 that the roughest disc's octaves and the noise reach. */
static const float MAX_ROUGHNESS = 40.0f;
static const float NOISE = 8.0f;

typedef struct {
	float colour[3];
	float roughness;
} Disc;

/* Random values on a grid, `period` pixels apart. */
typedef struct {
	int period, columns;
	float *values;
} Octave;

typedef struct {
	Octave octaves[MAX_OCTAVES];
	int n;
} Texture;

/* ---- texture */

static void
texture_init(Texture *texture, int height, int width, GRand *rand)
{
	texture->n = 0;
	for (int period = 2; period < width && texture->n < MAX_OCTAVES;
	     period *= 2) {
		int columns = width / period + 2, rows = height / period + 2;
		gsize n = (gsize)columns * (gsize)rows;
		float *values = g_new(float, n);

		for (gsize i = 0; i < n; i++)
			values[i] = (float)g_rand_double_range(rand, -1, 1);
		texture->octaves[texture->n++] =
			(Octave){ period, columns, values };
	}
}

static void
texture_clear(Texture *texture)
{
	for (int i = 0; i < texture->n; i++)
		g_free(texture->octaves[i].values);
}

/* Add row y of an octave, interpolated between the points of its grid. */
static void
add_octave(float *row, int width, const Octave *octave, int y)
{
	const float *above = octave->values + (gsize)(y / octave->period) *
						      (gsize)octave->columns;
	const float *below = above + octave->columns;
	float t = (float)(y % octave->period) / (float)octave->period;

	for (int x = 0, i = 0; x < width; x += octave->period, i++) {
		int n = MIN(octave->period, width - x);
		float left = above[i] + t * (below[i] - above[i]);
		float right = above[i + 1] + t * (below[i + 1] - above[i + 1]);
		float step = (right - left) / (float)octave->period;

		for (int k = 0; k < n; k++)
			row[x + k] += left + step * (float)k;
	}
}

/* ---- discs */

static void
fill_disc(guint16 *map, int height, int width, int x, int y, int radius,
	  guint16 disc)
{
	for (int row = MAX(y - radius, 0); row < MIN(y + radius, height);
	     row++) {
		int dy = row - y;
		int half = (int)sqrt((double)radius * radius - dy * dy);

		for (int i = MAX(x - half, 0); i < MIN(x + half, width); i++)
			map[(gsize)row * (gsize)width + (gsize)i] = disc;
	}
}

/* Which disc is seen at each pixel; disc 0 is the background. */
static guint16 *
place_discs(Disc discs[N_DISCS], int height, int width, GRand *rand)
{
	guint16 *map = g_new0(guint16, (gsize)height * (gsize)width);

	for (guint16 i = 0; i < N_DISCS; i++) {
		/* The density of radii is r^-3 from w/64 on. */
		double radius =
			width / 64.0 / sqrt(g_rand_double_range(rand, 1e-3, 1));
		double roughness = g_rand_double(rand);
		double light = g_rand_double_range(rand, 60, 190);

		for (int c = 0; c < 3; c++)
			discs[i].colour[c] =
				(float)(light +
					g_rand_double_range(rand, -40, 40));
		/* Most of what a photo shows is smooth. */
		discs[i].roughness =
			MAX_ROUGHNESS * (float)(roughness * roughness);
		if (i > 0)
			fill_disc(map, height, width,
				  g_rand_int_range(rand, 0, width),
				  g_rand_int_range(rand, 0, height),
				  (int)radius, i);
	}
	return map;
}

/* ---- pixels */

/* Uniform in -1..1 (xorshift32); a state is never 0. */
static float
next_noise(guint32 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return (float)(gint32)*state * 0x1p-31f;
}

static void
draw_row(guint8 *pixels, const float *texture, const guint16 *map,
	 const Disc *discs, int width, guint32 *noise)
{
	for (int x = 0; x < width; x++) {
		const Disc *disc = &discs[map[x]];
		float light = disc->roughness * texture[x];

		for (int c = 0; c < 3; c++) {
			float value = disc->colour[c] + light +
				      NOISE * next_noise(noise);

			pixels[3 * x + c] = (guint8)CLAMP(value, 0, 255);
		}
	}
}

guint8 *
scene_draw(int height, int width, guint32 seed)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
	g_autofree guint16 *map = NULL;
	g_autofree float *row = g_new(float, width);
	guint8 *pixels = g_malloc_n((gsize)height * (gsize)width, 3);
	guint32 noise = g_rand_int(rand) | 1;
	Disc discs[N_DISCS];
	Texture texture;

	map = place_discs(discs, height, width, rand);
	texture_init(&texture, height, width, rand);
	for (int y = 0; y < height; y++) {
		gsize at = (gsize)y * (gsize)width;

		for (int x = 0; x < width; x++)
			row[x] = 0.0f;
		for (int i = 0; i < texture.n; i++)
			add_octave(row, width, &texture.octaves[i], y);
		draw_row(pixels + 3 * at, row, map + at, discs, width, &noise);
	}
	texture_clear(&texture);
	return pixels;
}
