/*
 * Records: what is known of each image of a dataset besides its pixels, and
 * how a photo gets its id and its name.
 */
#ifndef KW_RECORD_H
#define KW_RECORD_H

#include <glib.h>

/*
 * A block of n records, one array a field, as they lie in the file
 * (kw-dataset(5)).
 */
typedef struct {
	gsize n;
	gint32 *labels;      /* n: index in the class names */
	guint64 *record_ids; /* n: id of the original photo */
	guint64 *group_ids;  /* n: leakage group */
	gint32 *copies;      /* n: 0 the original, k its k-th augmented copy */
	guint32 *checksums;  /* n: kw_checksum() of the pixels */
	char **sources;      /* n strings, UTF-8: kw_source_name() */
	gsize n_columns;     /* p, 0 when not augmented */
	float *transforms;   /* n x p; NULL when p is 0 */
} KwRecords;

/* n records of zeros, empty sources NULL, p transform columns. */
KwRecords *kw_records_new(gsize n, gsize n_columns);
void kw_records_free(KwRecords *records);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KwRecords, kw_records_free)

/* Copy record `from` of src, its source string included, to `to` of dst. */
void kw_records_copy(KwRecords *dst, gsize to, const KwRecords *src,
		     gsize from);

/*
 * The id of a photo: the first 8 bytes, little-endian, of the SHA-256 of its
 * path relative to the input folder ('/'-separated, raw bytes, without a split
 * folder).
 */
guint64 kw_record_id(const char *path);

/*
 * The same path as valid UTF-8: bytes that are not part of it become %XX, and
 * '%' becomes %25.  Free it.
 */
char *kw_source_name(const char *path);

/* CRC-32, the one of zlib and PNG, of n bytes; any thread. */
guint32 kw_checksum(const guint8 *bytes, gsize n);

#endif
