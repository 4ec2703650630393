/* Stochastic gradient descent with momentum, as Keras defines it. */
#ifndef KW_TRAIN_SGD_H
#define KW_TRAIN_SGD_H

#include "train/network.h"

/*
 * After network_backward(), for every trained parameter w with gradient g and
 * velocity v (keras.optimizers.SGD, keras.regularizers.L2):
 *
 *	v = momentum * v - rate * (g + 2 * l2 * w)
 *	w = w + v
 */
gboolean sgd_update(Network *network, double rate, double momentum,
		    GError **error);

#endif
