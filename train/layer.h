/*
 * A layer: shapes, parameters, and three functions.  Each kind lives in a file
 * of its own, layer_*.c.
 *
 * Activations are n x h x w x c (n the batch), in the order and the type of
 * the network's mode; dense layers see them as n x (h*w*c), which is Keras's
 * Flatten.
 */
#ifndef KW_TRAIN_LAYER_H
#define KW_TRAIN_LAYER_H

#include "train/param.h"

typedef struct {
	int h, w, c;
} Shape; /* of one image's activations */

typedef enum { LAYER_CONV, LAYER_POOL, LAYER_DENSE, LAYER_DROPOUT } LayerKind;

typedef struct Layer Layer;

/* Where the buffers of a network lie. */
typedef struct {
	Region weights;     /* values, and copies of them */
	Region training;    /* gradients and velocities of parameters */
	Region activations; /* and their gradients */
} LayerMemory;

typedef struct {
	/* src -> dst */
	gboolean (*forward)(Layer *layer, GError **error);
	/* ddst -> gradients of the parameters, and dsrc unless that is NULL;
	 * may overwrite ddst */
	gboolean (*backward)(Layer *layer, GError **error);
	/* take what it needs besides parameters and activations */
	void (*place)(Layer *layer, LayerMemory *memory);
	/* src, dst, dsrc or ddst have changed */
	void (*bind)(Layer *layer);
} LayerType;

struct Layer {
	const LayerType *type;
	LayerKind kind;
	char *name;      /* Keras's name for it: "block1_conv1" */
	int keras_index; /* its place in Keras's model.layers */
	Dnn *dnn;
	int batch;
	Shape in, out;
	gboolean relu; /* conv and dense: followed by a fused ReLU */
	/* The gradient of the ReLU below is taken here, by the way; of the own
	 * one, in the layer above: layer_fold_relu(). */
	gboolean relu_below, relu_above;
	gboolean trainable; /* its parameters are updated */

	Param *kernel, *bias; /* NULL for pool and dropout */

	/* Activations and their gradients, owned by the network. */
	DnnLayout *out_layout; /* of dst and ddst */
	const void *src;
	void *dst, *dsrc, *ddst;

	/* Of one kind or another. */
	DnnOp *op_forward, *op_backward_data, *op_backward_weights;
	/* conv and dense, where the layer below puts out something else than
	 * the operations want: src -> own_src, own_dsrc -> dsrc */
	DnnOp *op_convert, *op_convert_back;
	DnnLayout *own_layout;
	void *own_src, *own_dsrc;
	guint16 *own_ddst;  /* dense, float32 after bf16: ddst in bf16 */
	guint8 *workspace;  /* pool */
	double rate;        /* dropout: the fraction that is dropped */
	guint64 seed, step; /* dropout: what its mask is keyed with */
	gboolean training;  /* dropout: active */
};

/* How a layer takes part in training. */
typedef enum {
	LAYER_FORWARD,       /* not at all: frozen, or a network for use */
	LAYER_FIRST_TRAINED, /* trained; nothing below it needs a gradient */
	LAYER_TRAINED,       /* trained, and passes the gradient on */
} LayerRole;

/* What a layer stands on. */
typedef struct {
	Dnn *dnn; /* NULL will do for dropout */
	DnnMode mode;
	int batch;
	Shape shape;
	const DnnLayout *layout; /* of the activations that it gets */
} LayerInput;

/*
 * Each makes a layer without memory: layer_place() before use.
 * Errors: KW_ERROR_MEMORY, KW_ERROR_UNSUPPORTED.
 */

/* 3 x 3, same padding, fused ReLU; each pass by an algorithm of its own. */
Layer *layer_conv_new(const LayerInput *in, const char *name, int filters,
		      const DnnAlgorithm algorithms[DNN_N_PASSES],
		      LayerRole role, GError **error);

/* 2 x 2 maximum, stride 2, odd rows and columns dropped as in Keras. */
Layer *layer_pool_new(const LayerInput *in, const char *name, LayerRole role,
		      GError **error);

/* Fully connected, on the flattened input.  Without ReLU it gives logits,
 * float32 in every mode. */
Layer *layer_dense_new(const LayerInput *in, const char *name, int units,
		       gboolean relu, LayerRole role, GError **error);

/*
 * Inverted dropout (Keras's): in training a fraction `rate` of the values is
 * set to zero and the others are divided by 1 - rate.  The mask is keyed with
 * seed, step and row; it repeats after 2^18 values of a row.
 */
Layer *layer_dropout_new(const LayerInput *in, const char *name, double rate,
			 guint64 seed, GError **error);

void layer_free(Layer *layer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Layer, layer_free)

/* Take the memory of parameters, and what the layer needs for itself; src, dst,
 * dsrc and ddst are set by the caller, who binds them after. */
void layer_place(Layer *layer, LayerMemory *memory);

/*
 * Where no gradient passes the ReLU of `below`, have its layer above write
 * zeros, if it can: a pooling, which sees a quarter of the values, and our own
 * convolutions.  Before layer_place().
 */
void layer_fold_relu(Layer *below, Layer *above);

/* No gradient passes where the output of a ReLU is zero: for what lies as the
 * layer's output does. */
void layer_mask_gradient(const Layer *layer);

/* Sum of the squares of what the first n images' output holds; a layer whose
 * channels are not padded. */
double layer_sum_squares(const Layer *layer, int n);

/* h * w * c */
gsize shape_size(Shape shape);

/* For layer_conv.c and layer_dense.c: a linear map, a bias, and often a ReLU.
 */
extern const LayerType layer_linear_type;

/* A layer without operations, parameters or out_layout. */
Layer *layer_new(const LayerType *type, LayerKind kind, const char *name,
		 const LayerInput *in, Shape out);

/*
 * With op_forward, op_backward_weights, op_backward_data and own_layout (what
 * they want for SRC) in place, add the parameters and the conversion of the
 * input.  `keras`, the layout of Keras's kernel, is taken.
 */
gboolean layer_linear_finish(Layer *layer, const LayerInput *in,
			     DnnLayout *keras, GError **error);

/* batch * h * w * c */
gsize layer_in_size(const Layer *layer);
gsize layer_out_size(const Layer *layer);

#endif
