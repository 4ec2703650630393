#include "kw/transform.h"

#include <math.h>

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

/* R S H Z K about the centre. */
static KwAffine
map_about_centre(const KwTransform *transform, int h, int w)
{
	const double tx = transform->shift_x, ty = transform->shift_y;
	const double zx = transform->zoom_x, zy = transform->zoom_y;
	const double kx = transform->shear_x, ky = transform->shear_y;
	const double centre_x = (w - 1) / 2.0, centre_y = (h - 1) / 2.0;
	double rs, rc, hs, hc; /* of the rotation and of the shear */
	double xx, xy, yx, yy; /* R H Z */
	KwAffine map;

	sine_and_cosine(transform->rotation, &rs, &rc);
	sine_and_cosine(transform->shear, &hs, &hc);
	xx = rc * zx;
	xy = (-rc * hs - rs * hc) * zy;
	yx = rs * zx;
	yy = (-rs * hs + rc * hc) * zy;
	map.xx = xx + xy * ky;
	map.xy = xx * kx + xy;
	map.yx = yx + yy * ky;
	map.yy = yx * kx + yy;
	map.x0 = rc * tx - rs * ty + centre_x -
		 (map.xx * centre_x + map.xy * centre_y);
	map.y0 = rs * tx + rc * ty + centre_y -
		 (map.yx * centre_x + map.yy * centre_y);
	return map;
}

/* Before the map, of the result: x_out becomes w - 1 - x_out. */
static void
flip_output(KwAffine *map, const KwTransform *transform, int h, int w)
{
	if (transform->flip_horizontal != 0) {
		map->x0 += map->xx * (w - 1);
		map->y0 += map->yx * (w - 1);
		map->xx = -map->xx;
		map->yx = -map->yx;
	}
	if (transform->flip_vertical != 0) {
		map->x0 += map->xy * (h - 1);
		map->y0 += map->yy * (h - 1);
		map->xy = -map->xy;
		map->yy = -map->yy;
	}
}

/*
 * After the map: an edge of the image, at -0.5, becomes one of the window.  So
 * x becomes (x + 0.5) * width + crop.x * w - 0.5, in an order that is exact
 * where the window is the image.
 */
static void
crop_input(KwAffine *map, const KwRectangle *crop, int h, int w)
{
	const double sx = crop->width, sy = crop->height;

	map->xx *= sx;
	map->xy *= sx;
	map->x0 = map->x0 * sx + ((double)crop->x * w + (sx - 1) / 2);
	map->yx *= sy;
	map->yy *= sy;
	map->y0 = map->y0 * sy + ((double)crop->y * h + (sy - 1) / 2);
}

KwAffine
kw_transform_map(const KwTransform *transform, int h, int w)
{
	KwAffine map = map_about_centre(transform, h, w);

	flip_output(&map, transform, h, w);
	crop_input(&map, &transform->crop, h, w);
	return map;
}
