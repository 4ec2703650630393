/* For network.c and network_memory.c alone. */
#ifndef KW_TRAIN_NETWORK_INTERNAL_H
#define KW_TRAIN_NETWORK_INTERNAL_H

#include "train/network.h"

/* All memory of such a network, zero; binds the operations to it. */
gboolean network_allocate(Network *network, GError **error);

/* Free all but the parameters' values: it cannot run any more. */
void network_keep_weights(Network *network);

#endif
