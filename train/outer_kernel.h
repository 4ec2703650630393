/* The inside of outer.h: what is done to 16 inputs and some outputs. */
#ifndef KW_TRAIN_OUTER_KERNEL_H
#define KW_TRAIN_OUTER_KERNEL_H

#include "train/outer.h"

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
