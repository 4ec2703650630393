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

#ifdef __x86_64__

/* n values as floats; n is a multiple of 16.  For CPUs with AVX512_BF16, as
 * the others. */
void outer_floats(float *to, const guint16 *bf16, gsize n);

/* The gradient for 16 inputs and some outputs, a multiple of 16, which lie in a
 * row of `to`, aligned to 64 bytes. */
typedef struct {
	int images, outputs;
	const guint16 *src; /* of the first input; images are src_row apart */
	gsize src_row;
	const float *ddst; /* of the first output; images are ddst_row apart */
	gsize ddst_row;
	float *to;
	const gsize *row; /* where each input lies */
} OuterBlock;

void outer_block(const OuterBlock *block);

/* What a thread has written passes the caches: others see it after this. */
void outer_fence(void);

#endif

#endif
