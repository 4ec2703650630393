/* What features are of: a hash of all that decides their bytes. */
#ifndef KW_TRAIN_FEATURE_KEY_H
#define KW_TRAIN_FEATURE_KEY_H

#include "train/network.h"

/*
 * A SHA-256 as text, of `data` (a hash of the images and how they are
 * standardised), of the frozen layers' weights, and of how they are computed:
 * the batch, the mode and their algorithms, threads, oneDNN and the CPU's
 * instruction set.  What is chosen for the layers above does not count.  Free
 * it.  KW_ERROR_MEMORY.
 */
char *feature_key(const Network *network, const char *data, GError **error);

#endif
