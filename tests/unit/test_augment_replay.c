/* Augmented datasets made again of their originals and transforms. */
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "augment/make.h"
#include "kw/error.h"
#include "kw/image.h"
#include "tests/support/augmentdata.h"

enum { N_TRAIN = 37, SIZE = 12 * 17 * 3 };

/* The small dataset, and what the recipe makes of it. */
typedef struct {
	const char *in, *made, *again;
	AugmentOptions replay; /* `made` from `in` to `again` */
} Files;

static Files
files_of(void **state, gboolean originals)
{
	Files f = { .in = augment_data_path(state, "in.h5"),
		    .made = augment_data_path(state, "made.h5"),
		    .again = augment_data_path(state, "again.h5") };
	AugmentOptions options = augment_data_options(f.in, f.made);

	g_remove(f.again);
	options.recipe.amount.originals = originals;
	augment_data_write(f.in, &augment_data_default);
	augment_data_make(&options);
	f.replay = augment_data_options(f.in, f.again);
	f.replay.replay = f.made;
	/* what was drawn counts, not what would be */
	f.replay.recipe = augment_recipe_default();
	f.replay.recipe.seed = 99;
	return f;
}

/* The report of a replay that works. */
static AugmentReport *
replay(const AugmentOptions *options)
{
	AugmentReport *report = augment_report_new();
	GError *error = NULL;

	augment_run(options, report, &error);
	test_assert_no_error(error);
	assert_true(report->replayed);
	return report;
}

static void
assert_refused(const AugmentOptions *options, gint code, const char *text)
{
	GError *error = NULL;

	assert_false(augment_data_run(options, &error));
	test_assert_error(&error, code, text);
}

/* ---- the same bytes */

static void
makes_the_same_bytes(void **state)
{
	Files f = files_of(state, TRUE);
	g_autoptr(AugmentReport) report = replay(&f.replay);

	augment_data_assert_same(f.again, f.made, TRUE);
	assert_int_equal(report->n_other, 0);
	assert_int_equal(report->total.before, N_TRAIN);
	assert_int_equal(report->total.after, 4 * N_TRAIN);
	assert_int_equal(report->counts[0].after, 4 * 19);
	f.replay.common.threads = 8;
	g_autoptr(AugmentReport) eight = replay(&f.replay);
	augment_data_assert_same(f.again, f.made, TRUE);
}

static void
makes_the_same_bytes_of_its_own_originals(void **state)
{
	Files f = files_of(state, TRUE);
	g_autoptr(AugmentReport) report = NULL;

	f.replay.input = f.made;
	report = replay(&f.replay);
	augment_data_assert_same(f.again, f.made, TRUE);
	assert_int_equal(report->n_other, 0);
	assert_int_equal(report->total.before, N_TRAIN);
}

/* Nothing but its originals counts of an augmented dataset. */
static void
makes_the_same_bytes_of_the_originals_of_another(void **state)
{
	Files f = files_of(state, TRUE);
	AugmentOptions other = augment_data_options(
		f.in, augment_data_path(state, "other.h5"));
	g_autoptr(AugmentReport) report = NULL;

	other.recipe.amount.copies = 1;
	other.recipe.seed = 8;
	augment_data_make(&other);
	f.replay.input = other.common.output;
	report = replay(&f.replay);
	assert_int_equal(report->n_other, 0);
	augment_data_assert_same(f.again, f.made, TRUE);
}

static void
makes_the_same_bytes_without_originals(void **state)
{
	Files f = files_of(state, FALSE);
	g_autoptr(AugmentReport) report = replay(&f.replay);

	augment_data_assert_same(f.again, f.made, TRUE);
	assert_int_equal(report->total.after, 3 * N_TRAIN);
}

static void
makes_the_same_bytes_from_shards(void **state)
{
	Files f = files_of(state, TRUE);
	AugmentOptions set =
		augment_data_options(f.in, augment_data_path(state, "set.h5"));
	g_autoptr(AugmentReport) of_input = NULL, of_itself = NULL;

	set.shards = 5;
	augment_data_make(&set);
	f.replay.replay = set.common.output;
	of_input = replay(&f.replay);
	augment_data_assert_same(f.again, f.made, TRUE);
	f.replay.input = set.common.output;
	of_itself = replay(&f.replay);
	augment_data_assert_same(f.again, f.made, TRUE);
}

static void
goes_into_shards(void **state)
{
	Files f = files_of(state, TRUE);
	g_autoptr(AugmentReport) report = NULL;

	f.replay.shards = 3;
	report = replay(&f.replay);
	assert_int_equal(report->shards, 3);
	augment_data_assert_equal(f.again, f.made);
}

/* ---- whatever the order of the records */

static void
originals_are_found_by_their_ids(void **state)
{
	Files f = files_of(state, TRUE);
	g_autoptr(KwDataset) input = augment_data_open(f.in);
	g_autoptr(KwDataset) made = augment_data_open(f.made);
	GError *error = NULL;
	g_autoptr(AugmentBlocks) blocks =
		augment_blocks_replay(input, made, 10, &error);
	g_autoptr(KwRecords) originals = augment_data_records(input, KW_TRAIN);
	AugmentBlock *next;
	gsize n = 0;

	test_assert_no_error(error);
	while ((next = augment_blocks_next(blocks, &error)) != NULL) {
		g_autoptr(AugmentBlock) block = next;

		assert_true(block->images->len <= 10);
		for (guint i = 0; i < block->images->len; i++) {
			const AugmentImage *image =
				&g_array_index(block->images, AugmentImage, i);

			if (block->split != KW_TRAIN)
				continue;
			assert_int_equal(image->output, n++);
			assert_int_equal(
				originals->record_ids[image->source],
				block->records->record_ids[image->row]);
		}
	}
	test_assert_no_error(error);
	assert_int_equal(n, 4 * N_TRAIN);
}

/* ---- what is refused */

static void
refuses_what_is_not_augmented(void **state)
{
	Files f = files_of(state, TRUE);

	f.replay.replay = f.in;
	assert_refused(&f.replay, KW_ERROR_INPUT,
		       "in.h5' cannot be replayed: it is not augmented");
	f.replay.dry_run = TRUE;
	assert_refused(&f.replay, KW_ERROR_INPUT, "not augmented");
}

static void
refuses_images_that_are_not_alike(void **state)
{
	static const struct {
		AugmentData data;
		const char *text;
	} others[] = {
		{ { .h = 17, .w = 12 }, "of another size" },
		{ { .w = 18 }, "of another size" },
		{ { .c = 1 }, "it is gray, and the dataset is not" },
		{ { .classes = "cat,cow" }, "other classes" },
		{ { .classes = "cat,dog,eel" }, "other classes" },
		{ { .classes = "dog,cat" }, "other classes" },
	};
	Files f = files_of(state, TRUE);

	for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
		AugmentOptions other = augment_data_options(
			augment_data_path(state, "other-in.h5"),
			augment_data_path(state, "other.h5"));

		augment_data_write(other.input, &others[i].data);
		augment_data_make(&other);
		f.replay.replay = other.common.output;
		assert_refused(&f.replay, KW_ERROR_INPUT, others[i].text);
	}
}

static void
refuses_gray_originals_of_what_had_colours(void **state)
{
	Files f = files_of(state, TRUE);

	augment_data_write(f.in, &(AugmentData){ .c = 1 });
	assert_refused(&f.replay, KW_ERROR_INPUT,
		       "the dataset is gray, and it is not");
}

static void
names_a_record_that_is_missing(void **state)
{
	Files f = files_of(state, TRUE);

	augment_data_write(f.in, &(AugmentData){ .without = 11 });
	assert_refused(&f.replay, KW_ERROR_INPUT,
		       "'cat/011.jpg' is no train record in");
	assert_false(g_file_test(f.again, G_FILE_TEST_EXISTS));
}

/* What was corrected since must not come back. */
static void
names_a_record_of_another_class_or_group(void **state)
{
	Files f = files_of(state, TRUE);

	augment_data_write(f.in, &(AugmentData){ .turn = 1 });
	assert_refused(&f.replay, KW_ERROR_INPUT, "' is of another class in");
	augment_data_write(f.in, &(AugmentData){ .group = 1 });
	assert_refused(&f.replay, KW_ERROR_INPUT, "' is of another group in");
}

/* Copies are no originals. */
static void
refuses_to_make_copies_of_copies(void **state)
{
	Files f = files_of(state, FALSE);

	f.replay.input = f.made;
	assert_refused(&f.replay, KW_ERROR_INPUT, "is no train record in");
}

/* Put `value` into a column of the first copy of record 0. */
static void
change_column(const Files *f, gsize column, float value)
{
	g_autoptr(KwDataset) made = augment_data_open(f->made);
	g_autoptr(KwRecords) r = augment_data_records(made, KW_TRAIN);
	float row[KW_N_TRANSFORM_COLUMNS], changed[KW_N_TRANSFORM_COLUMNS];

	memcpy(row, r->transforms + N_TRAIN * KW_N_TRANSFORM_COLUMNS,
	       sizeof row);
	memcpy(changed, row, sizeof row);
	changed[column] = value;
	augment_data_patch(f->made, row, changed, sizeof row, 1);
}

static void
names_a_transform_that_cannot_be(void **state)
{
	static const struct {
		gsize column;
		float value;
		const char *text;
	} wrong[] = {
		{ 0, NAN, "rotation is nan" },
		{ 1, INFINITY, "shift_x is inf" },
		{ 4, 0, "zoom_x is 0" },
		{ 32, 7, "interpolation is 7" },
		{ 33, 1.5F, "fill is 1.5" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
		Files f = files_of(state, TRUE);

		change_column(&f, wrong[i].column, wrong[i].value);
		assert_refused(&f.replay, KW_ERROR_FORMAT, wrong[i].text);
		assert_refused(&f.replay, KW_ERROR_FORMAT,
			       "made.h5': copy 1 of 'cat/0.jpg': ");
		assert_false(g_file_test(f.again, G_FILE_TEST_EXISTS));
	}
}

static void
refuses_other_columns(void **state)
{
	Files f = files_of(state, TRUE);

	/* once for each split, and once in the settings */
	augment_data_patch(f.made, "solarize", "polarize", 8, 4);
	assert_refused(&f.replay, KW_ERROR_INPUT,
		       "those of another version of kw-augment");
}

static void
names_the_dataset_that_is_missing(void **state)
{
	Files f = files_of(state, TRUE);

	f.replay.replay = augment_data_path(state, "no-such.h5");
	assert_refused(&f.replay, KW_ERROR_INPUT, "no-such.h5");
}

/* ---- other images */

static void
counts_images_that_are_not_as_they_were(void **state)
{
	Files f = files_of(state, TRUE);
	g_autoptr(AugmentReport) report = NULL;
	g_autofree char *text = NULL;

	/* all pixels differ, so that all images of train do */
	augment_data_write(f.in, &(AugmentData){ .noise = 1 });
	report = replay(&f.replay);
	assert_int_equal(report->n_other, 4 * N_TRAIN);
	text = augment_report_text(report, FALSE);
	assert_non_null(strstr(text, "148 images are not as they were"));
	/* and the dataset tells its own checksums */
	g_autoptr(KwDataset) again = augment_data_open(f.again);
	g_autofree guint8 *pixels = augment_data_images(again, KW_TRAIN);
	assert_non_null(pixels);
}

static void
counts_the_one_image_whose_transform_was_changed(void **state)
{
	Files f = files_of(state, TRUE);
	g_autoptr(AugmentReport) report = NULL;

	change_column(&f, 0, 1.25F);
	report = replay(&f.replay);
	assert_int_equal(report->n_other, 1);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_the_same_bytes),
		cmocka_unit_test(makes_the_same_bytes_of_its_own_originals),
		cmocka_unit_test(
			makes_the_same_bytes_of_the_originals_of_another),
		cmocka_unit_test(makes_the_same_bytes_without_originals),
		cmocka_unit_test(makes_the_same_bytes_from_shards),
		cmocka_unit_test(goes_into_shards),
		cmocka_unit_test(originals_are_found_by_their_ids),
		cmocka_unit_test(refuses_what_is_not_augmented),
		cmocka_unit_test(refuses_images_that_are_not_alike),
		cmocka_unit_test(refuses_gray_originals_of_what_had_colours),
		cmocka_unit_test(names_a_record_that_is_missing),
		cmocka_unit_test(names_a_record_of_another_class_or_group),
		cmocka_unit_test(refuses_to_make_copies_of_copies),
		cmocka_unit_test(names_a_transform_that_cannot_be),
		cmocka_unit_test(refuses_other_columns),
		cmocka_unit_test(names_the_dataset_that_is_missing),
		cmocka_unit_test(counts_images_that_are_not_as_they_were),
		cmocka_unit_test(
			counts_the_one_image_whose_transform_was_changed),
	};
	int failed;

	(void)argc;
	if (!kw_image_start(argv[0], NULL))
		return 1;
	failed = cmocka_run_group_tests(tests, test_dir_setup,
					test_dir_teardown);
	kw_image_stop();
	return failed != 0;
}
