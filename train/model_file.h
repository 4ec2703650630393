/*
 * The kw model: a Keras legacy HDF5 file with attributes of our own, described
 * in kw-model(5), and the Keras weight files that training can start from.
 * HDF5 is used from one thread.
 */
#ifndef KW_TRAIN_MODEL_FILE_H
#define KW_TRAIN_MODEL_FILE_H

#include "train/network.h"

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

/* What model_load_weights() did, for the user to see. */
typedef struct {
	guint convolutions; /* loaded: always 16 */
	guint dense;        /* dense layers loaded: all of the head, or 0 */
	guint skipped;      /* dense layers in the file that are not ours */
} LoadedWeights;

/*
 * Load weights from a Keras .h5 file of any generation (weights or whole model,
 * with or without top) or a kw model.  The 16 convolutions must be there with
 * VGG19's shapes; for one input channel, the three of block1_conv1 are summed.
 * Dense layers are loaded when all of them fit the head of the network, in
 * order; else none is, and the head keeps its values.
 * With `whole`, a head that does not fit is an error (KW_ERROR_INPUT).
 * Errors: KW_ERROR_INPUT, KW_ERROR_FORMAT; the network may then be half loaded.
 */
gboolean model_load_weights(const char *path, Network *network, gboolean whole,
			    LoadedWeights *loaded, GError **error);

#endif
