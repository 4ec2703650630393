#include "train/param.h"

#include <string.h>

/*
 * The layout of value, gradient and velocity, float32.  The gradient comes in
 * one layout; the others share it, so that the update is one pass over plain
 * arrays.  A frozen kernel is only read: it lies as the forward pass wants it,
 * or where that wants bf16, as in Keras.
 */
static DnnLayout *
choose_master(const Param *param, GError **error)
{
	if (param->op_backward_weights != NULL)
		return dnn_op_layout(param->op_backward_weights,
				     DNN_DIFF_WEIGHTS, error);
	return dnn_layout_copy(dnn_layout_type(param->forward_layout) ==
					       DNN_BF16
				       ? param->keras
				       : param->forward_layout,
			       error);
}

/* How the copies of the value differ from it, and what brings them up to date.
 */
static gboolean
prepare_copies(Dnn *dnn, Param *param, GError **error)
{
	if (!dnn_layout_equal(param->forward_layout, param->master)) {
		param->refresh_forward = dnn_convert(dnn, param->forward_layout,
						     param->master, error);
		if (param->refresh_forward == NULL)
			return FALSE;
	}
	if (param->op_backward_data == NULL)
		return TRUE;
	param->backward_layout =
		dnn_op_layout(param->op_backward_data, DNN_WEIGHTS, error);
	if (param->backward_layout == NULL)
		return FALSE;
	if (dnn_layout_equal(param->backward_layout, param->master) ||
	    dnn_layout_equal(param->backward_layout, param->forward_layout))
		return TRUE;
	param->refresh_backward =
		dnn_convert(dnn, param->backward_layout, param->master, error);
	return param->refresh_backward != NULL;
}

Param *
param_new_kernel(Dnn *dnn, DnnLayout *keras, DnnOp *forward,
		 DnnOp *backward_data, DnnOp *backward_weights, GError **error)
{
	g_autoptr(Param) param = g_new0(Param, 1);

	param->keras = keras;
	param->op_forward = forward;
	param->op_backward_data = backward_data;
	param->op_backward_weights = backward_weights;
	param->forward_layout = dnn_op_layout(forward, DNN_WEIGHTS, error);
	if (param->forward_layout == NULL)
		return NULL;
	param->master = choose_master(param, error);
	if (param->master == NULL)
		return NULL;
	param->n = dnn_layout_floats(param->master);
	if (!prepare_copies(dnn, param, error))
		return NULL;
	if (param->op_backward_weights != NULL &&
	    (param->refresh_forward != NULL || param->refresh_backward != NULL))
		param->update = bf16_update_new(
			param->master,
			param->refresh_forward != NULL ? param->forward_layout
						       : NULL,
			param->refresh_backward != NULL ? param->backward_layout
							: NULL);
	return g_steal_pointer(&param);
}

Param *
param_new_bias(gsize n, DnnOp *forward, DnnOp *backward_weights)
{
	Param *param = g_new0(Param, 1);

	param->n = n;
	param->op_forward = forward;
	param->op_backward_weights = backward_weights;
	return param;
}

void
param_free(Param *param)
{
	if (param == NULL)
		return;
	dnn_op_free(param->refresh_forward);
	dnn_op_free(param->refresh_backward);
	bf16_update_free(param->update);
	dnn_layout_free(param->keras);
	dnn_layout_free(param->master);
	dnn_layout_free(param->forward_layout);
	dnn_layout_free(param->backward_layout);
	g_free(param);
}

/* ---- memory */

static void
place_copies(Param *param, Region *weights)
{
	param->forward = param->value;
	if (param->refresh_forward != NULL)
		param->forward = region_take(
			weights, dnn_layout_bytes(param->forward_layout));
	if (param->op_backward_data == NULL)
		return;
	if (param->refresh_backward != NULL)
		param->backward = region_take(
			weights, dnn_layout_bytes(param->backward_layout));
	else
		param->backward =
			dnn_layout_equal(param->backward_layout, param->master)
				? param->value
				: param->forward;
}

static void
bind(const Param *param)
{
	const gboolean bias = param->keras == NULL;

	dnn_op_bind(param->op_forward, bias ? DNN_BIAS : DNN_WEIGHTS,
		    param->forward);
	if (param->op_backward_weights != NULL)
		dnn_op_bind(param->op_backward_weights,
			    bias ? DNN_DIFF_BIAS : DNN_DIFF_WEIGHTS,
			    param->gradient);
	if (param->op_backward_data != NULL)
		dnn_op_bind(param->op_backward_data, DNN_WEIGHTS,
			    param->backward);
	if (param->refresh_forward != NULL) {
		dnn_op_bind(param->refresh_forward, DNN_SRC, param->value);
		dnn_op_bind(param->refresh_forward, DNN_DST, param->forward);
	}
	if (param->refresh_backward != NULL) {
		dnn_op_bind(param->refresh_backward, DNN_SRC, param->value);
		dnn_op_bind(param->refresh_backward, DNN_DST, param->backward);
	}
}

void
param_place(Param *param, Region *weights, Region *training)
{
	const gsize bytes = param->n * sizeof(float);

	param->value = region_take(weights, bytes);
	place_copies(param, weights);
	if (param->op_backward_weights != NULL) {
		param->gradient = region_take(training, bytes);
		param->velocity = region_take(training, bytes);
	}
	if (param->value != NULL)
		bind(param);
}

/* ---- values */

gboolean
param_refresh(Param *param, GError **error)
{
	return (param->refresh_forward == NULL ||
		dnn_op_run(param->refresh_forward, error)) &&
	       (param->refresh_backward == NULL ||
		dnn_op_run(param->refresh_backward, error));
}

static gboolean
update_plain(Param *param, float rate, float momentum, float decay)
{
	float *restrict w = param->value;
	float *restrict v = param->velocity;
	const float *restrict g = param->gradient;
	float zero = 0;

	/* 0 * w is 0, but for infinities and NaN: the check that costs no pass
	 * of its own. */
#pragma omp parallel for simd schedule(static) reduction(+ : zero)
	for (gsize i = 0; i < param->n; i++) {
		v[i] = momentum * v[i] - rate * (g[i] + decay * w[i]);
		w[i] += v[i];
		zero += 0.0f * w[i];
	}
	return zero == 0;
}

gboolean
param_update(Param *param, float rate, float momentum, gboolean *finite,
	     GError **error)
{
	const float decay = (float)(2 * param->l2);
	OuterProducts products;
	Bf16Weights all = { .value = param->value,
			    .velocity = param->velocity,
			    .gradient = param->gradient,
			    .forward = param->forward,
			    .backward = param->backward };

	if (param->deferred) {
		products = dnn_op_products(param->op_backward_weights);
		all.gradient = NULL;
		all.products = &products;
	}
	if (param->update != NULL) {
		*finite = bf16_update_run(param->update, &all, rate, momentum,
					  decay);
		return TRUE;
	}
	*finite = update_plain(param, rate, momentum, decay);
	return param_refresh(param, error);
}

void
param_defer_gradient(Param *param, gboolean defer)
{
	param->deferred = param->update != NULL &&
			  bf16_update_takes_products(param->update) &&
			  dnn_op_defer(param->op_backward_weights, defer);
}

/* Keras's order to that of the value, gradient and velocity ... */
static gboolean
from_keras(Dnn *dnn, const Param *param, float *to, const float *keras,
	   GError **error)
{
	if (param->keras != NULL)
		return dnn_reorder(dnn, param->master, to, param->keras, keras,
				   error);
	memcpy(to, keras, param->n * sizeof *keras);
	return TRUE;
}

/* ... and back. */
static gboolean
to_keras(Dnn *dnn, const Param *param, float *keras, const float *from,
	 GError **error)
{
	if (param->keras != NULL)
		return dnn_reorder(dnn, param->keras, keras, param->master,
				   from, error);
	memcpy(keras, from, param->n * sizeof *keras);
	return TRUE;
}

gboolean
param_import(Dnn *dnn, Param *param, const float *keras, GError **error)
{
	return from_keras(dnn, param, param->value, keras, error) &&
	       param_refresh(param, error);
}

gboolean
param_export(Dnn *dnn, const Param *param, float *keras, GError **error)
{
	return to_keras(dnn, param, keras, param->value, error);
}

gboolean
param_import_velocity(Dnn *dnn, Param *param, const float *keras,
		      GError **error)
{
	return from_keras(dnn, param, param->velocity, keras, error);
}

gboolean
param_export_velocity(Dnn *dnn, const Param *param, float *keras,
		      GError **error)
{
	return to_keras(dnn, param, keras, param->velocity, error);
}

float *
param_spare(const Param *param)
{
	return param->gradient;
}

gboolean
param_copy(Dnn *dnn, Param *to, const Param *from, GError **error)
{
	if (to->keras == NULL)
		memcpy(to->value, from->value, to->n * sizeof *to->value);
	else if (!dnn_reorder(dnn, to->master, to->value, from->master,
			      from->value, error))
		return FALSE;
	return param_refresh(to, error);
}

double
param_sum_squares(const Param *param)
{
	double sum = 0;

	/* One order of summation, so that a run can be repeated exactly. */
	for (gsize i = 0; i < param->n; i++)
		sum += (double)param->value[i] * (double)param->value[i];
	return sum;
}
