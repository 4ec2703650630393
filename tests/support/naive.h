/*
 * The layers of the network as plain loops in double precision, to hold the
 * real ones against.  Activations are n x h x w x c, kernels as Keras stores
 * them; `kernel` and `bias` are gradients where the name says so.
 */
#ifndef KW_NAIVE_H
#define KW_NAIVE_H

#include <glib.h>

/* 3 x 3, zero padding 1: n x h x w x in -> n x h x w x out. */
typedef struct {
	int n, h, w, in, out;
} NaiveConv;

/* dst = conv(src, kernel) + bias, without ReLU */
void naive_conv_forward(const NaiveConv *shape, double *dst, const float *src,
			const float *kernel, const float *bias);
void naive_conv_backward_data(const NaiveConv *shape, double *dsrc,
			      const float *ddst, const float *kernel);
void naive_conv_backward_weights(const NaiveConv *shape, double *dkernel,
				 double *dbias, const float *src,
				 const float *ddst);

/* n x in -> n x out, kernel in x out */
typedef struct {
	int n, in, out;
} NaiveDense;

void naive_dense_forward(const NaiveDense *shape, double *dst, const float *src,
			 const float *kernel, const float *bias);
void naive_dense_backward_data(const NaiveDense *shape, double *dsrc,
			       const float *ddst, const float *kernel);
void naive_dense_backward_weights(const NaiveDense *shape, double *dkernel,
				  double *dbias, const float *src,
				  const float *ddst);

/* 2 x 2 maximum; the first of equals, row by row, gets the gradient. */
typedef struct {
	int n, h, w, c;
} NaivePool;

void naive_pool_forward(const NaivePool *shape, double *dst, const float *src);
void naive_pool_backward(const NaivePool *shape, double *dsrc, const float *src,
			 const float *ddst);

#endif
