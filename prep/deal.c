#include "prep/deal.h"

/*
 * What has been dealt of one class.  excess[s] is 100 times the photos in split
 * s, less percent[s] times all photos of the class: what the split has too
 * much, in hundredths of a photo.
 */
typedef struct {
	gint64 excess[KW_N_SPLITS];
	guint n_groups[KW_N_SPLITS];
	gint64 n_photos;
	GPtrArray *groups; /* Group: those with photos of the class */
} ClassDeal;

typedef struct {
	const int *percent;
	ClassDeal *classes; /* by label */
	guint n_classes;
	guint n_wanted; /* splits with a share above zero */
} Deal;

static gboolean
is_mixed(const Group *group)
{
	return group->photos[0]->label != group->photos[group->n - 1]->label;
}

/* The number of photos from photos[k] on that are of its class. */
static guint
part_length(const Group *group, guint k)
{
	guint n = 1;

	while (k + n < group->n &&
	       group->photos[k + n]->label == group->photos[k]->label)
		n++;
	return n;
}

static int
compare_groups(const Group *x, const Group *y)
{
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->photos[0]->group < y->photos[0]->group ? -1 : 1;
}

static int
compare_keys(gconstpointer a, gconstpointer b)
{
	return compare_groups(*(Group *const *)a, *(Group *const *)b);
}

static int
compare_sizes(gconstpointer a, gconstpointer b)
{
	const Group *x = *(Group *const *)a, *y = *(Group *const *)b;

	return x->n != y->n ? (x->n > y->n ? -1 : 1) : compare_groups(x, y);
}

/* ---- putting groups into splits */

/* Add (sign 1) the group to its split, or take it away (-1). */
static void
account(Deal *deal, const Group *group, int sign)
{
	for (guint k = 0, n; k < group->n; k += n) {
		ClassDeal *class = &deal->classes[group->photos[k]->label];

		n = part_length(group, k);
		class->excess[group->split] += sign * 100 * (gint64)n;
		class->n_groups[group->split] += (guint)sign;
	}
}

static void
put(Deal *deal, Group *group, KwSplit split)
{
	group->split = split;
	account(deal, group, 1);
}

static void
move(Deal *deal, Group *group, KwSplit split)
{
	account(deal, group, -1);
	put(deal, group, split);
}

/* The wanted split that lacks most of a class. */
static KwSplit
neediest(const Deal *deal, const ClassDeal *class)
{
	KwSplit best = KW_N_SPLITS;

	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		if (deal->percent[s] > 0 &&
		    (best == KW_N_SPLITS ||
		     class->excess[s] < class->excess[best]))
			best = s;
	return best;
}

/* By how much a group of several classes spoils the shares in a split. */
static double
cost_of(const Deal *deal, const Group *group, KwSplit split)
{
	double cost = 0;

	for (guint k = 0, n; k < group->n; k += n) {
		const ClassDeal *class =
			&deal->classes[group->photos[k]->label];
		double before = (double)class->excess[split], after;

		n = part_length(group, k);
		after = before + 100.0 * n;
		cost += (after * after - before * before) /
			(double)class->n_photos;
	}
	return cost;
}

/* Groups of several classes first: they fit in fewest places. */
static void
deal_mixed(Deal *deal, GPtrArray *groups)
{
	g_ptr_array_sort(groups, compare_sizes);
	for (guint i = 0; i < groups->len; i++) {
		Group *group = groups->pdata[i];
		KwSplit best = KW_N_SPLITS;

		for (KwSplit s = 0; s < KW_N_SPLITS; s++)
			if (deal->percent[s] > 0 &&
			    (best == KW_N_SPLITS ||
			     cost_of(deal, group, s) <
				     cost_of(deal, group, best)))
				best = s;
		put(deal, group, best);
	}
}

/* ---- one class */

/* Would no class lose its last group in the split? */
static gboolean
can_be_spared(const Deal *deal, const Group *group)
{
	for (guint k = 0; k < group->n; k += part_length(group, k))
		if (deal->classes[group->photos[k]->label]
			    .n_groups[group->split] < 2)
			return FALSE;
	return !group->fixed;
}

/* Give each wanted split that got nothing the smallest group to spare. */
static void
fill_empty(Deal *deal, ClassDeal *class)
{
	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		Group *spare = NULL;

		if (deal->percent[s] == 0 || class->n_groups[s] > 0)
			continue;
		for (guint i = 0; i < class->groups->len; i++) {
			Group *group = class->groups->pdata[i];

			if (can_be_spared(deal, group) &&
			    (spare == NULL || group->n < spare->n))
				spare = group;
		}
		if (spare != NULL)
			move(deal, spare, s);
	}
}

/*
 * Move a group to the neediest split, or exchange it for a smaller one there,
 * if that brings the splits nearer to their shares.  Moving n photos changes
 * the sum of squared excesses by 200 n (100 n - gap).
 */
static gboolean
improve_by(Deal *deal, ClassDeal *class, GPtrArray *own, Group *group,
	   guint smallest[KW_N_SPLITS])
{
	KwSplit from = group->split, to = neediest(deal, class);
	gint64 gap = class->excess[from] - class->excess[to];

	if (gap <= 100) /* of one photo: nothing is nearer */
		return FALSE;
	if (gap > 100 * (gint64)group->n && class->n_groups[from] > 1) {
		move(deal, group, to);
		smallest[to] = MIN(smallest[to], group->n);
		return TRUE;
	}
	for (guint i = 0; smallest[to] < group->n && i < own->len; i++) {
		Group *other = own->pdata[i];

		if (other->split == to && other->n < group->n &&
		    gap > 100 * (gint64)(group->n - other->n)) {
			move(deal, group, to);
			move(deal, other, from);
			smallest[from] = MIN(smallest[from], other->n);
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * The size of the smallest group in each split, or less once groups have left:
 * often there is no smaller one to look for.
 */
static void
find_smallest(const GPtrArray *own, guint smallest[KW_N_SPLITS])
{
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		smallest[s] = G_MAXUINT;
	for (guint i = 0; i < own->len; i++) {
		const Group *group = own->pdata[i];

		smallest[group->split] = MIN(smallest[group->split], group->n);
	}
}

/* Each step lowers the sum of squares, so this ends. */
static void
improve(Deal *deal, ClassDeal *class, GPtrArray *own)
{
	guint smallest[KW_N_SPLITS];
	gboolean moved;

	do {
		moved = FALSE;
		find_smallest(own, smallest);
		for (guint i = 0; i < own->len; i++)
			moved |= improve_by(deal, class, own, own->pdata[i],
					    smallest);
	} while (moved);
}

/* Too few groups for all splits: the largest into train, the next after it. */
static void
deal_few(Deal *deal, ClassDeal *class, GPtrArray *own)
{
	guint next = 0;

	g_ptr_array_sort(own, compare_sizes);
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		if (deal->percent[s] > 0 && class->n_groups[s] == 0 &&
		    next < own->len)
			put(deal, own->pdata[next++], s);
	/* Where fixed groups took the splits of others. */
	while (next < own->len)
		put(deal, own->pdata[next++], neediest(deal, class));
}

static void
warn_of_empty(const Deal *deal, const ClassDeal *class, const char *name,
	      GPtrArray *warnings)
{
	g_autoptr(GString) empty = g_string_new(NULL);
	guint n = class->groups->len;

	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		if (deal->percent[s] > 0 && class->n_groups[s] == 0)
			g_string_append_printf(empty, "%s%s",
					       empty->len > 0 ? " and " : "",
					       kw_split_names[s]);
	if (empty->len == 0)
		return;
	g_ptr_array_add(
		warnings,
		n < deal->n_wanted
			? g_strdup_printf("class '%s' has only %u group%s of "
					  "photos: %s will have none of it",
					  name, n, n == 1 ? "" : "s",
					  empty->str)
			: g_strdup_printf("the groups of class '%s' whose "
					  "split is given leave none for %s",
					  name, empty->str));
}

/* Deal out the groups that have this class alone. */
static void
deal_class(Deal *deal, ClassDeal *class, const char *name, GPtrArray *warnings)
{
	g_autoptr(GPtrArray) own = g_ptr_array_new();

	for (guint i = 0; i < class->groups->len; i++) {
		Group *group = class->groups->pdata[i];

		if (!group->fixed && !is_mixed(group))
			g_ptr_array_add(own, group);
	}
	if (class->groups->len < deal->n_wanted) {
		deal_few(deal, class, own);
	} else {
		g_ptr_array_sort(own, compare_keys);
		for (guint i = 0; i < own->len; i++)
			put(deal, own->pdata[i], neediest(deal, class));
		fill_empty(deal, class);
		improve(deal, class, own);
	}
	warn_of_empty(deal, class, name, warnings);
}

/* ---- all of it */

/* Count the photos of each class, and put what is fixed where it is. */
static void
deal_begin(Deal *deal, GArray *groups, GPtrArray *mixed)
{
	for (guint i = 0; i < groups->len; i++) {
		Group *group = &g_array_index(groups, Group, i);

		for (guint k = 0, n; k < group->n; k += n) {
			ClassDeal *class =
				&deal->classes[group->photos[k]->label];

			n = part_length(group, k);
			class->n_photos += n;
			g_ptr_array_add(class->groups, group);
		}
		if (!group->fixed && is_mixed(group))
			g_ptr_array_add(mixed, group);
	}
	for (guint c = 0; c < deal->n_classes; c++)
		for (KwSplit s = 0; s < KW_N_SPLITS; s++)
			deal->classes[c].excess[s] =
				-deal->percent[s] * deal->classes[c].n_photos;
	for (guint i = 0; i < groups->len; i++) {
		Group *group = &g_array_index(groups, Group, i);

		if (group->fixed)
			put(deal, group, group->split);
	}
}

void
deal_out(GArray *groups, const GPtrArray *classes,
	 const int percent[KW_N_SPLITS], GPtrArray *warnings)
{
	g_autoptr(GPtrArray) mixed = g_ptr_array_new();
	g_autofree ClassDeal *class_deals = g_new0(ClassDeal, classes->len);
	Deal deal = { .percent = percent,
		      .classes = class_deals,
		      .n_classes = classes->len };

	for (int s = 0; s < KW_N_SPLITS; s++)
		deal.n_wanted += percent[s] > 0;
	for (guint c = 0; c < classes->len; c++)
		class_deals[c].groups = g_ptr_array_new();
	deal_begin(&deal, groups, mixed);
	deal_mixed(&deal, mixed);
	for (guint c = 0; c < classes->len; c++) {
		/* A class that --classes names may have no photo. */
		if (class_deals[c].n_photos > 0)
			deal_class(&deal, &class_deals[c], classes->pdata[c],
				   warnings);
		g_ptr_array_unref(class_deals[c].groups);
	}
}
