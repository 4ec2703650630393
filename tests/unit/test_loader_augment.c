/*
 * The loader's copies: the pixels of epoch e are those that kw-augment writes
 * as copy e.
 */
#include "tests/support/augmentdata.h"
#include "tests/support/policies.h"

#include <string.h>

#include "kw/image.h"
#include "train/loader.h"

enum { COPIES = 3, SEED = 11 };

static char *dir;

static int
setup(void **state)
{
	if (!kw_image_start("test", NULL))
		return 1;
	dir = test_dir_new();
	*state = dir;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	test_dir_remove(dir);
	kw_image_stop();
	return 0;
}

/* A dataset, and the same with the copies that kw-augment makes. */
typedef struct {
	KwDataset *plain, *augmented;
	Samples *originals, *all;
	guint8 *pixels; /* of train, augmented */
	KwPolicy policy;
} Pair;

static void
pair_clear(Pair *pair)
{
	g_free(pair->pixels);
	samples_free(pair->originals);
	samples_free(pair->all);
	kw_dataset_free(pair->plain);
	kw_dataset_free(pair->augmented);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pair, pair_clear)

static Samples *
read_train(KwDataset *dataset)
{
	GError *error = NULL;
	Samples *samples = samples_read(dataset, KW_TRAIN, &error);

	test_assert_no_error(error);
	return samples;
}

static void
pair_make(Pair *pair, void **state, const KwPolicy *policy, int channels)
{
	const AugmentData data = { .c = channels };
	const char *from = augment_data_path(state, "plain.h5");
	const char *to = augment_data_path(state, "augmented.h5");
	AugmentOptions options = augment_data_options(from, to);

	augment_data_write(from, &data);
	options.recipe.policy = *policy;
	options.recipe.seed = SEED;
	options.recipe.amount.copies = COPIES;
	augment_data_make(&options);
	pair->policy = *policy;
	pair->plain = augment_data_open(from);
	pair->augmented = augment_data_open(to);
	pair->originals = read_train(pair->plain);
	pair->all = read_train(pair->augmented);
	pair->pixels = augment_data_images(pair->augmented, KW_TRAIN);
	assert_int_equal(pair->all->n, (COPIES + 1) * pair->originals->n);
}

/* The row of the augmented train that is this copy of a record. */
static gsize
find_copy(const Pair *pair, guint64 record_id, gint32 copy)
{
	for (gsize i = 0; i < pair->all->n; i++)
		if (pair->all->record_ids[i] == record_id &&
		    pair->all->copies[i] == copy)
			return i;
	fail_msg("no copy %d", copy);
	return 0;
}

/* Image i of a batch is this copy of sample `index`, standardised. */
static void
check_image(const Pair *pair, const Batch *batch, int i, const Samples *samples,
	    gsize index, gint32 copy)
{
	const KwDatasetInfo *info = kw_dataset_info(pair->plain);
	const gsize size = kw_dataset_image_size(info);
	const gsize row = find_copy(pair, samples->record_ids[index], copy);
	g_autofree float *expected = g_new(float, size);

	kw_standardize(expected, pair->pixels + row * size,
		       size / (gsize)info->channels, info->channels,
		       info->scale, info->offset);
	assert_memory_equal(batch->images + (gsize)i * size, expected,
			    size * sizeof *expected);
	assert_int_equal(batch->labels[i], samples->labels[index]);
	assert_int_equal(batch->labels[i], pair->all->labels[row]);
}

/* All of order[0], ..., order[n-1] come, in batches of this size. */
static void
check_pass(const Pair *pair, const Samples *samples, const gsize *order,
	   gsize n, int batch_size, gint32 copy)
{
	const LoaderAugment augment = { &pair->policy, SEED, copy };
	GError *error = NULL;
	g_autoptr(Loader) loader = loader_new(samples, order, n, batch_size,
					      &augment, NULL, &error);
	gsize done = 0;

	test_assert_no_error(error);
	while (done < n) {
		const Batch *batch = loader_next(loader, &error);

		test_assert_no_error(error);
		assert_int_equal(batch->n, MIN((gsize)batch_size, n - done));
		for (int i = 0; i < batch->n; i++)
			check_image(pair, batch, i, samples,
				    order[done + (gsize)i], copy);
		done += (gsize)batch->n;
	}
	assert_int_equal(loader_next(loader, NULL)->n, 0);
}

/* Is a copy really another image than its original? */
static void
check_that_copies_differ(const Pair *pair)
{
	const gsize size = kw_dataset_image_size(kw_dataset_info(pair->plain));
	gsize differ = 0;

	for (gsize i = 0; i < pair->originals->n; i++) {
		guint64 id = pair->originals->record_ids[i];
		gsize first = find_copy(pair, id, 1);
		gsize second = find_copy(pair, id, 2);

		differ += memcmp(pair->pixels + first * size,
				 pair->pixels + second * size, size) != 0;
	}
	assert_in_range(differ, pair->originals->n / 2, pair->originals->n);
}

static void
check_epochs(void **state, const KwPolicy *policy, int channels)
{
	g_auto(Pair) pair = { 0 };

	pair_make(&pair, state, policy, channels);
	check_that_copies_differ(&pair);
	for (gint32 epoch = 1; epoch <= COPIES; epoch++) {
		g_autofree gsize *order =
			samples_shuffled_order(pair.originals, SEED, epoch);

		check_pass(&pair, pair.originals, order, pair.originals->n, 4,
			   epoch);
	}
}

static void
epochs_are_copies_of_kw_augment(void **state)
{
	static const char *const names[] = { "seed", "light", "heavy",
					     "trivial" };

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		KwPolicy policy;

		assert_true(kw_policy_load(&policy, names[i], NULL));
		check_epochs(state, &policy, 3);
	}
}

static void
epochs_of_gray_images_are_too(void **state)
{
	KwPolicy policy;

	assert_true(kw_policy_load(&policy, "heavy", NULL));
	check_epochs(state, &policy, 1);
}

static void
every_transform_is_the_same(void **state)
{
	const KwPolicy policy = test_policy_everything();

	check_epochs(state, &policy, 3);
}

static void
batches_may_have_any_size(void **state)
{
	static const int sizes[] = { 1, 2, 3, 36, 37, 38, 100 };
	g_auto(Pair) pair = { 0 };

	pair_make(&pair, state, &kw_policy_seed, 3);
	g_autofree gsize *order = samples_file_order(pair.originals);

	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
		check_pass(&pair, pair.originals, order, pair.originals->n,
			   sizes[i], 2);
}

/* As an epoch does that goes on in its middle. */
static void
a_pass_may_begin_and_end_anywhere(void **state)
{
	g_auto(Pair) pair = { 0 };
	gsize n;

	pair_make(&pair, state, &kw_policy_seed, 3);
	g_autofree gsize *order =
		samples_shuffled_order(pair.originals, SEED, 1);

	n = pair.originals->n;
	check_pass(&pair, pair.originals, order, 10, 4, 1);
	check_pass(&pair, pair.originals, order + 12, n - 12, 4, 1);
	check_pass(&pair, pair.originals, order + n - 1, 1, 4, 1);
	check_pass(&pair, pair.originals, order + n, 0, 4, 1);
}

/* Of a dataset that holds copies, with these left out. */
static void
originals_among_copies_are_found(void **state)
{
	g_auto(Pair) pair = { 0 };
	g_autoptr(Samples) kept = NULL;

	pair_make(&pair, state, &kw_policy_seed, 3);
	kept = read_train(pair.augmented);
	/* end to start, so that originals are not the first rows */
	for (gsize i = 0, k = kept->n - 1; i < k; i++, k--) {
		const gsize row = kept->rows[i];
		const gint32 label = kept->labels[i], copy = kept->copies[i];
		const guint64 id = kept->record_ids[i];

		kept->rows[i] = kept->rows[k];
		kept->labels[i] = kept->labels[k];
		kept->copies[i] = kept->copies[k];
		kept->record_ids[i] = kept->record_ids[k];
		kept->rows[k] = row;
		kept->labels[k] = label;
		kept->copies[k] = copy;
		kept->record_ids[k] = id;
	}
	assert_int_equal(samples_drop_copies(kept), COPIES * pair.originals->n);
	assert_int_equal(kept->n, pair.originals->n);
	g_autofree gsize *order = samples_shuffled_order(kept, SEED, 2);
	check_pass(&pair, kept, order, kept->n, 5, 2);
}

/* Copies that are read, and not made, are given as they are. */
static void
without_a_policy_nothing_is_made(void **state)
{
	const gsize n = 148;
	g_auto(Pair) pair = { 0 };
	GError *error = NULL;
	const Batch *batch;

	pair_make(&pair, state, &kw_policy_seed, 3);
	assert_int_equal(pair.all->n, n);
	g_autofree gsize *order = samples_file_order(pair.all);
	g_autoptr(Loader) loader =
		loader_new(pair.all, order, n, (int)n, NULL, NULL, &error);
	test_assert_no_error(error);
	batch = loader_next(loader, &error);
	test_assert_no_error(error);
	for (int i = 0; i < batch->n; i++)
		check_image(&pair, batch, i, pair.all, (gsize)i,
			    pair.all->copies[i]);
}

/* The thread may be anywhere in an image when it is stopped. */
static void
a_pass_may_be_stopped(void **state)
{
	KwPolicy policy;
	g_auto(Pair) pair = { 0 };

	assert_true(kw_policy_load(&policy, "heavy", NULL));
	pair_make(&pair, state, &policy, 3);
	g_autofree gsize *order = samples_file_order(pair.originals);

	for (int round = 0; round < 40; round++) {
		const LoaderAugment augment = { &pair.policy, SEED, 1 };
		Loader *loader =
			loader_new(pair.originals, order, pair.originals->n, 2,
				   &augment, NULL, NULL);

		assert_non_null(loader);
		for (int i = 0; i < round % 5; i++)
			assert_non_null(loader_next(loader, NULL));
		loader_free(loader);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(epochs_are_copies_of_kw_augment),
		cmocka_unit_test(epochs_of_gray_images_are_too),
		cmocka_unit_test(every_transform_is_the_same),
		cmocka_unit_test(batches_may_have_any_size),
		cmocka_unit_test(a_pass_may_begin_and_end_anywhere),
		cmocka_unit_test(originals_among_copies_are_found),
		cmocka_unit_test(without_a_policy_nothing_is_made),
		cmocka_unit_test(a_pass_may_be_stopped),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
