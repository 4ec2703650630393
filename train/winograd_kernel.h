/*
 * The inside of winograd.h: what is done on a tile, and what a kernel is.
 * There is one in plain C and one for each instruction set, for both kinds.
 *
 * A map is cut into tiles of t x t output pixels, each of which needs p x p
 * input pixels, p = t + 2 (tiles overlap by 2).  With d the input of a tile in
 * a channel, g a filter of 3 x 3, and Y the output,
 *
 *	Y = A' [ (G g G') . (B' d B) ] A
 *
 * where ' transposes and . multiplies element by element.  Summed over input
 * channels, each of the p x p elements m is a product of matrices,
 *
 *	M[m] (tiles x out) = V[m] (tiles x in) U[m] (in x out)
 *
 * with V = B' d B, U = G g G', Y = A' M A.  The gradient of the weights goes
 * the other way: with dY that of the output,
 *
 *	dg = G' [ sum over tiles (B' d B) . (A dY A') ] G
 *
 * The matrices are in winograd_f4.inc and winograd_f2.inc: F(4x4, 3x3) for
 * float32, F(2x2, 3x3) for bf16.  They belong to the points at which
 * polynomials are multiplied.
 *
 * Channels come in groups of 16, WINOGRAD_GROUP.  V, U and dY transformed are
 * in words of 32 bits: a float32, or two bf16, the first one in the lower half.
 * Where these are multiplied, the two are neighbouring steps of the sum: two
 * input channels, or two tiles for the gradient of the weights.
 */
#ifndef KW_TRAIN_WINOGRAD_KERNEL_H
#define KW_TRAIN_WINOGRAD_KERNEL_H

#include "train/winograd.h"

enum {
	WINOGRAD_GROUP = 16,
	/* of the larger kind, F(4x4, 3x3) */
	WINOGRAD_MAX_TILE = 4,
	WINOGRAD_MAX_PATCH = 6,
	WINOGRAD_MAX_PAIR = 2, /* steps in a word */
};

/* A float32, or the bits of two bf16. */
typedef float WinogradWord;

/* The pixels of a tile's input and output, row by row: where their first
 * channels are, float32 or bf16. */
typedef const void *WinogradPatch[WINOGRAD_MAX_PATCH * WINOGRAD_MAX_PATCH];
typedef const void *WinogradTile[WINOGRAD_MAX_TILE * WINOGRAD_MAX_TILE];

/* Where something is in V, U, M or dY transformed: its matrices, and groups of
 * channels, are so many words apart. */
typedef struct {
	WinogradWord *at;
	gsize m, g;
} WinogradCell;

/* The same from channel c on. */
static inline WinogradCell
winograd_cell(const WinogradCell *cell, gsize c)
{
	return (WinogradCell){ cell->at + c / WINOGRAD_GROUP * cell->g +
				       c % WINOGRAD_GROUP,
			       cell->m, cell->g };
}

/* How the output of a tile ends. */
typedef struct {
	WinogradTile dst;  /* to be written */
	const float *bias; /* NULL: none */
	gboolean relu;
	WinogradTile mask; /* mask[0] NULL: none */
} WinogradOutput;

/*
 * c = a b, or c += a b: `rows` x `steps` times `steps` x 16 `panels`, where a
 * step is a word.
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
	const WinogradWord *at;
	gsize words;
} WinogradStretch;

typedef struct {
	int rows, steps, panels;
	const WinogradWord *a;
	gsize a_row, a_step;
	const WinogradWord *b;
	gsize b_panel;
	float *c;
	gsize c_row;
	gboolean add;
	WinogradStretch soon[2];
} WinogradProduct;

/* Cells come by pointer: by value they are copied by loads wider than the
 * stores that made them, which wait until all stores before have left the core.
 */
struct WinogradKernel {
	int tile, patch; /* t and p: rows and columns */
	int pair;        /* steps in a word: 1 or 2 */
	const WinogradCut *cut;

	/* B' d B of `groups` of channels, words along the channels */
	void (*input)(const WinogradCell *dst, const WinogradPatch src,
		      int groups);

	/* A' M A */
	void (*output)(const WinogradOutput *to, const WinogradCell *src,
		       int groups);

	/* For the gradient of the weights, of `pair` tiles: B' d B and A dY A',
	 * words along the tiles; and in each channel the sum of all pixels */
	void (*input_along)(const WinogradCell *dst, const WinogradPatch *src,
			    int groups);
	void (*gradient)(const WinogradCell *dst, float *sums,
			 const WinogradTile *src, int groups);

	/* G g G' of 16 channels: src is pair x 9 x 16 */
	void (*weights)(const WinogradCell *dst, const float *src);

	/* G' dU G of 16 channels: dst is 9 x 16 */
	void (*weights_gradient)(float *dst, const WinogradCell *src);

	void (*multiply)(const WinogradProduct *product);
};

static inline int
winograd_matrices(const WinogradKernel *kernel)
{
	return kernel->patch * kernel->patch;
}

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
	int shared_block, shared_columns, shared_channels;

	/* Gradient of the weights: a block of words of tiles, and input x
	 * output channels at a time. */
	int gradient_block, gradient_in, gradient_out;
};

extern const WinogradCut winograd_cut, winograd_cut_avx512, winograd_cut_bf16;
extern const WinogradKernel winograd_generic, winograd_generic_bf16;
#ifdef __x86_64__
extern const WinogradKernel winograd_avx2, winograd_avx512;
extern const WinogradKernel winograd_avx512_bf16;
#endif

#endif
