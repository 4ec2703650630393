/* The JSON at the beginning of a safetensors file. */
#ifndef KW_TRAIN_SAFETENSORS_HEADER_H
#define KW_TRAIN_SAFETENSORS_HEADER_H

#include "train/safetensors.h"

/* Bytes of one value. */
gsize tensor_type_size(TensorType type);

/*
 * The Tensors that a header of `length` bytes tells of, sorted by their values,
 * which must fill `data` bytes.  `text` has a NUL behind it.  Free the array.
 * NULL with KW_ERROR_FORMAT; the message begins with the name of the file.
 */
GPtrArray *safetensors_parse(const char *text, gsize length, guint64 data,
			     const char *name, GError **error);

#endif
