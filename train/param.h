/*
 * The kernel or the bias of a layer: its value, what training adds to it, and
 * copies in the layouts and types that the operations want.
 */
#ifndef KW_TRAIN_PARAM_H
#define KW_TRAIN_PARAM_H

#include "train/bf16_update.h"
#include "train/dnn.h"
#include "train/region.h"

typedef struct {
	DnnLayout *keras; /* the order in which Keras stores it; NULL: a bias */
	DnnLayout *master; /* of value, gradient and velocity; NULL: a bias */
	gsize n;           /* floats in each of those, padding included */
	float *value;
	float *gradient, *velocity; /* NULL when frozen */
	float *sum; /* of gradients, where the network accumulates them */

	/* Copies for the operations; equal to `value`, or to one another, where
	 * layouts and types agree. */
	DnnLayout *forward_layout, *backward_layout;
	void *forward, *backward;

	double l2; /* adds l2 * sum(value^2) to the loss */

	/* Of the layer: what uses it. */
	DnnOp *op_forward, *op_backward_data, *op_backward_weights;
	/* value -> forward, value -> backward; NULL: nothing to do */
	DnnOp *refresh_forward, *refresh_backward;
	Bf16Update *update; /* does that by the way; NULL: there is none */
	gboolean deferred;  /* the gradient is a sum that the update makes */
} Param;

/*
 * A kernel used by `forward`, and when it is trained by `backward_weights` and
 * `backward_data`; those may be NULL, and must live as long.  Takes `keras`.
 * It has no memory yet: param_place().
 */
Param *param_new_kernel(Dnn *dnn, DnnLayout *keras, DnnOp *forward,
			DnnOp *backward_data, DnnOp *backward_weights,
			GError **error);

/* A bias of n values. */
Param *param_new_bias(gsize n, DnnOp *forward, DnnOp *backward_weights);
void param_free(Param *param);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Param, param_free)

/*
 * Take what it needs, values and copies from `weights`, gradient and velocity
 * from `training`, and bind the operations to it.
 */
void param_place(Param *param, Region *weights, Region *training);

/*
 * A step of gradient descent with momentum, copies included:
 *
 *	velocity = momentum * velocity - rate * (gradient + 2 * l2 * value)
 *	value = value + velocity
 *
 * *finite: are all values still finite numbers?
 */
gboolean param_update(Param *param, float rate, float momentum,
		      gboolean *finite, GError **error);

/*
 * From now on, does nobody but the update read the gradient?  It then need not
 * be written where the update can make it.
 */
void param_defer_gradient(Param *param, gboolean defer);

/* After `value` has changed: bring the copies up to date. */
gboolean param_refresh(Param *param, GError **error);

/* Values in Keras's order, in and out; importing refreshes. */
gboolean param_import(Dnn *dnn, Param *param, const float *keras,
		      GError **error);
gboolean param_export(Dnn *dnn, const Param *param, float *keras,
		      GError **error);

/* The same for the velocity of a trained parameter. */
gboolean param_import_velocity(Dnn *dnn, Param *param, const float *keras,
			       GError **error);
gboolean param_export_velocity(Dnn *dnn, const Param *param, float *keras,
			       GError **error);

/*
 * Room for a whole parameter in Keras's order, between two steps: that of the
 * gradient, which the next step writes anew, or nobody reads.  NULL for a frozen
 * one.
 */
float *param_spare(const Param *param);

/* Give `to` the value of `from`, a parameter of the same shape. */
gboolean param_copy(Dnn *dnn, Param *to, const Param *from, GError **error);

/* sum(value^2), in double precision. */
double param_sum_squares(const Param *param);

#endif
