/* Which images are extracted, where to, and what a hostile dataset can do. */
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "info/extract.h"
#include "kw/error.h"
#include "kw/image.h"
#include "tests/support/kwdata.h"

static char *dir;

static char *
path_to(const char *name)
{
	return g_build_filename(dir, name, NULL);
}

static KwDataset *
open_ok(const char *path)
{
	GError *error = NULL;
	KwDataset *dataset = kw_dataset_open(path, &error);

	test_assert_no_error(error);
	return dataset;
}

/* A sound dataset: 7, 3 and 0 records, of which every third is an original. */
static KwDataset *
open_sample(void)
{
	g_autofree char *path = path_to("sample.h5");

	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		test_dataset_write(path,
				   &(TestDataset){ .counts = { 7, 3, 0 } });
	return open_ok(path);
}

/* ---- selections */

static gboolean
parse(InfoSelection *selection, const char *text)
{
	GError *error = NULL;
	gboolean ok = info_selection_parse(selection, text, &error);

	test_assert_no_error(error);
	return ok;
}

/* "train/0 train/1 ..." of what a selection means in the sample. */
static char *
selected(const char *text, GError **error)
{
	g_autoptr(KwDataset) dataset = open_sample();
	g_autoptr(GPtrArray) targets = NULL;
	GString *list = g_string_new(NULL);
	InfoSelection selection;

	parse(&selection, text);
	targets = info_extract_plan(dataset, &selection, "/x", error);
	for (guint i = 0; targets != NULL && i < targets->len; i++) {
		const InfoTarget *target = targets->pdata[i];

		g_string_append_printf(list, "%s%s/%zu", i > 0 ? " " : "",
				       kw_split_names[target->split],
				       target->index);
	}
	return g_string_free(list, FALSE);
}

static void
selections_mean_what_they_say(void **state)
{
	static const char *const cases[][2] = {
		{ "all", "train/0 train/1 train/2 train/3 train/4 train/5 "
			 "train/6 val/0 val/1 val/2" },
		{ "val", "val/0 val/1 val/2" },
		{ "train/0", "train/0" },
		{ "train/6", "train/6" },
		{ "train/2-4", "train/2 train/3 train/4" },
		{ "val/0-2", "val/0 val/1 val/2" },
	};

	(void)state;
	for (gsize k = 0; k < G_N_ELEMENTS(cases); k++) {
		GError *error = NULL;
		g_autofree char *list = selected(cases[k][0], &error);

		test_assert_no_error(error);
		assert_string_equal(list, cases[k][1]);
	}
}

static void
photos_are_found_by_id_and_source(void **state)
{
	g_autoptr(KwDataset) dataset = open_sample();
	GError *error = NULL;
	g_autoptr(KwRecords) records =
		kw_dataset_read_records(dataset, KW_VAL, 1, 1, &error);
	g_autofree char *id = g_strdup_printf("0x%" G_GINT64_MODIFIER "X",
					      records->record_ids[0]);
	g_autofree char *by_id = selected(id, &error);
	g_autofree char *by_source = selected(records->sources[0], &error);

	(void)state;
	test_assert_no_error(error);
	assert_string_equal(by_id, "val/1");
	assert_string_equal(by_source, "val/1");
}

static void
selections_without_records_say_so(void **state)
{
	static const char *const cases[][2] = {
		{ "test", "has no records: test" },
		{ "test/0", "/test holds 0" },
		{ "train/7", "no record train/7: /train holds 7" },
		{ "train/5-7", "no record train/5-7" },
		{ "0x1", "has no records: 0x1" },
		{ "trian/0-9", "no record with the source 'trian/0-9'" },
		{ "", "no record with the source ''" },
		{ "train/", "no record with the source 'train/'" },
		{ "train/-1", "no record with the source" },
		{ "0xyz", "no record with the source" },
	};

	(void)state;
	for (gsize k = 0; k < G_N_ELEMENTS(cases); k++) {
		GError *error = NULL;

		g_free(selected(cases[k][0], &error));
		test_assert_error(&error, KW_ERROR_INPUT, cases[k][1]);
	}
}

static void
ranges_that_cannot_be_are_usage_errors(void **state)
{
	InfoSelection selection;
	GError *error = NULL;

	(void)state;
	assert_false(info_selection_parse(&selection, "train/5-2", &error));
	test_assert_error(&error, KW_ERROR_USAGE, "ends before it begins");
	assert_false(info_selection_parse(&selection,
					  "val/99999999999999999999", &error));
	test_assert_error(&error, KW_ERROR_USAGE, "too large");
}

/* ---- files */

/* Extract all of a dataset to a folder. */
static InfoExtracted *
extract(const KwDataset *dataset, const char *folder, gboolean force,
	GError **error)
{
	g_autoptr(InfoExtracted) extracted = info_extracted_new();
	g_autoptr(GPtrArray) targets = NULL;
	InfoSelection selection;

	parse(&selection, "all");
	targets = info_extract_plan((KwDataset *)dataset, &selection, folder,
				    error);
	if (targets == NULL ||
	    !info_extract(dataset, targets, force, 2, extracted, NULL, error))
		return NULL;
	return g_steal_pointer(&extracted);
}

static void
files_hold_the_pixels_of_their_records(void **state)
{
	g_autoptr(KwDataset) dataset = open_sample();
	g_autofree char *folder = path_to("pixels");
	GError *error = NULL;
	g_autoptr(InfoExtracted) extracted =
		extract(dataset, folder, FALSE, &error);
	g_autoptr(GPtrArray) targets = NULL;
	const KwImageRequest request = { .height = 5,
					 .width = 4,
					 .channels = 3,
					 .max_pixels = 20 };
	InfoSelection selection;

	(void)state;
	test_assert_no_error(error);
	assert_int_equal(extracted->written, 10);
	parse(&selection, "all");
	targets = info_extract_plan(dataset, &selection, folder, &error);
	for (guint i = 0; i < targets->len; i++) {
		const InfoTarget *target = targets->pdata[i];
		guint8 file[5 * 4 * 3], pixels[5 * 4 * 3];

		kw_image_load(target->path, &request, file, NULL, &error);
		test_assert_no_error(error);
		kw_dataset_read_images(dataset, target->split, target->index, 1,
				       pixels, &error);
		test_assert_no_error(error);
		assert_memory_equal(file, pixels, sizeof file);
	}
}

static void
existing_files_stay_unless_forced(void **state)
{
	g_autoptr(KwDataset) dataset = open_sample();
	g_autofree char *folder = path_to("existing");
	GError *error = NULL;
	g_autoptr(InfoExtracted) first =
		extract(dataset, folder, FALSE, &error);

	(void)state;
	test_assert_no_error(error);
	assert_null(extract(dataset, folder, FALSE, &error));
	test_assert_error(&error, KW_ERROR_USAGE, "exists already");
	g_autoptr(InfoExtracted) again = extract(dataset, folder, TRUE, &error);
	test_assert_no_error(error);
	assert_int_equal(again->written, 10);
}

static void
one_existing_file_keeps_all_from_being_written(void **state)
{
	g_autoptr(KwDataset) dataset = open_sample();
	g_autofree char *folder = path_to("one");
	g_autofree char *train = path_to("one/train");
	g_autoptr(GPtrArray) targets = NULL;
	InfoSelection selection;
	GError *error = NULL;

	(void)state;
	parse(&selection, "all");
	targets = info_extract_plan(dataset, &selection, folder, &error);
	const InfoTarget *last = targets->pdata[targets->len - 1];
	g_autofree char *parent = g_path_get_dirname(last->path);
	assert_int_equal(g_mkdir_with_parents(parent, 0777), 0);
	/* A link to nothing is a name that is taken, too. */
	assert_int_equal(symlink("nowhere", last->path), 0);
	assert_null(extract(dataset, folder, FALSE, &error));
	test_assert_error(&error, KW_ERROR_USAGE, "exists already");
	assert_false(g_file_test(train, G_FILE_TEST_EXISTS));
}

/* ---- datasets that mean no good */

static const char *const hostile_classes[] = { "..",   ".",     "",
					       "a/b",  "a_b",   "\n",
					       "x.h5", "../up", NULL };
static const char *const hostile_sources[] = {
	"../../../escape.jpg",
	"/escape.jpg",
	"..",
	".",
	"",
	"/",
	"same.jpg",
	"same.png",
	"SAME.jpg",
	"\033[2J.jpg",
	"..//../..",
	"a/../../b.jpg",
	"-c1",
	"x\ny.jpg",
};

static void
write_hostile(const char *path)
{
	const TestDataset set = { .counts = { 1, 0, 0 } };
	const gsize n_classes = g_strv_length((char **)hostile_classes);
	const gsize n = n_classes * G_N_ELEMENTS(hostile_sources);
	const gsize counts[KW_N_SPLITS] = { n, n, 0 };
	g_autoptr(KwDatasetInfo) info = test_info_new(&set);
	g_autofree guint8 *pixels = test_pixels_new(&set, KW_TRAIN, 0, n);
	g_autoptr(KwRecords) r = kw_records_new(n, 0);
	GError *error = NULL;
	g_autoptr(KwOutfile) out = kw_outfile_new(path, FALSE, &error);

	test_assert_no_error(error);
	g_strfreev(info->class_names);
	info->class_names = g_strdupv((char **)hostile_classes);
	for (gsize i = 0; i < n; i++) {
		gsize k = i % G_N_ELEMENTS(hostile_sources);

		r->labels[i] = (gint32)(i / G_N_ELEMENTS(hostile_sources));
		r->sources[i] = g_strdup(hostile_sources[k]);
		r->copies[i] = k == 12 ? 0 : (gint32)(i % 2);
		r->checksums[i] = kw_checksum(pixels + i * 60, 60);
	}
	g_autoptr(KwDatasetWriter) writer =
		kw_dataset_create(out, info, counts, 64, &error);
	test_assert_no_error(error);
	kw_dataset_append(writer, KW_TRAIN, r, pixels, &error);
	test_assert_no_error(error);
	kw_dataset_append(writer, KW_VAL, r, pixels, &error);
	test_assert_no_error(error);
	kw_dataset_finish(writer, &error);
	test_assert_no_error(error);
	kw_outfile_commit(out, &error);
	test_assert_no_error(error);
}

static int n_files, n_other;

static int
count_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	if (type == FTW_F && ftw->level == 3 && st->st_size > 0 &&
	    g_str_has_suffix(path, ".png"))
		n_files++;
	else if (type != FTW_D)
		n_other++;
	return 0;
}

static void
hostile_names_stay_inside_and_apart(void **state)
{
	g_autofree char *path = path_to("hostile.h5");
	g_autofree char *above = path_to("above");
	g_autofree char *folder = path_to("above/folder");
	GError *error = NULL;
	g_autoptr(KwDataset) dataset = NULL;
	g_autoptr(InfoExtracted) extracted = NULL;
	g_autoptr(GDir) entries = NULL;
	int expected = 2 * 8 * G_N_ELEMENTS(hostile_sources);

	(void)state;
	write_hostile(path);
	dataset = open_ok(path);
	/* With -f, so that nothing but different names keeps them apart. */
	extracted = extract(dataset, folder, TRUE, &error);
	test_assert_no_error(error);
	assert_int_equal(extracted->written, expected);
	n_files = n_other = 0;
	assert_int_equal(nftw(folder, count_entry, 16, FTW_PHYS), 0);
	assert_int_equal(n_files, expected);
	assert_int_equal(n_other, 0);
	entries = g_dir_open(above, 0, NULL);
	assert_string_equal(g_dir_read_name(entries), "folder");
	assert_null(g_dir_read_name(entries));
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selections_mean_what_they_say),
		cmocka_unit_test(photos_are_found_by_id_and_source),
		cmocka_unit_test(selections_without_records_say_so),
		cmocka_unit_test(ranges_that_cannot_be_are_usage_errors),
		cmocka_unit_test(files_hold_the_pixels_of_their_records),
		cmocka_unit_test(existing_files_stay_unless_forced),
		cmocka_unit_test(
			one_existing_file_keeps_all_from_being_written),
		cmocka_unit_test(hostile_names_stay_inside_and_apart),
	};
	int failed;

	(void)argc;
	if (!kw_image_start(argv[0], NULL))
		return 1;
	dir = test_dir_new();
	failed = cmocka_run_group_tests_name("info_extract", tests, NULL, NULL);
	test_dir_remove(dir);
	kw_image_stop();
	return failed != 0;
}
