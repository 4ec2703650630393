/*
 * Files that are not a sound kw dataset: each is a sound one with one thing
 * changed, and is refused with a message that says what.
 */
#include <math.h>

#include "kw/error.h"
#include "lib/h5.h"
#include "tests/support/kwdata.h"

static const TestDataset sound = { .counts = { 7, 3, 2 }, .augmented = TRUE };

/* ---- one change each; `file` is open for writing */

typedef struct {
	const char *name;
	void (*damage)(hid_t file);
	const char *message;
} Case;

static void
put_string(hid_t file, const char *name, const char *value)
{
	H5Adelete(file, name);
	assert_true(kw_h5_set_string(file, name, value));
}

static void
put_int(hid_t file, const char *name, gint32 value)
{
	H5Adelete(file, name);
	assert_true(kw_h5_set_scalar(file, name, H5T_STD_I32LE,
				     H5T_NATIVE_INT32, &value));
}

static void
put_floats(hid_t file, const char *name, float a, float b, float c, gsize n)
{
	const float values[] = { a, b, c };

	H5Adelete(file, name);
	assert_true(kw_h5_set_numbers(file, name, H5T_IEEE_F32LE,
				      H5T_NATIVE_FLOAT, values, n));
}

static void
put_size(hid_t file, gint32 h, gint32 w, gint32 c)
{
	const gint32 size[] = { h, w, c };

	H5Adelete(file, "image_size");
	assert_true(kw_h5_set_numbers(file, "image_size", H5T_STD_I32LE,
				      H5T_NATIVE_INT32, size, 3));
}

static void
put_classes(hid_t file, const char *a, const char *b, gsize n)
{
	const char *const names[] = { a, b };

	H5Adelete(file, "class_names");
	assert_true(kw_h5_set_strings(file, "class_names", names, n));
}

/* Another dataset under the name, its bytes zero. */
static void
put_dataset(hid_t file, const char *path, hid_t type, int rank,
	    const hsize_t *dims, hid_t creation)
{
	g_auto(KwHid) space = H5Screate_simple(rank, dims, NULL);
	g_auto(KwHid) dataset = H5I_INVALID_HID;

	assert_true(H5Ldelete(file, path, H5P_DEFAULT) >= 0);
	H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY);
	dataset = H5Dcreate2(file, path, type, space, H5P_DEFAULT, creation,
			     H5P_DEFAULT);
	assert_true(dataset >= 0);
}

static void
put_plain(hid_t file, const char *path, hid_t type, int rank, hsize_t d0,
	  hsize_t d1, hsize_t d2, hsize_t d3)
{
	const hsize_t dims[] = { d0, d1, d2, d3 };
	g_auto(KwHid) creation = H5Pcreate(H5P_DATASET_CREATE);

	put_dataset(file, path, type, rank, dims, creation);
}

static void
other_format(hid_t file)
{
	put_string(file, "format", "kw-model");
}

static void
no_format(hid_t file)
{
	H5Adelete(file, "format");
}

static void
other_version(hid_t file)
{
	put_int(file, "format_version", 2);
}

static void
version_as_text(hid_t file)
{
	put_string(file, "format_version", "1");
}

static void
no_height(hid_t file)
{
	put_size(file, 0, 4, 3);
}

static void
two_channels(hid_t file)
{
	put_size(file, 5, 4, 2);
}

static void
other_size(hid_t file)
{
	put_size(file, 5, 5, 3);
}

static void
huge_size(hid_t file)
{
	put_size(file, 65536, 4, 3);
}

static void
same_class_twice(hid_t file)
{
	put_classes(file, "cat", "cat", 2);
}

static void
no_classes(hid_t file)
{
	put_classes(file, NULL, NULL, 0);
}

static void
class_not_utf8(hid_t file)
{
	put_classes(file, "cat", "d\xf6g", 2);
}

static void
other_standardize(hid_t file)
{
	put_string(file, "standardize", "whiten");
}

static void
scale_not_a_number(hid_t file)
{
	put_floats(file, "scale", 1, NAN, 1, 3);
}

static void
offset_infinite(hid_t file)
{
	put_floats(file, "offset", 0, 0, -INFINITY, 3);
}

static void
scale_too_short(hid_t file)
{
	put_floats(file, "scale", 1, 1, 1, 2);
}

static void
no_seed(hid_t file)
{
	H5Adelete(file, "seed");
}

static void
settings_not_utf8(hid_t file)
{
	put_string(file, "settings", "fit=\xff\n");
}

static void
set_id_as_text(hid_t file)
{
	put_string(file, "set_id", "7");
}

static void
no_group(hid_t file)
{
	H5Ldelete(file, "/val", H5P_DEFAULT);
}

static void
dataset_for_group(hid_t file)
{
	put_plain(file, "/val", H5T_STD_I32LE, 1, 3, 0, 0, 0);
}

static void
no_labels(hid_t file)
{
	H5Ldelete(file, "/train/labels", H5P_DEFAULT);
}

static void
no_checksums(hid_t file)
{
	H5Ldelete(file, "/test/checksums", H5P_DEFAULT);
}

static void
group_for_dataset(hid_t file)
{
	H5Ldelete(file, "/train/copies", H5P_DEFAULT);
	g_auto(KwHid) group = kw_h5_create_group(file, "/train/copies");

	assert_true(group >= 0);
}

static void
labels_of_rank_two(hid_t file)
{
	put_plain(file, "/train/labels", H5T_STD_I32LE, 2, 7, 1, 0, 0);
}

static void
labels_of_rank_zero(hid_t file)
{
	put_plain(file, "/train/labels", H5T_STD_I32LE, 0, 0, 0, 0, 0);
}

static void
labels_as_floats(hid_t file)
{
	put_plain(file, "/train/labels", H5T_IEEE_F32LE, 1, 7, 0, 0, 0);
}

static void
labels_of_64_bits(hid_t file)
{
	put_plain(file, "/train/labels", H5T_STD_I64LE, 1, 7, 0, 0, 0);
}

static void
more_labels_than_records(hid_t file)
{
	put_plain(file, "/train/labels", H5T_STD_I32LE, 1, 8, 0, 0, 0);
}

static void
signed_ids(hid_t file)
{
	put_plain(file, "/train/record_ids", H5T_STD_I64LE, 1, 7, 0, 0, 0);
}

static void
one_copy_missing(hid_t file)
{
	put_plain(file, "/train/copies", H5T_STD_I32LE, 1, 6, 0, 0, 0);
}

static void
images_of_16_bits(hid_t file)
{
	put_plain(file, "/train/images", H5T_STD_U16LE, 4, 7, 5, 4, 3);
}

static void
images_turned(hid_t file)
{
	put_plain(file, "/train/images", H5T_STD_U8LE, 4, 7, 4, 5, 3);
}

static void
sources_of_any_length(hid_t file)
{
	g_auto(KwHid) type = kw_h5_string_type(H5T_VARIABLE);

	put_plain(file, "/train/sources", type, 1, 7, 0, 0, 0);
}

static void
sources_as_numbers(hid_t file)
{
	put_plain(file, "/train/sources", H5T_STD_I32LE, 1, 7, 0, 0, 0);
}

static void
images_in_chunks(hid_t file)
{
	const hsize_t dims[] = { 7, 5, 4, 3 }, chunk[] = { 1, 5, 4, 3 };
	g_auto(KwHid) creation = H5Pcreate(H5P_DATASET_CREATE);

	H5Pset_chunk(creation, 4, chunk);
	put_dataset(file, "/train/images", H5T_STD_U8LE, 4, dims, creation);
}

static void
labels_compressed(hid_t file)
{
	const hsize_t dims[] = { 7 };
	g_auto(KwHid) creation = H5Pcreate(H5P_DATASET_CREATE);

	H5Pset_chunk(creation, 1, dims);
	H5Pset_deflate(creation, 1);
	put_dataset(file, "/train/labels", H5T_STD_I32LE, 1, dims, creation);
}

static void
images_in_another_file(hid_t file)
{
	const hsize_t dims[] = { 7, 5, 4, 3 };
	g_auto(KwHid) creation = H5Pcreate(H5P_DATASET_CREATE);

	H5Pset_external(creation, "/etc/passwd", 0, 7 * 60);
	put_dataset(file, "/train/images", H5T_STD_U8LE, 4, dims, creation);
}

static void
images_virtual(hid_t file)
{
	const hsize_t dims[] = { 7, 5, 4, 3 };
	g_auto(KwHid) space = H5Screate_simple(4, dims, NULL);
	g_auto(KwHid) creation = H5Pcreate(H5P_DATASET_CREATE);

	H5Pset_virtual(creation, space, "other.h5", "/images", space);
	put_dataset(file, "/train/images", H5T_STD_U8LE, 4, dims, creation);
}

/* Space is never set aside for the pixels. */
static void
images_not_written(hid_t file)
{
	const hsize_t dims[] = { 7, 5, 4, 3 };
	g_auto(KwHid) space = H5Screate_simple(4, dims, NULL);
	g_auto(KwHid) dataset = H5I_INVALID_HID;

	H5Ldelete(file, "/train/images", H5P_DEFAULT);
	dataset = H5Dcreate2(file, "/train/images", H5T_STD_U8LE, space,
			     H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
	assert_true(dataset >= 0);
}

static void
labels_through_soft_link(hid_t file)
{
	H5Lmove(file, "/train/labels", file, "/hidden", H5P_DEFAULT,
		H5P_DEFAULT);
	assert_true(H5Lcreate_soft("/hidden", file, "/train/labels",
				   H5P_DEFAULT, H5P_DEFAULT) >= 0);
}

static void
labels_through_external_link(hid_t file)
{
	H5Ldelete(file, "/train/labels", H5P_DEFAULT);
	assert_true(H5Lcreate_external("other.h5", "/train/labels", file,
				       "/train/labels", H5P_DEFAULT,
				       H5P_DEFAULT) >= 0);
}

static void
group_through_external_link(hid_t file)
{
	H5Ldelete(file, "/val", H5P_DEFAULT);
	assert_true(H5Lcreate_external("other.h5", "/val", file, "/val",
				       H5P_DEFAULT, H5P_DEFAULT) >= 0);
}

static void
transforms_without_columns(hid_t file)
{
	assert_true(H5Adelete_by_name(file, "/train/transforms", "columns",
				      H5P_DEFAULT) >= 0);
}

static void
transforms_in_one_split(hid_t file)
{
	H5Ldelete(file, "/test/transforms", H5P_DEFAULT);
}

static void
transforms_too_narrow(hid_t file)
{
	const char *const columns[] = { "angle", "zoom" };

	put_plain(file, "/val/transforms", H5T_IEEE_F32LE, 2, 3, 1, 0, 0);
	g_auto(KwHid) dataset = H5Dopen2(file, "/val/transforms", H5P_DEFAULT);
	assert_true(kw_h5_set_strings(dataset, "columns", columns, 2));
}

static void
columns_that_differ(hid_t file)
{
	const char *const columns[] = { "zoom", "angle" };
	g_auto(KwHid) dataset = H5Dopen2(file, "/val/transforms", H5P_DEFAULT);

	H5Adelete(dataset, "columns");
	assert_true(kw_h5_set_strings(dataset, "columns", columns, 2));
}

#define CASE(damage, message)                                                  \
	{                                                                      \
#damage, damage, message                                       \
	}
static const Case cases[] = {
	CASE(other_format, "is HDF5 but not a kw dataset"),
	CASE(no_format, "is HDF5 but not a kw dataset"),
	CASE(other_version, "of version 2, and this program reads version 1"),
	CASE(version_as_text, "no format_version"),
	CASE(no_height, "bad image_size"),
	CASE(two_channels, "bad image_size"),
	CASE(huge_size, "bad image_size"),
	CASE(other_size, "bad /train/images"),
	CASE(same_class_twice, "bad class_names"),
	CASE(no_classes, "bad class_names"),
	CASE(class_not_utf8, "bad class_names"),
	CASE(other_standardize, "unknown standardize"),
	CASE(scale_not_a_number, "scale or offset is missing or not finite"),
	CASE(offset_infinite, "scale or offset is missing or not finite"),
	CASE(scale_too_short, "scale or offset is missing or not finite"),
	CASE(no_seed, "no fit, seed, settings or generator"),
	CASE(settings_not_utf8, "no fit, seed, settings or generator"),
	CASE(set_id_as_text, "bad set_id"),
	CASE(no_group, "no group /val"),
	CASE(dataset_for_group, "no group /val"),
	CASE(group_through_external_link, "no group /val"),
	CASE(no_labels, "bad /train/labels"),
	CASE(no_checksums, "bad /test/checksums"),
	CASE(group_for_dataset, "bad /train/copies"),
	CASE(labels_of_rank_two, "bad /train/labels"),
	CASE(labels_of_rank_zero, "bad /train/labels"),
	CASE(labels_as_floats, "bad /train/labels"),
	CASE(labels_of_64_bits, "bad /train/labels"),
	CASE(labels_compressed, "bad /train/labels"),
	CASE(labels_through_soft_link, "bad /train/labels"),
	CASE(labels_through_external_link, "bad /train/labels"),
	CASE(more_labels_than_records, "bad /train/sources"),
	CASE(sources_of_any_length, "bad /train/sources"),
	CASE(sources_as_numbers, "bad /train/sources"),
	CASE(signed_ids, "bad /train/record_ids"),
	CASE(one_copy_missing, "bad /train/copies"),
	CASE(images_of_16_bits, "bad /train/images"),
	CASE(images_turned, "bad /train/images"),
	CASE(images_in_chunks, "bad /train/images"),
	CASE(images_in_another_file, "bad /train/images"),
	CASE(images_virtual, "bad /train/images"),
	CASE(images_not_written, "bad /train/images"),
	CASE(transforms_without_columns, "bad transform columns in /train"),
	CASE(transforms_in_one_split, "bad transform columns in /test"),
	CASE(transforms_too_narrow, "bad /val/transforms"),
	CASE(columns_that_differ, "bad transform columns in /val"),
};

/* *state is the Case */
static void
refuses(void **state)
{
	const Case *c = *state;
	g_autofree char *dir = test_dir_new();
	g_autofree char *path = g_build_filename(dir, "damaged.h5", NULL);
	hid_t file;

	test_dataset_write(path, &sound);
	file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
	assert_true(file >= 0);
	c->damage(file);
	assert_true(H5Fclose(file) >= 0);
	test_dataset_refused(path, KW_ERROR_FORMAT, c->message);
	test_dir_remove(g_steal_pointer(&dir));
}

int
main(void)
{
	struct CMUnitTest tests[G_N_ELEMENTS(cases)] = { 0 };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		tests[i].name = cases[i].name;
		tests[i].test_func = refuses;
		tests[i].initial_state = (void *)&cases[i];
	}
	kw_h5_start();
	return cmocka_run_group_tests_name("dataset_damage", tests, NULL,
					   NULL) != 0;
}
