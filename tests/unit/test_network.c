/* VGG19 with its head: layers, gradients, freezing, partial batches. */
#include "tests/support/kwtest.h"

#include <math.h>
#include <string.h>

#include "tests/support/params.h"
#include "tests/support/traindata.h"
#include "train/sgd.h"
#include "train/softmax.h"

static const SgdStep sgd_step = { 0.01, 0.9, 1, 1 };

/* A small head on all of VGG19; what a test needs otherwise it changes. */
static const NetworkSpec small = {
	.batch = 2,
	.height = 32,
	.width = 32,
	.channels = 3,
	.classes = 3,
	.n_head = 2,
	.head = { 24, 16 },
	.freeze = 17,
	.training = TRUE,
	.seed = 42,
	.threads = 2,
};

static void
fill_input(Network *network, guint64 seed)
{
	random_floats(network->input, layer_in_size(network->layers[0]), seed);
}

/* ---- the list of layers */

static const Layer *
find_layer(const Network *network, const char *name)
{
	for (guint i = 0; i < network->n_layers; i++)
		if (strcmp(network->layers[i]->name, name) == 0)
			return network->layers[i];
	fail_msg("no layer '%s'", name);
	return NULL;
}

static void
test_seed_recipe(void **state)
{
	static const char *const names[] = {
		"block1_conv1", "block1_conv2", "block1_pool",  "block2_conv1",
		"block2_conv2", "block2_pool",  "block3_conv1", "block3_conv2",
		"block3_conv3", "block3_conv4", "block3_pool",  "block4_conv1",
		"block4_conv2", "block4_conv3", "block4_conv4", "block4_pool",
		"block5_conv1", "block5_conv2", "block5_conv3", "block5_conv4",
		"block5_pool",  "dense_1",      "dropout",      "dense_2",
		"predictions",
	};
	const gsize convolutions = 20024384; /* as Keras counts them */
	const gsize head =
		512 * 1024 + 1024 + 1024 * 1024 + 1024 + 1024 * 2 + 2;
	NetworkSpec spec = small;
	gsize all, trained;

	(void)state;
	spec.classes = 2;
	spec.head[0] = spec.head[1] = 1024;
	spec.dropout = 0.5;
	spec.l2 = 0.01;
	spec.freeze = 5;
	g_autoptr(Network) network = test_network_new(&spec);
	assert_int_equal(network->n_layers, G_N_ELEMENTS(names));
	for (guint i = 0; i < network->n_layers; i++) {
		assert_string_equal(network->layers[i]->name, names[i]);
		assert_int_equal(network->layers[i]->keras_index,
				 i < 21 ? i + 1 : i + 2);
	}
	network_count(network, &all, &trained);
	assert_int_equal(all, convolutions + head);
	assert_int_equal(all - trained, 112576); /* block2_conv1 and below */
	assert_true(find_layer(network, "dense_1")->kernel->l2 == 0);
	assert_true(find_layer(network, "dense_2")->kernel->l2 == 0.01);
	assert_true(find_layer(network, "predictions")->kernel->l2 == 0);
	assert_string_equal(network_conv(network, 15)->name, "block5_conv4");
	assert_null(network_conv(network, 16));
	assert_string_equal(network_dense(network, 2)->name, "predictions");
	assert_null(network_dense(network, 3));
}

/* The names of all above block5_pool, with a space behind each. */
static char *
head_names(int n_head, double dropout)
{
	GString *names = g_string_new(NULL);
	NetworkSpec spec = small;

	spec.n_head = n_head;
	spec.head[2] = 8;
	spec.dropout = dropout;
	spec.freeze = 22;
	g_autoptr(Network) network = test_network_new(&spec);
	for (guint i = 21; i < network->n_layers; i++)
		g_string_append_printf(names, "%s ", network->layers[i]->name);
	return g_string_free(names, FALSE);
}

static void
test_heads(void **state)
{
	g_autofree char *none = head_names(0, 0.5);
	g_autofree char *one = head_names(1, 0.5);
	g_autofree char *two = head_names(2, 0);
	g_autofree char *three = head_names(3, 0.5);

	(void)state;
	assert_string_equal(none, "predictions ");
	assert_string_equal(one, "dense_1 dropout predictions ");
	assert_string_equal(two, "dense_1 dense_2 predictions ");
	assert_string_equal(three, "dense_1 dropout dense_2 dropout_1 dense_3 "
				   "predictions ");
}

static void
test_freezing(void **state)
{
	static const int freezes[] = { 0, 1, 2, 5, 6, 17, 21, 22 };

	(void)state;
	for (gsize k = 0; k < G_N_ELEMENTS(freezes); k++) {
		NetworkSpec spec = small;

		spec.freeze = freezes[k];
		g_autoptr(Network) network = test_network_new(&spec);
		for (guint i = 0; i < network->n_layers; i++) {
			const Layer *layer = network->layers[i];

			assert_int_equal(layer->trainable,
					 layer->kernel != NULL &&
						 layer->keras_index >=
							 spec.freeze);
			assert_int_equal(layer->dsrc != NULL,
					 i > network->first_trained);
		}
		assert_true(network->layers[network->first_trained]->trainable);
	}
}

/* ---- values */

static double
loss_of(Network *network, const gint32 *labels)
{
	int correct;

	test_network_forward(network, TRUE, 7);
	return network_cross_entropy(network, labels, network->spec.batch, NULL,
				     &correct) /
	       network->spec.batch;
}

static double
norm(const float *values, gsize n)
{
	double sum = 0;

	for (gsize i = 0; i < n; i++)
		sum += (double)values[i] * (double)values[i];
	return sqrt(sum);
}

/* value + factor * gradient, in all of a parameter */
static void
move_param(Dnn *dnn, Param *param, const float *value, const float *gradient,
	   double factor)
{
	const gsize n = keras_floats(param);
	g_autofree float *moved = g_new(float, n);

	for (gsize i = 0; i < n; i++)
		moved[i] = value[i] + (float)factor * gradient[i];
	set_values(dnn, param, moved);
}

/*
 * Move a layer's parameters up and down along their gradient: the slope of the
 * loss is the gradient's length.  Kinks and float32 leave a percent or two.
 */
static void
check_slope(Network *network, Layer *layer, const gint32 *labels)
{
	Dnn *dnn = network->dnn;
	g_autofree float *kernel = values_new(dnn, layer->kernel);
	g_autofree float *bias = values_new(dnn, layer->bias);
	g_autofree float *dkernel = gradient_new(dnn, layer->kernel);
	g_autofree float *dbias = gradient_new(dnn, layer->bias);
	const double length = hypot(norm(dkernel, keras_floats(layer->kernel)),
				    norm(dbias, keras_floats(layer->bias)));
	const double step = 2e-3 / length; /* the loss moves by so much */
	double loss[2];

	assert_true(length > 1e-6);
	for (int side = 0; side < 2; side++) {
		double factor = (side == 0 ? step : -step) / length;

		move_param(dnn, layer->kernel, kernel, dkernel, factor);
		move_param(dnn, layer->bias, bias, dbias, factor);
		loss[side] = loss_of(network, labels);
	}
	set_values(dnn, layer->kernel, kernel);
	set_values(dnn, layer->bias, bias);

	double slope = (loss[0] - loss[1]) / (2 * step);

	if (fabs(slope - length) > 0.02 * length)
		fail_msg("%s: slope %g, gradient %g", layer->name, slope,
			 length);
}

/* Of the first trained layer, and of every third one above it. */
static void
check_gradients(const NetworkSpec *spec)
{
	g_autoptr(Network) network = test_network_new(spec);
	g_autofree gint32 *labels = g_new(gint32, spec->batch);
	GError *error = NULL;
	int n = 0;

	for (int i = 0; i < spec->batch; i++)
		labels[i] = (i + 1) % spec->classes;
	test_network_fill(network, 11);
	fill_input(network, 12);
	loss_of(network, labels);
	network_backward(network, labels, spec->batch, NULL, &error);
	test_assert_no_error(error);
	for (guint i = 0; i < network->n_layers; i++)
		if (network->layers[i]->trainable && n++ % 3 == 0)
			check_slope(network, network->layers[i], labels);
}

static void
test_gradients(void **state)
{
	NetworkSpec spec = small;

	(void)state;
	spec.freeze = 0;
	check_gradients(&spec);
}

static void
test_gradients_gray_odd(void **state)
{
	NetworkSpec spec = small;

	(void)state;
	spec.height = 33;
	spec.width = 70;
	spec.channels = 1;
	spec.batch = 3;
	spec.classes = 5;
	spec.dropout = 0.5;
	spec.freeze = 12;
	check_gradients(&spec);
}

static void
test_probabilities(void **state)
{
	NetworkSpec spec = small;

	(void)state;
	spec.height = 33;
	spec.width = 40;
	spec.channels = 1;
	spec.training = FALSE;
	g_autoptr(Network) network = test_network_new(&spec);
	test_network_fill(network, 1);
	fill_input(network, 2);
	test_network_forward(network, FALSE, 0);
	assert_int_equal(network->first_trained, network->n_layers);
	for (int i = 0; i < spec.batch; i++) {
		const float *p = network->probabilities + i * spec.classes;

		assert_true(fabs((double)(p[0] + p[1] + p[2]) - 1) < 1e-6);
	}
	/* The two images are different, and so are the answers. */
	assert_memory_not_equal(network->probabilities,
				network->probabilities + spec.classes,
				(gsize)spec.classes * sizeof(float));
}

/* In use, dropout and what was made for training change nothing. */
static void
test_training_network_in_use(void **state)
{
	NetworkSpec spec = small;

	(void)state;
	spec.dropout = 0.5;
	g_autoptr(Network) trained = test_network_new(&spec);
	spec.training = FALSE;
	g_autoptr(Network) used = test_network_new(&spec);
	test_network_fill(trained, 1);
	test_network_copy(used, trained);
	fill_input(trained, 2);
	fill_input(used, 2);
	test_network_forward(trained, FALSE, 0);
	test_network_forward(used, FALSE, 0);
	assert_memory_equal(trained->probabilities, used->probabilities,
			    (gsize)(spec.batch * spec.classes) * sizeof(float));
	test_network_forward(trained, TRUE, 0);
	assert_memory_not_equal(trained->probabilities, used->probabilities,
				(gsize)(spec.batch * spec.classes) *
					sizeof(float));
}

static void
test_l2_loss(void **state)
{
	NetworkSpec spec = small;

	(void)state;
	spec.l2 = 0.25;
	spec.freeze = 22;
	g_autoptr(Network) network = test_network_new(&spec);
	test_network_fill(network, 1);
	g_autofree float *kernel =
		values_new(network->dnn, network_dense(network, 1)->kernel);
	double length = norm(kernel, 24 * 16);
	double expected = 0.25 * length * length;

	assert_true(fabs(network_l2_loss(network) - expected) <
		    1e-12 * expected);
	network_dense(network, 1)->kernel->l2 = 0;
	assert_true(network_l2_loss(network) == 0);
}

static void
test_cross_entropy(void **state)
{
	const gint32 labels[] = { 2, 0 };
	NetworkSpec spec = small;
	double expected = 0;
	int correct, expected_correct = 0;

	(void)state;
	spec.freeze = 22;
	g_autoptr(Network) network = test_network_new(&spec);
	test_network_fill(network, 1);
	fill_input(network, 2);
	test_network_forward(network, FALSE, 0);
	for (int i = 0; i < 2; i++) {
		const float *p = network->probabilities + 3 * i;

		expected -= log((double)p[labels[i]]);
		expected_correct += argmax(p, 3) == labels[i];
	}
	assert_true(
		fabs(network_cross_entropy(network, labels, 2, NULL, &correct) -
		     expected) < 1e-5);
	assert_int_equal(correct, expected_correct);
}

/* ---- partial batches */

static void
check_same_gradient(const Network *a, const Network *b, guint layer)
{
	Param *const params[][2] = {
		{ a->layers[layer]->kernel, b->layers[layer]->kernel },
		{ a->layers[layer]->bias, b->layers[layer]->bias },
	};

	for (int k = 0; k < 2; k++) {
		g_autofree float *x = gradient_new(a->dnn, params[k][0]);
		g_autofree float *y = gradient_new(b->dnn, params[k][1]);
		gsize n = keras_floats(params[k][0]);
		double largest = 0;

		for (gsize i = 0; i < n; i++)
			largest = MAX(largest, fabs((double)y[i]));
		assert_true(largest > 0);
		test_assert_close(x, y, n, 1e-5 * largest, 0);
	}
}

/* Three images in a batch of five are as good as a batch of three. */
static void
test_partial_batch(void **state)
{
	const gint32 labels[] = { 1, 0, 2 };
	NetworkSpec spec = small;
	GError *error = NULL;

	(void)state;
	spec.dropout = 0.5;
	spec.batch = 5;
	g_autoptr(Network) five = test_network_new(&spec);
	spec.batch = 3;
	g_autoptr(Network) three = test_network_new(&spec);
	test_network_fill(five, 1);
	test_network_copy(three, five);
	/* The first three are the same; the other two are there as well. */
	fill_input(five, 2);
	fill_input(three, 2);
	test_network_forward(five, TRUE, 3);
	test_network_forward(three, TRUE, 3);
	test_assert_close(five->probabilities, three->probabilities, 3 * 3,
			  1e-5, 0);
	network_backward(five, labels, 3, NULL, &error);
	test_assert_no_error(error);
	network_backward(three, labels, 3, NULL, &error);
	test_assert_no_error(error);
	for (guint i = 0; i < five->n_layers; i++)
		if (five->layers[i]->trainable)
			check_same_gradient(five, three, i);
}

/* ---- updates */

static guint32
checksum(const float *values, gsize n)
{
	return kw_checksum((const guint8 *)values, n * sizeof *values);
}

static void
checksums_of(const Network *network, guint32 *sums)
{
	for (guint i = 0; i < network->n_layers; i++) {
		const Layer *layer = network->layers[i];

		sums[2 * i] = sums[2 * i + 1] = 0;
		if (layer->kernel == NULL)
			continue;
		g_autofree float *kernel =
			values_new(network->dnn, layer->kernel);
		g_autofree float *bias = values_new(network->dnn, layer->bias);

		sums[2 * i] = checksum(kernel, keras_floats(layer->kernel));
		sums[2 * i + 1] = checksum(bias, keras_floats(layer->bias));
	}
}

static void
test_frozen_stays(void **state)
{
	const gint32 labels[] = { 1, 0 };
	guint32 before[64], after[64];
	NetworkSpec spec = small;
	GError *error = NULL;

	(void)state;
	spec.l2 = 0.01;
	g_autoptr(Network) network = test_network_new(&spec);
	test_network_fill(network, 1);
	fill_input(network, 2);
	checksums_of(network, before);
	for (guint64 step = 0; step < 2; step++) {
		test_network_forward(network, TRUE, step);
		network_backward(network, labels, 2, NULL, &error);
		test_assert_no_error(error);
		sgd_update(network, &sgd_step, &error);
		test_assert_no_error(error);
	}
	checksums_of(network, after);
	for (guint i = 0; i < network->n_layers; i++) {
		const Layer *layer = network->layers[i];

		if (layer->kernel == NULL)
			continue;
		assert_int_equal(before[2 * i] != after[2 * i],
				 layer->trainable);
		assert_int_equal(before[2 * i + 1] != after[2 * i + 1],
				 layer->trainable);
	}
}

/* Two networks with the same history hold the same bytes. */
static void
test_repeatable(void **state)
{
	const gint32 labels[] = { 1, 0 };
	guint32 sums[2][64];
	GError *error = NULL;

	(void)state;
	for (int run = 0; run < 2; run++) {
		NetworkSpec spec = small;

		spec.dropout = 0.5;
		g_autoptr(Network) network = test_network_new(&spec);
		test_network_fill(network, 1);
		fill_input(network, 2);
		for (guint64 step = 0; step < 2; step++) {
			test_network_forward(network, TRUE, step);
			network_backward(network, labels, 2, NULL, &error);
			test_assert_no_error(error);
			sgd_update(network, &sgd_step, &error);
			test_assert_no_error(error);
		}
		checksums_of(network, sums[run]);
		assert_in_range(network->n_layers, 24, 32);
	}
	assert_memory_equal(sums[0], sums[1], 48 * sizeof **sums);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seed_recipe),
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_freezing),
		cmocka_unit_test(test_gradients),
		cmocka_unit_test(test_gradients_gray_odd),
		cmocka_unit_test(test_probabilities),
		cmocka_unit_test(test_training_network_in_use),
		cmocka_unit_test(test_l2_loss),
		cmocka_unit_test(test_cross_entropy),
		cmocka_unit_test(test_partial_batch),
		cmocka_unit_test(test_frozen_stays),
		cmocka_unit_test(test_repeatable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
