/*
 * Weights as Keras stores them in HDF5 files, whatever its generation:
 *
 *	legacy .h5, weights alone   layer_names at the root
 *	legacy .h5, whole model     the same in the group model_weights
 *	.weights.h5 of Keras 3      groups .../LAYER/vars with datasets 0 and 1
 *
 * Dataset names differ between generations ("block1_conv1_W_1:0",
 * "block1_conv1/kernel:0", "vgg19/block1_conv1/kernel") and are taken from the
 * file, never made up.  Models nested in models are flattened.  kw-model(5) has
 * the details.  HDF5 is used from one thread.
 */
#ifndef KW_TRAIN_KERAS_FILE_H
#define KW_TRAIN_KERAS_FILE_H

#include <glib.h>

typedef enum { KERAS_CONV, KERAS_DENSE } KerasKind;

/* A layer with a kernel and a bias of `out` values. */
typedef struct {
	KerasKind kind;
	char *name;        /* "block1_conv1" */
	int h, w, in, out; /* kernel: h x w x in x out; dense: h and w are 1,
			      unless the file keeps the shape it flattens */
} KerasLayer;

typedef struct KerasFile KerasFile;

/*
 * Open a file and list its layers, without reading the values.
 * KW_ERROR_INPUT: not a readable file.  KW_ERROR_FORMAT: not HDF5, truncated,
 * no Keras weights, links out of the file, weights of layers that are neither
 * convolutions nor dense.
 */
KerasFile *keras_file_open(const char *path, GError **error);
void keras_file_free(KerasFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KerasFile, keras_file_free)

/* Does the file begin as HDF5 does, after a user block or at once? */
gboolean keras_file_is_hdf5(const char *path);

/* Does a kw model hold them (kw_format_version at the root)? */
gboolean keras_file_is_kw_model(const KerasFile *file);

/*
 * The layers of one kind in the order of the file, which is that of the model
 * save for one case: in a nested model, Keras puts frozen layers last.
 * The array is for g_ptr_array_unref(), the layers are owned by the file.
 */
GPtrArray *keras_file_layers(const KerasFile *file, KerasKind kind);

/*
 * Read the kernel (h * w * in * out floats in that order) and the bias (out
 * floats) of a layer of this file; half and double precision are converted.
 * KW_ERROR_FORMAT: damaged, or values that are not finite.
 */
gboolean keras_file_read(const KerasFile *file, const KerasLayer *layer,
			 float *kernel, float *bias, GError **error);

/* FALSE with KW_ERROR_INPUT unless `path` is a regular file that can be read.
 */
gboolean keras_file_is_readable(const char *path, GError **error);

#endif
