/*
 * 3 x 3 convolutions by Winograd's minimal filtering (Lavin and Gray 2016,
 * "Fast algorithms for convolutional neural networks", arXiv 1509.09308):
 * F(4x4, 3x3) in float32 takes a quarter of the multiplications, F(2x2, 3x3) in
 * bf16 one of 2.25.
 *
 * Stride 1, zero padding 1: n x h x w x in -> n x h x w x out, N,H,W,C order,
 * any n, h and w; `in` and `out` are multiples of 16.  Activations and their
 * gradients are of the type; weights, biases and their gradients are float32.
 * An output is a sum in another order than the direct one, of terms that were
 * rounded otherwise.  Its relative error (root mean square) is 4e-7 to 2.3e-6
 * in float32, about twice that of a direct one, and 3e-3 to 5e-3 in bf16, where
 * a direct one has 2e-3 (docs/winograd.md).
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
	DnnType type;
	DnnConvShape shape;
	int threads;
	const WinogradKernel *kernel;
	const WinogradCut *cut;
} Winograd;

/* Does it exist for this shape? */
gboolean winograd_supports(const DnnConvShape *shape);

/* `threads`: how many a pass may use; its team may turn out smaller.  The
 * kernel is the best one that kw_cpu() allows. */
void winograd_init(Winograd *winograd, DnnType type, const DnnConvShape *shape,
		   int threads);

/* What a pass takes as scratch memory. */
gsize winograd_scratch_bytes(const Winograd *winograd, DnnPass pass);

/* dst = conv(src, weights) + bias, and no less than 0 with `relu`.  The weights
 * lie as `offsets` says: Keras's order and the blocked ones of oneDNN can all
 * be told so.  dnn_layout_blocks() is fast in all passes; this one takes little
 * longer where 8 or 16 output channels lie side by side. */
void winograd_forward(const Winograd *winograd, void *dst, const void *src,
		      const float *weights, const DnnOffsets *offsets,
		      const float *bias, gboolean relu, void *scratch);

/*
 * dsrc: the gradient of the source.
 * `mask` (n x h x w x in, NULL: none) is the output of a ReLU that the source
 * came from, that is, the source itself: where it is not above 0, dsrc is 0.
 */
void winograd_backward_data(const Winograd *winograd, void *dsrc,
			    const void *ddst, const float *weights,
			    const DnnOffsets *offsets, const void *mask,
			    void *scratch);

/* The gradients of the weights, which lie as `offsets` says, and of the bias:
 * `out` values. */
void winograd_backward_weights(const Winograd *winograd, float *dweights,
			       const DnnOffsets *offsets, float *dbias,
			       const void *src, const void *ddst,
			       void *scratch);

#endif
