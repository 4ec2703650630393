/*
 * Photographs of places that do not exist, with the statistics of natural ones:
 * fields of noise with equal contrast in every octave, behind and on shapes of
 * all sizes that hide each other.  Perceptual hashes behave on them as on real
 * photos, which they do not on stripes and discs.
 *
 * Lengths are in widths of a frame, from its left and top.  Equal arguments
 * give equal pixels.  All functions may be called from any thread.
 */
#ifndef KW_TESTS_SCENE_H
#define KW_TESTS_SCENE_H

#include <glib.h>

/* A place, and the window of it that the camera sees. */
typedef struct {
	int height, width; /* in pixels */
	guint64 seed;      /* the place */
	double left, top;  /* where the window is; a camera that moves changes
			    * them by little */
} Scene;

/* An animal, or the like: a body, a head and legs with a texture. */
typedef struct {
	guint64 seed; /* shape, colours and texture */
	double x, y;  /* of its middle in the place, not in the window */
	double size;  /* its length */
} Subject;

/* How a frame is lit and taken. */
typedef struct {
	double gain[3]; /* of red, green and blue; about 1 */
	double shadow;  /* x of the middle of a vertical shadow */
	double depth;   /* of the shadow: 0 none, 1 black */
	double noise;   /* deviation of the sensor's noise in gray levels */
	guint64 seed;   /* of that noise */
} Exposure;

/* Light of the window, height x width x 3 values about 0..1.  g_free() it. */
float *scene_light(const Scene *scene);

/* Put the subject in front of all else; it may be partly outside. */
void scene_add_subject(float *light, const Scene *scene,
		       const Subject *subject);

/* The picture: height x width x 3 bytes, red-green-blue.  g_free() it. */
guint8 *scene_expose(const float *light, const Scene *scene,
		     const Exposure *exposure);

/* 64 well mixed bits of the two: what another thing's seed is made of. */
guint64 scene_mix(guint64 seed, guint64 index);

/* From low to high, by seed and index. */
double scene_between(guint64 seed, guint64 index, double low, double high);

#endif
