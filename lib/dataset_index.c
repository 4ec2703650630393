/*
 * The index form of a dataset: whole datasets, the shards, and beside them one
 * file that names them.  For others, the index has virtual datasets that show
 * the records of all shards; kw opens the shards itself, because HDF5 shows
 * fill values where one is missing.
 */
#include <string.h>

#include "kw/error.h"
#include "kw/limit.h"
#include "lib/dataset_reader.h"

/* What to do about shards that are not those of the index. */
#define REMEDY "copy all files of the set again, or make it again"

/* What is to be the same in all shards, so that they make one dataset. */
static gboolean
describes_the_same(const KwDatasetInfo *a, const KwDatasetInfo *b)
{
	const gsize bytes = (gsize)a->channels * sizeof *a->scale;

	return a->set_id == b->set_id && a->height == b->height &&
	       a->width == b->width && a->channels == b->channels &&
	       a->standardize == b->standardize &&
	       memcmp(a->scale, b->scale, bytes) == 0 &&
	       memcmp(a->offset, b->offset, bytes) == 0 &&
	       g_strv_equal((const char *const *)a->class_names,
			    (const char *const *)b->class_names);
}

static gboolean
columns_are_equal(char **a, char **b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return g_strv_equal((const char *const *)a, (const char *const *)b);
}

/* A shard that belongs to d, which takes its columns from the first. */
static gboolean
check_shard(KwDataset *d, const KwDataset *shard, GError **error)
{
	if (shard->info->set_id == 0 ||
	    !describes_the_same(shard->info, d->info))
		return kw_dataset_fail(
			error, d->name,
			"shard '%s' belongs to another set; " REMEDY,
			shard->name);
	if (d->shards->len == 0)
		d->info->columns = g_strdupv(shard->info->columns);
	if (!columns_are_equal(shard->info->columns, d->info->columns))
		return kw_dataset_fail(
			error, d->name,
			"shard '%s' has other transform columns; " REMEDY,
			shard->name);
	return TRUE;
}

/* Tell of which set the shard is that cannot be opened, and what to do. */
static void
explain(GError **error, const KwDataset *d)
{
	const gboolean is_of_files =
		g_error_matches(*error, KW_ERROR, KW_ERROR_INPUT) ||
		g_error_matches(*error, KW_ERROR, KW_ERROR_FORMAT);
	char *message = g_strdup_printf("a shard of '%s': %s%s", d->name,
					(*error)->message,
					is_of_files ? "; " REMEDY : "");

	g_free((*error)->message);
	(*error)->message = message;
}

/* Open the whole dataset of this name in the folder. */
static KwDataset *
open_shard(const KwDataset *d, const char *folder, const char *name,
	   GError **error)
{
	g_autofree char *path = NULL;
	KwDataset *shard;

	if (strchr(name, '/') != NULL) {
		kw_dataset_fail(error, d->name,
				"shard '%s' is not beside the index", name);
		return NULL;
	}
	path = g_build_filename(folder, name, NULL);
	shard = kw_dataset_open_shard(path, error);
	if (shard == NULL && error != NULL)
		explain(error, d);
	return shard;
}

/* Append a shard to d; takes it. */
static gboolean
add_shard(KwDataset *d, KwDataset *shard, GError **error)
{
	g_autoptr(KwDataset) owned = shard;

	if (!check_shard(d, shard, error))
		return FALSE;
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		d->splits[s].count += shard->splits[s].count;
	g_ptr_array_add(d->shards, g_steal_pointer(&owned));
	return TRUE;
}

/* ---- reading */

gboolean
kw_index_is_one(hid_t file)
{
	return H5Aexists(file, "shards") > 0;
}

/* Does a shard hold as many records as the index was written for? */
static gboolean
check_counts(const KwDataset *d, const KwDataset *shard, const guint64 *counts,
	     GError **error)
{
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		if (shard->splits[s].count != counts[s])
			return kw_dataset_fail(
				error, d->name,
				"shard '%s' has %zu records in /%s, not "
				"%" G_GUINT64_FORMAT "; " REMEDY,
				shard->name, shard->splits[s].count,
				kw_split_names[s], counts[s]);
	return TRUE;
}

/*
 * What tells the images of a shard from those of any other: CRC-32 of their
 * checksums, one a split.
 */
static void
sum_up(const KwDataset *shard, guint32 sums[KW_N_SPLITS])
{
	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		const SplitReader *split = &shard->splits[s];
		g_autofree guint32 *bytes = g_new(guint32, split->count);

		for (gsize i = 0; i < split->count; i++)
			bytes[i] = GUINT32_TO_LE(split->checksums[i]);
		sums[s] = kw_checksum((const guint8 *)bytes,
				      split->count * sizeof *bytes);
	}
}

/* Does it hold those images?  A copy of another shard may have the counts. */
static gboolean
check_sums(const KwDataset *d, const KwDataset *shard, const guint32 *sums,
	   GError **error)
{
	guint32 found[KW_N_SPLITS];

	sum_up(shard, found);
	if (memcmp(found, sums, sizeof found) == 0)
		return TRUE;
	return kw_dataset_fail(error, d->name,
			       "shard '%s' holds other images than the index "
			       "was written for; " REMEDY,
			       shard->name);
}

static gboolean
files_can_be_open(const KwDataset *d, gsize n, GError **error)
{
	gsize room = kw_limit_files(n);

	if (room >= n)
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_IO,
		    "cannot open '%s': it has %zu shards, and only %zu files "
		    "can be open at once; see ulimit -Hn",
		    d->name, n, room);
	return FALSE;
}

gboolean
kw_index_open_shards(KwDataset *d, const char *folder, GError **error)
{
	g_auto(GStrv) names = kw_h5_get_strings(d->file, "shards");
	gsize n = names != NULL ? g_strv_length(names) : 0;
	g_autofree guint64 *counts = g_new0(guint64, n * KW_N_SPLITS + 1);
	g_autofree guint32 *sums = g_new0(guint32, n * KW_N_SPLITS + 1);

	if (n < 1 || n > KW_DATASET_MAX_SHARDS)
		return kw_dataset_fail(error, d->name, "bad shards");
	if (!kw_h5_get_numbers(d->file, "shard_counts", H5T_NATIVE_UINT64,
			       counts, n * KW_N_SPLITS))
		return kw_dataset_fail(error, d->name, "bad shard_counts");
	if (!kw_h5_get_numbers(d->file, "shard_checksums", H5T_NATIVE_UINT32,
			       sums, n * KW_N_SPLITS))
		return kw_dataset_fail(error, d->name, "bad shard_checksums");
	if (!files_can_be_open(d, n, error))
		return FALSE;
	d->shards =
		g_ptr_array_new_with_free_func((GDestroyNotify)kw_dataset_free);
	for (gsize k = 0; k < n; k++) {
		KwDataset *shard = open_shard(d, folder, names[k], error);

		if (shard == NULL || !add_shard(d, shard, error) ||
		    !check_counts(d, shard, counts + k * KW_N_SPLITS, error) ||
		    !check_sums(d, shard, sums + k * KW_N_SPLITS, error))
			return FALSE;
	}
	return TRUE;
}

/* ---- writing */

/* HDF5 takes '%' in the name of a source for the start of a format. */
static char *
escape_name(const char *name)
{
	g_auto(GStrv) parts = g_strsplit(name, "%", -1);

	return g_strjoinv("%%", parts);
}

/* Map rows first.. of the virtual dataset with this space to a shard's. */
static gboolean
map_rows(hid_t creation, hid_t space, const char *name, const char *dataset,
	 int rank, const hsize_t *dims, gsize first)
{
	const hsize_t start[4] = { first };
	g_auto(KwHid) source = H5Screate_simple(rank, dims, NULL);
	g_autofree char *escaped = escape_name(name);

	return H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, dims,
				   NULL) >= 0 &&
	       H5Pset_virtual(creation, space, escaped, dataset, source) >= 0;
}

static gboolean
map_shards(hid_t creation, const KwDataset *d, KwSplit s, KwField field,
	   const char *const *names)
{
	g_autofree char *path = g_strdup_printf("/%s/%s", kw_split_names[s],
						kw_field_names[field]);
	hsize_t dims[4];
	int rank = kw_field_shape(field, d->info, d->splits[s].count, dims);
	g_auto(KwHid) space = H5Screate_simple(rank, dims, NULL);
	gsize first = 0;

	for (guint k = 0; k < d->shards->len; k++) {
		const KwDataset *shard = g_ptr_array_index(d->shards, k);

		dims[0] = shard->splits[s].count;
		if (dims[0] > 0 && !map_rows(creation, space, names[k], path,
					     rank, dims, first))
			return FALSE;
		first += dims[0];
	}
	return TRUE;
}

static gsize
longest_source(const KwDataset *d, KwSplit s)
{
	gsize longest = 1;

	for (guint k = 0; k < d->shards->len; k++) {
		const KwDataset *shard = g_ptr_array_index(d->shards, k);

		longest = MAX(longest, shard->splits[s].source_length);
	}
	return longest;
}

static hid_t
create_virtual(hid_t group, const KwDataset *d, KwSplit s, KwField field,
	       const char *const *names)
{
	/* What a reader sees of a missing shard is no class. */
	const gint32 no_label = -1;
	g_auto(KwHid) type = kw_field_file_type(field, longest_source(d, s));
	g_auto(KwHid) creation = H5Pcreate(H5P_DATASET_CREATE);
	hsize_t dims[4];
	int rank = kw_field_shape(field, d->info, d->splits[s].count, dims);
	g_auto(KwHid) space = H5Screate_simple(rank, dims, NULL);

	/* A virtual dataset needs something to show. */
	if (d->splits[s].count == 0)
		return kw_h5_create_dataset(group, kw_field_names[field], type,
					    rank, dims);
	H5Pset_obj_track_times(creation, FALSE);
	if ((field == FIELD_LABELS &&
	     H5Pset_fill_value(creation, H5T_NATIVE_INT32, &no_label) < 0) ||
	    !map_shards(creation, d, s, field, names))
		return H5I_INVALID_HID;
	return H5Dcreate2(group, kw_field_names[field], type, space,
			  H5P_DEFAULT, creation, H5P_DEFAULT);
}

static gboolean
write_split(hid_t file, const KwDataset *d, KwSplit s, const char *const *names)
{
	g_auto(KwHid) group = kw_h5_create_group(file, kw_split_names[s]);

	if (group < 0)
		return FALSE;
	for (KwField field = 0; field < N_FIELDS; field++) {
		g_auto(KwHid) dataset = H5I_INVALID_HID;

		if (!kw_field_exists(field, d->info))
			continue;
		dataset = create_virtual(group, d, s, field, names);
		if (dataset < 0 || !kw_field_describe(field, dataset, d->info))
			return FALSE;
	}
	return TRUE;
}

static gboolean
write_shard_list(hid_t file, const KwDataset *d, const char *const *names)
{
	const gsize n = d->shards->len;
	g_autofree guint64 *counts = g_new(guint64, n * KW_N_SPLITS);
	g_autofree guint32 *sums = g_new(guint32, n * KW_N_SPLITS);

	for (gsize k = 0; k < n; k++) {
		const KwDataset *shard = g_ptr_array_index(d->shards, k);

		sum_up(shard, sums + k * KW_N_SPLITS);
		for (KwSplit s = 0; s < KW_N_SPLITS; s++)
			counts[k * KW_N_SPLITS + s] = shard->splits[s].count;
	}
	return kw_h5_set_strings(file, "shards", names, n) &&
	       kw_h5_set_numbers(file, "shard_counts", H5T_STD_U64LE,
				 H5T_NATIVE_UINT64, counts, n * KW_N_SPLITS) &&
	       kw_h5_set_numbers(file, "shard_checksums", H5T_STD_U32LE,
				 H5T_NATIVE_UINT32, sums, n * KW_N_SPLITS);
}

/* The shards as one dataset, described as the first of them is. */
static KwDataset *
gather_shards(KwOutfile *out, const char *const *names, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(kw_outfile_path(out));
	g_autoptr(KwDataset) d = kw_dataset_new(kw_outfile_name(out));

	d->shards =
		g_ptr_array_new_with_free_func((GDestroyNotify)kw_dataset_free);
	for (gsize k = 0; names[k] != NULL; k++) {
		KwDataset *shard = open_shard(d, folder, names[k], error);

		if (shard == NULL)
			return NULL;
		if (k == 0) {
			kw_dataset_info_free(d->info);
			d->info = kw_dataset_info_copy(shard->info);
			d->info->set_id = shard->info->set_id;
			g_clear_pointer(&d->info->columns, g_strfreev);
		}
		if (!add_shard(d, shard, error))
			return NULL;
	}
	return g_steal_pointer(&d);
}

gboolean
kw_dataset_write_index(KwOutfile *out, const char *const *names, GError **error)
{
	g_autoptr(KwDataset) d = NULL;
	g_auto(KwHid) file = H5I_INVALID_HID;
	gboolean ok;

	g_assert(names[0] != NULL);
	if (kw_outfile_is_stream(out)) {
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "shards cannot go to '%s'; name a file with "
			    "-o FILE",
			    kw_outfile_name(out));
		return FALSE;
	}
	d = gather_shards(out, names, error);
	if (d == NULL)
		return FALSE;
	file = kw_h5_create(kw_outfile_path(out), d->name, error);
	if (file < 0)
		return FALSE;
	ok = kw_dataset_write_info(file, d->info) &&
	     write_shard_list(file, d, names);
	for (KwSplit s = 0; ok && s < KW_N_SPLITS; s++)
		ok = write_split(file, d, s, names);
	if (!ok || H5Fflush(file, H5F_SCOPE_LOCAL) < 0 ||
	    H5Fclose(kw_hid_steal(&file)) < 0)
		return kw_h5_fail(error, KW_ERROR_IO, "cannot write '%s'",
				  d->name);
	return TRUE;
}
