#include "tests/support/kwtest.h"

#include <string.h>

#include "kw/random.h"
#include "kw/record.h"
#include "prep/duplicates.h"
#include "prep/known.h"
#include "prep/leakage.h"
#include "tests/support/photos.h"

enum { SIDE = 32, SIZE = SIDE * SIDE * 3, MOST = 8 };

/* A record of a dataset; photos of one `picture` have the same pixels, up to
 * `noise` levels. */
typedef struct {
	KwSplit split;
	int label;
	guint64 id, group;
	int picture, noise;
} Row;

/* Blocks of gray that differ from picture to picture. */
static void
draw(guint8 pixels[SIZE], const Row *row)
{
	for (int i = 0; i < SIZE; i++) {
		int x = i / 3 % SIDE / 4, y = i / 3 / SIDE / 4;
		KwRandomKey key = { .seed = 1,
				    .subject = (guint64)(row->picture * 64 +
							 y * 8 + x),
				    .purpose = KW_PURPOSE_SPLIT };
		int value = (int)kw_random_between(&key, 0, 40, 200);

		pixels[i] =
			(guint8)(value + (i * 7 % 11 == 0 ? row->noise : 0));
	}
}

static KwDatasetInfo *
info_new(void)
{
	static const char *const names[] = { "cat", "dog", NULL };
	KwDatasetInfo *info = kw_dataset_info_new();

	info->height = info->width = SIDE;
	info->channels = 3;
	info->class_names = g_strdupv((GStrv)names);
	info->fit = g_strdup("stretch");
	info->settings = g_strdup("");
	info->generator = g_strdup("test");
	return info;
}

static void
append(KwDatasetWriter *writer, const Row *row)
{
	g_autoptr(KwRecords) record = kw_records_new(1, 0);
	guint8 pixels[SIZE];
	GError *error = NULL;

	draw(pixels, row);
	record->labels[0] = row->label;
	record->record_ids[0] = row->id;
	record->group_ids[0] = row->group;
	record->checksums[0] = kw_checksum(pixels, SIZE);
	record->sources[0] = g_strdup("x");
	kw_dataset_append(writer, row->split, record, pixels, &error);
	test_assert_no_error(error);
}

/* Rows are in the order of their splits. */
static char *
write_rows(const char *dir, const Row *rows, int n)
{
	char *path = g_build_filename(dir, "d.h5", NULL);
	gsize counts[KW_N_SPLITS] = { 0 };
	GError *error = NULL;
	g_autoptr(KwOutfile) out = kw_outfile_new(path, TRUE, &error);
	g_autoptr(KwDatasetInfo) info = info_new();

	for (int i = 0; i < n; i++)
		counts[rows[i].split]++;
	g_autoptr(KwDatasetWriter) writer =
		kw_dataset_create(out, info, counts, 1, &error);
	test_assert_no_error(error);
	for (int i = 0; i < n; i++)
		append(writer, &rows[i]);
	kw_dataset_finish(writer, &error);
	kw_outfile_commit(out, &error);
	test_assert_no_error(error);
	return path;
}

static void
leaks_are(const char *dir, const Row *rows, int n, int bits, gsize groups,
	  gsize equal, gsize near)
{
	g_autofree char *path = write_rows(dir, rows, n);
	GError *error = NULL;
	g_autoptr(KwDataset) dataset = kw_dataset_open(path, &error);
	Leakage leakage = { 99, 99, 99 };

	test_assert_no_error(error);
	leakage_check(dataset, bits, 2, NULL, &leakage, &error);
	test_assert_no_error(error);
	assert_int_equal(leakage.groups, groups);
	assert_int_equal(leakage.equal, equal);
	assert_int_equal(leakage.near, near);
}

static void
finds_nothing_where_nothing_is_shared(void **state)
{
	static const Row rows[] = {
		{ KW_TRAIN, 0, 1, 1, 1, 0 }, { KW_TRAIN, 1, 2, 1, 1, 0 },
		{ KW_TRAIN, 0, 3, 3, 3, 0 }, { KW_TRAIN, 0, 4, 3, 3, 1 },
		{ KW_VAL, 0, 5, 5, 5, 0 },   { KW_TEST, 1, 6, 6, 6, 0 },
	};

	leaks_are(*state, rows, G_N_ELEMENTS(rows), 4, 0, 0, 0);
}

static void
counts_groups_once_in_however_many_splits(void **state)
{
	static const Row rows[] = {
		{ KW_TRAIN, 0, 1, 7, 1, 0 }, { KW_TRAIN, 0, 2, 7, 2, 0 },
		{ KW_TRAIN, 0, 3, 8, 3, 0 }, { KW_VAL, 0, 4, 7, 4, 0 },
		{ KW_TEST, 0, 5, 7, 5, 0 },  { KW_TEST, 0, 6, 8, 6, 0 },
	};

	leaks_are(*state, rows, G_N_ELEMENTS(rows), 4, 2, 0, 0);
}

static void
counts_equal_pictures_of_any_class(void **state)
{
	static const Row rows[] = {
		{ KW_TRAIN, 0, 1, 1, 1, 0 }, { KW_TRAIN, 0, 2, 2, 2, 0 },
		{ KW_VAL, 1, 3, 3, 1, 0 },   { KW_TEST, 0, 4, 4, 1, 0 },
		{ KW_TEST, 0, 5, 5, 2, 0 },
	};

	leaks_are(*state, rows, G_N_ELEMENTS(rows), 4, 0, 2, 0);
	leaks_are(*state, rows, G_N_ELEMENTS(rows), NEAR_OFF, 0, 2, 0);
}

static void
counts_near_pictures_of_any_class(void **state)
{
	static const Row rows[] = {
		{ KW_TRAIN, 0, 1, 1, 1, 0 }, { KW_TRAIN, 0, 2, 2, 2, 0 },
		{ KW_VAL, 0, 3, 3, 1, 2 },   { KW_VAL, 1, 4, 4, 2, 2 },
		{ KW_TEST, 0, 5, 5, 1, 1 },
	};

	leaks_are(*state, rows, G_N_ELEMENTS(rows), 4, 0, 0, 2);
	leaks_are(*state, rows, G_N_ELEMENTS(rows), NEAR_OFF, 0, 0, 0);
}

/* ---- splits that are kept */

static void
pins_known_photos_then_known_groups(void **state)
{
	static const Row rows[] = {
		{ KW_TRAIN, 0, 1, 10, 1, 0 },
		{ KW_VAL, 0, 2, 20, 2, 0 },
		{ KW_TEST, 0, 3, 30, 3, 0 },
		{ KW_TEST, 0, 1, 10, 4, 0 }, /* the first split counts */
	};
	g_autofree char *path = write_rows(*state, rows, G_N_ELEMENTS(rows));
	GError *error = NULL;
	g_autoptr(Known) known = known_new(path, &error);
	void *fixture;
	Photos *f;
	Photo *photo;

	test_assert_no_error(error);
	photos_setup(&fixture);
	f = fixture;
	for (guint i = 0; i < 5; i++) {
		photo = photos_add(f, "x", 0);
		photo->id = i; /* 0 and 4 are new */
		photo->group = i == 4 ? 30 : 99;
	}
	((Photo *)f->photos->pdata[3])->pinned = KW_TRAIN;
	known_pin_photos(known, f->photos);
	known_pin_groups(known, f->photos);
	photo = f->photos->pdata[0];
	assert_int_equal(photo->pinned, KW_N_SPLITS);
	photo = f->photos->pdata[1];
	assert_int_equal(photo->pinned, KW_TRAIN);
	photo = f->photos->pdata[2];
	assert_int_equal(photo->pinned, KW_VAL);
	photo = f->photos->pdata[3];
	assert_int_equal(photo->pinned, KW_TRAIN);
	photo = f->photos->pdata[4];
	assert_int_equal(photo->pinned, KW_TEST);
	assert_int_equal(strlen(known_digest(known)), 16);
	photos_teardown(&fixture);
}

#define in_a_folder(test)                                                      \
	cmocka_unit_test_setup_teardown(test, test_dir_setup, test_dir_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_folder(finds_nothing_where_nothing_is_shared),
		in_a_folder(counts_groups_once_in_however_many_splits),
		in_a_folder(counts_equal_pictures_of_any_class),
		in_a_folder(counts_near_pictures_of_any_class),
		in_a_folder(pins_known_photos_then_known_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
