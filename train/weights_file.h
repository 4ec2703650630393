/*
 * A file with the weights of a VGG19, whoever wrote it, in Keras's terms.
 */
#ifndef KW_TRAIN_WEIGHTS_FILE_H
#define KW_TRAIN_WEIGHTS_FILE_H

#include "train/keras_file.h"
#include "train/weights.h"

typedef struct WeightsFile WeightsFile;

/*
 * Open a file of the kind that its content tells, and list its layers.
 * KW_ERROR_INPUT: not a readable file.  KW_ERROR_FORMAT: see keras_file.h and
 * torch_file.h.
 */
WeightsFile *weights_file_open(const char *path, GError **error);
void weights_file_free(WeightsFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WeightsFile, weights_file_free)

WeightsKind weights_file_kind(const WeightsFile *file);

/*
 * The layers of one kind in the order of the file.  The array is for
 * g_ptr_array_unref(), the KerasLayers in it are owned by the file.
 */
GPtrArray *weights_file_layers(const WeightsFile *file, KerasKind kind);

/*
 * Read the kernel and the bias of a layer in Keras's order: keras_file_read().
 * `in` is the shape that the layer eats, flattened or not: files of PyTorch
 * hold dense kernels in the order of channel, row, column.
 */
gboolean weights_file_read(const WeightsFile *file, const KerasLayer *layer,
			   Shape in, float *kernel, float *bias,
			   GError **error);

#endif
