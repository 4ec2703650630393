/*
 * A kw model as an open HDF5 file: what model_file.c and checkpoint.c share.
 */
#ifndef KW_TRAIN_MODEL_H5_H
#define KW_TRAIN_MODEL_H5_H

#include "lib/h5.h"
#include "train/model_file.h"

/*
 * Write all that a kw model consists of to a new file (kw_h5_create()); `name`
 * stands for it in messages.  KW_ERROR_IO, KW_ERROR_MEMORY.
 */
gboolean model_h5_write(hid_t file, const char *name, const Network *network,
			const ModelInfo *info, GError **error);

/*
 * Flush and close a file that was written; on failure, model_h5_give_up() it.
 * KW_ERROR_IO: a full disk may show here only.
 */
gboolean model_h5_finish(hid_t *file, const char *name, GError **error);

/*
 * Close a file that could not be written; `path` is where it lies.  It is cut
 * to nothing first: HDF5 cannot close, nor free, what it has no room to write,
 * and a file that stays open keeps a full disk full.  Always FALSE.
 */
gboolean model_h5_give_up(hid_t *file, const char *path);

/* The shape of a layer's kernel in Keras's order; gives the rank, 2 or 4. */
int model_h5_kernel_dims(const Layer *layer, hsize_t dims[4]);

/* One of param.h's: param_export(), param_export_velocity(). */
typedef gboolean (*ModelH5Export)(Dnn *dnn, const Param *param, float *keras,
				  GError **error);

/*
 * Write what `export` gives of a parameter as a float32 dataset of `rank`
 * dimensions.  KW_ERROR_IO, KW_ERROR_MEMORY.
 */
gboolean model_h5_write_param(hid_t group, const char *dataset_name, Dnn *dnn,
			      const Param *param, ModelH5Export export,
			      int rank, const hsize_t *dims, GError **error);

#endif
