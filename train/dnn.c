#include "train/dnn.h"

#include <dnnl.h>
#include <dnnl_debug.h>
#include <omp.h>
#include <stdio.h>

#include "kw/alloc.h"
#include "kw/error.h"

/* ---- what differs between oneDNN 2 and 3 */

#if DNNL_VERSION_MAJOR >= 3

typedef dnnl_memory_desc_t Md;          /* a handle that we own */
typedef const_dnnl_memory_desc_t MdRef; /* borrowed */
#define REF(md)            (md)
#define MD_BY_TAG          dnnl_memory_desc_create_with_tag
#define MD_CLONE(md, from) dnnl_memory_desc_clone(md, from)
#define MD_FREE(md)        dnnl_memory_desc_destroy(*(md))
#define POST_OP_SCALE
#define DILATION none,

/* A primitive descriptor of an operation in one call. */
#define PD_FORWARD(kind, pd, dnn, attr, ...)                                   \
	dnnl_##kind##_forward_primitive_desc_create(pd, (dnn)->engine,         \
						    __VA_ARGS__, attr)
#define PD_BACKWARD(kind, pass, pd, dnn, hint, attr, ...)                      \
	dnnl_##kind##_##pass##_primitive_desc_create(pd, (dnn)->engine,        \
						     __VA_ARGS__, hint, attr)

#else

typedef dnnl_memory_desc_t Md; /* a plain struct */
typedef const dnnl_memory_desc_t *MdRef;
#define REF(md)            (&(md))
#define MD_BY_TAG          dnnl_memory_desc_init_by_tag
#define MD_CLONE(md, from) (*(md) = *(from), dnnl_success)
#define MD_FREE(md)        ((void)(md))
#define POST_OP_SCALE      1,
#define DILATION

/* An operation descriptor first, and a primitive descriptor from it. */
#define PD_FORWARD(kind, pd, dnn, attr, ...)                                   \
	PD_BACKWARD(kind, forward, pd, dnn, NULL, attr, __VA_ARGS__)
#define PD_BACKWARD(kind, pass, pd, dnn, hint, attr, ...)                      \
	({                                                                     \
		dnnl_##kind##_desc_t desc_;                                    \
		dnnl_status_t status_ =                                        \
			dnnl_##kind##_##pass##_desc_init(&desc_, __VA_ARGS__); \
		status_ != dnnl_success                                        \
			? status_                                              \
			: dnnl_primitive_desc_create(pd, &desc_, attr,         \
						     (dnn)->engine, hint);     \
	})

#endif

/* ---- handles */

typedef dnnl_primitive_desc_t Pd;
static void
pd_free(Pd pd)
{
	dnnl_primitive_desc_destroy(pd);
}
G_DEFINE_AUTO_CLEANUP_FREE_FUNC(Pd, pd_free, NULL)

typedef dnnl_primitive_attr_t Attr;
static void
attr_free(Attr attr)
{
	dnnl_primitive_attr_destroy(attr);
}
G_DEFINE_AUTO_CLEANUP_FREE_FUNC(Attr, attr_free, NULL)

struct Dnn {
	dnnl_engine_t engine;
	dnnl_stream_t stream;
	void *scratch; /* shared: operations run one after the other */
	gsize scratch_size;
};

struct DnnLayout {
	Md md;
};

struct DnnOp {
	Dnn *dnn;
	Pd pd;
	dnnl_primitive_t primitive;
	dnnl_memory_t args[DNN_N_ARGS]; /* NULL: not one of its arguments */
	dnnl_memory_t scratch;
};

/* The argument's number at execution, and how to ask for its layout. */
static const struct {
	int number;
	dnnl_query_t query;
	int index;
} arg_table[DNN_N_ARGS] = {
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

/* TRUE for success; else FALSE with an error, "oneDNN cannot WHAT: ...". */
static gboolean
check(dnnl_status_t status, const char *what, GError **error)
{
	if (status == dnnl_success)
		return TRUE;
	g_set_error(error, KW_ERROR,
		    status == dnnl_out_of_memory ? KW_ERROR_MEMORY
						 : KW_ERROR_UNSUPPORTED,
		    "oneDNN cannot %s: %s", what, dnnl_status2str(status));
	return FALSE;
}

/* ---- engine */

const char *
dnn_version(void)
{
	static char text[32];
	const dnnl_version_t *v = dnnl_version();

	snprintf(text, sizeof text, "oneDNN %d.%d.%d", v->major, v->minor,
		 v->patch);
	return text;
}

Dnn *
dnn_new(int threads, GError **error)
{
	g_autofree Dnn *dnn = g_new0(Dnn, 1);

	if (dnnl_version()->major != DNNL_VERSION_MAJOR) {
		g_set_error(error, KW_ERROR, KW_ERROR_UNSUPPORTED,
			    "this program was built for oneDNN %d but finds "
			    "%s; build it again",
			    DNNL_VERSION_MAJOR, dnn_version());
		return NULL;
	}
	if (threads > omp_get_thread_limit()) {
		g_set_error(error, KW_ERROR, KW_ERROR_UNSUPPORTED,
			    "%d threads are wanted but OMP_THREAD_LIMIT allows "
			    "%d; use -j %d",
			    threads, omp_get_thread_limit(),
			    omp_get_thread_limit());
		return NULL;
	}
	omp_set_dynamic(0);
	omp_set_num_threads(threads);
	if (!check(dnnl_engine_create(&dnn->engine, dnnl_cpu, 0),
		   "start on this CPU", error))
		return NULL;
	if (!check(dnnl_stream_create(&dnn->stream, dnn->engine,
				      dnnl_stream_default_flags),
		   "start on this CPU", error)) {
		dnnl_engine_destroy(dnn->engine);
		return NULL;
	}
	return g_steal_pointer(&dnn);
}

void
dnn_free(Dnn *dnn)
{
	if (dnn == NULL)
		return;
	kw_free(dnn->scratch);
	dnnl_stream_destroy(dnn->stream);
	dnnl_engine_destroy(dnn->engine);
	g_free(dnn);
}

/* Make the scratch memory large enough for one more operation. */
static gboolean
reserve_scratch(Dnn *dnn, gsize size, GError **error)
{
	if (size <= dnn->scratch_size)
		return TRUE;
	kw_free(dnn->scratch);
	dnn->scratch_size = 0;
	dnn->scratch = kw_alloc(size, 1, "the scratch memory of oneDNN", error);
	if (dnn->scratch == NULL)
		return FALSE;
	dnn->scratch_size = size;
	return TRUE;
}

/* ---- layouts */

static DnnLayout *
layout_new(int rank, const dnnl_dims_t dims, dnnl_format_tag_t tag,
	   GError **error)
{
	g_autoptr(DnnLayout) layout = g_new0(DnnLayout, 1);

	if (!check(MD_BY_TAG(&layout->md, rank, dims, dnnl_f32, tag),
		   "describe weights", error))
		return NULL;
	return g_steal_pointer(&layout);
}

DnnLayout *
dnn_layout_hwio(int h, int w, int in, int out, GError **error)
{
	const dnnl_dims_t dims = { out, in, h, w };

	return layout_new(4, dims, dnnl_hwio, error);
}

DnnLayout *
dnn_layout_in_out(int in, int out, GError **error)
{
	const dnnl_dims_t dims = { out, in };

	return layout_new(2, dims, dnnl_io, error);
}

gsize
dnn_layout_floats(const DnnLayout *layout)
{
	return dnnl_memory_desc_get_size(REF(layout->md)) / sizeof(float);
}

gboolean
dnn_layout_equal(const DnnLayout *a, const DnnLayout *b)
{
	return dnnl_memory_desc_equal(REF(a->md), REF(b->md)) != 0;
}

void
dnn_layout_free(DnnLayout *layout)
{
	if (layout == NULL)
		return;
	MD_FREE(&layout->md);
	g_free(layout);
}

DnnLayout *
dnn_op_layout(const DnnOp *op, DnnArg arg, GError **error)
{
	g_autoptr(DnnLayout) layout = g_new0(DnnLayout, 1);
	MdRef md = dnnl_primitive_desc_query_md(op->pd, arg_table[arg].query,
						arg_table[arg].index);

	if (!check(MD_CLONE(&layout->md, md), "describe weights", error))
		return NULL;
	return g_steal_pointer(&layout);
}

/* ---- operations in general */

/* Bits of a set of arguments. */
#define ARG(name) (1u << DNN_##name)

static dnnl_status_t
create_args(DnnOp *op, guint args)
{
	dnnl_status_t status = dnnl_success;

	for (int a = 0; a < DNN_N_ARGS && status == dnnl_success; a++)
		if (args & 1u << a)
			status = dnnl_memory_create(
				&op->args[a],
				dnnl_primitive_desc_query_md(
					op->pd, arg_table[a].query,
					arg_table[a].index),
				op->dnn->engine, DNNL_MEMORY_NONE);
	return status;
}

/* An operation from its descriptor, which it takes, and a set of arguments. */
static DnnOp *
op_new(Dnn *dnn, Pd *pd, guint args, const char *what, GError **error)
{
	g_autoptr(DnnOp) op = g_new0(DnnOp, 1);
	MdRef scratch;

	op->dnn = dnn;
	op->pd = g_steal_pointer(pd);
	if (!check(dnnl_primitive_create(&op->primitive, op->pd), what,
		   error) ||
	    !check(create_args(op, args), what, error))
		return NULL;
	scratch = dnnl_primitive_desc_query_md(op->pd, dnnl_query_scratchpad_md,
					       0);
	if (!check(dnnl_memory_create(&op->scratch, scratch, dnn->engine,
				      DNNL_MEMORY_NONE),
		   what, error) ||
	    !reserve_scratch(dnn, dnnl_memory_desc_get_size(scratch), error))
		return NULL;
	return g_steal_pointer(&op);
}

void
dnn_op_free(DnnOp *op)
{
	if (op == NULL)
		return;
	for (int a = 0; a < DNN_N_ARGS; a++)
		dnnl_memory_destroy(op->args[a]);
	dnnl_memory_destroy(op->scratch);
	dnnl_primitive_destroy(op->primitive);
	dnnl_primitive_desc_destroy(op->pd);
	g_free(op);
}

gsize
dnn_op_workspace(const DnnOp *op)
{
	if (op->args[DNN_WORKSPACE] == NULL)
		return 0;
	return dnnl_memory_desc_get_size(dnnl_primitive_desc_query_md(
		op->pd, dnnl_query_workspace_md, 0));
}

void
dnn_op_bind(DnnOp *op, DnnArg arg, const void *data)
{
	g_assert(op->args[arg] != NULL);
	dnnl_memory_set_data_handle(op->args[arg], (void *)data);
}

gboolean
dnn_op_run(DnnOp *op, GError **error)
{
	dnnl_exec_arg_t args[DNN_N_ARGS + 1];
	int n = 0;

	for (int a = 0; a < DNN_N_ARGS; a++)
		if (op->args[a] != NULL)
			args[n++] = (dnnl_exec_arg_t){ arg_table[a].number,
						       op->args[a] };
	/* The scratch memory may have grown since the operation was made. */
	dnnl_memory_set_data_handle(op->scratch, op->dnn->scratch);
	args[n++] = (dnnl_exec_arg_t){ DNNL_ARG_SCRATCHPAD, op->scratch };
	return check(dnnl_primitive_execute(op->primitive, op->dnn->stream, n,
					    args),
		     "compute", error) &&
	       check(dnnl_stream_wait(op->dnn->stream), "compute", error);
}

/* Scratch memory is ours, and an optional ReLU follows. */
static dnnl_status_t
attr_new(Attr *attr, gboolean relu)
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

gboolean
dnn_reorder(Dnn *dnn, const DnnLayout *to, float *dst, const DnnLayout *from,
	    const float *src, GError **error)
{
	g_auto(Attr) attr = NULL;
	g_auto(Pd) pd = NULL;
	g_autoptr(DnnOp) op = NULL;
	static const char *const what = "convert the layout of weights";

	if (!check(attr_new(&attr, FALSE), what, error) ||
	    !check(dnnl_reorder_primitive_desc_create(&pd, REF(from->md),
						      dnn->engine, REF(to->md),
						      dnn->engine, attr),
		   what, error))
		return FALSE;
	op = op_new(dnn, &pd, ARG(SRC) | ARG(DST), what, error);
	if (op == NULL)
		return FALSE;
	dnn_op_bind(op, DNN_SRC, src);
	dnn_op_bind(op, DNN_DST, dst);
	return dnn_op_run(op, error);
}

/* ---- what describes an operation */

typedef struct {
	Md src, weights, bias, dst;
} Mds;

static void
mds_clear(Mds *mds)
{
	MD_FREE(&mds->src);
	MD_FREE(&mds->weights);
	MD_FREE(&mds->bias);
	MD_FREE(&mds->dst);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Mds, mds_clear)

/* Source and destination: rank 4 is counted n,c,h,w and lies as n,h,w,c. */
static gboolean
describe_data(Mds *m, int rank, const dnnl_dims_t src, const dnnl_dims_t dst,
	      GError **error)
{
	const dnnl_format_tag_t tag = rank == 4 ? dnnl_nhwc : dnnl_nc;
	static const char *const what = "describe activations";

	return check(MD_BY_TAG(&m->src, rank, src, dnnl_f32, tag), what,
		     error) &&
	       check(MD_BY_TAG(&m->dst, rank, dst, dnnl_f32, tag), what, error);
}

/* oneDNN chooses the layout of the weights; their first axis is the output. */
static gboolean
describe_weights(Mds *m, int rank, const dnnl_dims_t dims, GError **error)
{
	const dnnl_dims_t bias = { dims[0] };
	static const char *const what = "describe weights";

	return check(MD_BY_TAG(&m->weights, rank, dims, dnnl_f32,
			       dnnl_format_tag_any),
		     what, error) &&
	       check(MD_BY_TAG(&m->bias, 1, bias, dnnl_f32, dnnl_x), what,
		     error);
}

/*
 * Each kind of operation has one of these: the primitive descriptor of one
 * pass.  A backward pass wants that of the forward pass as a hint.
 */
typedef dnnl_status_t (*Describe)(Pd *pd, Dnn *dnn, const Mds *m,
				  dnnl_prop_kind_t pass, Pd hint, Attr attr);

static const dnnl_dims_t none = { 0, 0 }, ones = { 1, 1 }, twos = { 2, 2 };

static dnnl_status_t
describe_conv(Pd *pd, Dnn *dnn, const Mds *m, dnnl_prop_kind_t pass, Pd hint,
	      Attr attr)
{
	const dnnl_alg_kind_t direct = dnnl_convolution_direct;

	switch (pass) {
	case dnnl_backward_data:
		return PD_BACKWARD(convolution, backward_data, pd, dnn, hint,
				   attr, direct, REF(m->src), REF(m->weights),
				   REF(m->dst), ones, DILATION ones, ones);
	case dnnl_backward_weights:
		return PD_BACKWARD(convolution, backward_weights, pd, dnn, hint,
				   attr, direct, REF(m->src), REF(m->weights),
				   REF(m->bias), REF(m->dst), ones,
				   DILATION ones, ones);
	default:
		return PD_FORWARD(convolution, pd, dnn, attr, pass, direct,
				  REF(m->src), REF(m->weights), REF(m->bias),
				  REF(m->dst), ones, DILATION ones, ones);
	}
}

static dnnl_status_t
describe_dense(Pd *pd, Dnn *dnn, const Mds *m, dnnl_prop_kind_t pass, Pd hint,
	       Attr attr)
{
	switch (pass) {
	case dnnl_backward_data:
		return PD_BACKWARD(inner_product, backward_data, pd, dnn, hint,
				   attr, REF(m->src), REF(m->weights),
				   REF(m->dst));
	case dnnl_backward_weights:
		return PD_BACKWARD(inner_product, backward_weights, pd, dnn,
				   hint, attr, REF(m->src), REF(m->weights),
				   REF(m->bias), REF(m->dst));
	default:
		return PD_FORWARD(inner_product, pd, dnn, attr, pass,
				  REF(m->src), REF(m->weights), REF(m->bias),
				  REF(m->dst));
	}
}

static dnnl_status_t
describe_pool(Pd *pd, Dnn *dnn, const Mds *m, dnnl_prop_kind_t pass, Pd hint,
	      Attr attr)
{
	const dnnl_alg_kind_t max = dnnl_pooling_max;

	if (pass == dnnl_backward_data)
		return PD_BACKWARD(pooling, backward, pd, dnn, hint, attr, max,
				   REF(m->src), REF(m->dst), twos, twos,
				   DILATION none, none);
	return PD_FORWARD(pooling, pd, dnn, attr, pass, max, REF(m->src),
			  REF(m->dst), twos, twos, DILATION none, none);
}

/* ---- the operations of each kind */

/* The operation of one pass, and the arguments that it takes. */
static DnnOp *
create(Dnn *dnn, Describe describe, const Mds *m, dnnl_prop_kind_t pass,
       gboolean relu, guint args, GError **error)
{
	g_auto(Attr) attr = NULL;
	g_auto(Pd) hint = NULL;
	g_auto(Pd) pd = NULL;
	const gboolean backward =
		pass == dnnl_backward_data || pass == dnnl_backward_weights;
	static const char *const what = "make a layer";

	if (!check(attr_new(&attr, relu), what, error))
		return NULL;
	if (backward &&
	    !check(describe(&hint, dnn, m, dnnl_forward_training, NULL, attr),
		   what, error))
		return NULL;
	if (!check(describe(&pd, dnn, m, pass, hint, attr), what, error))
		return NULL;
	return op_new(dnn, &pd, args, what, error);
}

/* A pass of a convolution or a dense layer. */
static DnnOp *
create_linear(Dnn *dnn, Describe describe, const Mds *m, DnnPass pass,
	      gboolean relu, GError **error)
{
	static const struct {
		dnnl_prop_kind_t pass;
		guint args;
	} table[] = {
		[DNN_FORWARD] = { dnnl_forward_inference,
				  ARG(SRC) | ARG(WEIGHTS) | ARG(BIAS) |
					  ARG(DST) },
		[DNN_BACKWARD_DATA] = { dnnl_backward_data,
					ARG(DIFF_DST) | ARG(WEIGHTS) |
						ARG(DIFF_SRC) },
		[DNN_BACKWARD_WEIGHTS] = { dnnl_backward_weights,
					   ARG(SRC) | ARG(DIFF_DST) |
						   ARG(DIFF_WEIGHTS) |
						   ARG(DIFF_BIAS) },
	};

	return create(dnn, describe, m, table[pass].pass, relu,
		      table[pass].args, error);
}

DnnOp *
dnn_conv(Dnn *dnn, const DnnConvShape *s, DnnPass pass, gboolean relu,
	 GError **error)
{
	g_auto(Mds) m = { 0 };
	const dnnl_dims_t src = { s->n, s->in, s->h, s->w };
	const dnnl_dims_t weights = { s->out, s->in, 3, 3 };
	const dnnl_dims_t dst = { s->n, s->out, s->h, s->w };

	if (!describe_data(&m, 4, src, dst, error) ||
	    !describe_weights(&m, 4, weights, error))
		return NULL;
	return create_linear(dnn, describe_conv, &m, pass, relu, error);
}

DnnOp *
dnn_dense(Dnn *dnn, const DnnDenseShape *s, DnnPass pass, gboolean relu,
	  GError **error)
{
	g_auto(Mds) m = { 0 };
	const dnnl_dims_t src = { s->n, s->in };
	const dnnl_dims_t weights = { s->out, s->in };
	const dnnl_dims_t dst = { s->n, s->out };

	if (!describe_data(&m, 2, src, dst, error) ||
	    !describe_weights(&m, 2, weights, error))
		return NULL;
	return create_linear(dnn, describe_dense, &m, pass, relu, error);
}

static gboolean
describe_pool_data(Mds *m, const DnnPoolShape *s, GError **error)
{
	const dnnl_dims_t src = { s->n, s->c, s->h, s->w };
	const dnnl_dims_t dst = { s->n, s->c, s->h / 2, s->w / 2 };

	return describe_data(m, 4, src, dst, error);
}

DnnOp *
dnn_pool_forward(Dnn *dnn, const DnnPoolShape *shape, gboolean training,
		 GError **error)
{
	g_auto(Mds) m = { 0 };

	if (!describe_pool_data(&m, shape, error))
		return NULL;
	return create(dnn, describe_pool, &m,
		      training ? dnnl_forward_training : dnnl_forward_inference,
		      FALSE,
		      ARG(SRC) | ARG(DST) | (training ? ARG(WORKSPACE) : 0),
		      error);
}

DnnOp *
dnn_pool_backward(Dnn *dnn, const DnnPoolShape *shape, GError **error)
{
	g_auto(Mds) m = { 0 };

	if (!describe_pool_data(&m, shape, error))
		return NULL;
	return create(dnn, describe_pool, &m, dnnl_backward_data, FALSE,
		      ARG(DIFF_DST) | ARG(WORKSPACE) | ARG(DIFF_SRC), error);
}
