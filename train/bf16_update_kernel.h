/*
 * The inside of bf16_update.h: what is done to a block of weights, those of 16
 * inputs and some outputs at one position.
 */
#ifndef KW_TRAIN_BF16_UPDATE_KERNEL_H
#define KW_TRAIN_BF16_UPDATE_KERNEL_H

#include "train/bf16_update.h"

enum { BF16_SIDE = 16 };

/*
 * oneDNN multiplies pairs: the weights of two neighbouring inputs lie side by
 * side, and 16 outputs in a row; or those of two outputs, and 16 inputs.
 */
typedef enum {
	BF16_NO_COPY,
	BF16_PAIRS_OF_INPUTS,
	BF16_PAIRS_OF_OUTPUTS,
} Bf16Pairs;

typedef struct {
	Bf16Pairs pairs;
	guint16 *at;
	const gsize *pair; /* where the first of every other of 16 lies */
} Bf16Copy;

typedef struct {
	float *value, *velocity; /* of the first input: outputs in a row */
	const float *gradient;   /* NULL: `products` */
	OuterProducts products;  /* from the first input and output on */
	const gsize *row;        /* where each of 16 inputs lies */
	Bf16Copy copies[2];
	/* 0: 16 outputs.  Else so many times 16 in a row, also in the only
	 * copy, the first one, which is of pairs of inputs. */
	int groups;
} Bf16Block;

typedef struct {
	float rate, momentum, decay;
} Bf16Step;

#ifdef __x86_64__
/* What is added to `zero`, 16 values, stays 0 unless a weight is no finite
 * number. */
void bf16_update_block(const Bf16Block *block, const Bf16Step *step,
		       float *zero);
#endif

#endif
