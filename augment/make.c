#include "augment/make.h"

#include <omp.h>
#include <string.h>

#include "kw/alloc.h"
#include "kw/app.h"
#include "kw/image.h"

/* Neighbours that a thread makes at a time: mostly of one original. */
enum { AT_A_TIME = 16 };

/* What one thread has. */
typedef struct {
	KwTransformer *transformer;
	guint8 *original, *copy; /* h x w x c each */
	gssize source;           /* whose the original is; -1: none */
} Worker;

struct AugmentMaker {
	KwDataset *input;
	AugmentOutput *output;
	AugmentSave *save;
	gsize image_size;
	int threads;
	Worker *workers;    /* one a thread */
	AugmentBlock *made; /* whose records are still to be written; or NULL */
	gsize n_other;
};

static gboolean
worker_init(Worker *worker, const KwDatasetInfo *info, GError **error)
{
	const gsize size = kw_dataset_image_size(info);

	worker->source = -1;
	worker->transformer = kw_transformer_new(info->height, info->width,
						 info->channels, error);
	if (worker->transformer == NULL)
		return FALSE;
	worker->original = kw_alloc(1, size, "an image for each thread", error);
	if (worker->original == NULL)
		return FALSE;
	worker->copy = kw_alloc(1, size, "an image for each thread", error);
	return worker->copy != NULL;
}

AugmentMaker *
augment_maker_new(KwDataset *input, AugmentOutput *output, AugmentSave *save,
		  int threads, GError **error)
{
	g_autoptr(AugmentMaker) maker = g_new0(AugmentMaker, 1);
	const KwDatasetInfo *info = kw_dataset_info(input);

	maker->input = input;
	maker->output = output;
	maker->save = save;
	maker->image_size = kw_dataset_image_size(info);
	maker->threads = threads;
	maker->workers = g_new0(Worker, threads);
	for (int i = 0; i < threads; i++)
		if (!worker_init(&maker->workers[i], info, error))
			return NULL;
	return g_steal_pointer(&maker);
}

void
augment_maker_free(AugmentMaker *maker)
{
	if (maker == NULL)
		return;
#pragma omp parallel num_threads(maker->threads)
	kw_image_thread_end(); /* for what libvips keeps for a thread */
	for (int i = 0; i < maker->threads; i++) {
		kw_transformer_free(maker->workers[i].transformer);
		kw_free(maker->workers[i].original);
		kw_free(maker->workers[i].copy);
	}
	augment_block_free(maker->made);
	g_free(maker->workers);
	g_free(maker);
}

gsize
augment_maker_n_other(const AugmentMaker *maker)
{
	return maker->n_other;
}

/* ---- an image */

static void
draw(const AugmentMaker *maker, const AugmentBlock *block, AugmentImage *image)
{
	const KwDatasetInfo *info = kw_dataset_info(maker->input);

	image->transform =
		kw_transform_draw(&block->recipe->policy, block->recipe->seed,
				  block->records->record_ids[image->row],
				  image->copy, info->height, info->width);
}

/* The pixels of an image, in a buffer of the worker; NULL on errors. */
static const guint8 *
make_pixels(const AugmentMaker *maker, Worker *worker, KwSplit split,
	    const AugmentImage *image, GError **error)
{
	if (worker->source != (gssize)image->source) {
		worker->source = -1;
		if (!kw_dataset_read_images(maker->input, split, image->source,
					    1, worker->original, error))
			return NULL;
		kw_transformer_set(worker->transformer, worker->original);
		worker->source = (gssize)image->source;
	}
	if (image->copy == 0)
		return worker->original;
	if (!kw_transformer_apply(worker->transformer, &image->transform,
				  worker->copy, error))
		return NULL;
	return worker->copy;
}

/* Make image i of a block, sum it up, and put it where it goes. */
static gboolean
make_image(const AugmentMaker *maker, Worker *worker, AugmentBlock *block,
	   guint i, GError **error)
{
	AugmentImage *image = &g_array_index(block->images, AugmentImage, i);
	const guint8 *pixels;

	if (block->recipe != NULL && image->copy > 0)
		draw(maker, block, image);
	pixels = make_pixels(maker, worker, block->split, image, error);
	if (pixels == NULL)
		return FALSE;
	image->checksum = kw_checksum(pixels, maker->image_size);
	if (maker->output != NULL &&
	    !augment_output_put_image(maker->output, block->split,
				      image->output, pixels, error))
		return FALSE;
	return maker->save == NULL ||
	       augment_save_image(maker->save, i, pixels, error);
}

/* ---- the records of a block */

static gint
compare_places(gconstpointer a, gconstpointer b)
{
	const AugmentImage *left = a, *right = b;

	return (left->output > right->output) - (left->output < right->output);
}

/* The records of images first..end-1 of a block, neighbours in the output. */
static gboolean
put_run(const AugmentMaker *maker, const AugmentBlock *block, guint first,
	guint end, GError **error)
{
	g_autoptr(KwRecords) records =
		kw_records_new(end - first, KW_N_TRANSFORM_COLUMNS);
	const AugmentImage *images =
		&g_array_index(block->images, AugmentImage, first);

	for (gsize i = 0; i < records->n; i++) {
		kw_records_copy(records, i, block->records, images[i].row);
		records->copies[i] = images[i].copy;
		records->checksums[i] = images[i].checksum;
		memcpy(records->transforms + i * KW_N_TRANSFORM_COLUMNS,
		       &images[i].transform, sizeof images[i].transform);
	}
	return augment_output_put_records(maker->output, block->split,
					  images->output, records, error);
}

static gboolean
put_records(const AugmentMaker *maker, AugmentBlock *block, GError **error)
{
	const guint n = block->images->len;
	guint first = 0;

	g_array_sort(block->images, compare_places);
	for (guint end = 1; end <= n; end++) {
		const AugmentImage *last =
			&g_array_index(block->images, AugmentImage, end - 1);

		if (end < n && last[1].output == last[0].output + 1)
			continue;
		if (!put_run(maker, block, first, end, error))
			return FALSE;
		first = end;
	}
	return TRUE;
}

/* Of a replay the records tell what was made before. */
static void
count_others(AugmentMaker *maker, const AugmentBlock *block)
{
	for (guint i = 0; i < block->images->len; i++) {
		const AugmentImage *image =
			&g_array_index(block->images, AugmentImage, i);

		maker->n_other +=
			block->records->copies[image->row] == image->copy &&
			block->records->checksums[image->row] !=
				image->checksum;
	}
}

/* Those of the block before, by the thread that may use HDF5. */
static gboolean
put_made(AugmentMaker *maker, GError **error)
{
	gboolean ok = maker->made == NULL || maker->output == NULL ||
		      put_records(maker, maker->made, error);

	g_clear_pointer(&maker->made, augment_block_free);
	return ok;
}

/* ---- the images of a block */

/* The first error becomes `error`. */
static gboolean
gather_errors(GError **errors, gsize n, GError **error)
{
	gboolean ok = TRUE;

	for (gsize i = 0; i < n; i++) {
		if (errors[i] == NULL)
			continue;
		if (ok)
			g_propagate_error(error, errors[i]);
		else
			g_error_free(errors[i]);
		ok = FALSE;
	}
	return ok;
}

/*
 * Workers write their own image and error, and nothing else; the first of them,
 * which is the main thread, puts the records of the block before first.
 */
static gboolean
make_images(AugmentMaker *maker, AugmentBlock *block, GError **error)
{
	const guint n = block->images->len;
	g_autofree GError **errors = g_new0(GError *, (gsize)n + 1);
	gint stop = FALSE;

	for (int i = 0; i < maker->threads; i++)
		maker->workers[i].source = -1;
#pragma omp parallel num_threads(maker->threads)
	{
#pragma omp master
		if (!put_made(maker, &errors[n]))
			g_atomic_int_set(&stop, TRUE);
#pragma omp for schedule(dynamic, AT_A_TIME)
		for (guint i = 0; i < n; i++) {
			Worker *worker = &maker->workers[omp_get_thread_num()];

			if (g_atomic_int_get(&stop) || kw_interrupted())
				continue;
			if (!make_image(maker, worker, block, i, &errors[i]))
				g_atomic_int_set(&stop, TRUE);
		}
	}
	return gather_errors(errors, (gsize)n + 1, error) &&
	       kw_check_interrupted(error);
}

gboolean
augment_maker_run(AugmentMaker *maker, AugmentBlock *block, GError **error)
{
	g_autoptr(AugmentBlock) taken = block;

	if (maker->save != NULL &&
	    !augment_save_plan(maker->save, block, error))
		return FALSE;
	if (!make_images(maker, block, error))
		return FALSE;
	count_others(maker, block);
	maker->made = g_steal_pointer(&taken);
	return TRUE;
}

gboolean
augment_maker_finish(AugmentMaker *maker, GError **error)
{
	return put_made(maker, error);
}
