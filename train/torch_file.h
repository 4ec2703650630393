/*
 * VGG19 in a safetensors file, under the names of torchvision (features.0,
 * classifier.6) or of timm (features.0, pre_logits.fc1, head.fc), told in
 * Keras's terms.
 */
#ifndef KW_TRAIN_TORCH_FILE_H
#define KW_TRAIN_TORCH_FILE_H

#include "train/keras_file.h"
#include "train/layer.h"

typedef struct TorchFile TorchFile;

/*
 * Open a file and list its layers, without reading the values.
 * Errors: those of safetensors_open(); KW_ERROR_FORMAT as well for tensors of
 * other names, kernels without bias, and batch normalisation.
 */
TorchFile *torch_file_open(const char *path, GError **error);
void torch_file_free(TorchFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TorchFile, torch_file_free)

/*
 * The layers of one kind, from bottom to top.  Free the array; the KerasLayers
 * in it are owned by the file.
 */
GPtrArray *torch_file_layers(const TorchFile *file, KerasKind kind);

/*
 * Read a layer: kernels out x in x h x w become h x w x in x out, and of dense
 * layers on a flattened channel, row, column of the shape `in` the inputs are
 * brought into Keras's order of row, column, channel.
 */
gboolean torch_file_read(const TorchFile *file, const KerasLayer *layer,
			 Shape in, float *kernel, float *bias, GError **error);

/*
 * Where input i of a kernel of PyTorch, counted by channel, row, column, stands
 * in the order of row, column, channel.
 */
gsize torch_to_keras(Shape in, gsize i);

#endif
