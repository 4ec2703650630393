/* Photos that are decoded ahead: in order, whatever is between them. */
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kw/error.h"
#include "tests/support/samples.h"
#include "train/predict_reader.h"

enum { N_FILES = 13, SIDE = 8, PIXELS = SIDE * SIDE * 3 };

static const KwImageRequest request = { SIDE, SIDE, 3, KW_FIT_STRETCH,
					KW_DEFAULT_MAX_PIXELS };

/* Of these files, every fourth is no photo and every fifth is missing. */
static gboolean
is_text(int i)
{
	return i % 4 == 3;
}

static gboolean
is_missing(int i)
{
	return i % 5 == 4 && !is_text(i);
}

static char *
file_path(int i)
{
	g_autofree char *name = g_strdup_printf("%d.png", i);

	return sample_path(name);
}

/* A photo whose pixels are all 10 * its number. */
static int
setup(void **state)
{
	if (samples_setup(state) != 0)
		return 1;
	for (int i = 0; i < N_FILES; i++) {
		g_autofree char *path = file_path(i);
		guint8 pixels[PIXELS];

		memset(pixels, 10 * i, PIXELS);
		if (is_text(i))
			assert_true(g_file_set_contents(path, "text", 4, NULL));
		else if (!is_missing(i))
			sample_write(vips_image_new_from_memory_copy(
					     pixels, PIXELS, SIDE, SIDE, 3,
					     VIPS_FORMAT_UCHAR),
				     path);
	}
	return 0;
}

/* The first n of the files, named one by one. */
static PredictInput *
input_new(int n)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	GError *error = NULL;

	for (int i = 0; i < n; i++)
		g_ptr_array_add(paths, file_path(i));
	PredictInput *input = predict_input_new(paths, KW_N_SPLITS, &error);
	test_assert_no_error(error);
	return input;
}

static void
check_row(const PredictBatch *batch, int row)
{
	const int i = (int)batch->first + row;
	const gboolean ok = !is_text(i) && !is_missing(i);
	const guint8 *pixels = batch->pixels + row * PIXELS;

	assert_int_equal(batch->outcomes[row],
			 ok ? PREDICT_READ : PREDICT_FAILED);
	for (int k = 0; k < PIXELS; k++)
		assert_int_equal(pixels[k], ok ? 10 * i : 0);
	if (ok)
		assert_null(batch->errors[row]);
	else
		assert_non_null(
			strstr(batch->errors[row]->message,
			       is_text(i) ? "not a photo" : "No such file"));
}

static void
read_all(int n, int size, int threads)
{
	g_autoptr(PredictInput) input = input_new(n);
	GError *error = NULL;
	g_autoptr(PredictReader) reader =
		predict_reader_new(input, &request, size, threads, &error);
	const PredictBatch *batch;
	int seen = 0;

	test_assert_no_error(error);
	while ((batch = predict_reader_next(reader, &error)) != NULL &&
	       batch->n > 0) {
		assert_int_equal(batch->first, seen);
		assert_int_equal(batch->n, MIN(size, n - seen));
		for (int row = 0; row < batch->n; row++)
			check_row(batch, row);
		seen += batch->n;
	}
	test_assert_no_error(error);
	assert_non_null(batch);
	assert_int_equal(seen, n);
}

static void
gives_all_in_order(void **state)
{
	static const int threads[] = { 1, 2, 5 };

	(void)state;
	/* All ways in which the last batch can end. */
	for (int n = 1; n <= N_FILES; n++)
		for (int size = 1; size <= 5; size++)
			for (int t = 0; t < 3; t++)
				read_all(n, size, threads[t]);
	read_all(N_FILES, 1000, 2);
}

static void
can_be_left_at_any_time(void **state)
{
	g_autoptr(PredictInput) input = input_new(N_FILES);
	GError *error = NULL;

	(void)state;
	for (int left_after = 0; left_after < 4; left_after++) {
		g_autoptr(PredictReader) reader =
			predict_reader_new(input, &request, 3, 2, &error);

		for (int k = 0; k < left_after; k++)
			assert_non_null(predict_reader_next(reader, &error));
		test_assert_no_error(error);
	}
}

static void
fails_where_the_system_does(void **state)
{
	g_autoptr(PredictInput) input = input_new(N_FILES);
	struct rlimit before, none;
	const PredictBatch *batch;
	GError *error = NULL;
	int fd = dup(0);

	(void)state;
	close(fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = (rlim_t)fd;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	g_autoptr(PredictReader) reader =
		predict_reader_new(input, &request, 3, 2, &error);
	test_assert_no_error(error);
	batch = predict_reader_next(reader, &error);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_null(batch);
	test_assert_error(&error, KW_ERROR_IO, "too many open files");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_all_in_order),
		cmocka_unit_test(can_be_left_at_any_time),
		cmocka_unit_test(fails_where_the_system_does),
	};

	return cmocka_run_group_tests(tests, setup, samples_teardown);
}
