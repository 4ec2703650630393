#include "kw/transform.h"

#include <math.h>

#include "kw/random.h"

G_STATIC_ASSERT(sizeof(KwTransform) == KW_N_TRANSFORM_COLUMNS * sizeof(float));

const KwPolicy kw_policy_seed = {
	.rotation = 45,
	.width_shift = 0.3,
	.height_shift = 0.3,
	.shear = 0.2,
	.zoom = 0.2,
	.horizontal_flip = TRUE,
	.vertical_flip = FALSE,
	.fill = KW_FILL_NEAREST,
	.constant = 0,
};

const char *const kw_transform_columns[] = {
	"rotation", "shift_x",         "shift_y",       "shear", "zoom_x",
	"zoom_y",   "flip_horizontal", "flip_vertical", NULL,
};

const KwTransform kw_transform_identity = { .zoom_x = 1, .zoom_y = 1 };

/* Numbers of the draws; a format detail, see kw-dataset(5). */
enum {
	DRAW_ROTATION,
	DRAW_SHIFT_Y,
	DRAW_SHIFT_X,
	DRAW_SHEAR,
	DRAW_ZOOM_X,
	DRAW_ZOOM_Y,
	DRAW_FLIP_HORIZONTAL,
	DRAW_FLIP_VERTICAL,
};

/* Uniform in centre +- range. */
static float
draw_around(const KwRandomKey *key, guint16 draw, double centre, double range)
{
	return (float)kw_random_between(key, draw, centre - range,
					centre + range);
}

static float
draw_coin(const KwRandomKey *key, guint16 draw, gboolean wanted)
{
	return wanted && kw_random_uniform(key, draw) < 0.5 ? 1.0F : 0.0F;
}

/* A shift of the policy in pixels. */
static double
shift_pixels(double shift, int size)
{
	return shift < 1 ? shift * size : shift;
}

KwTransform
kw_transform_draw(const KwPolicy *policy, guint64 seed, guint64 record_id,
		  gint32 copy, int h, int w)
{
	const KwRandomKey key = {
		.seed = seed,
		.subject = record_id,
		.round = (guint32)copy,
		.purpose = KW_PURPOSE_TRANSFORM,
	};
	double range_y = shift_pixels(policy->height_shift, h);
	double range_x = shift_pixels(policy->width_shift, w);

	return (KwTransform){
		.rotation =
			draw_around(&key, DRAW_ROTATION, 0, policy->rotation),
		.shift_x = draw_around(&key, DRAW_SHIFT_X, 0, range_x),
		.shift_y = draw_around(&key, DRAW_SHIFT_Y, 0, range_y),
		.shear = draw_around(&key, DRAW_SHEAR, 0, policy->shear),
		.zoom_x = draw_around(&key, DRAW_ZOOM_X, 1, policy->zoom),
		.zoom_y = draw_around(&key, DRAW_ZOOM_Y, 1, policy->zoom),
		.flip_horizontal = draw_coin(&key, DRAW_FLIP_HORIZONTAL,
					     policy->horizontal_flip),
		.flip_vertical = draw_coin(&key, DRAW_FLIP_VERTICAL,
					   policy->vertical_flip),
	};
}

/*
 * Sine and cosine from basic arithmetic alone: the C library chooses its
 * routines by CPU, and their last bits differ.  The angle is first reduced,
 * exactly, to -45..45 degrees and a number of quarter turns, so that those are
 * exact as well; there Taylor's series is accurate to the last bits after the
 * terms x^16 and x^17.
 */
static void
sine_and_cosine(double degrees, double *sine, double *cosine)
{
	int quarters;
	double x = remquo(degrees, 90, &quarters) * (G_PI / 180);
	double s = 1, c = 1;

	for (int k = 17; k > 1; k -= 2)
		s = 1 - s * x * x / (k * (k - 1));
	s *= x;
	for (int k = 16; k > 0; k -= 2)
		c = 1 - c * x * x / (k * (k - 1));
	*sine = quarters & 1 ? c : s;
	*cosine = quarters & 1 ? s : c;
	if (quarters & 2)
		*sine = -*sine;
	if ((quarters + 1) & 2)
		*cosine = -*cosine;
}

KwAffine
kw_transform_map(const KwTransform *transform, int h, int w)
{
	const double tx = transform->shift_x, ty = transform->shift_y;
	const double zx = transform->zoom_x, zy = transform->zoom_y;
	const double centre_x = (w - 1) / 2.0, centre_y = (h - 1) / 2.0;
	double rs, rc, hs, hc; /* of the rotation and of the shear */
	KwAffine map;

	/* rotation * shift * shear * zoom, about the centre */
	sine_and_cosine(transform->rotation, &rs, &rc);
	sine_and_cosine(transform->shear, &hs, &hc);
	map.xx = rc * zx;
	map.xy = (-rc * hs - rs * hc) * zy;
	map.yx = rs * zx;
	map.yy = (-rs * hs + rc * hc) * zy;
	map.x0 = rc * tx - rs * ty + centre_x -
		 (map.xx * centre_x + map.xy * centre_y);
	map.y0 = rs * tx + rc * ty + centre_y -
		 (map.yx * centre_x + map.yy * centre_y);

	/* the flips of the result: x_out becomes w - 1 - x_out */
	if (transform->flip_horizontal != 0) {
		map.x0 += map.xx * (w - 1);
		map.y0 += map.yx * (w - 1);
		map.xx = -map.xx;
		map.yx = -map.yx;
	}
	if (transform->flip_vertical != 0) {
		map.x0 += map.xy * (h - 1);
		map.y0 += map.yy * (h - 1);
		map.xy = -map.xy;
		map.yy = -map.yy;
	}
	return map;
}

void
kw_transform_apply(const KwTransform *transform, const KwPolicy *policy,
		   guint8 *dst, const guint8 *src, KwWarpSource *source, int h,
		   int w)
{
	KwAffine map = kw_transform_map(transform, h, w);

	kw_warp_source_set(source, src);
	kw_warp(dst, source, &map, policy->fill, policy->constant);
}
