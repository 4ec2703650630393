/* The sheet of a preview: which images are on it, and what it is written as. */
#include <string.h>

#include "augment/preview.h"
#include "kw/error.h"
#include "kw/image.h"
#include "kw/image_save.h"
#include "kw/sheet.h"
#include "kw/transform.h"
#include "tests/support/augmentdata.h"

enum { H = 12, W = 17, SIZE = H * W * 3 };

static KwDataset *
open_input(void **state, const AugmentData *data)
{
	const char *path = augment_data_path(state, "in.h5");

	augment_data_write(path, data);
	return augment_data_open(path);
}

static char *
file_bytes(const char *path, gsize *n)
{
	char *bytes = NULL;

	assert_true(g_file_get_contents(path, &bytes, n, NULL));
	return bytes;
}

static void
write_preview(KwDataset *input, const AugmentRecipe *recipe, int rows,
	      int columns, const char *path)
{
	GError *error = NULL;
	g_autoptr(KwOutfile) out = kw_outfile_new(path, TRUE, &error);

	test_assert_no_error(error);
	augment_preview_write(out, input, recipe, rows, columns, &error);
	test_assert_no_error(error);
	kw_outfile_commit(out, &error);
	test_assert_no_error(error);
}

/* ---- the sheet, by hand */

static void
add_image(KwSheet *sheet, const guint8 *pixels, const char *caption)
{
	GError *error = NULL;

	kw_sheet_add_image(sheet, pixels, caption, &error);
	test_assert_no_error(error);
}

/* Records with these places, each followed by copies 1 and 2. */
static void
write_by_hand(KwDataset *input, const AugmentRecipe *recipe, const gsize *rows,
	      gsize n_rows, const char *path)
{
	GError *error = NULL;
	g_autoptr(KwRecords) r = augment_data_records(input, KW_TRAIN);
	g_autofree guint8 *pixels = augment_data_images(input, KW_TRAIN);
	g_autoptr(KwSheet) sheet = kw_sheet_new(H, W, 3, 3, &error);
	g_autoptr(KwTransformer) transformer =
		kw_transformer_new(H, W, 3, &error);
	g_autoptr(KwOutfile) out = kw_outfile_new(path, TRUE, &error);
	g_autofree guint8 *canvas = NULL;
	int height, width;

	for (gsize i = 0; i < n_rows; i++) {
		const guint8 *original = pixels + rows[i] * SIZE;
		g_autofree char *base =
			g_path_get_basename(r->sources[rows[i]]);
		g_autofree char *label = g_strdup_printf(
			"%s: %s", r->labels[rows[i]] == 0 ? "cat" : "dog",
			base);
		guint8 copy[SIZE];

		assert_true(kw_sheet_add_row(sheet, label, &error));
		add_image(sheet, original, "original");
		kw_transformer_set(transformer, original);
		for (gint32 k = 1; k <= 2; k++) {
			const KwTransform t = kw_transform_draw(
				&recipe->policy, recipe->seed,
				r->record_ids[rows[i]], k, H, W);

			assert_true(kw_transformer_apply(transformer, &t, copy,
							 &error));
			add_image(sheet, copy, k == 1 ? "1" : "2");
		}
	}
	canvas = kw_sheet_render(sheet, &height, &width, &error);
	test_assert_no_error(error);
	assert_true(kw_image_save(out, canvas, height, width, 3, &error));
	assert_true(kw_outfile_commit(out, &error));
}

static void
shows_originals_of_each_class_and_their_copies(void **state)
{
	/* two cats, then two dogs */
	static const gsize rows[] = { 0, 2, 1, 3 };
	g_autoptr(KwDataset) input = open_input(state, &augment_data_default);
	const AugmentRecipe recipe = augment_data_recipe();
	const char *got = augment_data_path(state, "got.png");
	const char *expected = augment_data_path(state, "expected.png");

	write_preview(input, &recipe, 4, 3, got);
	write_by_hand(input, &recipe, rows, G_N_ELEMENTS(rows), expected);
	augment_data_assert_same(got, expected, TRUE);
}

static void
shows_the_one_of_a_rare_class(void **state)
{
	/* the only dog is the first record */
	static const gsize rows[] = { 1, 2, 0 };
	g_autoptr(KwDataset) input =
		open_input(state, &(AugmentData){ .rare = TRUE });
	const AugmentRecipe recipe = augment_data_recipe();
	const char *got = augment_data_path(state, "got.png");
	const char *expected = augment_data_path(state, "expected.png");

	write_preview(input, &recipe, 3, 3, got);
	write_by_hand(input, &recipe, rows, G_N_ELEMENTS(rows), expected);
	augment_data_assert_same(got, expected, TRUE);
}

static void
shows_all_records_where_there_are_fewer(void **state)
{
	static const gsize rows[] = { 0, 1 };
	g_autoptr(KwDataset) input =
		open_input(state, &(AugmentData){ .counts = { 2, 9, 9 } });
	const AugmentRecipe recipe = augment_data_recipe();
	const char *got = augment_data_path(state, "got.png");
	const char *expected = augment_data_path(state, "expected.png");

	write_preview(input, &recipe, 50, 3, got);
	write_by_hand(input, &recipe, rows, G_N_ELEMENTS(rows), expected);
	augment_data_assert_same(got, expected, TRUE);
}

static void
differs_by_policy_and_seed(void **state)
{
	g_autoptr(KwDataset) input = open_input(state, &augment_data_default);
	AugmentRecipe recipe = augment_data_recipe();
	const char *one = augment_data_path(state, "one.png");
	const char *two = augment_data_path(state, "two.png");

	write_preview(input, &recipe, 2, 3, one);
	write_preview(input, &recipe, 2, 3, two);
	augment_data_assert_same(one, two, TRUE);
	recipe.seed++;
	write_preview(input, &recipe, 2, 3, two);
	augment_data_assert_same(one, two, FALSE);
	recipe.seed--;
	recipe.policy.fill = KW_FILL_WRAP;
	write_preview(input, &recipe, 2, 3, two);
	augment_data_assert_same(one, two, FALSE);
}

static void
gray_and_jpeg_can_be(void **state)
{
	g_autoptr(KwDataset) input =
		open_input(state, &(AugmentData){ .c = 1 });
	const AugmentRecipe recipe = augment_data_recipe();
	const char *jpeg = augment_data_path(state, "gray.JPG");
	gsize n;

	write_preview(input, &recipe, 3, 4, jpeg);
	g_autofree char *bytes = file_bytes(jpeg, &n);
	assert_memory_equal(bytes, "\xff\xd8\xff", 3);
}

/* As many as the sheet holds, not an error. */
static void
more_rows_than_a_sheet_holds_are_left_out(void **state)
{
	g_autoptr(KwDataset) input =
		open_input(state, &(AugmentData){ .counts = { 900, 0, 0 } });
	const AugmentRecipe recipe = augment_data_recipe();
	g_autoptr(KwSheet) sheet = kw_sheet_new(H, W, 3, 2, NULL);
	const int most = kw_sheet_max_rows(sheet);
	const char *path = augment_data_path(state, "tall.png");
	const KwImageRequest request = {
		.height = 10, .width = 10, .channels = 3, .max_pixels = 32000000
	};
	GError *error = NULL;
	KwPhotoFacts facts;
	guint8 pixels[300];

	assert_in_range(most, 1, 899);
	write_preview(input, &recipe, 1000, 2, path);
	kw_image_load(path, &request, pixels, &facts, &error);
	test_assert_no_error(error);
}

static void
names_the_damaged_image(void **state)
{
	const char *path = augment_data_path(state, "damaged.h5");
	guint8 changed[SIZE];
	GError *error = NULL;

	augment_data_write(path, &augment_data_default);
	{
		g_autoptr(KwDataset) whole = augment_data_open(path);
		g_autofree guint8 *pixels =
			augment_data_images(whole, KW_TRAIN);

		memcpy(changed, pixels + 3 * SIZE, SIZE);
		changed[5] ^= 4;
		augment_data_patch(path, pixels + 3 * SIZE, changed, SIZE, 1);
	}
	g_autoptr(KwDataset) input = augment_data_open(path);
	const AugmentRecipe recipe = augment_data_recipe();
	g_autoptr(KwOutfile) out = kw_outfile_new(
		augment_data_path(state, "never.png"), TRUE, &error);
	assert_false(augment_preview_write(out, input, &recipe, 4, 3, &error));
	test_assert_error(&error, KW_ERROR_FORMAT, "image 3 of /train");
}

static void
a_sheet_that_is_too_wide_is_refused(void **state)
{
	g_autoptr(KwDataset) input = open_input(state, &augment_data_default);
	const AugmentRecipe recipe = augment_data_recipe();
	GError *error = NULL;
	g_autoptr(KwOutfile) out = kw_outfile_new(
		augment_data_path(state, "wide.png"), TRUE, &error);

	assert_false(
		augment_preview_write(out, input, &recipe, 1, 1000, &error));
	assert_true(g_error_matches(error, KW_ERROR, KW_ERROR_USAGE));
	g_clear_error(&error);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			shows_originals_of_each_class_and_their_copies),
		cmocka_unit_test(shows_the_one_of_a_rare_class),
		cmocka_unit_test(shows_all_records_where_there_are_fewer),
		cmocka_unit_test(differs_by_policy_and_seed),
		cmocka_unit_test(gray_and_jpeg_can_be),
		cmocka_unit_test(more_rows_than_a_sheet_holds_are_left_out),
		cmocka_unit_test(names_the_damaged_image),
		cmocka_unit_test(a_sheet_that_is_too_wide_is_refused),
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
