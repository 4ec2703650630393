/*
 * The gradient of the weights of a dense layer for few images: a sum of a few
 * outer products, which takes as long as it takes to write it.
 */
#ifndef KW_TRAIN_OUTER_H
#define KW_TRAIN_OUTER_H

#include <glib.h>

/* A sum of outer products: of the inputs and the gradients of the outputs of
 * each image, which are so many values apart. */
typedef struct {
	int images;
	const guint16 *src;
	gsize src_row;
	const float *ddst;
	gsize ddst_row;
} OuterProducts;

#endif
