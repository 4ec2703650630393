#include "info/extract.h"

#include <errno.h>
#include <omp.h>
#include <sys/stat.h>

#include "kw/alloc.h"
#include "kw/app.h"
#include "kw/image.h"
#include "kw/image_names.h"
#include "kw/image_save.h"

enum { BATCH_RECORDS = 4096, BATCH_IMAGES = 64 };

/* ---- which images, and where to */

static void
target_free(gpointer data)
{
	InfoTarget *target = data;

	g_free(target->path);
	g_free(target);
}

static void
plan_records(InfoTargets *targets, KwImageNames *names,
	     const InfoSelection *selection, const char *folder, KwSplit split,
	     gsize first, const KwRecords *records)
{
	for (gsize i = 0; i < records->n; i++) {
		g_autofree char *name = NULL;
		InfoTarget *target;

		if (!info_selection_holds(selection, records, i))
			continue;
		name = kw_image_names_next(names, split, records, i,
					   records->copies[i], ".png");
		target = g_new0(InfoTarget, 1);
		target->split = split;
		target->index = first + i;
		target->path = g_build_filename(folder, name, NULL);
		g_ptr_array_add(targets, target);
	}
}

static gboolean
plan_split(InfoTargets *targets, KwImageNames *names, KwDataset *dataset,
	   const InfoSelection *selection, const char *folder, KwSplit split,
	   GError **error)
{
	gsize first, n;

	if (!info_selection_range(selection, dataset, split, &first, &n, error))
		return FALSE;
	for (gsize done = 0, m; done < n; done += m) {
		g_autoptr(KwRecords) records = NULL;

		m = MIN(BATCH_RECORDS, n - done);
		if (!kw_check_interrupted(error))
			return FALSE;
		records = kw_dataset_read_records(dataset, split, first + done,
						  m, error);
		if (records == NULL)
			return FALSE;
		plan_records(targets, names, selection, folder, split,
			     first + done, records);
	}
	return TRUE;
}

InfoTargets *
info_extract_plan(KwDataset *dataset, const InfoSelection *selection,
		  const char *folder, GError **error)
{
	g_autoptr(KwImageNames) names =
		kw_image_names_new(kw_dataset_info(dataset)->class_names);
	g_autoptr(GPtrArray) targets =
		g_ptr_array_new_with_free_func(target_free);

	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		if (!plan_split(targets, names, dataset, selection, folder, s,
				error))
			return NULL;
	if (targets->len == 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    selection->kind == SELECT_SOURCE
				    ? "'%s' has no record with the source "
				      "'%s', and that is no SPLIT/FIRST-LAST"
				    : "'%s' has no records: %s",
			    kw_dataset_name(dataset), selection->text);
		return NULL;
	}
	return g_steal_pointer(&targets);
}

/* ---- before the first image */

static gboolean
check_free(const InfoTargets *targets, GError **error)
{
	for (guint i = 0; i < targets->len; i++) {
		const InfoTarget *target = targets->pdata[i];
		struct stat st;

		if (lstat(target->path, &st) != 0)
			continue;
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "'%s' exists already; use -f to replace it, or "
			    "another folder",
			    target->path);
		return FALSE;
	}
	return TRUE;
}

static gboolean
make_folders(const InfoTargets *targets, GError **error)
{
	g_autoptr(GHashTable) made =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < targets->len; i++) {
		const InfoTarget *target = targets->pdata[i];
		char *folder = g_path_get_dirname(target->path);

		if (!g_hash_table_contains(made, folder) &&
		    g_mkdir_with_parents(folder, 0777) != 0) {
			g_set_error(error, KW_ERROR, KW_ERROR_IO,
				    "cannot make the folder '%s': %s", folder,
				    g_strerror(errno));
			g_free(folder);
			return FALSE;
		}
		g_hash_table_add(made, folder);
	}
	return TRUE;
}

/* ---- images */

/* What one batch after the other needs. */
typedef struct {
	const KwDataset *dataset;
	gboolean force;
	int threads;
	guint8 *pixels; /* threads x h x w x c: an image a thread */
	InfoExtracted *extracted;
} Job;

InfoExtracted *
info_extracted_new(void)
{
	InfoExtracted *extracted = g_new0(InfoExtracted, 1);

	extracted->skipped = g_ptr_array_new_with_free_func(g_free);
	return extracted;
}

void
info_extracted_free(InfoExtracted *extracted)
{
	if (extracted == NULL)
		return;
	g_ptr_array_unref(extracted->skipped);
	g_free(extracted);
}

static gboolean
write_image(const Job *job, const InfoTarget *target, guint8 *pixels,
	    GError **error)
{
	const KwDatasetInfo *info = kw_dataset_info(job->dataset);
	g_autoptr(KwOutfile) out = NULL;

	if (!kw_dataset_read_images(job->dataset, target->split, target->index,
				    1, pixels, error))
		return FALSE;
	out = kw_outfile_new(target->path, job->force, error);
	return out != NULL &&
	       kw_image_save(out, pixels, info->height, info->width,
			     info->channels, error) &&
	       kw_outfile_commit(out, error);
}

/* Takes the error of a target, if it has one; FALSE when that ends the work. */
static gboolean
settle(InfoExtracted *extracted, const InfoTarget *target, GError *failure,
       GError **error)
{
	if (failure == NULL) {
		extracted->written++;
		return TRUE;
	}
	if (!g_error_matches(failure, KW_ERROR, KW_ERROR_FORMAT)) {
		g_propagate_error(error, failure);
		return FALSE;
	}
	g_ptr_array_add(extracted->skipped,
			g_strdup_printf("%s/%zu: %s",
					kw_split_names[target->split],
					target->index, failure->message));
	g_error_free(failure);
	return TRUE;
}

/* Targets first..first+n-1; workers write their own slots and files. */
static gboolean
extract_batch(const Job *job, const InfoTargets *targets, guint first, guint n,
	      GError **error)
{
	const gsize size = kw_dataset_image_size(kw_dataset_info(job->dataset));
	GError *errors[BATCH_IMAGES] = { NULL };
	gboolean ok = TRUE;

#pragma omp parallel for num_threads(job->threads) schedule(dynamic)
	for (guint i = 0; i < n; i++)
		write_image(job, targets->pdata[first + i],
			    job->pixels + (gsize)omp_get_thread_num() * size,
			    &errors[i]);
	for (guint i = 0; i < n; i++)
		if (ok)
			ok = settle(job->extracted, targets->pdata[first + i],
				    errors[i], error);
		else
			g_clear_error(&errors[i]);
	return ok;
}

static gboolean
extract_all(const Job *job, const InfoTargets *targets, KwProgress *progress,
	    GError **error)
{
	for (guint first = 0; first < targets->len; first += BATCH_IMAGES) {
		guint n = MIN(BATCH_IMAGES, targets->len - first);

		if (kw_interrupted()) {
			g_set_error(error, KW_ERROR, KW_ERROR_INTERRUPTED,
				    "interrupted; %zu of %u images were "
				    "extracted",
				    job->extracted->written, targets->len);
			return FALSE;
		}
		if (!extract_batch(job, targets, first, n, error))
			return FALSE;
		kw_progress_set(progress, first + n);
	}
	return TRUE;
}

gboolean
info_extract(const KwDataset *dataset, const InfoTargets *targets,
	     gboolean force, int threads, InfoExtracted *extracted,
	     KwProgress *progress, GError **error)
{
	gsize size = kw_dataset_image_size(kw_dataset_info(dataset));
	g_autofree guint8 *pixels = kw_alloc((gsize)threads, size,
					     "an image for each thread", error);
	const Job job = { dataset, force, threads, pixels, extracted };
	gboolean ok;

	if (pixels == NULL || (!force && !check_free(targets, error)) ||
	    !make_folders(targets, error))
		return FALSE;
	ok = extract_all(&job, targets, progress, error);
#pragma omp parallel num_threads(threads)
	kw_image_thread_end();
	return ok;
}
