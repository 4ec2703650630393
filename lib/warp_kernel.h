/*
 * The inside of kw_warp(): the image as the kernels read it, and what a kernel
 * is.  There is one in plain C, which defines the result, and one for each
 * instruction set, which gives the same bytes.
 *
 * Everything is on integers.  A position is exact in 32 bits of fraction, so
 * that a row does not depend on where it is begun; it is rounded to 15 bits of
 * fraction, then folded into the image, then split: its whole part tells the
 * upper left of four pixels, its fraction (fx, fy) their weights,
 *
 *	w11 = (fx * fy + 2^14) >> 15		w01 = fx - w11
 *	w00 = 2^15 - fx - fy + w11		w10 = fy - w11
 *
 * which add up to 2^15 and are all at least 0; w01 is that of the right pixel
 * of the upper row.  The value is (sum + 2^14) >> 15.
 */
#ifndef KW_LIB_WARP_KERNEL_H
#define KW_LIB_WARP_KERNEL_H

#include "kw/warp.h"

enum {
	POSITION_BITS = 32,
	WEIGHT_BITS = 15,
	ONE = 1 << WEIGHT_BITS, /* a pixel; the sum of weights */
	HALF = ONE / 2,
};

typedef struct KwWarpKernel KwWarpKernel;

/*
 * h x w pixels, and one more column and row that continue them (the first ones
 * again where the fill is "wrap", else the last ones), so that every position
 * from 0 up to w and h, not included, has its four pixels.
 *
 * A colour pixel is four bytes, red, green, blue and 0.  A gray one is two, its
 * own level and that of the pixel below, so that its row and the next lie
 * together; the row below the last is then not needed.
 */
struct KwWarpSource {
	int h, w, c;
	gsize stride;     /* bytes from a row to the next */
	gsize bytes;      /* of all of it */
	guint8 *pixels;   /* and WARP_SLACK bytes that a kernel may read */
	gboolean wraps;   /* the last column and row are the first ones */
	gboolean is_flat; /* offsets fit into 31 bits */
};

enum { WARP_SLACK = 64 };

/* Positions along an output row: of its first pixel, and the step to the next.
 * With POSITION_BITS of fraction; the first is rounded up by half of 2^-15.
 */
typedef struct {
	gint64 x, y;
	gint64 step_x, step_y;
} WarpLine;

/* How positions come into the image.  All but the first take -n to 2n - 1. */
typedef enum {
	FOLD_NOT, /* they are in 0 to n - 1 */
	FOLD_NEAREST,
	FOLD_REFLECT,
	FOLD_WRAP,
	N_FOLDS,
} WarpFold;

/* Write n pixels of output. */
typedef void WarpRun(guint8 *dst, const KwWarpSource *source, WarpLine line,
		     int n);

struct KwWarpKernel {
	/* n red-green-blue pixels become n of four bytes */
	void (*pack)(guint8 *dst, const guint8 *src, int n);
	WarpRun *colour[N_FOLDS], *gray[N_FOLDS];
};

/* Runs are cut at multiples of so many pixels, as the kernels take them. */
enum { WARP_LANES = 16 };

extern const KwWarpKernel kw_warp_generic;
#ifdef __x86_64__
extern const KwWarpKernel kw_warp_avx2, kw_warp_avx512;
#endif

/* kw_warp() with a kernel of one's choice, for tests. */
void kw_warp_with(const KwWarpKernel *kernel, guint8 *dst, KwWarpSource *source,
		  const KwAffine *map, KwFill fill, guint8 constant);

/* A pixel at a rounded position that is in the image already: in plain C. */
void kw_warp_pixel(guint8 *dst, const KwWarpSource *source, gint64 x, gint64 y);

#endif
