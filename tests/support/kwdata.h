/*
 * Small kw datasets with known content, for tests that read, damage or compare
 * them.  The pixels of record i of a split are those of no other record.
 */
#ifndef KW_DATA_H
#define KW_DATA_H

#include "kw/dataset.h"
#include "tests/support/kwtest.h"

/* What to write; zeros make a whole dataset of no records, not augmented. */
typedef struct {
	gsize counts[KW_N_SPLITS];
	gboolean gray;
	gboolean
		augmented; /* transforms with two columns, "angle" and "zoom" */
	guint64 set_id;
	gsize first; /* number of the first record of each split */
	gsize piece; /* records written at a time; 0: all */
} TestDataset;

/* Classes "cat" and "dog", 5 x 4 pixels, rescale. */
KwDatasetInfo *test_info_new(const TestDataset *set);

/* Records first..first+n-1 of a split, as test_dataset_write() writes them. */
KwRecords *test_records_new(const TestDataset *set, KwSplit split, gsize first,
			    gsize n);

/* Their pixels; free with g_free(). */
guint8 *test_pixels_new(const TestDataset *set, KwSplit split, gsize first,
			gsize n);

/* Bytes of the longest source name. */
gsize test_longest_source(const TestDataset *set);

/* Write the dataset; fails the test when it cannot. */
void test_dataset_write(const char *path, const TestDataset *set);

/* The dataset holds, from record `first` of each split on, what was written. */
void test_dataset_check(KwDataset *dataset, const TestDataset *set,
			gsize first);

/* Open `path`, which must fail with this code and text in the message. */
void test_dataset_refused(const char *path, gint code, const char *text);

#endif
