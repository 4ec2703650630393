#include "train/feature_cache.h"

#include <string.h>

#include "kw/error.h"
#include "kw/size.h"
#include "train/feature_file.h"
#include "train/feature_key.h"

struct FeatureCache {
	FeatureCacheSetup setup;
	gboolean begun;
	Features *features; /* NULL: none are kept */
	gboolean broken;    /* they are, but no more */
	gboolean mends;     /* that some are mended was told */
};

FeatureCache *
feature_cache_new(const FeatureCacheSetup *setup)
{
	FeatureCache *cache = g_new0(FeatureCache, 1);

	cache->setup = *setup;
	cache->setup.data = g_strdup(setup->data);
	cache->setup.path = g_strdup(setup->path);
	return cache;
}

void
feature_cache_free(FeatureCache *cache)
{
	if (cache == NULL)
		return;
	features_free(cache->features);
	g_free((char *)cache->setup.data);
	g_free((char *)cache->setup.path);
	g_free(cache);
}

/* ---- what is told */

static void G_GNUC_PRINTF(2, 3)
	say(const FeatureCache *cache, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	cache->setup.say(cache->setup.listener, text);
}

/* Nothing is kept, for this reason. */
static void
give_up(const FeatureCache *cache, const char *reason)
{
	g_autofree char *text = g_strdup_printf(
		"%s; the frozen layers are computed in every epoch", reason);

	cache->setup.warn(cache->setup.listener, text);
}

/* ---- where features are kept */

/* What is to be kept, and how it is told. */
typedef struct {
	FeaturesShape shape;
	const char *layer;
	char *size;
	char *key; /* NULL: not needed yet */
} Plan;

static void
plan_clear(Plan *plan)
{
	g_free(plan->size);
	g_free(plan->key);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Plan, plan_clear)

/* The file of an earlier run; says why it is of no use. */
static Features *
open_file(const FeatureCache *cache, const Plan *plan)
{
	const char *path = cache->setup.path;
	g_autoptr(GError) failure = NULL;
	Features *features =
		features_open(path, plan->key, &plan->shape, &failure);

	if (features == NULL)
		say(cache, "features: %s: it is replaced", failure->message);
	else
		say(cache,
		    "features: '%s' holds the output of %s (%s): only the "
		    "layers above are computed",
		    path, plan->layer, plan->size);
	return features;
}

static Features *
create_file(const FeatureCache *cache, const Plan *plan)
{
	const char *path = cache->setup.path;
	g_autoptr(GError) failure = NULL;
	Features *features =
		features_create(path, plan->key, &plan->shape, &failure);

	if (features == NULL)
		give_up(cache, failure->message);
	else
		say(cache,
		    "features: the output of %s (%s) goes to '%s': from the "
		    "second epoch on only the layers above are computed",
		    plan->layer, plan->size, path);
	return features;
}

static Features *
make_memory(const FeatureCache *cache, const Plan *plan)
{
	g_autoptr(GError) failure = NULL;
	Features *features = features_new(&plan->shape, &failure);

	if (features == NULL)
		give_up(cache, failure->message);
	else
		say(cache,
		    "features: the output of %s (%s) is kept in memory: from "
		    "the second epoch on only the layers above are computed",
		    plan->layer, plan->size);
	return features;
}

static gboolean
find_key(const FeatureCache *cache, const Network *network, Plan *plan)
{
	g_autoptr(GError) failure = NULL;

	plan->key = feature_key(network, cache->setup.data, &failure);
	if (plan->key == NULL)
		give_up(cache, failure->message);
	return plan->key != NULL;
}

static Features *
choose(const FeatureCache *cache, const Network *network, Plan *plan,
       gboolean worth_it)
{
	const char *path = cache->setup.path;
	const gboolean there = path != NULL && feature_file_is(path);
	Features *features = NULL;

	if (there && find_key(cache, network, plan))
		features = open_file(cache, plan);
	if (features != NULL || !worth_it || (there && plan->key == NULL))
		return features;
	if (!there && features_shape_bytes(&plan->shape) <= cache->setup.memory)
		return make_memory(cache, plan);
	if (path == NULL)
		say(cache,
		    "features: the output of %s (%s) does not fit into memory, "
		    "and a dataset from a pipe has no place for a file: the "
		    "frozen layers are computed in every epoch",
		    plan->layer, plan->size);
	else if (there || find_key(cache, network, plan))
		return create_file(cache, plan);
	return NULL;
}

void
feature_cache_begin(FeatureCache *cache, const Network *network, int epochs)
{
	g_auto(Plan) plan = { 0 };

	if (cache == NULL || cache->begun)
		return;
	cache->begun = TRUE;
	cache->broken = cache->mends = FALSE;
	plan.shape.bytes = network_feature_bytes(network);
	if (plan.shape.bytes == 0)
		return;
	memcpy(plan.shape.counts, cache->setup.counts,
	       sizeof plan.shape.counts);
	plan.layer = network_feature_layer(network)->name;
	plan.size = kw_size_text(features_shape_bytes(&plan.shape));
	cache->features = choose(cache, network, &plan, epochs > 1);
}

void
feature_cache_end(FeatureCache *cache)
{
	if (cache == NULL)
		return;
	g_clear_pointer(&cache->features, features_free);
	cache->begun = FALSE;
}

/* What is broken is let go here, where no loader uses it. */
Features *
feature_cache_features(FeatureCache *cache)
{
	if (cache == NULL)
		return NULL;
	if (cache->broken)
		g_clear_pointer(&cache->features, features_free);
	return cache->features;
}

/* ---- use */

/* After network_forward() of images. */
static void
keep(FeatureCache *cache, const Network *network, const Batch *batch,
     KwSplit split)
{
	const guint8 *rows = network_features(network);
	Features *features = cache->features;
	g_autoptr(GError) failure = NULL;

	if (features_damaged(features) > 0 && !cache->mends) {
		say(cache,
		    "features: '%s' is damaged: what was is computed "
		    "again",
		    cache->setup.path);
		cache->mends = TRUE;
	}
	if (batch->n < network->spec.batch)
		features_put_blank(features,
				   rows + (gsize)batch->n *
						   features_bytes(features));
	cache->broken = !features_put(features, split, batch->order,
				      (gsize)batch->n, rows, &failure);
	if (cache->broken)
		give_up(cache, failure->message);
}

/* The rows that the batch does not fill are those of images of zeros, as they
 * would be without a cache. */
static void
set_features(const Features *features, const Network *network,
	     const Batch *batch)
{
	const gsize bytes = features_bytes(features);
	guint8 *rows = network_features(network);

	memcpy(rows, batch->features, (gsize)batch->n * bytes);
	for (int i = batch->n; i < network->spec.batch; i++)
		memcpy(rows + (gsize)i * bytes, features_blank(features),
		       bytes);
}

gboolean
feature_cache_forward(FeatureCache *cache, Network *network, const Batch *batch,
		      KwSplit split, gboolean training, guint64 step,
		      GError **error)
{
	if (batch->has_features) {
		set_features(cache->features, network, batch);
		return network_forward_above(network, training, step, error);
	}
	network_set_input(network, batch->images, batch->n);
	if (!network_forward(network, training, step, error))
		return FALSE;
	if (cache != NULL && cache->features != NULL && !cache->broken)
		keep(cache, network, batch, split);
	return TRUE;
}
