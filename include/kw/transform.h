/*
 * Random transforms: what was drawn for one copy of one record, and how it is
 * applied.  kw-augment writes such copies; kw-train makes the very same ones on
 * the fly.
 */
#ifndef KW_TRANSFORM_H
#define KW_TRANSFORM_H

#include <glib.h>

#include "kw/noise.h"
#include "kw/policy.h"
#include "kw/warp.h"

/*
 * All that makes a copy out of its original, in the order of the columns of
 * `transforms` in a dataset (kw-dataset(5)), and after the geometry in the
 * order in which it is applied.
 */
typedef struct {
	float rotation;                       /* degrees, counter-clockwise */
	float shift_x, shift_y;               /* pixels, to the left and up */
	float shear;                          /* degrees */
	float zoom_x, zoom_y;                 /* factors: below 1 magnifies */
	float flip_horizontal, flip_vertical; /* 0 or 1 */
	float shear_x, shear_y;               /* columns a row, rows a column */
	KwRectangle crop;    /* of the original; 0, 0, 1, 1 all of it */
	float channel_shift; /* levels */
	float brightness, contrast, saturation; /* factors; 1: as it is */
	float hue;                              /* degrees */
	float posterize;                        /* bits; 8: as it is */
	float solarize;                         /* threshold; 256: as it is */
	float autocontrast, equalize;           /* 0 or 1 */
	float sharpness;                        /* factor; 1: as it is */
	float blur;                             /* sigma in pixels */
	float noise;                            /* sigma in levels */
	float jpeg;                             /* quality; 0: as it is */
	KwRectangle erase;                      /* all 0: nothing */
	float key; /* of noise and erasing: 0..2^24-1 */
	float interpolation, fill, fill_value; /* KwInterpolation, KwFill */
} KwTransform;

enum { KW_N_TRANSFORM_COLUMNS = sizeof(KwTransform) / sizeof(float) };

/* "rotation", "shift_x", ..., "crop_x", "crop_y", "crop_width", ..., NULL */
extern const char *const kw_transform_columns[KW_N_TRANSFORM_COLUMNS + 1];

/* What the original of a record holds: applied, it changes nothing. */
extern const KwTransform kw_transform_identity;

/*
 * Draw the transform of copy `copy` (1, 2, ...) of a record in an image of
 * h x w pixels, by the table of draws in kw-dataset(5).  The same arguments
 * give the same transform, whatever else is drawn.  Any thread.
 */
KwTransform kw_transform_draw(const KwPolicy *policy, guint64 seed,
			      guint64 record_id, gint32 copy, int h, int w);

/*
 * Can it be applied to an image of h x w pixels, 1..65535 each?  For numbers
 * that come from a file: all finite, and within what a policy can draw, so that
 * their map is within the limits of kw_warp().
 * KW_ERROR_FORMAT names the column.
 */
gboolean kw_transform_check(const KwTransform *transform, int h, int w,
			    GError **error);

/*
 * The map of a transform, from a pixel (x, y) of the copy to where in the
 * original it comes from:
 *
 *	1. the flips: x becomes w - 1 - x, y becomes h - 1 - y
 *	2. about the true centre, ((w-1)/2, (h-1)/2), R S H Z K:
 *	   R  cos r  -sin r  0   S  1  0  shift_x   H  1  -sin s  0
 *	      sin r   cos r  0      0  1  shift_y      0   cos s  0
 *	          0       0  1      0  0        1      0       0  1
 *	   Z  zoom_x       0  0  K        1  shear_x  0
 *	           0  zoom_y  0     shear_y        1  0
 *	           0       0  1           0        0  1
 *	   with r the rotation and s the shear: Keras 3's matrices, and K
 *	3. the window: x becomes (x + 0.5) * crop.width + crop.x * w - 0.5,
 *	   y alike
 *
 * So the content is cropped, rotated, shifted, sheared, zoomed, slanted and
 * flipped, in this order.  The identity maps exactly; others are within 1e-9
 * pixels in images of up to 10,000 pixels a side, and have the same bits on any
 * machine.  Any thread.
 */
KwAffine kw_transform_map(const KwTransform *transform, int h, int w);

/* ---- applying */

/* Applies transforms to images of one size; one a thread. */
typedef struct KwTransformer KwTransformer;

/* For images of h x w x c bytes; sizes as for kw_warp().  KW_ERROR_MEMORY. */
KwTransformer *kw_transformer_new(int h, int w, int c, GError **error);
void kw_transformer_free(KwTransformer *transformer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KwTransformer, kw_transformer_free)

/*
 * The original that copies are made of from now on, until the next one.  It is
 * borrowed, and prepared once for all its copies.
 */
void kw_transformer_set(KwTransformer *transformer, const guint8 *pixels);

/*
 * Make a copy: dst (h x w x c bytes) gets the original, transformed.  Errors:
 * those of kw/filter.h, and only where libvips is asked: blur, sharpness, JPEG,
 * other interpolators.
 */
gboolean kw_transformer_apply(KwTransformer *transformer,
			      const KwTransform *transform, guint8 *dst,
			      GError **error);

#endif
