#include "augment/augment.h"

#include "augment/make.h"
#include "augment/outputs.h"
#include "augment/preview.h"
#include "kw/progress.h"

/* Images of a block, for each thread. */
enum { BLOCK_IMAGES = 512 };

/* Val and test are only those of a dataset. */
static gsize
count_images(const AugmentJob *job, gboolean dataset)
{
	gsize n = job->outputs[KW_TRAIN];

	return dataset ? n + job->outputs[KW_VAL] + job->outputs[KW_TEST] : n;
}

static gboolean
make_blocks(AugmentBlocks *blocks, AugmentMaker *maker, gsize total,
	    KwProgress *progress, GError **error)
{
	GError *failure = NULL;

	for (gsize done = 0; done < total;) {
		AugmentBlock *block = augment_blocks_next(blocks, &failure);

		if (block == NULL)
			break;
		done += block->images->len;
		if (!augment_maker_run(maker, block, error))
			return FALSE;
		kw_progress_set(progress, done);
	}
	if (failure != NULL) {
		g_propagate_error(error, failure);
		return FALSE;
	}
	return augment_maker_finish(maker, error);
}

static gboolean
make_images(AugmentJob *job, AugmentOutput *dataset, AugmentReport *report,
	    GError **error)
{
	const AugmentOptions *o = job->options;
	const int threads = o->common.threads;
	const gsize total = count_images(job, dataset != NULL);
	g_autoptr(AugmentBlocks) blocks =
		augment_job_blocks(job, (gsize)threads * BLOCK_IMAGES, error);
	g_autoptr(AugmentSave) save = NULL;
	g_autoptr(AugmentMaker) maker = NULL;
	g_autoptr(KwProgress) progress = NULL;

	if (blocks == NULL)
		return FALSE;
	if (o->save_to != NULL)
		save = augment_save_new(o->save_to, o->save_format, job->info);
	maker = augment_maker_new(job->input, dataset, save, threads, error);
	if (maker == NULL)
		return FALSE;
	if (o->common.verbosity >= 0 && total > 0)
		progress = kw_progress_new("augmenting", "images", total);
	if (!make_blocks(blocks, maker, total, progress, error))
		return FALSE;
	report->n_other = augment_maker_n_other(maker);
	report->n_saved = save != NULL ? augment_save_count(save) : 0;
	return dataset == NULL || augment_output_finish(dataset, error);
}

gboolean
augment_run(const AugmentOptions *o, AugmentReport *report, GError **error)
{
	g_autoptr(AugmentOutputs) outputs = augment_outputs_new(o, error);
	g_autoptr(AugmentJob) job = NULL;

	if (outputs == NULL)
		return FALSE;
	job = augment_job_new(o, report, error);
	if (job == NULL ||
	    !augment_outputs_create(outputs, job, report->dataset_bytes, error))
		return FALSE;
	report->planned = o->dry_run;
	report->written = outputs->writes_dataset;
	if (outputs->preview != NULL &&
	    !augment_preview_write(outputs->preview, job->input, &o->recipe,
				   o->grid_rows, o->grid_columns, error))
		return FALSE;
	if ((outputs->dataset != NULL || (o->save_to != NULL && !o->dry_run)) &&
	    !make_images(job, outputs->dataset, report, error))
		return FALSE;
	return augment_outputs_commit(outputs, report, error);
}
