/*
 * oneDNN behind a few functions.  dnn.c is the only file that sees dnnl.h, and
 * holds all that differs between its versions 2 and 3.
 *
 * Activations are float32 in N,H,W,C order (n x h x w x c), or n x units: plain
 * arrays that the caller owns, so that flattening is no work and Keras's order
 * comes by itself.  Weights lie in whatever layout an operation prefers: ask it
 * with dnn_op_layout() and convert with dnn_reorder().
 *
 * oneDNN runs its own OpenMP team in each operation: call all of this from one
 * thread, outside parallel regions.
 */
#ifndef KW_TRAIN_DNN_H
#define KW_TRAIN_DNN_H

#include <glib.h>

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

/* "oneDNN 2.6.3" */
const char *dnn_version(void);

/* ---- layouts */

/* Keras's order of a convolution kernel: height x width x in x out. */
DnnLayout *dnn_layout_hwio(int h, int w, int in, int out, GError **error);

/* Keras's order of a dense kernel: in x out. */
DnnLayout *dnn_layout_in_out(int in, int out, GError **error);

/* Floats that a tensor of this layout takes, padding included. */
gsize dnn_layout_floats(const DnnLayout *layout);
gboolean dnn_layout_equal(const DnnLayout *a, const DnnLayout *b);
void dnn_layout_free(DnnLayout *layout);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DnnLayout, dnn_layout_free)

/* Copy a tensor from one layout to another; padding becomes zero. */
gboolean dnn_reorder(Dnn *dnn, const DnnLayout *to, float *dst,
		     const DnnLayout *from, const float *src, GError **error);

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
} DnnPass;

/*
 * Each makes one operation, to be freed with dnn_op_free() before its Dnn.
 * With `relu`, a forward pass ends in a fused ReLU.
 * Errors: KW_ERROR_MEMORY, KW_ERROR_UNSUPPORTED.
 */
DnnOp *dnn_conv(Dnn *dnn, const DnnConvShape *shape, DnnPass pass,
		gboolean relu, GError **error);
DnnOp *dnn_dense(Dnn *dnn, const DnnDenseShape *shape, DnnPass pass,
		 gboolean relu, GError **error);

/* SRC -> DST, WORKSPACE (for training only) */
DnnOp *dnn_pool_forward(Dnn *dnn, const DnnPoolShape *shape, gboolean training,
			GError **error);
/* DIFF_DST, WORKSPACE -> DIFF_SRC */
DnnOp *dnn_pool_backward(Dnn *dnn, const DnnPoolShape *shape, GError **error);

void dnn_op_free(DnnOp *op);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DnnOp, dnn_op_free)

/* The layout that the operation wants for WEIGHTS or DIFF_WEIGHTS.  Free it. */
DnnLayout *dnn_op_layout(const DnnOp *op, DnnArg arg, GError **error);

/* Bytes of the workspace; 0 for operations without one. */
gsize dnn_op_workspace(const DnnOp *op);

/* Where an argument lies, from now on; the caller keeps owning it. */
void dnn_op_bind(DnnOp *op, DnnArg arg, const void *data);

/* Run with all arguments bound, and wait for the end. */
gboolean dnn_op_run(DnnOp *op, GError **error);

#endif
