/*
 * The resume file: a kw model of the weights as they are, with all that the
 * training needs to go on as if it had never been stopped, in the group
 * kw_training; described in kw-model(5).  HDF5 is used from one thread.
 */
#ifndef KW_TRAIN_CHECKPOINT_H
#define KW_TRAIN_CHECKPOINT_H

#include "train/model_file.h"
#include "train/state.h"

/*
 * Write the network, its momentum and the state to `path` (replaced if it
 * exists: pass kw_outfile_path()); `name` stands for it in messages.  `run`
 * holds KEY=VALUE lines that tell what else decides the bytes: data, plan,
 * threads.
 * KW_ERROR_IO, KW_ERROR_MEMORY.
 */
gboolean checkpoint_write(const char *path, const char *name,
			  const Network *network, const ModelInfo *info,
			  const TrainState *state, const char *run,
			  GError **error);

/* All that a resume file says, but for weights and momentum. */
typedef struct {
	char *path;
	ModelInfo *model;
	TrainState *state; /* may be taken */
	char *run;
	int freeze; /* layers that were frozen when it was written */
	gsize step; /* that of the state */
} Checkpoint;

/*
 * Open and check one.
 * Errors: those of model_read_info(); KW_ERROR_UNSUPPORTED: a kw model, not a
 * resume file; KW_ERROR_FORMAT: another version, damaged.
 */
Checkpoint *checkpoint_open(const char *path, GError **error);
void checkpoint_free(Checkpoint *checkpoint);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Checkpoint, checkpoint_free)

/*
 * Read weights and momentum into a network of the same layers, bit for bit.
 * Where other layers are frozen in it than when the file was written, a stage
 * of training had ended: momentum stays zero then.
 * KW_ERROR_FORMAT, KW_ERROR_INPUT; the network may then be half loaded.
 */
gboolean checkpoint_load(const Checkpoint *checkpoint, Network *network,
			 GError **error);

#endif
