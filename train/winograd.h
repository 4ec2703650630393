/*
 * 3 x 3 convolutions with a quarter of the multiplications: Winograd's minimal
 * filtering F(4x4, 3x3), float32 (Lavin and Gray 2016, "Fast algorithms for
 * convolutional neural networks", arXiv 1509.09308).
 *
 * Stride 1, zero padding 1: n x h x w x in -> n x h x w x out, N,H,W,C order,
 * any n, h and w; `in` and `out` are multiples of 16.  An output is a sum in
 * another order than the direct one, and has a relative error of 1e-6 to 2e-6
 * (root mean square); a direct one has less than half of that.
 *
 * The bytes of a result depend on the kernel (the CPU), not on the number of
 * threads.  All memory is the caller's, aligned to 64 bytes; nothing is
 * allocated, and what is in scratch memory before or after does not matter.
 * Each pass runs an OpenMP team of its own: call them from one thread.
 */
#ifndef KW_TRAIN_WINOGRAD_H
#define KW_TRAIN_WINOGRAD_H

#include <glib.h>

#include "train/dnn.h"

typedef struct WinogradKernel WinogradKernel;
typedef struct WinogradCut WinogradCut;

/* A convolution: winograd_init(). */
typedef struct {
	DnnConvShape shape;
	int threads;
	const WinogradKernel *kernel;
	const WinogradCut *cut;
} Winograd;

/* Does it exist for this shape? */
gboolean winograd_supports(const DnnConvShape *shape);

/* `threads`: how many a pass may use; its team may turn out smaller.  The
 * kernel is the best one that kw_cpu() allows. */
void winograd_init(Winograd *winograd, const DnnConvShape *shape, int threads);

/*
 * Where the weight of output channel o, input channel i and position p = 3 y +
 * x lies: values[out[o] + in[i] + position[p]].  Keras's order (height x width
 * x in x out) and the blocked ones of oneDNN can all be told so.  It is fast
 * where 8 or 16 output channels lie side by side.
 */
typedef struct {
	const gsize *out, *in; /* as many as there are channels */
	gsize position[9];
} WinogradOffsets;

/* What a pass takes as scratch memory. */
gsize winograd_scratch_bytes(const Winograd *winograd, DnnPass pass);

/* dst = conv(src, weights) + bias, and no less than 0 with `relu`. */
void winograd_forward(const Winograd *winograd, float *dst, const float *src,
		      const float *weights, const WinogradOffsets *offsets,
		      const float *bias, gboolean relu, void *scratch);

/*
 * dsrc: the gradient of the source.
 * `mask` (n x h x w x in, NULL: none) is the output of a ReLU that the source
 * came from, that is, the source itself: where it is not above 0, dsrc is 0.
 */
void winograd_backward_data(const Winograd *winograd, float *dsrc,
			    const float *ddst, const float *weights,
			    const WinogradOffsets *offsets, const float *mask,
			    void *scratch);

/* The gradients of the weights, which lie as `offsets` says, and of the bias:
 * `out` values. */
void winograd_backward_weights(const Winograd *winograd, float *dweights,
			       const WinogradOffsets *offsets, float *dbias,
			       const float *src, const float *ddst,
			       void *scratch);

#endif
