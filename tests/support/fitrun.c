#include "tests/support/fitrun.h"

#include <math.h>
#include <signal.h>
#include <string.h>

#include "kw/app.h"
#include "tests/support/params.h"
#include "train/step.h"

const TrainData fit_data = {
	.height = 32,
	.width = 32,
	.channels = 3,
	.classes = 2,
	.counts = { 7, 5, 0 },
	.standardize = KW_STANDARDIZE_RESCALE,
};

const NetworkSpec fit_spec = {
	.batch = 3,
	.height = 32,
	.width = 32,
	.channels = 3,
	.classes = 2,
	.n_head = 1,
	.head = { 8 },
	.freeze = 22,
	.training = TRUE,
	.seed = 42,
	.threads = 2,
};

void
fit_run_start(FitRun *run, const TrainData *data, const NetworkSpec *spec)
{
	*run = (FitRun){ 0 };
	run->dataset = train_data_open(data);
	run->train = samples_read(run->dataset, KW_TRAIN, NULL);
	run->val = samples_read(run->dataset, KW_VAL, NULL);
	run->network = test_network_new(spec);
	test_network_fill(run->network, 1);
	run->recipe = (Recipe){ .freeze = spec->freeze,
				.batch = spec->batch,
				.accumulate = 1,
				.momentum = 0.9,
				.body_rate = 1,
				.epochs = 1,
				.policy = kw_policy_none };
	run->state = train_state_new();
	run->losses = g_array_new(FALSE, FALSE, sizeof(double));
	run->reports = g_array_new(FALSE, FALSE, sizeof(EpochReport));
	run->warnings = g_string_new(NULL);
}

void
fit_run_clear(FitRun *run)
{
	g_array_unref(run->losses);
	g_array_unref(run->reports);
	g_string_free(run->warnings, TRUE);
	train_state_free(run->state);
	network_free(run->network);
	samples_free(run->train);
	samples_free(run->val);
	kw_dataset_free(run->dataset);
	g_clear_error(&run->error);
}

void
fit_run_rewind(FitRun *run)
{
	train_state_free(run->state);
	run->state = train_state_new();
	g_array_set_size(run->losses, 0);
	g_array_set_size(run->reports, 0);
	g_string_truncate(run->warnings, 0);
}

double
fit_run_loss(const FitRun *run, guint i)
{
	return g_array_index(run->losses, double, i);
}

const EpochReport *
fit_run_report(const FitRun *run, guint i)
{
	return &g_array_index(run->reports, EpochReport, i);
}

static void
set_bias(FitRun *run, float first, float second)
{
	const float bias[] = { first, second };

	set_values(run->network->dnn, network_dense(run->network, 1)->bias,
		   bias);
}

void
fit_run_predict(FitRun *run, int class)
{
	const float sure = class == 0 ? 1000 : -1000;

	set_bias(run, sure, -sure);
}

void
fit_run_break(FitRun *run)
{
	/* of the sign that x86 gives to 0 * infinity */
	set_bias(run, -NAN, -NAN);
}

static void
on_step(gpointer data, const TrainState *state, gsize steps, double loss)
{
	FitRun *run = data;
	const gsize images = step_images(&run->recipe);

	assert_ptr_equal(state, run->state);
	assert_int_equal(steps, (run->train->n + images - 1) / images);
	assert_int_equal(state->epoch, state->history->len + 1);
	assert_in_range(state->step, 1, steps);
	assert_int_equal(state->steps,
			 state->history->len * steps + state->step);
	g_array_append_val(run->losses, loss);
	if (run->meddle != NULL)
		run->meddle(run, run->losses->len);
	if ((int)run->losses->len == run->interrupt_at)
		raise(SIGINT);
}

static gboolean
after_step(gpointer data, const Network *network, const TrainState *state,
	   GError **error)
{
	FitRun *run = data;

	assert_ptr_equal(network, run->network);
	assert_ptr_equal(state, run->state);
	if (run->fail_step)
		g_set_error(error, KW_ERROR, KW_ERROR_IO, "no room left");
	else if ((int)run->losses->len == run->stop_at)
		g_set_error(error, KW_ERROR, KW_ERROR_INTERRUPTED, "stopped");
	else
		return TRUE;
	return FALSE;
}

static gboolean
on_epoch(gpointer data, const Network *network, const TrainState *state,
	 const EpochReport *report, GError **error)
{
	FitRun *run = data;
	const EpochReport *last;

	g_array_append_val(run->reports, *report);
	assert_ptr_equal(network, run->network);
	/* Before the next stage begins, which may fail. */
	assert_int_equal(network->spec.freeze,
			 fit_freeze(&run->recipe, report->epoch));
	assert_int_equal(state->epoch, report->epoch + 1);
	assert_int_equal(state->step, 0);
	assert_int_equal(state->history->len, report->epoch);
	last = &g_array_index(state->history, EpochReport, report->epoch - 1);
	assert_memory_equal(last, report, sizeof *report);
	if (run->fail_epoch)
		g_set_error(error, KW_ERROR, KW_ERROR_IO, "no room left");
	if (run->classes != NULL && run->classes[report->epoch] != '\0')
		fit_run_predict(run, run->classes[report->epoch] - '0');
	if (run->look != NULL)
		run->look(run, report);
	return !run->fail_epoch;
}

static void
on_warning(gpointer data, const char *text)
{
	FitRun *run = data;

	g_string_append_printf(run->warnings, "%s\n", text);
}

void
fit_run(FitRun *run)
{
	const FitListener listener = { run, on_step, after_step, on_epoch,
				       on_warning };

	if (run->classes != NULL)
		fit_run_predict(run, run->classes[run->state->epoch - 1] - '0');
	run->end = fit(&run->network, run->train, run->val, &run->recipe,
		       run->on_divergence, run->cache, run->state, &listener,
		       &run->error);
	if (run->end != FIT_FAILED)
		test_assert_no_error(run->error);
}
