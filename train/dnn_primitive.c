/* Operations that are oneDNN's primitives. */
#include "train/dnn_internal.h"

typedef struct {
	DnnOp op;
	Pd pd;
	dnnl_primitive_t primitive;
	dnnl_memory_t args[DNN_N_ARGS]; /* NULL: not one of its arguments */
	dnnl_memory_t scratch;
} Primitive;

/* The argument's number at execution, and how to ask for its layout. */
static const struct {
	int number;
	dnnl_query_t query;
	int index;
} arg_table[DNN_WORKSPACE + 1] = {
	[DNN_SRC] = { DNNL_ARG_SRC, dnnl_query_src_md, 0 },
	[DNN_DST] = { DNNL_ARG_DST, dnnl_query_dst_md, 0 },
	[DNN_WEIGHTS] = { DNNL_ARG_WEIGHTS, dnnl_query_weights_md, 0 },
	[DNN_BIAS] = { DNNL_ARG_BIAS, dnnl_query_weights_md, 1 },
	[DNN_DIFF_SRC] = { DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md, 0 },
	[DNN_DIFF_DST] = { DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, 0 },
	[DNN_DIFF_WEIGHTS] = { DNNL_ARG_DIFF_WEIGHTS,
			       dnnl_query_diff_weights_md, 0 },
	[DNN_DIFF_BIAS] = { DNNL_ARG_DIFF_BIAS, dnnl_query_diff_weights_md, 1 },
	[DNN_WORKSPACE] = { DNNL_ARG_WORKSPACE, dnnl_query_workspace_md, 0 },
};

static MdRef
arg_md(const Primitive *p, DnnArg arg)
{
	return dnnl_primitive_desc_query_md(p->pd, arg_table[arg].query,
					    arg_table[arg].index);
}

static DnnLayout *
primitive_layout(const DnnOp *op, DnnArg arg, GError **error)
{
	return dnn_layout_clone(arg_md((const Primitive *)op, arg), error);
}

static void
primitive_bind(DnnOp *op, DnnArg arg, const void *data)
{
	dnnl_memory_set_data_handle(((Primitive *)op)->args[arg], (void *)data);
}

static gboolean
primitive_run(DnnOp *op, GError **error)
{
	const Primitive *p = (const Primitive *)op;
	dnnl_exec_arg_t args[DNN_N_ARGS + 1];
	int n = 0;

	for (int a = 0; a < DNN_N_ARGS; a++)
		if (p->args[a] != NULL)
			args[n++] = (dnnl_exec_arg_t){ arg_table[a].number,
						       p->args[a] };
	dnnl_memory_set_data_handle(p->scratch, op->dnn->scratch);
	args[n++] = (dnnl_exec_arg_t){ DNNL_ARG_SCRATCHPAD, p->scratch };
	return dnn_check(dnnl_primitive_execute(p->primitive, op->dnn->stream,
						n, args),
			 "compute", error) &&
	       dnn_check(dnnl_stream_wait(op->dnn->stream), "compute", error);
}

static void
primitive_free(DnnOp *op)
{
	Primitive *p = (Primitive *)op;

	for (int a = 0; a < DNN_N_ARGS; a++)
		dnnl_memory_destroy(p->args[a]);
	dnnl_memory_destroy(p->scratch);
	dnnl_primitive_destroy(p->primitive);
	dnnl_primitive_desc_destroy(p->pd);
	g_free(p);
}

static const DnnOpType primitive_type = { primitive_layout, primitive_bind,
					  primitive_run, primitive_free };

static dnnl_status_t
create_memories(Primitive *p, MdRef scratch)
{
	dnnl_engine_t engine = p->op.dnn->engine;
	dnnl_status_t status = dnnl_memory_create(&p->scratch, scratch, engine,
						  DNNL_MEMORY_NONE);

	for (int a = 0; a < DNN_N_ARGS && status == dnnl_success; a++)
		if (dnn_op_takes(&p->op, a))
			status = dnnl_memory_create(&p->args[a], arg_md(p, a),
						    engine, DNNL_MEMORY_NONE);
	return status;
}

DnnOp *
dnn_primitive_new(Dnn *dnn, Pd *pd, guint args, const char *what,
		  GError **error)
{
	Primitive *p = g_new0(Primitive, 1);
	g_autoptr(DnnOp) op = &p->op;
	MdRef scratch;

	p->op = (DnnOp){ .type = &primitive_type, .dnn = dnn, .args = args };
	p->pd = g_steal_pointer(pd);
	scratch = dnnl_primitive_desc_query_md(p->pd, dnnl_query_scratchpad_md,
					       0);
	if (!dnn_check(dnnl_primitive_create(&p->primitive, p->pd), what,
		       error) ||
	    !dnn_check(create_memories(p, scratch), what, error))
		return NULL;
	if (dnn_op_takes(op, DNN_WORKSPACE))
		op->workspace =
			dnnl_memory_desc_get_size(arg_md(p, DNN_WORKSPACE));
	dnn->scratch_wanted =
		MAX(dnn->scratch_wanted, dnnl_memory_desc_get_size(scratch));
	return g_steal_pointer(&op);
}

const char *
dnn_primitive_kernel(const DnnOp *op)
{
	const char *name = NULL;

	dnnl_primitive_desc_query(((const Primitive *)op)->pd,
				  dnnl_query_impl_info_str, 0, &name);
	return name != NULL ? name : "";
}

dnnl_status_t
dnn_attr_new(Attr *attr, gboolean relu)
{
	dnnl_post_ops_t ops;
	dnnl_status_t status = dnnl_primitive_attr_create(attr);

	if (status == dnnl_success)
		status = dnnl_primitive_attr_set_scratchpad_mode(
			*attr, dnnl_scratchpad_mode_user);
	if (status != dnnl_success || !relu)
		return status;
	status = dnnl_post_ops_create(&ops);
	if (status != dnnl_success)
		return status;
	status = dnnl_post_ops_append_eltwise(
		ops, POST_OP_SCALE dnnl_eltwise_relu, 0, 0);
	if (status == dnnl_success)
		status = dnnl_primitive_attr_set_post_ops(*attr, ops);
	dnnl_post_ops_destroy(ops);
	return status;
}

DnnOp *
dnn_convert(Dnn *dnn, const DnnLayout *to, const DnnLayout *from,
	    GError **error)
{
	g_auto(Attr) attr = NULL;
	g_auto(Pd) pd = NULL;
	static const char *const what = "convert the layout of a tensor";

	if (!dnn_check(dnn_attr_new(&attr, FALSE), what, error) ||
	    !dnn_check(dnnl_reorder_primitive_desc_create(
			       &pd, REF(from->md), dnn->engine, REF(to->md),
			       dnn->engine, attr),
		       what, error))
		return NULL;
	return dnn_primitive_new(dnn, &pd, ARG(SRC) | ARG(DST), what, error);
}
