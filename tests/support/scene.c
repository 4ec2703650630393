#include "tests/support/scene.h"

#include <math.h>

/* What the draws of a scene or subject are for; more follow each of them. */
enum {
	DRAW_SCENE = 0,
	DRAW_COLOUR = 100,
	DRAW_TEXTURE = 200,
	DRAW_SHAPES = 1000,
};

enum { N_OCTAVES = 7 };

/* The longest wave of the noise; the shortest is some pixels long. */
static const double longest = 0.7;

/* An ellipse, turned, with a soft edge; it hides what is behind it. */
typedef struct {
	double x, y;        /* middle, in the place */
	double long_radius; /* before it is turned */
	double short_radius;
	double angle;
	float colour[3];
	float texture; /* contrast of the texture on it */
	float shade;   /* light that it loses along its length */
} Shape;

guint64
scene_mix(guint64 seed, guint64 index)
{
	/* SplitMix64 (Steele, Lea and Flood 2014) */
	guint64 z = seed + (index + 1) * 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

double
scene_between(guint64 seed, guint64 index, double low, double high)
{
	double unit = (double)(scene_mix(seed, index) >> 11) * 0x1p-53;

	return low + unit * (high - low);
}

/* ---- fields of noise */

/* Noise on the points of a lattice without end: -1..1. */
static float
lattice(guint64 seed, int column, int row)
{
	guint64 key = (guint64)(guint32)row << 32 | (guint32)column;

	return (float)((double)(gint64)scene_mix(seed, key) * 0x1p-63);
}

/* The lattice along row `y` of the window, between the rows beside it. */
static void
lattice_row(float *values, int first, int n, double y, guint64 seed)
{
	int row = (int)floor(y);
	float below = (float)(y - row);

	below = below * below * (3 - 2 * below);
	for (int i = 0; i < n; i++) {
		float a = lattice(seed, first + i, row);
		float b = lattice(seed, first + i, row + 1);

		values[i] = a + below * (b - a);
	}
}

/* Add smooth noise of one wave length to field, height x width. */
static void
add_octave(float *field, const Scene *s, guint64 seed, double wave,
	   float contrast)
{
	double step = 1.0 / (wave * s->width), left = s->left / wave;
	int first = (int)floor(left);
	int n = (int)(left + s->width * step) - first + 3;
	g_autofree float *values = g_new(float, n);
	g_autofree int *before = g_new(int, s->width);
	g_autofree float *after = g_new(float, s->width);

	for (int x = 0; x < s->width; x++) {
		double at = left + (x + 0.5) * step - first;
		float t = (float)(at - (int)at);

		before[x] = (int)at;
		after[x] = t * t * (3 - 2 * t);
	}
	for (int y = 0; y < s->height; y++) {
		float *line = field + (gsize)y * (gsize)s->width;

		lattice_row(values, first, n, s->top / wave + (y + 0.5) * step,
			    seed);
		for (int x = 0; x < s->width; x++) {
			const float *v = values + before[x];

			line[x] += contrast * (v[0] + after[x] * (v[1] - v[0]));
		}
	}
}

/* Noise of n octaves, each `gain` of the contrast of the one before it. */
static float *
noise_field(const Scene *s, guint64 seed, double wave, int n, float contrast,
	    float gain)
{
	float *field = g_new0(float, (gsize)s->height *(gsize)s->width);

	for (int i = 0; i < n; i++) {
		add_octave(field, s, scene_mix(seed, (guint64)i), wave,
			   contrast);
		wave /= 2;
		contrast *= gain;
	}
	return field;
}

/* ---- shapes */

/* Blend the colour over the pixels of line y that the shape covers. */
static void
paint_line(float *light, const float *texture, const Scene *s, const Shape *p,
	   int y, int first, int last)
{
	float cosine = (float)cos(p->angle), sine = (float)sin(p->angle);
	float across = 1.0f / (float)p->long_radius;
	float down = 1.0f / (float)p->short_radius;
	/* about two pixels from none to all */
	float sharp = (float)p->short_radius * (float)s->width / 4;
	float dy = (float)(s->top + (y + 0.5) / s->width - p->y);

	for (int x = first; x <= last; x++) {
		gsize i = (gsize)y * (gsize)s->width + (gsize)x;
		float dx = (float)(s->left + (x + 0.5) / s->width - p->x);
		float a = (cosine * dx + sine * dy) * across;
		float b = (cosine * dy - sine * dx) * down;
		float cover = (1 - a * a - b * b) * sharp + 0.5f;
		float tone = p->texture * texture[i] - p->shade * a;

		cover = CLAMP(cover, 0.0f, 1.0f);
		for (int c = 0; c < 3; c++) {
			float *value = light + 3 * i + c;

			*value += cover * (p->colour[c] * (1 + tone) - *value);
		}
	}
}

static void
paint(float *light, const float *texture, const Scene *s, const Shape *p)
{
	double reach = MAX(p->long_radius, p->short_radius) + 4.0 / s->width;
	double x = (p->x - s->left) * s->width;
	double y = (p->y - s->top) * s->width;
	int first = (int)MAX(x - reach * s->width, 0);
	int last = (int)MIN(x + reach * s->width, s->width - 1);
	int top = (int)MAX(y - reach * s->width, 0);
	int bottom = (int)MIN(y + reach * s->width, s->height - 1);

	for (int line = top; line <= bottom; line++)
		paint_line(light, texture, s, p, line, first, last);
}

/* Red, green and blue of some brightness, not far from gray. */
static void
draw_colour(float colour[3], guint64 seed, double dark, double bright)
{
	double level = scene_between(seed, DRAW_COLOUR, dark, bright);

	for (int c = 0; c < 3; c++) {
		double tint = scene_between(seed, DRAW_COLOUR + 1 + (guint64)c,
					    0.7, 1.3);

		colour[c] = (float)(level * tint);
	}
}

/*
 * Sizes follow a power law, as in the dead leaves model of natural images (Lee,
 * Mumford and Huang 2001): there is no scale that all things have.
 */
static Shape
draw_shape(guint64 seed)
{
	double radius = 0.02 / sqrt(scene_between(seed, 0, 0.006, 1.0));
	Shape shape = {
		.x = scene_between(seed, 1, -0.15, 1.15),
		.y = scene_between(seed, 2, -0.15, 0.95),
		.long_radius = radius * scene_between(seed, 3, 1.0, 2.5),
		.short_radius = radius * scene_between(seed, 4, 0.4, 1.0),
		.angle = scene_between(seed, 5, 0, G_PI),
		.texture = (float)scene_between(seed, 6, 0.1, 0.8),
		.shade = (float)scene_between(seed, 7, -0.35, 0.35),
	};

	draw_colour(shape.colour, seed, 0.08, 0.85);
	return shape;
}

/* ---- the whole */

/* Sky and ground, or one of them only where the horizon is out of sight. */
static void
paint_ground(float *light, const float *texture, const Scene *s)
{
	g_autofree float *warm =
		noise_field(s, scene_mix(s->seed, 1), longest, 4, 0.08f, 0.8f);
	double horizon = scene_between(s->seed, DRAW_SCENE, -0.3, 0.7);
	float haze = (float)scene_between(s->seed, DRAW_SCENE + 1, 0.02, 0.6);
	static const float warmth[3] = { 1, 0, -1 };
	float sky[3], ground[3];

	draw_colour(sky, scene_mix(s->seed, 2), 0.35, 0.95);
	draw_colour(ground, scene_mix(s->seed, 3), 0.15, 0.6);
	for (int y = 0; y < s->height; y++) {
		double above = horizon - s->top - (y + 0.5) / s->width;
		float share = (float)CLAMP(above * 25 + 0.5, 0.0, 1.0);

		for (int x = 0; x < s->width; x++) {
			gsize i = (gsize)y * (gsize)s->width + (gsize)x;
			float tone = texture[i] * (1 - share * (1 - haze));

			for (int c = 0; c < 3; c++) {
				float base = ground[c] +
					     share * (sky[c] - ground[c]);

				light[3 * i + c] =
					base * (1 + tone + warm[i] * warmth[c]);
			}
		}
	}
}

float *
scene_light(const Scene *s)
{
	float *light = g_new(float, (gsize)s->height *(gsize)s->width * 3);
	float gain = (float)scene_between(s->seed, DRAW_SCENE + 2, 0.65, 0.95);
	g_autofree float *texture =
		noise_field(s, scene_mix(s->seed, DRAW_TEXTURE), longest,
			    N_OCTAVES, 0.3f, gain);
	int n = (int)scene_between(s->seed, DRAW_SCENE + 3, 15, 70);

	paint_ground(light, texture, s);
	for (int i = 0; i < n; i++) {
		Shape shape = draw_shape(
			scene_mix(s->seed, DRAW_SHAPES + (guint64)i));

		paint(light, texture, s, &shape);
	}
	return light;
}

void
scene_add_subject(float *light, const Scene *s, const Subject *subject)
{
	/* x, y and radii in lengths of the animal; it may look either way */
	static const double parts[][4] = {
		{ 0.22, 0.20, 0.035, 0.16 },  { 0.10, 0.20, 0.035, 0.16 },
		{ -0.12, 0.20, 0.035, 0.16 }, { -0.22, 0.20, 0.035, 0.16 },
		{ 0.00, 0.00, 0.36, 0.17 },   { 0.36, -0.13, 0.14, 0.10 },
	};
	guint64 seed = subject->seed;
	double facing = scene_mix(seed, 0) & 1 ? 1 : -1;
	g_autofree float *texture =
		noise_field(s, scene_mix(seed, DRAW_TEXTURE), subject->size / 3,
			    3, 0.4f, 0.8f);
	Shape shape = { .angle = scene_between(seed, 1, -0.1, 0.1),
			.texture = 1,
			.shade = 0.1f };

	draw_colour(shape.colour, seed, 0.06, 0.8);
	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		shape.x = subject->x + facing * parts[i][0] * subject->size;
		shape.y = subject->y + parts[i][1] * subject->size;
		shape.long_radius = parts[i][2] * subject->size;
		shape.short_radius = parts[i][3] * subject->size;
		paint(light, texture, s, &shape);
	}
}

/* Noise of deviation 1: the sum of three numbers of 7 bits each. */
static float
sensor_noise(guint64 bits, int channel)
{
	guint32 own = (guint32)(bits >> 21 * channel);
	int sum = (int)(own & 127) + (int)(own >> 7 & 127) +
		  (int)(own >> 14 & 127);

	return ((float)sum - 190.5f) / 64;
}

guint8 *
scene_expose(const float *light, const Scene *s, const Exposure *e)
{
	guint8 *pixels = g_malloc((gsize)s->height * (gsize)s->width * 3);
	g_autofree float *shadow = g_new(float, s->width);

	for (int x = 0; x < s->width; x++) {
		double far = ((x + 0.5) / s->width - e->shadow) / 0.12;

		shadow[x] = (float)(255 * (1 - e->depth * exp(-far * far)));
	}
	for (int y = 0; y < s->height; y++) {
		for (int x = 0; x < s->width; x++) {
			gsize i = (gsize)y * (gsize)s->width + (gsize)x;
			guint64 bits = scene_mix(e->seed, i);

			for (int c = 0; c < 3; c++) {
				float value =
					light[3 * i + c] * shadow[x] *
						(float)e->gain[c] +
					(float)e->noise * sensor_noise(bits, c);

				pixels[3 * i + c] =
					(guint8)CLAMP(value + 0.5f, 0, 255);
			}
		}
	}
	return pixels;
}
