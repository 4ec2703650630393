#include "prep/decode.h"

#include <omp.h>
#include <string.h>

#include "kw/alloc.h"
#include "kw/app.h"
#include "kw/error.h"
#include "kw/record.h"
#include "prep/photo.h"

/*
 * Photos a thread between two looks at the progress: many enough that nobody
 * waits long for the last one, few enough that the bar moves.
 */
enum { BATCH_PER_THREAD = 32 };

/* What all photos are decoded with and into. */
typedef struct {
	const KwImageRequest *request;
	int threads;
	Spool *pixels, *thumbs;
	KwProgress *progress;
} Decoder;

/* The integer sums that normalize needs: exact, so their order is no matter. */
static void
sum_channels(Photo *photo, const guint8 *pixels, gsize n, int channels)
{
	guint64 sums[3] = { 0 }, squares[3] = { 0 };

	for (gsize i = 0; i < n; i += (gsize)channels) {
		for (int c = 0; c < channels; c++) {
			guint64 value = pixels[i + (gsize)c];

			sums[c] += value;
			squares[c] += value * value;
		}
	}
	memcpy(photo->sums, sums, sizeof sums);
	memcpy(photo->squares, squares, sizeof squares);
}

static void
note_facts(Photo *photo, const KwPhotoFacts *facts)
{
	photo->height = facts->height;
	photo->width = facts->width;
	memcpy(photo->day, facts->day, sizeof photo->day);
	photo->taken = facts->taken;
	photo->stamped = facts->stamped;
	photo->camera = facts->camera;
}

/* A worker's part: writes its photo, its slots and its error, nothing else. */
static gboolean
decode_one(const Decoder *d, Photo *photo, guint8 *pixels, GError **error)
{
	const KwImageRequest *r = d->request;
	gsize n = spool_slot_size(d->pixels);
	KwPhotoFacts facts;
	Thumbs thumbs;

	if (!kw_check_interrupted(error) ||
	    !kw_image_load(photo->file, r, pixels, &facts, error))
		return FALSE;
	note_facts(photo, &facts);
	photo->checksum = kw_checksum(pixels, n);
	sum_channels(photo, pixels, n, r->channels);
	fingerprint_take(&photo->print, &thumbs, pixels, r->height, r->width,
			 r->channels);
	return spool_write(d->pixels, photo->slot, pixels, error) &&
	       spool_write(d->thumbs, photo->slot, &thumbs, error);
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

/* Fills errors[i] for the photos that fail; FALSE after a fatal one. */
static gboolean
decode_batches(const Decoder *d, GPtrArray *photos, GError **errors,
	       GError **error)
{
	guint batch = BATCH_PER_THREAD * (guint)d->threads;
	gsize size = spool_slot_size(d->pixels);
	g_autofree guint8 *pixels =
		kw_alloc((gsize)d->threads, size, "one photo a thread", error);

	if (pixels == NULL)
		return FALSE;
	for (guint first = 0; first < photos->len; first += batch) {
		guint end = MIN(first + batch, photos->len);

#pragma omp parallel for num_threads(d->threads) schedule(dynamic, 1)
		for (guint i = first; i < end; i++) {
			Photo *photo = photos->pdata[i];

			photo->slot = i;
			decode_one(d, photo,
				   pixels + (gsize)omp_get_thread_num() * size,
				   &errors[i]);
		}
		for (guint i = first; i < end; i++) {
			if (is_fatal(errors[i])) {
				g_propagate_error(error,
						  g_error_copy(errors[i]));
				return FALSE;
			}
		}
		if (d->progress != NULL)
			kw_progress_set(d->progress, end);
	}
	return TRUE;
}

/* Photos with an error leave the array and are listed. */
static void
settle(GPtrArray *photos, GError **errors, GPtrArray *rejects)
{
	guint kept = 0;

	for (guint i = 0; i < photos->len; i++) {
		Photo *photo = g_steal_pointer(&photos->pdata[i]);

		if (errors[i] == NULL) {
			photos->pdata[kept++] = photo;
			continue;
		}
		g_ptr_array_add(rejects, reject_new(photo->file, errors[i]));
		photo_free(photo);
	}
	g_ptr_array_set_size(photos, (gint)kept);
}

gboolean
decode_photos(GPtrArray *photos, const KwImageRequest *request, int threads,
	      Spool *pixels, Spool *thumbs, GPtrArray *rejects,
	      KwProgress *progress, GError **error)
{
	const Decoder d = { request, threads, pixels, thumbs, progress };
	guint n = photos->len;
	g_autofree GError **errors = g_new0(GError *, n);
	gboolean ok = decode_batches(&d, photos, errors, error);

#pragma omp parallel num_threads(threads)
	kw_image_thread_end();
	if (ok)
		settle(photos, errors, rejects);
	for (guint i = 0; i < n; i++)
		g_clear_error(&errors[i]);
	return ok;
}
