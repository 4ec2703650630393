/* TrainState in an HDF5 group, field by field: for checkpoint.c. */
#ifndef KW_TRAIN_CHECKPOINT_STATE_H
#define KW_TRAIN_CHECKPOINT_STATE_H

#include "lib/h5.h"
#include "train/state.h"

/*
 * Numbers become attributes of `group`, reports groups in it.  FALSE when HDF5
 * could not write.
 */
gboolean checkpoint_state_write(hid_t group, const TrainState *state);

/*
 * Read it back, bit for bit, and believe nothing: each field must be there with
 * its type, in its range, and fit the others.
 * NULL, with *wrong naming the field ("epoch", "history/loss"; static).
 */
TrainState *checkpoint_state_read(hid_t group, const char **wrong);

#endif
