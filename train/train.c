#include "train/train.h"

#include <sys/stat.h>

#include "kw/size.h"
#include "train/report.h"
#include "train/run.h"

static void
run_clear(Run *run)
{
	kw_progress_free(run->progress);
	g_clear_pointer(&run->told, g_hash_table_unref);
	run_log_free(run->log);
	feature_cache_free(run->features);
	network_free(run->network);
	train_state_free(run->state);
	checkpoint_free(run->from);
	model_info_free(run->base);
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		samples_free(run->splits[s]);
	kw_dataset_free(run->dataset);
	g_free(run->fingerprint);
	g_free(run->features_path);
	g_free(run->weights);
	g_free(run->resume_path);
	g_free(run->log_dir);
	g_free(run->settings);
	g_free(run->facts);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

void
run_say(Run *run, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	g_clear_pointer(&run->progress, kw_progress_free);
	run->voice->say(text);
}

void
run_warn(Run *run, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	g_clear_pointer(&run->progress, kw_progress_free);
	run->voice->warn(text);
}

/* ---- while it trains */

static void
on_step(gpointer data, const TrainState *state, gsize steps, double loss)
{
	Run *run = data;
	g_autofree char *verb = NULL;

	if (run->options->common.verbosity > 0) {
		run_say(run, "step %zu/%zu loss %.7g", state->step, steps,
			report_number(loss));
		return;
	}
	if (run->options->common.verbosity < 0)
		return;
	if (run->progress == NULL) {
		verb = g_strdup_printf("epoch %d", state->epoch);
		run->progress = kw_progress_new(verb, "steps", steps);
	}
	kw_progress_set(run->progress, state->step);
	if (state->step == steps)
		g_clear_pointer(&run->progress, kw_progress_free);
}

/* Checkpoints by the clock. */
static gboolean
after_step(gpointer data, const Network *network, const TrainState *state,
	   GError **error)
{
	Run *run = data;
	const double seconds =
		(double)(g_get_monotonic_time() - run->saved_at) /
		G_USEC_PER_SEC;

	(void)error;
	if (seconds >= run->options->checkpoint_minutes * 60)
		run_save_resume(run, network, state);
	return TRUE;
}

static gboolean
on_epoch(gpointer data, const Network *network, const TrainState *state,
	 const EpochReport *report, GError **error)
{
	Run *run = data;
	g_autofree char *line = report_epoch(
		state->history, run->options->recipe.epochs, run->began);
	g_autofree char *text = g_strconcat(line, "\n", NULL);

	(void)error;
	g_clear_pointer(&run->progress, kw_progress_free);
	run->voice->print(text);
	run_save_epoch(run, network, state, report);
	return TRUE;
}

static void
on_warning(gpointer data, const char *text)
{
	run_warn(data, "%s", text);
}

static FitEnd
train(Run *run, GError **error)
{
	const TrainOptions *o = run->options;
	const FitListener listener = { .data = run,
				       .on_step = on_step,
				       .after_step = after_step,
				       .on_epoch = on_epoch,
				       .warn = on_warning };
	FitEnd end;

	run->began = (double)g_get_real_time() / G_USEC_PER_SEC;
	run->saved_at = g_get_monotonic_time();
	end = fit(&run->network, run->splits[KW_TRAIN], run->splits[KW_VAL],
		  &o->recipe, o->on_divergence, run->features, run->state,
		  &listener, error);
	g_clear_pointer(&run->features, feature_cache_free);
	g_clear_pointer(&run->progress, kw_progress_free);
	return end;
}

/* ---- how it ended */

/* " (188 MB)", of a file that was written. */
static char *
size_of_file(const char *path)
{
	struct stat st;
	g_autofree char *size = NULL;

	if (stat(path, &st) != 0)
		return g_strdup("");
	size = kw_size_text((guint64)st.st_size);
	return g_strdup_printf(" (%s)", size);
}

/* `saved`: the resume file has this state, not an earlier one. */
static void
say_interrupted(Run *run, gboolean saved)
{
	const TrainState *state = run->state;
	const EpochReport *best = &state->best;

	if (saved)
		run_say(run,
			"interrupted in epoch %d after %zu steps: the same "
			"command with --resume goes on from '%s'",
			state->epoch, state->step, run->resume_path);
	else if (run->owns_resume || run->from != NULL)
		run_say(run,
			"interrupted in epoch %d after %zu steps: the same "
			"command with --resume goes on from an earlier moment, "
			"which '%s' holds",
			state->epoch, state->step, run->resume_path);
	else
		run_say(run, "interrupted in epoch %d after %zu steps",
			state->epoch, state->step);
	if (best->epoch == 0)
		run_say(run, "no epoch was finished: there is no model yet");
	else if (run->model_epoch == best->epoch)
		run_say(run, "'%s' keeps the best epoch so far, %d",
			run->options->common.output, best->epoch);
}

static void
say_failed(Run *run)
{
	if (run->model_epoch > 0)
		run_say(run, "'%s' keeps the best epoch so far, %d",
			run->options->common.output, run->model_epoch);
	if (run->owns_resume || run->from != NULL)
		run_say(run, "'%s' keeps the last state that was saved",
			run->resume_path);
}

static void
say_finished(Run *run, FitEnd end, gboolean trained)
{
	if (!trained)
		run_say(run,
			"'%s' is of a finished run: nothing is left to "
			"train%s",
			run->resume_path,
			end == FIT_PATIENCE ? "; a larger --patience goes on"
			: run->options->recipe.schedule == SCHEDULE_COSINE
				? ""
				: "; a larger --epochs goes on");
	run_say(run, "%s'%s' holds epoch %d",
		end == FIT_PATIENCE ? "stopped early, no better epoch came: "
				    : "",
		run->options->common.output, run->state->best.epoch);
}

/* The report, in the model as well; without it the model is as good. */
static gboolean
report_best(Run *run, GError **error)
{
	const EpochReport *best = &run->state->best;
	g_autoptr(ModelInfo) info = run_model_info(run);
	g_autoptr(GError) failure = NULL;
	g_autofree char *json = NULL;

	if (!run_report(run, best, &json, error))
		return FALSE;
	if (json != NULL &&
	    !run_save_model(run, run->network, best, json, &failure))
		run_warn(run, "%s; it holds the weights without the report",
			 failure->message);
	return run_export(run, info, error);
}

static gboolean
finish(Run *run, FitEnd end, gboolean trained, GError **error)
{
	g_autoptr(GError) failure = NULL;
	g_autofree char *size = NULL;

	if (!run_settle(run, error))
		return FALSE;
	say_finished(run, end, trained);
	if (!report_best(run, &failure)) {
		if (!g_error_matches(failure, KW_ERROR, KW_ERROR_INTERRUPTED)) {
			g_propagate_error(error, g_steal_pointer(&failure));
			return FALSE;
		}
		run_say(run, "interrupted before the report was finished: "
			     "--resume gives it");
		return TRUE;
	}
	size = size_of_file(run->resume_path);
	if (*size != '\0')
		run_say(run,
			"'%s'%s is kept to train on with --resume; remove it "
			"when that is not wanted",
			run->resume_path, size);
	return TRUE;
}

/* ---- all of it */

/*
 * What can be refused without the data is: they may still be on their way
 * through a pipe.
 */
static gboolean
prepare(Run *run, GError **error)
{
	if (!run_open_resume(run, error) || !run_check_outputs(run, error))
		return FALSE;
	if (run->from == NULL &&
	    (!run_open_log(run, error) || !run_find_weights(run, error)))
		return FALSE;
	if (!run_open_data(run, error))
		return FALSE;
	run_describe(run);
	if (run->from != NULL)
		return run_check_resume(run, error) && run_open_log(run, error);
	if (!run_adopt_model(run, error))
		return FALSE;
	return run->base == NULL ||
	       run_check_model(run, run->weights, run->base, error);
}

gboolean
train_run(const TrainOptions *options, const TrainVoice *voice, GError **error)
{
	g_auto(Run) run = { .options = options, .voice = voice };
	gboolean saved;
	guint64 steps;
	FitEnd end;

	run_name_outputs(&run);
	if (options->evaluate)
		return run_evaluate(&run, error);
	if (!prepare(&run, error) || !run_name_features(&run, error) ||
	    !run_make_network(&run, NULL, error))
		return FALSE;
	if (!(run.from != NULL ? run_restore(&run, error)
			       : run_first_weights(&run, error)))
		return FALSE;
	if (run.splits[KW_VAL]->n == 0)
		run_warn(&run,
			 "'%s' has no validation images: the last epoch is "
			 "kept, whatever it is worth, and nothing stops "
			 "training early",
			 kw_dataset_name(run.dataset));
	run_make_features(&run);
	steps = run.state->steps;
	end = train(&run, error);
	if (end == FIT_FAILED) {
		say_failed(&run);
		return FALSE;
	}
	if (end != FIT_INTERRUPTED)
		return finish(&run, end, run.state->steps != steps, error);
	/* Of a run that has not begun there is nothing to resume. */
	saved = run.state->steps > 0 &&
		run_save_resume(&run, run.network, run.state);
	say_interrupted(&run, saved);
	return TRUE;
}
