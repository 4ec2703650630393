/*
 * The kernel or the bias of a layer: its value, what training adds to it, and
 * copies in the layouts that the operations want.
 */
#ifndef KW_TRAIN_PARAM_H
#define KW_TRAIN_PARAM_H

#include "train/dnn.h"

typedef struct {
	DnnLayout *keras; /* the order in which Keras stores it; NULL: a bias */
	DnnLayout *master; /* of value, gradient and velocity; NULL: a bias */
	gsize n;           /* floats in each of those, padding included */
	float *value;
	float *gradient, *velocity; /* NULL when frozen */

	/* Copies for the operations; equal to `value` where layouts agree. */
	DnnLayout *forward_layout, *backward_layout;
	float *forward, *backward;

	double l2; /* adds l2 * sum(value^2) to the loss */
} Param;

/*
 * A kernel used by `forward`, and when it is trained by `backward_weights` and
 * `backward_data`; those may be NULL, and are bound to the buffers here.
 * Takes `keras`.  The value is zero.
 */
Param *param_new_kernel(DnnLayout *keras, DnnOp *forward, DnnOp *backward_data,
			DnnOp *backward_weights, GError **error);

/* A bias of n values. */
Param *param_new_bias(gsize n, DnnOp *forward, DnnOp *backward_weights,
		      GError **error);
void param_free(Param *param);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Param, param_free)

/* After `value` has changed: bring the copies up to date. */
gboolean param_refresh(Dnn *dnn, Param *param, GError **error);

/* Values in Keras's order, in and out; importing refreshes. */
gboolean param_import(Dnn *dnn, Param *param, const float *keras,
		      GError **error);
gboolean param_export(Dnn *dnn, const Param *param, float *keras,
		      GError **error);

/* sum(value^2), in double precision. */
double param_sum_squares(const Param *param);

#endif
