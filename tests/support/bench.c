#include "tests/support/bench.h"

#include <math.h>

#include "kw/alloc.h"
#include "tests/support/params.h"
#include "tests/support/traindata.h"
#include "train/bf16.h"

const BenchMode bench_plain = { DNN_F32, DNN_NHWC, DNN_DIRECT };

static void *
new_buffer(gsize n, gsize size)
{
	GError *error = NULL;
	void *buffer = kw_alloc0(n, size, "a test", &error);

	test_assert_no_error(error);
	return buffer;
}

/* n random values; of bf16 when the mode is. */
static void
fill(float *values, gsize n, guint64 seed, const BenchMode *mode)
{
	random_floats(values, n, seed);
	for (gsize i = 0; mode->type == DNN_BF16 && i < n; i++)
		values[i] = bf16_to_float(bf16_from_float(values[i]));
}

static float *
new_values(gsize n, guint64 seed, const BenchMode *mode)
{
	float *values = new_buffer(n, sizeof *values);

	fill(values, n, seed, mode);
	return values;
}

static float *
new_nans(gsize n)
{
	float *values = new_buffer(n, sizeof *values);

	for (gsize i = 0; i < n; i++)
		values[i] = NAN;
	return values;
}

static DnnLayout *
plain_layout(DnnType type, int batch, Shape shape)
{
	GError *error = NULL;
	DnnLayout *layout =
		dnn_layout_nhwc(type, batch, shape.h, shape.w, shape.c, &error);

	test_assert_no_error(error);
	return layout;
}

/* The buffer of the layer beside a plain one. */
static void *
buffer_beside(float *values, const DnnLayout *layout, const DnnLayout *plain)
{
	return dnn_layout_equal(layout, plain)
		       ? values
		       : new_buffer(dnn_layout_bytes(layout), 1);
}

static void
place(Bench *b)
{
	GError *error = NULL;

	layer_place(b->layer, &b->memory);
	region_allocate(&b->memory.weights, "a test", &error);
	test_assert_no_error(error);
	region_allocate(&b->memory.training, "a test", &error);
	test_assert_no_error(error);
	region_allocate(&b->memory.activations, "a test", &error);
	test_assert_no_error(error);
	layer_place(b->layer, &b->memory);
}

static void
set_parameters(Bench *b, const BenchMode *mode)
{
	Layer *layer = b->layer;
	const gsize n = keras_floats(layer->kernel);
	g_autofree float *kernel = new_values(n, 3, mode);
	g_autofree float *bias = new_values((gsize)layer->out.c, 4, mode);

	set_values(b->dnn, layer->kernel, kernel);
	set_values(b->dnn, layer->bias, bias);
}

/* `layer`, `dnn` and `in_layout` are taken; everything is filled at random. */
static Bench
bench_new(Dnn *dnn, Layer *layer, DnnLayout *in_layout, const BenchMode *mode,
	  LayerRole role)
{
	Bench b = { .dnn = dnn, .layer = layer, .in_layout = in_layout };

	place(&b);
	b.plain_in = plain_layout(DNN_F32, layer->batch, layer->in);
	b.plain_out = plain_layout(DNN_F32, layer->batch, layer->out);
	b.n_src = layer_in_size(layer);
	b.n_dst = layer_out_size(layer);
	b.src = new_values(b.n_src, 1, mode);
	b.ddst = new_values(b.n_dst, 2, mode);
	b.dsrc = new_nans(b.n_src);
	b.dst = new_nans(b.n_dst);
	b.layer_src = buffer_beside(b.src, in_layout, b.plain_in);
	b.layer_dsrc = buffer_beside(b.dsrc, in_layout, b.plain_in);
	b.layer_dst = buffer_beside(b.dst, layer->out_layout, b.plain_out);
	b.layer_ddst = buffer_beside(b.ddst, layer->out_layout, b.plain_out);
	layer->src = b.layer_src;
	layer->dst = b.layer_dst;
	layer->ddst = role == LAYER_FORWARD ? NULL : b.layer_ddst;
	layer->dsrc = role == LAYER_TRAINED ? b.layer_dsrc : NULL;
	layer->type->bind(layer);
	if (layer->kernel != NULL)
		set_parameters(&b, mode);
	return b;
}

static void
free_beside(void *buffer, float *values)
{
	if (buffer != values)
		kw_free(buffer);
	kw_free(values);
}

void
bench_clear(Bench *b)
{
	layer_free(b->layer);
	dnn_free(b->dnn);
	free_beside(b->layer_src, b->src);
	free_beside(b->layer_dst, b->dst);
	free_beside(b->layer_dsrc, b->dsrc);
	free_beside(b->layer_ddst, b->ddst);
	dnn_layout_free(b->plain_in);
	dnn_layout_free(b->plain_out);
	dnn_layout_free(b->in_layout);
	region_clear(&b->memory.weights);
	region_clear(&b->memory.training);
	region_clear(&b->memory.activations);
}

static void
copy(Dnn *dnn, const DnnLayout *to, void *dst, const DnnLayout *from,
     const void *src)
{
	GError *error = NULL;

	if (dst != src)
		dnn_reorder(dnn, to, dst, from, src, &error);
	test_assert_no_error(error);
}

void
bench_forward(Bench *b)
{
	GError *error = NULL;

	copy(b->dnn, b->in_layout, b->layer_src, b->plain_in, b->src);
	b->layer->type->forward(b->layer, &error);
	test_assert_no_error(error);
	copy(b->dnn, b->plain_out, b->dst, b->layer->out_layout, b->layer_dst);
}

void
bench_backward(Bench *b)
{
	GError *error = NULL;

	copy(b->dnn, b->layer->out_layout, b->layer_ddst, b->plain_out,
	     b->ddst);
	b->layer->type->backward(b->layer, &error);
	test_assert_no_error(error);
	if (b->layer->dsrc != NULL)
		copy(b->dnn, b->plain_in, b->dsrc, b->in_layout, b->layer_dsrc);
}

static Dnn *
start(void)
{
	GError *error = NULL;
	Dnn *dnn = dnn_new(2, &error);

	test_assert_no_error(error);
	return dnn;
}

DnnMode
bench_dnn_mode(const BenchMode *mode)
{
	return (DnnMode){ mode->type, mode->order };
}

static gboolean
has_conv(const BenchMode *mode, const DnnConvShape *shape)
{
	const DnnMode dnn_mode = bench_dnn_mode(mode);
	g_autoptr(Dnn) dnn = start();
	DnnOp *op = dnn_conv(dnn, &dnn_mode, mode->algorithm, shape,
			     DNN_FORWARD, TRUE, NULL);
	const gboolean has = op != NULL;

	dnn_op_free(op);
	return has;
}

gboolean
bench_has_mode(const BenchMode *mode)
{
	return has_conv(mode, &(DnnConvShape){ 1, 8, 8, 16, 16 });
}

static void
set_algorithms(DnnAlgorithm algorithms[DNN_N_PASSES], const BenchMode *mode,
	       const DnnConvShape *shape)
{
	for (int pass = 0; pass < DNN_N_PASSES; pass++)
		algorithms[pass] =
			has_conv(mode, shape) ? mode->algorithm : DNN_DIRECT;
}

void
bench_set_plan(NetworkSpec *spec, const BenchMode *mode)
{
	GError *error = NULL;
	g_autoptr(Network) network = NULL;

	spec->plan = (NetworkPlan){ .mode = bench_dnn_mode(mode) };
	if (mode->algorithm == DNN_DIRECT)
		return;
	network = network_build(spec, &error);
	test_assert_no_error(error);
	for (guint i = 0; i < VGG19_CONVOLUTIONS; i++) {
		const Layer *layer = network_conv(network, i);
		const DnnConvShape shape = { layer->batch, layer->in.h,
					     layer->in.w, layer->in.c,
					     layer->out.c };

		set_algorithms(spec->plan.conv[i], mode, &shape);
	}
}

Bench
conv_bench(const BenchMode *mode, const NaiveConv *s, LayerRole role)
{
	const DnnConvShape shape = { s->n, s->h, s->w, s->in, s->out };
	DnnAlgorithm algorithms[DNN_N_PASSES];

	set_algorithms(algorithms, mode, &shape);
	return conv_bench_by(mode, algorithms, s, role);
}

Bench
conv_bench_by(const BenchMode *mode,
	      const DnnAlgorithm algorithms[DNN_N_PASSES], const NaiveConv *s,
	      LayerRole role)
{
	GError *error = NULL;
	LayerInput in = { .dnn = start(),
			  .mode = bench_dnn_mode(mode),
			  .batch = s->n,
			  .shape = { s->h, s->w, s->in } };
	DnnLayout *layout = plain_layout(DNN_F32, s->n, in.shape);
	Layer *layer;

	in.layout = layout;
	layer = layer_conv_new(&in, "conv", s->out, algorithms, role, &error);
	test_assert_no_error(error);
	return bench_new(in.dnn, layer, layout, mode, role);
}

/* How the body's last pooling puts out, in this mode. */
static DnnLayout *
body_layout(const LayerInput *in)
{
	const DnnPoolShape shape = { in->batch, in->shape.h, in->shape.w,
				     in->shape.c };
	GError *error = NULL;
	g_autoptr(DnnOp) op =
		dnn_pool_forward(in->dnn, &in->mode, &shape, FALSE, &error);
	DnnLayout *layout;

	test_assert_no_error(error);
	layout = dnn_op_layout(op, DNN_SRC, &error);
	test_assert_no_error(error);
	return layout;
}

Bench
dense_bench(const BenchMode *mode, int n, Shape shape, int units, gboolean relu,
	    LayerRole role)
{
	GError *error = NULL;
	LayerInput in = { .dnn = start(),
			  .mode = bench_dnn_mode(mode),
			  .batch = n,
			  .shape = shape };
	DnnLayout *layout = shape.h > 1 ? body_layout(&in)
					: plain_layout(mode->type, n, shape);
	Layer *layer;

	in.layout = layout;
	layer = layer_dense_new(&in, "dense", units, relu, role, &error);
	test_assert_no_error(error);
	return bench_new(in.dnn, layer, layout, mode, role);
}

Bench
pool_bench(const BenchMode *mode, const NaivePool *s, LayerRole role)
{
	GError *error = NULL;
	const LayerInput in = { .dnn = start(),
				.mode = bench_dnn_mode(mode),
				.batch = s->n,
				.shape = { s->h, s->w, s->c } };
	Layer *layer = layer_pool_new(&in, "pool", role, &error);
	DnnLayout *layout;

	test_assert_no_error(error);
	layout = dnn_op_layout(layer->op_forward, DNN_SRC, &error);
	test_assert_no_error(error);
	return bench_new(in.dnn, layer, layout, mode, role);
}

Bench
dropout_bench(const BenchMode *mode, int n, int units, double rate,
	      guint64 seed)
{
	GError *error = NULL;
	LayerInput in = { .dnn = start(),
			  .mode = bench_dnn_mode(mode),
			  .batch = n,
			  .shape = { 1, 1, units } };
	DnnLayout *layout = plain_layout(mode->type, n, in.shape);
	Layer *layer;

	in.layout = layout;
	layer = layer_dropout_new(&in, "dropout", rate, seed, &error);
	test_assert_no_error(error);
	layer->training = TRUE;
	return bench_new(in.dnn, layer, layout, mode, LAYER_TRAINED);
}
