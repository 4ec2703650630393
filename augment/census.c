#include "augment/census.h"

#include <string.h>

#include "kw/app.h"

enum { BATCH_RECORDS = 4096 };

/* The first 8 bytes of a digest as a little-endian number. */
static guint64
digest_number(GChecksum *checksum)
{
	guint8 digest[32];
	gsize size = sizeof digest;
	guint64 number;

	g_checksum_get_digest(checksum, digest, &size);
	memcpy(&number, digest, sizeof number);
	return GUINT64_FROM_LE(number);
}

static void
digest_add(GChecksum *checksum, guint64 number)
{
	number = GUINT64_TO_LE(number);
	g_checksum_update(checksum, (const guchar *)&number, sizeof number);
}

static gboolean
count_split(AugmentCensus *census, KwDataset *dataset, KwSplit split,
	    GChecksum *content, GError **error)
{
	const gsize n = census->splits[split];

	digest_add(content, n);
	for (gsize done = 0, m; done < n; done += m) {
		g_autoptr(KwRecords) records = NULL;

		m = MIN(BATCH_RECORDS, n - done);
		if (!kw_check_interrupted(error))
			return FALSE;
		records =
			kw_dataset_read_records(dataset, split, done, m, error);
		if (records == NULL)
			return FALSE;
		for (gsize i = 0; i < m; i++) {
			if (records->copies[i] == 0)
				census->classes[records->labels[i]][split]++;
			if (split == KW_TRAIN)
				census->records[records->labels[i]]++;
			digest_add(content, records->record_ids[i]);
			digest_add(content, records->group_ids[i]);
			digest_add(content, (guint64)records->labels[i]);
			digest_add(content, records->checksums[i]);
		}
	}
	return TRUE;
}

AugmentCensus *
augment_census_take(KwDataset *dataset, GError **error)
{
	g_autoptr(GChecksum) content = g_checksum_new(G_CHECKSUM_SHA256);
	g_autoptr(AugmentCensus) census = g_new0(AugmentCensus, 1);
	const KwDatasetInfo *info = kw_dataset_info(dataset);

	census->n_classes = g_strv_length(info->class_names);
	census->classes =
		g_malloc0_n(census->n_classes, sizeof *census->classes);
	census->records = g_new0(gsize, census->n_classes);
	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		census->splits[s] = kw_dataset_count(dataset, s);
		if (!count_split(census, dataset, s, content, error))
			return NULL;
	}
	census->content = digest_number(content);
	return g_steal_pointer(&census);
}

void
augment_census_free(AugmentCensus *census)
{
	if (census == NULL)
		return;
	g_free(census->classes);
	g_free(census->records);
	g_free(census);
}

guint64
augment_census_set_id(const AugmentCensus *census, const char *words)
{
	g_autoptr(GChecksum) set = g_checksum_new(G_CHECKSUM_SHA256);

	digest_add(set, census->content);
	g_checksum_update(set, (const guchar *)words, -1);
	return MAX(digest_number(set), 1);
}
