/*
 * The kernel in plain C, which the others are held to.
 */
#include "lib/warp_kernel.h"

/* The four pixels around a position, those of each row side by side. */
typedef struct {
	int w00, w01, w10, w11;
} Weights;

static inline Weights
weights_at(int fx, int fy)
{
	int w11 = (fx * fy + HALF) >> WEIGHT_BITS;

	return (Weights){ .w00 = ONE - fx - fy + w11,
			  .w01 = fx - w11,
			  .w10 = fy - w11,
			  .w11 = w11 };
}

static inline void
blend(guint8 *dst, const KwWarpSource *source, gint64 x, gint64 y, int c)
{
	const int size = c == 3 ? 4 : 2; /* of a pixel */
	const gsize below = c == 3 ? source->stride : 1;
	const Weights w =
		weights_at((int)(x & (ONE - 1)), (int)(y & (ONE - 1)));
	const guint8 *p = source->pixels +
			  (gsize)(y >> WEIGHT_BITS) * source->stride +
			  (gsize)(x >> WEIGHT_BITS) * (gsize)size;

	for (int k = 0; k < c; k++)
		dst[k] = (guint8)((p[k] * w.w00 + p[k + size] * w.w01 +
				   p[k + below] * w.w10 +
				   p[k + below + size] * w.w11 + HALF) >>
				  WEIGHT_BITS);
}

void
kw_warp_pixel(guint8 *dst, const KwWarpSource *source, gint64 x, gint64 y)
{
	blend(dst, source, x, y, source->c);
}

/* A position between -n and 2n, brought between 0 and n. */
static inline gint64
fold(gint64 p, int n, WarpFold how)
{
	const gint64 size = (gint64)n << WEIGHT_BITS;

	if (how == FOLD_WRAP)
		return p < 0 ? p + size : p >= size ? p - size : p;
	/* The mirrors stand half a pixel outside. */
	if (how == FOLD_REFLECT && p < 0)
		p = -ONE - p;
	if (how == FOLD_REFLECT && p > size - ONE)
		p = 2 * size - ONE - p;
	return how == FOLD_NOT ? p : CLAMP(p, 0, size - ONE);
}

static inline void
run(guint8 *dst, const KwWarpSource *source, WarpLine line, int n, int c,
    WarpFold how)
{
	const int down = POSITION_BITS - WEIGHT_BITS;
	const KwWarpSource image = *source; /* dst is not in the way of it */

	for (int i = 0; i < n; i++) {
		blend(dst + (gsize)i * (gsize)c, &image,
		      fold(line.x >> down, image.w, how),
		      fold(line.y >> down, image.h, how), c);
		line.x += line.step_x;
		line.y += line.step_y;
	}
}

/* Constants let the compiler unroll the channels and drop the folds. */
#define RUN(name, c, how)                                                      \
	static void name(guint8 *dst, const KwWarpSource *source,              \
			 WarpLine line, int n)                                 \
	{                                                                      \
		run(dst, source, line, n, c, how);                             \
	}
RUN(colour_inside, 3, FOLD_NOT)
RUN(colour_nearest, 3, FOLD_NEAREST)
RUN(colour_reflect, 3, FOLD_REFLECT)
RUN(colour_wrap, 3, FOLD_WRAP)
RUN(gray_inside, 1, FOLD_NOT)
RUN(gray_nearest, 1, FOLD_NEAREST)
RUN(gray_reflect, 1, FOLD_REFLECT)
RUN(gray_wrap, 1, FOLD_WRAP)

static void
pack(guint8 *dst, const guint8 *src, int n)
{
	for (int i = 0; i < n; i++) {
		for (int k = 0; k < 3; k++)
			dst[4 * i + k] = src[3 * i + k];
		dst[4 * i + 3] = 0;
	}
}

const KwWarpKernel kw_warp_generic = {
	.pack = pack,
	.colour = { colour_inside, colour_nearest, colour_reflect,
		    colour_wrap },
	.gray = { gray_inside, gray_nearest, gray_reflect, gray_wrap },
};
