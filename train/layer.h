/*
 * A layer: shapes, parameters, and three functions.  Each kind lives in a file
 * of its own, layer_*.c.
 *
 * Activations are float32, n x h x w x c (n the batch); dense layers see them
 * as n x (h*w*c), which is Keras's Flatten.
 */
#ifndef KW_TRAIN_LAYER_H
#define KW_TRAIN_LAYER_H

#include "train/param.h"

typedef struct {
	int h, w, c;
} Shape; /* of one image's activations */

typedef enum { LAYER_CONV, LAYER_POOL, LAYER_DENSE, LAYER_DROPOUT } LayerKind;

typedef struct Layer Layer;

typedef struct {
	/* src -> dst */
	gboolean (*forward)(Layer *layer, GError **error);
	/* ddst -> gradients of the parameters, and dsrc unless that is NULL;
	 * may overwrite ddst */
	gboolean (*backward)(Layer *layer, GError **error);
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
	gboolean relu;      /* conv and dense: followed by a fused ReLU */
	gboolean trainable; /* its parameters are updated */

	Param *kernel, *bias; /* NULL for pool and dropout */

	/* Activations and their gradients, owned by the network. */
	const float *src;
	float *dst, *dsrc, *ddst;

	/* Of one kind or another. */
	DnnOp *op_forward, *op_backward_data, *op_backward_weights;
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

/* 3 x 3, same padding, fused ReLU. */
Layer *layer_conv_new(Dnn *dnn, const char *name, int batch, Shape in,
		      int filters, LayerRole role, GError **error);

/* 2 x 2 maximum, stride 2, odd rows and columns dropped as in Keras. */
Layer *layer_pool_new(Dnn *dnn, const char *name, int batch, Shape in,
		      LayerRole role, GError **error);

/* Fully connected, on the flattened input. */
Layer *layer_dense_new(Dnn *dnn, const char *name, int batch, Shape in,
		       int units, gboolean relu, LayerRole role,
		       GError **error);

/*
 * Inverted dropout (Keras's): in training a fraction `rate` of the values is
 * set to zero and the others are divided by 1 - rate.  The mask is keyed with
 * seed, step and row; it repeats after 2^18 values of a row.
 */
Layer *layer_dropout_new(const char *name, int batch, Shape in, double rate,
			 guint64 seed);

void layer_free(Layer *layer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Layer, layer_free)

/* h * w * c */
gsize shape_size(Shape shape);

/* For layer_conv.c and layer_dense.c: a linear map, a bias, and often a ReLU.
 */
extern const LayerType layer_linear_type;

/* A layer without operations or parameters. */
Layer *layer_new(const LayerType *type, LayerKind kind, const char *name,
		 int batch, Shape in, Shape out);

/*
 * With op_forward, op_backward_weights and op_backward_data in place, add the
 * parameters.  `keras`, the layout of Keras's kernel, is taken.
 */
gboolean layer_linear_finish(Layer *layer, DnnLayout *keras, GError **error);

/* batch * h * w * c */
gsize layer_in_size(const Layer *layer);
gsize layer_out_size(const Layer *layer);

#endif
