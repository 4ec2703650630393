/*
 * Features: the same bits wherever the image is in its batch, and as good as
 * the image for all that comes after, in every mode that this CPU has.
 */
#include "tests/support/kwtest.h"

#include <string.h>

#include "tests/support/bench.h"
#include "tests/support/params.h"
#include "tests/support/traindata.h"

enum { BATCH = 5, HEIGHT = 48, WIDTH = 64 };

static const NetworkSpec small = {
	.batch = BATCH,
	.height = HEIGHT,
	.width = WIDTH,
	.channels = 3,
	.classes = 3,
	.n_head = 2,
	.head = { 24, 16 },
	.dropout = 0.5,
	.freeze = 17,
	.training = TRUE,
	.seed = 42,
	.threads = 2,
};

static const BenchMode modes[] = {
	{ DNN_F32, DNN_NHWC, DNN_DIRECT },
	{ DNN_F32, DNN_NHWC, DNN_FUSED_WINOGRAD },
	{ DNN_F32, DNN_BLOCKED, DNN_DIRECT },
	{ DNN_F32, DNN_BLOCKED, DNN_WINOGRAD },
	{ DNN_BF16, DNN_NHWC, DNN_DIRECT },
	{ DNN_BF16, DNN_NHWC, DNN_FUSED_WINOGRAD },
	{ DNN_BF16, DNN_BLOCKED, DNN_DIRECT },
};

/* ---- which layer */

static void
test_layer(void **state)
{
	static const struct {
		int freeze;
		const char *name; /* NULL: none */
		gsize bytes;      /* of 48 x 64 pixels */
	} cases[] = {
		{ 0, NULL, 0 },
		{ 5, NULL, 0 },
		{ 10, NULL, 0 }, /* block3_conv3 */
		{ 11, "block3_pool", 6 * 8 * 256 * 4 },
		{ 12, "block3_pool", 6 * 8 * 256 * 4 },
		{ 14, "block4_conv2", 6 * 8 * 512 * 4 },
		{ 16, "block4_pool", 3 * 4 * 512 * 4 },
		{ 17, "block4_pool", 3 * 4 * 512 * 4 },
		{ 19, "block5_conv2", 3 * 4 * 512 * 4 },
		{ 22, "block5_pool", 1 * 2 * 512 * 4 },
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		NetworkSpec spec = small;
		NetworkMemory memory;
		const Layer *layer;

		spec.freeze = cases[i].freeze;
		g_autoptr(Network) network = test_network_new(&spec);
		layer = network_feature_layer(network);
		assert_int_equal(network_feature_bytes(network),
				 cases[i].bytes);
		assert_true(network_memory(&spec, &memory, NULL));
		assert_int_equal(memory.features, cases[i].bytes);
		if (cases[i].name == NULL) {
			assert_null(layer);
			assert_null(network_features(network));
			continue;
		}
		assert_string_equal(layer->name, cases[i].name);
		assert_ptr_equal(network_features(network), layer->dst);
	}
}

/* A network for use begins below all that could be kept. */
static void
test_not_in_use(void **state)
{
	NetworkSpec spec = small;

	(void)state;
	spec.training = FALSE;
	g_autoptr(Network) network = test_network_new(&spec);
	assert_null(network_feature_layer(network));
	assert_int_equal(network_feature_bytes(network), 0);
}

/* ---- what they are */

static const gint32 labels[BATCH] = { 1, 0, 2, 2, 1 };

/* The first n rows are images order[0..n-1]. */
static void
forward(Network *network, const float *images, const int *order, int n)
{
	const gsize size = HEIGHT * WIDTH * 3;
	g_autofree float *batch = g_new(float, BATCH *size);

	for (int i = 0; i < n; i++)
		memcpy(batch + (gsize)i * size, images + (gsize)order[i] * size,
		       size * sizeof *batch);
	network_set_input(network, batch, n);
	test_network_forward(network, TRUE, 3);
}

static const guint8 *
row(const guint8 *rows, const Network *network, int i)
{
	return rows + (gsize)i * network_feature_bytes(network);
}

/* Whatever the place, the neighbours, and the rows that are filled up. */
static void
check_places(Network *network, const float *images, const guint8 *rows)
{
	static const int orders[][BATCH] = {
		{ 4, 2, 0, 1, 3 },
		{ 1, 1, 1, 1, 1 },
		{ 3, 0, 2, 4, 1 },
		{ 2, 4, 1, 0, 0 },
	};
	const gsize bytes = network_feature_bytes(network);

	for (gsize k = 0; k < G_N_ELEMENTS(orders); k++) {
		const int n = BATCH - (int)k;

		forward(network, images, orders[k], n);
		for (int i = 0; i < n; i++)
			assert_memory_equal(
				row(network_features(network), network, i),
				row(rows, network, orders[k][i]), bytes);
	}
}

static void
compare_gradients(const Network *a, const Network *b)
{
	for (guint i = 0; i < a->n_layers; i++) {
		const Layer *x = a->layers[i], *y = b->layers[i];

		if (!x->trainable)
			continue;
		assert_memory_equal(x->kernel->gradient, y->kernel->gradient,
				    x->kernel->n * sizeof(float));
		assert_memory_equal(x->bias->gradient, y->bias->gradient,
				    x->bias->n * sizeof(float));
	}
}

/* Forward and backward from features are those from images. */
static void
check_above(Network *other, Network *network, const guint8 *rows)
{
	const gsize bytes = network_feature_bytes(network);
	GError *error = NULL;

	random_floats(other->input, layer_in_size(other->layers[0]), 77);
	test_network_forward(other, TRUE, 1);
	memcpy(network_features(other), rows, BATCH * bytes);
	assert_true(network_forward_above(other, TRUE, 3, &error));
	assert_memory_equal(other->probabilities, network->probabilities,
			    BATCH * 3 * sizeof(float));
	assert_true(network_backward(network, labels, BATCH, NULL, &error));
	assert_true(network_backward(other, labels, BATCH, NULL, &error));
	test_assert_no_error(error);
	compare_gradients(other, network);
}

static void
check(const BenchMode *mode, int freeze, int threads)
{
	static const int in_order[BATCH] = { 0, 1, 2, 3, 4 };
	NetworkSpec spec = small;
	g_autofree float *images =
		g_new(float, (gsize)BATCH *HEIGHT *WIDTH * 3);
	g_autofree guint8 *rows = NULL;

	bench_set_plan(&spec, mode);
	spec.freeze = freeze;
	spec.threads = threads;
	g_autoptr(Network) network = test_network_new(&spec);
	g_autoptr(Network) other = test_network_new(&spec);
	const gsize bytes = network_feature_bytes(network);

	test_network_fill(network, 1);
	test_network_copy(other, network);
	random_floats(images, BATCH * HEIGHT * WIDTH * 3, 5);
	forward(network, images, in_order, BATCH);
	rows = g_memdup2(network_features(network), BATCH * bytes);
	assert_memory_not_equal(row(rows, network, 0), row(rows, network, 1),
				bytes);
	check_above(other, network, rows);
	if (freeze == 22) /* through all layers */
		check_places(network, images, rows);
}

static void
test_features(void **state)
{
	static const int freezes[] = { 14, 17, 22 };

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(modes); i++)
		for (gsize k = 0; k < G_N_ELEMENTS(freezes); k++)
			if (bench_has_mode(&modes[i]))
				check(&modes[i], freezes[k],
				      1 + (int)(i + k) % 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layer),
		cmocka_unit_test(test_not_in_use),
		cmocka_unit_test(test_features),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
