#include "train/model_file.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "kw/alloc.h"
#include "kw/dataset.h"
#include "kw/error.h"
#include "train/keras_file.h"
#include "train/model_config.h"
#include "train/model_h5.h"

enum { MODEL_VERSION = 1, MAX_SIDE = 65535 };

/* What Keras calls the version that wrote a file; decides how it is read. */
#define KERAS_VERSION "2.15.0"
#define KERAS_BACKEND "tensorflow"

/* Of every network: 32 x 32 pixels become one of 512 channels. */
enum { VGG19_STRIDE = 32, VGG19_FEATURES = 512 };

ModelInfo *
model_info_new(void)
{
	return g_new0(ModelInfo, 1);
}

void
model_info_free(ModelInfo *info)
{
	if (info == NULL)
		return;
	g_strfreev(info->class_names);
	g_free(info->fit);
	g_free(info->metrics);
	g_free(info->settings);
	g_free(info);
}

/* ---- writing */

int
model_h5_kernel_dims(const Layer *layer, hsize_t dims[4])
{
	if (layer->kind == LAYER_CONV) {
		dims[0] = dims[1] = 3;
		dims[2] = (hsize_t)layer->in.c;
		dims[3] = (hsize_t)layer->out.c;
		return 4;
	}
	dims[0] = shape_size(layer->in);
	dims[1] = (hsize_t)layer->out.c;
	return 2;
}

gboolean
model_h5_write_param(hid_t group, const char *dataset_name, Dnn *dnn,
		     const Param *param, ModelH5Export export, int rank,
		     const hsize_t *dims, GError **error)
{
	g_auto(KwHid) dataset = H5I_INVALID_HID;
	g_autofree float *buffer = NULL;
	float *values = param_spare(param);
	gsize n = 1;

	for (int i = 0; i < rank; i++)
		n *= dims[i];
	if (values == NULL)
		values = buffer = kw_alloc(n, sizeof *values,
					   "the weights of a layer", error);
	if (values == NULL || !export(dnn, param, values, error))
		return FALSE;
	dataset = kw_h5_create_dataset(group, dataset_name, H5T_IEEE_F32LE,
				       rank, dims);
	/* A small dataset reaches the disk only when it is closed. */
	if (dataset < 0 ||
	    !kw_h5_write_rows(dataset, H5T_NATIVE_FLOAT, 0, dims[0], values) ||
	    H5Dclose(kw_hid_steal(&dataset)) < 0)
		return kw_h5_fail(error, KW_ERROR_IO, "cannot write '%s'",
				  dataset_name);
	return TRUE;
}

/* Keras looks for GROUP/NAME/kernel:0, where GROUP is called NAME too. */
static gboolean
write_weights(hid_t group, const Layer *layer, Dnn *dnn, GError **error)
{
	g_auto(KwHid) inner = kw_h5_create_group(group, layer->name);
	g_autofree char *kernel = g_strconcat(layer->name, "/kernel:0", NULL);
	g_autofree char *bias = g_strconcat(layer->name, "/bias:0", NULL);
	const char *const names[] = { kernel, bias };
	const hsize_t bias_dims[] = { (hsize_t)layer->out.c };
	hsize_t dims[4];
	int rank = model_h5_kernel_dims(layer, dims);

	if (inner < 0 || !kw_h5_set_strings(group, "weight_names", names, 2))
		return kw_h5_fail(error, KW_ERROR_IO, "cannot write '%s'",
				  layer->name);
	return model_h5_write_param(inner, "kernel:0", dnn, layer->kernel,
				    param_export, rank, dims, error) &&
	       model_h5_write_param(inner, "bias:0", dnn, layer->bias,
				    param_export, 1, bias_dims, error);
}

/* `layer` is NULL for one of Keras's that we have no need of. */
static gboolean
write_layer(hid_t weights, const char *name, const Layer *layer, Dnn *dnn,
	    GError **error)
{
	static const char *const none[] = { NULL };
	g_auto(KwHid) group = kw_h5_create_group(weights, name);

	if (group >= 0 && layer != NULL && layer->kernel != NULL)
		return write_weights(group, layer, dnn, error);
	if (group < 0 || !kw_h5_set_strings(group, "weight_names", none, 0))
		return kw_h5_fail(error, KW_ERROR_IO, "cannot write '%s'",
				  name);
	return TRUE;
}

static gboolean
write_model_weights(hid_t file, const Network *network, GError **error)
{
	g_auto(KwHid) group = kw_h5_create_group(file, "model_weights");
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_auto(GStrv) names = NULL;

	for (guint i = 0; i < network->n_layers; i++) {
		const Layer *layer = network->layers[i];

		if (model_config_flattens(network, i)) {
			g_strv_builder_add(builder, MODEL_FLATTEN_NAME);
			if (!write_layer(group, MODEL_FLATTEN_NAME, NULL,
					 network->dnn, error))
				return FALSE;
		}
		g_strv_builder_add(builder, layer->name);
		if (!write_layer(group, layer->name, layer, network->dnn,
				 error))
			return FALSE;
	}
	names = g_strv_builder_end(builder);
	if (!kw_h5_set_strings(group, "layer_names", (const char *const *)names,
			       g_strv_length(names)) ||
	    !kw_h5_set_string(group, "backend", KERAS_BACKEND) ||
	    !kw_h5_set_string(group, "keras_version", KERAS_VERSION))
		return kw_h5_fail(error, KW_ERROR_IO, "cannot write weights");
	return TRUE;
}

static gboolean
write_attributes(hid_t file, const Network *network, const ModelInfo *info)
{
	const gint32 version = MODEL_VERSION;
	const gint32 size[] = { info->height, info->width, info->channels };
	const gint32 frozen = info->freeze;
	const gsize c = (gsize)info->channels;
	g_autofree char *config = model_config_text(network);

	return kw_h5_set_string(file, "keras_version", KERAS_VERSION) &&
	       kw_h5_set_string(file, "backend", KERAS_BACKEND) &&
	       kw_h5_set_string(file, "model_config", config) &&
	       kw_h5_set_scalar(file, "kw_format_version", H5T_STD_I32LE,
				H5T_NATIVE_INT32, &version) &&
	       kw_h5_set_strings(file, "kw_class_names",
				 (const char *const *)info->class_names,
				 g_strv_length(info->class_names)) &&
	       kw_h5_set_numbers(file, "kw_image_size", H5T_STD_I32LE,
				 H5T_NATIVE_INT32, size, 3) &&
	       kw_h5_set_string(file, "kw_fit", info->fit) &&
	       kw_h5_set_numbers(file, "kw_scale", H5T_IEEE_F32LE,
				 H5T_NATIVE_FLOAT, info->scale, c) &&
	       kw_h5_set_numbers(file, "kw_offset", H5T_IEEE_F32LE,
				 H5T_NATIVE_FLOAT, info->offset, c) &&
	       kw_h5_set_scalar(file, "kw_frozen", H5T_STD_I32LE,
				H5T_NATIVE_INT32, &frozen) &&
	       kw_h5_set_string(file, "kw_metrics",
				info->metrics ? info->metrics : "{}") &&
	       kw_h5_set_string(file, "kw_settings",
				info->settings ? info->settings : "");
}

gboolean
model_h5_write(hid_t file, const char *name, const Network *network,
	       const ModelInfo *info, GError **error)
{
	if (!write_attributes(file, network, info))
		return kw_h5_fail(error, KW_ERROR_IO, "cannot write '%s'",
				  name);
	if (write_model_weights(file, network, error))
		return TRUE;
	g_prefix_error(error, "'%s': ", name);
	return FALSE;
}

gboolean
model_h5_finish(hid_t *file, const char *name, GError **error)
{
	/* Flushing finds a full disk first, with HDF5 still in good order. */
	if (H5Fflush(*file, H5F_SCOPE_LOCAL) >= 0 &&
	    H5Fclose(kw_hid_steal(file)) >= 0)
		return TRUE;
	return kw_h5_fail(error, KW_ERROR_IO, "cannot write '%s'", name);
}

gboolean
model_h5_give_up(hid_t *file, const char *path)
{
	if (*file < 0)
		return FALSE;
	if (truncate(path, 0) == 0)
		H5Fflush(*file, H5F_SCOPE_LOCAL);
	kw_hid_close(kw_hid_steal(file));
	return FALSE;
}

gboolean
model_write(const char *path, const char *name, const Network *network,
	    const ModelInfo *info, GError **error)
{
	g_auto(KwHid) file = kw_h5_create(path, name, error);

	if (file >= 0 && model_h5_write(file, name, network, info, error) &&
	    model_h5_finish(&file, name, error))
		return TRUE;
	return model_h5_give_up(&file, path);
}

/* ---- what a model says of itself */

static gboolean G_GNUC_PRINTF(3, 4)
	fail(const char *path, GError **error, const char *format, ...)
{
	g_autofree char *what = NULL;
	va_list args;

	va_start(args, format);
	what = g_strdup_vprintf(format, args);
	va_end(args);
	H5Eclear2(H5E_DEFAULT);
	g_set_error(error, KW_ERROR, KW_ERROR_FORMAT, "'%s' %s", path, what);
	return FALSE;
}

static gboolean
check_version(hid_t file, const char *path, GError **error)
{
	g_autofree char *format = kw_h5_get_string(file, "format");
	gint32 version;

	if (g_strcmp0(format, "kw-dataset") == 0)
		return fail(path, error,
			    "is a kw dataset, not a kw model; kw-train makes "
			    "one from it");
	if (H5Aexists(file, "kw_format_version") <= 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_UNSUPPORTED,
			    "'%s' is HDF5 but not a kw model; kw-train makes "
			    "one, from Keras's weights too (--weights)",
			    path);
		return FALSE;
	}
	if (!kw_h5_get_numbers(file, "kw_format_version", H5T_NATIVE_INT32,
			       &version, 1))
		return fail(path, error,
			    "is a kw model with a bad kw_format_version");
	if (version != MODEL_VERSION)
		return fail(path, error,
			    "is a kw model of version %d, and this program "
			    "reads version %d; train it again with this "
			    "kw-train",
			    version, MODEL_VERSION);
	return TRUE;
}

static gboolean
read_size(hid_t file, ModelInfo *info)
{
	gint32 size[3];

	if (!kw_h5_get_numbers(file, "kw_image_size", H5T_NATIVE_INT32, size,
			       3))
		return FALSE;
	info->height = size[0];
	info->width = size[1];
	info->channels = size[2];
	return size[0] >= NETWORK_MIN_SIDE && size[0] <= MAX_SIDE &&
	       size[1] >= NETWORK_MIN_SIDE && size[1] <= MAX_SIDE &&
	       (size[2] == 1 || size[2] == 3);
}

static gboolean
read_standardisation(hid_t file, ModelInfo *info)
{
	const gsize c = (gsize)info->channels;

	if (!kw_h5_get_numbers(file, "kw_scale", H5T_NATIVE_FLOAT, info->scale,
			       c) ||
	    !kw_h5_get_numbers(file, "kw_offset", H5T_NATIVE_FLOAT,
			       info->offset, c))
		return FALSE;
	for (gsize i = 0; i < c; i++)
		if (!isfinite(info->scale[i]) || !isfinite(info->offset[i]))
			return FALSE;
	return TRUE;
}

static gboolean
read_attributes(hid_t file, const char *path, ModelInfo *info, GError **error)
{
	gint32 frozen;

	info->class_names = kw_h5_get_strings(file, "kw_class_names");
	if (!kw_class_names_are_sound(info->class_names, 2))
		return fail(path, error, "is damaged: bad kw_class_names");
	if (!read_size(file, info))
		return fail(path, error, "is damaged: bad kw_image_size");
	if (!read_standardisation(file, info))
		return fail(path, error, "is damaged: bad kw_scale, kw_offset");
	info->fit = kw_h5_get_string(file, "kw_fit");
	info->metrics = kw_h5_get_string(file, "kw_metrics");
	info->settings = kw_h5_get_string(file, "kw_settings");
	if (info->fit == NULL || info->metrics == NULL ||
	    info->settings == NULL ||
	    !kw_h5_get_numbers(file, "kw_frozen", H5T_NATIVE_INT32, &frozen, 1))
		return fail(path, error,
			    "is damaged: no kw_fit, kw_metrics, kw_settings "
			    "or kw_frozen");
	info->freeze = frozen;
	return TRUE;
}

/* The dense layers tell the head: each eats what the one below it gives. */
static gboolean
read_head(const char *path, ModelInfo *info, GError **error)
{
	g_autoptr(KerasFile) file = keras_file_open(path, error);
	g_autoptr(GPtrArray) dense = NULL;
	gint64 units = (gint64)(info->height / VGG19_STRIDE) *
		       (info->width / VGG19_STRIDE) * VGG19_FEATURES;

	if (file == NULL)
		return FALSE;
	dense = keras_file_layers(file, KERAS_DENSE);
	if (dense->len < 1 || dense->len > NETWORK_MAX_HEAD + 1)
		return fail(path, error, "is damaged: %u dense layers",
			    dense->len);
	info->n_head = (int)dense->len - 1;
	for (guint i = 0; i < dense->len; i++) {
		const KerasLayer *layer = dense->pdata[i];

		if (layer->in != units)
			return fail(path, error,
				    "is damaged: its head does not fit its "
				    "image size");
		units = layer->out;
		if (i < dense->len - 1)
			info->head[i] = layer->out;
	}
	if (units != g_strv_length(info->class_names))
		return fail(path, error,
			    "is damaged: its head does not fit its classes");
	return TRUE;
}

ModelInfo *
model_read_info(const char *path, GError **error)
{
	g_autoptr(ModelInfo) info = model_info_new();
	g_auto(KwHid) file = H5I_INVALID_HID;

	if (!keras_file_is_readable(path, error))
		return NULL;
	file = kw_h5_open(path, path, error);
	if (file < 0 || !check_version(file, path, error) ||
	    !read_attributes(file, path, info, error) ||
	    !read_head(path, info, error))
		return NULL;
	return g_steal_pointer(&info);
}
