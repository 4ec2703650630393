/* When a training is falling apart, and when it only guesses. */
#include "tests/support/kwtest.h"

#include <math.h>
#include <string.h>

#include "kw/error.h"
#include "train/guard.h"

/* ---- a step */

/* A state that has seen n losses about a mean, one deviation to each side. */
static TrainState *
seen(int n, double mean, double deviation)
{
	TrainState *state = train_state_new();
	GError *error = NULL;
	gboolean skip;

	for (int i = 0; i < n; i++) {
		const double loss =
			mean + (i % 2 == 0 ? deviation : -deviation);

		assert_true(guard_note(state, STEP_SOUND, ON_DIVERGENCE_STOP,
				       loss, loss, &skip, &error));
		assert_false(skip);
	}
	return state;
}

static StepHealth
judge(const TrainState *state, double cross_entropy)
{
	return guard_judge(state, cross_entropy + 1, cross_entropy, log(2));
}

static void
test_deviations(void **state)
{
	g_autoptr(TrainState) s = seen(200, 0.5, 1);

	(void)state;
	assert_int_equal(judge(s, 0.1), STEP_SOUND);
	/* 10 deviations are 10.5; 10 guesses among 2 classes 6.9 */
	assert_int_equal(judge(s, 7), STEP_SOUND);
	assert_int_equal(judge(s, 10.49), STEP_SOUND);
	assert_int_equal(judge(s, 10.51), STEP_EXPLODES);
}

/* However far out: below ten times a guess, training goes on. */
static void
test_overfitted(void **state)
{
	g_autoptr(TrainState) s = seen(200, 1e-6, 1e-7);
	g_autoptr(TrainState) constant = seen(200, 0, 0);

	(void)state;
	assert_int_equal(judge(s, 6.93), STEP_SOUND);
	assert_int_equal(judge(s, 6.94), STEP_EXPLODES);
	assert_int_equal(guard_judge(s, 6.94, 6.94, log(3)), STEP_SOUND);
	assert_int_equal(judge(constant, 6.93), STEP_SOUND);
	assert_int_equal(judge(constant, 6.94), STEP_EXPLODES);
}

/* Ten times a guess of the weightiest class, whose images are few. */
static void
test_weights_of_classes(void **state)
{
	static const float weights[] = { 0.5f, 25 };
	const Loss plain = { 0 }, weighed = { .class_weights = weights };
	g_autoptr(TrainState) s = seen(200, 0.5, 0.1);
	double blind;

	(void)state;
	assert_true(guard_blind_loss(2, NULL) == log(2));
	assert_true(guard_blind_loss(3, &plain) == log(3));
	blind = guard_blind_loss(2, &weighed);
	assert_true(blind == 25 * log(2));
	assert_int_equal(guard_judge(s, 173, 173, blind), STEP_SOUND);
	assert_int_equal(guard_judge(s, 174, 174, blind), STEP_EXPLODES);
}

/* The penalty of a large head says nothing. */
static void
test_l2_left_out(void **state)
{
	g_autoptr(TrainState) s = seen(200, 0.5, 0.1);

	(void)state;
	assert_int_equal(guard_judge(s, 1000, 0.6, log(2)), STEP_SOUND);
}

static void
test_few_losses(void **state)
{
	g_autoptr(TrainState) fifteen = seen(15, 0.5, 0.1);
	g_autoptr(TrainState) sixteen = seen(16, 0.5, 0.1);

	(void)state;
	assert_int_equal(judge(fifteen, 1e9), STEP_SOUND);
	assert_int_equal(judge(sixteen, 1e9), STEP_EXPLODES);
}

/* A ring: what is 128 losses old is gone. */
static void
test_window(void **state)
{
	g_autoptr(TrainState) s = seen(100, 100, 50);
	GError *error = NULL;
	gboolean skip;

	(void)state;
	for (int i = 0; i < 128; i++) {
		if (i < 100)
			assert_int_equal(judge(s, 60), STEP_SOUND);
		guard_note(s, STEP_SOUND, ON_DIVERGENCE_STOP, 0, i % 2, &skip,
			   &error);
	}
	assert_int_equal(judge(s, 60), STEP_EXPLODES);
}

static void
test_not_finite(void **state)
{
	g_autoptr(TrainState) s = train_state_new();

	(void)state;
	assert_int_equal(guard_judge(s, (double)NAN, (double)NAN, log(2)),
			 STEP_NOT_FINITE);
	assert_int_equal(
		guard_judge(s, (double)INFINITY, (double)INFINITY, log(2)),
		STEP_NOT_FINITE);
	/* The L2 term alone. */
	assert_int_equal(guard_judge(s, (double)INFINITY, 0.5, log(2)),
			 STEP_NOT_FINITE);
	assert_int_equal(guard_judge(s, 1, (double)NAN, log(2)),
			 STEP_NOT_FINITE);
}

/* ---- what follows */

/* Note one after the other; how many are lived through, 100 at most. */
static int
survives(TrainState *s, StepHealth health, OnDivergence on, GError **error)
{
	gboolean skip;
	int n = 0;

	while (n < 100 && guard_note(s, health, on, 50, 50, &skip, error)) {
		assert_int_equal(skip, on == ON_DIVERGENCE_SKIP);
		s->step++;
		n++;
	}
	return n;
}

static void
test_stop(void **state)
{
	g_autoptr(TrainState) s = seen(20, 0.5, 0.1);
	GError *error = NULL;
	gboolean skip;

	(void)state;
	s->epoch = 3;
	s->step = 6;
	assert_int_equal(survives(s, STEP_EXPLODES, ON_DIVERGENCE_STOP, &error),
			 4);
	test_assert_error(&error, KW_ERROR_INPUT,
			  "exploded for 5 steps in a row in step 11 of epoch "
			  "3, whose loss is 50; lower --lr, or --clip-norm 5");
	/* They are not what later losses are measured by ... */
	assert_int_equal(s->n_window, 20);
	/* ... and a sound one between them forgives. */
	guard_note(s, STEP_SOUND, ON_DIVERGENCE_STOP, 0.5, 0.5, &skip, &error);
	assert_int_equal(survives(s, STEP_EXPLODES, ON_DIVERGENCE_STOP, &error),
			 4);
	g_clear_error(&error);
	guard_note(s, STEP_SOUND, ON_DIVERGENCE_STOP, 0.5, 0.5, &skip, &error);
	assert_int_equal(
		survives(s, STEP_NOT_FINITE, ON_DIVERGENCE_STOP, &error), 0);
	test_assert_error(&error, KW_ERROR_INPUT, "not a finite number");
}

static void
test_skip(void **state)
{
	const StepHealth kinds[] = { STEP_EXPLODES, STEP_NOT_FINITE };

	(void)state;
	for (int i = 0; i < 2; i++) {
		g_autoptr(TrainState) s = seen(20, 0.5, 0.1);
		GError *error = NULL;
		gboolean skip;

		assert_int_equal(
			survives(s, kinds[i], ON_DIVERGENCE_SKIP, &error), 19);
		test_assert_error(&error, KW_ERROR_INPUT,
				  "20 steps in a row had to be skipped in "
				  "step 20 of epoch 1");
		assert_int_equal(s->n_window, 20);
		guard_note(s, STEP_SOUND, ON_DIVERGENCE_SKIP, 0.5, 0.5, &skip,
			   &error);
		assert_false(skip);
		assert_int_equal(
			survives(s, kinds[i], ON_DIVERGENCE_SKIP, &error), 19);
		g_clear_error(&error);
	}
}

/* ---- guessing */

/* NumPy, with p the classes' shares: -(p * numpy.log(p)).sum(), and so on. */
static void
test_guess_loss(void **state)
{
	const gsize counts[] = { 6, 3, 1 };
	const float weights[] = { 1, 2, 4 };
	g_autofree float *balanced = loss_balanced_weights(counts, 3);
	const struct {
		Loss loss;
		double expected;
	} cases[] = {
		{ { NULL, 0 }, 0.8979457248567797 },
		{ { NULL, 0.1 }, 0.9389117150802557 },
		{ { weights, 0 }, 1.7315128480620279 },
		{ { weights, 0.2 }, 1.7411569661259643 },
		{ { balanced, 0 }, 1.0986122886681098 },
		{ { balanced, 0.2 }, 1.0986122886681098 },
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		/* weights are float32: 24 bits */
		assert_true(fabs(guard_guess_loss(counts, 3, &cases[i].loss) -
				 cases[i].expected) < 1e-7);
	assert_true(fabs(guard_guess_loss(counts, 3, NULL) -
			 cases[0].expected) < 1e-15);
}

/* n epochs of 10 steps with this cross-entropy and accuracy. */
static TrainState *
trained(int n, double cross_entropy, double accuracy)
{
	TrainState *s = seen(10 * n, cross_entropy, 0);

	for (int i = 1; i <= n; i++) {
		/* The L2 term, which would hide it, is left out. */
		const EpochReport r = { .epoch = i,
					.loss = cross_entropy + 10,
					.accuracy = accuracy };

		g_array_append_val(s->history, r);
	}
	return s;
}

static gboolean
is_stuck(TrainState *s, const gsize counts[2], const Loss *loss)
{
	g_autoptr(TrainState) state = s;
	g_autofree char *text = guard_stuck(state, 10, counts, 2, loss);

	return text != NULL;
}

static void
test_stuck(void **state)
{
	const gsize even[] = { 50, 50 }, uneven[] = { 90, 10 };
	const gsize *c = even;
	g_autofree float *weights = loss_balanced_weights(uneven, 2);
	const Loss balanced = { weights, 0 };

	(void)state;
	/* ln 2 = 0.693; 2 % of it are 0.0139 */
	assert_true(is_stuck(trained(3, 0.693, 0.5), c, NULL));
	assert_true(is_stuck(trained(9, 0.693, 0.5), c, NULL));
	assert_false(is_stuck(trained(2, 0.693, 0.5), c, NULL));
	assert_true(is_stuck(trained(3, 0.680, 0.5), c, NULL));
	assert_false(is_stuck(trained(3, 0.679, 0.5), c, NULL));
	assert_true(is_stuck(trained(3, 0.707, 0.4), c, NULL));
	assert_false(is_stuck(trained(3, 0.708, 0.4), c, NULL));
	assert_true(is_stuck(trained(3, 0.693, 0.51), c, NULL));
	assert_false(is_stuck(trained(3, 0.693, 0.52), c, NULL));
	/* Nine of ten: 0.325, the entropy, is a guess as well. */
	c = uneven;
	assert_true(is_stuck(trained(3, 0.325, 0.9), c, NULL));
	assert_true(is_stuck(trained(3, 0.693, 0.5), c, NULL));
	assert_false(is_stuck(trained(3, 0.318, 0.9), c, NULL));
	assert_false(is_stuck(trained(3, 0.325, 0.95), c, NULL));
	/* With balanced weights it would be learning. */
	assert_false(is_stuck(trained(3, 0.325, 0.9), c, &balanced));
	assert_true(is_stuck(trained(3, 0.693, 0.9), c, &balanced));
}

/* Only the last epoch's losses, but the accuracy of three. */
static void
test_stuck_by_the_last(void **state)
{
	const gsize counts[] = { 50, 50 };
	g_autoptr(TrainState) s = trained(3, 0.693, 0.5);
	EpochReport *first = &g_array_index(s->history, EpochReport, 0);
	g_autofree char *text = NULL;

	(void)state;
	for (int i = 0; i < 20; i++)
		s->window[i] = 3;
	text = guard_stuck(s, 10, counts, 2, NULL);
	assert_non_null(text);
	assert_non_null(strstr(text, "guesses after 3 epochs"));
	assert_non_null(strstr(text, "0.693 is that of guessing among 2"));
	assert_non_null(strstr(text, "--lr"));
	first->accuracy = 0.6;
	assert_null(guard_stuck(s, 10, counts, 2, NULL));
	first->accuracy = 0.5;
	s->window[29] = 0;
	assert_null(guard_stuck(s, 10, counts, 2, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deviations),
		cmocka_unit_test(test_overfitted),
		cmocka_unit_test(test_weights_of_classes),
		cmocka_unit_test(test_l2_left_out),
		cmocka_unit_test(test_few_losses),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_not_finite),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_skip),
		cmocka_unit_test(test_guess_loss),
		cmocka_unit_test(test_stuck),
		cmocka_unit_test(test_stuck_by_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
