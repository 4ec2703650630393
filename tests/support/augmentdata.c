#include "tests/support/augmentdata.h"

#include <string.h>

#include "kw/random.h"

/* Bytes of the longest source name. */
enum { SOURCE_LENGTH = 20 };

const AugmentData augment_data_default = {
	.counts = { 37, 3, 5 }, .h = 12, .w = 17, .c = 3, .classes = "cat,dog"
};

static AugmentData
with_defaults(const AugmentData *data)
{
	AugmentData full = *data;
	gsize n = 0;

	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		n += full.counts[s];
	if (n == 0)
		memcpy(full.counts, augment_data_default.counts,
		       sizeof full.counts);
	full.h = full.h != 0 ? full.h : augment_data_default.h;
	full.w = full.w != 0 ? full.w : augment_data_default.w;
	full.c = full.c != 0 ? full.c : augment_data_default.c;
	if (full.classes == NULL)
		full.classes = augment_data_default.classes;
	return full;
}

/* ---- writing */

static KwDatasetInfo *
new_info(const AugmentData *data)
{
	KwDatasetInfo *info = kw_dataset_info_new();

	info->height = data->h;
	info->width = data->w;
	info->channels = data->c;
	info->class_names = g_strsplit(data->classes, ",", -1);
	info->standardize = KW_STANDARDIZE_RESCALE;
	for (int i = 0; i < data->c; i++) {
		info->scale[i] = 1 / 255.0F;
		info->offset[i] = 0.25F * (float)i;
	}
	info->fit = g_strdup("crop");
	info->seed = 42;
	info->settings = g_strdup("prep.size=12x17\n");
	info->generator = g_strdup("kw-prep 0.1.0");
	return info;
}

/* Record `number` of the split, as row i. */
static void
fill_record(const AugmentData *data, KwSplit split, gsize number, KwRecords *r,
	    gsize i, guint8 *pixels)
{
	const gsize size = (gsize)data->h * (gsize)data->w * (gsize)data->c;
	const guint64 id = split * 1000 + number;
	const KwRandomKey key = { .subject = id };
	const KwRandomKey noise = { .subject = id, .seed = data->noise };

	for (gsize k = 0; k < size; k++)
		pixels[k] = (guint8)kw_random_u64(&noise, (guint16)k);
	r->labels[i] =
		data->rare ? number == 0 : (gint32)((number + data->turn) % 2);
	r->record_ids[i] = kw_random_u64(&key, G_MAXUINT16);
	r->group_ids[i] = id / 2 + data->group;
	r->checksums[i] = kw_checksum(pixels, size);
	r->sources[i] =
		g_strdup_printf("cat/%0*zu.jpg", (int)(1 + number % 9), number);
}

static void
append_split(KwDatasetWriter *writer, const AugmentData *data, KwSplit split)
{
	const gsize size = (gsize)data->h * (gsize)data->w * (gsize)data->c;
	const gsize n = data->counts[split];
	g_autofree guint8 *pixels = g_malloc(size);
	GError *error = NULL;

	for (gsize number = 0; number < n; number++) {
		g_autoptr(KwRecords) record = kw_records_new(1, 0);

		if (split == KW_TRAIN && number != 0 && number == data->without)
			continue;
		fill_record(data, split, number, record, 0, pixels);
		kw_dataset_append(writer, split, record, pixels, &error);
		test_assert_no_error(error);
	}
}

void
augment_data_write(const char *path, const AugmentData *given)
{
	const AugmentData data = with_defaults(given);
	g_autoptr(GError) error = NULL;
	g_autoptr(KwOutfile) out = kw_outfile_new(path, TRUE, &error);
	g_autoptr(KwDatasetInfo) info = new_info(&data);
	gsize counts[KW_N_SPLITS];
	g_autoptr(KwDatasetWriter) writer = NULL;

	memcpy(counts, data.counts, sizeof counts);
	counts[KW_TRAIN] -= data.without != 0;
	writer = kw_dataset_create(out, info, counts, SOURCE_LENGTH, &error);
	test_assert_no_error(error);
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		append_split(writer, &data, s);
	kw_dataset_finish(writer, &error);
	test_assert_no_error(error);
	kw_outfile_commit(out, &error);
	test_assert_no_error(error);
}

/* ---- running */

AugmentRecipe
augment_data_recipe(void)
{
	AugmentRecipe recipe = augment_recipe_default();

	recipe.amount.copies = 3;
	recipe.seed = 7;
	recipe.policy.rotation = 30;
	recipe.policy.shear = 10;
	recipe.policy.vertical_flip = TRUE;
	recipe.policy.brightness = (KwRange){ 0.7, 1.3 };
	recipe.policy.hue = 20;
	recipe.policy.noise = 9;
	recipe.policy.erase = 0.5;
	recipe.policy.fill = KW_FILL_REFLECT;
	return recipe;
}

AugmentOptions
augment_data_options(const char *from, const char *to)
{
	return (AugmentOptions){
		.common = { .output = to,
			    .force = TRUE,
			    .threads = 2,
			    .verbosity = -1 },
		.input = from,
		.recipe = augment_data_recipe(),
		.grid_rows = 2,
		.grid_columns = 3,
	};
}

gboolean
augment_data_run(const AugmentOptions *options, GError **error)
{
	g_autoptr(AugmentReport) report = augment_report_new();

	return augment_run(options, report, error);
}

void
augment_data_make(const AugmentOptions *options)
{
	GError *error = NULL;

	augment_data_run(options, &error);
	test_assert_no_error(error);
}

/* ---- reading */

const char *
augment_data_path(void **state, const char *name)
{
	g_autofree char *path = g_build_filename(*state, name, NULL);

	return g_intern_string(path);
}

KwDataset *
augment_data_open(const char *path)
{
	GError *error = NULL;
	KwDataset *dataset = kw_dataset_open(path, &error);

	test_assert_no_error(error);
	return dataset;
}

KwRecords *
augment_data_records(KwDataset *dataset, KwSplit split)
{
	GError *error = NULL;
	KwRecords *records = kw_dataset_read_records(
		dataset, split, 0, kw_dataset_count(dataset, split), &error);

	test_assert_no_error(error);
	return records;
}

/* Reading compares the checksums. */
guint8 *
augment_data_images(KwDataset *dataset, KwSplit split)
{
	const gsize n = kw_dataset_count(dataset, split);
	const gsize size = kw_dataset_image_size(kw_dataset_info(dataset));
	GError *error = NULL;
	guint8 *pixels = g_malloc(n * size + 1);

	kw_dataset_read_images(dataset, split, 0, n, pixels, &error);
	test_assert_no_error(error);
	return pixels;
}

/* ---- comparing */

void
augment_data_assert_same(const char *a, const char *b, gboolean same)
{
	g_autofree char *bytes_a = NULL, *bytes_b = NULL;
	gsize n_a, n_b;

	assert_true(g_file_get_contents(a, &bytes_a, &n_a, NULL));
	assert_true(g_file_get_contents(b, &bytes_b, &n_b, NULL));
	assert_int_equal(n_a == n_b && memcmp(bytes_a, bytes_b, n_a) == 0,
			 same);
}

static void
assert_records_equal(const KwRecords *a, const KwRecords *b)
{
	assert_int_equal(a->n, b->n);
	assert_int_equal(a->n_columns, b->n_columns);
	assert_memory_equal(a->labels, b->labels, a->n * sizeof *a->labels);
	assert_memory_equal(a->record_ids, b->record_ids,
			    a->n * sizeof *a->record_ids);
	assert_memory_equal(a->group_ids, b->group_ids,
			    a->n * sizeof *a->group_ids);
	assert_memory_equal(a->copies, b->copies, a->n * sizeof *a->copies);
	assert_memory_equal(a->checksums, b->checksums,
			    a->n * sizeof *a->checksums);
	for (gsize i = 0; i < a->n; i++)
		assert_string_equal(a->sources[i], b->sources[i]);
	if (a->n_columns != 0)
		assert_memory_equal(a->transforms, b->transforms,
				    a->n * a->n_columns *
					    sizeof *a->transforms);
}

void
augment_data_assert_equal(const char *a, const char *b)
{
	g_autoptr(KwDataset) left = augment_data_open(a);
	g_autoptr(KwDataset) right = augment_data_open(b);
	const gsize size = kw_dataset_image_size(kw_dataset_info(left));

	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		g_autoptr(KwRecords) x = augment_data_records(left, s);
		g_autoptr(KwRecords) y = augment_data_records(right, s);
		g_autofree guint8 *p = augment_data_images(left, s);
		g_autofree guint8 *q = augment_data_images(right, s);

		assert_records_equal(x, y);
		assert_memory_equal(p, q, x->n * size);
	}
}

void
augment_data_patch(const char *path, gconstpointer what, gconstpointer with,
		   gsize n, guint times)
{
	g_autofree char *bytes = NULL;
	char *at;
	gsize size;
	guint found = 0;

	assert_true(g_file_get_contents(path, &bytes, &size, NULL));
	for (at = bytes;
	     (at = memmem(at, size - (gsize)(at - bytes), what, n)) != NULL;
	     at += n, found++)
		memcpy(at, with, n);
	assert_int_equal(found, times);
	assert_true(g_file_set_contents(path, bytes, (gssize)size, NULL));
}
