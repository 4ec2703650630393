#include "info/model.h"

#include <errno.h>
#include <math.h>
#include <sys/stat.h>

#include "info/json_in.h"
#include "kw/dataset.h"
#include "kw/error.h"
#include "lib/h5.h"

enum { MODEL_VERSION = 1, MIN_SIDE = 32, MAX_SIDE = 65535 };

void
info_model_free(InfoModel *model)
{
	if (model == NULL)
		return;
	g_free(model->name);
	g_free(model->keras_version);
	g_free(model->backend);
	g_clear_pointer(&model->layers, g_ptr_array_unref);
	g_strfreev(model->class_names);
	g_free(model->fit);
	g_free(model->metrics);
	g_free(model->settings);
	g_free(model);
}

static gboolean
fail(const InfoModel *model, const char *what, GError **error)
{
	H5Eclear2(H5E_DEFAULT);
	g_set_error(error, KW_ERROR, KW_ERROR_FORMAT, "'%s' is damaged: %s",
		    model->name, what);
	return FALSE;
}

/* A string attribute that is there, and UTF-8. */
static char *
read_text(hid_t file, const char *name)
{
	g_autofree char *text = kw_h5_get_string(file, name);

	return text != NULL && g_utf8_validate(text, -1, NULL)
		       ? g_steal_pointer(&text)
		       : NULL;
}

/* ---- attributes of kw */

static gboolean
check_version(hid_t file, InfoModel *model, GError **error)
{
	gint32 version;

	if (!kw_h5_get_numbers(file, "kw_format_version", H5T_NATIVE_INT32,
			       &version, 1))
		return fail(model, "bad kw_format_version", error);
	model->version = version;
	if (version == MODEL_VERSION)
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
		    "'%s' is a kw model of version %d, and this program reads "
		    "version %d; train it again with this kw-train",
		    model->name, version, MODEL_VERSION);
	return FALSE;
}

static gboolean
read_size(hid_t file, InfoModel *model)
{
	gint32 size[3];

	if (!kw_h5_get_numbers(file, "kw_image_size", H5T_NATIVE_INT32, size,
			       3))
		return FALSE;
	model->height = size[0];
	model->width = size[1];
	model->channels = size[2];
	return size[0] >= MIN_SIDE && size[0] <= MAX_SIDE &&
	       size[1] >= MIN_SIDE && size[1] <= MAX_SIDE &&
	       (size[2] == 1 || size[2] == 3);
}

/* One finite number a channel. */
static gboolean
read_channels(hid_t file, const char *name, int channels, float *values)
{
	if (!kw_h5_get_numbers(file, name, H5T_NATIVE_FLOAT, values,
			       (gsize)channels))
		return FALSE;
	for (int i = 0; i < channels; i++)
		if (!isfinite(values[i]))
			return FALSE;
	return TRUE;
}

static gboolean
read_kw(hid_t file, InfoModel *model, GError **error)
{
	gint32 frozen;

	if (!check_version(file, model, error))
		return FALSE;
	model->class_names = kw_h5_get_strings(file, "kw_class_names");
	if (!kw_class_names_are_sound(model->class_names, 2))
		return fail(model, "bad kw_class_names", error);
	if (!read_size(file, model))
		return fail(model, "bad kw_image_size", error);
	if (!read_channels(file, "kw_scale", model->channels, model->scale) ||
	    !read_channels(file, "kw_offset", model->channels, model->offset))
		return fail(model, "bad kw_scale, kw_offset", error);
	model->fit = read_text(file, "kw_fit");
	model->metrics = read_text(file, "kw_metrics");
	model->settings = read_text(file, "kw_settings");
	if (model->fit == NULL || model->metrics == NULL ||
	    model->settings == NULL ||
	    !kw_h5_get_numbers(file, "kw_frozen", H5T_NATIVE_INT32, &frozen, 1))
		return fail(model,
			    "no kw_fit, kw_metrics, kw_settings or kw_frozen",
			    error);
	model->frozen = frozen;
	return TRUE;
}

/* ---- the file */

/* Does the topmost kernel give a number for each class? */
static gboolean
head_fits(const InfoModel *model)
{
	for (guint i = model->layers->len; i-- > 0;) {
		const InfoLayer *layer = model->layers->pdata[i];
		const InfoWeight *kernel;

		if (layer->weights->len == 0)
			continue;
		kernel = layer->weights->pdata[0];
		return kernel->rank == 2 &&
		       kernel->dims[1] == g_strv_length(model->class_names);
	}
	return FALSE;
}

static gboolean
read_layers(hid_t file, const KwInfile *in, InfoModel *model, GError **error)
{
	g_autofree char *config = read_text(file, "model_config");

	model->has_config = config != NULL;
	model->layers = info_layers_list(in, error);
	if (model->layers == NULL)
		return FALSE;
	if (model->is_kw && !head_fits(model))
		return fail(model, "its head does not fit its classes", error);
	if (config != NULL)
		info_json_describe_layers(config, model->layers);
	for (guint i = 0; i < model->layers->len; i++) {
		const InfoLayer *layer = model->layers->pdata[i];

		if (!g_uint64_checked_add(&model->n_parameters,
					  model->n_parameters,
					  layer->n_parameters))
			return fail(model, "too many weights", error);
	}
	return TRUE;
}

InfoModel *
info_model_read(const KwInfile *in, GError **error)
{
	g_autoptr(InfoModel) model = g_new0(InfoModel, 1);
	g_auto(KwHid) file = H5I_INVALID_HID;
	struct stat st;

	model->name = g_strdup(kw_infile_name(in));
	file = kw_h5_open(kw_infile_path(in), model->name, error);
	if (file < 0)
		return NULL;
	if (stat(kw_infile_path(in), &st) != 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_IO,
			    "cannot read '%s': %s", model->name,
			    g_strerror(errno));
		return NULL;
	}
	model->bytes = (guint64)st.st_size;
	model->keras_version = read_text(file, "keras_version");
	model->backend = read_text(file, "backend");
	model->is_kw = H5Aexists(file, "kw_format_version") > 0;
	if ((model->is_kw && !read_kw(file, model, error)) ||
	    !read_layers(file, in, model, error))
		return NULL;
	H5Eclear2(H5E_DEFAULT);
	return g_steal_pointer(&model);
}
