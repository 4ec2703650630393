/*
 * Safetensors, the format in which PyTorch's world passes weights on without
 * pickles: 8 bytes of length, little-endian, so many bytes of JSON, and the
 * values of all tensors without holes (huggingface/safetensors, "Format").
 * Nothing of a file is trusted.
 */
#ifndef KW_TRAIN_SAFETENSORS_H
#define KW_TRAIN_SAFETENSORS_H

#include "train/model_file.h"

enum { TENSOR_MAX_RANK = 4 };

/* How values are stored; others than these are not read. */
typedef enum { TENSOR_F16, TENSOR_BF16, TENSOR_F32, TENSOR_F64 } TensorType;

typedef struct {
	char *name;
	TensorType type;
	int rank, dims[TENSOR_MAX_RANK]; /* row-major, each 1 and more */
	gsize n;                         /* values: the product of dims */
	guint64 begin, end;              /* bytes, from the first value on */
} Tensor;

typedef struct Safetensors Safetensors;

/* Might the file be one, by its first nine bytes? */
gboolean safetensors_seems(const char *path);

/*
 * Open a file and check all that it says of its tensors.
 * KW_ERROR_INPUT: it cannot be opened.  KW_ERROR_FORMAT: not safetensors, cut
 * short, tensors that overlap, leave holes, are named twice, are not of the
 * size that their shape tells, or are of a type or rank that is not read.
 */
Safetensors *safetensors_open(const char *path, GError **error);
void safetensors_free(Safetensors *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Safetensors, safetensors_free)

/* The Tensors, in the order of their values.  Owned by the file. */
const GPtrArray *safetensors_tensors(const Safetensors *file);

/*
 * Read n values of a tensor from the first'th on, converted to float32; first
 * and n must lie within the tensor.
 * KW_ERROR_FORMAT: cut short since, or values that are not finite, or are not
 * as float32.  KW_ERROR_IO.
 */
gboolean safetensors_read(const Safetensors *file, const Tensor *tensor,
			  gsize first, gsize n, float *values, GError **error);

/*
 * Write the weights of a network to `path` (pass kw_outfile_path()); `name`
 * stands for it in messages.  Names, shapes and order are those of
 * torchvision.models.vgg19: features.N.weight out x in x 3 x 3, classifier.N
 * out x in, the first of them on channel, row, column; the i-th dense layer is
 * classifier.(3 i).  The metadata tell what `info` does: kw-model(5).  Values
 * are bit for bit those of the network; equal input gives equal bytes.
 * One layer is in memory at a time.  KW_ERROR_IO, KW_ERROR_MEMORY,
 * KW_ERROR_INTERRUPTED.
 */
gboolean safetensors_export(const char *path, const char *name,
			    const Network *network, const ModelInfo *info,
			    GError **error);

#endif
