#include <string.h>

#include "kw/error.h"
#include "lib/dataset_layout.h"

/* One split of the file: a dataset a field (negative: not there). */
typedef struct {
	hid_t fields[N_FIELDS];
	gsize count, written; /* records */
} SplitWriter;

struct KwDatasetWriter {
	char *name; /* for messages */
	hid_t file;
	gsize source_length;
	SplitWriter splits[KW_N_SPLITS];
};

static gboolean
fail_write(const KwDatasetWriter *writer, GError **error)
{
	return kw_h5_fail(error, KW_ERROR_IO, "cannot write '%s'",
			  writer->name);
}

static gboolean
create_field(SplitWriter *split, hid_t group, KwField field,
	     const KwDatasetInfo *info, gsize source_length)
{
	g_auto(KwHid) type = kw_field_file_type(field, source_length);
	hsize_t dims[4];
	int rank = kw_field_shape(field, info, split->count, dims);
	hid_t dataset = kw_h5_create_dataset(group, kw_field_names[field], type,
					     rank, dims);

	split->fields[field] = dataset;
	return dataset >= 0 && kw_field_describe(field, dataset, info);
}

static gboolean
create_split(KwDatasetWriter *writer, KwSplit s, const KwDatasetInfo *info)
{
	g_auto(KwHid) group =
		kw_h5_create_group(writer->file, kw_split_names[s]);

	if (group < 0)
		return FALSE;
	for (KwField field = 0; field < N_FIELDS; field++)
		if (kw_field_exists(field, info) &&
		    !create_field(&writer->splits[s], group, field, info,
				  writer->source_length))
			return FALSE;
	return TRUE;
}

KwDatasetWriter *
kw_dataset_create(KwOutfile *out, const KwDatasetInfo *info,
		  const gsize counts[KW_N_SPLITS], gsize source_length,
		  GError **error)
{
	g_autoptr(KwDatasetWriter) writer = g_new0(KwDatasetWriter, 1);
	gboolean ok;

	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		writer->splits[s].count = counts[s];
		for (KwField field = 0; field < N_FIELDS; field++)
			writer->splits[s].fields[field] = H5I_INVALID_HID;
	}
	writer->name = g_strdup(kw_outfile_where(out));
	writer->source_length = MAX(source_length, 1);
	writer->file = kw_h5_create(kw_outfile_path(out), writer->name, error);
	if (writer->file < 0)
		return NULL;
	ok = kw_dataset_write_info(writer->file, info);
	for (KwSplit s = 0; ok && s < KW_N_SPLITS; s++)
		ok = create_split(writer, s, info);
	if (!ok) {
		fail_write(writer, error);
		return NULL;
	}
	return g_steal_pointer(&writer);
}

static gboolean
append_sources(const KwDatasetWriter *writer, const SplitWriter *split,
	       const KwRecords *records)
{
	const gsize length = writer->source_length;
	g_auto(KwHid) type = kw_h5_string_type(length);
	g_autofree char *rows = g_malloc0(records->n * length);

	for (gsize i = 0; i < records->n; i++) {
		gsize n = strlen(records->sources[i]);

		g_assert(n <= length);
		memcpy(rows + i * length, records->sources[i], n);
	}
	return kw_h5_write_rows(split->fields[FIELD_SOURCES], type,
				split->written, records->n, rows);
}

static gboolean
append_field(const KwDatasetWriter *writer, const SplitWriter *split,
	     KwField field, const KwRecords *records, const guint8 *pixels)
{
	g_auto(KwHid) type = H5I_INVALID_HID;

	if (split->fields[field] < 0)
		return TRUE;
	if (field == FIELD_SOURCES)
		return append_sources(writer, split, records);
	type = kw_field_memory_type(field, 0);
	return kw_h5_write_rows(
		split->fields[field], type, split->written, records->n,
		field == FIELD_IMAGES ? pixels
				      : kw_field_values(records, field, 0));
}

gboolean
kw_dataset_append(KwDatasetWriter *writer, KwSplit s, const KwRecords *records,
		  const guint8 *pixels, GError **error)
{
	SplitWriter *split = &writer->splits[s];

	g_assert(records->n <= split->count - split->written);
	for (KwField field = 0; field < N_FIELDS; field++)
		if (!append_field(writer, split, field, records, pixels))
			return fail_write(writer, error);
	split->written += records->n;
	return TRUE;
}

/*
 * Small datasets are buffered by HDF5 until they are closed, and closing the
 * file does not tell whether they arrived: each has to be asked.
 */
static gboolean
close_fields(KwDatasetWriter *writer)
{
	gboolean ok = TRUE;

	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		for (KwField field = 0; field < N_FIELDS; field++) {
			hid_t *dataset = &writer->splits[s].fields[field];

			if (*dataset >= 0 &&
			    H5Dclose(kw_hid_steal(dataset)) < 0)
				ok = FALSE;
		}
	return ok;
}

gboolean
kw_dataset_finish(KwDatasetWriter *writer, GError **error)
{
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		g_assert(writer->splits[s].written == writer->splits[s].count);
	/* Flushing finds a full disk first, with HDF5 still in good order. */
	if (H5Fflush(writer->file, H5F_SCOPE_LOCAL) < 0)
		return fail_write(writer, error);
	if (!close_fields(writer) || H5Fclose(kw_hid_steal(&writer->file)) < 0)
		return fail_write(writer, error);
	return TRUE;
}

void
kw_dataset_writer_free(KwDatasetWriter *writer)
{
	if (writer == NULL)
		return;
	close_fields(writer);
	if (writer->file >= 0)
		H5Fclose(writer->file);
	g_free(writer->name);
	g_free(writer);
}
