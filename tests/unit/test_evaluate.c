/* Evaluation, and the interval around an accuracy. */
#include "tests/support/kwtest.h"

#include <math.h>
#include <string.h>

#include "tests/support/params.h"
#include "tests/support/traindata.h"
#include "train/evaluate.h"
#include "train/metrics.h"
#include "train/softmax.h"

static const NetworkSpec small = {
	.batch = 4,
	.height = 33,
	.width = 40,
	.channels = 1,
	.classes = 3,
	.n_head = 1,
	.head = { 16 },
	.dropout = 0.5,
	.l2 = 0.125,
	.freeze = 22,
	.training = TRUE,
	.threads = 2,
};

static const TrainData data = {
	.height = 33,
	.width = 40,
	.channels = 1,
	.classes = 3,
	.counts = { 1, 11, 0 },
	.standardize = KW_STANDARDIZE_RESCALE,
};

/* One image at a time: what the whole should come to. */
static void
evaluate_singly(Network *network, const Samples *samples, Evaluation *expected)
{
	const gsize size = shape_size(network->layers[0]->in);
	const int classes = network->spec.classes;
	g_autofree guint8 *pixels = g_malloc(size);
	double sum = 0;

	for (gsize i = 0; i < samples->n; i++) {
		const float *p = network->probabilities;
		const gint32 label = samples->labels[i];

		kw_dataset_read_images(samples->dataset, samples->split, i, 1,
				       pixels, NULL);
		for (gsize k = 0; k < size; k++)
			network->input[k] = (float)pixels[k] / 255;
		test_network_forward(network, FALSE, 0);
		sum -= log((double)p[label]);
		expected->confusion[label * classes + argmax(p, classes)]++;
		expected->correct += argmax(p, classes) == label;
	}
	expected->loss = sum / (double)samples->n + network_l2_loss(network);
}

static void
test_evaluate(void **state)
{
	g_autoptr(KwDataset) dataset = train_data_open(&data);
	g_autoptr(Samples) val = samples_read(dataset, KW_VAL, NULL);
	g_autoptr(Network) network = test_network_new(&small);
	gsize confusion[9] = { 0 };
	Evaluation expected = { .confusion = confusion };
	GError *error = NULL;
	gsize total = 0, diagonal = 0;

	(void)state;
	test_network_fill(network, 3);
	g_autoptr(Evaluation) e = evaluate(network, val, &error);
	test_assert_no_error(error);
	evaluate_singly(network, val, &expected);
	assert_int_equal(e->classes, 3);
	assert_int_equal(e->n, 11);
	assert_int_equal(e->correct, expected.correct);
	assert_true(e->accuracy == (double)expected.correct / 11);
	assert_true(fabs(e->loss - expected.loss) < 1e-5);
	assert_memory_equal(e->confusion, confusion, sizeof confusion);
	for (int i = 0; i < 9; i++)
		total += e->confusion[i];
	for (int i = 0; i < 3; i++)
		diagonal += e->confusion[4 * i];
	assert_int_equal(total, e->n);
	assert_int_equal(diagonal, e->correct);
	/* Rows are labels: 4, 4 and 3 of the eleven. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(e->confusion[3 * i] + e->confusion[3 * i + 1] +
					 e->confusion[3 * i + 2],
				 i < 2 ? 4 : 3);
}

/* The last batch is not filled up with something else. */
static void
test_batch_size_does_not_matter(void **state)
{
	g_autoptr(KwDataset) dataset = train_data_open(&data);
	g_autoptr(Samples) val = samples_read(dataset, KW_VAL, NULL);
	NetworkSpec spec = small;
	g_autoptr(Network) four = test_network_new(&spec);

	(void)state;
	spec.batch = 20;
	g_autoptr(Network) twenty = test_network_new(&spec);
	test_network_fill(four, 3);
	test_network_copy(twenty, four);
	g_autoptr(Evaluation) a = evaluate(four, val, NULL);
	g_autoptr(Evaluation) b = evaluate(twenty, val, NULL);
	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(a->correct, b->correct);
	assert_true(fabs(a->loss - b->loss) < 1e-5);
}

static void
test_nothing_to_evaluate(void **state)
{
	g_autoptr(KwDataset) dataset = train_data_open(&data);
	g_autoptr(Samples) test = samples_read(dataset, KW_TEST, NULL);
	g_autoptr(Network) network = test_network_new(&small);
	GError *error = NULL;

	(void)state;
	g_autoptr(Evaluation) e = evaluate(network, test, &error);
	test_assert_no_error(error);
	assert_int_equal(e->n, 0);
	assert_true(e->accuracy == 0 && e->loss == 0);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_evaluate),
		cmocka_unit_test(test_batch_size_does_not_matter),
		cmocka_unit_test(test_nothing_to_evaluate),
		cmocka_unit_test(test_wilson),
		cmocka_unit_test(test_wilson_inverts_the_score_test),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
