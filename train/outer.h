/*
 * The gradient of the weights of a dense layer for few images: a sum of a few
 * outer products, which takes as long as it takes to write it.
 */
#ifndef KW_TRAIN_OUTER_H
#define KW_TRAIN_OUTER_H

#include <glib.h>

enum {
	OUTER_MOST_IMAGES = 16, /* of more, products are a better way */
	OUTER_SIDE = 16,        /* inputs at a time; outputs are multiples */
};

/* A sum of outer products: of the inputs and the gradients of the outputs of
 * each image, which are so many values apart. */
typedef struct {
	int images;
	const guint16 *src;
	gsize src_row;
	const float *ddst;
	gsize ddst_row;
} OuterProducts;

#ifdef __x86_64__

/* n values as floats; n is a multiple of 16.  For CPUs with AVX512_BF16, as
 * the others. */
void outer_floats(float *to, const guint16 *bf16, gsize n);

/* The gradient for 16 inputs and some outputs, a multiple of 16, which lie in a
 * row of `to`, aligned to 64 bytes. */
typedef struct {
	OuterProducts of; /* from the first input and output on */
	int outputs;
	float *to;
	const gsize *row; /* where each input lies */
} OuterBlock;

void outer_block(const OuterBlock *block);

/* What a thread has written passes the caches: others see it after this. */
void outer_fence(void);

#endif

#endif
