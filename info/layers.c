#include "info/layers.h"

#include <math.h>
#include <string.h>

#include "kw/alloc.h"
#include "kw/app.h"
#include "kw/error.h"
#include "lib/h5.h"

/* Read about this much at a time. */
enum { BLOCK_VALUES = 4 << 20 };

/* No model comes near; a file that does would only waste time. */
enum { MAX_WEIGHTS = 10000 };

/* Where weights are, when it is a whole model. */
#define WEIGHTS_GROUP "model_weights"

static void
weight_free(gpointer data)
{
	InfoWeight *weight = data;

	g_free(weight->path);
	g_free(weight);
}

static void
layer_free(gpointer data)
{
	InfoLayer *layer = data;

	g_free(layer->name);
	g_free(layer->kind);
	g_ptr_array_unref(layer->weights);
	g_free(layer);
}

static gboolean
fail(GError **error, const char *file, const char *what, const char *which)
{
	H5Eclear2(H5E_DEFAULT);
	g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
		    "'%s' is damaged: %s '%s'", file, what, which);
	return FALSE;
}

/* ---- the list */

/* Numbers whose bytes are in this very file, and how many. */
static gboolean
measure(hid_t dataset, InfoWeight *weight)
{
	g_auto(KwHid) type = H5Dget_type(dataset);
	g_auto(KwHid) space = H5Dget_space(dataset);
	g_auto(KwHid) creation = H5Dget_create_plist(dataset);
	hsize_t dims[H5S_MAX_RANK];

	if (type < 0 || space < 0 || creation < 0 ||
	    (H5Tget_class(type) != H5T_FLOAT &&
	     H5Tget_class(type) != H5T_INTEGER) ||
	    H5Pget_layout(creation) == H5D_VIRTUAL ||
	    H5Pget_external_count(creation) != 0)
		return FALSE;
	weight->rank = H5Sget_simple_extent_dims(space, dims, NULL);
	if (weight->rank < 0 || weight->rank > INFO_MAX_RANK)
		return FALSE;
	weight->n = 1;
	for (int i = 0; i < weight->rank; i++) {
		weight->dims[i] = dims[i];
		if (!g_uint64_checked_mul(&weight->n, weight->n, dims[i]))
			return FALSE;
	}
	return weight->n == 0 || H5Dget_storage_size(dataset) > 0;
}

static gboolean
add_weight(hid_t file, const char *name, InfoLayer *layer, char *path,
	   GError **error)
{
	InfoWeight *weight = g_new0(InfoWeight, 1);
	g_auto(KwHid) dataset = kw_h5_open_inside(file, path);

	weight->path = path;
	g_ptr_array_add(layer->weights, weight);
	if (dataset < 0 || H5Iget_type(dataset) != H5I_DATASET ||
	    !measure(dataset, weight))
		return fail(error, name, "bad weights", path);
	if (!g_uint64_checked_add(&layer->n_parameters, layer->n_parameters,
				  weight->n))
		return fail(error, name, "too many weights in", layer->name);
	return TRUE;
}

/* `root` is where the layers' groups are: "model_weights/" or "". */
static gboolean
add_layer(GPtrArray *layers, hid_t file, const char *name, const char *root,
	  const char *layer_name, GError **error)
{
	g_autofree char *path = g_strconcat(root, layer_name, NULL);
	g_auto(KwHid) group = kw_h5_open_inside(file, path);
	g_auto(GStrv) weights = NULL;
	InfoLayer *layer = g_new0(InfoLayer, 1);

	layer->name = g_strdup(layer_name);
	layer->weights = g_ptr_array_new_with_free_func(weight_free);
	g_ptr_array_add(layers, layer);
	if (group >= 0 && H5Iget_type(group) == H5I_GROUP)
		weights = kw_h5_get_names(group, "weight_names");
	if (weights == NULL || g_strv_length(weights) > MAX_WEIGHTS ||
	    layers->len > MAX_WEIGHTS || !g_utf8_validate(layer_name, -1, NULL))
		return fail(error, name, "bad layer", layer_name);
	for (char **weight = weights; *weight != NULL; weight++)
		if (!add_weight(file, name, layer,
				g_strconcat(path, "/", *weight, NULL), error))
			return FALSE;
	return TRUE;
}

GPtrArray *
info_layers_list(const KwInfile *in, GError **error)
{
	const char *name = kw_infile_name(in);
	g_auto(KwHid) file = kw_h5_open(kw_infile_path(in), name, error);
	g_auto(KwHid) whole = H5I_INVALID_HID;
	g_auto(GStrv) names = NULL;
	g_autoptr(GPtrArray) layers =
		g_ptr_array_new_with_free_func(layer_free);

	if (file < 0)
		return NULL;
	whole = kw_h5_open_inside(file, WEIGHTS_GROUP);
	names = kw_h5_get_names(whole >= 0 ? whole : file, "layer_names");
	if (names == NULL) {
		fail(error, name, "no list of layers in", "layer_names");
		return NULL;
	}
	for (char **layer = names; *layer != NULL; layer++)
		if (!add_layer(layers, file, name,
			       whole >= 0 ? WEIGHTS_GROUP "/" : "", *layer,
			       error))
			return NULL;
	H5Eclear2(H5E_DEFAULT);
	return g_steal_pointer(&layers);
}

/* ---- the values */

static gboolean
are_finite(const float *values, gsize n)
{
	for (gsize i = 0; i < n; i++)
		if (!isfinite(values[i]))
			return FALSE;
	return TRUE;
}

/* All values of a weight, some rows at a time. */
static gboolean
verify_weight(hid_t file, const char *name, const InfoWeight *weight,
	      KwProgress *progress, guint64 done, GError **error)
{
	g_auto(KwHid) dataset = kw_h5_open_inside(file, weight->path);
	const guint64 n_rows = weight->rank > 0 ? weight->dims[0] : 1;
	const guint64 row = n_rows > 0 ? weight->n / n_rows : 0;
	const guint64 most = MAX(BLOCK_VALUES / MAX(row, 1), 1);
	g_autofree float *values = NULL;

	if (weight->n == 0)
		return TRUE;
	values = kw_alloc(MIN(most, n_rows), row * sizeof *values,
			  "the weights of a layer", error);
	if (values == NULL)
		return FALSE;
	for (guint64 first = 0, n; first < n_rows; first += n) {
		n = MIN(most, n_rows - first);
		if (!kw_check_interrupted(error))
			return FALSE;
		if (weight->rank > 0
			    ? !kw_h5_read_rows(dataset, H5T_NATIVE_FLOAT, first,
					       n, values)
			    : H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL,
				      H5S_ALL, H5P_DEFAULT, values) < 0)
			return kw_h5_fail(error, KW_ERROR_FORMAT,
					  "'%s' is damaged: cannot read '%s'",
					  name, weight->path);
		if (!are_finite(values, n * row))
			return fail(error, name, "a value is not finite in",
				    weight->path);
		kw_progress_set(progress, done + (first + n) * row);
	}
	return TRUE;
}

gboolean
info_layers_verify(const KwInfile *in, const GPtrArray *layers,
		   KwProgress *progress, GError **error)
{
	const char *name = kw_infile_name(in);
	g_auto(KwHid) file = kw_h5_open(kw_infile_path(in), name, error);
	guint64 done = 0;

	if (file < 0)
		return FALSE;
	for (guint i = 0; i < layers->len; i++) {
		const InfoLayer *layer = layers->pdata[i];

		for (guint k = 0; k < layer->weights->len; k++) {
			const InfoWeight *weight = layer->weights->pdata[k];

			if (!verify_weight(file, name, weight, progress, done,
					   error))
				return FALSE;
			done += weight->n;
		}
	}
	return TRUE;
}
