/*
 * The content of tests/support/kwdata.h, written as kw-augment writes: as one
 * file or as shards, in any order.  An error is the result, not a failed test.
 */
#ifndef KW_SHARD_DATA_H
#define KW_SHARD_DATA_H

#include "augment/shards.h"
#include "tests/support/kwdata.h"

/* Images i with i % step == first of all splits, the last first; any thread. */
gboolean test_shards_put_images(AugmentOutput *out, const TestDataset *set,
				gsize first, gsize step, GError **error);

/* All records, set->piece at a time. */
gboolean test_shards_put_records(AugmentOutput *out, const TestDataset *set,
				 GError **error);

/* All but the commit; NULL with an error.  No shards: one whole file. */
AugmentOutput *test_shards_make(const char *path, gboolean force,
				guint n_shards, const TestDataset *set,
				GError **error);

/* And the commit. */
gboolean test_shards_write(const char *path, gboolean force, guint n_shards,
			   const TestDataset *set, GError **error);

#endif
