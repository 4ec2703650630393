#include "tests/support/sharddata.h"

gboolean
test_shards_put_images(AugmentOutput *out, const TestDataset *set, gsize first,
		       gsize step, GError **error)
{
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		for (gsize i = set->counts[s]; i-- > 0;) {
			g_autofree guint8 *pixels =
				test_pixels_new(set, s, i, 1);

			if (i % step == first &&
			    !augment_output_put_image(out, s, i, pixels, error))
				return FALSE;
		}
	return TRUE;
}

gboolean
test_shards_put_records(AugmentOutput *out, const TestDataset *set,
			GError **error)
{
	const gsize piece = set->piece != 0 ? set->piece : G_MAXINT;

	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		for (gsize i = 0; i < set->counts[s]; i += piece) {
			gsize n = MIN(piece, set->counts[s] - i);
			g_autoptr(KwRecords) r = test_records_new(set, s, i, n);

			if (!augment_output_put_records(out, s, i, r, error))
				return FALSE;
		}
	return TRUE;
}

AugmentOutput *
test_shards_make(const char *path, gboolean force, guint n,
		 const TestDataset *set, GError **error)
{
	g_autoptr(KwDatasetInfo) info = test_info_new(set);
	g_autoptr(AugmentOutput) out =
		augment_output_new(path, force, n, error);

	if (out == NULL ||
	    !augment_output_create(out, info, set->counts,
				   test_longest_source(set), error) ||
	    !test_shards_put_images(out, set, 0, 1, error) ||
	    !test_shards_put_records(out, set, error) ||
	    !augment_output_finish(out, error))
		return NULL;
	return g_steal_pointer(&out);
}

gboolean
test_shards_write(const char *path, gboolean force, guint n,
		  const TestDataset *set, GError **error)
{
	g_autoptr(AugmentOutput) out =
		test_shards_make(path, force, n, set, error);

	return out != NULL && augment_output_commit(out, error);
}
