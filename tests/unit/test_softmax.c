/* Softmax and cross-entropy: values, gradients, and logits out of bounds. */
#include "tests/support/kwtest.h"

#include <float.h>
#include <math.h>

#include "train/softmax.h"

static void
test_values(void **state)
{
	const float logits[] = { 1, 2, 3, -1, 0.5f, 0.25f };
	const gint32 labels[] = { 2, 0 };
	double expected = 0;
	float p[6];

	(void)state;
	softmax_forward(p, logits, 2, 3);
	for (int i = 0; i < 2; i++) {
		double sum = 0;

		for (int k = 0; k < 3; k++)
			sum += exp((double)logits[3 * i + k]);
		for (int k = 0; k < 3; k++)
			assert_true(fabs((double)p[3 * i + k] -
					 exp((double)logits[3 * i + k]) / sum) <
				    1e-7);
		expected += log(sum) - (double)logits[3 * i + labels[i]];
	}
	assert_true(fabs(softmax_cross_entropy(logits, labels, 2, 3, NULL) -
			 expected) < 1e-12);
}

static void
test_uniform(void **state)
{
	const float logits[] = { 7, 7 };
	const gint32 label = 1;

	(void)state;
	assert_true(fabs(softmax_cross_entropy(logits, &label, 1, 2, NULL) -
			 log(2)) < 1e-15);
}

static void
test_huge_logits(void **state)
{
	static const float sizes[] = { 1e3f, 1e10f, 1e30f, FLT_MAX };

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		const float logits[] = { sizes[i], -sizes[i], 0 };
		float p[3];

		softmax_forward(p, logits, 1, 3);
		assert_true(p[0] == 1 && p[1] == 0 && p[2] == 0);
		for (gint32 label = 0; label < 3; label++)
			assert_true(softmax_cross_entropy(logits, &label, 1, 3,
							  NULL) ==
				    (double)logits[0] - (double)logits[label]);
	}
}

/* A constant added to all logits changes nothing. */
static void
test_shift(void **state)
{
	const float a[] = { 0.5f, -1, 0.25f }, b[] = { 256.5f, 255, 256.25f };
	const gint32 label = 1;
	float p[3], q[3];

	(void)state;
	softmax_forward(p, a, 1, 3);
	softmax_forward(q, b, 1, 3);
	for (int k = 0; k < 3; k++)
		assert_true(p[k] == q[k]);
	assert_true(fabs(softmax_cross_entropy(a, &label, 1, 3, NULL) -
			 softmax_cross_entropy(b, &label, 1, 3, NULL)) < 1e-12);
}

static const float weights[] = { 0.5f, 1, 3 };

/*
 * NumPy, with p the softmax of the logits z, w the weights, y the labels:
 *	t = numpy.eye(3)[y] * (1 - s) + s / 3
 *	(w[y] * -(t * numpy.log(p)).sum(1)).sum()
 *	(p - t) * w[y][:, None] / 2
 */
static void
test_weights_and_smoothing(void **state)
{
	const float logits[] = { 1, 2, 3, -1, 0.5f, 0.25f };
	const gint32 labels[] = { 2, 0 };
	const Loss smoothed = { NULL, 0.1 };
	const Loss weighted = { weights, 0 };
	const Loss both = { weights, 0.1 };
	const float gradient[] = { 0.0850458598f,  0.3170927066f,
				   -0.4021385663f, -0.2054689656f,
				   0.1165460991f,  0.0889228665f };
	float p[6], d[6];

	(void)state;
	assert_true(
		fabs(softmax_cross_entropy(logits, labels, 2, 3, &smoothed) -
		     2.6100514841796283) < 1e-14);
	assert_true(
		fabs(softmax_cross_entropy(logits, labels, 2, 3, &weighted) -
		     2.3198739865340983) < 1e-14);
	assert_true(fabs(softmax_cross_entropy(logits, labels, 2, 3, &both) -
			 2.574040653200765) < 1e-14);
	softmax_forward(p, logits, 2, 3);
	softmax_backward(d, p, labels, 2, 2, 3, &both);
	/* probabilities have 24 bits, and weights of up to 3 / 2 */
	test_assert_close(d, gradient, 6, 2e-7, 0);
}

/* Neutral settings change nothing, to the bit. */
static void
test_neutral(void **state)
{
	const float logits[] = { 1, 2, 3, -1, 0.5f, 0.25f };
	const float ones[] = { 1, 1, 1 };
	const gint32 labels[] = { 2, 0 };
	const Loss neutral = { ones, 0 };
	float p[6], a[6], b[6];

	(void)state;
	assert_true(softmax_cross_entropy(logits, labels, 2, 3, &neutral) ==
		    softmax_cross_entropy(logits, labels, 2, 3, NULL));
	softmax_forward(p, logits, 2, 3);
	softmax_backward(a, p, labels, 2, 2, 3, &neutral);
	softmax_backward(b, p, labels, 2, 2, 3, NULL);
	assert_memory_equal(a, b, sizeof a);
}

/* All of the target spread evenly: the label says nothing. */
static void
test_smoothed_away(void **state)
{
	const float logits[] = { 0.5f, -1, 0.25f };
	const gint32 labels[] = { 0, 1, 2 };
	const Loss even = { NULL, 1 };

	(void)state;
	for (int k = 1; k < 3; k++)
		assert_true(fabs(softmax_cross_entropy(logits, labels, 1, 3,
						       &even) -
				 softmax_cross_entropy(logits, labels + k, 1, 3,
						       &even)) < 1e-15);
}

static void
test_balanced(void **state)
{
	const gsize counts[] = { 6, 3, 0, 1 };
	/* 10 images, 4 classes: 10 / (4 * 6), ... */
	const float expected[] = { 10 / 24.0f, 10 / 12.0f, 1, 2.5f };
	g_autofree float *balanced = loss_balanced_weights(counts, 4);

	(void)state;
	assert_memory_equal(balanced, expected, sizeof expected);
}

/* Of the mean over 3 rows, in a batch of 5; the other two count for nothing. */
static void
check_gradient(const Loss *loss)
{
	enum { BATCH = 5, N = 3, CLASSES = 3 };
	const gint32 labels[N] = { 2, 0, 1 };
	const float h = 0x1p-6f;
	float logits[BATCH * CLASSES], p[BATCH * CLASSES], d[BATCH * CLASSES];

	for (int i = 0; i < BATCH * CLASSES; i++) {
		logits[i] = (float)(i * 7 % 11) / 4;
		d[i] = NAN;
	}
	softmax_forward(p, logits, BATCH, CLASSES);
	softmax_backward(d, p, labels, N, BATCH, CLASSES, loss);
	for (int i = 0; i < BATCH * CLASSES; i++) {
		const float value = logits[i];
		double up, down;

		logits[i] = value + h;
		up = softmax_cross_entropy(logits, labels, N, CLASSES, loss);
		logits[i] = value - h;
		down = softmax_cross_entropy(logits, labels, N, CLASSES, loss);
		logits[i] = value;
		/* the third derivative is below 1/4, times a weight of 3 */
		assert_true(fabs((up - down) / (2 * (double)h) / N -
				 (double)d[i]) < 3e-5);
		if (i >= N * CLASSES)
			assert_true(d[i] == 0);
	}
}

static void
test_gradient(void **state)
{
	const Loss both = { weights, 0.3 };

	(void)state;
	check_gradient(NULL);
	check_gradient(&both);
}

static void
test_argmax(void **state)
{
	const float values[] = { -3, -1, -2, -1 };

	(void)state;
	assert_int_equal(argmax(values, 4), 1);
	assert_int_equal(argmax(values, 1), 0);
	assert_int_equal(argmax(values + 2, 2), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_uniform),
		cmocka_unit_test(test_huge_logits),
		cmocka_unit_test(test_shift),
		cmocka_unit_test(test_weights_and_smoothing),
		cmocka_unit_test(test_neutral),
		cmocka_unit_test(test_smoothed_away),
		cmocka_unit_test(test_balanced),
		cmocka_unit_test(test_gradient),
		cmocka_unit_test(test_argmax),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
