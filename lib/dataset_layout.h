/*
 * Names and types in a kw dataset file: what the reader and the writer agree
 * on.  kw-dataset(5) tells the same to others.
 */
#ifndef KW_DATASET_LAYOUT_H
#define KW_DATASET_LAYOUT_H

#include "kw/dataset.h"
#include "lib/h5.h"

#define KW_DATASET_FORMAT "kw-dataset"
enum { KW_DATASET_VERSION = 1 };

/* The datasets of a split group, in the order in which they are created. */
typedef enum {
	FIELD_LABELS,
	FIELD_SOURCES,
	FIELD_RECORD_IDS,
	FIELD_GROUP_IDS,
	FIELD_COPIES,
	FIELD_TRANSFORMS, /* augmented sets only */
	FIELD_CHECKSUMS,
	FIELD_IMAGES,
	N_FIELDS,
} KwField;

extern const char *const kw_field_names[N_FIELDS];

/*
 * The shape of a field of `count` records: its axes (1 for columns of numbers
 * or strings, 2 for transforms, 4 for images) and their lengths.
 */
int kw_field_shape(KwField field, const KwDatasetInfo *info, gsize count,
		   hsize_t dims[4]);

/* Does a dataset of this kind have the field?  All but transforms always. */
gboolean kw_field_exists(KwField field, const KwDatasetInfo *info);

/*
 * Type in the file and in memory; close both.  FIELD_SOURCES has strings of
 * `source_length` bytes, the others ignore it.
 */
hid_t kw_field_file_type(KwField field, gsize source_length);
hid_t kw_field_memory_type(KwField field, gsize source_length);

/* Write the attributes of a field's dataset: the columns of transforms. */
gboolean kw_field_describe(KwField field, hid_t dataset,
			   const KwDatasetInfo *info);

/* Where values of records begin, from `row` on; NULL: images and sources. */
void *kw_field_values(const KwRecords *records, KwField field, gsize row);

/*
 * Root attributes.  Reading checks format, version and every value; what is
 * not in them, columns, stays NULL.
 */
gboolean kw_dataset_read_info(hid_t file, const char *name, KwDatasetInfo *info,
			      GError **error);
gboolean kw_dataset_write_info(hid_t file, const KwDatasetInfo *info);

/* Set KW_ERROR_FORMAT, "'NAME' is not a sound kw dataset: ...".  FALSE. */
gboolean kw_dataset_fail(GError **error, const char *name, const char *format,
			 ...) G_GNUC_PRINTF(3, 4);

#endif
