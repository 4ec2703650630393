#include "tests/support/kwtest.h"
#include "tests/support/policies.h"

#include <math.h>
#include <string.h>

#include "kw/random.h"
#include "kw/transform.h"

enum { H = 120, W = 200, N = 100000 };

/* ---- single draws */

static void
shifts_of_one_and_more_are_pixels(void **state)
{
	KwPolicy policy = kw_policy_none;
	float most_x = 0, most_y = 0;

	(void)state;
	policy.width_shift = 1;
	policy.height_shift = 0.999;
	for (guint64 id = 0; id < 4000; id++) {
		KwTransform t = kw_transform_draw(&policy, 42, id, 1, H, W);

		most_x = MAX(most_x, fabsf(t.shift_x));
		most_y = MAX(most_y, fabsf(t.shift_y));
	}
	assert_true(most_x <= 1 && most_x > 0.99F);
	assert_true(most_y <= 0.999F * H && most_y > 0.98F * H);
}

static void
nothing_asked_for_draws_the_identity(void **state)
{
	KwPolicy none = kw_policy_none;

	(void)state;
	for (guint64 id = 0; id < 1000; id++) {
		KwTransform t = kw_transform_draw(&none, 42, id, 3, H, W);

		/* byte for byte: no negative zero either */
		assert_memory_equal(&t, &kw_transform_identity, sizeof t);
		none.choose_one = id % 2;
	}
	none.interpolate = KW_NOHALO;
	none.fill = KW_FILL_CONSTANT;
	none.fill_value = 255;
	KwTransform t = kw_transform_draw(&none, 42, 1, 1, H, W);
	assert_true(t.interpolation == KW_NOHALO && t.fill_value == 255);
	assert_true(t.fill == KW_FILL_CONSTANT);
	t.interpolation = t.fill = t.fill_value = 0;
	assert_memory_equal(&t, &kw_transform_identity, sizeof t);
}

static void
zoom_uniform_zooms_both_axes_alike(void **state)
{
	KwPolicy policy = kw_policy_seed;
	KwTransform apart = kw_transform_draw(&policy, 42, 5, 1, H, W), alike;

	(void)state;
	policy.zoom_uniform = TRUE;
	alike = kw_transform_draw(&policy, 42, 5, 1, H, W);
	assert_true(apart.zoom_x != apart.zoom_y);
	assert_true(alike.zoom_x == apart.zoom_x);
	assert_true(alike.zoom_y == apart.zoom_x);
}

static void
a_key_is_drawn_where_it_is_needed(void **state)
{
	KwPolicy policy = kw_policy_none;
	KwTransform noise, erase, both;

	(void)state;
	policy.noise = 5;
	noise = kw_transform_draw(&policy, 42, 5, 1, H, W);
	policy.erase = 1;
	both = kw_transform_draw(&policy, 42, 5, 1, H, W);
	policy.noise = 0;
	erase = kw_transform_draw(&policy, 42, 5, 1, H, W);
	assert_true(noise.key > 0);
	assert_true(erase.key == noise.key && both.key == noise.key);
}

/* Copies are told apart; a number does not depend on what else is drawn. */
static void
draws_depend_on_their_key_alone(void **state)
{
	const KwPolicy policy = test_policy_everything();
	KwPolicy zoom_only = kw_policy_none;
	KwTransform a = kw_transform_draw(&policy, 42, 5, 1, H, W);
	KwTransform copy = kw_transform_draw(&policy, 42, 5, 2, H, W);
	KwTransform record = kw_transform_draw(&policy, 42, 6, 1, H, W);
	KwTransform seed = kw_transform_draw(&policy, 43, 5, 1, H, W);
	KwTransform again = kw_transform_draw(&policy, 42, 5, 1, H, W);
	KwTransform zoom;

	(void)state;
	zoom_only.zoom = policy.zoom;
	zoom = kw_transform_draw(&zoom_only, 42, 5, 1, H, W);
	assert_memory_equal(&again, &a, sizeof a);
	assert_true(copy.rotation != a.rotation);
	assert_true(record.rotation != a.rotation);
	assert_true(seed.rotation != a.rotation);
	assert_true(zoom.rotation == 0);
	assert_true(zoom.zoom_x == a.zoom_x && zoom.zoom_y == a.zoom_y);
}

/* A rectangle by the formula, with the C library's functions. */
static void
assert_rectangle(const KwRectangle *r, const KwRandomKey *key, guint16 first,
		 KwRange area, KwRange aspect)
{
	double a = kw_random_between(key, first, area.low, area.high);
	double l = kw_random_between(key, first + 1, log(aspect.low),
				     log(aspect.high));
	double ratio = fmin(fmax(exp(l), a), 1 / a);
	const float expected[] = {
		(float)(kw_random_uniform(key, first + 2) *
			(1 - sqrt(a * ratio))),
		(float)(kw_random_uniform(key, first + 3) *
			(1 - sqrt(a / ratio))),
		(float)sqrt(a * ratio),
		(float)sqrt(a / ratio),
	};
	const float actual[] = { r->x, r->y, r->width, r->height };

	test_assert_close(actual, expected, 4, 1e-7, 0);
}

static void
assert_draws(const KwTransform *t, const KwPolicy *p, const KwRandomKey *key)
{
	const float expected[] = {
		(float)kw_random_between(key, 0, -45, 45),
		(float)kw_random_between(key, 2, -60, 60),
		(float)kw_random_between(key, 1, -7.5, 7.5),
		(float)kw_random_between(key, 3, -20, 20),
		(float)kw_random_between(key, 4, 0.5, 2),
		(float)kw_random_between(key, 5, 0.5, 2),
		kw_random_uniform(key, 6) < 0.5 ? 1 : 0,
		kw_random_uniform(key, 7) < 0.5 ? 1 : 0,
		(float)kw_random_between(key, 12, -0.5, 0.5),
		(float)kw_random_between(key, 13, -4, 4),
		t->crop.x,
		t->crop.y,
		t->crop.width,
		t->crop.height,
		(float)kw_random_between(key, 14, -50, 50),
		(float)kw_random_between(key, 15, 0.6, 1.4),
		(float)kw_random_between(key, 16, 0.5, 1.5),
		(float)kw_random_between(key, 17, 0.001, 10),
		(float)kw_random_between(key, 18, -18, 18),
		(float)floor(kw_random_between(key, 19, 2, 8) + 0.5),
		(float)floor(kw_random_between(key, 20, 0, 255) + 0.5),
		kw_random_uniform(key, 21) < 0.3 ? 1 : 0,
		kw_random_uniform(key, 22) < 0.95 ? 1 : 0,
		(float)kw_random_between(key, 23, 0, 2),
		(float)kw_random_between(key, 24, 0, 1.5),
		(float)kw_random_between(key, 25, 0, 12),
		(float)floor(kw_random_between(key, 26, 40, 95) + 0.5),
		t->erase.x,
		t->erase.y,
		t->erase.width,
		t->erase.height,
		(float)floor(ldexp(kw_random_uniform(key, 32), 24)),
		KW_LBB,
		KW_FILL_WRAP,
		77,
	};
	gboolean erased = kw_random_uniform(key, 27) < p->erase;

	assert_memory_equal(t, expected, sizeof *t);
	assert_int_equal(sizeof expected, sizeof *t);
	assert_rectangle(&t->crop, key, 8, p->crop,
			 (KwRange){ 3.0 / 4, 4.0 / 3 });
	assert_int_equal(t->erase.width > 0, erased);
	if (erased)
		assert_rectangle(&t->erase, key, 28, (KwRange){ 0.02, 0.33 },
				 (KwRange){ 0.3, 3.3 });
}

/* The formulas of kw-dataset(5), with the numbers of the draws. */
static void
draws_are_those_of_the_format(void **state)
{
	KwPolicy policy = test_policy_everything();

	(void)state;
	policy.erase = 0.5;
	policy.crop = (KwRange){ 0.001, 1 };
	for (guint64 i = 0; i < 100; i++) {
		const guint64 id =
			G_GUINT64_CONSTANT(0x0123456789abcdef) * (i + 1);
		const KwRandomKey key = { .seed = 42,
					  .subject = id,
					  .round = 3,
					  .purpose = KW_PURPOSE_TRANSFORM };
		KwTransform t = kw_transform_draw(&policy, 42, id, 3, H, W);

		assert_draws(&t, &policy, &key);
	}
}

/* The test vector of kw-dataset(5): "wallaby/IMG_0001.jpg". */
static void
rotation_is_that_of_the_manual(void **state)
{
	KwTransform t = kw_transform_draw(
		&kw_policy_seed, 42, G_GUINT64_CONSTANT(0xb70a8ec37b42878f), 1,
		224, 224);

	(void)state;
	assert_true(fabsf(t.rotation - -15.38796F) < 1e-5F);
}

/* float32 leads out of no limit: not even of the widest policy, or of 1. */
static void
what_is_drawn_passes_the_check(void **state)
{
	KwPolicy policy = test_policy_everything();
	GError *error = NULL;

	(void)state;
	policy.rotation = 360;
	policy.width_shift = policy.height_shift = 65535;
	policy.shear = 90;
	policy.shear_x = policy.shear_y = 4;
	policy.zoom = (KwRange){ 0.001, 10 };
	policy.crop = (KwRange){ 0.001, 1 };
	policy.channel_shift = 255;
	policy.brightness = policy.contrast = (KwRange){ 0.001, 10 };
	policy.hue = 180;
	policy.posterize = (KwRange){ 1, 8 };
	policy.solarize = (KwRange){ 0, 256 };
	policy.sharpness = (KwRange){ 0, 10 };
	policy.blur = 100;
	policy.noise = 255;
	policy.jpeg = (KwRange){ 1, 100 };
	for (guint64 id = 0; id < N; id++) {
		KwTransform t = kw_transform_draw(&policy, 1, id, 1, H, W);

		if (!kw_transform_check(&t, H, W, &error))
			break;
		/* nearly all of it */
		policy.crop.low = id % 2 ? 0.001 : 1 - 1e-7;
	}
	test_assert_no_error(error);
}

/* One draw in 100 million; this record was searched for. */
static void
a_window_that_float32_rounds_out_is_moved_back(void **state)
{
	const guint64 id = 423730053;
	const KwRandomKey key = { .seed = 42,
				  .subject = id,
				  .round = 1,
				  .purpose = KW_PURPOSE_TRANSFORM };
	KwPolicy policy = kw_policy_none;
	GError *error = NULL;
	KwTransform t;
	float x;

	(void)state;
	policy.crop = (KwRange){ 0.001, 0.002 };
	t = kw_transform_draw(&policy, 42, id, 1, H, W);
	x = (float)(kw_random_uniform(&key, 10) * (1 - (double)t.crop.width));
	assert_true((double)x + (double)t.crop.width > 1);
	assert_true(t.crop.x == nextafterf(x, 0));
	assert_true(kw_transform_check(&t, H, W, &error));
	test_assert_no_error(error);
}

/* ---- choosing one */

/* Which columns differ from the identity, as bits. */
static guint64
changed_columns(const KwTransform *t)
{
	float values[KW_N_TRANSFORM_COLUMNS], same[KW_N_TRANSFORM_COLUMNS];
	guint64 changed = 0;

	memcpy(values, t, sizeof values);
	memcpy(same, &kw_transform_identity, sizeof same);
	for (int i = 0; i < KW_N_TRANSFORM_COLUMNS; i++)
		if (values[i] != same[i])
			changed |= G_GUINT64_CONSTANT(1) << i;
	return changed;
}

/* What is chosen has the number that it has among all. */
static void
choosing_one_changes_no_number(void **state)
{
	KwPolicy all = test_policy_everything(), one;
	const KwRandomKey key = { .seed = 42,
				  .round = 1,
				  .purpose = KW_PURPOSE_TRANSFORM };
	guint64 seen = 0;

	(void)state;
	all.zoom_uniform = TRUE;
	one = all;
	one.choose_one = TRUE;
	for (guint64 id = 0; id < 2000; id++) {
		KwTransform a = kw_transform_draw(&all, 42, id, 1, H, W);
		KwTransform b = kw_transform_draw(&one, 42, id, 1, H, W);
		float among[KW_N_TRANSFORM_COLUMNS];
		float alone[KW_N_TRANSFORM_COLUMNS];
		guint64 changed = changed_columns(&b);
		KwRandomKey of = key;

		of.subject = id;
		memcpy(among, &a, sizeof among);
		memcpy(alone, &b, sizeof alone);
		for (int i = 0; i < KW_N_TRANSFORM_COLUMNS; i++)
			if (changed & G_GUINT64_CONSTANT(1) << i)
				assert_true(alone[i] == among[i]);
		/* flips and the crop are drawn besides */
		assert_memory_equal(&a.crop, &b.crop, sizeof a.crop);
		assert_true(a.flip_horizontal == b.flip_horizontal);
		assert_true(a.flip_vertical == b.flip_vertical);
		/* nothing, then the keys in their order: the first, the last */
		double u = kw_random_uniform(&of, 33) * 22;
		assert_int_equal(u >= 1 && u < 2, b.rotation != 0);
		assert_int_equal(u >= 21, b.erase.width != 0);
		seen |= changed;
	}
	/* each column was changed in one copy or another */
	assert_true(seen == (G_GUINT64_CONSTANT(1) << 35) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shifts_of_one_and_more_are_pixels),
		cmocka_unit_test(nothing_asked_for_draws_the_identity),
		cmocka_unit_test(zoom_uniform_zooms_both_axes_alike),
		cmocka_unit_test(a_key_is_drawn_where_it_is_needed),
		cmocka_unit_test(draws_depend_on_their_key_alone),
		cmocka_unit_test(draws_are_those_of_the_format),
		cmocka_unit_test(rotation_is_that_of_the_manual),
		cmocka_unit_test(what_is_drawn_passes_the_check),
		cmocka_unit_test(
			a_window_that_float32_rounds_out_is_moved_back),
		cmocka_unit_test(choosing_one_changes_no_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
