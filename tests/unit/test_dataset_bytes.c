/* Damage to the bytes of a kw dataset: cut short, changed, not one at all. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kw/error.h"
#include "lib/h5.h"
#include "tests/support/kwdata.h"

static const TestDataset sound = { .counts = { 7, 3, 2 } };

static char *
written(void **state, const char *name)
{
	char *path = g_build_filename(*state, name, NULL);

	test_dataset_write(path, &sound);
	return path;
}

static void
refuses_a_missing_file_and_a_folder(void **state)
{
	g_autofree char *missing = g_build_filename(*state, "none.h5", NULL);

	test_dataset_refused(missing, KW_ERROR_INPUT,
			     "none.h5': No such file or directory");
	test_dataset_refused(*state, KW_ERROR_INPUT, "it is a folder");
}

static void
refuses_what_is_not_hdf5(void **state)
{
	g_autofree char *path = g_build_filename(*state, "text.h5", NULL);

	assert_true(g_file_set_contents(path, "a photo, perhaps", -1, NULL));
	test_dataset_refused(path, KW_ERROR_FORMAT,
			     "text.h5' is not an HDF5 file");
}

static void
refuses_a_file_cut_anywhere(void **state)
{
	g_autofree char *path = written(state, "cut.h5");
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	for (off_t size = st.st_size - 1; size > 0;
	     size = size > 64 ? size * 3 / 4 : size - 1) {
		assert_int_equal(truncate(path, size), 0);
		/* HDF5's signature is 8 bytes. */
		test_dataset_refused(path, KW_ERROR_FORMAT,
				     size < 8 ? "cut.h5' is not an HDF5 file"
					      : "cut.h5' is damaged or cut "
						"short");
	}
	assert_int_equal(truncate(path, 0), 0);
	test_dataset_refused(path, KW_ERROR_INPUT, "cut.h5': it is empty");
}

/* The offset of the pixels of a split. */
static off_t
images_offset(const char *path, const char *dataset)
{
	g_auto(KwHid) file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
	g_auto(KwHid) images = H5Dopen2(file, dataset, H5P_DEFAULT);

	return (off_t)H5Dget_offset(images);
}

static void
finds_a_changed_pixel(void **state)
{
	enum { SIZE = 5 * 4 * 3 };
	g_autofree char *path = written(state, "pixel.h5");
	off_t at = images_offset(path, "/train/images") + 4 * SIZE + 31;
	guint8 byte, pixels[7 * SIZE];
	GError *error = NULL;
	int fd = open(path, O_RDWR);

	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
	g_autoptr(KwDataset) d = kw_dataset_open(path, &error);
	test_assert_no_error(error);
	assert_true(kw_dataset_read_images(d, KW_TRAIN, 0, 4, pixels, &error));
	assert_true(kw_dataset_read_images(d, KW_TRAIN, 5, 2, pixels, &error));
	assert_false(kw_dataset_read_images(d, KW_TRAIN, 3, 3, pixels, &error));
	test_assert_error(&error, KW_ERROR_FORMAT,
			  "image 4 of /train does not match its checksum");
}

static void
finds_a_file_cut_while_it_is_read(void **state)
{
	g_autofree char *path = written(state, "shrinks.h5");
	off_t at = images_offset(path, "/val/images");
	guint8 pixels[3 * 5 * 4 * 3];
	GError *error = NULL;
	g_autoptr(KwDataset) d = kw_dataset_open(path, &error);

	test_assert_no_error(error);
	assert_int_equal(truncate(path, at + 10), 0);
	assert_false(kw_dataset_read_images(d, KW_VAL, 0, 3, pixels, &error));
	test_assert_error(&error, KW_ERROR_IO, "it has become shorter");
}

/* Write `value` as the k-th of a dataset of one axis. */
static void
put_value(const char *path, const char *dataset, gsize k, hid_t type,
	  const void *value)
{
	g_auto(KwHid) file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
	g_auto(KwHid) labels = H5Dopen2(file, dataset, H5P_DEFAULT);

	assert_true(kw_h5_write_rows(labels, type, k, 1, value));
}

static void
refuses_labels_that_are_no_class(void **state)
{
	const gint32 bad[] = { 2, -1, G_MAXINT32 };
	g_autofree char *path = written(state, "label.h5");

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		GError *error = NULL;

		put_value(path, "/train/labels", 5, H5T_NATIVE_INT32, &bad[i]);
		g_autoptr(KwDataset) d = kw_dataset_open(path, &error);
		test_assert_no_error(error);
		g_autoptr(KwRecords) good =
			kw_dataset_read_records(d, KW_TRAIN, 0, 5, &error);
		test_assert_no_error(error);
		assert_null(kw_dataset_read_records(d, KW_TRAIN, 4, 2, &error));
		test_assert_error(&error, KW_ERROR_FORMAT,
				  "of record 5 in /train is no class");
	}
}

static void
refuses_a_source_that_is_not_utf8(void **state)
{
	g_autofree char *path = written(state, "source.h5");
	g_auto(KwHid) type = kw_h5_string_type(4);
	GError *error = NULL;

	put_value(path, "/val/sources", 1, type,
		  "a\xe9"
		  "b");
	g_autoptr(KwDataset) d = kw_dataset_open(path, &error);
	test_assert_no_error(error);
	assert_null(kw_dataset_read_records(d, KW_VAL, 0, 3, &error));
	test_assert_error(&error, KW_ERROR_FORMAT, "cannot read /val/sources");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_a_missing_file_and_a_folder),
		cmocka_unit_test(refuses_what_is_not_hdf5),
		cmocka_unit_test(refuses_a_file_cut_anywhere),
		cmocka_unit_test(finds_a_changed_pixel),
		cmocka_unit_test(finds_a_file_cut_while_it_is_read),
		cmocka_unit_test(refuses_labels_that_are_no_class),
		cmocka_unit_test(refuses_a_source_that_is_not_utf8),
	};

	return cmocka_run_group_tests_name("dataset_bytes", tests,
					   test_dir_setup,
					   test_dir_teardown) != 0;
}
