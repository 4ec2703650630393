#include "prep/split.h"

#include <string.h>

#include "kw/random.h"
#include "prep/deal.h"
#include "prep/photo.h"

static int
compare_members(gconstpointer a, gconstpointer b)
{
	const Photo *x = *(Photo *const *)a, *y = *(Photo *const *)b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return x->label - y->label;
}

/* ---- pins */

/* The split that most pinned photos of a group are in; none: KW_N_SPLITS. */
static KwSplit
pinned_split(const Group *group, gboolean *torn)
{
	guint counts[KW_N_SPLITS + 1] = { 0 };
	KwSplit best = KW_N_SPLITS;
	guint n_splits = 0;

	for (guint k = 0; k < group->n; k++)
		counts[group->photos[k]->pinned]++;
	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		n_splits += counts[s] > 0;
		if (counts[s] > 0 &&
		    (best == KW_N_SPLITS || counts[s] > counts[best]))
			best = s;
	}
	*torn = n_splits > 1;
	return best;
}

static void
fix_pinned(GArray *groups, GPtrArray *warnings)
{
	const Photo *example = NULL;
	guint n_torn = 0;

	for (guint i = 0; i < groups->len; i++) {
		Group *group = &g_array_index(groups, Group, i);
		gboolean torn;

		group->split = pinned_split(group, &torn);
		group->fixed = group->split != KW_N_SPLITS;
		if (torn && n_torn++ == 0)
			example = group->photos[0];
	}
	if (n_torn > 0)
		g_ptr_array_add(
			warnings,
			g_strdup_printf("groups of photos whose splits, given "
					"or kept from before, tear them apart: "
					"%u, such as that of '%s'",
					n_torn, example->file));
}

/* ---- all of it */

/* The photos as groups; they are sorted on the way. */
static GArray *
make_groups(GPtrArray *photos, guint64 seed)
{
	GArray *groups = g_array_new(FALSE, FALSE, sizeof(Group));
	Photo **all = (Photo **)photos->pdata;

	g_ptr_array_sort(photos, compare_members);
	for (guint i = 0; i < photos->len;) {
		KwRandomKey key = { .seed = seed,
				    .subject = all[i]->group,
				    .purpose = KW_PURPOSE_SPLIT };
		Group group = { .photos = all + i,
				.key = kw_random_u64(&key, 0) };

		for (;
		     i < photos->len && all[i]->group == group.photos[0]->group;
		     i++)
			group.n++;
		g_array_append_val(groups, group);
	}
	return groups;
}

void
split_photos(GPtrArray *photos, const GPtrArray *classes,
	     const int percent[KW_N_SPLITS], guint64 seed, GPtrArray *warnings)
{
	g_autoptr(GArray) groups = make_groups(photos, seed);

	fix_pinned(groups, warnings);
	deal_out(groups, classes, percent, warnings);
	for (guint i = 0; i < groups->len; i++) {
		const Group *group = &g_array_index(groups, Group, i);

		for (guint k = 0; k < group->n; k++) {
			Photo *photo = group->photos[k];

			photo->split = photo->pinned != KW_N_SPLITS
					       ? photo->pinned
					       : group->split;
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
