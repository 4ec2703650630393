#include "prep/split.h"

#include <string.h>

#include "kw/random.h"
#include "prep/photo.h"

/* The photos of one group of one class: photos[0..n-1] of a sorted array. */
typedef struct {
	Photo **photos;
	guint n;
	guint64 key; /* random: the order in which groups are dealt out */
	KwSplit split;
} Group;

/*
 * How the groups of one class are dealt out.  excess[s] is 100 times the
 * photos in split s, less percent[s] times all photos of the class: what the
 * split has too much, in hundredths of a photo.
 */
typedef struct {
	const int *percent;
	gint64 excess[KW_N_SPLITS];
	guint n_groups[KW_N_SPLITS];
} Deal;

static int
compare_members(gconstpointer a, gconstpointer b)
{
	const Photo *x = *(Photo *const *)a, *y = *(Photo *const *)b;

	if (x->label != y->label)
		return x->label - y->label;
	return x->group < y->group ? -1 : x->group > y->group;
}

static int
compare_groups(gconstpointer a, gconstpointer b)
{
	const Group *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->photos[0]->group < y->photos[0]->group ? -1 : 1;
}

static int
compare_sizes(gconstpointer a, gconstpointer b)
{
	const Group *x = a, *y = b;

	return x->n != y->n ? (x->n > y->n ? -1 : 1) : compare_groups(a, b);
}

/* ---- dealing out the groups of a class */

static void
put(Deal *deal, Group *group, KwSplit split)
{
	group->split = split;
	deal->excess[split] += 100 * (gint64)group->n;
	deal->n_groups[split]++;
}

static void
move(Deal *deal, Group *group, KwSplit split)
{
	deal->excess[group->split] -= 100 * (gint64)group->n;
	deal->n_groups[group->split]--;
	put(deal, group, split);
}

/* The wanted split that lacks most. */
static KwSplit
neediest(const Deal *deal)
{
	KwSplit best = KW_N_SPLITS;

	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		if (deal->percent[s] > 0 &&
		    (best == KW_N_SPLITS ||
		     deal->excess[s] < deal->excess[best]))
			best = s;
	return best;
}

/* Give each wanted split that got nothing the smallest group to spare. */
static void
fill_empty(Deal *deal, GArray *groups)
{
	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		Group *spare = NULL;

		if (deal->percent[s] == 0 || deal->n_groups[s] > 0)
			continue;
		for (guint i = 0; i < groups->len; i++) {
			Group *group = &g_array_index(groups, Group, i);

			if (deal->n_groups[group->split] > 1 &&
			    (spare == NULL || group->n < spare->n))
				spare = group;
		}
		move(deal, spare, s);
	}
}

/*
 * Move a group to the neediest split, or exchange it for a smaller one there,
 * if that brings the splits nearer to their shares.  Moving n photos changes
 * the sum of squared excesses by 200 n (100 n - gap).
 */
static gboolean
improve_by(Deal *deal, GArray *groups, Group *group)
{
	KwSplit from = group->split, to = neediest(deal);
	gint64 gap = deal->excess[from] - deal->excess[to];

	if (gap <= 100) /* of one photo: nothing is nearer */
		return FALSE;
	if (gap > 100 * (gint64)group->n && deal->n_groups[from] > 1) {
		move(deal, group, to);
		return TRUE;
	}
	for (guint i = 0; i < groups->len; i++) {
		Group *other = &g_array_index(groups, Group, i);

		if (other->split == to && other->n < group->n &&
		    gap > 100 * (gint64)(group->n - other->n)) {
			move(deal, group, to);
			move(deal, other, from);
			return TRUE;
		}
	}
	return FALSE;
}

/* Each step lowers the sum of squares, so this ends. */
static void
improve(Deal *deal, GArray *groups)
{
	gboolean moved;

	do {
		moved = FALSE;
		for (guint i = 0; i < groups->len; i++)
			moved |= improve_by(deal, groups,
					    &g_array_index(groups, Group, i));
	} while (moved);
}

/* Too few groups for all splits: the largest into train, the next after it. */
static void
deal_few(Deal *deal, GArray *groups, const char *name, GPtrArray *warnings)
{
	g_autoptr(GString) empty = g_string_new(NULL);
	guint next = 0;

	g_array_sort(groups, compare_sizes);
	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		if (deal->percent[s] == 0)
			continue;
		if (next < groups->len)
			put(deal, &g_array_index(groups, Group, next++), s);
		else
			g_string_append_printf(empty, "%s%s",
					       empty->len > 0 ? " and " : "",
					       kw_split_names[s]);
	}
	g_ptr_array_add(warnings,
			g_strdup_printf("class '%s' has only %u group%s of "
					"photos: %s will have none of it",
					name, groups->len,
					groups->len == 1 ? "" : "s",
					empty->str));
}

static void
deal_class(GArray *groups, const int percent[KW_N_SPLITS], const char *name,
	   GPtrArray *warnings)
{
	Deal deal = { .percent = percent };
	gint64 n_photos = 0;
	guint n_wanted = 0;

	for (guint i = 0; i < groups->len; i++)
		n_photos += g_array_index(groups, Group, i).n;
	for (int s = 0; s < KW_N_SPLITS; s++) {
		deal.excess[s] = -percent[s] * n_photos;
		n_wanted += percent[s] > 0;
	}
	if (groups->len < n_wanted) {
		deal_few(&deal, groups, name, warnings);
	} else {
		g_array_sort(groups, compare_groups);
		for (guint i = 0; i < groups->len; i++)
			put(&deal, &g_array_index(groups, Group, i),
			    neediest(&deal));
		fill_empty(&deal, groups);
		improve(&deal, groups);
	}
	for (guint i = 0; i < groups->len; i++) {
		const Group *group = &g_array_index(groups, Group, i);

		for (guint k = 0; k < group->n; k++)
			group->photos[k]->split = group->split;
	}
}

void
split_photos(GPtrArray *photos, const GPtrArray *classes,
	     const int percent[KW_N_SPLITS], guint64 seed, GPtrArray *warnings)
{
	g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(Group));
	Photo **all = (Photo **)photos->pdata;

	g_ptr_array_sort(photos, compare_members);
	for (guint i = 0; i < photos->len;) {
		Photo *first = all[i];
		KwRandomKey key = { .seed = seed,
				    .subject = first->group,
				    .purpose = KW_PURPOSE_SPLIT };
		Group group = { .photos = all + i,
				.key = kw_random_u64(&key, 0) };

		while (i < photos->len && all[i]->label == first->label &&
		       all[i]->group == first->group) {
			group.n++;
			i++;
		}
		g_array_append_val(groups, group);
		if (i == photos->len || all[i]->label != first->label) {
			deal_class(groups, percent,
				   classes->pdata[first->label], warnings);
			g_array_set_size(groups, 0);
		}
	}
}

/* ---- order */

typedef struct {
	Photo *photo;
	guint64 key;
} Keyed;

static int
compare_order(const void *a, const void *b)
{
	const Keyed *x = a, *y = b;

	if (x->photo->split != y->photo->split)
		return (int)x->photo->split - (int)y->photo->split;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->photo->id != y->photo->id)
		return x->photo->id < y->photo->id ? -1 : 1;
	return strcmp(x->photo->file, y->photo->file);
}

void
split_order(GPtrArray *photos, guint64 seed)
{
	g_autofree Keyed *keyed = g_new(Keyed, photos->len);

	for (guint i = 0; i < photos->len; i++) {
		Photo *photo = photos->pdata[i];
		KwRandomKey key = { .seed = seed,
				    .subject = photo->id,
				    .purpose = KW_PURPOSE_ORDER };

		keyed[i] = (Keyed){ photo, kw_random_u64(&key, 0) };
	}
	qsort(keyed, photos->len, sizeof *keyed, compare_order);
	for (guint i = 0; i < photos->len; i++)
		photos->pdata[i] = keyed[i].photo;
}
