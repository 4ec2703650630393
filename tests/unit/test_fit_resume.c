/* Stopped anywhere and resumed, a training gives the same bytes. */
#include "tests/support/fitrun.h"

#include <string.h>

#include "kw/image.h"
#include "tests/support/params.h"

/* Three steps an epoch, the last of one image; three epochs, of which the first
 * trains the head alone. */
static const NetworkSpec spec = {
	.batch = 3,
	.height = 32,
	.width = 32,
	.channels = 3,
	.classes = 2,
	.n_head = 1,
	.head = { 8 },
	.dropout = 0.5,
	.l2 = 0.01,
	.freeze = 20,
	.training = TRUE,
	.seed = 42,
	.threads = 2,
};

static void
set_recipe(FitRun *run)
{
	Recipe *r = &run->recipe;

	r->rate = 0.01;
	r->clip_norm = 1;
	r->body_rate = 0.5;
	r->balanced = TRUE;
	r->label_smoothing = 0.1;
	r->schedule = SCHEDULE_COSINE;
	r->warmup = 0.5;
	r->plateau = 1;
	r->plateau_factor = 0.5;
	r->epochs = 3;
	r->head_epochs = 1;
	r->head_rate = 0.02;
	r->patience = 5;
	r->shuffle = TRUE;
	r->augments = TRUE;
	r->policy = kw_policy_seed;
	r->seed = 7;
}

/* ---- what is saved and restored */

/* Weights, momentum and state; the last without anything it might point to. */
typedef struct {
	Network *network;
	TrainState *state;
} Saved;

static TrainState *
copy_state(const TrainState *state)
{
	TrainState *copy = train_state_new();
	GArray *history = copy->history;

	g_array_append_vals(history, state->history->data, state->history->len);
	*copy = *state;
	copy->history = history;
	return copy;
}

/* Into a network that is frozen as the state wants; where that begins a stage,
 * there is no momentum yet. */
static Saved
save(const Network *network, const TrainState *state, const Recipe *recipe)
{
	NetworkSpec fresh = network->spec;
	Saved saved = { .state = copy_state(state) };

	fresh.freeze = fit_freeze(recipe, state->epoch);
	saved.network = test_network_new(&fresh);
	test_network_copy(saved.network, network);
	for (guint i = 0; i < network->n_layers; i++) {
		const Layer *from = network->layers[i];
		Layer *to = saved.network->layers[i];

		if (!from->trainable || network->spec.freeze != fresh.freeze)
			continue;
		memcpy(to->kernel->velocity, from->kernel->velocity,
		       to->kernel->n * sizeof(float));
		memcpy(to->bias->velocity, from->bias->velocity,
		       to->bias->n * sizeof(float));
	}
	return saved;
}

/* Takes what was saved. */
static void
restore(FitRun *run, Saved saved)
{
	network_free(run->network);
	train_state_free(run->state);
	run->network = saved.network;
	run->state = saved.state;
}

/* ---- comparison */

static void
start(FitRun *run)
{
	NetworkSpec head = spec;

	head.freeze = 22;
	fit_run_start(run, &fit_data, &head);
	run->recipe.freeze = spec.freeze;
	set_recipe(run);
}

/* Two steps an epoch: of 2 + 2 images, and of 2 + 1. */
static void
start_accumulating(FitRun *run)
{
	NetworkSpec head = spec;

	head.freeze = 22;
	head.batch = 2;
	head.accumulates = TRUE;
	fit_run_start(run, &fit_data, &head);
	run->recipe.freeze = spec.freeze;
	run->recipe.accumulate = 2;
	set_recipe(run);
}

static void
assert_same_network(const Network *a, const Network *b)
{
	assert_int_equal(a->spec.freeze, b->spec.freeze);
	for (guint i = 0; i < a->n_layers; i++) {
		const Layer *x = a->layers[i], *y = b->layers[i];

		if (x->kernel == NULL)
			continue;
		assert_memory_equal(x->kernel->value, y->kernel->value,
				    x->kernel->n * sizeof(float));
		assert_memory_equal(x->bias->value, y->bias->value,
				    x->bias->n * sizeof(float));
	}
}

/* All but the times. */
static void
assert_same_reports(const FitRun *a, const FitRun *b)
{
	assert_int_equal(a->state->history->len, b->state->history->len);
	for (guint i = 0; i < a->state->history->len; i++) {
		EpochReport x = *fit_run_report(a, i);
		EpochReport y =
			g_array_index(b->state->history, EpochReport, i);

		assert_true(y.images_per_second > 0);
		assert_true(x.loss == y.loss && x.accuracy == y.accuracy);
		assert_true(x.val_loss == y.val_loss);
		assert_true(x.val_accuracy == y.val_accuracy);
		assert_true(x.rate == y.rate);
		assert_int_equal(x.best, y.best);
	}
	assert_int_equal(a->state->best.epoch, b->state->best.epoch);
	assert_true(a->state->plateau_factor == b->state->plateau_factor);
	assert_int_equal(a->state->steps, b->state->steps);
	assert_memory_equal(a->state->window, b->state->window,
			    sizeof a->state->window);
}

/* After each step: stop, save, restore into a fresh network, go on. */
static void
check_every_step(void (*begin)(FitRun *run), int steps)
{
	FitRun whole, parts;
	int stops = 0;

	begin(&whole);
	fit_run(&whole);
	assert_int_equal(whole.end, FIT_DONE);
	assert_int_equal(whole.losses->len, steps);
	/* It has something to show: weights moved, the rate was cut. */
	assert_true(whole.state->plateau_factor < 1);
	begin(&parts);
	do {
		parts.stop_at = (int)parts.losses->len + 1;
		fit_run(&parts);
		restore(&parts,
			save(parts.network, parts.state, &parts.recipe));
		stops += parts.end == FIT_INTERRUPTED;
	} while (parts.end == FIT_INTERRUPTED && stops < 20);
	assert_int_equal(parts.end, FIT_DONE);
	assert_int_equal(stops, steps);
	assert_int_equal(parts.losses->len, steps);
	for (guint i = 0; i < (guint)steps; i++)
		assert_true(fit_run_loss(&whole, i) == fit_run_loss(&parts, i));
	assert_same_reports(&whole, &parts);
	assert_same_network(whole.network, parts.network);
	fit_run_clear(&whole);
	fit_run_clear(&parts);
}

static void
test_every_step(void **state)
{
	(void)state;
	check_every_step(start, 9);
	check_every_step(start_accumulating, 6);
}

/* ---- from the end of an epoch, where one saves as well */

static Saved at_epoch[3];

static void
no_step(gpointer data, const TrainState *state, gsize steps, double loss)
{
	(void)data;
	(void)state;
	(void)steps;
	(void)loss;
}

static gboolean
save_epoch(gpointer data, const Network *network, const TrainState *state,
	   const EpochReport *report, GError **error)
{
	const FitRun *run = data;

	(void)error;
	at_epoch[report->epoch - 1] = save(network, state, &run->recipe);
	return TRUE;
}

static void
no_warning(gpointer data, const char *text)
{
	(void)data;
	(void)text;
}

static void
test_every_epoch(void **state)
{
	FitRun whole;
	const FitListener saver = { &whole, no_step, NULL, save_epoch,
				    no_warning };

	(void)state;
	start(&whole);
	assert_int_equal(fit(&whole.network, whole.train, whole.val,
			     &whole.recipe, ON_DIVERGENCE_STOP, NULL,
			     whole.state, &saver, &whole.error),
			 FIT_DONE);
	for (int i = 0; i < 3; i++) {
		FitRun rest;

		start(&rest);
		restore(&rest, at_epoch[i]);
		fit_run(&rest);
		assert_int_equal(rest.end, FIT_DONE);
		assert_int_equal(rest.losses->len, 6 - 3 * i);
		assert_same_network(whole.network, rest.network);
		fit_run_clear(&rest);
	}
	fit_run_clear(&whole);
}

/* ---- what is over stays over */

static void
test_over(void **state)
{
	NetworkSpec head = spec;
	FitRun run;

	(void)state;
	head.freeze = 22;
	fit_run_start(&run, &fit_data, &head);
	run.recipe.epochs = 9;
	run.recipe.patience = 2;
	fit_run(&run);
	assert_int_equal(run.end, FIT_PATIENCE);
	assert_int_equal(run.reports->len, 3);
	fit_run(&run);
	assert_int_equal(run.end, FIT_PATIENCE);
	assert_int_equal(run.reports->len, 3);
	/* More patience, and it goes on where it was. */
	run.recipe.patience = 3;
	fit_run(&run);
	assert_int_equal(run.end, FIT_PATIENCE);
	assert_int_equal(run.reports->len, 4);
	run.recipe.epochs = 4;
	run.recipe.patience = 0;
	fit_run(&run);
	assert_int_equal(run.end, FIT_DONE);
	assert_int_equal(run.reports->len, 4);
	fit_run_clear(&run);
}

/* Augmentation is libvips's. */
static int
start_images(void **state)
{
	GError *error = NULL;

	(void)state;
	kw_image_start("test_fit_resume", &error);
	test_assert_no_error(error);
	return 0;
}

static int
stop_images(void **state)
{
	(void)state;
	kw_image_stop();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_step),
		cmocka_unit_test(test_every_epoch),
		cmocka_unit_test(test_over),
	};

	return cmocka_run_group_tests(tests, start_images, stop_images);
}
