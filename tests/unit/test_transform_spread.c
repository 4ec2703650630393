#include "tests/support/kwtest.h"
#include "tests/support/policies.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kw/transform.h"

/*
 * Statistics are held to what chance exceeds once in 10,000 times.  The draws
 * are keyed, so that a test that passes once passes always.
 */
enum { H = 120, W = 200, N = 100000 };

/* Two-sided normal quantile for 1e-4, and the one-sided one. */
#define Z_TWO_SIDED 3.8906
#define Z_ONE_SIDED 3.7190
/* Kolmogorov's, sqrt(-log(1e-4 / 2) / 2): 0.00704 for 100,000 draws. */
#define KOLMOGOROV 2.2253

/* ---- draws of everything at once */

/* Draws, one by one, out of the columns that they end up in. */
enum {
	ROTATION,
	SHIFT_X,
	SHIFT_Y,
	SHEAR,
	SHEAR_X,
	SHEAR_Y,
	ZOOM_X,
	ZOOM_Y,
	CROP_AREA,
	CROP_ASPECT,
	CROP_X,
	CROP_Y,
	CHANNEL_SHIFT,
	BRIGHTNESS,
	CONTRAST,
	SATURATION,
	HUE,
	SHARPNESS,
	BLUR,
	NOISE,
	ERASE_AREA,
	ERASE_ASPECT,
	ERASE_X,
	ERASE_Y,
	KEY,
	N_UNIFORM, /* those so far */
	POSTERIZE = N_UNIFORM,
	SOLARIZE,
	JPEG,
	FLIP_HORIZONTAL,
	FLIP_VERTICAL,
	AUTOCONTRAST,
	EQUALIZE,
	N_DRAWS,
};

/* What the manual says of them under test_policy_everything(). */
static const struct {
	const char *name;
	double low, high;
} uniform[N_UNIFORM] = {
	[ROTATION] = { "rotation", -45, 45 },
	[SHIFT_X] = { "shift_x", -0.3 * W, 0.3 * W },
	[SHIFT_Y] = { "shift_y", -7.5, 7.5 },
	[SHEAR] = { "shear", -20, 20 },
	[SHEAR_X] = { "shear_x", -0.5, 0.5 },
	[SHEAR_Y] = { "shear_y", -4, 4 },
	[ZOOM_X] = { "zoom_x", 0.5, 2 },
	[ZOOM_Y] = { "zoom_y", 0.5, 2 },
	[CROP_AREA] = { "area of crop", 0.2, 0.7 },
	/* ln 4/3 */
	[CROP_ASPECT] = { "log aspect of crop", -0.28768207, 0.28768207 },
	[CROP_X] = { "place of crop_x", 0, 1 },
	[CROP_Y] = { "place of crop_y", 0, 1 },
	[CHANNEL_SHIFT] = { "channel_shift", -50, 50 },
	[BRIGHTNESS] = { "brightness", 0.6, 1.4 },
	[CONTRAST] = { "contrast", 0.5, 1.5 },
	[SATURATION] = { "saturation", 0.001, 10 },
	[HUE] = { "hue", -18, 18 },
	[SHARPNESS] = { "sharpness", 0, 2 },
	[BLUR] = { "blur", 0, 1.5 },
	[NOISE] = { "noise", 0, 12 },
	[ERASE_AREA] = { "area of erase", 0.02, 0.33 },
	/* ln 0.3, ln 3.3 */
	[ERASE_ASPECT] = { "log aspect of erase", -1.20397280, 1.19392247 },
	[ERASE_X] = { "place of erase_x", 0, 1 },
	[ERASE_Y] = { "place of erase_y", 0, 1 },
	[KEY] = { "key", 0, 16777216 },
};

/* The place of a side as long as the image is none: NaN. */
static void
undo_rectangle(double *area, const KwRectangle *r)
{
	double width = r->width, height = r->height;

	area[0] = width * height;
	area[1] = log(width / height);
	area[2] = r->x / (1 - width);
	area[3] = r->y / (1 - height);
}

/* The draws behind a transform. */
static void
undo(double *draws, const KwTransform *t)
{
	draws[ROTATION] = t->rotation;
	draws[SHIFT_X] = t->shift_x;
	draws[SHIFT_Y] = t->shift_y;
	draws[SHEAR] = t->shear;
	draws[SHEAR_X] = t->shear_x;
	draws[SHEAR_Y] = t->shear_y;
	draws[ZOOM_X] = t->zoom_x;
	draws[ZOOM_Y] = t->zoom_y;
	undo_rectangle(&draws[CROP_AREA], &t->crop);
	draws[CHANNEL_SHIFT] = t->channel_shift;
	draws[BRIGHTNESS] = t->brightness;
	draws[CONTRAST] = t->contrast;
	draws[SATURATION] = t->saturation;
	draws[HUE] = t->hue;
	draws[SHARPNESS] = t->sharpness;
	draws[BLUR] = t->blur;
	draws[NOISE] = t->noise;
	undo_rectangle(&draws[ERASE_AREA], &t->erase);
	draws[KEY] = t->key;
	draws[POSTERIZE] = t->posterize;
	draws[SOLARIZE] = t->solarize;
	draws[JPEG] = t->jpeg;
	draws[FLIP_HORIZONTAL] = t->flip_horizontal;
	draws[FLIP_VERTICAL] = t->flip_vertical;
	draws[AUTOCONTRAST] = t->autocontrast;
	draws[EQUALIZE] = t->equalize;
}

/* *state: N_DRAWS x N numbers, copy 1 of records 0..N-1. */
static int
draw_all(void **state)
{
	double *all = g_new(double, (gsize)N_DRAWS *N);
	const KwPolicy policy = test_policy_everything();

	for (guint64 id = 0; id < N; id++) {
		KwTransform t = kw_transform_draw(&policy, 42, id, 1, H, W);
		double draws[N_DRAWS];

		undo(draws, &t);
		for (gsize i = 0; i < N_DRAWS; i++)
			all[i * N + id] = draws[i];
	}
	*state = all;
	return 0;
}

static int
free_all(void **state)
{
	g_free(*state);
	return 0;
}

/* ---- tests of Kolmogorov and Smirnov, and others */

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Are n numbers uniform in low..high?  Sorts them. */
static void
assert_uniform(const char *name, double *values, int n, double low, double high)
{
	double most = 0;

	qsort(values, n, sizeof *values, compare);
	/* float32 may round beyond the ends */
	assert_true(values[0] > low - (high - low) * 1e-6);
	assert_true(values[n - 1] < high + (high - low) * 1e-6);
	for (int i = 0; i < n; i++) {
		double cdf = (values[i] - low) / (high - low);

		most = fmax(most, cdf - (double)i / n);
		most = fmax(most, (double)(i + 1) / n - cdf);
	}
	if (most >= KOLMOGOROV / sqrt(n))
		fail_msg("%s: distance %.5f, at most %.5f", name, most,
			 KOLMOGOROV / sqrt(n));
}

/* Wilson and Hilferty's quantile of chi-squared; within 1 % of the exact. */
static double
chi_squared_limit(int freedom)
{
	double f = 2.0 / (9 * freedom);

	return freedom * pow(1 - f + Z_ONE_SIDED * sqrt(f), 3);
}

static void
assert_counts(const char *name, const int *counts, const double *expected,
	      int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += (counts[i] - expected[i]) * (counts[i] - expected[i]) /
		       expected[i];
	if (sum >= chi_squared_limit(n - 1))
		fail_msg("%s: chi-squared %.1f, at most %.1f", name, sum,
			 chi_squared_limit(n - 1));
}

static void
assert_probability(const char *name, double count, int n, double p)
{
	double off = fabs(count - n * p) / sqrt(n * p * (1 - p));

	if (off >= Z_TWO_SIDED)
		fail_msg("%s: %g of %d, %.2f standard errors from %g", name,
			 count, n, off, p);
}

/* ---- distributions */

static void
numbers_are_uniform(void **state)
{
	const double *all = *state;
	g_autofree double *values = g_new(double, N);

	for (gsize i = 0; i < N_UNIFORM; i++) {
		/* larger areas limit it: tested below */
		if (i == ERASE_ASPECT)
			continue;
		int n = 0;

		for (int k = 0; k < N; k++)
			if (!isnan(all[i * N + k]))
				values[n++] = all[i * N + k];
		assert_true(n > 0.99 * N);
		assert_uniform(uniform[i].name, values, n, uniform[i].low,
			       uniform[i].high);
	}
}

/* Up to an area of 0.3 every aspect from 0.3 to 3.3 fits. */
static void
aspects_of_erasing_are_log_uniform(void **state)
{
	const double *area = (const double *)*state + (gsize)ERASE_AREA * N;
	const double *aspect = (const double *)*state + (gsize)ERASE_ASPECT * N;
	g_autofree double *values = g_new(double, N);
	int n = 0;

	for (int i = 0; i < N; i++)
		if (area[i] < 0.3)
			values[n++] = aspect[i];
		else
			assert_true(fabs(aspect[i]) < -log(area[i]) + 1e-6);
	assert_true(n > 0.8 * N);
	assert_uniform("log aspect of erase", values, n,
		       uniform[ERASE_ASPECT].low, uniform[ERASE_ASPECT].high);
}

/* An aspect that does not fit becomes the nearest that does. */
static void
large_crops_have_the_aspects_that_fit(void **state)
{
	KwPolicy policy = kw_policy_none;
	const double most = uniform[CROP_ASPECT].high;
	g_autofree double *inside = g_new(double, N);
	double expected = 0, variance = 0;
	int n = 0;

	(void)state;
	policy.crop = (KwRange){ 0.75, 1 };
	for (guint64 id = 0; id < N; id++) {
		KwTransform t = kw_transform_draw(&policy, 42, id, 1, H, W);
		double width = t.crop.width, height = t.crop.height;
		double fits = -log(width * height), p = fits / most;

		expected += p;
		variance += p * (1 - p);
		if (width < 1 && height < 1)
			inside[n++] = log(width / height) / fits;
	}
	assert_uniform("log aspects that fit", inside, n, -1, 1);
	assert_true(fabs(n - expected) < Z_TWO_SIDED * sqrt(variance));
}

/* Uniform from low to high, then rounded: the ends have half a chance. */
static void
assert_rounded(const char *name, const double *values, int low, int high)
{
	int n = high - low + 1;
	g_autofree int *counts = g_new0(int, n);
	g_autofree double *expected = g_new(double, n);

	for (int i = 0; i < N; i++) {
		assert_true(values[i] == floor(values[i]));
		assert_in_range((int)values[i], low, high);
		counts[(int)values[i] - low]++;
	}
	for (int i = 0; i < n; i++)
		expected[i] = (double)N / (high - low);
	expected[0] /= 2;
	expected[n - 1] /= 2;
	assert_counts(name, counts, expected, n);
}

static void
whole_numbers_are_rounded_uniform_ones(void **state)
{
	const double *all = *state;

	assert_rounded("posterize", all + (gsize)POSTERIZE * N, 2, 8);
	assert_rounded("solarize", all + (gsize)SOLARIZE * N, 0, 255);
	assert_rounded("jpeg", all + (gsize)JPEG * N, 40, 95);
	for (int i = 0; i < N; i++)
		assert_true(fmod(all[(gsize)KEY * N + i], 1) == 0);
}

static void
assert_coin(const char *name, const double *values, double p)
{
	double heads = 0;

	for (int i = 0; i < N; i++) {
		assert_true(values[i] == 0 || values[i] == 1);
		heads += values[i];
	}
	assert_probability(name, heads, N, p);
}

static void
coins_fall_as_often_as_asked_for(void **state)
{
	const double *all = *state;
	KwPolicy policy = kw_policy_none;
	double erased = 0;

	assert_coin("flip_horizontal", all + (gsize)FLIP_HORIZONTAL * N, 0.5);
	assert_coin("flip_vertical", all + (gsize)FLIP_VERTICAL * N, 0.5);
	assert_coin("autocontrast", all + (gsize)AUTOCONTRAST * N, 0.3);
	assert_coin("equalize", all + (gsize)EQUALIZE * N, 0.95);
	policy.erase = 0.25;
	policy.autocontrast = 1;
	for (guint64 id = 0; id < N; id++) {
		KwTransform t = kw_transform_draw(&policy, 42, id, 1, H, W);

		assert_true(t.autocontrast == 1 && t.equalize == 0);
		assert_int_equal(t.erase.width > 0, t.erase.height > 0);
		erased += t.erase.width > 0;
	}
	assert_probability("erase", erased, N, 0.25);
}

/* 0.015 is 4.7 standard errors; there are 496 pairs. */
static void
draws_of_a_record_are_not_correlated(void **state)
{
	double *all = *state;

	/* each row becomes one of mean 0 and length 1 */
	for (gsize i = 0; i < N_DRAWS; i++) {
		double *x = all + i * N, mean = 0, square = 0;

		for (int k = 0; k < N; k++)
			mean += (isnan(x[k]) ? 0.5 : x[k]) / N;
		for (int k = 0; k < N; k++) {
			x[k] = (isnan(x[k]) ? 0.5 : x[k]) - mean;
			square += x[k] * x[k];
		}
		assert_true(square > 0);
		for (int k = 0; k < N; k++)
			x[k] /= sqrt(square);
	}
	for (gsize i = 0; i < N_DRAWS; i++) {
		for (gsize j = 0; j < i; j++) {
			double r = 0;

			for (int k = 0; k < N; k++)
				r += all[i * N + k] * all[j * N + k];
			if (!(fabs(r) < 0.015))
				fail_msg("draws %zu and %zu: r = %.4f", i, j,
					 r);
		}
	}
}

/* ---- choosing one */

/* The one column but for the fill that differs from the identity; else n. */
static int
changed_column(const KwTransform *t, const char *const *columns, int n)
{
	float values[KW_N_TRANSFORM_COLUMNS], same[KW_N_TRANSFORM_COLUMNS];
	int changed = n;

	memcpy(values, t, sizeof values);
	memcpy(same, &kw_transform_identity, sizeof same);
	for (int i = 0; i < KW_N_TRANSFORM_COLUMNS; i++) {
		if (values[i] == same[i] ||
		    strcmp(kw_transform_columns[i], "fill") == 0)
			continue;
		assert_int_equal(changed, n);
		changed = 0;
		while (strcmp(columns[changed], kw_transform_columns[i]) != 0)
			assert_true(++changed < n);
	}
	return changed;
}

/* TrivialAugment: nothing, or one of 13, each as often. */
static void
trivial_does_one_thing_at_a_time(void **state)
{
	static const char *const columns[] = {
		"rotation",     "shift_x",  "shift_y",   "shear_x",
		"shear_y",      "contrast", "posterize", "solarize",
		"autocontrast", "equalize", "sharpness", "saturation",
		"brightness",
	};
	enum { NOTHING = G_N_ELEMENTS(columns), N_CHOICES };
	int counts[N_CHOICES] = { 0 };
	double expected[N_CHOICES];
	KwPolicy policy;

	(void)state;
	assert_true(kw_policy_load(&policy, "trivial", NULL));
	for (guint64 id = 0; id < N; id++) {
		KwTransform t = kw_transform_draw(&policy, 42, id, 1, H, W);

		counts[changed_column(&t, columns, NOTHING)]++;
	}
	for (int i = 0; i < N_CHOICES; i++)
		expected[i] = (double)N / N_CHOICES;
	/* 8 bits are nothing as well: half of a step of 6 */
	expected[6] -= (double)N / N_CHOICES / 12;
	expected[NOTHING] += (double)N / N_CHOICES / 12;
	assert_counts("choice", counts, expected, N_CHOICES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_uniform),
		cmocka_unit_test(aspects_of_erasing_are_log_uniform),
		cmocka_unit_test(large_crops_have_the_aspects_that_fit),
		cmocka_unit_test(whole_numbers_are_rounded_uniform_ones),
		cmocka_unit_test(coins_fall_as_often_as_asked_for),
		cmocka_unit_test(trivial_does_one_thing_at_a_time),
		/* the last, as it changes the draws that all share */
		cmocka_unit_test(draws_of_a_record_are_not_correlated),
	};

	return cmocka_run_group_tests(tests, draw_all, free_all) != 0;
}
