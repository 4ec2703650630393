/*
 * Statistics of evaluations that are written down here.  Expected values were
 * worked out by hand and with Python, or are those of the publications named.
 */
#include "tests/support/kwtest.h"

#include <math.h>
#include <string.h>

#include "train/metrics.h"

/* Doubles that were computed in another order of sums. */
static void
check(double value, double expected)
{
	if (!(fabs(value - expected) <= 1e-12))
		fail_msg("%.17g, not %.17g", value, expected);
}

/*
 * Newcombe (1998), Statistics in Medicine 17:857, table I, method 3: 81/263,
 * 15/148, 0/20, 1/29.  The others from the formula, computed elsewhere.
 */
static void
test_wilson(void **state)
{
	static const struct {
		gsize correct, n;
		double low, high;
	} known[] = {
		{ 81, 263, 0.2553, 0.3662 },
		{ 15, 148, 0.0624, 0.1605 },
		{ 0, 20, 0, 0.1611 },
		{ 1, 29, 0.0061, 0.1718 },
		{ 0, 10, 0, 0.2775 },
		{ 10, 10, 0.7225, 1 },
		{ 5, 10, 0.2366, 0.7634 },
		{ 1, 1, 0.2065, 1 },
		{ 8509, 10000, 0.8438, 0.8577 },
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
		double low, high;

		wilson_interval(known[i].correct, known[i].n, &low, &high);
		if (fabs(low - known[i].low) > 5.1e-5 ||
		    fabs(high - known[i].high) > 5.1e-5)
			fail_msg("%zu of %zu: %.6f to %.6f", known[i].correct,
				 known[i].n, low, high);
	}
}

/* The ends are where a test of p against the observed share just rejects. */
static void
test_wilson_inverts_the_score_test(void **state)
{
	(void)state;
	for (gsize n = 1; n < 60; n += 7)
		for (gsize correct = 1; correct < n; correct++) {
			const double share = (double)correct / (double)n;
			double ends[2];

			wilson_interval(correct, n, &ends[0], &ends[1]);
			for (int i = 0; i < 2; i++) {
				double p = ends[i];
				double z = (share - p) /
					   sqrt(p * (1 - p) / (double)n);

				assert_true(fabs(fabs(z) - 1.959964) < 1e-6);
			}
			assert_true(ends[0] < share && share < ends[1]);
		}
}

/*
 * Class 2 is never predicted and class 3 has no images: shares of nothing are
 * 0, and count in the means.
 */
static void
test_class_scores(void **state)
{
	gsize confusion[] = { 6, 2, 0, 0, 1, 3, 0, 1, 2, 1, 0, 0, 0, 0, 0, 0 };
	const Evaluation e = { .classes = 4, .n = 16, .confusion = confusion };
	ClassScore macro;
	g_autofree ClassScore *s = metrics_class_scores(&e, &macro);

	(void)state;
	check(s[0].precision, 6.0 / 9);
	check(s[0].recall, 6.0 / 8);
	check(s[0].f1, 12.0 / 17);
	check(s[1].precision, 3.0 / 6);
	check(s[1].recall, 3.0 / 5);
	check(s[1].f1, 6.0 / 11);
	for (int k = 2; k < 4; k++) {
		check(s[k].precision, 0);
		check(s[k].recall, 0);
		check(s[k].f1, 0);
	}
	for (int k = 0; k < 4; k++) {
		static const gsize support[] = { 8, 5, 3, 0 };
		static const gsize predicted[] = { 9, 6, 0, 1 };

		assert_int_equal(s[k].support, support[k]);
		assert_int_equal(s[k].predicted, predicted[k]);
	}
	check(macro.precision, (6.0 / 9 + 3.0 / 6) / 4);
	check(macro.recall, (6.0 / 8 + 3.0 / 5) / 4);
	check(macro.f1, (12.0 / 17 + 6.0 / 11) / 4);
	assert_int_equal(macro.support, 16);
	assert_int_equal(macro.predicted, 16);
}

/* ---- calibration */

/*
 * In fifteenths, bins exclude their lower end: 1/3 is the end of bin 4 (from
 * 0), 0.34 is in bin 5, 1 in bin 14.
 */
static void
test_calibration(void **state)
{
	float confidence[] = { 1, 0.95f, 0.96f, 0.34f, 0.3333f, 0.5f };
	gint32 predicted[] = { 0, 1, 1, 0, 1, 0 };
	gint32 labels[] = { 0, 1, 0, 0, 0, 1 };
	const Evaluation e = { .classes = 2,
			       .n = 6,
			       .predicted = predicted,
			       .confidence = confidence };
	const Samples samples = { .n = 6, .labels = labels };
	const Calibration c = metrics_calibration(&e, &samples);
	gsize n = 0;

	(void)state;
	assert_int_equal(c.bins[14].n, 3);
	check(c.bins[14].accuracy, 2.0 / 3);
	assert_true(fabs(c.bins[14].confidence - 2.91 / 3) < 1e-7);
	assert_int_equal(c.bins[4].n, 1);
	check(c.bins[4].accuracy, 0);
	assert_int_equal(c.bins[5].n, 1);
	check(c.bins[5].accuracy, 1);
	assert_int_equal(c.bins[7].n, 1);
	for (int b = 0; b < CALIBRATION_BINS; b++)
		n += c.bins[b].n;
	assert_int_equal(n, 6);
	/* float32 confidences: the seventh digit */
	assert_true(fabs(c.confidence - 4.0833 / 6) < 1e-7);
	assert_true(fabs(c.error - (0.91 + 0.66 + 0.3333 + 0.5) / 6) < 1e-7);
}

/* Ends of bins that float32 holds exactly: 0.2 and 0.6 it does not. */
static void
test_calibration_ends(void **state)
{
	float confidence[] = { 0, 1e-9f, 1 };
	gint32 zeros[] = { 0, 0, 0 };
	const Evaluation e = { .classes = 2,
			       .n = 3,
			       .predicted = zeros,
			       .confidence = confidence };
	const Samples samples = { .n = 3, .labels = zeros };
	const Calibration c = metrics_calibration(&e, &samples);

	(void)state;
	assert_int_equal(c.bins[0].n, 2);
	assert_int_equal(c.bins[14].n, 1);
	check(c.bins[14].confidence, 1);
	/* What is no number breaks nothing. */
	confidence[1] = NAN;
	assert_int_equal(metrics_calibration(&e, &samples).bins[0].n, 2);
}

static void
test_a_calibrated_network(void **state)
{
	enum { N = 400 };
	float confidence[N];
	gint32 predicted[N], labels[N];
	const Evaluation e = { .classes = 2,
			       .n = N,
			       .predicted = predicted,
			       .confidence = confidence };
	const Samples samples = { .n = N, .labels = labels };

	(void)state;
	for (int i = 0; i < N; i++) {
		confidence[i] = 0.75f;
		predicted[i] = 1;
		labels[i] = i % 4 != 0;
	}
	check(metrics_calibration(&e, &samples).error, 0);
	/* Always right, but never more than three quarters sure. */
	for (int i = 0; i < N; i++)
		labels[i] = 1;
	check(metrics_calibration(&e, &samples).error, 0.25);
}

/* ---- groups */

typedef struct {
	gsize right, n; /* images of a group */
} Group;

/* The groups' images lie between each other, as in a file. */
static GroupAccuracy
group_accuracy(const Group *groups, int n_groups)
{
	gint32 predicted[512], labels[512];
	guint64 ids[512];
	gsize n = 0;

	for (gsize k = 0; k < 512; k++)
		for (int g = n_groups; g-- > 0;) {
			if (k >= groups[g].n)
				continue;
			assert_true(n < 512);
			ids[n] = G_GUINT64_CONSTANT(0xf000000000000000) *
					 (guint64)(g % 2) +
				 (guint64)g;
			labels[n] = (gint32)(n % 3);
			predicted[n] = k < groups[g].right ? labels[n] : 7;
			n++;
		}
	const Evaluation e = { .classes = 8, .n = n, .predicted = predicted };
	const Samples samples = { .n = n, .labels = labels, .group_ids = ids };

	return metrics_groups(&e, &samples);
}

/* Student's t is taken from an expansion: its third digit may differ. */
static void
check_groups(const Group *groups, int n, double accuracy, double low,
	     double high)
{
	const GroupAccuracy a = group_accuracy(groups, n);

	assert_int_equal(a.groups, n);
	check(a.accuracy, accuracy);
	if (fabs(a.interval.low - low) > 5e-4 ||
	    fabs(a.interval.high - high) > 5e-4)
		fail_msg("%.6f to %.6f, not %.6f to %.6f", a.interval.low,
			 a.interval.high, low, high);
}

/* With Student's t by numerical integration, and Wilson's formula. */
static void
test_groups(void **state)
{
	static const Group small[] = { { 3, 4 }, { 1, 1 }, { 0, 2 }, { 2, 3 } };
	static const Group even[] = {
		{ 40, 50 }, { 41, 50 }, { 42, 50 }, { 39, 50 }, { 81, 100 }
	};
	static const Group two[] = { { 40, 50 }, { 41, 50 } };

	(void)state;
	/* as few as 5.25 independent images, and t of 3 degrees */
	check_groups(small, 4, 29.0 / 48, 0.132765, 0.938338);
	/* They differ less than independent images would: no more images are
	 * counted than there are. */
	check_groups(even, 5, 0.81, 0.739658, 0.864810);
	check_groups(two, 2, 0.81, 0.255692, 0.981449);
}

static void
test_groups_of_one_kind(void **state)
{
	static const Group right[] = { { 9, 9 }, { 2, 2 }, { 1, 1 } };
	static const Group wrong[] = { { 0, 9 }, { 0, 2 }, { 0, 1 } };
	static const Group half[] = { { 1, 2 }, { 2, 4 }, { 3, 6 } };
	const GroupAccuracy one = group_accuracy(half + 2, 1);
	const GroupAccuracy none = group_accuracy(half, 0);

	(void)state;
	/* Wilson of 3 of 3, and of 0 of 3 */
	check_groups(right, 3, 1, 0.438503, 1);
	check_groups(wrong, 3, 0, 0, 0.561497);
	/* No variance at all: the 12 images, with t of 2 degrees. */
	check_groups(half, 3, 0.5, 0.110538, 0.889462);
	assert_int_equal(one.groups, 1);
	check(one.accuracy, 0.5);
	check(one.interval.low, 0);
	check(one.interval.high, 1);
	assert_int_equal(none.groups, 0);
	check(none.accuracy, 0);
}

/*
 * When each image is a group, the interval is Wilson's but for Student's t,
 * which is 1.9687 for 271 images instead of 1.9600.
 */
static void
test_groups_of_one_image(void **state)
{
	Group groups[271];
	GroupAccuracy a;
	double low, high;

	(void)state;
	for (int i = 0; i < 271; i++)
		groups[i] = (Group){ i < 200, 1 };
	a = group_accuracy(groups, 271);
	wilson_interval(200, 271, &low, &high);
	assert_int_equal(a.groups, 271);
	check(a.accuracy, 200.0 / 271);
	assert_true(fabs(a.interval.low - low) < 1e-3);
	assert_true(fabs(a.interval.high - high) < 1e-3);
}

/*
 * Bursts that are right or wrong as a whole say as much as one image each: the
 * interval of 20 bursts of 10 is near Wilson's of 20 images, not of 200.
 */
static void
test_bursts(void **state)
{
	Group groups[20];
	GroupAccuracy a;
	double low, high;

	(void)state;
	for (int i = 0; i < 20; i++)
		groups[i] = (Group){ i < 15 ? 10 : 0, 10 };
	a = group_accuracy(groups, 20);
	wilson_interval(15, 20, &low, &high);
	check(a.accuracy, 0.75);
	assert_true(a.interval.low < low && low - a.interval.low < 0.03);
	assert_true(a.interval.high > high && a.interval.high - high < 0.03);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wilson),
		cmocka_unit_test(test_wilson_inverts_the_score_test),
		cmocka_unit_test(test_class_scores),
		cmocka_unit_test(test_calibration),
		cmocka_unit_test(test_calibration_ends),
		cmocka_unit_test(test_a_calibrated_network),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_groups_of_one_kind),
		cmocka_unit_test(test_groups_of_one_image),
		cmocka_unit_test(test_bursts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
