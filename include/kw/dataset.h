/*
 * The kw dataset, version 1: the one format on disk and on every pipe.  Its
 * bytes are described in kw-dataset(5).
 *
 * Pixels are uint8, n x h x w x c, red-green-blue or one gray channel; what a
 * model eats is pixel * scale[c] + offset[c].
 *
 * HDF5 is used from one thread: all functions here must be called from the same
 * one, except kw_dataset_read_images() and kw_dataset_put_images(), which any
 * thread may call, several at once, on a dataset that is open.
 */
#ifndef KW_DATASET_H
#define KW_DATASET_H

#include <glib.h>

#include "kw/outfile.h"
#include "kw/record.h"

typedef enum { KW_TRAIN, KW_VAL, KW_TEST, KW_N_SPLITS } KwSplit;

/* "train", "val", "test", NULL */
extern const char *const kw_split_names[KW_N_SPLITS + 1];

/* How pixels become model input.  "none", "rescale", ..., NULL */
typedef enum {
	KW_STANDARDIZE_NONE,      /* 0..255 */
	KW_STANDARDIZE_RESCALE,   /* 0..1 */
	KW_STANDARDIZE_NORMALIZE, /* mean 0, deviation 1 over train */
	KW_STANDARDIZE_CAFFE,     /* Keras's VGG: minus ImageNet's mean */
	KW_STANDARDIZE_TORCH,     /* torchvision's mean and deviation */
} KwStandardize;

extern const char *const kw_standardize_names[];

/* What is said of a dataset as a whole; the root attributes of the file. */
typedef struct {
	int height, width, channels; /* 1..65535, and 1 or 3 channels */
	GStrv class_names;           /* at least one, all different, UTF-8 */
	KwStandardize standardize;
	float scale[3], offset[3]; /* the first `channels` count; finite */
	char *fit;                 /* "stretch" */
	guint64 seed;
	char *settings;  /* KEY=VALUE lines, sorted (kw_settings_merge) */
	char *generator; /* "kw-prep 0.1.0" */
	GStrv columns;   /* transform columns; NULL: not augmented */
	guint64 set_id;  /* of a set of shards, the same in all; 0: none */
} KwDatasetInfo;

/*
 * All fields zero or NULL; strings are owned by the object.  A copy is meant
 * for another dataset: its set_id is 0.
 */
KwDatasetInfo *kw_dataset_info_new(void);
KwDatasetInfo *kw_dataset_info_copy(const KwDatasetInfo *info);
void kw_dataset_info_free(KwDatasetInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KwDatasetInfo, kw_dataset_info_free)

/*
 * What a model eats: out = pixels * scale + offset, n pixels of c channels, in
 * float32.  Training and prediction both call this.  Any thread.
 */
void kw_standardize(float *out, const guint8 *pixels, gsize n, int c,
		    const float *scale, const float *offset);

/* Are there at least `least` names, all UTF-8 and all different? */
gboolean kw_class_names_are_sound(char *const *names, guint least);

/* Bytes of one image: h * w * c. */
gsize kw_dataset_image_size(const KwDatasetInfo *info);

/*
 * The lines of two settings texts together, sorted, each once, every one ended
 * by '\n'.  Free it.
 */
char *kw_settings_merge(const char *a, const char *b);

/* ---- reading */

typedef struct KwDataset KwDataset;

/*
 * Open a dataset and check all of its structure; NULL or "-" is standard input.
 * A pipe, there or under the path, is spooled first.  Of an index the shards
 * beside it are opened, and all are read as one.
 * Errors: KW_ERROR_INPUT (no such file, empty), KW_ERROR_FORMAT (not a kw
 * dataset, another version, truncated, inconsistent, a shard of another set),
 * KW_ERROR_IO, KW_ERROR_INTERRUPTED.
 */
KwDataset *kw_dataset_open(const char *path, GError **error);
void kw_dataset_free(KwDataset *dataset);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KwDataset, kw_dataset_free)

/* Both are owned by the dataset; the name is its path or "standard input". */
const KwDatasetInfo *kw_dataset_info(const KwDataset *dataset);
const char *kw_dataset_name(const KwDataset *dataset);

gsize kw_dataset_count(const KwDataset *dataset, KwSplit split);

/*
 * The shards of an index, whole datasets that it owns, in the order of their
 * records; 0 of a whole dataset.
 */
guint kw_dataset_n_shards(const KwDataset *dataset);
const KwDataset *kw_dataset_shard(const KwDataset *dataset, guint k);

/* Bytes of its file, and of its shards. */
guint64 kw_dataset_bytes(const KwDataset *dataset);

/* An upper bound of the length in bytes of the source names. */
gsize kw_dataset_source_length(const KwDataset *dataset);

/*
 * Records first..first+n-1 of a split, which must exist.  Labels are checked to
 * be classes.  Free the result.
 */
KwRecords *kw_dataset_read_records(KwDataset *dataset, KwSplit split,
				   gsize first, gsize n, GError **error);

/*
 * The pixels of records first..first+n-1: n x h x w x c bytes.  Each image's
 * checksum is verified (KW_ERROR_FORMAT names the record).  Any thread.
 */
gboolean kw_dataset_read_images(const KwDataset *dataset, KwSplit split,
				gsize first, gsize n, guint8 *pixels,
				GError **error);

/* ---- writing */

typedef struct KwDatasetWriter KwDatasetWriter;

/*
 * Create a dataset as the content of `out`, with room for counts[split] records
 * in each split; `source_length` is the length in bytes of the longest source
 * name.  Equal arguments and records give equal bytes, in whatever order and
 * pieces they are written.  `out` is borrowed until the writer is freed; commit
 * it after kw_dataset_finish().
 */
KwDatasetWriter *kw_dataset_create(KwOutfile *out, const KwDatasetInfo *info,
				   const gsize counts[KW_N_SPLITS],
				   gsize source_length, GError **error);

/*
 * Write all but the pixels of records first..first+records->n-1 of a split, in
 * any order, each once.  All fields are taken as they are, the checksums
 * included: workers compute those.  KW_ERROR_IO.
 */
gboolean kw_dataset_put_records(KwDatasetWriter *writer, KwSplit split,
				gsize first, const KwRecords *records,
				GError **error);

/*
 * Write the pixels (n x h x w x c bytes) of records first..first+n-1 of a
 * split, in any order, each once, before or after the rest of these records.
 * Any thread.
 * KW_ERROR_IO: "cannot write 'x.h5': No space left on device".
 */
gboolean kw_dataset_put_images(KwDatasetWriter *writer, KwSplit split,
			       gsize first, gsize n, const guint8 *pixels,
			       GError **error);

/*
 * Both of the next records->n records of a split, for those who have them in
 * order; not together with the two above in one split.
 */
gboolean kw_dataset_append(KwDatasetWriter *writer, KwSplit split,
			   const KwRecords *records, const guint8 *pixels,
			   GError **error);

/*
 * Close the file, when all records and pixels that it has room for have been
 * written; KW_ERROR_IO when they could not all be.
 */
gboolean kw_dataset_finish(KwDatasetWriter *writer, GError **error);
void kw_dataset_writer_free(KwDatasetWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KwDatasetWriter, kw_dataset_writer_free)

/* The most shards that a set can have. */
enum { KW_DATASET_MAX_SHARDS = 1 << 16 };

/*
 * Write the index of a set of shards as the content of `out`: a dataset whose
 * records are those of the shards, one after the other.  `names` (ended by
 * NULL) are those of whole datasets in the folder of `out`, without a '/', that
 * are finished, describe the same images and classes and have the same set_id,
 * not 0.  Commit `out` last: a set without an index is not complete.
 * Errors: KW_ERROR_USAGE (`out` is a stream), those of kw_dataset_open().
 */
gboolean kw_dataset_write_index(KwOutfile *out, const char *const *names,
				GError **error);

#endif
