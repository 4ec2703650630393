/*
 * What is on the disk, and when.
 *
 * After an epoch: the model, where it is the best; then the resume file; then
 * the log.  Each of the first two appears whole, by a rename, or not at all, so
 * a run that is killed leaves one of these:
 *
 *	before the model	all of an earlier moment
 *	between both		a model that is newer than the resume file: the
 *				resumed run computes the epoch again, bit for
 *				bit, and writes the same model
 *	before the log		a log that lacks the epoch: the resumed run has
 *				it in its history, and writes it
 *	within the log		a part of a line, perhaps: the same
 *
 * Were the resume file first, the best epoch of a run that nobody resumes could
 * be lost.  The model of a first epoch may so be left without a resume file:
 * run_adopt_model() has --resume start anew over it.
 *
 * What cannot be written is told, and training goes on: the one before it is
 * still there.  When it is the best model, its weights are in the resume file,
 * if that could be written.  It then keeps them (held_epoch): it is not written
 * again before a model is, or until run_settle() has tried once more.
 */
#include <string.h>

#include "kw/outfile.h"
#include "train/plan.h"
#include "train/report.h"
#include "train/run.h"

ModelInfo *
run_model_info(const Run *run)
{
	const Recipe *recipe = &run->options->recipe;
	const KwDatasetInfo *data = kw_dataset_info(run->dataset);
	ModelInfo *info = model_info_new();

	info->class_names = g_strdupv(data->class_names);
	info->height = data->height;
	info->width = data->width;
	info->channels = data->channels;
	info->fit = g_strdup(data->fit);
	memcpy(info->scale, data->scale, sizeof info->scale);
	memcpy(info->offset, data->offset, sizeof info->offset);
	info->freeze = recipe->freeze;
	info->settings = g_strdup(run->settings);
	info->n_head = recipe->n_head;
	memcpy(info->head, recipe->head, sizeof info->head);
	return info;
}

gboolean
run_holds_best(const TrainState *state)
{
	return state->step == 0 && state->best.epoch > 0 &&
	       state->best.epoch == state->epoch - 1;
}

/* ---- the model */

gboolean
run_save_model(Run *run, const Network *network, const EpochReport *report,
	       const char *test, GError **error)
{
	const TrainOptions *o = run->options;
	g_autoptr(ModelInfo) info = run_model_info(run);
	g_autoptr(KwOutfile) out = kw_outfile_new(
		o->common.output,
		o->common.force || run->owns_model || run->from != NULL, error);

	info->metrics = report_metrics_json(report, test);
	if (out == NULL ||
	    !model_write(kw_outfile_path(out), kw_outfile_name(out), network,
			 info, error) ||
	    !kw_outfile_commit(out, error))
		return FALSE;
	run->owns_model = TRUE;
	run->model_epoch = report->epoch;
	run->held_epoch = 0;
	return TRUE;
}

static void
save_best(Run *run, const Network *network, const EpochReport *report)
{
	g_autoptr(GError) failure = NULL;

	/* What was held is not the best any more. */
	run->held_epoch = 0;
	if (!run_save_model(run, network, report, NULL, &failure))
		run_warn(run,
			 "%s; the best epoch so far, %d, is not saved as a "
			 "model",
			 failure->message, report->epoch);
}

/* ---- the resume file */

static gboolean
write_resume(Run *run, const Network *network, const TrainState *state,
	     GError **error)
{
	const GArray *history = state->history;
	g_autofree char *plan = plan_text(&run->plan);
	g_autofree char *line = g_strdup_printf("plan=%s\n", plan);
	g_autofree char *facts = kw_settings_merge(run->facts, line);
	g_autoptr(ModelInfo) info = run_model_info(run);
	g_autoptr(KwOutfile) out =
		kw_outfile_new(run->resume_path,
			       run->options->common.force || run->owns_resume ||
				       run->from != NULL,
			       error);

	info->metrics = history->len > 0
				? report_metrics_json(
					  &g_array_index(history, EpochReport,
							 history->len - 1),
					  NULL)
				: g_strdup("{}");
	return out != NULL &&
	       checkpoint_write(kw_outfile_path(out), kw_outfile_name(out),
				network, info, state, facts, error) &&
	       kw_outfile_commit(out, error);
}

static void
warn_of_resume(Run *run, const GError *failure)
{
	const gboolean stays = run->owns_resume || run->from != NULL;

	if (kw_interrupted())
		run_warn(run, "%s%s", failure->message,
			 stays ? "; the one before it stays" : "");
	else
		run_warn(run, "%s; %s", failure->message,
			 stays ? "the one before it stays, and training goes on"
			       : "training goes on without a resume file");
}

gboolean
run_save_resume(Run *run, const Network *network, const TrainState *state)
{
	g_autoptr(GError) failure = NULL;

	if (run->held_epoch > 0)
		return FALSE;
	if (write_resume(run, network, state, &failure)) {
		run->owns_resume = TRUE;
		run->resume_epoch = state->epoch;
	} else {
		warn_of_resume(run, failure);
	}
	run->saved_at = g_get_monotonic_time();
	return failure == NULL;
}

/* ---- after an epoch */

/* When only the resume file has the best weights, it has to keep them. */
static void
hold_best(Run *run, const TrainState *state)
{
	if (run->held_epoch > 0 || !run_holds_best(state) ||
	    run->model_epoch == state->best.epoch ||
	    run->resume_epoch != state->epoch)
		return;
	run->held_epoch = state->best.epoch;
	run_warn(run,
		 "'%s' keeps the weights of epoch %d; it is not written again "
		 "until they, or better ones, are saved as '%s'",
		 run->resume_path, run->held_epoch,
		 run->options->common.output);
}

void
run_tell_log_failure(Run *run, GError *failure)
{
	if (run->told == NULL)
		run->told = g_hash_table_new_full(g_str_hash, g_str_equal,
						  g_free, NULL);
	if (g_hash_table_add(run->told, g_strdup(failure->message)))
		run_warn(run, "%s; training goes on", failure->message);
	g_error_free(failure);
}

void
run_save_epoch(Run *run, const Network *network, const TrainState *state,
	       const EpochReport *report)
{
	GError *failure = NULL;

	if (report->best)
		save_best(run, network, report);
	run_save_resume(run, network, state);
	hold_best(run, state);
	if (!run_log_epoch(run->log, report, &failure))
		run_tell_log_failure(run, failure);
}

/* ---- at the end */

/* The best weights into the network, from where they are. */
static gboolean
fetch_best(Run *run, GError **error)
{
	const int best = run->state->best.epoch;
	const char *from = run->options->common.output;
	LoadedWeights loaded;

	if (run_holds_best(run->state))
		return TRUE;
	if (run->held_epoch == best)
		from = run->resume_path;
	else if (run->model_epoch != best) {
		g_set_error(error, KW_ERROR, KW_ERROR_IO,
			    "the weights of the best epoch, %d, could not be "
			    "saved and are lost; '%s' holds %s",
			    best, from,
			    run->model_epoch > 0 ? "an earlier one"
						 : "none of this run");
		return FALSE;
	}
	return model_load_weights(from, run->network, TRUE, &loaded, error);
}

gboolean
run_settle(Run *run, GError **error)
{
	const EpochReport *best = &run->state->best;

	if (!fetch_best(run, error))
		return FALSE;
	if (run->model_epoch == best->epoch ||
	    run_save_model(run, run->network, best, NULL, error))
		return TRUE;
	if (run->held_epoch == best->epoch)
		g_prefix_error(error,
			       "'%s' keeps the best epoch, %d, for a run with "
			       "--resume: ",
			       run->resume_path, best->epoch);
	return FALSE;
}
