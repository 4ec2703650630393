/*
 * The features of all images, over a training: each is computed in the first
 * epoch and kept, and the later epochs begin above the frozen layers.
 *
 * They are kept in memory where there is room, else in a file beside the
 * dataset; a file that is there is used, or replaced where it is of something
 * else.  No failure ends the training: it is told, and the features are
 * computed as if there were no cache, to the same bytes.
 */
#ifndef KW_TRAIN_FEATURE_CACHE_H
#define KW_TRAIN_FEATURE_CACHE_H

#include "train/features.h"
#include "train/loader.h"
#include "train/network.h"

typedef struct {
	gsize counts[KW_N_SPLITS]; /* images whose features are kept */
	const char *data;          /* a hash of these images */
	gsize memory;              /* bytes that they may take */
	const char *path;          /* of the file; NULL: none */

	/* Whom to tell, from the thread that calls. */
	gpointer listener;
	void (*say)(gpointer listener, const char *text);
	void (*warn)(gpointer listener, const char *text);
} FeatureCacheSetup;

typedef struct FeatureCache FeatureCache;

/* All functions take NULL for a cache: nothing is kept. */
FeatureCache *feature_cache_new(const FeatureCacheSetup *setup);
void feature_cache_free(FeatureCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FeatureCache, feature_cache_free)

/*
 * Frozen as the network is now, `epochs` follow.  Does nothing where the cache
 * has begun; keeps nothing where that is worth nothing: no features, or one
 * epoch.  Says what is kept where.
 */
void feature_cache_begin(FeatureCache *cache, const Network *network,
			 int epochs);

/* Other layers are frozen from now on: let go what is kept. */
void feature_cache_end(FeatureCache *cache);

/* For a loader; valid until that is freed.  NULL: none. */
Features *feature_cache_features(FeatureCache *cache);

/*
 * network_forward() of a batch of a split, whether the loader gave images or
 * features; keeps the features of images.
 */
gboolean feature_cache_forward(FeatureCache *cache, Network *network,
			       const Batch *batch, KwSplit split,
			       gboolean training, guint64 step, GError **error);

#endif
