/*
 * VGG19 (Simonyan and Zisserman 2014) without its top, and the head of the seed
 * recipe: flatten, dense layers with ReLU, dropout, softmax.
 */
#ifndef KW_TRAIN_NETWORK_H
#define KW_TRAIN_NETWORK_H

#include "train/layer.h"
#include "train/softmax.h"

enum {
	VGG19_CONVOLUTIONS = 16,
	VGG19_KERAS_LAYERS = 22, /* with the input, without top */
	NETWORK_MIN_SIDE = 32,   /* five halvings leave a pixel */
	NETWORK_MAX_HEAD = 8,
};

/*
 * How a network computes: the mode of all activations, and the algorithm of
 * each pass of each convolution.  All zeros: float32, N,H,W,C, direct.
 */
typedef struct {
	DnnMode mode;
	DnnAlgorithm conv[VGG19_CONVOLUTIONS][DNN_N_PASSES];
} NetworkPlan;

/* All that decides the layers. */
typedef struct {
	int batch;
	int height, width, channels; /* sides of 32 and more; 1 or 3 channels */
	int classes;                 /* 2 and more */
	int n_head;                  /* hidden dense layers, 0..8 */
	int head[NETWORK_MAX_HEAD];  /* their units */
	double dropout; /* rate in [0, 1); 0: no such layer; after each hidden
			   layer but the last; after the only one where there is
			   just one */
	double l2;      /* on the kernel of the last hidden layer */
	int freeze;     /* the first so many layers, as Keras counts them */
	gboolean training;
	gboolean accumulates; /* gradients of several passes: accumulate.h */
	guint64 seed;
	int threads;
	NetworkPlan plan; /* see plan.h */
} NetworkSpec;

/* What a network takes, in bytes. */
typedef struct {
	gsize weights;     /* parameters, and copies for the operations */
	gsize training;    /* their gradients, sums of these, and velocities */
	gsize activations; /* and their gradients */
	gsize scratch;     /* of oneDNN */
	gsize total;
	gsize features; /* of one image, where they are worth keeping; not in
			   the total: network_feature_bytes() */
} NetworkMemory;

typedef struct {
	NetworkSpec spec;
	Dnn *dnn;
	guint n_layers;
	Layer **layers;       /* bottom to top; the last gives the logits */
	guint first_trained;  /* index; n_layers when none is */
	DnnLayout *in_layout; /* of the input */
	float *input;         /* batch x h x w x c, standardised; fill this */
	float *probabilities; /* batch x classes: softmax of the logits */
	LayerMemory memory;   /* of all of them */
} Network;

/*
 * The layers of a network, without memory: to look at them, not to run them.
 * Errors: KW_ERROR_MEMORY, KW_ERROR_UNSUPPORTED.
 */
Network *network_build(const NetworkSpec *spec, GError **error);

/*
 * What network_new() would allocate.  Makes the operations to know it, but
 * allocates none of it.
 */
gboolean network_memory(const NetworkSpec *spec, NetworkMemory *memory,
			GError **error);

/*
 * Make all layers with kernels and biases of zero.
 * Errors: KW_ERROR_MEMORY, KW_ERROR_UNSUPPORTED (oneDNN; a mode that this CPU
 * does not have).
 */
Network *network_new(const NetworkSpec *spec, GError **error);

/*
 * The same network with another number of frozen layers: the same weights, and
 * a momentum of zero.  Takes `network`, and frees it also where it returns
 * NULL.  Of both networks, the weights alone are in memory at the same time.
 */
Network *network_refreeze(Network *network, int freeze, GError **error);
void network_free(Network *network);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Network, network_free)

/* The i-th convolution (0..15), or i-th dense layer counted from the bottom;
 * NULL past the last. */
Layer *network_conv(const Network *network, guint i);
Layer *network_dense(const Network *network, guint i);

/*
 * Copy n images (n x h x w x c, standardised) to the input, n at most the
 * batch; the rows after them become zero.
 */
void network_set_input(Network *network, const float *images, int n);

/* input -> probabilities; `step` keys dropout, which acts only if training.
 * If not, a signal ends it between two layers: KW_ERROR_INTERRUPTED. */
gboolean network_forward(Network *network, gboolean training, guint64 step,
			 GError **error);

/*
 * Features: the output of the last layer below the first that is trained.  No
 * step changes what an image gives there, and its place in the batch and its
 * neighbours do not either, so it can be kept from one epoch to the next.
 */

/* Bytes of one image's features; 0 where they are not worth keeping: nothing is
 * trained, or the layer is one below block3_pool. */
gsize network_feature_bytes(const Network *network);

/* The layer whose output they are; NULL where there are none. */
const Layer *network_feature_layer(const Network *network);

/* Where they lie, a row an image: written by network_forward(), and to be
 * filled for network_forward_above(). */
void *network_features(const Network *network);

/* features -> probabilities: the same bits as network_forward() of the images
 * that the features are of. */
gboolean network_forward_above(Network *network, gboolean training,
			       guint64 step, GError **error);

/*
 * From now on, does nobody read the gradients of weights but sgd_update() after
 * each network_backward()?  Then those of large dense layers are not written.
 */
void network_defer_gradients(Network *network, gboolean defer);

/*
 * After network_forward(): gradients of the mean cross-entropy of the first n
 * rows, given their labels; rows from n on count for nothing.  `loss` may be
 * NULL: the plain one.  The L2 term is not in them: see sgd.h.
 */
gboolean network_backward(Network *network, const gint32 *labels, int n,
			  const Loss *loss, GError **error);

/* sum of l2 * sum(kernel^2) over all layers: the part of Keras's loss that is
 * not cross-entropy. */
double network_l2_loss(const Network *network);

/* After network_forward(): the cross-entropy summed over the first n rows, by
 * `loss` (NULL: -log(probability of the label)), and how many of them have the
 * label on top (the first of equals, as argmax does). */
double network_cross_entropy(const Network *network, const gint32 *labels,
			     int n, const Loss *loss, int *correct);

/* Parameters in all, and those that are trained. */
void network_count(const Network *network, gsize *all, gsize *trained);

#endif
