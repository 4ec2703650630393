/* What there is to augment, and what tells sets of shards apart. */
#include "augment/census.h"
#include "kw/error.h"
#include "kw/image.h"
#include "tests/support/augmentdata.h"

static AugmentCensus *
take(const char *path)
{
	g_autoptr(KwDataset) dataset = augment_data_open(path);
	GError *error = NULL;
	AugmentCensus *census = augment_census_take(dataset, &error);

	test_assert_no_error(error);
	return census;
}

static AugmentCensus *
take_of(void **state, const AugmentData *data)
{
	const char *path = augment_data_path(state, "in.h5");

	augment_data_write(path, data);
	return take(path);
}

static void
counts_the_records_of_each_class(void **state)
{
	g_autoptr(AugmentCensus) census =
		take_of(state, &(AugmentData){ .classes = "cat,dog,eel" });

	assert_int_equal(census->n_classes, 3);
	assert_int_equal(census->splits[KW_TRAIN], 37);
	assert_int_equal(census->splits[KW_VAL], 3);
	assert_int_equal(census->splits[KW_TEST], 5);
	assert_int_equal(census->classes[0][KW_TRAIN], 19);
	assert_int_equal(census->classes[1][KW_TRAIN], 18);
	assert_int_equal(census->classes[2][KW_TRAIN], 0);
	assert_int_equal(census->classes[0][KW_VAL], 2);
	assert_int_equal(census->classes[1][KW_VAL], 1);
	assert_int_equal(census->classes[0][KW_TEST], 3);
	assert_int_equal(census->classes[1][KW_TEST], 2);
	assert_int_equal(census->records[0], 19);
	assert_int_equal(census->records[1], 18);
}

/* More than one batch of records is read. */
static void
counts_many_records(void **state)
{
	g_autoptr(AugmentCensus) census = take_of(
		state,
		&(AugmentData){ .counts = { 9001, 0, 1 }, .h = 1, .w = 2 });

	assert_int_equal(census->classes[0][KW_TRAIN], 4501);
	assert_int_equal(census->classes[1][KW_TRAIN], 4500);
	assert_int_equal(census->classes[0][KW_TEST], 1);
}

static void
copies_are_records_and_no_originals(void **state)
{
	const AugmentOptions options =
		augment_data_options(augment_data_path(state, "in.h5"),
				     augment_data_path(state, "out.h5"));
	g_autoptr(AugmentCensus) census = NULL;

	augment_data_write(options.input, &augment_data_default);
	augment_data_make(&options);
	census = take(options.common.output);
	assert_int_equal(census->splits[KW_TRAIN], 4 * 37);
	assert_int_equal(census->classes[0][KW_TRAIN], 19);
	assert_int_equal(census->classes[1][KW_TRAIN], 18);
	assert_int_equal(census->records[0], 4 * 19);
	assert_int_equal(census->records[1], 4 * 18);
}

static void
set_ids_are_the_same_for_the_same_set(void **state)
{
	g_autoptr(AugmentCensus) one = take_of(state, &augment_data_default);
	g_autoptr(AugmentCensus) two = take_of(state, &augment_data_default);

	assert_int_equal(augment_census_set_id(one, "a=1\n"),
			 augment_census_set_id(two, "a=1\n"));
	assert_int_not_equal(augment_census_set_id(one, "a=1\n"), 0);
}

/* None is there twice. */
static void
set_ids_differ_by_settings_and_content(void **state)
{
	static const AugmentData others[] = {
		{ .noise = 0 },
		{ .noise = 1 },
		{ .without = 5 },
		{ .counts = { 36, 4, 5 } },
		{ .counts = { 37, 3, 4 } },
		{ .w = 18 },
		{ .turn = 1 },
		{ .group = 1 },
	};
	static const char *const settings[] = { "", "a=1\n", "a=2\n" };
	g_autoptr(GHashTable) seen = g_hash_table_new_full(
		g_int64_hash, g_int64_equal, g_free, NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
		g_autoptr(AugmentCensus) census = take_of(state, &others[i]);

		for (gsize k = 0; k < G_N_ELEMENTS(settings); k++) {
			guint64 id = augment_census_set_id(census, settings[k]);

			assert_true(g_hash_table_add(
				seen, g_memdup2(&id, sizeof id)));
		}
	}
}

/* The recipe is in the settings: its seed alone makes another set. */
static void
sets_of_another_seed_have_another_id(void **state)
{
	AugmentOptions options =
		augment_data_options(augment_data_path(state, "in.h5"),
				     augment_data_path(state, "set.h5"));
	guint64 ids[3];

	augment_data_write(options.input, &augment_data_default);
	options.shards = 2;
	for (int i = 0; i < 3; i++) {
		g_autoptr(KwDataset) set = NULL;

		options.recipe.seed = i < 2 ? 1 : 2;
		augment_data_make(&options);
		set = augment_data_open(options.common.output);
		ids[i] = kw_dataset_info(set)->set_id;
	}
	assert_int_equal(ids[0], ids[1]);
	assert_int_not_equal(ids[0], ids[2]);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_the_records_of_each_class),
		cmocka_unit_test(counts_many_records),
		cmocka_unit_test(copies_are_records_and_no_originals),
		cmocka_unit_test(set_ids_are_the_same_for_the_same_set),
		cmocka_unit_test(set_ids_differ_by_settings_and_content),
		cmocka_unit_test(sets_of_another_seed_have_another_id),
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
