#include "prep/write.h"

#include <string.h>

#include "kw/alloc.h"
#include "kw/app.h"
#include "kw/record.h"
#include "prep/photo.h"

/* Pixels in memory while the dataset is written. */
enum { WRITE_BYTES = 32 << 20 };

/* Append photos first..first+n-1, which are of one split. */
static gboolean
append(KwDatasetWriter *writer, const GPtrArray *photos, guint first, guint n,
       const Spool *spool, guint8 *pixels, GError **error)
{
	g_autoptr(KwRecords) records = kw_records_new(n, 0);
	gsize size = spool_slot_size(spool);
	KwSplit split = ((Photo *)photos->pdata[first])->split;

	if (!kw_check_interrupted(error))
		return FALSE;
	for (guint i = 0; i < n; i++) {
		const Photo *photo = photos->pdata[first + i];

		records->labels[i] = photo->label;
		records->record_ids[i] = photo->id;
		records->group_ids[i] = photo->group;
		records->checksums[i] = photo->checksum;
		records->sources[i] = kw_source_name(photo->path);
		if (!spool_read(spool, photo->slot, pixels + i * size, error))
			return FALSE;
	}
	return kw_dataset_append(writer, split, records, pixels, error);
}

gboolean
write_dataset(KwOutfile *out, const KwDatasetInfo *info,
	      const GPtrArray *photos, const Spool *spool, GError **error)
{
	gsize counts[KW_N_SPLITS] = { 0 }, length = 0, first = 0;
	gsize batch = MAX(WRITE_BYTES / spool_slot_size(spool), 1);
	g_autoptr(KwDatasetWriter) writer = NULL;
	g_autofree guint8 *pixels = kw_alloc(batch, spool_slot_size(spool),
					     "the pixels of a batch", error);

	if (pixels == NULL)
		return FALSE;
	for (guint i = 0; i < photos->len; i++) {
		const Photo *photo = photos->pdata[i];
		g_autofree char *source = kw_source_name(photo->path);

		counts[photo->split]++;
		length = MAX(length, strlen(source));
	}
	writer = kw_dataset_create(out, info, counts, length, error);
	if (writer == NULL)
		return FALSE;
	for (int s = 0; s < KW_N_SPLITS; s++) {
		for (gsize done = 0, n; done < counts[s]; done += n) {
			n = MIN(batch, counts[s] - done);
			if (!append(writer, photos, (guint)(first + done),
				    (guint)n, spool, pixels, error))
				return FALSE;
		}
		first += counts[s];
	}
	return kw_dataset_finish(writer, error);
}
