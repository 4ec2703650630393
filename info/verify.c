#include "info/verify.h"

#include <omp.h>

#include "info/census.h"
#include "kw/alloc.h"
#include "kw/app.h"

enum { BATCH_RECORDS = 256 };

/* What one batch after the other needs. */
typedef struct {
	KwDataset *dataset;
	int threads;
	guint8 *pixels; /* threads x h x w x c: an image a thread */
	InfoCensus *census;
	InfoVerdict *verdict;
} Job;

InfoVerdict *
info_verdict_new(void)
{
	InfoVerdict *verdict = g_new0(InfoVerdict, 1);

	verdict->damage = g_ptr_array_new_with_free_func(g_free);
	return verdict;
}

void
info_verdict_free(InfoVerdict *verdict)
{
	if (verdict == NULL)
		return;
	g_ptr_array_unref(verdict->damage);
	g_free(verdict);
}

/* "train/3 (cat/IMG_1.jpg): ..."; the source is NULL when it is unreadable. */
static void
note_damage(InfoVerdict *verdict, KwSplit split, gsize index,
	    const char *source, const GError *error)
{
	verdict->damaged++;
	if (verdict->damage->len >= VERIFY_MAX_LINES)
		return;
	g_ptr_array_add(verdict->damage,
			g_strdup_printf("%s/%zu%s%s%s: %s",
					kw_split_names[split], index,
					source ? " (" : "", source ?: "",
					source ? ")" : "", error->message));
}

/* Damage costs only the record; other errors end the work. */
static gboolean
is_damage(const GError *error)
{
	return g_error_matches(error, KW_ERROR, KW_ERROR_FORMAT);
}

/* ---- records */

/*
 * Counts records first..first+n-1, each by itself where they cannot be read
 * together.  sources[i] becomes the source of those that can.
 */
static gboolean
read_records(const Job *job, KwSplit split, gsize first, gsize n,
	     char **sources, GError **error)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(KwRecords) records =
		kw_dataset_read_records(job->dataset, split, first, n, &why);

	if (records != NULL) {
		info_census_add(job->census, split, records);
		for (gsize i = 0; i < n; i++)
			sources[i] = g_steal_pointer(&records->sources[i]);
		return TRUE;
	}
	if (!is_damage(why)) {
		g_propagate_error(error, g_steal_pointer(&why));
		return FALSE;
	}
	if (n == 1) {
		note_damage(job->verdict, split, first, NULL, why);
		return TRUE;
	}
	for (gsize i = 0; i < n; i++)
		if (!read_records(job, split, first + i, 1, sources + i, error))
			return FALSE;
	return TRUE;
}

/* ---- images */

/* Fills errors[i] where an image is not sound.  Workers write their own slots.
 */
static void
read_images(const Job *job, KwSplit split, gsize first, gsize n,
	    GError **errors)
{
	const gsize size = kw_dataset_image_size(kw_dataset_info(job->dataset));

#pragma omp parallel for num_threads(job->threads) schedule(dynamic)
	for (gsize i = 0; i < n; i++)
		kw_dataset_read_images(
			job->dataset, split, first + i, 1,
			job->pixels + (gsize)omp_get_thread_num() * size,
			&errors[i]);
}

/* Takes the errors: notes damage, returns FALSE with the first that is none. */
static gboolean
settle(const Job *job, KwSplit split, gsize first, gsize n, char **sources,
       GError **errors, GError **error)
{
	gboolean ok = TRUE;

	for (gsize i = 0; i < n; i++) {
		if (errors[i] == NULL)
			continue;
		if (is_damage(errors[i])) {
			/* What has no source was noted already. */
			if (sources[i] != NULL)
				note_damage(job->verdict, split, first + i,
					    sources[i], errors[i]);
		} else if (ok) {
			ok = FALSE;
			g_propagate_error(error, g_steal_pointer(&errors[i]));
		}
		g_clear_error(&errors[i]);
	}
	return ok;
}

static gboolean
verify_batch(const Job *job, KwSplit split, gsize first, gsize n,
	     GError **error)
{
	g_autoptr(KwRecords) seen = kw_records_new(n, 0); /* their sources */
	GError *errors[BATCH_RECORDS] = { NULL };

	if (!read_records(job, split, first, n, seen->sources, error))
		return FALSE;
	read_images(job, split, first, n, errors);
	return settle(job, split, first, n, seen->sources, errors, error);
}

gboolean
info_verify_dataset(KwDataset *dataset, int threads, InfoVerdict *verdict,
		    KwProgress *progress, GError **error)
{
	const KwDatasetInfo *info = kw_dataset_info(dataset);
	g_autoptr(InfoCensus) census = info_census_new(info);
	g_autofree guint8 *pixels =
		kw_alloc((gsize)threads, kw_dataset_image_size(info),
			 "an image for each thread", error);
	const Job job = { dataset, threads, pixels, census, verdict };

	if (pixels == NULL)
		return FALSE;
	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		const gsize count = kw_dataset_count(dataset, s);

		for (gsize first = 0; first < count; first += BATCH_RECORDS) {
			gsize n = MIN(BATCH_RECORDS, count - first);

			if (!kw_check_interrupted(error) ||
			    !verify_batch(&job, s, first, n, error))
				return FALSE;
			kw_progress_set(progress, verdict->records += n);
		}
	}
	info_census_finish(census);
	verdict->shared_groups = info_census_shared_groups(census);
	return TRUE;
}
