/*
 * The layers of a Keras legacy HDF5 file, and their weights.
 */
#ifndef KW_INFO_LAYERS_H
#define KW_INFO_LAYERS_H

#include "kw/progress.h"
#include "lib/infile.h"

enum { INFO_MAX_RANK = 8 };

typedef struct {
	char *path; /* in the file: "model_weights/dense_1/dense_1/kernel:0" */
	int rank;
	guint64 dims[INFO_MAX_RANK];
	guint64 n; /* values: the product of dims */
} InfoWeight;

typedef struct {
	char *name;
	char *kind;           /* "Conv2D"; NULL: not told */
	gboolean frozen;      /* the model says that it is not trainable */
	GPtrArray *weights;   /* InfoWeight *, the kernel first */
	guint64 n_parameters; /* of all weights */
} InfoLayer;

/*
 * The layers as the file lists them; kinds are not known yet.
 * g_ptr_array_unref() the result.
 * KW_ERROR_FORMAT: layers or weights that are listed but not there, or are no
 * numbers, or not in this very file.
 */
GPtrArray *info_layers_list(const KwInfile *in, GError **error);

/*
 * Read all weights of the layers, with `progress` in values.
 * KW_ERROR_FORMAT: unreadable, or a value is not finite; names the weights.
 * KW_ERROR_MEMORY, KW_ERROR_INTERRUPTED.
 */
gboolean info_layers_verify(const KwInfile *in, const GPtrArray *layers,
			    KwProgress *progress, GError **error);

#endif
