#include "prep/sets.h"

struct Sets {
	guint *parent; /* n: towards the one that stands for the set */
	guint *size;   /* n: members below, where it stands for a set */
};

Sets *
sets_new(guint n)
{
	Sets *sets = g_new(Sets, 1);

	sets->parent = g_new(guint, n);
	sets->size = g_new(guint, n);
	for (guint i = 0; i < n; i++) {
		sets->parent[i] = i;
		sets->size[i] = 1;
	}
	return sets;
}

void
sets_free(Sets *sets)
{
	g_free(sets->parent);
	g_free(sets->size);
	g_free(sets);
}

guint
sets_find(Sets *sets, guint i)
{
	guint *parent = sets->parent;

	while (parent[i] != i) {
		parent[i] = parent[parent[i]];
		i = parent[i];
	}
	return i;
}

void
sets_join(Sets *sets, guint a, guint b)
{
	guint large = sets_find(sets, a), small = sets_find(sets, b);

	if (large == small)
		return;
	if (sets->size[large] < sets->size[small]) {
		guint other = large;

		large = small;
		small = other;
	}
	sets->parent[small] = large;
	sets->size[large] += sets->size[small];
}
