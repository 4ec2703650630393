/* First weights: Keras's for the head, unit variance for the body. */
#include "tests/support/kwtest.h"

#include <math.h>
#include <string.h>

#include "tests/support/params.h"
#include "tests/support/traindata.h"
#include "train/initialise.h"

static const NetworkSpec small = {
	.batch = 8,
	.height = 32,
	.width = 32,
	.channels = 3,
	.classes = 2,
	.n_head = 2,
	.head = { 1024, 1024 },
	.dropout = 0.5,
	.l2 = 0.01,
	.freeze = 22,
	.training = TRUE,
	.seed = 42,
	.threads = 2,
};

static const TrainData data = {
	.height = 32,
	.width = 32,
	.channels = 3,
	.classes = 2,
	.counts = { 10, 0, 0 },
	.standardize = KW_STANDARDIZE_RESCALE,
};

static void
initialise(Network *network, const Samples *samples)
{
	GError *error = NULL;

	if (samples != NULL)
		initialise_body(network, samples, &error);
	test_assert_no_error(error);
	initialise_head(network, &error);
	test_assert_no_error(error);
}

/* Glorot uniform: within +-limit, mean 0, variance limit^2 / 3. */
static void
check_glorot(const Network *network, guint i)
{
	const Layer *layer = network_dense(network, i);
	const gsize n = keras_floats(layer->kernel);
	const double limit = sqrt(
		6.0 / (double)(shape_size(layer->in) + (gsize)layer->out.c));
	g_autofree float *kernel = values_new(network->dnn, layer->kernel);
	g_autofree float *bias = values_new(network->dnn, layer->bias);
	double sum = 0, squares = 0;

	for (gsize k = 0; k < n; k++) {
		double value = (double)kernel[k] / limit;

		assert_true(fabs(value) <= 1);
		sum += value;
		squares += value * value;
	}
	/* Four standard deviations. */
	assert_true(fabs(sum / (double)n) < 4 * sqrt(1.0 / 3 / (double)n));
	assert_true(fabs(squares / (double)n - 1.0 / 3) <
		    4 * sqrt(4.0 / 45 / (double)n));
	for (int k = 0; k < layer->out.c; k++)
		assert_true(bias[k] == 0);
}

static void
test_head(void **state)
{
	NetworkSpec spec = small;

	(void)state;
	g_autoptr(Network) network = test_network_new(&spec);
	g_autoptr(Network) again = test_network_new(&spec);
	spec.seed = 43;
	g_autoptr(Network) seeded = test_network_new(&spec);
	initialise(network, NULL);
	initialise(again, NULL);
	initialise(seeded, NULL);
	for (guint i = 0; i < 3; i++) {
		const Param *a = network_dense(network, i)->kernel;
		const gsize bytes = keras_floats(a) * sizeof(float);
		g_autofree float *x = values_new(network->dnn, a);
		g_autofree float *y =
			values_new(again->dnn, network_dense(again, i)->kernel);
		g_autofree float *z = values_new(
			seeded->dnn, network_dense(seeded, i)->kernel);

		check_glorot(network, i);
		assert_memory_equal(x, y, bytes);
		assert_memory_not_equal(x, z, bytes);
	}
}

/*
 * The seed recipe at two classes: 0.01 * sum of 1024 x 1024 squares of variance
 * 2 / 2048 is 10.24, and the cross-entropy of a head that knows nothing log 2.
 */
static void
test_first_loss(void **state)
{
	const gint32 labels[] = { 0, 1, 0, 1, 0, 1, 0, 1 };
	g_autoptr(KwDataset) dataset = train_data_open(&data);
	g_autoptr(Samples) train = samples_read(dataset, KW_TRAIN, NULL);
	g_autoptr(Network) network = test_network_new(&small);
	double cross_entropy;
	int correct;

	(void)state;
	initialise(network, train);
	/* The input still holds samples, the last of the initialisation's. */
	test_network_forward(network, TRUE, 0);
	cross_entropy =
		network_cross_entropy(network, labels, 8, NULL, &correct) / 8;
	assert_true(fabs(network_l2_loss(network) - 10.24) < 0.05);
	assert_true(fabs(cross_entropy - log(2)) < 0.3);
}

/*
 * With the samples as input, what goes into the ReLU of every layer has unit
 * variance: the mean square behind it is a half.
 */
static void
check_body(const TrainData *set)
{
	NetworkSpec spec = small;
	g_autoptr(KwDataset) dataset = train_data_open(set);
	g_autoptr(Samples) train = samples_read(dataset, KW_TRAIN, NULL);
	const KwDatasetInfo *info = kw_dataset_info(dataset);
	const gsize size = kw_dataset_image_size(info);
	g_autofree guint8 *pixels = g_malloc(train->n * size);

	spec.channels = set->channels;
	spec.batch = (int)train->n;
	spec.freeze = 0; /* so that all activations are kept */
	spec.head[0] = spec.head[1] = 4;
	g_autoptr(Network) network = test_network_new(&spec);
	initialise(network, train);
	kw_dataset_read_images(dataset, KW_TRAIN, 0, train->n, pixels, NULL);
	for (gsize i = 0; i < train->n * size; i++) {
		gsize c = i % (gsize)set->channels;

		network->input[i] =
			(float)pixels[i] * info->scale[c] + info->offset[c];
	}
	test_network_forward(network, FALSE, 0);
	for (guint i = 0; i < VGG19_CONVOLUTIONS; i++) {
		const Layer *layer = network_conv(network, i);
		const gsize n = layer_out_size(layer);
		const float *dst = layer->dst;
		double sum = 0, squares = 0;

		for (gsize k = 0; k < n; k++) {
			sum += (double)dst[k];
			squares += (double)dst[k] * (double)dst[k];
		}
		sum /= (double)n;
		squares /= (double)n;
		if (!(sum > 0.25 && sum < 0.5 && squares > 0.3 &&
		      squares < 0.7))
			fail_msg("%s: mean %g, mean square %g", layer->name,
				 sum, squares);
	}
}

static void
test_body(void **state)
{
	(void)state;
	check_body(&data);
}

/* Pixels of 0..255 are no other case. */
static void
test_body_of_raw_gray(void **state)
{
	TrainData raw = data;

	(void)state;
	raw.channels = 1;
	raw.standardize = KW_STANDARDIZE_NONE;
	check_body(&raw);
}

/* In one batch the layers below are not run again, which changes nothing. */
static void
test_body_in_batches(void **state)
{
	g_autoptr(KwDataset) dataset = train_data_open(&data);
	g_autoptr(Samples) train = samples_read(dataset, KW_TRAIN, NULL);
	NetworkSpec one = small, two = small;

	(void)state;
	one.batch = (int)train->n;
	two.batch = (int)train->n / 2;
	one.head[0] = one.head[1] = two.head[0] = two.head[1] = 4;
	g_autoptr(Network) x = test_network_new(&one);
	g_autoptr(Network) y = test_network_new(&two);
	initialise(x, train);
	initialise(y, train);
	for (guint i = 0; i < VGG19_CONVOLUTIONS; i++) {
		const Param *kernel = network_conv(x, i)->kernel;
		g_autofree float *a = values_new(x->dnn, kernel);
		g_autofree float *b =
			values_new(y->dnn, network_conv(y, i)->kernel);

		/* The mean square is summed in another order. */
		test_assert_close(a, b, keras_floats(kernel), 1e-4, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_first_loss),
		cmocka_unit_test(test_body),
		cmocka_unit_test(test_body_of_raw_gray),
		cmocka_unit_test(test_body_in_batches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
