#include "prep/leakage.h"

#include <string.h>

#include "prep/photo.h"

static int
compare_groups(gconstpointer a, gconstpointer b)
{
	const Photo *x = *(Photo *const *)a, *y = *(Photo *const *)b;

	return x->group < y->group ? -1 : x->group > y->group;
}

static int
compare_digests(gconstpointer a, gconstpointer b)
{
	const Photo *x = *(Photo *const *)a, *y = *(Photo *const *)b;

	return memcmp(x->digest, y->digest, sizeof x->digest);
}

/* How many runs of photos that `compare` calls equal are in two splits? */
static gsize
count_shared(const GPtrArray *photos, GCompareFunc compare)
{
	g_autoptr(GPtrArray) sorted = g_ptr_array_new();
	gboolean counted = FALSE;
	gsize count = 0;

	for (guint i = 0; i < photos->len; i++)
		g_ptr_array_add(sorted, photos->pdata[i]);
	g_ptr_array_sort(sorted, compare);
	for (guint i = 1, first = 0; i < sorted->len; i++) {
		const Photo *a = sorted->pdata[first], *b = sorted->pdata[i];

		if (compare(&a, &b) != 0) {
			first = i;
			counted = FALSE;
		} else if (a->split != b->split && !counted) {
			counted = TRUE;
			count++;
		}
	}
	return count;
}

Leakage
leakage_check(const GPtrArray *photos)
{
	return (Leakage){ .groups = count_shared(photos, compare_groups),
			  .duplicates = count_shared(photos, compare_digests) };
}
