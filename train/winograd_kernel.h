/*
 * The inside of winograd.h: what is done on a tile, and what a kernel is.
 * There is one in plain C and one for each instruction set.
 *
 * A map is cut into tiles of 4 x 4 output pixels, each of which needs 6 x 6
 * input pixels (tiles overlap by 2).  With d the input of a tile in a channel,
 * g a filter of 3 x 3, and Y the output,
 *
 *	Y = A' [ (G g G') . (B' d B) ] A
 *
 * where ' transposes and . multiplies element by element.  Summed over input
 * channels, each of the 36 elements is a product of matrices,
 *
 *	M[m] (tiles x out) = V[m] (tiles x in) U[m] (in x out),  m = 0 to 35
 *
 * with V = B' d B, U = G g G', Y = A' M A.  The gradient of the weights goes
 * the other way: with dY that of the output,
 *
 *	dg = G' [ sum over tiles (B' d B) . (A dY A') ] G
 *
 * The matrices belong to the points 0, a, -a, b, -b and infinity at which
 * polynomials are multiplied.  With a = 2/3 and b = 3/2 the error is less than
 * half of that with the usual 1 and 2 (compare Barabasz et al. 2020, "Error
 * analysis and improving the accuracy of Winograd convolution for deep neural
 * networks"), and a b = 1 saves multiplications.
 *
 *	     | 1    0   -97/36   0     1  0 |       |   1       0       0   |
 *	     | 0  -3/2   -9/4   2/3    1  0 |       | -81/130 -27/65 -18/65 |
 *	B' = | 0   3/2   -9/4  -2/3    1  0 |   G = | -81/130  27/65 -18/65 |
 *	     | 0  -2/3   -4/9   3/2    1  0 |       |   8/65   12/65  18/65 |
 *	     | 0   2/3   -4/9  -3/2    1  0 |       |   8/65  -12/65  18/65 |
 *	     | 0    1     0   -97/36   0  1 |       |   0       0       1   |
 *
 *	     | 1   1     1    1     1    0 |
 *	A' = | 0  2/3  -2/3  3/2  -3/2   0 |
 *	     | 0  4/9   4/9  9/4   9/4   0 |
 *	     | 0  8/27 -8/27 27/8 -27/8  1 |
 *
 * Channels come in groups of 16, WINOGRAD_GROUP: a cache line of floats.
 */
#ifndef KW_TRAIN_WINOGRAD_KERNEL_H
#define KW_TRAIN_WINOGRAD_KERNEL_H

#include "train/winograd.h"

enum {
	WINOGRAD_TILE = 4,  /* rows and columns of a tile's output */
	WINOGRAD_PATCH = 6, /* and of its input */
	WINOGRAD_MATRICES = 36,
	WINOGRAD_GROUP = 16,
};

/* The pixels of a tile, row by row: where their first channels are. */
typedef const float *WinogradPatch[WINOGRAD_PATCH * WINOGRAD_PATCH];
typedef const float *WinogradTile[WINOGRAD_TILE * WINOGRAD_TILE];

/* Where a tile is in V, M, U or dY transformed: 16 floats for each matrix and
 * group of channels, matrix * m + group * g floats behind `at`. */
typedef struct {
	float *at;
	gsize m, g;
} WinogradCell;

/* How the output of a tile ends. */
typedef struct {
	WinogradTile dst;  /* to be written */
	const float *bias; /* NULL: none */
	gboolean relu;
	WinogradTile mask; /* mask[0] NULL: none */
} WinogradOutput;

/*
 * c = a b, or c += a b: `rows` x `steps` times `steps` x 16 `panels`.
 *
 *	a[r][s] = a[r * a_row + s * a_step]
 *	b[s][k] = b[k / 16 * b_panel + s * 16 + k % 16]
 *	c[r][k] = c[r * c_row + k]
 *
 * An element is summed in the order of steps, from zero, whatever the number of
 * rows.
 * Meanwhile what the next product will read of a and b, `soon`, is fetched.
 */
typedef struct {
	const float *at;
	gsize floats;
} WinogradStretch;

typedef struct {
	int rows, steps, panels;
	const float *a;
	gsize a_row, a_step;
	const float *b;
	gsize b_panel;
	float *c;
	gsize c_row;
	gboolean add;
	WinogradStretch soon[2];
} WinogradProduct;

struct WinogradKernel {
	/* B' d B of `groups` of channels */
	void (*input)(WinogradCell dst, const WinogradPatch src, int groups);

	/* A' M A */
	void (*output)(const WinogradOutput *to, WinogradCell src, int groups);

	/* A dY A'; and the sums of the 16 pixels, in each channel */
	void (*gradient)(WinogradCell dst, float *sums, const WinogradTile src,
			 int groups);

	/* G g G' of 16 channels: src is 9 x 16 */
	void (*weights)(WinogradCell dst, const float *src);

	/* G' dU G of 16 channels: dst is 9 x 16 */
	void (*weights_gradient)(float *dst, WinogradCell src);

	void (*multiply)(const WinogradProduct *product);
};

/*
 * How the passes are cut into blocks of tiles and columns (output channels of a
 * pass, multiples of 16).
 */
struct WinogradCut {
	/* Forward and data gradient: with in x out at most so many weights, all
	 * of U is made first, and each thread takes blocks of tiles. */
	int kept_weights;
	int kept_block, kept_columns;

	/* With more, threads share a block of tiles and cut columns; input
	 * channels are cut as well. */
	int shared_block, shared_columns, shared_steps;

	/* Gradient of the weights: a block of tiles, and input x output
	 * channels at a time. */
	int gradient_block, gradient_in, gradient_out;
};

extern const WinogradCut winograd_cut;
extern const WinogradKernel winograd_generic;
#ifdef __x86_64__
extern const WinogradKernel winograd_avx2, winograd_avx512;
#endif

#endif
