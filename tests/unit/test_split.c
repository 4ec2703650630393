#include <stdlib.h>
#include <string.h>

#include "kw/random.h"
#include "kw/record.h"
#include "prep/split.h"
#include "tests/support/photos.h"

static const int standard[KW_N_SPLITS] = { 70, 15, 15 };

/* n photos of a class in one group, all with the name of the group. */
static void
add_group(Photos *f, int label, int group, int n)
{
	for (int i = 0; i < n; i++) {
		g_autofree char *path =
			g_strdup_printf("%d/%d-%d", label, group, i);
		g_autofree char *name = g_strdup_printf("%d//%d", label, group);

		photos_add(f, path, label)->group = kw_record_id(name);
	}
}

static void
count(const Photos *f, int label, int counts[KW_N_SPLITS])
{
	memset(counts, 0, KW_N_SPLITS * sizeof *counts);
	for (guint i = 0; i < f->photos->len; i++) {
		const Photo *photo = f->photos->pdata[i];

		if (photo->label == label)
			counts[photo->split]++;
	}
}

static void
assert_counts(const Photos *f, int label, int train, int val, int test)
{
	int counts[KW_N_SPLITS];

	count(f, label, counts);
	assert_int_equal(counts[KW_TRAIN], train);
	assert_int_equal(counts[KW_VAL], val);
	assert_int_equal(counts[KW_TEST], test);
}

static void
split(Photos *f, const int percent[KW_N_SPLITS], guint64 seed)
{
	split_photos(f->photos, f->classes, percent, seed, f->warnings);
}

static void
gives_each_class_its_shares(void **state)
{
	Photos *f = *state;

	for (int g = 0; g < 200; g++)
		add_group(f, 0, g, 1);
	for (int g = 0; g < 40; g++)
		add_group(f, 1, g, 1);
	split(f, standard, 42);
	assert_counts(f, 0, 140, 30, 30);
	assert_counts(f, 1, 28, 6, 6);
	assert_int_equal(f->warnings->len, 0);
}

static void
never_tears_a_group(void **state)
{
	Photos *f = *state;

	for (int g = 0; g < 50; g++)
		add_group(f, g % 2, g, 1 + g * 5 % 17);
	split(f, standard, 7);
	for (guint i = 0; i < f->photos->len; i++) {
		for (guint j = 0; j < i; j++) {
			const Photo *a = f->photos->pdata[i];
			const Photo *b = f->photos->pdata[j];

			if (a->group == b->group)
				assert_int_equal(a->split, b->split);
		}
	}
}

static void
comes_within_three_photos_with_groups_of_any_size(void **state)
{
	for (guint64 seed = 0; seed < 50; seed++) {
		Photos *f;
		int counts[KW_N_SPLITS], total = 0;

		assert_int_equal(photos_setup(state), 0);
		f = *state;
		for (int g = 0; g < 25; g++) {
			KwRandomKey key = { .seed = seed,
					    .subject = (guint64)g };
			int n = (int)kw_random_between(&key, 0, 1, 21);

			add_group(f, 0, g, n);
			total += n;
		}
		split(f, standard, seed);
		count(f, 0, counts);
		for (int s = 0; s < KW_N_SPLITS; s++)
			assert_in_range(
				abs(100 * counts[s] - standard[s] * total), 0,
				300);
		photos_teardown(state);
	}
}

static void
leaves_no_split_empty_with_three_groups(void **state)
{
	Photos *f = *state;

	/* One day with nearly all photos, two with one each. */
	add_group(f, 0, 0, 1);
	add_group(f, 0, 1, 1);
	add_group(f, 0, 2, 500);
	add_group(f, 1, 0, 30);
	add_group(f, 1, 1, 30);
	add_group(f, 1, 2, 30);
	split(f, standard, 42);
	assert_counts(f, 0, 500, 1, 1);
	assert_counts(f, 1, 30, 30, 30);
	assert_int_equal(f->warnings->len, 0);
}

static void
fills_train_first_with_fewer_groups_and_warns(void **state)
{
	Photos *f = *state;

	add_group(f, 0, 0, 9);
	add_group(f, 1, 0, 2);
	add_group(f, 1, 1, 5);
	split(f, standard, 42);
	assert_counts(f, 0, 9, 0, 0);
	assert_counts(f, 1, 5, 2, 0);
	assert_int_equal(f->warnings->len, 2);
	assert_non_null(strstr(f->warnings->pdata[0],
			       "'cat' has only 1 group of photos: val and "
			       "test"));
	assert_non_null(strstr(f->warnings->pdata[1],
			       "'dog' has only 2 groups of photos: test"));
}

static void
wants_nothing_in_a_split_of_zero_percent(void **state)
{
	static const int no_test[] = { 80, 20, 0 }, only_test[] = { 0, 0, 100 };
	Photos *f = *state;

	for (int g = 0; g < 20; g++)
		add_group(f, 0, g, 1);
	add_group(f, 1, 0, 3);
	add_group(f, 1, 1, 3);
	split(f, no_test, 42);
	assert_counts(f, 0, 16, 4, 0);
	assert_counts(f, 1, 3, 3, 0);
	split(f, only_test, 42);
	assert_counts(f, 0, 0, 0, 20);
	assert_counts(f, 1, 0, 0, 6);
	assert_int_equal(f->warnings->len, 0);
}

/* ---- groups of several classes, and pins */

/* A group of n cats and m dogs. */
static void
add_mixed(Photos *f, int group, int n, int m)
{
	g_autofree char *name = g_strdup_printf("//%d", group);

	for (int i = 0; i < n + m; i++) {
		g_autofree char *path = g_strdup_printf("x/%d-%d", group, i);

		photos_add(f, path, i >= n)->group = kw_record_id(name);
	}
}

static void
keeps_groups_of_several_classes_whole_and_near_the_shares(void **state)
{
	Photos *f = *state;
	int counts[KW_N_SPLITS];

	for (int g = 0; g < 40; g++)
		add_mixed(f, g, 1 + g % 5, 1 + g % 3);
	for (int g = 0; g < 30; g++)
		add_group(f, g % 2, 100 + g, 2);
	split(f, standard, 42);
	for (guint i = 0; i < f->photos->len; i++) {
		for (guint j = 0; j < i; j++) {
			const Photo *a = f->photos->pdata[i];
			const Photo *b = f->photos->pdata[j];

			if (a->group == b->group)
				assert_int_equal(a->split, b->split);
		}
	}
	for (int label = 0; label < 2; label++) {
		int total = 0;

		count(f, label, counts);
		for (int s = 0; s < KW_N_SPLITS; s++)
			total += counts[s];
		for (int s = 0; s < KW_N_SPLITS; s++)
			assert_in_range(
				abs(100 * counts[s] - standard[s] * total), 0,
				200);
	}
	assert_int_equal(f->warnings->len, 0);
}

static void
leaves_no_split_empty_with_three_mixed_groups(void **state)
{
	Photos *f = *state;
	int counts[KW_N_SPLITS];

	for (int g = 0; g < 3; g++)
		add_mixed(f, g, 5, 5);
	split(f, standard, 42);
	for (int label = 0; label < 2; label++) {
		count(f, label, counts);
		for (int s = 0; s < KW_N_SPLITS; s++)
			assert_int_equal(counts[s], 5);
	}
}

static void
pin_group(Photos *f, int label, int group, KwSplit pinned)
{
	g_autofree char *name = g_strdup_printf("%d//%d", label, group);

	for (guint i = 0; i < f->photos->len; i++) {
		Photo *photo = f->photos->pdata[i];

		if (photo->group == kw_record_id(name)) {
			photo->pinned = pinned;
			return;
		}
	}
	fail();
}

static void
sends_a_group_where_one_of_its_photos_is_pinned(void **state)
{
	Photos *f = *state;

	for (int g = 0; g < 20; g++)
		add_group(f, 0, g, 3);
	for (int g = 0; g < 4; g++)
		pin_group(f, 0, g, KW_TEST);
	split(f, standard, 42);
	/* What is pinned counts: the rest makes up for it. */
	assert_counts(f, 0, 42, 6, 12);
	for (guint i = 0; i < f->photos->len; i++) {
		const Photo *photo = f->photos->pdata[i];

		for (int g = 0; g < 4; g++) {
			g_autofree char *name = g_strdup_printf("0//%d", g);

			if (photo->group == kw_record_id(name))
				assert_int_equal(photo->split, KW_TEST);
		}
	}
	assert_int_equal(f->warnings->len, 0);
}

static void
leaves_pinned_photos_where_they_are_and_tells_of_torn_groups(void **state)
{
	Photos *f = *state;

	add_group(f, 0, 0, 4);
	for (int g = 1; g < 10; g++)
		add_group(f, 0, g, 1);
	((Photo *)f->photos->pdata[0])->pinned = KW_VAL;
	((Photo *)f->photos->pdata[1])->pinned = KW_TEST;
	((Photo *)f->photos->pdata[2])->pinned = KW_TEST;
	Photo *val = f->photos->pdata[0], *test = f->photos->pdata[1];
	Photo *free = f->photos->pdata[3];
	split(f, standard, 42);
	assert_int_equal(test->split, KW_TEST);
	assert_int_equal(val->split, KW_VAL);
	assert_int_equal(free->split, KW_TEST);
	assert_int_equal(f->warnings->len, 1);
	assert_non_null(strstr(f->warnings->pdata[0], "tear them apart: 1"));
}

static void
warns_of_a_class_that_pins_keep_out_of_a_split(void **state)
{
	Photos *f = *state;

	for (int g = 0; g < 10; g++)
		add_group(f, 0, g, 2);
	for (int g = 0; g < 10; g++)
		add_group(f, 1, g, 2);
	for (guint i = 0; i < 20; i++)
		((Photo *)f->photos->pdata[i])->pinned = KW_TRAIN;
	split(f, standard, 42);
	assert_counts(f, 0, 20, 0, 0);
	assert_int_equal(f->warnings->len, 1);
	assert_non_null(strstr(f->warnings->pdata[0],
			       "class 'cat' whose split is given leave none "
			       "for val and test"));
}

static int
draw(guint64 seed, guint64 subject, guint16 number, int low, int high)
{
	KwRandomKey key = { .seed = seed, .subject = subject };

	return (int)kw_random_between(&key, number, low, high);
}

/* To fill a split for one class must not empty it for another. */
static void
leaves_no_split_empty_for_either_class_of_mixed_groups(void **state)
{
	for (guint64 seed = 0; seed < 400; seed++) {
		guint64 n_mixed = 3 + seed % 3, n_single = seed / 3 % 3;
		int counts[KW_N_SPLITS];
		Photos *f;

		assert_int_equal(photos_setup(state), 0);
		f = *state;
		for (guint64 g = 0; g < n_mixed; g++)
			add_mixed(f, (int)g, draw(seed, g, 0, 1, 9),
				  draw(seed, g, 1, 1, 9));
		for (guint64 g = 50; g < 50 + n_single; g++)
			add_group(f, (int)g % 2, (int)g,
				  draw(seed, g, 0, 1, 9));
		split(f, standard, seed);
		for (int label = 0; label < 2; label++) {
			count(f, label, counts);
			for (int s = 0; s < KW_N_SPLITS; s++)
				assert_true(counts[s] > 0);
		}
		photos_teardown(state);
	}
}

/* Few dogs among many cats count as much: 1.5 % off their shares on average. */
static void
weighs_the_classes_of_a_group_by_their_size(void **state)
{
	enum { SEEDS = 100 };
	double off = 0;

	for (guint64 seed = 0; seed < SEEDS; seed++) {
		int dogs[KW_N_SPLITS], total = 0;
		Photos *f;

		assert_int_equal(photos_setup(state), 0);
		f = *state;
		for (guint64 g = 0; g < 60; g++)
			add_mixed(f, (int)g, draw(seed, g, 0, 30, 50),
				  draw(seed, g, 1, 1, 6));
		split(f, standard, seed);
		count(f, 1, dogs);
		for (int s = 0; s < KW_N_SPLITS; s++)
			total += dogs[s];
		for (int s = 0; s < KW_N_SPLITS; s++)
			off += abs(100 * dogs[s] - standard[s] * total) /
			       (double)(total * KW_N_SPLITS * SEEDS);
		photos_teardown(state);
	}
	assert_true(off < 1.8);
}

static int
compare_paths(gconstpointer a, gconstpointer b)
{
	const Photo *x = *(Photo *const *)a, *y = *(Photo *const *)b;

	return strcmp(x->path, y->path);
}

/* The splits of all photos in the order of their paths, as digits. */
static char *
outcome(Photos *f)
{
	GString *text = g_string_new(NULL);

	g_ptr_array_sort(f->photos, compare_paths);
	for (guint i = 0; i < f->photos->len; i++)
		g_string_append_printf(text, "%d",
				       ((Photo *)f->photos->pdata[i])->split);
	return g_string_free(text, FALSE);
}

static void
depends_on_the_seed_and_not_on_the_order(void **state)
{
	Photos *f = *state;
	g_autofree char *first = NULL, *reversed = NULL, *other = NULL;

	for (int g = 0; g < 60; g++)
		add_group(f, g % 2, g, 1 + g % 4);
	split(f, standard, 42);
	first = outcome(f);
	for (guint i = 0, j = f->photos->len - 1; i < j; i++, j--) {
		gpointer photo = f->photos->pdata[i];

		f->photos->pdata[i] = f->photos->pdata[j];
		f->photos->pdata[j] = photo;
	}
	split(f, standard, 42);
	reversed = outcome(f);
	split(f, standard, 43);
	other = outcome(f);
	assert_string_equal(first, reversed);
	assert_string_not_equal(first, other);
}

static void
orders_records_by_a_keyed_hash_of_their_id(void **state)
{
	Photos *f = *state;
	guint64 last = 0;

	for (int g = 0; g < 40; g++)
		add_group(f, g % 2, g, 1);
	split(f, standard, 42);
	split_order(f->photos, 42);
	for (guint i = 0; i < f->photos->len; i++) {
		const Photo *photo = f->photos->pdata[i];
		KwRandomKey key = { .seed = 42,
				    .subject = photo->id,
				    .purpose = KW_PURPOSE_ORDER };
		guint64 order = kw_random_u64(&key, 0);

		if (i > 0) {
			const Photo *before = f->photos->pdata[i - 1];

			assert_true(before->split <= photo->split);
			assert_true(before->split < photo->split ||
				    last < order);
		}
		last = order;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_photos(gives_each_class_its_shares),
		with_photos(never_tears_a_group),
		cmocka_unit_test(
			comes_within_three_photos_with_groups_of_any_size),
		with_photos(leaves_no_split_empty_with_three_groups),
		with_photos(fills_train_first_with_fewer_groups_and_warns),
		with_photos(wants_nothing_in_a_split_of_zero_percent),
		with_photos(
			keeps_groups_of_several_classes_whole_and_near_the_shares),
		with_photos(leaves_no_split_empty_with_three_mixed_groups),
		with_photos(sends_a_group_where_one_of_its_photos_is_pinned),
		with_photos(
			leaves_pinned_photos_where_they_are_and_tells_of_torn_groups),
		with_photos(warns_of_a_class_that_pins_keep_out_of_a_split),
		cmocka_unit_test(
			leaves_no_split_empty_for_either_class_of_mixed_groups),
		cmocka_unit_test(weighs_the_classes_of_a_group_by_their_size),
		with_photos(depends_on_the_seed_and_not_on_the_order),
		with_photos(orders_records_by_a_keyed_hash_of_their_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
