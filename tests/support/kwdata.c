#include "tests/support/kwdata.h"

#include <string.h>

enum { HEIGHT = 5, WIDTH = 4 };

KwDatasetInfo *
test_info_new(const TestDataset *set)
{
	KwDatasetInfo *info = kw_dataset_info_new();

	info->height = HEIGHT;
	info->width = WIDTH;
	info->channels = set->gray ? 1 : 3;
	info->class_names = g_strsplit("cat,dog", ",", -1);
	info->standardize = KW_STANDARDIZE_RESCALE;
	for (int c = 0; c < info->channels; c++) {
		info->scale[c] = 1.0f / 255;
		info->offset[c] = -0.25f * (float)c;
	}
	info->fit = g_strdup("stretch");
	info->seed = G_GUINT64_CONSTANT(0xfedcba9876543210);
	info->settings = g_strdup("fit=stretch\nsize=5x4\n");
	info->generator = g_strdup("test 1.0");
	info->set_id = set->set_id;
	if (set->augmented)
		info->columns = g_strsplit("angle,zoom", ",", -1);
	return info;
}

guint8 *
test_pixels_new(const TestDataset *set, KwSplit split, gsize first, gsize n)
{
	const gsize size = HEIGHT * WIDTH * (set->gray ? 1 : 3);
	guint8 *pixels = g_malloc(n * size + 1);

	for (gsize i = 0; i < n; i++)
		for (gsize k = 0; k < size; k++)
			pixels[i * size + k] =
				(guint8)(100 * split + 7 * (first + i) + k);
	return pixels;
}

KwRecords *
test_records_new(const TestDataset *set, KwSplit split, gsize first, gsize n)
{
	const gsize size = HEIGHT * WIDTH * (set->gray ? 1 : 3);
	g_autofree guint8 *pixels = test_pixels_new(set, split, first, n);
	KwRecords *r = kw_records_new(n, set->augmented ? 2 : 0);

	for (gsize i = 0; i < n; i++) {
		gsize number = first + i;

		r->labels[i] = (gint32)(number % 2);
		r->sources[i] = g_strdup_printf(
			"%s/%.*s\u00e9%zu.jpg", kw_split_names[split],
			(int)(number % 30), "abcdefghijklmnopqrstuvwxyzabcd",
			number);
		r->record_ids[i] = kw_record_id(r->sources[i]);
		r->group_ids[i] = ~r->record_ids[i];
		r->copies[i] = (gint32)(number % 3);
		r->checksums[i] = kw_checksum(pixels + i * size, size);
		if (set->augmented) {
			r->transforms[2 * i] = (float)number * 0.5f;
			r->transforms[2 * i + 1] = -1.0f / (float)(number + 1);
		}
	}
	return r;
}

gsize
test_longest_source(const TestDataset *set)
{
	gsize longest = 0;

	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		g_autoptr(KwRecords) r =
			test_records_new(set, s, set->first, set->counts[s]);

		for (gsize i = 0; i < r->n; i++)
			longest = MAX(longest, strlen(r->sources[i]));
	}
	return longest;
}

static void
append_split(KwDatasetWriter *writer, const TestDataset *set, KwSplit s)
{
	const gsize piece = set->piece != 0 ? set->piece : set->counts[s];
	GError *error = NULL;

	for (gsize i = 0; i < set->counts[s]; i += piece) {
		gsize n = MIN(piece, set->counts[s] - i);
		g_autoptr(KwRecords) r =
			test_records_new(set, s, set->first + i, n);
		g_autofree guint8 *pixels =
			test_pixels_new(set, s, set->first + i, n);

		kw_dataset_append(writer, s, r, pixels, &error);
		test_assert_no_error(error);
	}
}

void
test_dataset_write(const char *path, const TestDataset *set)
{
	GError *error = NULL;
	g_autoptr(KwOutfile) out = kw_outfile_new(path, FALSE, &error);
	g_autoptr(KwDatasetInfo) info = test_info_new(set);

	test_assert_no_error(error);
	g_autoptr(KwDatasetWriter) writer = kw_dataset_create(
		out, info, set->counts, test_longest_source(set), &error);
	test_assert_no_error(error);
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		append_split(writer, set, s);
	kw_dataset_finish(writer, &error);
	test_assert_no_error(error);
	kw_outfile_commit(out, &error);
	test_assert_no_error(error);
}

static void
check_records(const KwRecords *a, const KwRecords *b)
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
test_dataset_check(KwDataset *dataset, const TestDataset *set, gsize first)
{
	const gsize size = kw_dataset_image_size(kw_dataset_info(dataset));
	GError *error = NULL;

	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		const gsize n = kw_dataset_count(dataset, s) - first;
		g_autoptr(KwRecords) expected =
			test_records_new(set, s, set->first + first, n);
		g_autoptr(KwRecords) records =
			kw_dataset_read_records(dataset, s, first, n, &error);
		g_autofree guint8 *pixels = g_malloc(n * size + 1);
		g_autofree guint8 *expected_pixels =
			test_pixels_new(set, s, set->first + first, n);

		test_assert_no_error(error);
		check_records(records, expected);
		kw_dataset_read_images(dataset, s, first, n, pixels, &error);
		test_assert_no_error(error);
		assert_memory_equal(pixels, expected_pixels, n * size);
	}
}

void
test_dataset_refused(const char *path, gint code, const char *text)
{
	GError *error = NULL;
	g_autoptr(KwDataset) dataset = kw_dataset_open(path, &error);

	assert_null(dataset);
	test_assert_error(&error, code, text);
}
