#include "tests/support/kwtest.h"

#include <string.h>

#include "kw/record.h"
#include "prep/group.h"
#include "prep/leakage.h"
#include "prep/photo.h"

/* Photos, classes "cat" and "dog", and warnings. */
typedef struct {
	GPtrArray *photos, *classes, *warnings;
} Fixture;

static int
setup(void **state)
{
	Fixture *f = g_new0(Fixture, 1);

	f->photos = g_ptr_array_new_with_free_func((GDestroyNotify)photo_free);
	f->classes = g_ptr_array_new();
	f->warnings = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(f->classes, (char *)"cat");
	g_ptr_array_add(f->classes, (char *)"dog");
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	Fixture *f = *state;

	g_ptr_array_unref(f->photos);
	g_ptr_array_unref(f->classes);
	g_ptr_array_unref(f->warnings);
	g_free(f);
	return 0;
}

/* `picture` stands for the pixels. */
static Photo *
add(Fixture *f, const char *path, int label, const char *day, guint8 picture)
{
	char *file = g_strdup(path);
	Photo *photo = photo_new(file, file, label, KW_TRAIN);

	g_strlcpy(photo->day, day, sizeof photo->day);
	photo->digest[31] = picture;
	g_ptr_array_add(f->photos, photo);
	return photo;
}

static void
group(Fixture *f)
{
	group_photos(f->photos, f->classes, f->warnings);
}

static void
groups_by_class_and_day_else_alone(void **state)
{
	Fixture *f = *state;
	Photo *a = add(f, "cat/1", 0, "2019-01-31", 1);
	Photo *b = add(f, "cat/2", 0, "2019-01-31", 2);
	Photo *c = add(f, "cat/3", 0, "2019-02-01", 3);
	Photo *d = add(f, "dog/1", 1, "2019-01-31", 4);
	Photo *e = add(f, "dog/2", 1, "", 5);
	Photo *g = add(f, "dog/3", 1, "", 6);

	group(f);
	assert_int_equal(a->group, kw_record_id("cat//2019-01-31"));
	assert_int_equal(b->group, a->group);
	assert_int_equal(c->group, kw_record_id("cat//2019-02-01"));
	assert_int_equal(d->group, kw_record_id("dog//2019-01-31"));
	assert_int_equal(e->group, kw_record_id("dog/2"));
	assert_int_equal(g->group, kw_record_id("dog/3"));
	assert_int_equal(f->warnings->len, 0);
}

static void
joins_groups_that_share_a_picture(void **state)
{
	Fixture *f = *state;
	Photo *a = add(f, "cat/1", 0, "2019-01-31", 1);
	Photo *b = add(f, "cat/2", 0, "", 1);
	Photo *c = add(f, "cat/3", 0, "2019-01-31", 2);
	Photo *d = add(f, "cat/4", 0, "2019-02-01", 2);
	Photo *e = add(f, "cat/5", 0, "2019-02-01", 3);
	Photo *apart = add(f, "cat/6", 0, "2019-02-02", 4);
	guint64 smallest = MIN(
		kw_record_id("cat//2019-01-31"),
		MIN(kw_record_id("cat//2019-02-01"), kw_record_id("cat/2")));

	group(f);
	assert_int_equal(a->group, smallest);
	assert_int_equal(b->group, smallest);
	assert_int_equal(c->group, smallest);
	assert_int_equal(d->group, smallest);
	assert_int_equal(e->group, smallest);
	assert_int_equal(apart->group, kw_record_id("cat//2019-02-02"));
}

static void
warns_of_a_picture_under_two_classes(void **state)
{
	Fixture *f = *state;
	Photo *a = add(f, "cat/1", 0, "", 1);
	Photo *b = add(f, "dog/1", 1, "", 1);
	Photo *c = add(f, "cat/2", 0, "", 1);

	group(f);
	assert_int_equal(a->group, c->group);
	assert_true(a->group != b->group);
	assert_int_equal(f->warnings->len, 1);
	assert_non_null(strstr(f->warnings->pdata[0], "'cat/1' and 'dog/1'"));
}

static void
does_not_depend_on_the_order_of_photos(void **state)
{
	enum { N = 200 };
	Fixture *f = *state;
	Photo *photos[N];
	guint64 groups[N];

	for (int i = 0; i < N; i++) {
		g_autofree char *path = g_strdup_printf("cat/%d", i);
		g_autofree char *day =
			i % 3 == 0
				? g_strdup("")
				: g_strdup_printf("2019-01-%02d", i % 28 + 1);

		photos[i] = add(f, path, 0, day, (guint8)(i * 7 % 150));
	}
	group(f);
	for (int i = 0; i < N; i++)
		groups[i] = photos[i]->group;
	for (int i = 0; i < N; i++)
		f->photos->pdata[i] = photos[i * 77 % N];
	group(f);
	for (int i = 0; i < N; i++)
		assert_int_equal(photos[i]->group, groups[i]);
}

static void
leakage_check_counts_what_splits_share(void **state)
{
	Fixture *f = *state;
	Photo *a = add(f, "cat/1", 0, "2019-01-31", 1);
	Photo *b = add(f, "cat/2", 0, "2019-01-31", 2);
	Photo *c = add(f, "cat/3", 0, "2019-01-31", 3);
	Photo *d = add(f, "dog/1", 1, "", 3);
	Photo *e = add(f, "dog/2", 1, "", 4);

	group(f);
	assert_int_equal(leakage_check(f->photos).groups, 0);
	assert_int_equal(leakage_check(f->photos).duplicates, 0);
	d->split = KW_VAL;
	e->split = KW_TEST;
	assert_int_equal(leakage_check(f->photos).groups, 0);
	assert_int_equal(leakage_check(f->photos).duplicates, 1);
	/* One group in three splits counts once. */
	b->split = KW_VAL;
	c->split = KW_TEST;
	assert_int_equal(a->split, KW_TRAIN);
	assert_int_equal(leakage_check(f->photos).groups, 1);
	assert_int_equal(leakage_check(f->photos).duplicates, 1);
}

#define with_fixture(test)                                                     \
	cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_fixture(groups_by_class_and_day_else_alone),
		with_fixture(joins_groups_that_share_a_picture),
		with_fixture(warns_of_a_picture_under_two_classes),
		with_fixture(does_not_depend_on_the_order_of_photos),
		with_fixture(leakage_check_counts_what_splits_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
