/* The loader: batches, order, standardisation, errors, early ends. */
#include "tests/support/kwtest.h"

#include <string.h>

#include "kw/error.h"
#include "tests/support/draw.h"
#include "tests/support/traindata.h"
#include "train/loader.h"

static const TrainData data = {
	.height = 33,
	.width = 40,
	.channels = 3,
	.classes = 3,
	.counts = { 11, 2, 0 },
	.standardize = KW_STANDARDIZE_RESCALE,
};

static Loader *
start(const Samples *samples, const gsize *order, int batch)
{
	GError *error = NULL;
	Loader *loader = loader_new(samples, order, samples->n, batch, NULL,
				    NULL, &error);

	test_assert_no_error(error);
	return loader;
}

static Samples *
read_split(KwDataset *dataset, KwSplit split)
{
	GError *error = NULL;
	Samples *samples = samples_read(dataset, split, &error);

	test_assert_no_error(error);
	return samples;
}

/* Image i of a batch is that of record `index`, standardised. */
static void
check_image(const Batch *batch, int i, const Samples *samples, gsize index)
{
	const KwDatasetInfo *info = kw_dataset_info(samples->dataset);
	const gsize size = kw_dataset_image_size(info);
	const float *image = batch->images + (gsize)i * size;
	g_autofree guint8 *pixels = g_malloc(size);

	kw_dataset_read_images(samples->dataset, samples->split, index, 1,
			       pixels, NULL);
	for (gsize k = 0; k < size; k++)
		assert_true(image[k] == (float)pixels[k] * (1.0f / 255) -
						0.125f * (float)(k % 3));
	assert_int_equal(batch->labels[i], samples->labels[index]);
}

static void
check_pass(const Samples *samples, const gsize *order, int batch_size)
{
	g_autoptr(Loader) loader = start(samples, order, batch_size);
	gsize done = 0;

	while (done < samples->n) {
		GError *error = NULL;
		const Batch *batch = loader_next(loader, &error);

		test_assert_no_error(error);
		assert_int_equal(batch->n,
				 MIN((gsize)batch_size, samples->n - done));
		for (int i = 0; i < batch->n; i++)
			check_image(batch, i, samples, order[done + (gsize)i]);
		done += (gsize)batch->n;
	}
	assert_int_equal(loader_next(loader, NULL)->n, 0);
}

static void
test_passes(void **state)
{
	static const int sizes[] = { 1, 2, 3, 4, 11, 12, 100 };
	g_autoptr(KwDataset) dataset = train_data_open(&data);
	g_autoptr(Samples) samples = read_split(dataset, KW_TRAIN);
	g_autofree gsize *in_file = samples_file_order(samples);
	g_autofree gsize *shuffled = samples_shuffled_order(samples, 1, 1);

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		check_pass(samples, in_file, sizes[i]);
		check_pass(samples, shuffled, sizes[i]);
	}
}

static void
test_nothing(void **state)
{
	g_autoptr(KwDataset) dataset = train_data_open(&data);
	g_autoptr(Samples) samples = read_split(dataset, KW_TEST);
	g_autofree gsize *order = samples_file_order(samples);

	(void)state;
	check_pass(samples, order, 4);
}

/* The thread may be anywhere when it is stopped. */
static void
test_stopped_early(void **state)
{
	g_autoptr(KwDataset) dataset = train_data_open(&data);
	g_autoptr(Samples) samples = read_split(dataset, KW_TRAIN);
	g_autofree gsize *order = samples_file_order(samples);

	(void)state;
	for (int round = 0; round < 100; round++) {
		Loader *loader = start(samples, order, 2);

		for (int i = 0; i < round % 7; i++)
			assert_non_null(loader_next(loader, NULL));
		loader_free(loader);
	}
}

/* Change one byte of the file that equals a whole image. */
static void
damage(const char *path, int number)
{
	const Drawing drawing = { .height = data.height,
				  .width = data.width,
				  .kind = number % data.classes,
				  .index = number };
	const gsize size = (gsize)(data.height * data.width * data.channels);
	g_autofree guint8 *image = draw_pixels(&drawing);
	g_autofree char *bytes = NULL;
	gsize n;
	char *found;

	assert_true(g_file_get_contents(path, &bytes, &n, NULL));
	found = memmem(bytes, n, image, size);
	assert_non_null(found);
	found[size / 2] ^= 1;
	assert_true(g_file_set_contents(path, bytes, (gssize)n, NULL));
}

static void
test_damaged_image(void **state)
{
	g_autofree char *path = g_build_filename(*state, "damaged.h5", NULL);
	GError *error = NULL;

	train_data_write(path, &data);
	damage(path, 5);
	g_autoptr(KwDataset) dataset = kw_dataset_open(path, &error);
	test_assert_no_error(error);
	g_autoptr(Samples) samples = read_split(dataset, KW_TRAIN);
	g_autofree gsize *order = samples_file_order(samples);
	g_autoptr(Loader) loader = start(samples, order, 4);

	assert_int_equal(loader_next(loader, NULL)->n, 4);
	assert_null(loader_next(loader, &error));
	test_assert_error(&error, KW_ERROR_FORMAT, "damaged.h5");
	/* Freed while its thread has ended by itself; one not looked at too. */
	loader_free(start(samples, order, 4));
}

static void
test_no_memory(void **state)
{
	g_autoptr(KwDataset) dataset = train_data_open(&data);
	g_autoptr(Samples) samples = read_split(dataset, KW_TRAIN);
	g_autofree gsize *order = samples_file_order(samples);
	GError *error = NULL;

	(void)state;
	assert_null(loader_new(samples, order, samples->n, G_MAXINT, NULL, NULL,
			       &error));
	test_assert_error(&error, KW_ERROR_MEMORY, "loader");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passes),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_stopped_early),
		cmocka_unit_test(test_damaged_image),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, test_dir_setup, test_dir_teardown);
}
