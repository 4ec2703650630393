/* One layer of the network alone, for tests. */
#ifndef KW_BENCH_H
#define KW_BENCH_H

#include "tests/support/naive.h"
#include "train/layer.h"

/*
 * A layer with buffers around it.  Source, gradient of the destination and
 * parameters are random; what the layer is to write is NaN.
 */
typedef struct {
	Dnn *dnn;
	Layer *layer;
	float *src, *dst, *dsrc, *ddst;
	gsize n_src, n_dst;
} Bench;

/* Fail the test when the layer cannot be made; bench_clear() them. */
Bench conv_bench(const NaiveConv *shape, LayerRole role);
Bench dense_bench(int n, Shape in, int units, gboolean relu, LayerRole role);
Bench pool_bench(const NaivePool *shape, LayerRole role);
Bench dropout_bench(int n, int units, double rate, guint64 seed);
void bench_clear(Bench *bench);

/* Run the layer; fail the test when it cannot. */
void bench_forward(Bench *bench);
void bench_backward(Bench *bench);

#endif
