/*
 * A store of features (network.h): a row of bytes for each image of the splits
 * that training sees, in memory or in a file.
 */
#ifndef KW_TRAIN_FEATURES_H
#define KW_TRAIN_FEATURES_H

#include "kw/dataset.h"

typedef struct {
	gsize counts[KW_N_SPLITS]; /* images */
	gsize bytes;               /* of each one's row */
} FeaturesShape;

/* Images of all splits, and bytes of all their rows. */
gsize features_shape_images(const FeaturesShape *shape);
gsize features_shape_bytes(const FeaturesShape *shape);

typedef struct Features Features;

/* An empty store in memory.  KW_ERROR_MEMORY. */
Features *features_new(const FeaturesShape *shape, GError **error);

/*
 * An empty store in a file, which takes the name `path`, in place of what is
 * there, when all rows are in it; `key` says what they are of, see
 * feature_file.h.  KW_ERROR_IO: no room, a folder that cannot be written.
 */
Features *features_create(const char *path, const char *key,
			  const FeaturesShape *shape, GError **error);

/*
 * A full store: the file of an earlier run.
 * Errors: KW_ERROR_INPUT: there is none with this key; KW_ERROR_FORMAT: it is
 * damaged; KW_ERROR_IO.
 */
Features *features_open(const char *path, const char *key,
			const FeaturesShape *shape, GError **error);

/* Removes a file that did not become full. */
void features_free(Features *features);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Features, features_free)

/* Bytes of a row. */
gsize features_bytes(const Features *features);

/*
 * The rows of images indices[0..n-1] of a split, n x bytes.  FALSE when one is
 * not there, or was damaged on the disk: then it is not there any more, until
 * it is put again.  One thread at a time, and not while one of these very rows
 * is put.
 */
gboolean features_get(Features *features, KwSplit split, const gsize *indices,
		      gsize n, void *rows);

/*
 * Put n rows, whether they are there or not; the last one finishes the file.
 * KW_ERROR_IO: that of a full disk; the store is then of no more use.
 */
gboolean features_put(Features *features, KwSplit split, const gsize *indices,
		      gsize n, const void *rows, GError **error);

/*
 * The row of an image of zeros: what a batch is filled up with.  NULL until it
 * was put; never in the file.
 */
const void *features_blank(const Features *features);
void features_put_blank(Features *features, const void *row);

/* How many rows were found damaged so far.  Any thread. */
int features_damaged(const Features *features);

#endif
