#include "kw/warp.h"

#include <math.h>
#include <string.h>

#include "kw/alloc.h"
#include "kw/cpu.h"
#include "lib/warp_kernel.h"

const char *const kw_fill_names[] = { "nearest", "reflect", "wrap", "constant",
				      NULL };

/* What a fill does to positions outside; a constant shows none of them. */
static const WarpFold folds[] = {
	[KW_FILL_NEAREST] = FOLD_NEAREST,
	[KW_FILL_REFLECT] = FOLD_REFLECT,
	[KW_FILL_WRAP] = FOLD_WRAP,
	[KW_FILL_CONSTANT] = FOLD_NEAREST,
};

/* Positions up to here, in pixels, fit into 32 bits with their fraction. */
enum { LARGEST = 65535 };

/* NaN compares as false. */
gboolean
kw_affine_is_valid(const KwAffine *map)
{
	return fabs(map->xx) <= KW_WARP_MAX_SCALE &&
	       fabs(map->xy) <= KW_WARP_MAX_SCALE &&
	       fabs(map->yx) <= KW_WARP_MAX_SCALE &&
	       fabs(map->yy) <= KW_WARP_MAX_SCALE &&
	       fabs(map->x0) <= KW_WARP_MAX_OFFSET &&
	       fabs(map->y0) <= KW_WARP_MAX_OFFSET;
}

/* ---- the source */

KwWarpSource *
kw_warp_source_new(int h, int w, int c, GError **error)
{
	g_autoptr(KwWarpSource) source = g_new0(KwWarpSource, 1);
	gsize size = c == 3 ? 4 : 2;

	g_assert(h >= 1 && w >= 1 && h <= LARGEST && w <= LARGEST);
	g_assert(c == 1 || c == 3);
	source->h = h;
	source->w = w;
	source->c = c;
	source->stride = ((gsize)w + 1) * size;
	source->bytes = source->stride * ((gsize)h + (c == 3));
	source->is_flat = source->bytes <= G_MAXINT32;
	source->pixels = kw_alloc0(source->bytes + WARP_SLACK, 1,
				   "an image to be warped", error);
	return source->pixels != NULL ? g_steal_pointer(&source) : NULL;
}

void
kw_warp_source_free(KwWarpSource *source)
{
	if (source == NULL)
		return;
	kw_free(source->pixels);
	g_free(source);
}

static const KwWarpKernel *
kernel_for(const KwWarpSource *source)
{
#ifdef __x86_64__
	if (source->is_flat && kw_cpu() >= KW_CPU_AVX512)
		return &kw_warp_avx512;
	if (source->is_flat && kw_cpu() >= KW_CPU_AVX2)
		return &kw_warp_avx2;
#endif
	return &kw_warp_generic;
}

/* Let the column behind the last, and the row below, continue the image. */
static void
pad(KwWarpSource *source, gboolean wraps)
{
	const gsize size = source->c == 3 ? 4 : 2;
	const gsize from = wraps ? 0 : (gsize)source->w - 1;
	const gsize last = (gsize)source->h - 1;
	guint8 *row = source->pixels, *bottom = row + last * source->stride;
	const guint8 *below = wraps ? row : bottom;

	for (gsize x = 0; source->c == 1 && x < (gsize)source->w; x++)
		bottom[2 * x + 1] = below[2 * x];
	for (int y = 0; y < source->h; y++, row += source->stride)
		memcpy(row + (gsize)source->w * size, row + from * size, size);
	if (source->c == 3)
		memcpy(row, below, ((gsize)source->w + 1) * size);
	source->wraps = wraps;
}

/* Each level, and that of the row below it. */
static void
pack_gray(guint8 *dst, const guint8 *row, const guint8 *below, int n)
{
	for (int x = 0; x < n; x++) {
		dst[2 * x] = row[x];
		dst[2 * x + 1] = below[x];
	}
}

void
kw_warp_source_set(KwWarpSource *source, const guint8 *pixels)
{
	const KwWarpKernel *kernel = kernel_for(source);
	const gsize line = (gsize)source->w * (gsize)source->c;

	for (int y = 0; y < source->h; y++) {
		const guint8 *row = pixels + (gsize)y * line;
		guint8 *dst = source->pixels + (gsize)y * source->stride;

		if (source->c == 3)
			kernel->pack(dst, row, source->w);
		else
			pack_gray(dst, row,
				  y + 1 < source->h ? row + line : row,
				  source->w);
	}
	pad(source, FALSE);
}

/* ---- spans of a row */

/* Output columns begin..end-1. */
typedef struct {
	int begin, end;
} Span;

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

/* n pixels as a position. */
static gint64
fixed_pixels(int n)
{
	return (gint64)n << POSITION_BITS;
}

/* Where positions are exactly within the image, as a constant fill asks. */
static Span
span_shown(Span span, const WarpLine *line, const KwWarpSource *source)
{
	span = span_clip(span, line->x, line->step_x,
			 fixed_pixels(source->w - 1) + 1);
	return span_clip(span, line->y, line->step_y,
			 fixed_pixels(source->h - 1) + 1);
}

/* Where they are, once rounded: no fold is needed. */
static Span
span_inside(Span span, const WarpLine *line, const KwWarpSource *source)
{
	const gint64 unit = (gint64)1 << (POSITION_BITS - WEIGHT_BITS);

	span = span_clip(span, line->x, line->step_x,
			 fixed_pixels(source->w - 1) + unit);
	return span_clip(span, line->y, line->step_y,
			 fixed_pixels(source->h - 1) + unit);
}

/* Where they are at most an image away, and one fold is enough. */
static Span
span_near(Span span, const WarpLine *line, const KwWarpSource *source)
{
	const int w = source->w, h = source->h;

	span = span_clip(span, line->x + fixed_pixels(w), line->step_x,
			 fixed_pixels(w + MIN(2 * w, LARGEST)));
	return span_clip(span, line->y + fixed_pixels(h), line->step_y,
			 fixed_pixels(h + MIN(2 * h, LARGEST)));
}

/* Cut a run short so that it holds whole blocks of a kernel. */
static Span
span_of_blocks(Span span, int origin)
{
	const int mask = WARP_LANES - 1;
	int begin = origin + ((span.begin - origin + mask) & ~mask);
	int end = begin + ((span.end - begin) & ~mask);

	if (begin < end)
		return (Span){ begin, end };
	return (Span){ span.begin, span.begin };
}

/* ---- rows */

/* What stays the same over an image. */
typedef struct {
	const KwWarpSource *source;
	WarpRun *const *runs; /* of the kernel, for this many channels */
	KwFill fill;
	guint8 constant;
} Warp;

static WarpLine
line_at(const WarpLine *line, int column)
{
	WarpLine at = *line;

	at.x += column * line->step_x;
	at.y += column * line->step_y;
	return at;
}

static void
run(const Warp *warp, WarpFold how, guint8 *row, const WarpLine *line,
    Span span)
{
	if (span.begin < span.end)
		warp->runs[how](row + (gsize)span.begin *
						(gsize)warp->source->c,
				warp->source, line_at(line, span.begin),
				span.end - span.begin);
}

/* A rounded position anywhere, brought between 0 and n. */
static gint64
fold_far(gint64 p, int n, KwFill fill)
{
	const gint64 size = (gint64)n << WEIGHT_BITS;

	if (fill == KW_FILL_WRAP) {
		p %= size;
		return p < 0 ? p + size : p;
	}
	if (fill == KW_FILL_REFLECT) {
		/* counted from the mirror, half a pixel outside */
		p = (p + HALF) % (2 * size);
		if (p < 0)
			p += 2 * size;
		p = MIN(p, 2 * size - p) - HALF;
	}
	return CLAMP(p, 0, size - ONE);
}

/* Columns whose positions are further away: few, if there are any. */
static void
run_far(const Warp *warp, guint8 *row, const WarpLine *line, Span span)
{
	const KwWarpSource *source = warp->source;
	const int down = POSITION_BITS - WEIGHT_BITS;

	for (int x = span.begin; x < span.end; x++) {
		WarpLine at = line_at(line, x);

		kw_warp_pixel(row + (gsize)x * (gsize)source->c, source,
			      fold_far(at.x >> down, source->w, warp->fill),
			      fold_far(at.y >> down, source->h, warp->fill));
	}
}

/*
 * One row of output along `exact`, the line of its positions:
 *
 *	0      shown     near       inside        inside    near    shown    w
 *	| constant | far | border |       ...       | border | far | constant |
 *
 * Only KW_FILL_CONSTANT shows less than the whole row, and then that is inside;
 * far is what is more than an image away, and mostly nothing.
 */
static void
warp_row(const Warp *warp, guint8 *row, const WarpLine *exact)
{
	const gsize c = (gsize)warp->source->c;
	const gint64 half = (gint64)1 << (POSITION_BITS - WEIGHT_BITS - 1);
	const WarpFold border = folds[warp->fill];
	WarpLine line = *exact;
	Span shown = { 0, warp->source->w }, near, inside;

	if (warp->fill == KW_FILL_CONSTANT) {
		shown = span_shown(shown, exact, warp->source);
		memset(row, warp->constant, (gsize)shown.begin * c);
		memset(row + (gsize)shown.end * c, warp->constant,
		       (gsize)(warp->source->w - shown.end) * c);
	}
	line.x += half;
	line.y += half;
	near = span_near(shown, &line, warp->source);
	inside = span_inside(near, &line, warp->source);
	if (inside.begin > near.begin || inside.end < near.end)
		inside = span_of_blocks(inside, near.begin);
	run_far(warp, row, &line, (Span){ shown.begin, near.begin });
	run(warp, border, row, &line, (Span){ near.begin, inside.begin });
	run(warp, FOLD_NOT, row, &line, inside);
	run(warp, border, row, &line, (Span){ inside.end, near.end });
	run_far(warp, row, &line, (Span){ near.end, shown.end });
}

/* ---- the whole image */

static gint64
fixed(double position)
{
	return llrint(ldexp(position, POSITION_BITS));
}

void
kw_warp_with(const KwWarpKernel *kernel, guint8 *dst, KwWarpSource *source,
	     const KwAffine *map, KwFill fill, guint8 constant)
{
	const Warp warp = { .source = source,
			    .runs = source->c == 3 ? kernel->colour
						   : kernel->gray,
			    .fill = fill,
			    .constant = constant };
	gint64 down_x, down_y;
	WarpLine line;

	g_assert(kw_affine_is_valid(map)); /* others have no fixed() */
	down_x = fixed(map->xy);
	down_y = fixed(map->yy);
	line = (WarpLine){ .x = fixed(map->x0),
			   .y = fixed(map->y0),
			   .step_x = fixed(map->xx),
			   .step_y = fixed(map->yx) };
	if (source->wraps != (fill == KW_FILL_WRAP))
		pad(source, fill == KW_FILL_WRAP);
	for (int y = 0; y < source->h; y++) {
		warp_row(&warp,
			 dst + (gsize)y * (gsize)source->w * (gsize)source->c,
			 &line);
		line.x += down_x;
		line.y += down_y;
	}
}

void
kw_warp(guint8 *dst, KwWarpSource *source, const KwAffine *map, KwFill fill,
	guint8 constant)
{
	kw_warp_with(kernel_for(source), dst, source, map, fill, constant);
}
