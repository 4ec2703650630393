#include "train/loader.h"

#include "kw/alloc.h"
#include "kw/image.h"
#include "kw/transform.h"

enum { N_BATCHES = 2 }; /* one in use, one being filled */

struct Loader {
	const Samples *samples;
	const gsize *order;
	gsize n, batch;
	gsize image_size;
	guint8 *pixels, *copy; /* one image each */
	LoaderAugment augment; /* where there is a transformer */
	KwTransformer *transformer;
	Features *features; /* NULL: none */
	Batch batches[N_BATCHES];
	Batch *current; /* what loader_next() gave last */
	GAsyncQueue *empty, *full;
	GThread *thread;
	gint stop;
};

/* The pixels of a sample, in one of the loader's two buffers; or NULL. */
static const guint8 *
read_pixels(Loader *loader, gsize index, GError **error)
{
	const Samples *s = loader->samples;
	const KwDatasetInfo *info = kw_dataset_info(s->dataset);
	KwTransform transform;

	if (!kw_dataset_read_images(s->dataset, s->split, s->rows[index], 1,
				    loader->pixels, error))
		return NULL;
	if (loader->transformer == NULL)
		return loader->pixels;
	transform =
		kw_transform_draw(loader->augment.policy, loader->augment.seed,
				  s->record_ids[index], loader->augment.copy,
				  info->height, info->width);
	kw_transformer_set(loader->transformer, loader->pixels);
	return kw_transformer_apply(loader->transformer, &transform,
				    loader->copy, error)
		       ? loader->copy
		       : NULL;
}

static gboolean
fill_images(Loader *loader, Batch *batch, gsize n)
{
	const KwDatasetInfo *info = kw_dataset_info(loader->samples->dataset);

	for (gsize i = 0; i < n; i++) {
		const guint8 *pixels =
			read_pixels(loader, batch->order[i], &batch->error);

		if (pixels == NULL)
			return FALSE;
		kw_standardize(batch->images + i * loader->image_size, pixels,
			       loader->image_size / (gsize)info->channels,
			       info->channels, info->scale, info->offset);
	}
	return TRUE;
}

static gboolean
fill_features(Loader *loader, Batch *batch, gsize n)
{
	Features *features = loader->features;

	return features != NULL &&
	       (n == loader->batch || features_blank(features) != NULL) &&
	       features_get(features, loader->samples->split, batch->order, n,
			    batch->features);
}

/* Fill a batch with samples order[first], ... */
static void
fill(Loader *loader, Batch *batch, gsize first)
{
	const gsize n = MIN(loader->batch, loader->n - first);

	batch->order = loader->order + first;
	batch->has_features = fill_features(loader, batch, n);
	if (!batch->has_features && !fill_images(loader, batch, n))
		return;
	for (gsize i = 0; i < n; i++)
		batch->labels[i] = loader->samples->labels[batch->order[i]];
	batch->n = (int)n;
}

static gpointer
load_all(gpointer data)
{
	Loader *loader = data;
	gboolean more = TRUE;

	for (gsize first = 0; more; first += loader->batch) {
		Batch *batch = g_async_queue_pop(loader->empty);

		if (g_atomic_int_get(&loader->stop))
			break;
		batch->n = 0;
		if (first < loader->n)
			fill(loader, batch, first);
		more = batch->n != 0;
		g_async_queue_push(loader->full, batch);
	}
	if (loader->transformer != NULL)
		kw_image_thread_end();
	return NULL;
}

static gboolean
allocate_features(const Loader *loader, Batch *batch, GError **error)
{
	if (loader->features == NULL)
		return TRUE;
	batch->features =
		kw_alloc(loader->batch, features_bytes(loader->features),
			 "the batches of the loader", error);
	return batch->features != NULL;
}

static gboolean
allocate(Loader *loader, GError **error)
{
	static const char *const what = "the batches of the loader";

	loader->pixels = kw_alloc(loader->image_size, 1, what, error);
	if (loader->pixels == NULL)
		return FALSE;
	for (int i = 0; i < N_BATCHES; i++) {
		Batch *batch = &loader->batches[i];

		batch->images = kw_alloc(loader->batch * loader->image_size,
					 sizeof *batch->images, what, error);
		if (batch->images == NULL ||
		    !allocate_features(loader, batch, error))
			return FALSE;
		batch->labels = g_new(gint32, loader->batch);
		g_async_queue_push(loader->empty, batch);
	}
	return TRUE;
}

static gboolean
prepare_copies(Loader *loader, const LoaderAugment *augment, GError **error)
{
	const KwDatasetInfo *info = kw_dataset_info(loader->samples->dataset);

	loader->augment = *augment;
	loader->copy =
		kw_alloc(loader->image_size, 1, "the copy of an image", error);
	if (loader->copy == NULL)
		return FALSE;
	loader->transformer = kw_transformer_new(info->height, info->width,
						 info->channels, error);
	return loader->transformer != NULL;
}

Loader *
loader_new(const Samples *samples, const gsize *order, gsize n, int batch,
	   const LoaderAugment *augment, Features *features, GError **error)
{
	g_autoptr(Loader) loader = g_new0(Loader, 1);

	loader->samples = samples;
	loader->order = order;
	loader->n = n;
	loader->batch = (gsize)batch;
	loader->features = features;
	loader->image_size =
		kw_dataset_image_size(kw_dataset_info(samples->dataset));
	loader->empty = g_async_queue_new();
	loader->full = g_async_queue_new();
	if (!allocate(loader, error) ||
	    (augment != NULL && !prepare_copies(loader, augment, error)))
		return NULL;
	loader->thread = g_thread_try_new("loader", load_all, loader, error);
	return loader->thread != NULL ? g_steal_pointer(&loader) : NULL;
}

void
loader_free(Loader *loader)
{
	if (loader == NULL)
		return;
	if (loader->thread != NULL) {
		g_atomic_int_set(&loader->stop, 1);
		/* Wake it if it waits; what it pops then does not matter. */
		g_async_queue_push(loader->empty, &loader->batches[0]);
		g_thread_join(loader->thread);
	}
	for (int i = 0; i < N_BATCHES; i++) {
		kw_free(loader->batches[i].images);
		kw_free(loader->batches[i].features);
		g_free(loader->batches[i].labels);
		g_clear_error(&loader->batches[i].error);
	}
	g_async_queue_unref(loader->empty);
	g_async_queue_unref(loader->full);
	kw_transformer_free(loader->transformer);
	kw_free(loader->pixels);
	kw_free(loader->copy);
	g_free(loader);
}

const Batch *
loader_next(Loader *loader, GError **error)
{
	if (loader->current != NULL)
		g_async_queue_push(loader->empty, loader->current);
	loader->current = g_async_queue_pop(loader->full);
	if (loader->current->error == NULL)
		return loader->current;
	g_propagate_error(error, g_steal_pointer(&loader->current->error));
	return NULL;
}
