#include "train/param.h"

#include <string.h>

#include "kw/alloc.h"

static float *
new_floats(gsize n, GError **error)
{
	return kw_alloc0(n, sizeof(float), "the weights of the network", error);
}

/* Value, and what training needs: n floats each. */
static gboolean
allocate_master(Param *param, gsize n, gboolean trained, GError **error)
{
	param->n = n;
	param->value = new_floats(n, error);
	if (param->value == NULL || !trained)
		return param->value != NULL;
	param->gradient = new_floats(n, error);
	if (param->gradient == NULL)
		return FALSE;
	param->velocity = new_floats(n, error);
	return param->velocity != NULL;
}

/* The buffer for an operation: the value itself where its layout will do. */
static float *
new_copy(const Param *param, const DnnLayout *layout, GError **error)
{
	if (dnn_layout_equal(layout, param->master))
		return param->value;
	return new_floats(dnn_layout_floats(layout), error);
}

static gboolean
prepare_backward(Param *param, DnnOp *backward_data, GError **error)
{
	param->backward_layout =
		dnn_op_layout(backward_data, DNN_WEIGHTS, error);
	if (param->backward_layout == NULL)
		return FALSE;
	param->backward = new_copy(param, param->backward_layout, error);
	if (param->backward == NULL)
		return FALSE;
	dnn_op_bind(backward_data, DNN_WEIGHTS, param->backward);
	return TRUE;
}

Param *
param_new_kernel(DnnLayout *keras, DnnOp *forward, DnnOp *backward_data,
		 DnnOp *backward_weights, GError **error)
{
	g_autoptr(Param) param = g_new0(Param, 1);

	param->keras = keras;
	param->forward_layout = dnn_op_layout(forward, DNN_WEIGHTS, error);
	/* The gradient comes in one layout; master and momentum share it, so
	 * that the update is one pass over plain arrays. */
	param->master = backward_weights != NULL
				? dnn_op_layout(backward_weights,
						DNN_DIFF_WEIGHTS, error)
				: dnn_op_layout(forward, DNN_WEIGHTS, error);
	if (param->forward_layout == NULL || param->master == NULL ||
	    !allocate_master(param, dnn_layout_floats(param->master),
			     backward_weights != NULL, error))
		return NULL;
	param->forward = new_copy(param, param->forward_layout, error);
	if (param->forward == NULL)
		return NULL;
	dnn_op_bind(forward, DNN_WEIGHTS, param->forward);
	if (backward_weights != NULL)
		dnn_op_bind(backward_weights, DNN_DIFF_WEIGHTS,
			    param->gradient);
	if (backward_data != NULL &&
	    !prepare_backward(param, backward_data, error))
		return NULL;
	return g_steal_pointer(&param);
}

Param *
param_new_bias(gsize n, DnnOp *forward, DnnOp *backward_weights, GError **error)
{
	g_autoptr(Param) param = g_new0(Param, 1);

	if (!allocate_master(param, n, backward_weights != NULL, error))
		return NULL;
	param->forward = param->value;
	dnn_op_bind(forward, DNN_BIAS, param->forward);
	if (backward_weights != NULL)
		dnn_op_bind(backward_weights, DNN_DIFF_BIAS, param->gradient);
	return g_steal_pointer(&param);
}

void
param_free(Param *param)
{
	if (param == NULL)
		return;
	if (param->forward != param->value)
		kw_free(param->forward);
	if (param->backward != param->value)
		kw_free(param->backward);
	kw_free(param->value);
	kw_free(param->gradient);
	kw_free(param->velocity);
	dnn_layout_free(param->keras);
	dnn_layout_free(param->master);
	dnn_layout_free(param->forward_layout);
	dnn_layout_free(param->backward_layout);
	g_free(param);
}

gboolean
param_refresh(Dnn *dnn, Param *param, GError **error)
{
	if (param->forward != param->value &&
	    !dnn_reorder(dnn, param->forward_layout, param->forward,
			 param->master, param->value, error))
		return FALSE;
	return param->backward == NULL || param->backward == param->value ||
	       dnn_reorder(dnn, param->backward_layout, param->backward,
			   param->master, param->value, error);
}

gboolean
param_import(Dnn *dnn, Param *param, const float *keras, GError **error)
{
	if (param->keras == NULL) {
		memcpy(param->value, keras, param->n * sizeof *keras);
		return TRUE;
	}
	return dnn_reorder(dnn, param->master, param->value, param->keras,
			   keras, error) &&
	       param_refresh(dnn, param, error);
}

gboolean
param_export(Dnn *dnn, const Param *param, float *keras, GError **error)
{
	if (param->keras == NULL) {
		memcpy(keras, param->value, param->n * sizeof *keras);
		return TRUE;
	}
	return dnn_reorder(dnn, param->keras, keras, param->master,
			   param->value, error);
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
