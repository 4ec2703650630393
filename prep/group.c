#include "prep/group.h"

#include <stdlib.h>

#include "kw/record.h"
#include "prep/photo.h"

const char *const group_mode_names[] = { "auto",   "day",  "burst",
					 "folder", "none", NULL };

typedef struct {
	guint64 key;
	guint index;
} Keyed;

/* No path has "//" in it: a day or a folder never gets the id of a photo. */
static guint64
photo_key(const Photo *photo, const char *class_name, GroupMode mode)
{
	g_autofree char *text = NULL;

	if (photo->given_group != 0)
		return photo->given_group;
	if ((mode == GROUP_AUTO || mode == GROUP_DAY) &&
	    photo->day[0] != '\0') {
		text = g_strdup_printf("%s//%s", class_name, photo->day);
	} else if (mode == GROUP_FOLDER) {
		g_autofree char *folder = g_path_get_dirname(photo->path);

		text = g_strconcat(folder, "//", NULL);
	} else {
		return photo->id;
	}
	return kw_record_id(text);
}

static int
compare_keys(const void *a, const void *b)
{
	const Keyed *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

static void
join_equal_keys(Keyed *keyed, guint n, Sets *sets)
{
	qsort(keyed, n, sizeof *keyed, compare_keys);
	for (guint i = 1; i < n; i++)
		if (keyed[i - 1].key == keyed[i].key)
			sets_join(sets, keyed[i - 1].index, keyed[i].index);
}

/* From the smallest key on, the first of a set that comes gives it its id. */
static void
name_groups(GPtrArray *photos, const Keyed *sorted, Sets *sets)
{
	g_autofree gboolean *named = g_new0(gboolean, photos->len);
	g_autofree guint64 *ids = g_new(guint64, photos->len);

	for (guint i = 0; i < photos->len; i++) {
		guint root = sets_find(sets, sorted[i].index);
		Photo *photo = photos->pdata[sorted[i].index];

		if (!named[root]) {
			named[root] = TRUE;
			ids[root] = sorted[i].key;
		}
		photo->group = ids[root];
	}
}

void
group_photos(GPtrArray *photos, const GPtrArray *classes, GroupMode mode,
	     gint64 gap, const Duplicates *duplicates, BurstCount *bursts)
{
	g_autoptr(Sets) sets = sets_new(photos->len);
	g_autofree Keyed *keyed = g_new(Keyed, photos->len);

	for (guint i = 0; i < photos->len; i++) {
		const Photo *photo = photos->pdata[i];
		const char *class_name = classes->pdata[photo->label];

		keyed[i] = (Keyed){ photo_key(photo, class_name, mode), i };
	}
	join_equal_keys(keyed, photos->len, sets);
	*bursts = (BurstCount){ 0 };
	if (mode == GROUP_AUTO || mode == GROUP_BURST)
		burst_join(photos, gap, sets, bursts);
	for (guint i = 0; i < photos->len; i++)
		sets_join(sets, i, duplicates->original[i]);
	name_groups(photos, keyed, sets);
}
