#include <math.h>
#include <stdarg.h>

#include "kw/error.h"
#include "lib/dataset_layout.h"

enum { MAX_SIDE = 65535 };

gboolean
kw_dataset_fail(GError **error, const char *name, const char *format, ...)
{
	g_autofree char *what = NULL;
	va_list args;

	va_start(args, format);
	what = g_strdup_vprintf(format, args);
	va_end(args);
	return kw_h5_fail(error, KW_ERROR_FORMAT,
			  "'%s' is not a sound kw dataset: %s", name, what);
}

/* ---- reading */

static gboolean
check_format(hid_t file, const char *name, GError **error)
{
	g_autofree char *format = kw_h5_get_string(file, "format");
	gint32 version;

	if (g_strcmp0(format, KW_DATASET_FORMAT) != 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
			    "'%s' is HDF5 but not a kw dataset; "
			    "kw-prep makes one from photos",
			    name);
		return FALSE;
	}
	if (!kw_h5_get_numbers(file, "format_version", H5T_NATIVE_INT32,
			       &version, 1))
		return kw_dataset_fail(error, name, "no format_version");
	if (version != KW_DATASET_VERSION) {
		g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
			    "'%s' is a kw dataset of version %d, and this "
			    "program reads version %d; make it again with "
			    "this kw-prep",
			    name, version, KW_DATASET_VERSION);
		return FALSE;
	}
	return TRUE;
}

static gboolean
read_image_size(hid_t file, KwDatasetInfo *info)
{
	gint32 size[3];

	if (!kw_h5_get_numbers(file, "image_size", H5T_NATIVE_INT32, size, 3))
		return FALSE;
	info->height = size[0];
	info->width = size[1];
	info->channels = size[2];
	return size[0] >= 1 && size[0] <= MAX_SIDE && size[1] >= 1 &&
	       size[1] <= MAX_SIDE && (size[2] == 1 || size[2] == 3);
}

static gboolean
read_standardize(hid_t file, KwDatasetInfo *info)
{
	g_autofree char *name = kw_h5_get_string(file, "standardize");

	for (int i = 0; kw_standardize_names[i] != NULL; i++)
		if (g_strcmp0(name, kw_standardize_names[i]) == 0) {
			info->standardize = (KwStandardize)i;
			return TRUE;
		}
	return FALSE;
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

/* A string that is there, and UTF-8. */
static char *
read_text(hid_t file, const char *name)
{
	g_autofree char *text = kw_h5_get_string(file, name);

	return text != NULL && g_utf8_validate(text, -1, NULL)
		       ? g_steal_pointer(&text)
		       : NULL;
}

gboolean
kw_dataset_read_info(hid_t file, const char *name, KwDatasetInfo *info,
		     GError **error)
{
	if (!check_format(file, name, error))
		return FALSE;
	if (!read_image_size(file, info))
		return kw_dataset_fail(error, name, "bad image_size");
	info->class_names = kw_h5_get_strings(file, "class_names");
	if (!kw_class_names_are_sound(info->class_names, 1))
		return kw_dataset_fail(error, name, "bad class_names");
	if (!read_standardize(file, info))
		return kw_dataset_fail(error, name, "unknown standardize");
	if (!read_channels(file, "scale", info->channels, info->scale) ||
	    !read_channels(file, "offset", info->channels, info->offset))
		return kw_dataset_fail(error, name,
				       "scale or offset is missing or not "
				       "finite");
	info->fit = read_text(file, "fit");
	info->settings = read_text(file, "settings");
	info->generator = read_text(file, "generator");
	if (info->fit == NULL || info->settings == NULL ||
	    info->generator == NULL ||
	    !kw_h5_get_numbers(file, "seed", H5T_NATIVE_UINT64, &info->seed, 1))
		return kw_dataset_fail(error, name,
				       "no fit, seed, settings or generator");
	/* Only shards and their index have it. */
	if (H5Aexists(file, "set_id") > 0 &&
	    !kw_h5_get_numbers(file, "set_id", H5T_NATIVE_UINT64, &info->set_id,
			       1))
		return kw_dataset_fail(error, name, "bad set_id");
	return TRUE;
}

/* ---- writing */

gboolean
kw_dataset_write_info(hid_t file, const KwDatasetInfo *info)
{
	const gint32 version = KW_DATASET_VERSION;
	const gint32 size[] = { info->height, info->width, info->channels };
	const gsize c = (gsize)info->channels;
	const char *standardize = kw_standardize_names[info->standardize];

	return kw_h5_set_string(file, "format", KW_DATASET_FORMAT) &&
	       kw_h5_set_scalar(file, "format_version", H5T_STD_I32LE,
				H5T_NATIVE_INT32, &version) &&
	       kw_h5_set_strings(file, "class_names",
				 (const char *const *)info->class_names,
				 g_strv_length(info->class_names)) &&
	       kw_h5_set_numbers(file, "image_size", H5T_STD_I32LE,
				 H5T_NATIVE_INT32, size, 3) &&
	       kw_h5_set_string(file, "standardize", standardize) &&
	       kw_h5_set_numbers(file, "scale", H5T_IEEE_F32LE,
				 H5T_NATIVE_FLOAT, info->scale, c) &&
	       kw_h5_set_numbers(file, "offset", H5T_IEEE_F32LE,
				 H5T_NATIVE_FLOAT, info->offset, c) &&
	       kw_h5_set_string(file, "fit", info->fit) &&
	       kw_h5_set_scalar(file, "seed", H5T_STD_U64LE, H5T_NATIVE_UINT64,
				&info->seed) &&
	       kw_h5_set_string(file, "settings", info->settings) &&
	       kw_h5_set_string(file, "generator", info->generator) &&
	       (info->set_id == 0 ||
		kw_h5_set_scalar(file, "set_id", H5T_STD_U64LE,
				 H5T_NATIVE_UINT64, &info->set_id));
}
