#include <string.h>

#include "kw/image.h"
#include "kw/record.h"
#include "prep/group.h"
#include "tests/support/photos.h"

/* 2020-05-01 12:00:00, by whatever clock. */
static const gint64 noon = G_GINT64_CONSTANT(1588334400000);

static Photo *
add_day(Photos *f, const char *path, int label, const char *day)
{
	Photo *photo = photos_add(f, path, label);

	g_strlcpy(photo->day, day, sizeof photo->day);
	return photo;
}

/* Taken so many milliseconds after noon. */
static Photo *
add_taken(Photos *f, const char *path, gint64 after)
{
	Photo *photo = photos_add(f, path, 0);

	photo->taken = noon + after;
	return photo;
}

static BurstCount
group(Photos *f, GroupMode mode)
{
	guint n = f->photos->len;
	g_autofree guint *original = g_new(guint, n);
	Duplicates none = { .n = n, .original = original };
	BurstCount bursts;

	for (guint i = 0; i < n; i++)
		original[i] = i;
	group_photos(f->photos, f->classes, mode, 10000, &none, &bursts);
	return bursts;
}

/* ---- days, folders and lists */

static void
groups_by_class_and_day_else_alone(void **state)
{
	Photos *f = *state;
	Photo *a = add_day(f, "cat/1", 0, "2019-01-31");
	Photo *b = add_day(f, "cat/2", 0, "2019-01-31");
	Photo *c = add_day(f, "cat/3", 0, "2019-02-01");
	Photo *d = add_day(f, "dog/1", 1, "2019-01-31");
	Photo *e = add_day(f, "dog/2", 1, "");
	Photo *g = add_day(f, "dog/3", 1, "");

	for (GroupMode mode = GROUP_AUTO; mode <= GROUP_DAY; mode++) {
		group(f, mode);
		assert_int_equal(a->group, kw_record_id("cat//2019-01-31"));
		assert_int_equal(b->group, a->group);
		assert_int_equal(c->group, kw_record_id("cat//2019-02-01"));
		assert_int_equal(d->group, kw_record_id("dog//2019-01-31"));
		assert_int_equal(e->group, kw_record_id("dog/2"));
		assert_int_equal(g->group, kw_record_id("dog/3"));
	}
}

static void
groups_by_folder_or_not_at_all(void **state)
{
	Photos *f = *state;
	Photo *a = add_day(f, "cat/x/1", 0, "2019-01-31");
	Photo *b = add_day(f, "cat/x/2", 0, "2019-01-31");
	Photo *c = add_day(f, "cat/1", 0, "2019-01-31");

	group(f, GROUP_FOLDER);
	assert_int_equal(a->group, kw_record_id("cat/x//"));
	assert_int_equal(b->group, a->group);
	assert_int_equal(c->group, kw_record_id("cat//"));
	group(f, GROUP_NONE);
	assert_int_equal(a->group, a->id);
	assert_int_equal(b->group, b->id);
	assert_int_equal(c->group, c->id);
}

static void
trusts_the_group_of_a_list_most(void **state)
{
	Photos *f = *state;
	Photo *a = add_day(f, "cat/1", 0, "2019-01-31");
	Photo *b = add_day(f, "cat/2", 0, "2019-01-31");
	Photo *c = add_day(f, "dog/1", 1, "2019-02-01");
	Photo *d = add_taken(f, "cat/3", 0), *e = add_taken(f, "cat/4", 1);

	a->given_group = c->given_group = e->given_group =
		kw_record_id("//site 1");
	for (GroupMode mode = GROUP_AUTO; mode <= GROUP_NONE; mode++) {
		group(f, mode);
		assert_int_equal(a->group, kw_record_id("//site 1"));
		assert_int_equal(c->group, a->group);
		assert_int_equal(e->group, a->group);
		assert_true(b->group != a->group);
		assert_true(d->group != a->group);
	}
}

static void
joins_duplicates_and_the_groups_they_are_in(void **state)
{
	Photos *f = *state;
	Photo *a = add_day(f, "cat/1", 0, "2019-01-31");
	Photo *b = add_day(f, "cat/2", 0, "");
	Photo *c = add_day(f, "cat/3", 0, "2019-01-31");
	Photo *apart = add_day(f, "cat/4", 0, "2019-02-02");
	guint original[] = { 0, 0, 2, 3 };
	Duplicates duplicates = { .n = 4, .original = original };
	guint64 smallest =
		MIN(kw_record_id("cat//2019-01-31"), kw_record_id("cat/2"));
	BurstCount bursts;

	group_photos(f->photos, f->classes, GROUP_AUTO, 10000, &duplicates,
		     &bursts);
	assert_int_equal(a->group, smallest);
	assert_int_equal(b->group, smallest);
	assert_int_equal(c->group, smallest);
	assert_int_equal(apart->group, kw_record_id("cat//2019-02-02"));
}

/* ---- bursts */

static void
joins_a_burst_by_its_times(void **state)
{
	Photos *f = *state;
	Photo *a = add_taken(f, "cat/x", 0);
	Photo *b = add_taken(f, "cat/y", 9999);
	Photo *c = add_taken(f, "cat/a", 9999 + 300);
	Photo *late = add_taken(f, "cat/b", 9999 + 300 + 10000);
	BurstCount bursts = group(f, GROUP_BURST);

	assert_int_equal(a->group, MIN(MIN(a->id, b->id), c->id));
	assert_int_equal(b->group, a->group);
	assert_int_equal(c->group, a->group);
	assert_int_equal(late->group, late->id);
	assert_int_equal(bursts.bursts, 1);
	assert_int_equal(bursts.photos, 3);
	bursts = group(f, GROUP_DAY);
	assert_int_equal(bursts.bursts, 0);
	assert_int_equal(a->group, a->id);
}

static void
tells_cameras_and_classes_apart(void **state)
{
	Photos *f = *state;
	Photo *a = add_taken(f, "cat/1", 0), *b = add_taken(f, "cat/2", 100);
	Photo *c = add_taken(f, "cat/3", 200), *d = add_taken(f, "cat/4", 300);

	/* Two cameras, taking turns. */
	b->camera = d->camera = 7;
	group(f, GROUP_AUTO);
	assert_int_equal(a->group, c->group);
	assert_int_equal(b->group, d->group);
	assert_true(a->group != b->group);
	c->label = 1;
	group(f, GROUP_AUTO);
	assert_true(a->group != c->group);
}

static void
joins_the_days_of_a_burst_across_midnight(void **state)
{
	Photos *f = *state;
	Photo *a = add_day(f, "cat/1", 0, "2020-05-01");
	Photo *b = add_day(f, "cat/2", 0, "2020-05-01");
	Photo *c = add_day(f, "cat/3", 0, "2020-05-02");
	Photo *d = add_day(f, "cat/4", 0, "2020-05-03");

	a->taken = noon;
	b->taken = noon + 12 * 3600 * 1000 - 2000;
	c->taken = b->taken + 3000;
	d->taken = c->taken + 24 * 3600 * 1000;
	group(f, GROUP_AUTO);
	assert_int_equal(a->group, MIN(kw_record_id("cat//2020-05-01"),
				       kw_record_id("cat//2020-05-02")));
	assert_int_equal(c->group, a->group);
	assert_true(d->group != a->group);
}

static Photo *
add_stamped(Photos *f, const char *path, gint64 after)
{
	Photo *photo = photos_add(f, path, 0);

	photo->stamped = noon + after;
	return photo;
}

static void
follows_file_numbers_where_times_agree(void **state)
{
	Photos *f = *state;
	Photo *a = add_stamped(f, "cat/IMG_0041.JPG", 0);
	Photo *b = add_stamped(f, "cat/IMG_0042.JPG", 4000);
	Photo *gap = add_stamped(f, "cat/IMG_0044.JPG", 5000);
	Photo *other = add_stamped(f, "cat/DSC_0043.JPG", 4500);
	Photo *late = add_stamped(f, "cat/IMG_0043.JPG", 60000);
	Photo *folder = add_stamped(f, "cat/2/IMG_0040.JPG", 0);
	/* One is missing between them. */
	Photo *before = add_stamped(f, "cat/P0001.JPG", 0);
	Photo *after = add_stamped(f, "cat/P0003.JPG", 1000);
	/* The same shot in two types. */
	Photo *raw = add_stamped(f, "cat/Q0001.tif", 0);
	Photo *jpeg = add_stamped(f, "cat/Q0001.jpg", 0);
	Photo *next = add_stamped(f, "cat/Q0002.jpg", 500);
	BurstCount bursts = group(f, GROUP_AUTO);

	assert_int_equal(a->group, b->group);
	assert_int_equal(gap->group, gap->id);
	assert_int_equal(other->group, other->id);
	assert_int_equal(late->group, late->id);
	assert_int_equal(folder->group, folder->id);
	assert_int_equal(before->group, before->id);
	assert_int_equal(after->group, after->id);
	assert_int_equal(raw->group, jpeg->group);
	assert_int_equal(next->group, jpeg->group);
	assert_int_equal(bursts.bursts, 2);
	assert_int_equal(bursts.photos, 5);
	/* Of one only the file has a time. */
	b->taken = b->stamped;
	b->stamped = KW_NO_TIME;
	group(f, GROUP_AUTO);
	assert_int_equal(a->group, b->group);
}

/* A camera that does not move numbers all its photos. */
static void
does_not_trust_numbers_without_times(void **state)
{
	Photos *f = *state;
	BurstCount bursts;

	for (int i = 0; i < 50; i++) {
		g_autofree char *path = g_strdup_printf("cat/IMG_%04d.JPG", i);

		photos_add(f, path, 0);
	}
	bursts = group(f, GROUP_AUTO);
	assert_int_equal(bursts.bursts, 0);
	for (int i = 0; i < 50; i++) {
		const Photo *photo = f->photos->pdata[i];

		assert_int_equal(photo->group, photo->id);
	}
}

static void
copes_with_any_name(void **state)
{
	static const char *const names[] = {
		"cat/0041",
		"cat/99999999999999999999999999",
		"cat/00000000000000000000000001.jpg",
		"cat/.5",
		"cat/IMG_",
		"7",
		"cat/1.2.3",
	};
	Photos *f = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		add_stamped(f, names[i], 0);
	group(f, GROUP_AUTO);
	for (guint i = 0; i < f->photos->len; i++)
		assert_int_equal(((Photo *)f->photos->pdata[i])->group,
				 ((Photo *)f->photos->pdata[i])->id);
}

static void
does_not_depend_on_the_order_of_photos(void **state)
{
	enum { N = 200 };
	Photos *f = *state;
	Photo *photos[N];
	guint64 groups[N];

	for (int i = 0; i < N; i++) {
		g_autofree char *path = g_strdup_printf("cat/%d", i);
		g_autofree char *day =
			i % 3 == 0
				? g_strdup("")
				: g_strdup_printf("2019-01-%02d", i % 28 + 1);

		photos[i] = add_day(f, path, 0, day);
		if (i % 5 == 0)
			photos[i]->taken = noon + i * 1500;
	}
	group(f, GROUP_AUTO);
	for (int i = 0; i < N; i++)
		groups[i] = photos[i]->group;
	for (int i = 0; i < N; i++)
		f->photos->pdata[i] = photos[i * 77 % N];
	group(f, GROUP_AUTO);
	for (int i = 0; i < N; i++)
		assert_int_equal(photos[i]->group, groups[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_photos(groups_by_class_and_day_else_alone),
		with_photos(groups_by_folder_or_not_at_all),
		with_photos(trusts_the_group_of_a_list_most),
		with_photos(joins_duplicates_and_the_groups_they_are_in),
		with_photos(joins_a_burst_by_its_times),
		with_photos(tells_cameras_and_classes_apart),
		with_photos(joins_the_days_of_a_burst_across_midnight),
		with_photos(follows_file_numbers_where_times_agree),
		with_photos(does_not_trust_numbers_without_times),
		with_photos(copes_with_any_name),
		with_photos(does_not_depend_on_the_order_of_photos),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
