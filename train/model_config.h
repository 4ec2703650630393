/* The architecture of a network as Keras's JSON. */
#ifndef KW_TRAIN_MODEL_CONFIG_H
#define KW_TRAIN_MODEL_CONFIG_H

#include "train/network.h"

/* The names of Keras's layers that are none of the network's. */
#define MODEL_INPUT_NAME   "input_1"
#define MODEL_FLATTEN_NAME "flatten"

/*
 * The attribute model_config of a Keras legacy HDF5 file: a Sequential model
 * with the layers of the network, which Keras 2, tf_keras and Keras 3 build.
 * Equal networks give equal text.  Free it.
 */
char *model_config_text(const Network *network);

/* Is this the layer that Flatten comes before? */
gboolean model_config_flattens(const Network *network, guint i);

#endif
