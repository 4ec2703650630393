#include "kw/dataset.h"

#include <string.h>

#include "lib/dataset_layout.h"

const char *const kw_split_names[KW_N_SPLITS + 1] = { "train", "val", "test",
						      NULL };

const char *const kw_standardize_names[] = { "none",  "rescale", "normalize",
					     "caffe", "torch",   NULL };

const char *const kw_field_names[N_FIELDS] = {
	[FIELD_LABELS] = "labels",         [FIELD_SOURCES] = "sources",
	[FIELD_RECORD_IDS] = "record_ids", [FIELD_GROUP_IDS] = "group_ids",
	[FIELD_COPIES] = "copies",         [FIELD_TRANSFORMS] = "transforms",
	[FIELD_CHECKSUMS] = "checksums",   [FIELD_IMAGES] = "images",
};

int
kw_field_shape(KwField field, const KwDatasetInfo *info, gsize count,
	       hsize_t dims[4])
{
	dims[0] = count;
	switch (field) {
	case FIELD_IMAGES:
		dims[1] = (hsize_t)info->height;
		dims[2] = (hsize_t)info->width;
		dims[3] = (hsize_t)info->channels;
		return 4;
	case FIELD_TRANSFORMS:
		dims[1] = g_strv_length(info->columns);
		return 2;
	default:
		return 1;
	}
}

gboolean
kw_field_exists(KwField field, const KwDatasetInfo *info)
{
	return field != FIELD_TRANSFORMS || info->columns != NULL;
}

hid_t
kw_field_file_type(KwField field, gsize source_length)
{
	switch (field) {
	case FIELD_SOURCES:
		return kw_h5_string_type(source_length);
	case FIELD_LABELS:
	case FIELD_COPIES:
		return H5Tcopy(H5T_STD_I32LE);
	case FIELD_RECORD_IDS:
	case FIELD_GROUP_IDS:
		return H5Tcopy(H5T_STD_U64LE);
	case FIELD_CHECKSUMS:
		return H5Tcopy(H5T_STD_U32LE);
	case FIELD_TRANSFORMS:
		return H5Tcopy(H5T_IEEE_F32LE);
	default:
		return H5Tcopy(H5T_STD_U8LE);
	}
}

hid_t
kw_field_memory_type(KwField field, gsize source_length)
{
	if (field == FIELD_SOURCES)
		return kw_h5_string_type(source_length);

	g_auto(KwHid) file_type = kw_field_file_type(field, 0);

	return H5Tget_native_type(file_type, H5T_DIR_ASCEND);
}

gboolean
kw_field_describe(KwField field, hid_t dataset, const KwDatasetInfo *info)
{
	return field != FIELD_TRANSFORMS ||
	       kw_h5_set_strings(dataset, "columns",
				 (const char *const *)info->columns,
				 g_strv_length(info->columns));
}

void *
kw_field_values(const KwRecords *records, KwField field, gsize row)
{
	switch (field) {
	case FIELD_LABELS:
		return records->labels + row;
	case FIELD_RECORD_IDS:
		return records->record_ids + row;
	case FIELD_GROUP_IDS:
		return records->group_ids + row;
	case FIELD_COPIES:
		return records->copies + row;
	case FIELD_TRANSFORMS:
		return records->transforms + row * records->n_columns;
	case FIELD_CHECKSUMS:
		return records->checksums + row;
	default:
		return NULL;
	}
}

/* ---- what is said of a dataset as a whole */

KwDatasetInfo *
kw_dataset_info_new(void)
{
	return g_new0(KwDatasetInfo, 1);
}

KwDatasetInfo *
kw_dataset_info_copy(const KwDatasetInfo *info)
{
	KwDatasetInfo *copy = g_memdup2(info, sizeof *info);

	copy->class_names = g_strdupv(info->class_names);
	copy->fit = g_strdup(info->fit);
	copy->settings = g_strdup(info->settings);
	copy->generator = g_strdup(info->generator);
	copy->columns = g_strdupv(info->columns);
	copy->set_id = 0;
	return copy;
}

void
kw_dataset_info_free(KwDatasetInfo *info)
{
	if (info == NULL)
		return;
	g_strfreev(info->class_names);
	g_free(info->fit);
	g_free(info->settings);
	g_free(info->generator);
	g_strfreev(info->columns);
	g_free(info);
}

void
kw_standardize(float *out, const guint8 *pixels, gsize n, int c,
	       const float *scale, const float *offset)
{
	for (gsize i = 0; i < n; i++)
		for (int k = 0; k < c; k++, out++, pixels++)
			*out = (float)*pixels * scale[k] + offset[k];
}

gboolean
kw_class_names_are_sound(char *const *names, guint least)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; names != NULL && names[i] != NULL; i++)
		if (!g_utf8_validate(names[i], -1, NULL) ||
		    !g_hash_table_add(seen, names[i]))
			return FALSE;
	return g_hash_table_size(seen) >= least;
}

gsize
kw_dataset_image_size(const KwDatasetInfo *info)
{
	return (gsize)info->height * (gsize)info->width * (gsize)info->channels;
}

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *
kw_settings_merge(const char *a, const char *b)
{
	g_autofree char *both = g_strconcat(a, "\n", b, NULL);
	g_auto(GStrv) lines = g_strsplit(both, "\n", -1);
	GString *merged = g_string_new(NULL);
	const char *last = "";

	qsort(lines, g_strv_length(lines), sizeof *lines, compare_lines);
	for (char **line = lines; *line != NULL; line++) {
		if (strcmp(*line, last) != 0)
			g_string_append_printf(merged, "%s\n", *line);
		last = *line;
	}
	return g_string_free(merged, FALSE);
}
