/* The learning rate: stages, warm-up, cosine and plateau, against Keras. */
#include "tests/support/kwtest.h"

#include <math.h>

#include "train/schedule.h"

static const Recipe recipe = {
	.rate = 0.01,
	.schedule = SCHEDULE_COSINE,
	.warmup = 0.5,
	.epochs = 4,
	.head_rate = 0.5,
};

enum { STEPS = 10 };

/* keras.optimizers.schedules.CosineDecay.__call__(), alpha = 0 */
static double
keras_cosine_decay(double step, double initial, double decay_steps,
		   double warmup_target, double warmup_steps)
{
	if (step < warmup_steps)
		return initial +
		       (warmup_target - initial) * step / warmup_steps;
	step = fmin(step - warmup_steps, decay_steps);
	return warmup_target * 0.5 * (1 + cos(G_PI * step / decay_steps));
}

static void
check_rate(const Recipe *r, int epoch, gsize step, double expected)
{
	assert_true(fabs(schedule_rate(r, epoch, step, STEPS) - expected) <
		    1e-15);
}

static void
test_cosine(void **state)
{
	(void)state;
	for (int i = 0; i < 4 * STEPS; i++)
		check_rate(&recipe, 1 + i / STEPS, (gsize)(i % STEPS),
			   keras_cosine_decay(i, 0, 35, 0.01, 5));
	/* The same in Python. */
	check_rate(&recipe, 1, 0, 0);
	check_rate(&recipe, 1, 1, 0.002);
	check_rate(&recipe, 1, 5, 0.01);
	check_rate(&recipe, 1, 6, 0.009979871469976196);
	check_rate(&recipe, 3, 0, 0.006112604669781572);
	check_rate(&recipe, 4, 9, 2.012853002380466e-05);
}

static void
test_constant(void **state)
{
	Recipe r = recipe;

	(void)state;
	r.schedule = SCHEDULE_CONSTANT;
	check_rate(&r, 1, 4, 0.008);
	check_rate(&r, 1, 5, 0.01);
	check_rate(&r, 4, 9, 0.01);
	r.warmup = 0;
	check_rate(&r, 1, 0, 0.01);
}

/* Counted from the end of the head's epochs. */
static void
test_stages(void **state)
{
	Recipe r = recipe;

	(void)state;
	r.head_epochs = 2;
	r.epochs = 6;
	for (gsize step = 0; step < STEPS; step++) {
		check_rate(&r, 1, step, 0.5);
		check_rate(&r, 2, step, 0.5);
	}
	for (int i = 0; i < 4 * STEPS; i++)
		check_rate(&r, 3 + i / STEPS, (gsize)(i % STEPS),
			   keras_cosine_decay(i, 0, 35, 0.01, 5));
}

/* More than an epoch, and no whole number of steps: 12.6 are 13. */
static void
test_warmup_length(void **state)
{
	Recipe r = recipe;

	(void)state;
	r.warmup = 1.26;
	check_rate(&r, 2, 2, 0.01 * 12 / 13);
	check_rate(&r, 2, 3, 0.01);
	check_rate(&r, 2, 4, keras_cosine_decay(14, 0, 27, 0.01, 13));
	/* All of it: nothing is left to decay. */
	r.warmup = 4;
	check_rate(&r, 4, 9, 0.01 * 39 / 40);
	/* Less than half a step: none. */
	r.warmup = 0.04;
	check_rate(&r, 1, 0, 0.01);
}

/*
 * keras.callbacks.ReduceLROnPlateau.on_epoch_end() with min_delta = 0, on a
 * script of epochs that are better (+) or not (-).  The same factor after each.
 */
static void
check_plateau(const char *script, int patience)
{
	const Recipe r = { .plateau = patience,
			   .plateau_factor = 0.5,
			   .epochs = 100 };
	g_autoptr(TrainState) s = train_state_new();
	double factor = 1;
	int wait = 0;

	for (int epoch = 1; script[epoch - 1] != '\0'; epoch++) {
		if (script[epoch - 1] == '+') {
			wait = 0;
			s->best.epoch = epoch;
		} else if (++wait >= patience) {
			factor *= 0.5;
			wait = 0;
		}
		schedule_after_epoch(&r, epoch, s);
		assert_true(s->plateau_factor == factor);
	}
	assert_true(factor < 1);
}

static void
test_plateau(void **state)
{
	(void)state;
	check_plateau("+----+-+--------", 2);
	check_plateau("++-+-----+---", 1);
	check_plateau("+--+---+----", 3);
}

static void
test_plateau_off(void **state)
{
	Recipe r = { .plateau_factor = 0.5, .epochs = 100 };
	g_autoptr(TrainState) s = train_state_new();

	(void)state;
	s->best.epoch = 1;
	for (int epoch = 2; epoch < 50; epoch++)
		schedule_after_epoch(&r, epoch, s);
	assert_true(s->plateau_factor == 1);
	/* Not within the head's epochs, and counted anew after them. */
	r.plateau = 3;
	r.head_epochs = 10;
	schedule_after_epoch(&r, 10, s);
	assert_true(s->plateau_factor == 1);
	s->plateau_from = 10;
	schedule_after_epoch(&r, 11, s);
	schedule_after_epoch(&r, 12, s);
	assert_true(s->plateau_factor == 1);
	schedule_after_epoch(&r, 13, s);
	assert_true(s->plateau_factor == 0.5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cosine),
		cmocka_unit_test(test_constant),
		cmocka_unit_test(test_stages),
		cmocka_unit_test(test_warmup_length),
		cmocka_unit_test(test_plateau),
		cmocka_unit_test(test_plateau_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
