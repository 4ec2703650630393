/* First values for weights that no file gives. */
#ifndef KW_TRAIN_INITIALISE_H
#define KW_TRAIN_INITIALISE_H

#include "train/network.h"
#include "train/samples.h"

/*
 * The head as Keras draws it: kernels glorot uniform (Glorot and Bengio 2010),
 * biases zero.  Keyed with the network's seed and the layer.
 */
gboolean initialise_head(Network *network, GError **error);

/*
 * The convolutions when there are no pretrained weights: layer-sequential unit
 * variance (LSUV, Mishkin and Matas 2015).  Kernels are drawn uniformly, and
 * from the bottom up each is scaled so that what goes into its ReLU has unit
 * variance over some of the samples; biases are zero.
 */
gboolean initialise_body(Network *network, const Samples *samples,
			 GError **error);

#endif
