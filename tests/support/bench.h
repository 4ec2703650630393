/* One layer of the network alone, for tests. */
#ifndef KW_BENCH_H
#define KW_BENCH_H

#include "tests/support/naive.h"
#include "train/layer.h"

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

/* float32, N,H,W,C, direct */
extern const DnnMode bench_plain;

/* Can oneDNN compute in this mode here? */
gboolean bench_has_mode(const DnnMode *mode);

/* Fail the test when the layer cannot be made; bench_clear() them. */
Bench conv_bench(const DnnMode *mode, const NaiveConv *shape, LayerRole role);
/* `in` of more than one row comes as the body puts it out. */
Bench dense_bench(const DnnMode *mode, int n, Shape in, int units,
		  gboolean relu, LayerRole role);
Bench pool_bench(const DnnMode *mode, const NaivePool *shape, LayerRole role);
Bench dropout_bench(const DnnMode *mode, int n, int units, double rate,
		    guint64 seed);
void bench_clear(Bench *bench);

/* Run the layer; fail the test when it cannot. */
void bench_forward(Bench *bench);
void bench_backward(Bench *bench);

#endif
