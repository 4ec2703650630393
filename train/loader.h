/*
 * The loader: a thread that reads and standardises batches while the network
 * works on the one before.
 */
#ifndef KW_TRAIN_LOADER_H
#define KW_TRAIN_LOADER_H

#include "kw/policy.h"
#include "train/features.h"
#include "train/samples.h"

typedef struct {
	int n;              /* 0: the end */
	const gsize *order; /* n: the indices of the samples */
	gint32 *labels;     /* n */
	float *images; /* n x h x w x c, float32, pixel * scale + offset; unless
			  has_features */
	gboolean has_features;
	void *features; /* n x features_bytes(), where has_features */
	GError *error;
} Batch;

typedef struct Loader Loader;

/*
 * Instead of each original, give its copy number `copy` (1, 2, ...): the pixels
 * that kw-augment writes as this copy for the same policy and seed.
 */
typedef struct {
	const KwPolicy *policy;
	guint64 seed;
	gint32 copy;
} LoaderAugment;

/*
 * One pass over samples order[0], ..., order[n-1], in batches of `batch`, the
 * last one smaller when they do not divide; `augment` may be NULL, and what it
 * makes copies of must be originals.  `features` may be NULL, and is for images
 * as they are: a batch whose features are all there has these, and for a
 * smaller one the blank ones must be there too.  All arguments are borrowed
 * until loader_free(), but for `augment` itself.
 */
Loader *loader_new(const Samples *samples, const gsize *order, gsize n,
		   int batch, const LoaderAugment *augment, Features *features,
		   GError **error);

/* Stops the thread, wherever it is. */
void loader_free(Loader *loader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Loader, loader_free)

/*
 * The next batch, valid until the next call; its n is 0 when all are done.
 * NULL on error.  After either there is no next call.
 */
const Batch *loader_next(Loader *loader, GError **error);

#endif
