#include "train/keras_file.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kw/error.h"
#include "lib/h5.h"

/* No model comes near; a file that does would only waste time. */
enum { MAX_WEIGHTS = 1000, MAX_GROUPS = 1000 };

typedef struct {
	KerasLayer layer; /* first: what callers hold a pointer to */
	hid_t kernel, bias;
} Entry;

struct KerasFile {
	char *path;
	hid_t root;
	guint groups;       /* visited */
	GPtrArray *entries; /* Entry * */
};

/* One weight of a layer, while kernels and biases are being paired. */
typedef struct {
	char *name;
	hid_t dataset;
	int rank;
	hsize_t dims[4];
} Weight;

static void
entry_free(gpointer data)
{
	Entry *entry = data;

	H5Dclose(entry->kernel);
	H5Dclose(entry->bias);
	g_free(entry->layer.name);
	g_free(entry);
}

static void
weight_free(gpointer data)
{
	Weight *weight = data;

	if (weight->dataset >= 0)
		H5Dclose(weight->dataset);
	g_free(weight->name);
	g_free(weight);
}

static gboolean G_GNUC_PRINTF(3, 4)
	fail(const KerasFile *file, GError **error, const char *format, ...)
{
	g_autofree char *what = NULL;
	va_list args;

	va_start(args, format);
	what = g_strdup_vprintf(format, args);
	va_end(args);
	H5Eclear2(H5E_DEFAULT);
	g_set_error(error, KW_ERROR, KW_ERROR_FORMAT, "'%s' %s", file->path,
		    what);
	return FALSE;
}

/* ---- groups and datasets */

/* As kw_h5_open_inside(), for a group. */
static hid_t
open_group(hid_t parent, const char *path)
{
	g_auto(KwHid) group = kw_h5_open_inside(parent, path);

	if (group < 0 || H5Iget_type(group) != H5I_GROUP)
		return H5I_INVALID_HID;
	return kw_hid_steal(&group);
}

/* Floats of rank 1..4 whose bytes are in this very file. */
static gboolean
dataset_is_sound(hid_t dataset, Weight *weight)
{
	g_auto(KwHid) type = H5Dget_type(dataset);
	g_auto(KwHid) space = H5Dget_space(dataset);
	g_auto(KwHid) creation = H5Dget_create_plist(dataset);

	if (type < 0 || space < 0 || creation < 0 ||
	    H5Tget_class(type) != H5T_FLOAT || H5Tget_size(type) > 8 ||
	    H5Pget_layout(creation) == H5D_VIRTUAL ||
	    H5Pget_external_count(creation) != 0)
		return FALSE;
	weight->rank = H5Sget_simple_extent_ndims(space);
	if (weight->rank < 1 || weight->rank > 4 ||
	    H5Sget_simple_extent_dims(space, weight->dims, NULL) < 0)
		return FALSE;
	for (int i = 0; i < weight->rank; i++)
		if (weight->dims[i] < 1 || weight->dims[i] > INT_MAX)
			return FALSE;
	return H5Dget_storage_size(dataset) > 0;
}

/* Add a weight of a layer's group to `weights`. */
static gboolean
open_weight(const KerasFile *file, hid_t group, const char *name,
	    GPtrArray *weights, GError **error)
{
	Weight *weight = g_new0(Weight, 1);

	g_ptr_array_add(weights, weight);
	weight->name = g_strdup(name);
	weight->dataset = kw_h5_open_inside(group, name);
	if (weight->dataset < 0)
		return fail(file, error, "lacks the weights '%s' that it names",
			    name);
	if (H5Iget_type(weight->dataset) != H5I_DATASET ||
	    !dataset_is_sound(weight->dataset, weight))
		return fail(file, error,
			    "holds '%s', which is not a weight of VGG19 with "
			    "dense layers on top",
			    name);
	return TRUE;
}

/* ---- layers */

static gboolean
is_kernel_with_bias(const Weight *kernel, const Weight *bias)
{
	return (kernel->rank == 2 || kernel->rank == 4) && bias->rank == 1 &&
	       kernel->dims[kernel->rank - 1] == bias->dims[0];
}

/*
 * "vgg19/block1_conv1/kernel:0" belongs to the layer block1_conv1.  Names of
 * one part ("block1_conv1_W_1:0", "kernel") do not say; the group's then does.
 */
static char *
layer_name(const char *weight_name, const char *group_name)
{
	g_auto(GStrv) parts = g_strsplit(weight_name, "/", -1);
	guint n = g_strv_length(parts);

	return g_strdup(n >= 2 ? parts[n - 2] : group_name);
}

/* Takes the datasets of the two weights. */
static void
add_entry(KerasFile *file, char *name, Weight *kernel, Weight *bias)
{
	const int rank = kernel->rank;
	Entry *entry = g_new0(Entry, 1);
	KerasLayer *layer = &entry->layer;

	layer->kind = rank == 4 ? KERAS_CONV : KERAS_DENSE;
	layer->name = name;
	layer->h = rank == 4 ? (int)kernel->dims[0] : 1;
	layer->w = rank == 4 ? (int)kernel->dims[1] : 1;
	layer->in = (int)kernel->dims[rank - 2];
	layer->out = (int)kernel->dims[rank - 1];
	entry->kernel = kw_hid_steal(&kernel->dataset);
	entry->bias = kw_hid_steal(&bias->dataset);
	g_ptr_array_add(file->entries, entry);
}

/* The weights of one group are kernels, each with its bias behind it. */
static gboolean
add_weights(KerasFile *file, const char *group_name, GPtrArray *weights,
	    GError **error)
{
	if (file->entries->len + weights->len > MAX_WEIGHTS)
		return fail(file, error, "has more than %d weights",
			    MAX_WEIGHTS);
	for (guint i = 0; i < weights->len; i += 2) {
		Weight *kernel = weights->pdata[i];
		Weight *bias =
			i + 1 < weights->len ? weights->pdata[i + 1] : NULL;

		if (bias == NULL || !is_kernel_with_bias(kernel, bias))
			return fail(file, error,
				    "is not VGG19 with dense layers on top: "
				    "'%s' of '%s' is no kernel with a bias",
				    kernel->name, group_name);
		add_entry(file, layer_name(kernel->name, group_name), kernel,
			  bias);
	}
	return TRUE;
}

/* ---- legacy files */

static gboolean
list_legacy_layer(KerasFile *file, hid_t parent, const char *name,
		  GError **error)
{
	g_auto(KwHid) group = open_group(parent, name);
	g_autoptr(GPtrArray) weights =
		g_ptr_array_new_with_free_func(weight_free);
	g_auto(GStrv) names = NULL;

	if (group < 0)
		return fail(file, error, "lacks the layer '%s' that it names",
			    name);
	names = kw_h5_get_names(group, "weight_names");
	if (names == NULL)
		return fail(file, error, "has no weight_names for layer '%s'",
			    name);
	for (char **weight = names; *weight != NULL; weight++)
		if (!open_weight(file, group, *weight, weights, error))
			return FALSE;
	return add_weights(file, name, weights, error);
}

static gboolean
list_legacy(KerasFile *file, hid_t group, char **layer_names, GError **error)
{
	for (char **name = layer_names; *name != NULL; name++)
		if (!list_legacy_layer(file, group, *name, error))
			return FALSE;
	return TRUE;
}

/* ---- Keras 3's own layout */

/* "conv2d" < "conv2d_1" < "conv2d_10": the order in which Keras numbered them.
 */
static int
compare_numbered(gconstpointer a, gconstpointer b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;

	return strverscmp(x, y);
}

static herr_t
note_link(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
	(void)group;
	if (info->type == H5L_TYPE_HARD)
		g_ptr_array_add(data, g_strdup(name));
	return 0;
}

/* The names of the hard links of a group. */
static GPtrArray *
list_links(hid_t group)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, note_link, names);
	g_ptr_array_sort(names, compare_numbered);
	return names;
}

/* The group LAYER/vars: datasets 0, 1, ... and, if recent, the layer's name. */
static gboolean
list_vars(KerasFile *file, hid_t vars, const char *group_name, GError **error)
{
	g_autoptr(GPtrArray) names = list_links(vars);
	g_autoptr(GPtrArray) weights =
		g_ptr_array_new_with_free_func(weight_free);
	g_autofree char *name = kw_h5_get_string(vars, "name");

	for (guint i = 0; i < names->len; i++)
		if (!open_weight(file, vars, names->pdata[i], weights, error))
			return FALSE;
	return add_weights(file, name ? name : group_name, weights, error);
}

/* `name` is that of the group, for layers that do not tell theirs. */
static gboolean
list_v3(KerasFile *file, hid_t group, const char *name, GError **error)
{
	g_autoptr(GPtrArray) children = list_links(group);

	/* Hard links can form circles. */
	if (++file->groups > MAX_GROUPS)
		return fail(file, error, "has more than %d groups", MAX_GROUPS);
	for (guint i = 0; i < children->len; i++) {
		const char *child = children->pdata[i];
		g_auto(KwHid) object = open_group(group, child);
		gboolean ok;

		/* State of training, not of the network. */
		if (object < 0 || strcmp(child, "optimizer") == 0 ||
		    strcmp(child, "seed_generator") == 0)
			continue;
		ok = strcmp(child, "vars") == 0
			     ? list_vars(file, object, name, error)
			     : list_v3(file, object, child, error);
		if (!ok)
			return FALSE;
	}
	return TRUE;
}

/* ---- files */

static gboolean
list_layers(KerasFile *file, GError **error)
{
	g_auto(KwHid) model = open_group(file->root, "model_weights");
	hid_t group = model >= 0 ? model : file->root;
	g_auto(GStrv) names = kw_h5_get_names(group, "layer_names");
	gboolean ok = names != NULL ? list_legacy(file, group, names, error)
				    : list_v3(file, group, "", error);

	H5Eclear2(H5E_DEFAULT);
	if (ok && file->entries->len == 0)
		return fail(file, error, "is HDF5 but holds no Keras weights");
	return ok;
}

gboolean
keras_file_is_readable(const char *path, GError **error)
{
	struct stat st;
	const char *reason = NULL;

	if (stat(path, &st) != 0)
		reason = g_strerror(errno);
	else if (!S_ISREG(st.st_mode))
		reason = S_ISDIR(st.st_mode) ? "it is a folder"
					     : "not a regular file";
	else if (access(path, R_OK) != 0)
		reason = g_strerror(errno);
	if (reason != NULL)
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "cannot read '%s': %s", path, reason);
	return reason == NULL;
}

KerasFile *
keras_file_open(const char *path, GError **error)
{
	g_autoptr(KerasFile) file = g_new0(KerasFile, 1);

	file->path = g_strdup(path);
	file->root = H5I_INVALID_HID;
	file->entries = g_ptr_array_new_with_free_func(entry_free);
	if (!keras_file_is_readable(path, error))
		return NULL;
	file->root = kw_h5_open(path, path, error);
	if (file->root < 0 || !list_layers(file, error))
		return NULL;
	return g_steal_pointer(&file);
}

void
keras_file_free(KerasFile *file)
{
	if (file == NULL)
		return;
	g_ptr_array_unref(file->entries);
	if (file->root >= 0)
		H5Fclose(file->root);
	g_free(file->path);
	g_free(file);
}

gboolean
keras_file_is_hdf5(const char *path)
{
	kw_h5_start();
	return H5Fis_hdf5(path) > 0;
}

gboolean
keras_file_is_kw_model(const KerasFile *file)
{
	return H5Aexists(file->root, "kw_format_version") > 0;
}

GPtrArray *
keras_file_layers(const KerasFile *file, KerasKind kind)
{
	GPtrArray *layers = g_ptr_array_new();

	for (guint i = 0; i < file->entries->len; i++) {
		Entry *entry = file->entries->pdata[i];

		if (entry->layer.kind == kind)
			g_ptr_array_add(layers, &entry->layer);
	}
	return layers;
}

static gboolean
read_floats(hid_t dataset, float *values, gsize n)
{
	if (H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT,
		    values) < 0)
		return FALSE;
	for (gsize i = 0; i < n; i++)
		if (!isfinite(values[i]))
			return FALSE;
	return TRUE;
}

gboolean
keras_file_read(const KerasFile *file, const KerasLayer *layer, float *kernel,
		float *bias, GError **error)
{
	const Entry *entry = (const Entry *)layer;
	gsize n = (gsize)layer->h * (gsize)layer->w * (gsize)layer->in *
		  (gsize)layer->out;

	if (!read_floats(entry->kernel, kernel, n) ||
	    !read_floats(entry->bias, bias, (gsize)layer->out))
		return fail(file, error,
			    "is damaged: the weights of '%s' cannot be read, "
			    "or are not finite",
			    layer->name);
	return TRUE;
}
