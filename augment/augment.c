#include "augment/augment.h"

#include <string.h>
#include <unistd.h>

#include "augment/make.h"
#include "augment/preview.h"
#include "kw/app.h"
#include "kw/image_save.h"
#include "kw/progress.h"
#include "kw/space.h"

/* Images of a block, for each thread. */
enum { BLOCK_IMAGES = 512 };

/* Of a file, besides its records. */
enum { FILE_BYTES = 16384 };

/* What is read, what it becomes, and where that goes. */
typedef struct {
	const AugmentOptions *options;
	KwDataset *input, *replayed; /* the latter may be NULL */
	AugmentCensus *census;       /* of the input */
	AugmentPlan *plan;           /* NULL of a replay */
	KwDatasetInfo *info;         /* of the output */
	gsize outputs[KW_N_SPLITS];
	gsize source_length;
	guint shards;          /* 0: one file */
	AugmentOutput *output; /* NULL: no dataset is written */
	KwOutfile *preview, *summary;
} Job;

static void
job_clear(Job *job)
{
	augment_output_free(job->output);
	kw_outfile_free(job->preview);
	kw_outfile_free(job->summary);
	kw_dataset_info_free(job->info);
	augment_plan_free(job->plan);
	augment_census_free(job->census);
	kw_dataset_free(job->replayed);
	kw_dataset_free(job->input);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Job, job_clear)

/* ---- input */

static gboolean
check_input(const KwDataset *input, GError **error)
{
	if (kw_dataset_info(input)->columns != NULL) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' is augmented already; give the dataset that "
			    "kw-prep wrote, and ask for more --copies",
			    kw_dataset_name(input));
		return FALSE;
	}
	if (kw_dataset_count(input, KW_TRAIN) == 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' has no train records, and no others are "
			    "augmented; check the --split given to kw-prep",
			    kw_dataset_name(input));
		return FALSE;
	}
	return TRUE;
}

static gboolean
open_input(Job *job, GError **error)
{
	const AugmentOptions *o = job->options;

	job->input = kw_dataset_open(o->input, error);
	if (job->input == NULL)
		return FALSE;
	if (o->replay == NULL)
		return check_input(job->input, error);
	job->replayed = kw_dataset_open(o->replay, error);
	return job->replayed != NULL &&
	       augment_blocks_check_replay(job->input, job->replayed, error);
}

/* ---- plan */

/* What the output says of itself: the input's words, and this tool's. */
static void
describe_output(Job *job)
{
	const KwDatasetInfo *input = kw_dataset_info(job->input);
	const AugmentRecipe *recipe = &job->options->recipe;
	g_autofree char *settings = NULL;
	g_autofree char *others = augment_recipe_other_lines(input->settings);

	job->info = kw_dataset_info_copy(input);
	if (job->replayed != NULL) {
		const KwDatasetInfo *before = kw_dataset_info(job->replayed);

		settings = augment_recipe_lines(before->settings);
		job->info->seed = before->seed;
	} else {
		settings = augment_recipe_settings(recipe);
		job->info->seed = recipe->seed;
	}
	g_free(job->info->settings);
	g_free(job->info->generator);
	g_strfreev(job->info->columns);
	job->info->settings = kw_settings_merge(others, settings);
	job->info->generator = g_strdup("kw-augment " KW_VERSION);
	job->info->columns = g_strdupv((char **)kw_transform_columns);
}

static gboolean
plan_copies(Job *job, AugmentReport *report, GError **error)
{
	const KwDatasetInfo *info = kw_dataset_info(job->input);

	job->plan = augment_plan_new(job->census, info->class_names,
				     &job->options->recipe.amount, error);
	if (job->plan == NULL)
		return FALSE;
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		job->outputs[s] = job->plan->outputs[s];
	for (guint k = 0; k < job->census->n_classes; k++)
		report->counts[k].after = augment_plan_class_size(job->plan, k);
	return TRUE;
}

static gboolean
plan_replay(Job *job, AugmentReport *report, GError **error)
{
	g_autoptr(AugmentCensus) made = NULL;
	const AugmentCensus *census = job->census;

	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		job->outputs[s] = census->splits[s];
	job->outputs[KW_TRAIN] = kw_dataset_count(job->replayed, KW_TRAIN);
	made = augment_census_take(job->replayed, error);
	if (made == NULL)
		return FALSE;
	for (guint k = 0; k < MIN(made->n_classes, census->n_classes); k++)
		report->counts[k].after = made->records[k];
	return TRUE;
}

static void
warn_of_unbalanced(const Job *job, AugmentReport *report)
{
	const AugmentAmount *amount = &job->options->recipe.amount;

	for (guint k = 0; k < job->census->n_classes; k++) {
		const AugmentCount *count = &report->counts[k];

		if (count->before == 0)
			g_ptr_array_add(
				report->warnings,
				g_strdup_printf("class '%s' has no train "
						"images to make copies of",
						report->classes[k]));
		else if (job->plan != NULL && amount->balance == BALANCE_TO &&
			 count->after > amount->balance_to)
			g_ptr_array_add(
				report->warnings,
				g_strdup_printf("class '%s' has more originals "
						"than --balance %zu asks for: "
						"%zu; they are kept",
						report->classes[k],
						amount->balance_to,
						count->before));
	}
}

static guint64
dataset_bytes(const Job *job)
{
	guint64 n = 0;

	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		n += job->outputs[s];
	return n * augment_record_bytes(job->info, job->source_length) +
	       FILE_BYTES * ((guint64)job->shards + 1);
}

static gboolean
plan(Job *job, AugmentReport *report, GError **error)
{
	const AugmentOptions *o = job->options;
	const KwDatasetInfo *info = kw_dataset_info(job->input);

	job->census = augment_census_take(job->input, error);
	if (job->census == NULL)
		return FALSE;
	augment_report_census(report, job->census, info->class_names);
	if (!(job->replayed != NULL ? plan_replay(job, report, error)
				    : plan_copies(job, report, error)))
		return FALSE;
	for (guint k = 0; k < job->census->n_classes; k++)
		report->total.after += report->counts[k].after;
	warn_of_unbalanced(job, report);
	describe_output(job);
	job->source_length = kw_dataset_source_length(job->input);
	if (job->replayed != NULL)
		job->source_length =
			MAX(job->source_length,
			    kw_dataset_source_length(job->replayed));
	job->shards = o->shards;
	if (o->shard_size != 0)
		job->shards = augment_shards_of_size(o->shard_size, job->info,
						     job->outputs,
						     job->source_length, error);
	if (o->shard_size != 0 && job->shards == 0)
		return FALSE;
	report->settings = augment_recipe_lines(job->info->settings);
	report->replayed = job->replayed != NULL;
	report->shards = job->shards;
	report->dataset_bytes = dataset_bytes(job);
	return TRUE;
}

/* ---- outputs */

/*
 * A sheet or image files may be all that is wanted: then a terminal is no
 * reason to refuse, and no dataset is written.
 */
static gboolean
wants_dataset(const AugmentOptions *o)
{
	if (o->dry_run)
		return FALSE;
	return o->common.output != NULL || !isatty(STDOUT_FILENO) ||
	       (o->preview == NULL && o->save_to == NULL);
}

/* The folder itself, or the one that it is to be made in.  Free it. */
static char *
existing_folder(const char *path)
{
	char *folder = g_strdup(path);

	while (!g_file_test(folder, G_FILE_TEST_EXISTS)) {
		char *parent = g_path_get_dirname(folder);

		g_free(folder);
		folder = parent;
	}
	return folder;
}

/* A stream needs room for its spool, a file for itself. */
static gboolean
check_room(const Job *job, guint64 bytes, GError **error)
{
	const AugmentOptions *o = job->options;
	g_autofree char *folder = NULL;
	KwSpaceNeed needs[2];
	gsize n = 0;

	if (wants_dataset(o) &&
	    (o->common.output == NULL || strcmp(o->common.output, "-") == 0))
		needs[n++] = (KwSpaceNeed){
			kw_spool_folder(), TRUE, bytes,
			"set TMPDIR to a folder on a larger disk"
		};
	else if (wants_dataset(o))
		needs[n++] = (KwSpaceNeed){ o->common.output, FALSE, bytes,
					    "ask for fewer --copies" };
	if (o->save_to != NULL && !o->dry_run) {
		folder = existing_folder(o->save_to);
		needs[n++] =
			(KwSpaceNeed){ folder, TRUE,
				       job->outputs[KW_TRAIN] *
					       kw_dataset_image_size(job->info),
				       "ask for fewer --copies" };
	}
	return kw_space_check(needs, n, error);
}

static gboolean
prepare_file(KwOutfile **out, const char *path, gboolean force, GError **error)
{
	if (path == NULL)
		return TRUE;
	*out = kw_outfile_new(path, force, error);
	return *out != NULL;
}

/* Before anything is read: a terminal, a file that is there, a bad name. */
static gboolean
prepare_reports(Job *job, GError **error)
{
	const AugmentOptions *o = job->options;

	if (o->preview != NULL && !kw_image_can_save(o->preview, error)) {
		g_prefix_error(error, "--preview: ");
		return FALSE;
	}
	return prepare_file(&job->preview, o->preview, o->common.force,
			    error) &&
	       prepare_file(&job->summary, o->summary, o->common.force, error);
}

static gboolean
write_summary(const Job *job, const AugmentReport *report, GError **error)
{
	g_autofree char *text = NULL;

	if (job->summary == NULL)
		return TRUE;
	text = augment_report_json(report);
	return kw_outfile_write(job->summary, text, strlen(text), error) &&
	       kw_outfile_commit(job->summary, error);
}

/* ---- work */

static AugmentBlocks *
new_blocks(const Job *job, GError **error)
{
	const gsize images = (gsize)job->options->common.threads * BLOCK_IMAGES;

	if (job->replayed != NULL)
		return augment_blocks_replay(job->input, job->replayed, images,
					     error);
	return augment_blocks_new(job->input, job->plan, &job->options->recipe,
				  images);
}

static gboolean
make_all(const Job *job, AugmentBlocks *blocks, AugmentMaker *maker,
	 KwProgress *progress, GError **error)
{
	AugmentBlock *next;
	GError *failure = NULL;
	gsize done = 0;

	while ((next = augment_blocks_next(blocks, &failure)) != NULL) {
		g_autoptr(AugmentBlock) block = next;

		if (block->split != KW_TRAIN && job->output == NULL)
			break;
		if (!augment_maker_run(maker, block, error))
			return FALSE;
		done += block->images->len;
		kw_progress_set(progress, done);
	}
	if (failure != NULL)
		g_propagate_error(error, failure);
	return failure == NULL;
}

static gboolean
make_images(Job *job, AugmentReport *report, GError **error)
{
	const AugmentOptions *o = job->options;
	g_autoptr(AugmentBlocks) blocks = new_blocks(job, error);
	g_autoptr(AugmentSave) save = NULL;
	g_autoptr(AugmentMaker) maker = NULL;
	g_autoptr(KwProgress) progress = NULL;
	gsize total = 0;

	if (blocks == NULL)
		return FALSE;
	if (o->save_to != NULL)
		save = augment_save_new(o->save_to, o->save_format,
					o->common.force, job->info);
	maker = augment_maker_new(job->input, job->output, save,
				  o->common.threads, error);
	if (maker == NULL)
		return FALSE;
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		total += s == KW_TRAIN || job->output != NULL ? job->outputs[s]
							      : 0;
	if (o->common.verbosity >= 0)
		progress = kw_progress_new("augmenting", "images", total);
	if (!make_all(job, blocks, maker, progress, error))
		return FALSE;
	report->n_other = augment_maker_n_other(maker);
	report->n_saved = save != NULL ? augment_save_count(save) : 0;
	return TRUE;
}

static gboolean
write_dataset(Job *job, AugmentReport *report, GError **error)
{
	if (job->output != NULL) {
		job->info->set_id =
			job->shards == 0
				? 0
				: augment_census_set_id(job->census,
							job->info->settings);
		if (!augment_output_create(job->output, job->info, job->outputs,
					   job->source_length, error))
			return FALSE;
	}
	return make_images(job, report, error) &&
	       (job->output == NULL ||
		augment_output_finish(job->output, error));
}

/* The dataset last: when it is there, all is. */
static gboolean
commit(Job *job, const AugmentReport *report, GError **error)
{
	return write_summary(job, report, error) &&
	       (job->preview == NULL ||
		kw_outfile_commit(job->preview, error)) &&
	       (job->output == NULL ||
		augment_output_commit(job->output, error));
}

gboolean
augment_run(const AugmentOptions *options, AugmentReport *report,
	    GError **error)
{
	g_auto(Job) job = { .options = options };
	const KwCommon *common = &options->common;

	if (!prepare_reports(&job, error))
		return FALSE;
	/* a terminal, or a file that is there: told before all is read */
	if (wants_dataset(options) && options->shard_size == 0) {
		job.output = augment_output_new(common->output, common->force,
						options->shards, error);
		if (job.output == NULL)
			return FALSE;
	}
	if (!open_input(&job, error) || !plan(&job, report, error))
		return FALSE;
	if (wants_dataset(options) && job.output == NULL) {
		job.output = augment_output_new(common->output, common->force,
						job.shards, error);
		if (job.output == NULL)
			return FALSE;
	}
	report->planned = options->dry_run;
	if (!check_room(&job, report->dataset_bytes, error))
		return FALSE;
	if (job.preview != NULL &&
	    !augment_preview_write(job.preview, job.input, &options->recipe,
				   options->grid_rows, options->grid_columns,
				   error))
		return FALSE;
	if ((job.output != NULL ||
	     (options->save_to != NULL && !options->dry_run)) &&
	    !write_dataset(&job, report, error))
		return FALSE;
	return commit(&job, report, error);
}
