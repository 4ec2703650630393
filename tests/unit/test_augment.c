/* From a dataset to an augmented one: what is kept, and what is made. */
#include <signal.h>
#include <string.h>

#include "augment/make.h"
#include "kw/app.h"
#include "kw/error.h"
#include "kw/image.h"
#include "tests/support/augmentdata.h"
#include "tests/support/policies.h"

enum { N_TRAIN = 37, SIZE = 12 * 17 * 3 };

/* The small dataset and what the recipe makes of it, opened. */
typedef struct {
	const char *from, *to;
	KwDataset *before, *after;
} Pair;

static Pair
open_pair(const AugmentOptions *options)
{
	Pair pair = { .from = options->input, .to = options->common.output };

	augment_data_make(options);
	pair.before = augment_data_open(pair.from);
	pair.after = augment_data_open(pair.to);
	return pair;
}

static Pair
augmented_pair(void **state)
{
	const AugmentOptions options =
		augment_data_options(augment_data_path(state, "in.h5"),
				     augment_data_path(state, "out.h5"));

	augment_data_write(options.input, &augment_data_default);
	return open_pair(&options);
}

static void
pair_close(Pair *pair)
{
	kw_dataset_free(pair->before);
	kw_dataset_free(pair->after);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pair, pair_close)

static KwTransform
transform_of(const KwRecords *records, gsize i)
{
	KwTransform t;

	assert_int_equal(records->n_columns, KW_N_TRANSFORM_COLUMNS);
	memcpy(&t, records->transforms + i * KW_N_TRANSFORM_COLUMNS, sizeof t);
	return t;
}

static void
assert_identity(const KwRecords *records, gsize i)
{
	const KwTransform t = transform_of(records, i);

	assert_memory_equal(&t, &kw_transform_identity, sizeof t);
}

/* Row i of after is row j of before, apart from copy and transform. */
static void
assert_same_photo(const KwRecords *after, gsize i, const KwRecords *before,
		  gsize j)
{
	assert_int_equal(after->labels[i], before->labels[j]);
	assert_int_equal(after->record_ids[i], before->record_ids[j]);
	assert_int_equal(after->group_ids[i], before->group_ids[j]);
	assert_string_equal(after->sources[i], before->sources[j]);
}

/* ---- what is kept */

static void
originals_come_first_and_unchanged(void **state)
{
	g_auto(Pair) pair = augmented_pair(state);
	g_autoptr(KwRecords) before =
		augment_data_records(pair.before, KW_TRAIN);
	g_autoptr(KwRecords) after = augment_data_records(pair.after, KW_TRAIN);
	g_autofree guint8 *old = augment_data_images(pair.before, KW_TRAIN);
	g_autofree guint8 *new = augment_data_images(pair.after, KW_TRAIN);

	assert_int_equal(before->n, N_TRAIN);
	assert_int_equal(after->n, 4 * before->n);
	assert_memory_equal(new, old, before->n * SIZE);
	for (gsize i = 0; i < before->n; i++) {
		assert_same_photo(after, i, before, i);
		assert_int_equal(after->copies[i], 0);
		assert_int_equal(after->checksums[i], before->checksums[i]);
		assert_identity(after, i);
	}
}

static void
val_and_test_pass_through_untouched(void **state)
{
	g_auto(Pair) pair = augmented_pair(state);

	for (KwSplit s = KW_VAL; s <= KW_TEST; s++) {
		g_autoptr(KwRecords) before =
			augment_data_records(pair.before, s);
		g_autoptr(KwRecords) after =
			augment_data_records(pair.after, s);
		g_autofree guint8 *old = augment_data_images(pair.before, s);
		g_autofree guint8 *new = augment_data_images(pair.after, s);

		assert_int_equal(after->n, augment_data_default.counts[s]);
		assert_memory_equal(new, old, after->n * SIZE);
		for (gsize i = 0; i < after->n; i++) {
			assert_same_photo(after, i, before, i);
			assert_int_equal(after->copies[i], 0);
			assert_int_equal(after->checksums[i],
					 before->checksums[i]);
			assert_identity(after, i);
		}
	}
}

static void
keeps_what_the_dataset_says(void **state)
{
	g_auto(Pair) pair = augmented_pair(state);
	const KwDatasetInfo *before = kw_dataset_info(pair.before);
	const KwDatasetInfo *info = kw_dataset_info(pair.after);

	assert_int_equal(info->height, 12);
	assert_int_equal(info->width, 17);
	assert_int_equal(info->channels, 3);
	assert_int_equal(info->standardize, KW_STANDARDIZE_RESCALE);
	assert_memory_equal(info->scale, before->scale, sizeof info->scale);
	assert_memory_equal(info->offset, before->offset, sizeof info->offset);
	assert_string_equal(info->fit, "crop");
	assert_int_equal(g_strv_length(info->class_names), 2);
	assert_string_equal(info->class_names[1], "dog");
	assert_string_equal(info->generator, "kw-augment " KW_VERSION);
	assert_int_equal(info->seed, 7);
	assert_int_equal(info->set_id, 0);
	assert_true(g_strv_equal((const char *const *)info->columns,
				 kw_transform_columns));
}

/* Sorted, and enough to make the dataset again. */
static void
tells_its_settings(void **state)
{
	static const char *const some[] = {
		"augment.balance=none\naugment.",
		"\naugment.brightness=0.7,1.3\n",
		"\naugment.copies=3\n",
		"\naugment.fill=reflect\n",
		"\naugment.originals=yes\n",
		"\naugment.seed=7\n",
		"\naugment.vertical-flip=true\n",
		"\naugment.zoom=0.8,1.2\n",
		"\nprep.size=12x17\n",
	};
	g_auto(Pair) pair = augmented_pair(state);
	const char *settings = kw_dataset_info(pair.after)->settings;
	KwPolicy policy = kw_policy_none;
	const KwPolicy expected = augment_data_recipe().policy;
	g_auto(GStrv) lines = g_strsplit(settings, "\n", -1);
	gsize n, n_set = 0;
	const KwTypedKey *keys = kw_policy_keys(&n);

	for (gsize i = 0; i < G_N_ELEMENTS(some); i++)
		if (strstr(settings, some[i]) == NULL)
			fail_msg("no '%s' in '%s'", some[i], settings);
	for (char **line = lines; *line != NULL; line++) {
		g_auto(GStrv) parts = g_strsplit(*line, "=", 2);

		for (gsize i = 0; i < n && parts[0] != NULL; i++)
			if (g_str_has_prefix(parts[0], "augment.") &&
			    strcmp(parts[0] + strlen("augment."),
				   keys[i].key.name) == 0)
				n_set +=
					kw_policy_set(&policy, keys[i].key.name,
						      parts[1], NULL);
	}
	assert_int_equal(n_set, n);
	test_assert_policies_equal(&policy, &expected);
}

/* ---- what is made */

static void
copies_can_be_made_again_from_their_records(void **state)
{
	g_auto(Pair) pair = augmented_pair(state);
	const AugmentRecipe recipe = augment_data_recipe();
	g_autoptr(KwRecords) before =
		augment_data_records(pair.before, KW_TRAIN);
	g_autoptr(KwRecords) after = augment_data_records(pair.after, KW_TRAIN);
	g_autofree guint8 *old = augment_data_images(pair.before, KW_TRAIN);
	g_autofree guint8 *new = augment_data_images(pair.after, KW_TRAIN);
	g_autoptr(KwTransformer) transformer =
		kw_transformer_new(12, 17, 3, NULL);
	guint8 again[SIZE];

	for (gsize i = before->n; i < after->n; i++) {
		const gsize j = i % before->n;
		const gint32 copy = (gint32)(i / before->n);
		const KwTransform t = transform_of(after, i);
		const KwTransform drawn =
			kw_transform_draw(&recipe.policy, recipe.seed,
					  before->record_ids[j], copy, 12, 17);

		assert_same_photo(after, i, before, j);
		assert_int_equal(after->copies[i], copy);
		assert_memory_equal(&t, &drawn, sizeof t);
		kw_transformer_set(transformer, old + j * SIZE);
		assert_true(kw_transformer_apply(transformer, &t, again, NULL));
		assert_memory_equal(new + i *SIZE, again, SIZE);
	}
}

static void
without_originals_the_same_copies_are_made(void **state)
{
	g_auto(Pair) all = augmented_pair(state);
	AugmentOptions options = augment_data_options(
		all.from, augment_data_path(state, "copies.h5"));

	options.recipe.amount.originals = FALSE;
	g_auto(Pair) pair = open_pair(&options);
	g_autoptr(KwRecords) records =
		augment_data_records(pair.after, KW_TRAIN);
	g_autofree guint8 *copies = augment_data_images(pair.after, KW_TRAIN);
	g_autofree guint8 *both = augment_data_images(all.after, KW_TRAIN);
	assert_int_equal(records->n, 3 * N_TRAIN);
	assert_memory_equal(copies, both + N_TRAIN * SIZE, records->n * SIZE);
	for (gsize i = 0; i < records->n; i++)
		assert_int_equal(records->copies[i], 1 + i / N_TRAIN);
	assert_non_null(strstr(kw_dataset_info(pair.after)->settings,
			       "augment.originals=no\n"));
	assert_int_equal(kw_dataset_count(pair.after, KW_VAL), 3);
}

/* Of the first records one more, and all different. */
static void
a_balance_makes_different_copies(void **state)
{
	AugmentOptions options =
		augment_data_options(augment_data_path(state, "in.h5"),
				     augment_data_path(state, "balanced.h5"));
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	gsize sizes[2] = { 0 };

	augment_data_write(options.input, &augment_data_default);
	options.recipe.amount.balance = BALANCE_TO;
	options.recipe.amount.balance_to = 50;
	g_auto(Pair) pair = open_pair(&options);
	g_autoptr(KwRecords) records =
		augment_data_records(pair.after, KW_TRAIN);
	assert_int_equal(records->n, 100);
	for (gsize i = 0; i < records->n; i++) {
		sizes[records->labels[i]]++;
		g_hash_table_add(seen, GUINT_TO_POINTER(records->checksums[i]));
	}
	assert_int_equal(sizes[0], 50);
	assert_int_equal(sizes[1], 50);
	assert_int_equal(g_hash_table_size(seen), 100);
}

static void
a_copy_is_the_same_however_many_are_made(void **state)
{
	g_auto(Pair) three = augmented_pair(state);
	AugmentOptions options = augment_data_options(
		three.from, augment_data_path(state, "one.h5"));

	options.recipe.amount.copies = 1;
	g_auto(Pair) one = open_pair(&options);
	g_autofree guint8 *few = augment_data_images(one.after, KW_TRAIN);
	g_autofree guint8 *many = augment_data_images(three.after, KW_TRAIN);
	assert_int_equal(kw_dataset_count(one.after, KW_TRAIN), 2 * N_TRAIN);
	assert_memory_equal(few, many, 2 * N_TRAIN * SIZE);
}

/* ---- how it is made does not matter */

/* All blocks of a plan, of so many images, into a file. */
static void
make_by_blocks(const AugmentOptions *o, gsize block_images)
{
	static const gsize outputs[] = { 4 * N_TRAIN, 3, 5 };
	GError *error = NULL;
	g_autoptr(KwDataset) input = augment_data_open(o->input);
	g_autoptr(AugmentCensus) census = augment_census_take(input, &error);
	g_autoptr(KwDatasetInfo) info =
		kw_dataset_info_copy(kw_dataset_info(input));
	g_autoptr(AugmentPlan) plan = augment_plan_new(
		census, info->class_names, &o->recipe.amount, &error);
	g_autoptr(AugmentBlocks) blocks =
		augment_blocks_new(input, plan, &o->recipe, block_images);
	g_autoptr(AugmentOutput) out =
		augment_output_new(o->common.output, TRUE, 0, &error);
	g_autoptr(AugmentMaker) maker =
		augment_maker_new(input, out, NULL, o->common.threads, &error);
	AugmentBlock *next;

	info->columns = g_strdupv((char **)kw_transform_columns);
	assert_true(augment_output_create(out, info, outputs, 20, &error));
	while ((next = augment_blocks_next(blocks, &error)) != NULL)
		assert_true(augment_maker_run(maker, next, &error));
	test_assert_no_error(error);
	assert_true(augment_maker_finish(maker, &error));
	assert_true(augment_output_finish(out, &error));
	assert_true(augment_output_commit(out, &error));
}

/* One record has thousands of copies, and the others have few. */
static void
blocks_of_a_lopsided_plan_are_full(void **state)
{
	enum { FULL = 10 };
	const char *from = augment_data_path(state, "rare.h5");
	const AugmentAmount amount = { .copies = 3,
				       .originals = TRUE,
				       .balance = BALANCE_MAX };
	const AugmentRecipe recipe = augment_data_recipe();
	GError *error = NULL;
	g_autoptr(KwDataset) input = NULL;
	g_autoptr(AugmentCensus) census = NULL;
	g_autoptr(AugmentPlan) plan = NULL;
	g_autoptr(AugmentBlocks) blocks = NULL;
	AugmentBlock *next;
	gsize n = 0;

	augment_data_write(from, &(AugmentData){ .rare = TRUE });
	input = augment_data_open(from);
	census = augment_census_take(input, &error);
	plan = augment_plan_new(census, kw_dataset_info(input)->class_names,
				&amount, &error);
	blocks = augment_blocks_new(input, plan, &recipe, FULL);
	while ((next = augment_blocks_next(blocks, &error)) != NULL) {
		g_autoptr(AugmentBlock) block = next;

		if (block->split != KW_TRAIN)
			continue;
		n += block->images->len;
		assert_true(block->images->len == FULL || n == 8 * 36);
		assert_true(block->records->n <= FULL);
	}
	test_assert_no_error(error);
	assert_int_equal(n, 8 * 36);
}

static void
bytes_do_not_depend_on_threads_or_blocks(void **state)
{
	static const int threads[] = { 1, 2, 8 };
	static const gsize sizes[] = { 1, 3, 4, 7, 50, 1000 };
	const char *from = augment_data_path(state, "in.h5");
	AugmentOptions first =
		augment_data_options(from, augment_data_path(state, "1.h5"));
	AugmentOptions other =
		augment_data_options(from, augment_data_path(state, "2.h5"));

	augment_data_write(from, &augment_data_default);
	make_by_blocks(&first, 512);
	for (gsize t = 0; t < G_N_ELEMENTS(threads); t++)
		for (gsize s = 0; s < G_N_ELEMENTS(sizes); s++) {
			other.common.threads = threads[t];
			make_by_blocks(&other, sizes[s]);
			augment_data_assert_same(first.common.output,
						 other.common.output, TRUE);
		}
	augment_data_assert_equal(first.common.output, other.common.output);
	other.recipe.seed++;
	make_by_blocks(&other, 512);
	augment_data_assert_same(first.common.output, other.common.output,
				 FALSE);
}

/* Record 0 of val is not made of record 0 of train, which was read last. */
static void
splits_of_one_record_keep_their_images(void **state)
{
	AugmentOptions options =
		augment_data_options(augment_data_path(state, "in.h5"),
				     augment_data_path(state, "out.h5"));

	augment_data_write(options.input,
			   &(AugmentData){ .counts = { 1, 1, 1 } });
	options.common.threads = 1;
	g_auto(Pair) pair = open_pair(&options);
	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		g_autofree guint8 *old = augment_data_images(pair.before, s);
		g_autofree guint8 *new = augment_data_images(pair.after, s);

		assert_memory_equal(new, old, SIZE);
	}
}

static void
shards_hold_what_the_whole_file_does(void **state)
{
	g_auto(Pair) pair = augmented_pair(state);
	AugmentOptions options = augment_data_options(
		pair.from, augment_data_path(state, "set.h5"));
	g_autoptr(KwDataset) set = NULL;

	for (options.shards = 1; options.shards <= 7; options.shards += 6) {
		augment_data_make(&options);
		augment_data_assert_equal(pair.to, options.common.output);
	}
	set = augment_data_open(options.common.output);
	assert_int_equal(kw_dataset_n_shards(set), 7);
	assert_int_not_equal(kw_dataset_info(set)->set_id, 0);
}

/* ---- what is refused */

static void
refuses_an_augmented_dataset(void **state)
{
	g_auto(Pair) pair = augmented_pair(state);
	const char *twice = augment_data_path(state, "twice.h5");
	const AugmentOptions options = augment_data_options(pair.to, twice);
	GError *error = NULL;

	assert_false(augment_data_run(&options, &error));
	test_assert_error(&error, KW_ERROR_INPUT, "augmented already");
	assert_false(g_file_test(twice, G_FILE_TEST_EXISTS));
}

static void
refuses_a_dataset_without_train_records(void **state)
{
	const AugmentOptions options =
		augment_data_options(augment_data_path(state, "empty.h5"),
				     augment_data_path(state, "none.h5"));
	GError *error = NULL;

	augment_data_write(options.input,
			   &(AugmentData){ .counts = { 0, 3, 5 } });
	assert_false(augment_data_run(&options, &error));
	test_assert_error(&error, KW_ERROR_INPUT, "no train records");
}

/* One bit of the pixels of a train record, flipped in the file. */
static void
names_the_damaged_image(void **state)
{
	const AugmentOptions options =
		augment_data_options(augment_data_path(state, "in.h5"),
				     augment_data_path(state, "damaged.h5"));
	g_autoptr(KwDataset) whole = NULL;
	g_autofree guint8 *pixels = NULL;
	guint8 changed[SIZE];
	GError *error = NULL;

	augment_data_write(options.input, &augment_data_default);
	whole = augment_data_open(options.input);
	pixels = augment_data_images(whole, KW_TRAIN);
	memcpy(changed, pixels + 20 * SIZE, SIZE);
	changed[SIZE / 2] ^= 1;
	augment_data_patch(options.input, pixels + 20 * SIZE, changed, SIZE, 1);
	assert_false(augment_data_run(&options, &error));
	test_assert_error(&error, KW_ERROR_FORMAT, "image 20 of /train");
	assert_false(g_file_test(options.common.output, G_FILE_TEST_EXISTS));
}

/* The last: the signal stays noted in this process. */
static void
interrupted_it_leaves_nothing(void **state)
{
	const AugmentOptions options =
		augment_data_options(augment_data_path(state, "in.h5"),
				     augment_data_path(state, "late.h5"));
	GError *error = NULL;

	augment_data_write(options.input, &augment_data_default);
	kw_app_init("test_augment");
	raise(SIGTERM);
	assert_true(kw_interrupted());
	assert_false(augment_data_run(&options, &error));
	assert_true(g_error_matches(error, KW_ERROR, KW_ERROR_INTERRUPTED));
	g_clear_error(&error);
	assert_false(g_file_test(options.common.output, G_FILE_TEST_EXISTS));
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(originals_come_first_and_unchanged),
		cmocka_unit_test(val_and_test_pass_through_untouched),
		cmocka_unit_test(keeps_what_the_dataset_says),
		cmocka_unit_test(tells_its_settings),
		cmocka_unit_test(copies_can_be_made_again_from_their_records),
		cmocka_unit_test(without_originals_the_same_copies_are_made),
		cmocka_unit_test(a_balance_makes_different_copies),
		cmocka_unit_test(a_copy_is_the_same_however_many_are_made),
		cmocka_unit_test(bytes_do_not_depend_on_threads_or_blocks),
		cmocka_unit_test(blocks_of_a_lopsided_plan_are_full),
		cmocka_unit_test(splits_of_one_record_keep_their_images),
		cmocka_unit_test(shards_hold_what_the_whole_file_does),
		cmocka_unit_test(refuses_an_augmented_dataset),
		cmocka_unit_test(refuses_a_dataset_without_train_records),
		cmocka_unit_test(names_the_damaged_image),
		cmocka_unit_test(interrupted_it_leaves_nothing),
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
