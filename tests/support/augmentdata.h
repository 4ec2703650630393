/*
 * Small datasets of noise for the tests of kw-augment, and what it makes of
 * them.  Unless said otherwise 37, 3 and 5 records of 12 x 17 x 3 pixels in the
 * classes cat and dog, which alternate.
 */
#ifndef KW_AUGMENT_DATA_H
#define KW_AUGMENT_DATA_H

#include "augment/augment.h"
#include "kw/dataset.h"
#include "tests/support/kwtest.h"

/* What to write; fields of zero or NULL are as above. */
typedef struct {
	gsize counts[KW_N_SPLITS]; /* all 0: as above */
	int h, w, c;
	const char *classes; /* "cat,dog" */
	gsize without;       /* leave out this record of train; 0: none */
	guint64 noise;       /* other pixels for the same records */
	gsize turn;          /* 1: the other class of the two */
	gboolean rare;       /* only record 0 of a split is a dog */
	guint64 group;       /* added to group ids */
} AugmentData;

extern const AugmentData augment_data_default;

/* Write such a dataset; fails the test when it cannot. */
void augment_data_write(const char *path, const AugmentData *data);

/* Many transforms at once, 3 copies, seed 7. */
AugmentRecipe augment_data_recipe(void);

/* That recipe from one file to another; force, quiet, two threads. */
AugmentOptions augment_data_options(const char *from, const char *to);

/* augment_run(), without its report. */
gboolean augment_data_run(const AugmentOptions *options, GError **error);

/* The same; fails the test when it cannot. */
void augment_data_make(const AugmentOptions *options);

/* A path in the folder that *state names; freed with the test program. */
const char *augment_data_path(void **state, const char *name);

/* Open it; all of a split; fail the test when they cannot. */
KwDataset *augment_data_open(const char *path);
KwRecords *augment_data_records(KwDataset *dataset, KwSplit split);
guint8 *augment_data_images(KwDataset *dataset, KwSplit split); /* g_free() */

/* The bytes of two files are the same, or are not. */
void augment_data_assert_same(const char *a, const char *b, gboolean same);

/* Two datasets have the same records and pixels, whatever files they are in. */
void augment_data_assert_equal(const char *a, const char *b);

/*
 * Put `with` in the place of the n bytes at `what`, which the file holds
 * `times` times.
 */
void augment_data_patch(const char *path, gconstpointer what,
			gconstpointer with, gsize n, guint times);

#endif
