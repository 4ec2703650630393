/* Evaluation against images that are looked at one at a time. */
#include "tests/support/kwtest.h"

#include <math.h>
#include <string.h>

#include "tests/support/params.h"
#include "tests/support/traindata.h"
#include "train/evaluate.h"
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
		expected->predicted[i] = argmax(p, classes);
		expected->confidence[i] = p[argmax(p, classes)];
		expected->truth[i] = p[label];
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
	gint32 predicted[11];
	float confidence[11], truth[11];
	Evaluation expected = { .confusion = confusion,
				.predicted = predicted,
				.confidence = confidence,
				.truth = truth };
	GError *error = NULL;
	gsize total = 0, diagonal = 0;

	(void)state;
	test_network_fill(network, 3);
	g_autoptr(Evaluation) e = evaluate(network, val, NULL, NULL, &error);
	test_assert_no_error(error);
	evaluate_singly(network, val, &expected);
	assert_int_equal(e->classes, 3);
	assert_int_equal(e->n, 11);
	assert_int_equal(e->correct, expected.correct);
	assert_true(e->accuracy == (double)expected.correct / 11);
	assert_true(fabs(e->loss - expected.loss) < 1e-5);
	assert_memory_equal(e->confusion, confusion, sizeof confusion);
	assert_memory_equal(e->predicted, predicted, sizeof predicted);
	/* Sums in another order, as the batches are of another size. */
	test_assert_close(e->confidence, confidence, 11, 1e-5, 0);
	test_assert_close(e->truth, truth, 11, 1e-5, 0);
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
	g_autoptr(Evaluation) a = evaluate(four, val, NULL, NULL, NULL);
	g_autoptr(Evaluation) b = evaluate(twenty, val, NULL, NULL, NULL);
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
	g_autoptr(Evaluation) e = evaluate(network, test, NULL, NULL, &error);
	test_assert_no_error(error);
	assert_int_equal(e->n, 0);
	assert_true(e->accuracy == 0 && e->loss == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_evaluate),
		cmocka_unit_test(test_batch_size_does_not_matter),
		cmocka_unit_test(test_nothing_to_evaluate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
