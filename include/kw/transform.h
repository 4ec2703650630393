/*
 * Random transforms: what a policy allows, what was drawn for one copy of one
 * record, and how it is applied.  kw-augment writes such copies; kw-train will
 * make the very same ones on the fly.
 */
#ifndef KW_TRANSFORM_H
#define KW_TRANSFORM_H

#include <glib.h>

#include "kw/warp.h"

/* The ranges to draw from, as Keras's documentation defines them. */
typedef struct {
	double rotation;     /* r: degrees, uniform in [-r, r]; 0..360 */
	double width_shift;  /* of the width, or pixels if >= 1; 0..65535 */
	double height_shift; /* of the height, or pixels if >= 1; 0..65535 */
	double shear;        /* s: degrees, uniform in [-s, s]; 0..90 */
	double zoom;         /* z: each axis uniform in [1-z, 1+z]; 0..1 */
	gboolean horizontal_flip; /* with probability 0.5 */
	gboolean vertical_flip;
	KwFill fill;
	guint8 constant; /* value of KW_FILL_CONSTANT */
} KwPolicy;

/* rotation 45, shifts 0.3, shear 0.2, zoom 0.2, horizontal flip, nearest */
extern const KwPolicy kw_policy_seed;

/* What was drawn, in the order of the columns of `transforms` in a dataset. */
typedef struct {
	float rotation;                       /* degrees, counter-clockwise */
	float shift_x, shift_y;               /* pixels, to the left and up */
	float shear;                          /* degrees */
	float zoom_x, zoom_y;                 /* factors: below 1 magnifies */
	float flip_horizontal, flip_vertical; /* 0 or 1 */
} KwTransform;

enum { KW_N_TRANSFORM_COLUMNS = 8 };

/* "rotation", "shift_x", ..., "flip_vertical", NULL */
extern const char *const kw_transform_columns[KW_N_TRANSFORM_COLUMNS + 1];

/* 0, 0, 0, 0, 1, 1, 0, 0: what the original of a record holds. */
extern const KwTransform kw_transform_identity;

/*
 * Draw the transform of copy `copy` (1, 2, ...) of a record in an image of
 * h x w pixels.  Draw 0 is the rotation, then 1 shift_y, 2 shift_x, 3 shear,
 * 4 zoom_x, 5 zoom_y, 6 flip_horizontal, 7 flip_vertical (kw-dataset(5)); the
 * same arguments give the same transform, whatever else is drawn.  Any thread.
 */
KwTransform kw_transform_draw(const KwPolicy *policy, guint64 seed,
			      guint64 record_id, gint32 copy, int h, int w);

/*
 * The map of a transform: the matrices rotation * shift * shear * zoom of Keras
 * 3 about the true centre ((w-1)/2, (h-1)/2), shift_x moving columns and
 * shift_y rows, then the flips of the result.  The same bits on any machine.
 * Any thread.
 */
KwAffine kw_transform_map(const KwTransform *transform, int h, int w);

/*
 * Apply a transform to h x w x c bytes with the fill of a policy; `source` is
 * one for such images, and is overwritten.  Any thread.
 */
void kw_transform_apply(const KwTransform *transform, const KwPolicy *policy,
			guint8 *dst, const guint8 *src, KwWarpSource *source,
			int h, int w);

#endif
