/*
 * Networks under test, and the values and gradients of their parameters in
 * Keras's order.
 */
#ifndef KW_PARAMS_H
#define KW_PARAMS_H

#include "tests/support/kwtest.h"
#include "train/network.h"

/* How many floats Keras stores; g_free() what these return. */
gsize keras_floats(const Param *param);
float *values_new(Dnn *dnn, const Param *param);
float *gradient_new(Dnn *dnn, const Param *param);

/* Set the value or the gradient; fails the test when it cannot. */
void set_values(Dnn *dnn, Param *param, const float *keras);
void set_gradient(Dnn *dnn, Param *param, const float *keras);

/* Make a network; fails the test when it cannot. */
Network *test_network_new(const NetworkSpec *spec);

/*
 * Random weights in all layers, the same for the same seed: kernels so that
 * activations neither grow nor fade, small biases.
 */
void test_network_fill(Network *network, guint64 seed);

/* Give `to` the weights of `from`, which has the same layers. */
void test_network_copy(Network *to, const Network *from);

/* Forward; fails the test when it cannot. */
void test_network_forward(Network *network, gboolean training, guint64 step);

#endif
