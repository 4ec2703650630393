/* What is read of a split, and the order in which it is gone through. */
#include "tests/support/kwtest.h"

#include <string.h>

#include "tests/support/traindata.h"
#include "train/samples.h"

/* Samples without a dataset: `copies` of each of `n` records. */
static Samples *
samples_new(gsize n, gint32 copies)
{
	Samples *s = g_new0(Samples, 1);

	s->n = n * (gsize)copies;
	s->rows = g_new(gsize, s->n);
	s->labels = g_new0(gint32, s->n);
	s->record_ids = g_new(guint64, s->n);
	s->group_ids = g_new(guint64, s->n);
	s->copies = g_new(gint32, s->n);
	for (gsize i = 0; i < s->n; i++) {
		g_autofree char *name =
			g_strdup_printf("%zu", i / (gsize)copies);

		s->rows[i] = i;
		s->record_ids[i] = kw_record_id(name);
		s->group_ids[i] = s->record_ids[i] / 3;
		s->copies[i] = (gint32)(i % (gsize)copies);
	}
	return s;
}

static void
check_permutation(const gsize *order, gsize n)
{
	g_autofree guint8 *seen = g_new0(guint8, n);

	for (gsize i = 0; i < n; i++) {
		assert_true(order[i] < n);
		assert_int_equal(seen[order[i]]++, 0);
	}
}

static void
test_read(void **state)
{
	const TrainData data = { 32,   33,          3,
				 3,    { 7, 0, 2 }, KW_STANDARDIZE_RESCALE,
				 FALSE };
	g_autoptr(KwDataset) dataset = train_data_open(&data);
	GError *error = NULL;

	(void)state;
	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		g_autoptr(Samples) samples = samples_read(dataset, s, &error);
		g_autofree gsize *order = NULL;
		g_autofree gsize *counts = NULL;

		test_assert_no_error(error);
		assert_int_equal(samples->n, data.counts[s]);
		assert_int_equal(samples->split, s);
		order = samples_file_order(samples);
		for (gsize i = 0; i < samples->n; i++) {
			assert_int_equal(order[i], i);
			assert_int_equal(samples->rows[i], i);
			assert_int_equal(samples->labels[i], i % 3);
			assert_int_equal(samples->copies[i], 0);
		}
		counts = samples_count_labels(samples, 3);
		assert_int_equal(counts[0], (data.counts[s] + 2) / 3);
		assert_int_equal(counts[0] + counts[1] + counts[2],
				 data.counts[s]);
	}
}

static void
test_shuffle(void **state)
{
	g_autoptr(Samples) s = samples_new(100, 3);
	g_autofree gsize *first = samples_shuffled_order(s, 42, 1);
	g_autofree gsize *again = samples_shuffled_order(s, 42, 1);
	g_autofree gsize *next = samples_shuffled_order(s, 42, 2);
	g_autofree gsize *seeded = samples_shuffled_order(s, 43, 1);
	g_autofree gsize *unshuffled = samples_file_order(s);
	const gsize bytes = s->n * sizeof *first;

	(void)state;
	check_permutation(first, s->n);
	check_permutation(next, s->n);
	check_permutation(seeded, s->n);
	assert_memory_equal(first, again, bytes);
	assert_memory_not_equal(first, next, bytes);
	assert_memory_not_equal(first, seeded, bytes);
	assert_memory_not_equal(first, unshuffled, bytes);
	assert_memory_not_equal(next, seeded, bytes);
}

/* Where each sample goes, on average over many epochs: the middle. */
static void
test_shuffle_is_fair(void **state)
{
	enum { EPOCHS = 400, N = 20 };
	g_autoptr(Samples) s = samples_new(N, 1);
	gsize sums[N] = { 0 };

	(void)state;
	for (int epoch = 1; epoch <= EPOCHS; epoch++) {
		g_autofree gsize *order = samples_shuffled_order(s, 1, epoch);

		for (gsize place = 0; place < N; place++)
			sums[order[place]] += place;
	}
	/* The mean is 9.5 with a standard deviation of 0.288. */
	for (int i = 0; i < N; i++)
		assert_in_range(sums[i], 8.2 * EPOCHS, 10.8 * EPOCHS);
}

/* Record ids and copies in the order of an epoch. */
static guint64 *
ids_in_order(const Samples *s, const gsize *order)
{
	guint64 *ids = g_new(guint64, 2 * s->n);

	for (gsize i = 0; i < s->n; i++) {
		ids[2 * i] = s->record_ids[order[i]];
		ids[2 * i + 1] = (guint64)s->copies[order[i]];
	}
	return ids;
}

/* The same samples end to start. */
static void
reverse(Samples *s)
{
	for (gsize i = 0, k = s->n - 1; i < k; i++, k--) {
		guint64 id = s->record_ids[i], group = s->group_ids[i];
		gint32 copy = s->copies[i];

		s->record_ids[i] = s->record_ids[k];
		s->record_ids[k] = id;
		s->group_ids[i] = s->group_ids[k];
		s->group_ids[k] = group;
		s->copies[i] = s->copies[k];
		s->copies[k] = copy;
	}
}

static void
check_layout(Samples *s)
{
	g_autofree gsize *order = samples_shuffled_order(s, 42, 5);
	g_autofree guint64 *ids = ids_in_order(s, order);

	reverse(s);
	g_autofree gsize *other = samples_shuffled_order(s, 42, 5);
	g_autofree guint64 *other_ids = ids_in_order(s, other);

	assert_memory_equal(ids, other_ids, 2 * s->n * sizeof *ids);
}

static void
test_layout_does_not_matter(void **state)
{
	g_autoptr(Samples) few = samples_new(50, 4);
	g_autoptr(Samples) many = samples_new(1, 70000);

	(void)state;
	check_layout(few);
	check_layout(many);
}

static void
test_no_samples(void **state)
{
	g_autoptr(Samples) s = samples_new(0, 1);
	g_autofree gsize *order = samples_shuffled_order(s, 42, 1);
	g_autofree gsize *counts = samples_count_labels(s, 2);

	(void)state;
	assert_int_equal(counts[0] + counts[1], 0);
}

/* Originals are every fourth, and the first of the file is none. */
static void
test_drop_copies(void **state)
{
	g_autoptr(Samples) s = samples_new(50, 4);
	g_autoptr(Samples) originals = samples_new(50, 1);

	(void)state;
	reverse(s);
	reverse(originals);
	for (gsize i = 0; i < s->n; i++)
		s->labels[i] = (gint32)(i / 4 % 3);
	assert_int_equal(samples_drop_copies(s), 150);
	assert_int_equal(s->n, 50);
	for (gsize i = 0; i < s->n; i++) {
		assert_int_equal(s->rows[i], 4 * i + 3);
		assert_int_equal(s->labels[i], i % 3);
		assert_int_equal(s->record_ids[i], originals->record_ids[i]);
		assert_int_equal(s->group_ids[i], originals->group_ids[i]);
		assert_int_equal(s->copies[i], 0);
	}
	assert_int_equal(samples_drop_copies(s), 0);
	assert_int_equal(s->n, 50);
}

/* An epoch's order is that of the originals without copies. */
static void
test_order_without_copies(void **state)
{
	g_autoptr(Samples) s = samples_new(50, 4);
	g_autoptr(Samples) originals = samples_new(50, 1);

	(void)state;
	samples_drop_copies(s);
	g_autofree gsize *order = samples_shuffled_order(s, 42, 3);
	g_autofree gsize *plain = samples_shuffled_order(originals, 42, 3);
	assert_memory_equal(order, plain, 50 * sizeof *order);
}

static void
test_only_copies(void **state)
{
	g_autoptr(Samples) s = samples_new(10, 1);

	(void)state;
	for (gsize i = 0; i < s->n; i++)
		s->copies[i] = 1;
	assert_int_equal(samples_drop_copies(s), 10);
	assert_int_equal(s->n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_shuffle),
		cmocka_unit_test(test_shuffle_is_fair),
		cmocka_unit_test(test_layout_does_not_matter),
		cmocka_unit_test(test_no_samples),
		cmocka_unit_test(test_drop_copies),
		cmocka_unit_test(test_order_without_copies),
		cmocka_unit_test(test_only_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
