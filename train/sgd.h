/* Stochastic gradient descent with momentum, as Keras defines it. */
#ifndef KW_TRAIN_SGD_H
#define KW_TRAIN_SGD_H

#include "train/network.h"

/* Numbers of one step. */
typedef struct {
	double rate, momentum;
	double body_rate; /* factor on the rate of convolutions; 1: none */
	double scale;     /* factor on all gradients: of sgd_clip(); 1: none */
} SgdStep;

/*
 * The Euclidean norm of all gradients after network_backward(), those of the L2
 * terms included, over all that is trained.  Not a finite number when one of
 * them is not.  Summed in double precision in an order of its own: the number
 * of threads does not matter to it.
 */
double sgd_gradient_norm(const Network *network);

/*
 * What gradients of this norm are scaled with so that it is `limit` at most:
 * limit / max(norm, limit), as for keras.optimizers.SGD(global_clipnorm) and
 * tf.clip_by_global_norm().  1 where the limit is 0: any norm will do.
 */
double sgd_clip(double norm, double limit);

/*
 * After network_backward(), for every trained parameter w with gradient g and
 * velocity v (keras.optimizers.SGD, keras.regularizers.L2):
 *
 *	v = momentum * v - rate * scale * (g + 2 * l2 * w)
 *	w = w + v
 *
 * the rate of convolutions being rate * body_rate.
 * KW_ERROR_INPUT when a weight is no finite number any more; the network is
 * then good for nothing.
 */
gboolean sgd_update(Network *network, const SgdStep *step, GError **error);

#endif
