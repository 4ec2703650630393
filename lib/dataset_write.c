#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "kw/error.h"
#include "lib/dataset_layout.h"

/* One split of the file: a dataset a field (negative: not there). */
typedef struct {
	hid_t fields[N_FIELDS];
	guint64 images_at;    /* offset of the pixels in the file */
	gsize count;          /* records that there is room for */
	gsize records;        /* written so far */
	atomic_size_t images; /* the same, by any thread */
} SplitWriter;

struct KwDatasetWriter {
	char *name; /* for messages */
	hid_t file;
	int fd; /* HDF5's: pixels are written to it without HDF5 */
	gsize image_size, source_length;
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
	if (field == FIELD_IMAGES && dataset >= 0 && split->count > 0) {
		split->images_at = H5Dget_offset(dataset);
		if (split->images_at == HADDR_UNDEF)
			return FALSE;
	}
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

/* HDF5's own descriptor: what it writes and what we write is one file. */
static gboolean
note_descriptor(KwDatasetWriter *writer)
{
	void *handle = NULL;

	if (H5Fget_vfd_handle(writer->file, H5P_DEFAULT, &handle) < 0)
		return FALSE;
	writer->fd = *(const int *)handle;
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
	writer->image_size = kw_dataset_image_size(info);
	writer->source_length = MAX(source_length, 1);
	writer->file = kw_h5_create(kw_outfile_path(out), writer->name, error);
	if (writer->file < 0)
		return NULL;
	ok = note_descriptor(writer) &&
	     kw_dataset_write_info(writer->file, info);
	for (KwSplit s = 0; ok && s < KW_N_SPLITS; s++)
		ok = create_split(writer, s, info);
	if (!ok) {
		fail_write(writer, error);
		return NULL;
	}
	return g_steal_pointer(&writer);
}

static gboolean
put_sources(const KwDatasetWriter *writer, const SplitWriter *split,
	    gsize first, const KwRecords *records)
{
	const gsize length = writer->source_length;
	g_auto(KwHid) type = kw_h5_string_type(length);
	g_autofree char *rows = g_malloc0(records->n * length);

	for (gsize i = 0; i < records->n; i++) {
		gsize n = strlen(records->sources[i]);

		g_assert(n <= length);
		memcpy(rows + i * length, records->sources[i], n);
	}
	return kw_h5_write_rows(split->fields[FIELD_SOURCES], type, first,
				records->n, rows);
}

static gboolean
put_field(const KwDatasetWriter *writer, const SplitWriter *split,
	  KwField field, gsize first, const KwRecords *records)
{
	g_auto(KwHid) type = H5I_INVALID_HID;

	if (field == FIELD_IMAGES || split->fields[field] < 0)
		return TRUE;
	if (field == FIELD_SOURCES)
		return put_sources(writer, split, first, records);
	type = kw_field_memory_type(field, 0);
	return kw_h5_write_rows(split->fields[field], type, first, records->n,
				kw_field_values(records, field, 0));
}

gboolean
kw_dataset_put_records(KwDatasetWriter *writer, KwSplit s, gsize first,
		       const KwRecords *records, GError **error)
{
	SplitWriter *split = &writer->splits[s];

	g_assert(first <= split->count && records->n <= split->count - first);
	for (KwField field = 0; field < N_FIELDS; field++)
		if (!put_field(writer, split, field, first, records))
			return fail_write(writer, error);
	split->records += records->n;
	return TRUE;
}

static gboolean
write_bytes(const KwDatasetWriter *writer, guint64 at, gsize n,
	    const guint8 *bytes, GError **error)
{
	for (gsize done = 0; done < n;) {
		gssize put = pwrite(writer->fd, bytes + done, n - done,
				    (off_t)(at + done));

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0) {
			g_set_error(error, KW_ERROR, KW_ERROR_IO,
				    "cannot write '%s': %s", writer->name,
				    g_strerror(put == 0 ? EIO : errno));
			return FALSE;
		}
		done += (gsize)put;
	}
	return TRUE;
}

/*
 * HDF5 has given the pixels their place in the file when it was created, and
 * nothing of them is in its buffers: its lock and its one thread are not needed
 * to fill it.
 */
gboolean
kw_dataset_put_images(KwDatasetWriter *writer, KwSplit s, gsize first, gsize n,
		      const guint8 *pixels, GError **error)
{
	SplitWriter *split = &writer->splits[s];
	const gsize size = writer->image_size;

	g_assert(first <= split->count && n <= split->count - first);
	if (!write_bytes(writer, split->images_at + first * size, n * size,
			 pixels, error))
		return FALSE;
	atomic_fetch_add(&split->images, n);
	return TRUE;
}

gboolean
kw_dataset_append(KwDatasetWriter *writer, KwSplit s, const KwRecords *records,
		  const guint8 *pixels, GError **error)
{
	const gsize first = writer->splits[s].records;

	return kw_dataset_put_records(writer, s, first, records, error) &&
	       kw_dataset_put_images(writer, s, first, records->n, pixels,
				     error);
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
	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		SplitWriter *split = &writer->splits[s];

		g_assert(split->records == split->count);
		g_assert(atomic_load(&split->images) == split->count);
	}
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
