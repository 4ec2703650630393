#include "augment/job.h"

#include "augment/shards.h"
#include "kw/app.h"

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
open_input(AugmentJob *job, GError **error)
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
describe_output(AugmentJob *job)
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
plan_copies(AugmentJob *job, AugmentReport *report, GError **error)
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
plan_replay(AugmentJob *job, AugmentReport *report, GError **error)
{
	const AugmentCensus *census = job->census;
	AugmentCensus *made;

	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		job->outputs[s] = census->splits[s];
	job->outputs[KW_TRAIN] = kw_dataset_count(job->replayed, KW_TRAIN);
	made = job->made = augment_census_take(job->replayed, error);
	if (made == NULL)
		return FALSE;
	for (guint k = 0; k < MIN(made->n_classes, census->n_classes); k++)
		report->counts[k].after = made->records[k];
	return TRUE;
}

/* From here on, copies of a photo teach little, and may teach the photo. */
enum { MANY_COPIES = 20 };

static void G_GNUC_PRINTF(2, 3)
	warn(AugmentReport *report, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(report->warnings, g_strdup_vprintf(format, args));
	va_end(args);
}

static void
warn_of_class(const AugmentJob *job, guint k, AugmentReport *report)
{
	const AugmentAmount *amount = &job->options->recipe.amount;
	const AugmentCount *count = &report->counts[k];
	const char *name = report->classes[k];
	const gsize each = job->plan->classes[k].each;

	if (count->before == 0)
		warn(report, "class '%s' has no train images to make copies of",
		     name);
	else if (amount->balance == BALANCE_TO &&
		 count->after > amount->balance_to)
		warn(report,
		     "class '%s' has more originals than --balance %zu asks "
		     "for: %zu; they are kept",
		     name, amount->balance_to, count->before);
	else if (amount->balance != BALANCE_NONE && each > MANY_COPIES)
		warn(report,
		     "class '%s' gets %zu copies of each of its train images, "
		     "which are %zu",
		     name, each, count->before);
}

/* One factor for all copies: mostly meant as a range about 1. */
static void
warn_of_constant(const char *key, const KwRange *range, AugmentReport *report)
{
	if (range->low == range->high && range->low != 1)
		warn(report,
		     "every copy gets --%s %g; a range such as 0.8,1.2 gives "
		     "each another",
		     key, range->low);
}

static void
warn_of_plan(const AugmentJob *job, AugmentReport *report)
{
	const KwPolicy *policy = &job->options->recipe.policy;

	for (guint k = 0; k < job->census->n_classes; k++)
		warn_of_class(job, k, report);
	warn_of_constant("brightness", &policy->brightness, report);
	warn_of_constant("contrast", &policy->contrast, report);
	warn_of_constant("saturation", &policy->saturation, report);
}

static guint64
dataset_bytes(const AugmentJob *job)
{
	guint64 n = 0;

	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		n += job->outputs[s];
	return n * augment_record_bytes(job->info, job->source_length) +
	       augment_file_bytes(job->info) * ((guint64)job->shards + 1);
}

static gboolean
plan_records(AugmentJob *job, AugmentReport *report, GError **error)
{
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
	return TRUE;
}

static gboolean
plan_shards(AugmentJob *job, GError **error)
{
	const AugmentOptions *o = job->options;

	job->source_length = kw_dataset_source_length(job->input);
	if (job->replayed != NULL)
		job->source_length =
			MAX(job->source_length,
			    kw_dataset_source_length(job->replayed));
	job->shards = o->shards;
	if (o->shard_size == 0)
		return TRUE;
	job->shards =
		augment_shards_of_size(o->shard_size, job->info, job->outputs,
				       job->source_length, error);
	return job->shards != 0;
}

/* Of the input, of what is replayed, and of what is done by which version. */
static guint64
make_set_id(const AugmentJob *job)
{
	g_autofree char *words =
		g_strdup_printf("%s%s\n%" G_GUINT64_FORMAT "\n",
				job->info->settings, job->info->generator,
				job->made != NULL ? job->made->content : 0);

	return augment_census_set_id(job->census, words);
}

AugmentJob *
augment_job_new(const AugmentOptions *options, AugmentReport *report,
		GError **error)
{
	g_autoptr(AugmentJob) job = g_new0(AugmentJob, 1);

	job->options = options;
	if (!open_input(job, error) || !plan_records(job, report, error))
		return NULL;
	describe_output(job);
	if (!plan_shards(job, error))
		return NULL;
	if (job->plan != NULL)
		warn_of_plan(job, report);
	if (job->shards != 0)
		job->info->set_id = make_set_id(job);
	report->settings = augment_recipe_lines(job->info->settings);
	report->replayed = job->replayed != NULL;
	report->shards = job->shards;
	report->dataset_bytes = dataset_bytes(job);
	return g_steal_pointer(&job);
}

void
augment_job_free(AugmentJob *job)
{
	if (job == NULL)
		return;
	kw_dataset_info_free(job->info);
	augment_plan_free(job->plan);
	augment_census_free(job->census);
	augment_census_free(job->made);
	kw_dataset_free(job->replayed);
	kw_dataset_free(job->input);
	g_free(job);
}

AugmentBlocks *
augment_job_blocks(AugmentJob *job, gsize block_images, GError **error)
{
	if (job->replayed != NULL)
		return augment_blocks_replay(job->input, job->replayed,
					     block_images, error);
	return augment_blocks_new(job->input, job->plan, &job->options->recipe,
				  block_images);
}
