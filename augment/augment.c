#include "augment/augment.h"

#include <omp.h>
#include <string.h>

#include "kw/alloc.h"
#include "kw/app.h"

/* A batch takes about this much memory, and no more records than these. */
enum { BATCH_BYTES = 64 << 20, BATCH_RECORDS = 4096 };

/* What is needed to make the images of one batch. */
typedef struct {
	const KwDataset *input;
	const AugmentRecipe *recipe;
	AugmentBatch batch;
	KwRecords *records; /* batch.n, of the output */
	guint8 *pixels;     /* batch.n x h x w x c, of the output */
	guint8 *originals;  /* threads x h x w x c: an image for each thread */
	KwWarpSource **sources; /* one for each thread */
} Job;

/* ---- settings */

/* The shortest decimal that reads back as the same number. */
static void
append_number(GString *text, const char *key, double value)
{
	char digits[G_ASCII_DTOSTR_BUF_SIZE];

	g_ascii_formatd(digits, sizeof digits, "%.15g", value);
	if (g_ascii_strtod(digits, NULL) != value)
		g_ascii_dtostr(digits, sizeof digits, value);
	g_string_append_printf(text, "augment.%s=%s\n", key, digits);
}

char *
augment_recipe_settings(const AugmentRecipe *recipe)
{
	const KwPolicy *policy = &recipe->policy;
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "augment.copies=%d\n", recipe->copies);
	g_string_append_printf(text, "augment.fill=%s\n",
			       kw_fill_names[policy->fill]);
	if (policy->fill == KW_FILL_CONSTANT)
		g_string_append_printf(text, "augment.fill_value=%d\n",
				       policy->constant);
	append_number(text, "height_shift", policy->height_shift);
	append_number(text, "horizontal_flip", policy->horizontal_flip);
	append_number(text, "rotation", policy->rotation);
	g_string_append_printf(text, "augment.seed=%" G_GUINT64_FORMAT "\n",
			       recipe->seed);
	append_number(text, "shear", policy->shear);
	append_number(text, "vertical_flip", policy->vertical_flip);
	append_number(text, "width_shift", policy->width_shift);
	append_number(text, "zoom", policy->zoom);
	return g_string_free(text, FALSE);
}

/* What the output says of itself: the input's words, and this tool's. */
static KwDatasetInfo *
output_info(const KwDatasetInfo *input, const AugmentRecipe *recipe)
{
	KwDatasetInfo *info = kw_dataset_info_copy(input);
	g_autofree char *settings = augment_recipe_settings(recipe);

	g_free(info->settings);
	g_free(info->generator);
	info->settings = kw_settings_merge(input->settings, settings);
	info->generator = g_strdup("kw-augment " KW_VERSION);
	info->seed = recipe->seed;
	info->columns = g_strdupv((char **)kw_transform_columns);
	return info;
}

/* ---- one batch */

/*
 * The records of the batch as the output has them, but for the transforms and
 * checksums of copies, which the workers fill in.
 */
static KwRecords *
output_records(KwDataset *input, const AugmentBatch *batch, GError **error)
{
	g_autoptr(KwRecords) read = kw_dataset_read_records(
		input, batch->split, batch->first, batch->n, error);
	KwRecords *records;

	if (read == NULL)
		return NULL;
	records = kw_records_new(batch->n, KW_N_TRANSFORM_COLUMNS);
	for (gsize i = 0; i < batch->n; i++) {
		kw_records_copy(records, i, read, i);
		records->copies[i] = batch->copy;
		memcpy(records->transforms + i * KW_N_TRANSFORM_COLUMNS,
		       &kw_transform_identity, sizeof kw_transform_identity);
	}
	return records;
}

/* Image i of the batch, an original: its pixels as they are. */
static gboolean
keep_image(const Job *job, gsize i, GError **error)
{
	gsize size = kw_dataset_image_size(kw_dataset_info(job->input));

	return kw_dataset_read_images(job->input, job->batch.split,
				      job->batch.first + i, 1,
				      job->pixels + i * size, error);
}

/* Image i of the batch, a copy: drawn, recorded, resampled, summed. */
static gboolean
transform_image(const Job *job, gsize i, GError **error)
{
	const KwDatasetInfo *info = kw_dataset_info(job->input);
	const AugmentRecipe *recipe = job->recipe;
	gsize size = kw_dataset_image_size(info);
	guint8 *src = job->originals + (gsize)omp_get_thread_num() * size;
	guint8 *dst = job->pixels + i * size;
	KwTransform t = kw_transform_draw(
		&recipe->policy, recipe->seed, job->records->record_ids[i],
		job->batch.copy, info->height, info->width);

	if (!kw_dataset_read_images(job->input, job->batch.split,
				    job->batch.first + i, 1, src, error))
		return FALSE;
	kw_transform_apply(&t, &recipe->policy, dst, src,
			   job->sources[omp_get_thread_num()], info->height,
			   info->width);
	memcpy(job->records->transforms + i * KW_N_TRANSFORM_COLUMNS, &t,
	       sizeof t);
	job->records->checksums[i] = kw_checksum(dst, size);
	return TRUE;
}

/* All images of the batch.  Workers write their own slots and nothing else. */
static gboolean
make_images(const Job *job, int threads, GError **error)
{
	const gsize n = job->batch.n;
	g_autofree GError **errors = g_new0(GError *, n);
	gboolean ok = TRUE;
	gint stop = FALSE;

#pragma omp parallel for num_threads(threads) schedule(dynamic)
	for (gsize i = 0; i < n; i++) {
		if (g_atomic_int_get(&stop))
			continue;
		if (job->batch.copy == 0 ? !keep_image(job, i, &errors[i])
					 : !transform_image(job, i, &errors[i]))
			g_atomic_int_set(&stop, TRUE);
	}
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

/* ---- the whole dataset */

gboolean
augment_prepare(AugmentPlan *plan, const KwDataset *input,
		const AugmentRecipe *recipe, int threads, GError **error)
{
	const KwDatasetInfo *info = kw_dataset_info(input);
	gsize fitting = BATCH_BYTES / kw_dataset_image_size(info);
	gsize counts[KW_N_SPLITS];

	if (info->columns != NULL) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' is augmented already; give the dataset that "
			    "kw-prep wrote, and ask for more --copies",
			    kw_dataset_name(input));
		return FALSE;
	}
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		counts[s] = kw_dataset_count(input, s);
	if (counts[KW_TRAIN] == 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' has no train records, and no others are "
			    "augmented; check the --split given to kw-prep",
			    kw_dataset_name(input));
		return FALSE;
	}
	/* enough for every thread, even of images larger than a batch */
	return augment_plan_init(
		plan, counts, recipe->copies,
		MAX(MIN(fitting, BATCH_RECORDS), (gsize)threads), error);
}

static gboolean
write_batches(const AugmentPlan *plan, KwDataset *input,
	      KwDatasetWriter *writer, Job *job, int threads,
	      KwProgress *progress, GError **error)
{
	gsize done = 0;

	while (augment_plan_next(plan, &job->batch)) {
		g_autoptr(KwRecords) records = NULL;

		if (!kw_check_interrupted(error))
			return FALSE;
		records = output_records(input, &job->batch, error);
		if (records == NULL)
			return FALSE;
		job->records = records;
		if (!make_images(job, threads, error) ||
		    !kw_dataset_append(writer, job->batch.split, records,
				       job->pixels, error))
			return FALSE;
		done += job->batch.n;
		kw_progress_set(progress, done);
	}
	return TRUE;
}

typedef KwWarpSource **Sources;

static void
free_sources(Sources sources)
{
	for (gsize i = 0; sources[i] != NULL; i++)
		kw_warp_source_free(sources[i]);
	g_free(sources);
}
G_DEFINE_AUTO_CLEANUP_FREE_FUNC(Sources, free_sources, NULL)

static Sources
new_sources(const KwDatasetInfo *info, int threads, GError **error)
{
	g_auto(Sources) sources = g_new0(KwWarpSource *, threads + 1);

	for (int i = 0; i < threads; i++) {
		sources[i] = kw_warp_source_new(info->height, info->width,
						info->channels, error);
		if (sources[i] == NULL)
			return NULL;
	}
	return g_steal_pointer(&sources);
}

gboolean
augment_run(const AugmentPlan *plan, KwDataset *input, KwOutfile *out,
	    const AugmentRecipe *recipe, int threads, KwProgress *progress,
	    GError **error)
{
	gsize size = kw_dataset_image_size(kw_dataset_info(input));
	g_autoptr(KwDatasetInfo) info =
		output_info(kw_dataset_info(input), recipe);
	g_autofree guint8 *pixels =
		kw_alloc(MIN(plan->batch_size, plan->total), size,
			 "the images of a batch", error);
	g_autofree guint8 *originals = NULL;
	g_auto(Sources) sources =
		new_sources(kw_dataset_info(input), threads, error);
	g_autoptr(KwDatasetWriter) writer = NULL;
	Job job = { .input = input, .recipe = recipe };

	if (pixels == NULL || sources == NULL)
		return FALSE;
	originals = kw_alloc((gsize)threads, size, "an image for each thread",
			     error);
	if (originals == NULL)
		return FALSE;
	writer = kw_dataset_create(out, info, plan->outputs,
				   kw_dataset_source_length(input), error);
	if (writer == NULL)
		return FALSE;
	kw_outfile_hide(out);
	job.pixels = pixels;
	job.originals = originals;
	job.sources = sources;
	return write_batches(plan, input, writer, &job, threads, progress,
			     error) &&
	       kw_dataset_finish(writer, error);
}
