#include "tests/support/bench.h"

#include <math.h>

#include "kw/alloc.h"
#include "tests/support/params.h"
#include "tests/support/traindata.h"

static float *
new_floats(gsize n)
{
	GError *error = NULL;
	float *floats = kw_alloc(n, sizeof *floats, "a test", &error);

	test_assert_no_error(error);
	return floats;
}

/* `layer` and `dnn` are taken; everything is filled at random. */
static Bench
bench_new(Dnn *dnn, Layer *layer, LayerRole role)
{
	Bench b = { .dnn = dnn, .layer = layer };

	b.n_src = layer_in_size(layer);
	b.n_dst = layer_out_size(layer);
	b.src = new_floats(b.n_src);
	b.dst = new_floats(b.n_dst);
	b.dsrc = new_floats(b.n_src);
	b.ddst = new_floats(b.n_dst);
	random_floats(b.src, b.n_src, 1);
	random_floats(b.ddst, b.n_dst, 2);
	for (gsize i = 0; i < b.n_src; i++)
		b.dsrc[i] = NAN;
	for (gsize i = 0; i < b.n_dst; i++)
		b.dst[i] = NAN;
	layer->src = b.src;
	layer->dst = b.dst;
	layer->ddst = role == LAYER_FORWARD ? NULL : b.ddst;
	layer->dsrc = role == LAYER_TRAINED ? b.dsrc : NULL;
	layer->type->bind(layer);
	if (layer->kernel != NULL) {
		gsize n = keras_floats(layer->kernel);
		g_autofree float *kernel = g_new(float, n);
		g_autofree float *bias = g_new(float, layer->out.c);

		random_floats(kernel, n, 3);
		random_floats(bias, (gsize)layer->out.c, 4);
		set_values(dnn, layer->kernel, kernel);
		set_values(dnn, layer->bias, bias);
	}
	return b;
}

void
bench_clear(Bench *b)
{
	layer_free(b->layer);
	dnn_free(b->dnn);
	kw_free(b->src);
	kw_free(b->dst);
	kw_free(b->dsrc);
	kw_free(b->ddst);
}

void
bench_forward(Bench *b)
{
	GError *error = NULL;

	b->layer->type->forward(b->layer, &error);
	test_assert_no_error(error);
}

void
bench_backward(Bench *b)
{
	GError *error = NULL;

	b->layer->type->backward(b->layer, &error);
	test_assert_no_error(error);
}

static Dnn *
start(void)
{
	GError *error = NULL;
	Dnn *dnn = dnn_new(2, &error);

	test_assert_no_error(error);
	return dnn;
}

Bench
conv_bench(const NaiveConv *s, LayerRole role)
{
	Dnn *dnn = start();
	GError *error = NULL;
	Layer *layer =
		layer_conv_new(dnn, "conv", s->n, (Shape){ s->h, s->w, s->in },
			       s->out, role, &error);

	test_assert_no_error(error);
	return bench_new(dnn, layer, role);
}

Bench
dense_bench(int n, Shape in, int units, gboolean relu, LayerRole role)
{
	Dnn *dnn = start();
	GError *error = NULL;
	Layer *layer =
		layer_dense_new(dnn, "dense", n, in, units, relu, role, &error);

	test_assert_no_error(error);
	return bench_new(dnn, layer, role);
}

Bench
pool_bench(const NaivePool *s, LayerRole role)
{
	Dnn *dnn = start();
	GError *error = NULL;
	Layer *layer = layer_pool_new(
		dnn, "pool", s->n, (Shape){ s->h, s->w, s->c }, role, &error);

	test_assert_no_error(error);
	return bench_new(dnn, layer, role);
}

Bench
dropout_bench(int n, int units, double rate, guint64 seed)
{
	Layer *layer = layer_dropout_new("dropout", n, (Shape){ 1, 1, units },
					 rate, seed);

	layer->training = TRUE;
	return bench_new(NULL, layer, LAYER_TRAINED);
}
