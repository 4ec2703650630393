#include "train/predict_reader.h"

#include <string.h>

#include "kw/alloc.h"
#include "kw/error.h"

enum { N_SLOTS = 2 }; /* one in use, one being filled */

typedef struct {
	PredictBatch batch;
	int done; /* of its items */
} Slot;

struct PredictReader {
	const PredictInput *input;
	const KwImageRequest *request;
	gsize n, batch, image_size;
	Slot slots[N_SLOTS]; /* batch k is in k % N_SLOTS */
	PredictBatch end;
	int n_threads;
	GThread **threads;

	GMutex lock; /* of all below, and of `done` */
	GCond free_slot, full_slot;
	gsize next;     /* item to be read */
	gsize released; /* batches that nobody needs any more */
	gsize given;    /* batches that predict_reader_next() has returned */
	gboolean stop;
};

/* ---- the threads */

/* Take an item, when there is room for it.  FALSE: there is none left. */
static gboolean
take_item(PredictReader *r, gsize *i)
{
	gboolean taken;

	g_mutex_lock(&r->lock);
	while (!r->stop && r->next < r->n &&
	       r->next / r->batch >= r->released + N_SLOTS)
		g_cond_wait(&r->free_slot, &r->lock);
	taken = !r->stop && r->next < r->n;
	if (taken)
		*i = r->next++;
	g_mutex_unlock(&r->lock);
	return taken;
}

static void
read_item(PredictReader *r, gsize i)
{
	Slot *slot = &r->slots[i / r->batch % N_SLOTS];
	const gsize row = i % r->batch;
	guint8 *pixels = slot->batch.pixels + row * r->image_size;
	gboolean no_photo, ok;

	ok = predict_input_load(r->input, i, r->request, pixels, &no_photo,
				&slot->batch.errors[row]);
	slot->batch.outcomes[row] = ok         ? PREDICT_READ
				    : no_photo ? PREDICT_NO_PHOTO
					       : PREDICT_FAILED;
	if (!ok)
		memset(pixels, 0, r->image_size);
	g_mutex_lock(&r->lock);
	slot->done++;
	g_cond_signal(&r->full_slot);
	g_mutex_unlock(&r->lock);
}

static gpointer
read_items(gpointer data)
{
	PredictReader *r = data;
	gsize i;

	while (take_item(r, &i))
		read_item(r, i);
	kw_image_thread_end();
	return NULL;
}

/* ---- batches */

static void
clear_errors(PredictBatch *batch, gsize n)
{
	for (gsize i = 0; batch->errors != NULL && i < n; i++)
		g_clear_error(&batch->errors[i]);
}

/* What is wrong with a photo costs only this photo; other errors end the work.
 */
static gboolean
is_fatal(const GError *error)
{
	return error != NULL &&
	       !g_error_matches(error, KW_ERROR, KW_ERROR_INPUT) &&
	       !g_error_matches(error, KW_ERROR, KW_ERROR_FORMAT);
}

static gboolean
check_fatal(const PredictBatch *batch, GError **error)
{
	for (int i = 0; i < batch->n; i++) {
		if (!is_fatal(batch->errors[i]))
			continue;
		g_propagate_error(error, g_error_copy(batch->errors[i]));
		return FALSE;
	}
	return TRUE;
}

/* The batch that was given last makes room for another. */
static void
release(PredictReader *r)
{
	Slot *slot = &r->slots[r->released % N_SLOTS];

	clear_errors(&slot->batch, r->batch);
	g_mutex_lock(&r->lock);
	slot->done = 0;
	r->released++;
	g_cond_broadcast(&r->free_slot);
	g_mutex_unlock(&r->lock);
}

const PredictBatch *
predict_reader_next(PredictReader *r, GError **error)
{
	const gsize first = r->given * r->batch;
	Slot *slot = &r->slots[r->given % N_SLOTS];

	if (r->given > r->released)
		release(r);
	if (first >= r->n)
		return &r->end;
	slot->batch.first = first;
	slot->batch.n = (int)MIN(r->batch, r->n - first);
	g_mutex_lock(&r->lock);
	while (slot->done < slot->batch.n)
		g_cond_wait(&r->full_slot, &r->lock);
	g_mutex_unlock(&r->lock);
	r->given++;
	return check_fatal(&slot->batch, error) ? &slot->batch : NULL;
}

/* ---- all of it */

static gboolean
allocate(PredictReader *r, GError **error)
{
	for (int i = 0; i < N_SLOTS; i++) {
		PredictBatch *batch = &r->slots[i].batch;

		batch->pixels = kw_alloc(r->batch, r->image_size,
					 "the pixels of a batch", error);
		if (batch->pixels == NULL)
			return FALSE;
		batch->outcomes = g_new0(PredictOutcome, r->batch);
		batch->errors = g_new0(GError *, r->batch);
	}
	return TRUE;
}

static gboolean
start(PredictReader *r, int threads, GError **error)
{
	const int n = (int)MIN((gsize)threads, r->n);

	r->threads = g_new0(GThread *, n);
	while (r->n_threads < n) {
		GThread *thread =
			g_thread_try_new("reader", read_items, r, error);

		if (thread == NULL)
			return FALSE;
		r->threads[r->n_threads++] = thread;
	}
	return TRUE;
}

PredictReader *
predict_reader_new(const PredictInput *input, const KwImageRequest *request,
		   int batch, int threads, GError **error)
{
	g_autoptr(PredictReader) r = g_new0(PredictReader, 1);

	g_mutex_init(&r->lock);
	g_cond_init(&r->free_slot);
	g_cond_init(&r->full_slot);
	r->input = input;
	r->request = request;
	r->n = predict_input_count(input);
	r->batch = (gsize)batch;
	r->image_size = (gsize)request->height * (gsize)request->width *
			(gsize)request->channels;
	return allocate(r, error) && start(r, threads, error)
		       ? g_steal_pointer(&r)
		       : NULL;
}

void
predict_reader_free(PredictReader *r)
{
	if (r == NULL)
		return;
	g_mutex_lock(&r->lock);
	r->stop = TRUE;
	g_cond_broadcast(&r->free_slot);
	g_mutex_unlock(&r->lock);
	for (int i = 0; i < r->n_threads; i++)
		g_thread_join(r->threads[i]);
	g_free(r->threads);
	for (int i = 0; i < N_SLOTS; i++) {
		clear_errors(&r->slots[i].batch, r->batch);
		kw_free(r->slots[i].batch.pixels);
		g_free(r->slots[i].batch.outcomes);
		g_free(r->slots[i].batch.errors);
	}
	g_mutex_clear(&r->lock);
	g_cond_clear(&r->free_slot);
	g_cond_clear(&r->full_slot);
	g_free(r);
}
