#include "prep/decode.h"

#include <omp.h>
#include <string.h>

#include "kw/alloc.h"
#include "kw/app.h"
#include "kw/error.h"
#include "kw/image.h"
#include "kw/record.h"
#include "prep/photo.h"

/*
 * Photos a thread between two looks at the progress: many enough that nobody
 * waits long for the last one, few enough that the bar moves.
 */
enum { BATCH_PER_THREAD = 32 };

/* The integer sums that normalize needs: exact, so their order is no matter. */
static void
sum_channels(Photo *photo, const guint8 *pixels, gsize n)
{
	guint64 sums[3] = { 0 }, squares[3] = { 0 };

	for (gsize i = 0; i < n; i += 3) {
		for (int c = 0; c < 3; c++) {
			guint64 value = pixels[i + (gsize)c];

			sums[c] += value;
			squares[c] += value * value;
		}
	}
	memcpy(photo->sums, sums, sizeof sums);
	memcpy(photo->squares, squares, sizeof squares);
}

static void
digest_pixels(guint8 digest[32], const guint8 *pixels, gsize n)
{
	g_autoptr(GChecksum) sha256 = g_checksum_new(G_CHECKSUM_SHA256);
	gsize size = 32;

	g_checksum_update(sha256, pixels, (gssize)n);
	g_checksum_get_digest(sha256, digest, &size);
}

/* A worker's part: writes its photo, its slot and its error, nothing else. */
static gboolean
decode_one(Photo *photo, int height, int width, Spool *spool, guint8 *pixels,
	   GError **error)
{
	gsize n = spool_image_size(spool);
	KwPhotoFacts facts;

	if (!kw_check_interrupted(error) ||
	    !kw_image_load(photo->file, height, width, 3, pixels, &facts,
			   error) ||
	    !spool_write(spool, photo->slot, pixels, error))
		return FALSE;
	memcpy(photo->day, facts.day, sizeof photo->day);
	photo->checksum = kw_checksum(pixels, n);
	digest_pixels(photo->digest, pixels, n);
	sum_channels(photo, pixels, n);
	return TRUE;
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
decode_batches(GPtrArray *photos, int height, int width, int threads,
	       Spool *spool, KwProgress *progress, GError **errors,
	       GError **error)
{
	guint batch = BATCH_PER_THREAD * (guint)threads;
	gsize size = spool_image_size(spool);
	g_autofree guint8 *pixels =
		kw_alloc((gsize)threads, size, "one photo a thread", error);

	if (pixels == NULL)
		return FALSE;
	for (guint first = 0; first < photos->len; first += batch) {
		guint end = MIN(first + batch, photos->len);

#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
		for (guint i = first; i < end; i++) {
			Photo *photo = photos->pdata[i];

			photo->slot = i;
			decode_one(photo, height, width, spool,
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
		if (progress != NULL)
			kw_progress_set(progress, end);
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
decode_photos(GPtrArray *photos, int height, int width, int threads,
	      Spool *spool, GPtrArray *rejects, KwProgress *progress,
	      GError **error)
{
	guint n = photos->len;
	g_autofree GError **errors = g_new0(GError *, n);
	gboolean ok = decode_batches(photos, height, width, threads, spool,
				     progress, errors, error);

#pragma omp parallel num_threads(threads)
	kw_image_thread_end();
	if (ok)
		settle(photos, errors, rejects);
	for (guint i = 0; i < n; i++)
		g_clear_error(&errors[i]);
	return ok;
}
