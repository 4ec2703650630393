#include "kw/warp.h"

#include <math.h>
#include <string.h>

/*
 * Positions are fixed-point numbers with 32 bits of fraction: the map is
 * rounded to them once, and from there on all arithmetic is on integers, so
 * that the bytes do not depend on the machine.  The upper 24 bits of a fraction
 * are the weight of a neighbour: 8 bits of pixel and two weights fit in 64.
 */
enum { POSITION_BITS = 32, WEIGHT_BITS = 24 };

const char *const kw_fill_names[] = { "nearest", "reflect", "wrap", "constant",
				      NULL };

/* A position in the input, or the step to the next one. */
typedef struct {
	gint64 x, y;
} Point;

/* Output columns begin..end-1. */
typedef struct {
	int begin, end;
} Span;

/* What stays the same over an image. */
typedef struct {
	const guint8 *src; /* h x w x c */
	int h, w;
	Point column; /* step from one output column to the next */
	KwFill fill;
} Warp;

static gint64
fixed(double position)
{
	return llrint(ldexp(position, POSITION_BITS));
}

/* The fixed-point position of the last of n pixels. */
static gint64
last(int n)
{
	return (gint64)(n - 1) << POSITION_BITS;
}

static Point
point_at(Point start, Point step, int n)
{
	return (Point){ start.x + n * step.x, start.y + n * step.y };
}

static gint64
divide_up(gint64 a, gint64 b)
{
	return a / b + (a % b > 0);
}

/*
 * The part of a span where 0 <= start + column * step < limit, which is one
 * span because positions along a row only rise or only fall.
 */
static Span
span_clip(Span span, gint64 start, gint64 step, gint64 limit)
{
	gint64 begin, end;

	if (step == 0) {
		if (start < 0 || start >= limit)
			span.end = span.begin;
		return span;
	}
	if (step < 0) {
		start = limit - 1 - start;
		step = -step;
	}
	begin = MAX(span.begin, divide_up(-start, step));
	end = MIN(span.end, divide_up(limit - start, step));
	if (begin < end)
		return (Span){ (int)begin, (int)end };
	return (Span){ span.begin, span.begin };
}

/* The pixel, 0..n-1, that stands at index i of the image continued by fill. */
static inline int
fold(int i, int n, KwFill fill)
{
	if (i >= 0 && i < n)
		return i;
	if (fill == KW_FILL_WRAP) {
		i %= n;
		return i < 0 ? i + n : i;
	}
	if (fill == KW_FILL_REFLECT) {
		i %= 2 * n;
		if (i < 0)
			i += 2 * n;
		return MIN(i, 2 * n - 1 - i);
	}
	return i < 0 ? 0 : n - 1;
}

static inline int
whole(gint64 position)
{
	return (int)(position >> POSITION_BITS);
}

static inline gint64
weight(gint64 position)
{
	return (position & G_MAXUINT32) >> (POSITION_BITS - WEIGHT_BITS);
}

static inline gint64
blend(gint64 a, gint64 b, gint64 weight_b)
{
	return a * (1 << WEIGHT_BITS) + (b - a) * weight_b;
}

/* One pixel out of the four around a position, two in each row. */
static inline void
blend_pixel(guint8 *dst, const guint8 *const top[2],
	    const guint8 *const bottom[2], Point at, int c)
{
	const gint64 half = G_GINT64_CONSTANT(1) << (2 * WEIGHT_BITS - 1);
	gint64 fx = weight(at.x), fy = weight(at.y);

	for (int k = 0; k < c; k++) {
		gint64 t = blend(top[0][k], top[1][k], fx);
		gint64 b = blend(bottom[0][k], bottom[1][k], fx);

		dst[k] =
			(guint8)((blend(t, b, fy) + half) >> (2 * WEIGHT_BITS));
	}
}

/* Columns of a row whose four neighbours all lie in the image. */
static inline void
warp_inside(const Warp *warp, guint8 *row, Span span, Point start, int c)
{
	gsize stride = (gsize)warp->w * c;
	Point at = point_at(start, warp->column, span.begin);

	for (int x = span.begin; x < span.end; x++) {
		const guint8 *p = warp->src + whole(at.y) * stride +
				  (gsize)whole(at.x) * c;

		blend_pixel(row + (gsize)x * c, (const guint8 *[]){ p, p + c },
			    (const guint8 *[]){ p + stride, p + stride + c },
			    at, c);
		at = point_at(at, warp->column, 1);
	}
}

/* Columns of a row with neighbours outside, which the fill provides. */
static inline void
warp_border(const Warp *warp, guint8 *row, Span span, Point start, int c)
{
	gsize stride = (gsize)warp->w * c;
	Point at = point_at(start, warp->column, span.begin);

	for (int x = span.begin; x < span.end; x++) {
		gsize x0 = fold(whole(at.x), warp->w, warp->fill);
		gsize x1 = fold(whole(at.x) + 1, warp->w, warp->fill);
		gsize y0 = fold(whole(at.y), warp->h, warp->fill);
		gsize y1 = fold(whole(at.y) + 1, warp->h, warp->fill);
		const guint8 *top = warp->src + y0 * stride;
		const guint8 *bottom = warp->src + y1 * stride;

		blend_pixel(
			row + (gsize)x * c,
			(const guint8 *[]){ top + x0 * c, top + x1 * c },
			(const guint8 *[]){ bottom + x0 * c, bottom + x1 * c },
			at, c);
		at = point_at(at, warp->column, 1);
	}
}

/*
 * One row of output from `start`, the position of its first column:
 *
 *	0        shown.begin   inside.begin   inside.end   shown.end       w
 *	| constant |    border    |    inside    |   border   |  constant  |
 *
 * Only KW_FILL_CONSTANT shows less than the whole row.
 */
static inline void
warp_row(const Warp *warp, guint8 *row, Point start, guint8 constant, int c)
{
	const Point *step = &warp->column;
	Span shown = { 0, warp->w }, inside;

	if (warp->fill == KW_FILL_CONSTANT) {
		shown = span_clip(shown, start.x, step->x, last(warp->w) + 1);
		shown = span_clip(shown, start.y, step->y, last(warp->h) + 1);
		memset(row, constant, (gsize)shown.begin * c);
		memset(row + (gsize)shown.end * c, constant,
		       (gsize)(warp->w - shown.end) * c);
	}
	inside = span_clip(shown, start.x, step->x, last(warp->w));
	inside = span_clip(inside, start.y, step->y, last(warp->h));
	warp_border(warp, row, (Span){ shown.begin, inside.begin }, start, c);
	warp_inside(warp, row, inside, start, c);
	warp_border(warp, row, (Span){ inside.end, shown.end }, start, c);
}

static gboolean
map_is_valid(const KwAffine *map)
{
	return fabs(map->xx) <= KW_WARP_MAX_SCALE &&
	       fabs(map->xy) <= KW_WARP_MAX_SCALE &&
	       fabs(map->yx) <= KW_WARP_MAX_SCALE &&
	       fabs(map->yy) <= KW_WARP_MAX_SCALE &&
	       fabs(map->x0) <= KW_WARP_MAX_OFFSET &&
	       fabs(map->y0) <= KW_WARP_MAX_OFFSET;
}

void
kw_warp(guint8 *dst, const guint8 *src, int h, int w, int c,
	const KwAffine *map, KwFill fill, guint8 constant)
{
	const Warp warp = {
		.src = src,
		.h = h,
		.w = w,
		.column = { fixed(map->xx), fixed(map->yx) },
		.fill = fill,
	};
	const Point origin = { fixed(map->x0), fixed(map->y0) };
	const Point step = { fixed(map->xy), fixed(map->yy) };

	g_assert(h >= 1 && w >= 1 && h <= 65535 && w <= 65535);
	g_assert(c == 1 || c == 3);
	g_assert(map_is_valid(map));
	for (int y = 0; y < h; y++) {
		guint8 *row = dst + (gsize)y * w * c;
		Point start = point_at(origin, step, y);

		/* A constant c lets the compiler unroll the channels. */
		if (c == 3)
			warp_row(&warp, row, start, constant, 3);
		else
			warp_row(&warp, row, start, constant, 1);
	}
}
