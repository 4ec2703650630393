/*
 * Where an augmented dataset goes: one whole file, or shards and beside them
 * the index that shows them as one.
 *
 *	g_autoptr(AugmentOutput) out =
 *		augment_output_new(path, force, n_shards, error);
 *	augment_output_create(out, info, counts, source_length, error);
 *	... augment_output_put_image(), augment_output_put_records() ...
 *	augment_output_finish(out, error);
 *	augment_output_commit(out, error);
 *
 * Records are numbered as in the whole dataset.  Shard k of n holds records
 * count * k / n to count * (k + 1) / n - 1 of each split, so that the index
 * shows the very order of the whole file; a shard of fewer records than shards
 * may have none.  All shards are open at once, each with two files and about
 * 1.1 MB of memory; half of that is a table that HDF5 has for every open file,
 * and no setting makes it smaller.
 *
 * Of the functions, augment_output_put_image() may be called from any thread,
 * all others from that of HDF5.
 */
#ifndef KW_AUGMENT_SHARDS_H
#define KW_AUGMENT_SHARDS_H

#include <glib.h>

#include "kw/dataset.h"

typedef struct AugmentOutput AugmentOutput;

/*
 * Prepare to write `path`.  With n_shards 0 it is one whole dataset; NULL or
 * "-" is standard output.  With n_shards 1 or more it is the index, and the
 * shards of "DIR/set.h5" are "DIR/set-00000-of-00008.h5" and so on: ".h5" or
 * ".hdf5" is cut off.  All names are checked before anything is made.
 * Errors: those of kw_outfile_new(), for the first name that has one;
 * KW_ERROR_USAGE also when the index is not to be a plain file, or so many
 * shards cannot be.
 */
AugmentOutput *augment_output_new(const char *path, gboolean force,
				  guint n_shards, GError **error);

/*
 * What augment_output_new() says of the number of shards, without making
 * anything: for plans.  KW_ERROR_USAGE.
 */
gboolean augment_output_check_shards(const char *path, guint n_shards,
				     GError **error);

/* Is it copied from a spool at the end, and not renamed? */
gboolean augment_output_is_stream(const AugmentOutput *out);

/* Is `path` one of its shards? */
gboolean augment_output_has_shard(const AugmentOutput *out, const char *path);

/*
 * Create the files, for counts[split] records; arguments and errors are those
 * of kw_dataset_create().  With shards, info->set_id must not be 0, and is to
 * be another for every other content.
 */
gboolean augment_output_create(AugmentOutput *out, const KwDatasetInfo *info,
			       const gsize counts[KW_N_SPLITS],
			       gsize source_length, GError **error);

/*
 * As kw_dataset_put_records(), and kw_dataset_put_images() of one image
 * (h x w x c bytes): in any order, each record and each image once.
 * KW_ERROR_IO.
 */
gboolean augment_output_put_records(AugmentOutput *out, KwSplit split,
				    gsize first, const KwRecords *records,
				    GError **error);
gboolean augment_output_put_image(AugmentOutput *out, KwSplit split,
				  gsize index, const guint8 *pixels,
				  GError **error);

/* Close the files, when all that was promised is in them; KW_ERROR_IO. */
gboolean augment_output_finish(AugmentOutput *out, GError **error);

/*
 * Give the finished files their names, or copy the one to standard output.  The
 * index is written then, and gets its name last: a set that has none, because
 * the machine stopped, is not complete.
 *
 * When this fails no new name is left behind.  Files that `force` let it
 * replace may be of either set by then; their index is still the old one, which
 * refuses the new shards by their set_id.
 * Errors: those of kw_outfile_commit() and kw_dataset_write_index().
 */
gboolean augment_output_commit(AugmentOutput *out, GError **error);

/* Frees; what was not committed is removed.  Accepts NULL. */
void augment_output_free(AugmentOutput *out);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AugmentOutput, augment_output_free)

/*
 * Bytes of one record in its file, all fields of kw-dataset(5); and of a file
 * besides its records, at most.
 */
gsize augment_record_bytes(const KwDatasetInfo *info, gsize source_length);
gsize augment_file_bytes(const KwDatasetInfo *info);

/*
 * How many shards it takes for each to be at most shard_size bytes.  At least
 * 1.  0 with KW_ERROR_USAGE when not even one record of each split fits.
 */
guint augment_shards_of_size(guint64 shard_size, const KwDatasetInfo *info,
			     const gsize counts[KW_N_SPLITS],
			     gsize source_length, GError **error);

#endif
