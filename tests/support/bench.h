/* One layer of the network alone, for tests. */
#ifndef KW_BENCH_H
#define KW_BENCH_H

#include "tests/support/naive.h"
#include "train/network.h"

/*
 * A layer with buffers around it, plain arrays of float32 whatever its mode.
 * Source, gradient of the destination and parameters are random, and values of
 * bf16 where the mode is bf16; what the layer is to write is NaN.
 */
typedef struct {
	Dnn *dnn;
	Layer *layer;
	float *src, *dst, *dsrc, *ddst;
	gsize n_src, n_dst;

	/* As the layer has them; the same where that is plain float32. */
	DnnLayout *plain_in, *plain_out, *in_layout;
	void *layer_src, *layer_dst, *layer_dsrc, *layer_ddst;
	LayerMemory memory;
} Bench;

/* A mode, and the algorithm of convolutions; those that do not have it are
 * direct. */
typedef struct {
	DnnType type;
	DnnOrder order;
	DnnAlgorithm algorithm;
} BenchMode;

/* float32, N,H,W,C, direct */
extern const BenchMode bench_plain;

/* Is there such a convolution here? */
gboolean bench_has_mode(const BenchMode *mode);

/* A mode as the network takes it. */
DnnMode bench_dnn_mode(const BenchMode *mode);

/* Have all passes of all convolutions of a network in this mode. */
void bench_set_plan(NetworkSpec *spec, const BenchMode *mode);

/* Fail the test when the layer cannot be made; bench_clear() them. */
Bench conv_bench(const BenchMode *mode, const NaiveConv *shape, LayerRole role);
/* With these algorithms, whatever the mode has. */
Bench conv_bench_by(const BenchMode *mode,
		    const DnnAlgorithm algorithms[DNN_N_PASSES],
		    const NaiveConv *shape, LayerRole role);
/* `in` of more than one row comes as the body puts it out. */
Bench dense_bench(const BenchMode *mode, int n, Shape in, int units,
		  gboolean relu, LayerRole role);
Bench pool_bench(const BenchMode *mode, const NaivePool *shape, LayerRole role);
Bench dropout_bench(const BenchMode *mode, int n, int units, double rate,
		    guint64 seed);
void bench_clear(Bench *bench);

/* Run the layer; fail the test when it cannot. */
void bench_forward(Bench *bench);
void bench_backward(Bench *bench);

#endif
