#include "prep/known.h"

#include "kw/app.h"
#include "kw/dataset.h"
#include "prep/photo.h"

/* An id of an earlier dataset, and its split. */
typedef struct {
	guint64 id;
	KwSplit split;
} Entry;

struct Known {
	GHashTable *photos, *groups; /* of Entry, by id */
	char digest[17];
};

/* The first split counts: a dataset may have an id in several. */
static void
note(GHashTable *table, guint64 id, KwSplit split)
{
	Entry *entry;

	if (g_hash_table_contains(table, &id))
		return;
	entry = g_new(Entry, 1);
	*entry = (Entry){ id, split };
	g_hash_table_add(table, entry);
}

static gboolean
read_split(Known *known, KwDataset *dataset, KwSplit split, GChecksum *sum,
	   GError **error)
{
	enum { BATCH = 65536 };
	gsize count = kw_dataset_count(dataset, split);

	for (gsize first = 0; first < count; first += BATCH) {
		g_autoptr(KwRecords) records = NULL;
		guint8 tag = (guint8)split;

		if (!kw_check_interrupted(error))
			return FALSE;
		records = kw_dataset_read_records(dataset, split, first,
						  MIN(BATCH, count - first),
						  error);
		if (records == NULL)
			return FALSE;
		for (gsize k = 0; k < records->n; k++) {
			guint64 id = GUINT64_TO_LE(records->record_ids[k]);

			note(known->photos, records->record_ids[k], split);
			note(known->groups, records->group_ids[k], split);
			g_checksum_update(sum, (const guchar *)&id, sizeof id);
			g_checksum_update(sum, &tag, 1);
		}
	}
	return TRUE;
}

Known *
known_new(const char *path, GError **error)
{
	g_autoptr(KwDataset) dataset = kw_dataset_open(path, error);
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autoptr(Known) known = g_new0(Known, 1);

	known->photos = g_hash_table_new_full(g_int64_hash, g_int64_equal,
					      g_free, NULL);
	known->groups = g_hash_table_new_full(g_int64_hash, g_int64_equal,
					      g_free, NULL);
	if (dataset == NULL)
		return NULL;
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		if (!read_split(known, dataset, s, sum, error))
			return NULL;
	g_strlcpy(known->digest, g_checksum_get_string(sum),
		  sizeof known->digest);
	return g_steal_pointer(&known);
}

void
known_free(Known *known)
{
	if (known == NULL)
		return;
	g_hash_table_unref(known->photos);
	g_hash_table_unref(known->groups);
	g_free(known);
}

void
known_count(const Known *known, const GPtrArray *photos, gsize *here,
	    gsize *gone)
{
	g_autoptr(GHashTable) met =
		g_hash_table_new(g_int64_hash, g_int64_equal);

	for (guint i = 0; i < photos->len; i++) {
		Photo *photo = photos->pdata[i];

		if (g_hash_table_contains(known->photos, &photo->id))
			g_hash_table_add(met, &photo->id);
	}
	*here = g_hash_table_size(met);
	*gone = g_hash_table_size(known->photos) - *here;
}

static void
pin(GHashTable *table, guint64 id, Photo *photo)
{
	const Entry *entry = g_hash_table_lookup(table, &id);

	if (entry != NULL && photo->pinned == KW_N_SPLITS)
		photo->pinned = entry->split;
}

void
known_pin_photos(const Known *known, const GPtrArray *photos)
{
	for (guint i = 0; i < photos->len; i++) {
		Photo *photo = photos->pdata[i];

		pin(known->photos, photo->id, photo);
	}
}

void
known_pin_groups(const Known *known, const GPtrArray *photos)
{
	for (guint i = 0; i < photos->len; i++) {
		Photo *photo = photos->pdata[i];

		pin(known->groups, photo->group, photo);
	}
}

const char *
known_digest(const Known *known)
{
	return known->digest;
}
