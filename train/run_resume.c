#include <json-glib/json-glib.h>
#include <string.h>

#include "kw/outfile.h"
#include "train/run.h"
#include "train/settings.h"
#include "train/step.h"

/* Of the run before, if it was killed while it wrote. */
static void
remove_abandoned(const Run *run)
{
	const char *const paths[] = { run->resume_path,
				      run->options->common.output,
				      run->options->export,
				      run->options->summary };

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
		if (paths[i] != NULL)
			kw_outfile_remove_abandoned(paths[i]);
}

gboolean
run_open_resume(Run *run, GError **error)
{
	if (!run->options->resume) {
		run->state = train_state_new();
		return TRUE;
	}
	remove_abandoned(run);
	if (!g_file_test(run->resume_path, G_FILE_TEST_EXISTS)) {
		run_say(run, "no '%s' to go on from yet: training starts anew",
			run->resume_path);
		run->state = train_state_new();
		return TRUE;
	}
	run->from = checkpoint_open(run->resume_path, error);
	if (run->from == NULL)
		return FALSE;
	run->state = g_steal_pointer(&run->from->state);
	return TRUE;
}

/* ---- would it have been the same run? */

/*
 * What may be given anew: how long to train.  A cosine schedule is cut for its
 * number of epochs from the first step on.
 */
static gboolean
may_differ(const Run *run, const char *key)
{
	return strcmp(key, "train.patience") == 0 ||
	       (strcmp(key, "train.epochs") == 0 &&
		run->options->recipe.schedule != SCHEDULE_COSINE);
}

/* "batch 4 (now 8), lr 0.01 (now 0.001)"; empty when nothing is wrong. */
static char *
list_differences(const Run *run, const char *settings)
{
	GString *list = g_string_new(NULL);
	g_autoptr(GPtrArray) all = settings_compare(settings, run->settings);

	for (guint i = 0; i < all->len; i++) {
		const SettingsDifference *d = all->pdata[i];
		const char *key = d->key;

		if (may_differ(run, key))
			continue;
		if (g_str_has_prefix(key, "train."))
			key += strlen("train.");
		g_string_append_printf(list, "%s%s %s (now %s)",
				       list->len > 0 ? ", " : "", key,
				       d->a != NULL ? d->a : "not set",
				       d->b != NULL ? d->b : "not set");
	}
	return g_string_free(list, FALSE);
}

static gboolean
check_settings(const Run *run, GError **error)
{
	g_autofree char *list =
		list_differences(run, run->from->model->settings);

	if (*list == '\0')
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
		    "'%s' is of a run with other settings: %s; give the same, "
		    "or start anew without --resume, with -f%s",
		    run->from->path, list,
		    strstr(list, "epochs ") == list
			    ? "; the rate of a cosine schedule depends on all "
			      "epochs"
			    : "");
	return FALSE;
}

/*
 * Facts of the machine: the data must be the same, how to compute as well where
 * that was said; CPU, threads and oneDNN may be others, to other last bits.
 */
static gboolean
check_facts(Run *run, GError **error)
{
	static const char *const last_bits[] = { "cpu", "onednn", "threads",
						 NULL };
	g_autoptr(GPtrArray) all = settings_compare(run->from->run, run->facts);

	for (guint i = 0; i < all->len; i++) {
		const SettingsDifference *d = all->pdata[i];
		const char *before = d->a != NULL ? d->a : "not set";

		/* taken over from it */
		if (strcmp(d->key, "plan") == 0)
			continue;
		if (strcmp(d->key, "data") == 0) {
			g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
				    "'%s' was trained on other images than "
				    "those of '%s'; name the same dataset, or "
				    "start anew without --resume, with -f",
				    run->from->path,
				    kw_dataset_name(run->dataset));
			return FALSE;
		}
		if (g_strv_contains(last_bits, d->key)) {
			run_warn(run,
				 "'%s' was computed with %s %s, and now with "
				 "%s: the result will differ in its last bits "
				 "from that of a run never stopped",
				 run->from->path, d->key, before, d->b);
			continue;
		}
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "'%s' is of a run with --%s %s, not %s; give the "
			    "same, or start anew without --resume, with -f",
			    run->from->path, d->key, before,
			    d->b != NULL ? d->b : "none");
		return FALSE;
	}
	return TRUE;
}

/* The counters fit the data, which only now are known. */
static gboolean
check_counters(const Run *run, GError **error)
{
	const TrainState *state = run->state;
	const gsize steps =
		step_count(&run->options->recipe, run->splits[KW_TRAIN]->n);

	if (state->step <= steps)
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
		    "the resume file '%s' is damaged: step %zu of %zu",
		    run->from->path, state->step, steps);
	return FALSE;
}

gboolean
run_check_resume(Run *run, GError **error)
{
	return run_check_model(run, run->from->path, run->from->model, error) &&
	       check_settings(run, error) && check_facts(run, error) &&
	       check_counters(run, error);
}

/* ---- going on */

/* A number of a model's kw_metrics; FALSE where there is none. */
static gboolean
read_metric(const ModelInfo *model, const char *name, double *value)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *root, *node;

	if (!json_parser_load_from_data(parser, model->metrics, -1, NULL))
		return FALSE;
	root = json_parser_get_root(parser);
	if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root))
		return FALSE;
	node = json_object_get_member(json_node_get_object(root), name);
	if (node == NULL || !JSON_NODE_HOLDS_VALUE(node))
		return FALSE;
	*value = json_node_get_double(node);
	return TRUE;
}

/* Had the run ended that wrote it? */
static gboolean
has_report(const ModelInfo *model)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *root;

	if (!json_parser_load_from_data(parser, model->metrics, -1, NULL))
		return FALSE;
	root = json_parser_get_root(parser);
	return root != NULL && JSON_NODE_HOLDS_OBJECT(root) &&
	       json_object_has_member(json_node_get_object(root), "test");
}

gboolean
run_adopt_model(Run *run, GError **error)
{
	const char *path = run->options->common.output;
	g_autoptr(ModelInfo) model = NULL;
	g_autofree char *differences = NULL;
	double epoch;

	if (!run->options->resume || run->from != NULL ||
	    run->options->common.force ||
	    !g_file_test(path, G_FILE_TEST_EXISTS))
		return TRUE;
	model = model_read_info(path, NULL);
	if (model != NULL)
		differences = list_differences(run, model->settings);
	run->owns_model = differences != NULL && *differences == '\0' &&
			  read_metric(model, "epoch", &epoch) && epoch == 1 &&
			  !has_report(model);
	if (!run->owns_model)
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "'%s' exists already, and there is no '%s' to go "
			    "on from; use -f to start anew and replace it",
			    path, run->resume_path);
	return run->owns_model;
}

/* The epoch of this run whose weights the model file holds; 0: of none. */
static int
find_model_epoch(const Run *run)
{
	const TrainState *state = run->state;
	g_autoptr(ModelInfo) model =
		model_read_info(run->options->common.output, NULL);
	g_autofree char *differences = NULL;
	double epoch, loss;

	if (model == NULL)
		return 0;
	differences = list_differences(run, model->settings);
	if (*differences != '\0' || !read_metric(model, "epoch", &epoch) ||
	    !read_metric(model, "loss", &loss) || !(epoch >= 1) ||
	    epoch > state->epoch)
		return 0;
	/* Of the epoch under way the loss is not known yet. */
	if (epoch < state->epoch &&
	    loss != g_array_index(state->history, EpochReport, (guint)epoch - 1)
			    .loss)
		return 0;
	return (int)epoch;
}

/*
 * The best weights are lost: with -f, go on from the best that the model file
 * has, or from none; patience and plateau count on from where they were.
 */
static gboolean
forget_best(Run *run, GError **error)
{
	TrainState *state = run->state;
	const int best = state->best.epoch;
	const char *model = run->options->common.output;
	const gboolean over = fit_is_over(&run->options->recipe, state);

	if (over || !run->options->common.force) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' does not hold the best epoch so far, %d, of "
			    "the run that is resumed, and '%s' is of a later "
			    "one: put that model back%s",
			    model, best, run->from->path,
			    over ? "; nothing is left to train"
				 : ", or use -f to go on without it and keep "
				   "the best of the epochs to come");
		return FALSE;
	}
	state->patience_from = MAX(state->patience_from, best);
	state->plateau_from = MAX(state->plateau_from, best);
	if (run->model_epoch > 0)
		state->best = g_array_index(state->history, EpochReport,
					    (guint)run->model_epoch - 1);
	else
		state->best = (EpochReport){ 0 };
	run_warn(run,
		 "'%s' does not hold the best epoch so far, %d: the best of "
		 "the epochs to come is kept",
		 model, best);
	return TRUE;
}

/* What the model file lacks is put right as far as it can be. */
static gboolean
mend_model(Run *run, GError **error)
{
	const EpochReport *best = &run->state->best;
	g_autoptr(GError) failure = NULL;

	run->model_epoch = find_model_epoch(run);
	/* A later one was saved just before the run was killed, and will be
	 * again. */
	if (best->epoch == 0 || run->model_epoch >= best->epoch)
		return TRUE;
	if (!run_holds_best(run->state))
		return forget_best(run, error);
	if (!run_save_model(run, run->network, best, NULL, &failure)) {
		run->held_epoch = best->epoch;
		run_warn(run, "%s; '%s' keeps the best epoch so far, %d",
			 failure->message, run->resume_path, best->epoch);
	}
	return TRUE;
}

gboolean
run_restore(Run *run, GError **error)
{
	const TrainState *state = run->state;

	if (!checkpoint_load(run->from, run->network, error))
		return FALSE;
	if (state->epoch <= run->options->recipe.epochs)
		run_say(run, "goes on from '%s', in epoch %d after %zu steps",
			run->from->path, state->epoch, state->step);
	return mend_model(run, error);
}
