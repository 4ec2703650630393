#include "tests/support/traindata.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/draw.h"

enum { SOURCE_LENGTH = 40, FIRST_OF_SPLIT = 10000 };

static KwDatasetInfo *
info_new(const TrainData *data)
{
	KwDatasetInfo *info = kw_dataset_info_new();
	const gboolean raw = data->standardize == KW_STANDARDIZE_NONE;

	info->height = data->height;
	info->width = data->width;
	info->channels = data->channels;
	info->class_names = g_new0(char *, data->classes + 1);
	for (int k = 0; k < data->classes; k++)
		info->class_names[k] = g_strdup_printf("class%d", k);
	info->standardize = data->standardize;
	for (int c = 0; c < data->channels; c++) {
		info->scale[c] = raw ? 1 : 1.0f / 255;
		info->offset[c] = raw ? 0 : -0.125f * (float)c;
	}
	info->fit = g_strdup("stretch");
	info->settings = g_strdup("");
	info->generator = g_strdup("test 1.0");
	return info;
}

static void
append_record(KwDatasetWriter *writer, const TrainData *data, KwSplit split,
	      gsize number)
{
	const gsize n = (gsize)data->height * (gsize)data->width;
	const gsize size = n * (gsize)data->channels;
	const Drawing drawing = { .height = data->height,
				  .width = data->width,
				  .kind = (int)number % data->classes,
				  .index = (int)number +
					   FIRST_OF_SPLIT * (int)split };
	g_autofree guint8 *pixels = draw_pixels(&drawing);
	g_autoptr(KwRecords) r = kw_records_new(1, 0);
	GError *error = NULL;

	if (data->channels == 1)
		for (gsize i = 0; i < n; i++)
			pixels[i] = pixels[3 * i];
	r->labels[0] = drawing.kind;
	r->sources[0] =
		g_strdup_printf("class%d/%d.jpg", drawing.kind, drawing.index);
	r->record_ids[0] = kw_record_id(r->sources[0]);
	r->group_ids[0] = r->record_ids[0];
	r->checksums[0] = kw_checksum(pixels, size);
	kw_dataset_append(writer, split, r, pixels, &error);
	test_assert_no_error(error);
}

void
train_data_write(const char *path, const TrainData *data)
{
	GError *error = NULL;
	g_autoptr(KwOutfile) out = kw_outfile_new(path, TRUE, &error);
	g_autoptr(KwDatasetInfo) info = info_new(data);

	test_assert_no_error(error);
	g_autoptr(KwDatasetWriter) writer = kw_dataset_create(
		out, info, data->counts, SOURCE_LENGTH, &error);
	test_assert_no_error(error);
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		for (gsize i = 0; i < data->counts[s]; i++)
			append_record(writer, data, s,
				      data->reversed ? data->counts[s] - 1 - i
						     : i);
	kw_dataset_finish(writer, &error);
	test_assert_no_error(error);
	kw_outfile_commit(out, &error);
	test_assert_no_error(error);
}

KwDataset *
train_data_open(const TrainData *data)
{
	g_autofree char *dir = test_dir_new();
	g_autofree char *path = g_build_filename(dir, "data.h5", NULL);
	GError *error = NULL;
	KwDataset *dataset;

	train_data_write(path, data);
	dataset = kw_dataset_open(path, &error);
	test_assert_no_error(error);
	/* It stays readable through its open descriptor. */
	test_dir_remove(g_steal_pointer(&dir));
	return dataset;
}

/* The finaliser of SplitMix64 (Steele et al. 2014), on a counter. */
static guint64
mix(guint64 x)
{
	x = (x ^ x >> 30) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
	return x ^ x >> 31;
}

void
random_floats(float *values, gsize n, guint64 seed)
{
	const guint64 step = G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
	const guint64 start = mix(seed + 1);

	for (gsize i = 0; i < n; i++)
		values[i] = (float)(mix(start + i * step) >> 40) * 0x1p-23f - 1;
}
