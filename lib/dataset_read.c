#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kw/alloc.h"
#include "kw/error.h"
#include "lib/dataset_infile.h"
#include "lib/dataset_reader.h"

enum { MAX_SOURCE_LENGTH = 1 << 16, MAX_COLUMNS = 256 };

/* ---- checking the datasets of a split */

static gboolean
type_is_sound(SplitReader *split, KwField field)
{
	g_auto(KwHid) type = H5Dget_type(split->fields[field]);
	g_auto(KwHid) expected = H5I_INVALID_HID;

	if (field == FIELD_SOURCES) {
		split->source_length = H5Tget_size(type);
		return H5Tget_class(type) == H5T_STRING &&
		       H5Tis_variable_str(type) == 0 &&
		       split->source_length >= 1 &&
		       split->source_length <= MAX_SOURCE_LENGTH;
	}
	expected = kw_field_file_type(field, 0);
	return H5Tequal(type, expected) > 0;
}

/* Plain bytes in this very file: no filters, no chunks, no other files. */
static gboolean
storage_is_plain(hid_t dataset)
{
	g_auto(KwHid) creation = H5Dget_create_plist(dataset);

	return creation >= 0 && H5Pget_layout(creation) == H5D_CONTIGUOUS &&
	       H5Pget_nfilters(creation) == 0 &&
	       H5Pget_external_count(creation) == 0;
}

/* The labels tell the number of records; all other fields have as many. */
static gboolean
shape_is_sound(const KwDataset *d, SplitReader *split, KwField field)
{
	g_auto(KwHid) space = H5Dget_space(split->fields[field]);
	hsize_t dims[H5S_MAX_RANK], expected[4];
	int rank;

	if (H5Sget_simple_extent_dims(space, dims, NULL) < 1)
		return FALSE;
	if (field == FIELD_LABELS)
		split->count = dims[0];
	rank = kw_field_shape(field, d->info, split->count, expected);
	return H5Sget_simple_extent_ndims(space) == rank &&
	       memcmp(dims, expected, (gsize)rank * sizeof *dims) == 0;
}

/* All bytes lie inside the file; those of the images are read from there. */
static gboolean
place_is_sound(const KwDataset *d, SplitReader *split, KwField field)
{
	g_auto(KwHid) type = H5Dget_type(split->fields[field]);
	hsize_t dims[4];
	int rank = kw_field_shape(field, d->info, split->count, dims);
	gsize bytes = H5Tget_size(type);
	haddr_t at;

	for (int i = 0; i < rank; i++)
		if (!g_size_checked_mul(&bytes, bytes, dims[i]))
			return FALSE;
	if (bytes == 0)
		return TRUE;
	at = H5Dget_offset(split->fields[field]);
	if (at == HADDR_UNDEF || bytes > d->size || at > d->size - bytes)
		return FALSE;
	if (field == FIELD_IMAGES)
		split->images_at = at;
	return TRUE;
}

static gboolean
open_field(KwDataset *d, SplitReader *split, hid_t group, KwField field)
{
	const char *name = kw_field_names[field];

	if (!kw_h5_has(group, name))
		return FALSE;
	split->fields[field] = H5Dopen2(group, name, H5P_DEFAULT);
	return split->fields[field] >= 0 && type_is_sound(split, field) &&
	       storage_is_plain(split->fields[field]) &&
	       shape_is_sound(d, split, field) &&
	       place_is_sound(d, split, field);
}

/* The first split tells whether there are columns, and which; all agree. */
static gboolean
read_columns(KwDataset *d, KwSplit s, hid_t group)
{
	const char *name = kw_field_names[FIELD_TRANSFORMS];
	g_auto(KwHid) transforms = H5I_INVALID_HID;
	g_auto(GStrv) columns = NULL;

	if (!kw_h5_has(group, name))
		return d->info->columns == NULL;
	transforms = H5Dopen2(group, name, H5P_DEFAULT);
	if (transforms < 0)
		return FALSE;
	columns = kw_h5_get_strings(transforms, "columns");
	if (columns == NULL || columns[0] == NULL ||
	    g_strv_length(columns) > MAX_COLUMNS)
		return FALSE;
	if (s == 0)
		d->info->columns = g_steal_pointer(&columns);
	return s == 0 || (d->info->columns != NULL &&
			  g_strv_equal((const char *const *)columns,
				       (const char *const *)d->info->columns));
}

static gboolean
read_checksums(const KwDataset *d, KwSplit s, GError **error)
{
	const SplitReader *split = &d->splits[s];

	if (!kw_h5_read_rows(split->fields[FIELD_CHECKSUMS], H5T_NATIVE_UINT32,
			     0, split->count, split->checksums))
		return kw_dataset_fail(error, d->name,
				       "cannot read /%s/checksums",
				       kw_split_names[s]);
	return TRUE;
}

static gboolean
open_split(KwDataset *d, KwSplit s, GError **error)
{
	const char *name = kw_split_names[s];
	SplitReader *split = &d->splits[s];
	g_auto(KwHid) group = H5I_INVALID_HID;

	if (kw_h5_has(d->file, name))
		group = H5Gopen2(d->file, name, H5P_DEFAULT);
	if (group < 0)
		return kw_dataset_fail(error, d->name, "no group /%s", name);
	if (!read_columns(d, s, group))
		return kw_dataset_fail(error, d->name,
				       "bad transform columns in /%s", name);
	for (KwField field = 0; field < N_FIELDS; field++)
		if (kw_field_exists(field, d->info) &&
		    !open_field(d, split, group, field))
			return kw_dataset_fail(error, d->name, "bad /%s/%s",
					       name, kw_field_names[field]);
	split->checksums = kw_alloc(split->count, sizeof *split->checksums,
				    "the checksums of a dataset", error);
	return split->checksums != NULL && read_checksums(d, s, error);
}

/* ---- opening */

/* HDF5's own descriptor: what it reads and what we read is one file. */
static gboolean
note_descriptor(KwDataset *d, GError **error)
{
	void *handle = NULL;
	struct stat st;

	if (H5Fget_vfd_handle(d->file, H5P_DEFAULT, &handle) < 0 ||
	    fstat(*(const int *)handle, &st) != 0)
		return kw_h5_fail(error, KW_ERROR_IO, "cannot read '%s'",
				  d->name);
	d->fd = *(const int *)handle;
	d->size = (guint64)st.st_size;
	return TRUE;
}

/* What is read under another name than its own has no folder around it. */
static gboolean
open_index(KwDataset *d, const KwInfile *in, GError **error)
{
	g_autofree char *folder = NULL;

	if (strcmp(kw_infile_path(in), kw_infile_name(in)) != 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' is an index of shards, which lie beside it: "
			    "name the file instead",
			    d->name);
		return FALSE;
	}
	folder = g_path_get_dirname(kw_infile_path(in));
	return kw_index_open_shards(d, folder, error);
}

static gboolean
open_whole(KwDataset *d, GError **error)
{
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		if (!open_split(d, s, error))
			return FALSE;
	return TRUE;
}

KwDataset *
kw_dataset_new(const char *name)
{
	KwDataset *d = g_new0(KwDataset, 1);

	d->name = g_strdup(name);
	d->info = kw_dataset_info_new();
	d->file = H5I_INVALID_HID;
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		for (KwField field = 0; field < N_FIELDS; field++)
			d->splits[s].fields[field] = H5I_INVALID_HID;
	return d;
}

static KwDataset *
open_infile(const KwInfile *in, gboolean is_shard, GError **error)
{
	g_autoptr(KwDataset) d = kw_dataset_new(kw_infile_name(in));
	gboolean ok;

	d->file = kw_h5_open(kw_infile_path(in), d->name, error);
	if (d->file < 0 || !note_descriptor(d, error) ||
	    !kw_dataset_read_info(d->file, d->name, d->info, error))
		return NULL;
	if (!kw_index_is_one(d->file))
		ok = open_whole(d, error);
	else if (!is_shard)
		ok = open_index(d, in, error);
	else
		ok = kw_dataset_fail(error, d->name,
				     "a shard cannot be an index itself");
	return ok ? g_steal_pointer(&d) : NULL;
}

KwDataset *
kw_dataset_open_infile(const KwInfile *in, GError **error)
{
	return open_infile(in, FALSE, error);
}

KwDataset *
kw_dataset_open(const char *path, GError **error)
{
	g_autoptr(KwInfile) in = kw_infile_new(path, error);

	return in != NULL ? open_infile(in, FALSE, error) : NULL;
}

KwDataset *
kw_dataset_open_shard(const char *path, GError **error)
{
	g_autoptr(KwInfile) in = kw_infile_new(path, error);

	return in != NULL ? open_infile(in, TRUE, error) : NULL;
}

void
kw_dataset_free(KwDataset *d)
{
	if (d == NULL)
		return;
	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		for (KwField field = 0; field < N_FIELDS; field++)
			if (d->splits[s].fields[field] >= 0)
				H5Dclose(d->splits[s].fields[field]);
		kw_free(d->splits[s].checksums);
	}
	if (d->file >= 0)
		H5Fclose(d->file);
	g_clear_pointer(&d->shards, g_ptr_array_unref);
	kw_dataset_info_free(d->info);
	g_free(d->name);
	g_free(d);
}

const KwDatasetInfo *
kw_dataset_info(const KwDataset *d)
{
	return d->info;
}

const char *
kw_dataset_name(const KwDataset *d)
{
	return d->name;
}

gsize
kw_dataset_count(const KwDataset *d, KwSplit split)
{
	return d->splits[split].count;
}

guint
kw_dataset_n_shards(const KwDataset *d)
{
	return d->shards != NULL ? d->shards->len : 0;
}

const KwDataset *
kw_dataset_shard(const KwDataset *d, guint k)
{
	return g_ptr_array_index(d->shards, k);
}

guint64
kw_dataset_bytes(const KwDataset *d)
{
	guint64 bytes = d->size;

	for (guint k = 0; k < kw_dataset_n_shards(d); k++)
		bytes += kw_dataset_shard(d, k)->size;
	return bytes;
}

gsize
kw_dataset_source_length(const KwDataset *d)
{
	gsize length = 0;

	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		length = MAX(length, d->splits[s].source_length);
	for (guint i = 0; d->shards != NULL && i < d->shards->len; i++)
		length = MAX(length,
			     kw_dataset_source_length(d->shards->pdata[i]));
	return length;
}

/* ---- records and pixels */

/*
 * The whole dataset that holds record *first of a split, which becomes the
 * number of the record in there; *n is cut to what it holds from there on.
 */
static const KwDataset *
find_part(const KwDataset *d, KwSplit s, gsize *first, gsize *n)
{
	const KwDataset *part = d;

	for (guint k = 0; d->shards != NULL; k++) {
		part = g_ptr_array_index(d->shards, k);
		if (*first < part->splits[s].count)
			break;
		*first -= part->splits[s].count;
	}
	*n = MIN(*n, part->splits[s].count - *first);
	return part;
}

static gboolean
read_sources(const SplitReader *split, gsize first, gsize n, char **sources)
{
	const gsize length = split->source_length;
	g_auto(KwHid) type = H5Dget_type(split->fields[FIELD_SOURCES]);
	g_autofree char *rows = kw_alloc(n, length, "the sources", NULL);

	if (rows == NULL || !kw_h5_read_rows(split->fields[FIELD_SOURCES], type,
					     first, n, rows))
		return FALSE;
	for (gsize i = 0; i < n; i++) {
		sources[i] = g_strndup(rows + i * length, length);
		if (!g_utf8_validate(sources[i], -1, NULL))
			return FALSE;
	}
	return TRUE;
}

/* n records of a whole dataset to the rows from `to` on. */
static gboolean
read_field(const SplitReader *split, KwField field, gsize first, gsize n,
	   KwRecords *records, gsize to)
{
	g_auto(KwHid) type = H5I_INVALID_HID;

	if (field == FIELD_IMAGES || split->fields[field] < 0)
		return TRUE;
	if (field == FIELD_SOURCES)
		return read_sources(split, first, n, records->sources + to);
	type = kw_field_memory_type(field, 0);
	return kw_h5_read_rows(split->fields[field], type, first, n,
			       kw_field_values(records, field, to));
}

static gboolean
read_part(const KwDataset *d, KwSplit s, gsize first, gsize n,
	  KwRecords *records, gsize to, GError **error)
{
	const gint32 n_classes = (gint32)g_strv_length(d->info->class_names);

	for (KwField field = 0; field < N_FIELDS; field++)
		if (!read_field(&d->splits[s], field, first, n, records, to))
			return kw_dataset_fail(
				error, d->name, "cannot read /%s/%s",
				kw_split_names[s], kw_field_names[field]);
	for (gsize i = 0; i < n; i++)
		if (records->labels[to + i] < 0 ||
		    records->labels[to + i] >= n_classes)
			return kw_dataset_fail(
				error, d->name,
				"label %d of record %zu in /%s is no class",
				records->labels[to + i], first + i,
				kw_split_names[s]);
	return TRUE;
}

KwRecords *
kw_dataset_read_records(KwDataset *d, KwSplit s, gsize first, gsize n,
			GError **error)
{
	const gsize p = d->info->columns ? g_strv_length(d->info->columns) : 0;
	g_autoptr(KwRecords) records = kw_records_new(n, p);

	g_assert(first <= d->splits[s].count &&
		 n <= d->splits[s].count - first);
	for (gsize done = 0, m; done < n; done += m) {
		gsize at = first + done;
		const KwDataset *part;

		m = n - done;
		part = find_part(d, s, &at, &m);
		if (!read_part(part, s, at, m, records, done, error))
			return NULL;
	}
	return g_steal_pointer(&records);
}

static gboolean
read_bytes(const KwDataset *d, guint64 at, gsize n, guint8 *bytes,
	   GError **error)
{
	for (gsize done = 0; done < n;) {
		gssize got = pread(d->fd, bytes + done, n - done,
				   (off_t)(at + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			g_set_error(error, KW_ERROR, KW_ERROR_IO,
				    "cannot read the images of '%s': %s",
				    d->name,
				    got == 0 ? "it has become shorter"
					     : g_strerror(errno));
			return FALSE;
		}
		done += (gsize)got;
	}
	return TRUE;
}

static gboolean
read_part_images(const KwDataset *d, KwSplit s, gsize first, gsize n,
		 guint8 *pixels, GError **error)
{
	const SplitReader *split = &d->splits[s];
	const gsize size = kw_dataset_image_size(d->info);

	if (!read_bytes(d, split->images_at + first * size, n * size, pixels,
			error))
		return FALSE;
	for (gsize i = 0; i < n; i++)
		if (kw_checksum(pixels + i * size, size) !=
		    split->checksums[first + i]) {
			g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
				    "'%s' is damaged: image %zu of /%s does "
				    "not match its checksum; make it again",
				    d->name, first + i, kw_split_names[s]);
			return FALSE;
		}
	return TRUE;
}

gboolean
kw_dataset_read_images(const KwDataset *d, KwSplit s, gsize first, gsize n,
		       guint8 *pixels, GError **error)
{
	const gsize size = kw_dataset_image_size(d->info);

	g_assert(first <= d->splits[s].count &&
		 n <= d->splits[s].count - first);
	for (gsize done = 0, m; done < n; done += m) {
		gsize at = first + done;
		const KwDataset *part;

		m = n - done;
		part = find_part(d, s, &at, &m);
		if (!read_part_images(part, s, at, m, pixels + done * size,
				      error))
			return FALSE;
	}
	return TRUE;
}
