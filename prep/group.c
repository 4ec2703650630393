#include "prep/group.h"

#include <string.h>

#include "kw/record.h"
#include "prep/photo.h"

/* A photo in a forest of groups: the root of a tree has its smallest key. */
typedef struct Member {
	Photo *photo;
	guint64 key;
	struct Member *parent; /* itself at the root */
} Member;

static Member *
root_of(Member *member)
{
	while (member->parent != member) {
		member->parent = member->parent->parent;
		member = member->parent;
	}
	return member;
}

static void
join_groups(Member *a, Member *b)
{
	a = root_of(a);
	b = root_of(b);
	if (a->key <= b->key)
		b->parent = a;
	else
		a->parent = b;
}

/* No path has "//" in it: a day never gets the id of a photo. */
static guint64
photo_key(const Photo *photo, const GPtrArray *classes)
{
	g_autofree char *day = NULL;

	if (photo->day[0] == '\0')
		return photo->id;
	day = g_strdup_printf("%s//%s", (char *)classes->pdata[photo->label],
			      photo->day);
	return kw_record_id(day);
}

static int
compare_keys(gconstpointer a, gconstpointer b)
{
	const Member *x = *(Member *const *)a, *y = *(Member *const *)b;

	return x->key < y->key ? -1 : x->key > y->key;
}

static int
compare_digests(gconstpointer a, gconstpointer b)
{
	const Member *x = *(Member *const *)a, *y = *(Member *const *)b;
	int order = memcmp(x->photo->digest, y->photo->digest,
			   sizeof x->photo->digest);

	return order != 0 ? order : strcmp(x->photo->path, y->photo->path);
}

static void
join_equal_keys(GPtrArray *members)
{
	g_ptr_array_sort(members, compare_keys);
	for (guint i = 1; i < members->len; i++) {
		Member *a = members->pdata[i - 1], *b = members->pdata[i];

		if (a->key == b->key)
			join_groups(a, b);
	}
}

/* Of a run of equal pictures, those of one class join their first. */
static void
join_run(Member **run, guint n)
{
	for (guint i = 1; i < n; i++) {
		for (guint j = 0; j < i; j++) {
			if (run[i]->photo->label == run[j]->photo->label) {
				join_groups(run[i], run[j]);
				break;
			}
		}
	}
}

/* Is any picture of the run under another class than the first? */
static const Member *
find_other_class(Member **run, guint n)
{
	for (guint i = 1; i < n; i++)
		if (run[i]->photo->label != run[0]->photo->label)
			return run[i];
	return NULL;
}

static void
join_equal_pictures(GPtrArray *members, GPtrArray *warnings)
{
	g_autofree char *example = NULL;
	guint n_ambiguous = 0, n = 0;

	g_ptr_array_sort(members, compare_digests);
	for (guint first = 0; first < members->len; first += n) {
		Member **run = (Member **)members->pdata + first;
		const Member *other;

		for (n = 1; first + n < members->len &&
			    memcmp(run[n]->photo->digest, run[0]->photo->digest,
				   sizeof run[0]->photo->digest) == 0;)
			n++;
		join_run(run, n);
		other = find_other_class(run, n);
		if (other == NULL)
			continue;
		if (n_ambiguous++ == 0)
			example = g_strdup_printf("'%s' and '%s'",
						  run[0]->photo->file,
						  other->photo->file);
	}
	if (n_ambiguous > 0)
		g_ptr_array_add(
			warnings,
			g_strdup_printf(
				"pictures that occur under more than one "
				"class: %u, such as %s; remove the wrong ones",
				n_ambiguous, example));
}

void
group_photos(GPtrArray *photos, const GPtrArray *classes, GPtrArray *warnings)
{
	g_autofree Member *all = g_new(Member, photos->len);
	g_autoptr(GPtrArray) members = g_ptr_array_sized_new(photos->len);

	for (guint i = 0; i < photos->len; i++) {
		Photo *photo = photos->pdata[i];

		all[i] = (Member){ photo, photo_key(photo, classes), &all[i] };
		g_ptr_array_add(members, &all[i]);
	}
	join_equal_keys(members);
	join_equal_pictures(members, warnings);
	for (guint i = 0; i < photos->len; i++)
		all[i].photo->group = root_of(&all[i])->key;
}
