#include "kw/record.h"

#include <libdeflate.h>
#include <string.h>

KwRecords *
kw_records_new(gsize n, gsize n_columns)
{
	KwRecords *records = g_new0(KwRecords, 1);

	records->n = n;
	records->labels = g_new0(gint32, n);
	records->record_ids = g_new0(guint64, n);
	records->group_ids = g_new0(guint64, n);
	records->copies = g_new0(gint32, n);
	records->checksums = g_new0(guint32, n);
	records->sources = g_new0(char *, n);
	records->n_columns = n_columns;
	if (n_columns != 0)
		records->transforms = g_malloc0_n(n, n_columns * sizeof(float));
	return records;
}

void
kw_records_free(KwRecords *records)
{
	if (records == NULL)
		return;
	for (gsize i = 0; i < records->n; i++)
		g_free(records->sources[i]);
	g_free(records->labels);
	g_free(records->record_ids);
	g_free(records->group_ids);
	g_free(records->copies);
	g_free(records->checksums);
	g_free(records->sources);
	g_free(records->transforms);
	g_free(records);
}

void
kw_records_copy(KwRecords *dst, gsize to, const KwRecords *src, gsize from)
{
	gsize p = MIN(dst->n_columns, src->n_columns);

	dst->labels[to] = src->labels[from];
	dst->record_ids[to] = src->record_ids[from];
	dst->group_ids[to] = src->group_ids[from];
	dst->copies[to] = src->copies[from];
	dst->checksums[to] = src->checksums[from];
	g_free(dst->sources[to]);
	dst->sources[to] = g_strdup(src->sources[from]);
	if (p != 0)
		memcpy(dst->transforms + to * dst->n_columns,
		       src->transforms + from * src->n_columns,
		       p * sizeof *dst->transforms);
}

guint64
kw_record_id(const char *path)
{
	g_autoptr(GChecksum) sha256 = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 digest[32];
	gsize size = sizeof digest;
	guint64 id;

	g_checksum_update(sha256, (const guchar *)path, (gssize)strlen(path));
	g_checksum_get_digest(sha256, digest, &size);
	memcpy(&id, digest, sizeof id);
	return GUINT64_FROM_LE(id);
}

char *
kw_source_name(const char *path)
{
	GString *name = g_string_new(NULL);
	const char *end = path + strlen(path);

	while (path < end) {
		gunichar c = g_utf8_get_char_validated(path, end - path);

		if (c == '%' || c == (gunichar)-1 || c == (gunichar)-2) {
			g_string_append_printf(name, "%%%02X", (guchar)*path++);
		} else {
			g_string_append_unichar(name, c);
			path = g_utf8_next_char(path);
		}
	}
	return g_string_free(name, FALSE);
}

guint32
kw_checksum(const guint8 *bytes, gsize n)
{
	return libdeflate_crc32(0, bytes, n);
}
