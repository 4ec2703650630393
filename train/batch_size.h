/* How many images at a time to give a network that is only used. */
#ifndef KW_TRAIN_BATCH_SIZE_H
#define KW_TRAIN_BATCH_SIZE_H

#include "train/network.h"

/*
 * Measured on images of 224 x 224 with two threads: against batches of 8, one
 * took 1.4 times as long in batches of 1, as long in those of 4, and 3 and 6 %
 * less in those of 16 and 32, which transform the weights for Winograd's
 * algorithm less often; in bf16 with AMX 1.2 times, 5 % more and 2 % less.  More
 * threads want more images to share; a batch should be over soon all the same,
 * and one of 16 takes 200 MB more.
 */
enum { BATCH_SIZE_DEFAULT = 8 };

/*
 * Of n images in as few batches of `most` or less as there can be, a batch: the
 * last one is computed in full, so all are made about equally large.  9 images
 * and a `most` of 8 make 5, and not 8 and 1 that costs as much.  1 of none.
 */
int batch_size_even(gsize n, int most);

/*
 * Set spec->batch to that, or to less where the network would take more than
 * `room` bytes; 1 is the least, whether it fits or not.  Errors: those of
 * network_memory().
 */
gboolean batch_size_choose(NetworkSpec *spec, gsize n, int most, guint64 room,
			   GError **error);

#endif
