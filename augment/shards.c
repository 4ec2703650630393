#include "augment/shards.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kw/app.h"
#include "kw/error.h"
#include "kw/limit.h"

/* What a shard takes: the descriptor of KwOutfile and that of HDF5. */
enum { FILES_PER_SHARD = 2 };

/* A shard, or the whole dataset. */
typedef struct {
	char *path; /* NULL: standard output */
	KwOutfile *out;
	KwDatasetWriter *writer;
	gboolean was_there; /* a file to replace */
	gboolean is_named;  /* committed */
} Part;

struct AugmentOutput {
	char *name;       /* of the index, for messages */
	KwOutfile *index; /* NULL: one whole dataset */
	guint n;
	Part *parts; /* n */
	gsize counts[KW_N_SPLITS];
};

/* ---- names */

/* "DIR/set.h5" -> "DIR/set-00003-of-00008.h5" */
static char *
shard_path(const char *index, guint k, guint n)
{
	const char *slash = strrchr(index, '/');
	const char *base = slash != NULL ? slash + 1 : index;
	gsize length = strlen(index);

	if (g_str_has_suffix(base, ".hdf5") && strlen(base) > 5)
		length -= 5;
	else if (g_str_has_suffix(base, ".h5") && strlen(base) > 3)
		length -= 3;
	return g_strdup_printf("%.*s-%05u-of-%05u.h5", (int)length, index, k,
			       n);
}

static const char *
shard_name(const Part *part)
{
	const char *slash = strrchr(part->path, '/');

	return slash != NULL ? slash + 1 : part->path;
}

/*
 * KwOutfile writes to devices and pipes as well, and waits for the other end of
 * one that has a name: not for shards.
 */
static KwOutfile *
open_plain(const char *path, gboolean force, GError **error)
{
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) &&
	    !S_ISDIR(st.st_mode)) {
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "shards cannot go to '%s', which is no plain file; "
			    "name one with -o FILE",
			    path);
		return NULL;
	}
	return kw_outfile_new(path, force, error);
}

/* The shards lie beside the name of the index, so there must be one. */
static gboolean
index_can_be(const char *path, GError **error)
{
	if (path == NULL || strcmp(path, "-") == 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "shards cannot go to standard output; name the "
			    "file of their index with -o FILE");
		return FALSE;
	}
	if (g_file_test(path, G_FILE_TEST_IS_SYMLINK)) {
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "'%s' is a symbolic link, and shards lie beside "
			    "their index; name the file itself",
			    path);
		return FALSE;
	}
	return TRUE;
}

/* Can n shards be, with so many files to be opened for each from now on? */
static gboolean
shards_can_be(const char *path, guint n, guint files, GError **error)
{
	gsize room;

	if (n > KW_DATASET_MAX_SHARDS) {
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "'%s' cannot have %u shards; the most is %d", path,
			    n, KW_DATASET_MAX_SHARDS);
		return FALSE;
	}
	room = kw_limit_files((gsize)n * files);
	if (room >= (gsize)n * files)
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
		    "'%s' cannot have %u shards: all are open at once, and "
		    "this system's limit on open files is enough for %zu; ask "
		    "for fewer, or see ulimit -Hn",
		    path, n, room / files);
	return FALSE;
}

gboolean
augment_output_check_shards(const char *path, guint n, GError **error)
{
	return index_can_be(path, error) &&
	       shards_can_be(path, n, FILES_PER_SHARD, error);
}

static gboolean
prepare_whole(AugmentOutput *out, const char *path, gboolean force,
	      GError **error)
{
	out->n = 1;
	out->parts = g_new0(Part, 1);
	out->parts[0].out = kw_outfile_new(path, force, error);
	return out->parts[0].out != NULL;
}

static gboolean
prepare_shards(AugmentOutput *out, const char *path, gboolean force, guint n,
	       GError **error)
{
	if (!augment_output_check_shards(path, n, error))
		return FALSE;
	out->name = g_strdup(path);
	out->index = open_plain(path, force, error);
	if (out->index == NULL)
		return FALSE;
	out->parts = g_new0(Part, n);
	for (out->n = 0; out->n < n; out->n++) {
		Part *part = &out->parts[out->n];
		g_autofree char *name = shard_path(path, out->n, n);

		part->was_there = g_file_test(name, G_FILE_TEST_EXISTS);
		part->out = open_plain(name, force, error);
		if (part->out == NULL)
			return FALSE;
		part->path = g_steal_pointer(&name);
	}
	return TRUE;
}

AugmentOutput *
augment_output_new(const char *path, gboolean force, guint n_shards,
		   GError **error)
{
	g_autoptr(AugmentOutput) out = g_new0(AugmentOutput, 1);
	gboolean ok = n_shards == 0 ? prepare_whole(out, path, force, error)
				    : prepare_shards(out, path, force, n_shards,
						     error);

	return ok ? g_steal_pointer(&out) : NULL;
}

gboolean
augment_output_is_stream(const AugmentOutput *out)
{
	return out->index == NULL && kw_outfile_is_stream(out->parts[0].out);
}

gboolean
augment_output_has_shard(const AugmentOutput *out, const char *path)
{
	for (guint k = 0; out->index != NULL && k < out->n; k++)
		if (kw_outfile_same(out->parts[k].path, path))
			return TRUE;
	return FALSE;
}

/* ---- which shard holds what */

/* The first record of shard k: floor(count * k / n), without overflow. */
static gsize
begin_of(const AugmentOutput *out, KwSplit s, guint k)
{
	const gsize count = out->counts[s], n = out->n;

	return count / n * k + count % n * k / n;
}

/* The last of the shards that begin at the record or before, which holds it. */
static guint
find_part(const AugmentOutput *out, KwSplit s, gsize record)
{
	guint low = 0, high = out->n;

	while (high - low > 1) {
		guint middle = low + (high - low) / 2;

		if (begin_of(out, s, middle) <= record)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* ---- writing */

gboolean
augment_output_create(AugmentOutput *out, const KwDatasetInfo *info,
		      const gsize counts[KW_N_SPLITS], gsize source_length,
		      GError **error)
{
	if (out->index != NULL) {
		g_assert(info->set_id != 0);
		if (!shards_can_be(out->name, out->n, 1, error))
			return FALSE;
	}
	memcpy(out->counts, counts, sizeof out->counts);
	for (guint k = 0; k < out->n; k++) {
		Part *part = &out->parts[k];
		gsize held[KW_N_SPLITS];

		for (KwSplit s = 0; s < KW_N_SPLITS; s++)
			held[s] = begin_of(out, s, k + 1) - begin_of(out, s, k);
		part->writer = kw_dataset_create(part->out, info, held,
						 source_length, error);
		if (part->writer == NULL)
			return FALSE;
		kw_outfile_hide(part->out);
	}
	return TRUE;
}

/* Rows first..first+n-1, borrowed. */
static KwRecords
slice_records(const KwRecords *r, gsize first, gsize n)
{
	KwRecords slice = *r;

	slice.n = n;
	slice.labels += first;
	slice.record_ids += first;
	slice.group_ids += first;
	slice.copies += first;
	slice.checksums += first;
	slice.sources += first;
	if (slice.transforms != NULL)
		slice.transforms += first * r->n_columns;
	return slice;
}

gboolean
augment_output_put_records(AugmentOutput *out, KwSplit s, gsize first,
			   const KwRecords *records, GError **error)
{
	g_assert(first <= out->counts[s] &&
		 records->n <= out->counts[s] - first);
	for (gsize done = 0, n; done < records->n; done += n) {
		guint k = find_part(out, s, first + done);
		gsize end = begin_of(out, s, k + 1);
		KwRecords slice;

		n = MIN(records->n - done, end - (first + done));
		slice = slice_records(records, done, n);
		if (!kw_dataset_put_records(out->parts[k].writer, s,
					    first + done - begin_of(out, s, k),
					    &slice, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
augment_output_put_image(AugmentOutput *out, KwSplit s, gsize index,
			 const guint8 *pixels, GError **error)
{
	guint k = find_part(out, s, index);

	g_assert(index < out->counts[s]);
	return kw_dataset_put_images(out->parts[k].writer, s,
				     index - begin_of(out, s, k), 1, pixels,
				     error);
}

gboolean
augment_output_finish(AugmentOutput *out, GError **error)
{
	for (guint k = 0; k < out->n; k++) {
		Part *part = &out->parts[k];

		if (!kw_dataset_finish(part->writer, error))
			return FALSE;
		g_clear_pointer(&part->writer, kw_dataset_writer_free);
	}
	return TRUE;
}

/* ---- the end of it */

static gboolean
commit_shards(AugmentOutput *out, GError **error)
{
	for (guint k = 0; k < out->n; k++) {
		Part *part = &out->parts[k];

		if (!kw_check_interrupted(error) ||
		    !kw_outfile_commit(part->out, error))
			return FALSE;
		part->is_named = TRUE;
		g_clear_pointer(&part->out, kw_outfile_free);
	}
	return TRUE;
}

static gboolean
commit_index(AugmentOutput *out, GError **error)
{
	g_autofree const char **names = g_new0(const char *, out->n + 1);

	for (guint k = 0; k < out->n; k++)
		names[k] = shard_name(&out->parts[k]);
	return kw_dataset_write_index(out->index, names, error) &&
	       kw_outfile_commit(out->index, error);
}

/* Shards without an index are of no use. */
static void
remove_new_shards(AugmentOutput *out)
{
	for (guint k = 0; k < out->n; k++)
		if (out->parts[k].is_named && !out->parts[k].was_there)
			unlink(out->parts[k].path);
}

gboolean
augment_output_commit(AugmentOutput *out, GError **error)
{
	if (out->index == NULL)
		return kw_outfile_commit(out->parts[0].out, error);
	if (commit_shards(out, error) && commit_index(out, error))
		return TRUE;
	remove_new_shards(out);
	return FALSE;
}

void
augment_output_free(AugmentOutput *out)
{
	if (out == NULL)
		return;
	for (guint k = 0; k < out->n; k++) {
		kw_dataset_writer_free(out->parts[k].writer);
		kw_outfile_free(out->parts[k].out);
		g_free(out->parts[k].path);
	}
	kw_outfile_free(out->index);
	g_free(out->parts);
	g_free(out->name);
	g_free(out);
}

/* ---- how many */

gsize
augment_record_bytes(const KwDatasetInfo *info, gsize source_length)
{
	gsize columns =
		info->columns != NULL ? g_strv_length(info->columns) : 0;

	return kw_dataset_image_size(info) + MAX(source_length, 1) +
	       columns * sizeof(float) + 2 * sizeof(guint64) +
	       3 * sizeof(guint32);
}

gsize
augment_file_bytes(const KwDatasetInfo *info)
{
	/* HDF5's own and attributes of fixed size, some 16 thousand */
	gsize bytes = 32768;

	for (char **name = info->class_names; *name != NULL; name++)
		bytes += strlen(*name) + 32;
	if (info->settings != NULL)
		bytes += strlen(info->settings);
	return bytes;
}

/* The most records that one of n shards has. */
static gsize
largest_shard(const gsize counts[KW_N_SPLITS], gsize n)
{
	gsize largest = 0;

	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		largest += counts[s] / n + (counts[s] % n != 0);
	return largest;
}

guint
augment_shards_of_size(guint64 shard_size, const KwDatasetInfo *info,
		       const gsize counts[KW_N_SPLITS], gsize source_length,
		       GError **error)
{
	const gsize bytes = augment_record_bytes(info, source_length);
	const gsize file = augment_file_bytes(info);
	const gsize most = shard_size > file ? (shard_size - file) / bytes : 0;
	gsize low = 1, high = MAX(MAX(counts[KW_TRAIN], counts[KW_VAL]),
				  counts[KW_TEST]);

	high = MAX(high, 1);
	if (largest_shard(counts, high) > most) {
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "a shard cannot be as small as %" G_GUINT64_FORMAT
			    " bytes: one record of each split takes %zu",
			    shard_size, largest_shard(counts, high) * bytes);
		return 0;
	}
	while (low < high) {
		gsize middle = low + (high - low) / 2;

		if (largest_shard(counts, middle) <= most)
			high = middle;
		else
			low = middle + 1;
	}
	return (guint)MIN(low, G_MAXUINT);
}
