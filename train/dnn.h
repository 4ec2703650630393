/*
 * oneDNN, and convolutions of our own beside it, behind a few functions.  Only
 * dnn*.c see dnnl.h, and dnn_internal.h holds all that differs between its
 * versions 2 and 3.
 *
 * Operations work in a mode: the type of activations and of the weights that
 * multiply them, and the order of activations.  In the mode of all zeros
 * activations are float32 in N,H,W,C order, plain arrays, so that flattening is
 * no work and Keras's order comes by itself.  Within a mode a convolution has
 * more than one algorithm, and each pass of each layer may have another.
 * Biases and the gradients of weights and biases are float32 in every mode.
 * Weights lie in whatever layout an operation prefers: ask it with
 * dnn_op_layout(), and convert with dnn_reorder() or dnn_convert().
 *
 * oneDNN runs its own OpenMP team in each operation: call all of this from one
 * thread, outside parallel regions.
 */
#ifndef KW_TRAIN_DNN_H
#define KW_TRAIN_DNN_H

#include <glib.h>

#include "train/outer.h"

/* bf16 (bfloat16): the upper half of a float32. */
typedef enum { DNN_F32, DNN_BF16 } DnnType;

/*
 * N,H,W,C, or blocks of 8 or 16 channels, n x c/block x h x w x block: that of
 * the kernels of this CPU, where its Winograd kernels want it.
 */
typedef enum { DNN_NHWC, DNN_BLOCKED } DnnOrder;

typedef struct {
	DnnType type;
	DnnOrder order;
} DnnMode;

/*
 * How a convolution is computed.  Winograd's algorithm (Lavin and Gray 2015)
 * takes fewer multiplications: oneDNN 2 has it for float32 in blocked order
 * where there is AVX-512, and we have it (winograd.h) in N,H,W,C order and for
 * channels in multiples of 16: float32 everywhere, bf16 where there is
 * AVX512_BF16.
 */
typedef enum {
	DNN_DIRECT,
	DNN_WINOGRAD,
	DNN_FUSED_WINOGRAD, /* ours */
	DNN_N_ALGORITHMS,
} DnnAlgorithm;

/* Engine, stream, and the scratch memory that all operations share. */
typedef struct Dnn Dnn;

/* An operation with the memory objects of its arguments. */
typedef struct DnnOp DnnOp;

/* How a tensor lies in memory. */
typedef struct DnnLayout DnnLayout;

/* Arguments of an operation; gradients have the shape of what they are of. */
typedef enum {
	DNN_SRC,
	DNN_DST,
	DNN_WEIGHTS,
	DNN_BIAS,
	DNN_DIFF_SRC,
	DNN_DIFF_DST,
	DNN_DIFF_WEIGHTS,
	DNN_DIFF_BIAS,
	DNN_WORKSPACE, /* what pooling remembers for its gradient */
	DNN_MASK,      /* where it is not above zero, DIFF_SRC becomes zero: the
			  gradient of the ReLU that put out this source */
	DNN_N_ARGS,
} DnnArg;

/*
 * `threads` is the number that every operation will use; it must not change
 * while operations exist (oneDNN fixes it when they are made, and fewer threads
 * than expected would hang).
 * KW_ERROR_UNSUPPORTED when the library at run time is not of the version that
 * was compiled against, or grants fewer threads.
 */
Dnn *dnn_new(int threads, GError **error);
void dnn_free(Dnn *dnn);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Dnn, dnn_free)

/* "oneDNN 2.6.3" */
const char *dnn_version(void);

/* The instructions that oneDNN uses: a number of its own.  Where it and the
 * version are the same, so are the kernels. */
int dnn_isa(void);

/*
 * Does the CPU compute bf16 natively: AVX512_BF16 or AMX, and oneDNN may use it
 * (ONEDNN_MAX_CPU_ISA)?
 */
gboolean dnn_has_bf16(void);

/* Has it tiles for bf16 (AMX), sixteen times the products of float32 in the
 * same time, and may oneDNN use them? */
gboolean dnn_has_amx(void);

/*
 * oneDNN before 3.6 computes wrong bf16 weight gradients of 3 x 3 convolutions
 * on AMX, and writes past their end, for maps of some sizes: is h x w one?
 * Its kernel splits the map until what it works on fits into 48 KB, and fails
 * where that leaves single rows.  dnn_conv() refuses what would meet this.
 */
gboolean dnn_amx_gradient_fails(int h, int w);

/*
 * Scratch memory: what the operations made so far need, in bytes; allocate it
 * (dnn_op_run() does so when that was not done, or was before an operation
 * that needs more); give it back until the next run.
 */
gsize dnn_scratch_size(const Dnn *dnn);
gboolean dnn_reserve_scratch(Dnn *dnn, GError **error);
void dnn_release_scratch(Dnn *dnn);

/* ---- layouts */

/* Keras's order of a convolution kernel: height x width x in x out. */
DnnLayout *dnn_layout_hwio(int h, int w, int in, int out, GError **error);

/* Blocks of 16 x 16 channels, out / 16 x in / 16 x h x w x 16 in x 16 out: what
 * our Winograd convolutions read fastest.  in and out are multiples of 16. */
DnnLayout *dnn_layout_blocks(int h, int w, int in, int out, GError **error);

/* Keras's order of a dense kernel: in x out. */
DnnLayout *dnn_layout_in_out(int in, int out, GError **error);

/* Activations in N,H,W,C order. */
DnnLayout *dnn_layout_nhwc(DnnType type, int n, int h, int w, int c,
			   GError **error);
DnnLayout *dnn_layout_copy(const DnnLayout *layout, GError **error);

DnnType dnn_layout_type(const DnnLayout *layout);

/* What a tensor takes, padding included; floats: of a float32 one. */
gsize dnn_layout_bytes(const DnnLayout *layout);
gsize dnn_layout_floats(const DnnLayout *layout);

/*
 * Where the weight of output o, input i and position p = 3 y + x (0 of a dense
 * kernel) lies: that many values behind the first, out[o] + in[i] +
 * position[p].
 */
typedef struct {
	int n_out, n_in, n_positions;
	gsize *out, *in, *position;
} DnnOffsets;

/* Of the layout of a kernel. */
DnnOffsets dnn_layout_offsets(const DnnLayout *layout);
void dnn_offsets_clear(DnnOffsets *offsets);

/* Are n of them groups of so many, `step` apart, the first one of each a
 * multiple of `start`? */
gboolean dnn_offsets_in_steps(const gsize *offsets, int n, int group,
			      gsize step, gsize start);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DnnOffsets, dnn_offsets_clear)

/* The same order and type? */
gboolean dnn_layout_equal(const DnnLayout *a, const DnnLayout *b);
void dnn_layout_free(DnnLayout *layout);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DnnLayout, dnn_layout_free)

/* Copy a tensor from one layout and type to another; padding becomes zero,
 * and bf16 is rounded to the nearest. */
gboolean dnn_reorder(Dnn *dnn, const DnnLayout *to, void *dst,
		     const DnnLayout *from, const void *src, GError **error);

/* ---- operations */

/* 3 x 3 convolution, stride 1, zero padding 1: n x h x w x in -> ... x out. */
typedef struct {
	int n, h, w, in, out;
} DnnConvShape;

/* n x in -> n x out. */
typedef struct {
	int n, in, out;
} DnnDenseShape;

/* 2 x 2 maximum, stride 2: n x h x w x c -> n x h/2 x w/2 x c. */
typedef struct {
	int n, h, w, c;
} DnnPoolShape;

/* What an operation on weights does: the arguments that it takes. */
typedef enum {
	DNN_FORWARD,          /* SRC, WEIGHTS, BIAS -> DST */
	DNN_BACKWARD_DATA,    /* DIFF_DST, WEIGHTS -> DIFF_SRC */
	DNN_BACKWARD_WEIGHTS, /* SRC, DIFF_DST -> DIFF_WEIGHTS, DIFF_BIAS */
	DNN_N_PASSES,
} DnnPass;

/*
 * Each makes one operation, to be freed with dnn_op_free() before its Dnn.
 * With `relu`, a forward pass ends in a fused ReLU.
 * Errors: KW_ERROR_MEMORY, KW_ERROR_UNSUPPORTED (not in this mode or by this
 * algorithm on this CPU, or a gradient that would be wrong:
 * dnn_amx_gradient_fails()).
 *
 * In blocked order, a source of less channels than a block lies as n,c,h,w.
 */
DnnOp *dnn_conv(Dnn *dnn, const DnnMode *mode, DnnAlgorithm algorithm,
		const DnnConvShape *shape, DnnPass pass, gboolean relu,
		GError **error);

/* Rows of values, in whatever order: the type alone of the mode counts.  `out`
 * is the type of DST in the forward pass; that of DIFF_DST is the mode's. */
DnnOp *dnn_dense(Dnn *dnn, const DnnMode *mode, const DnnDenseShape *shape,
		 DnnPass pass, DnnType out, gboolean relu, GError **error);

/* SRC -> DST, WORKSPACE (for training only) */
DnnOp *dnn_pool_forward(Dnn *dnn, const DnnMode *mode,
			const DnnPoolShape *shape, gboolean training,
			GError **error);
/* DIFF_DST, WORKSPACE -> DIFF_SRC */
DnnOp *dnn_pool_backward(Dnn *dnn, const DnnMode *mode,
			 const DnnPoolShape *shape, GError **error);

/* dnn_reorder() as an operation: SRC -> DST */
DnnOp *dnn_convert(Dnn *dnn, const DnnLayout *to, const DnnLayout *from,
		   GError **error);

void dnn_op_free(DnnOp *op);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DnnOp, dnn_op_free)

/* The layout that the operation has for one of its arguments.  Free it. */
DnnLayout *dnn_op_layout(const DnnOp *op, DnnArg arg, GError **error);

/*
 * Of a forward pass or data gradient: have its weights lie as `layout` says, if
 * it can take them so.  Our own kernels can, and then need no copy of trained
 * weights; oneDNN's cannot.
 */
gboolean dnn_op_take_weights(DnnOp *op, const DnnLayout *layout,
			     GError **error);

/*
 * Of a gradient of weights that is a sum of few outer products: have
 * dnn_op_run() leave that sum to whoever reads the weights anyway, and write
 * the gradient of the bias alone.  Is it left from now on?  dnn_op_products()
 * is then what is to be added up, after each run and until the source changes.
 */
gboolean dnn_op_defer(DnnOp *op, gboolean defer);
OuterProducts dnn_op_products(const DnnOp *op);

/* Is `arg` one of its arguments?  DNN_MASK is one of the data gradients that
 * can do it by the way, if it is bound. */
gboolean dnn_op_takes(const DnnOp *op, DnnArg arg);

/* Bytes of the workspace; 0 for operations without one. */
gsize dnn_op_workspace(const DnnOp *op);

/* Where an argument lies, from now on; the caller keeps owning it. */
void dnn_op_bind(DnnOp *op, DnnArg arg, const void *data);

/* Run with all arguments bound, and wait for the end. */
gboolean dnn_op_run(DnnOp *op, GError **error);

#endif
