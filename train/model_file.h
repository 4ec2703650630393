/*
 * The kw model: a Keras legacy HDF5 file with attributes of our own, described
 * in kw-model(5).  Its weights are loaded by weights.h.
 * HDF5 is used from one thread.
 */
#ifndef KW_TRAIN_MODEL_FILE_H
#define KW_TRAIN_MODEL_FILE_H

#include "train/network.h"
#include "train/weights.h"

/* What a kw model knows of its input, its training and itself. */
typedef struct {
	GStrv class_names;
	int height, width, channels;
	char *fit;                 /* "stretch" */
	float scale[3], offset[3]; /* model input = pixel * scale + offset */
	int freeze;     /* layers that were frozen, as Keras counts */
	char *metrics;  /* JSON */
	char *settings; /* KEY=VALUE lines */
	int n_head;
	int head[NETWORK_MAX_HEAD]; /* units of the hidden dense layers */
} ModelInfo;

ModelInfo *model_info_new(void);
void model_info_free(ModelInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ModelInfo, model_info_free)

/*
 * Write the network as a kw model to `path` (replaced if it exists: pass
 * kw_outfile_path()); `name` stands for it in messages.
 */
gboolean model_write(const char *path, const char *name, const Network *network,
		     const ModelInfo *info, GError **error);

/*
 * Read what a kw model says of itself.
 * KW_ERROR_INPUT: no such file; KW_ERROR_UNSUPPORTED: HDF5, but not a kw model:
 * a plain Keras file, for example; KW_ERROR_FORMAT: another version, damaged.
 */
ModelInfo *model_read_info(const char *path, GError **error);

#endif
