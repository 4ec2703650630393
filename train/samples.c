#include "train/samples.h"

#include <stdlib.h>
#include <string.h>

#include "kw/random.h"

Samples *
samples_read(KwDataset *dataset, KwSplit split, GError **error)
{
	enum { BLOCK = 1 << 16 }; /* the names are read too, and let go */
	g_autoptr(Samples) samples = g_new0(Samples, 1);
	const gsize n = kw_dataset_count(dataset, split);

	samples->dataset = dataset;
	samples->split = split;
	samples->n = n;
	samples->rows = g_new(gsize, n);
	samples->labels = g_new(gint32, n);
	samples->record_ids = g_new(guint64, n);
	samples->group_ids = g_new(guint64, n);
	samples->copies = g_new(gint32, n);
	for (gsize i = 0; i < n; i++)
		samples->rows[i] = i;
	for (gsize first = 0; first < n; first += BLOCK) {
		const gsize part = MIN(BLOCK, n - first);
		g_autoptr(KwRecords) records = kw_dataset_read_records(
			dataset, split, first, part, error);

		if (records == NULL)
			return NULL;
		memcpy(samples->labels + first, records->labels,
		       part * sizeof *samples->labels);
		memcpy(samples->record_ids + first, records->record_ids,
		       part * sizeof *samples->record_ids);
		memcpy(samples->group_ids + first, records->group_ids,
		       part * sizeof *samples->group_ids);
		memcpy(samples->copies + first, records->copies,
		       part * sizeof *samples->copies);
	}
	return g_steal_pointer(&samples);
}

void
samples_free(Samples *samples)
{
	if (samples == NULL)
		return;
	g_free(samples->rows);
	g_free(samples->labels);
	g_free(samples->record_ids);
	g_free(samples->group_ids);
	g_free(samples->copies);
	g_free(samples);
}

gsize
samples_drop_copies(Samples *samples)
{
	const gsize n = samples->n;
	gsize kept = 0;

	for (gsize i = 0; i < n; i++) {
		if (samples->copies[i] != 0)
			continue;
		samples->rows[kept] = samples->rows[i];
		samples->labels[kept] = samples->labels[i];
		samples->record_ids[kept] = samples->record_ids[i];
		samples->group_ids[kept] = samples->group_ids[i];
		samples->copies[kept++] = 0;
	}
	samples->n = kept;
	return n - kept;
}

gsize *
samples_file_order(const Samples *samples)
{
	gsize *order = g_new(gsize, samples->n);

	for (gsize i = 0; i < samples->n; i++)
		order[i] = i;
	return order;
}

typedef struct {
	guint64 key;
	gint32 copy;
	gsize index;
} Keyed;

static int
compare_keyed(const void *a, const void *b)
{
	const Keyed *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	/* The keys of copies 65536 apart are the same. */
	if (x->copy != y->copy)
		return x->copy < y->copy ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

gsize *
samples_shuffled_order(const Samples *samples, guint64 seed, int epoch)
{
	g_autofree Keyed *keyed = g_new(Keyed, samples->n);
	gsize *order = g_new(gsize, samples->n);

	for (gsize i = 0; i < samples->n; i++) {
		const KwRandomKey key = { .seed = seed,
					  .subject = samples->record_ids[i],
					  .round = (guint32)epoch,
					  .purpose = KW_PURPOSE_SHUFFLE };

		keyed[i].key = kw_random_u64(&key, (guint16)samples->copies[i]);
		keyed[i].copy = samples->copies[i];
		keyed[i].index = i;
	}
	if (samples->n > 0)
		qsort(keyed, samples->n, sizeof *keyed, compare_keyed);
	for (gsize i = 0; i < samples->n; i++)
		order[i] = keyed[i].index;
	return order;
}

gsize *
samples_count_labels(const Samples *samples, int classes)
{
	gsize *counts = g_new0(gsize, classes);

	for (gsize i = 0; i < samples->n; i++)
		counts[samples->labels[i]]++;
	return counts;
}
