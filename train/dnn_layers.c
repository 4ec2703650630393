#include "train/dnn_internal.h"

#include <string.h>

#include "kw/error.h"

/* ---- what describes an operation */

typedef struct {
	dnnl_alg_kind_t algorithm; /* convolutions */
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

static gboolean
describe(Md *md, int rank, const dnnl_dims_t dims, DnnType type,
	 dnnl_format_tag_t tag, GError **error)
{
	return dnn_check(MD_BY_TAG(md, rank, dims, dnn_data_type(type), tag),
			 "describe a tensor", error);
}

/* oneDNN chooses the layout of the weights; their first axis is the output. */
static gboolean
describe_weights(Mds *m, int rank, const dnnl_dims_t dims, DnnType type,
		 GError **error)
{
	const dnnl_dims_t bias = { dims[0] };

	return describe(&m->weights, rank, dims, type, dnnl_format_tag_any,
			error) &&
	       describe(&m->bias, 1, bias, DNN_F32, dnnl_x, error);
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
	switch (pass) {
	case dnnl_backward_data:
		return PD_BACKWARD(convolution, backward_data, pd, dnn, hint,
				   attr, m->algorithm, REF(m->src),
				   REF(m->weights), REF(m->dst), ones,
				   DILATION ones, ones);
	case dnnl_backward_weights:
		return PD_BACKWARD(convolution, backward_weights, pd, dnn, hint,
				   attr, m->algorithm, REF(m->src),
				   REF(m->weights), REF(m->bias), REF(m->dst),
				   ones, DILATION ones, ones);
	default:
		return PD_FORWARD(convolution, pd, dnn, attr, pass,
				  m->algorithm, REF(m->src), REF(m->weights),
				  REF(m->bias), REF(m->dst), ones,
				  DILATION ones, ones);
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

/*
 * The operation of one pass, and the arguments that it takes.  `forward`
 * describes the forward pass; the gradient of bf16 weights is float32.
 */
static DnnOp *
create(Dnn *dnn, Describe kind, const Mds *forward, const Mds *m,
       dnnl_prop_kind_t pass, gboolean relu, guint args, GError **error)
{
	g_auto(Attr) attr = NULL;
	g_auto(Pd) hint = NULL;
	g_auto(Pd) pd = NULL;
	const gboolean backward =
		pass == dnnl_backward_data || pass == dnnl_backward_weights;
	const char *what = md_type(REF(m->src)) == dnnl_bf16
				   ? "make a layer in bf16 on this CPU"
				   : "make a layer";

	if (!dnn_check(dnn_attr_new(&attr, relu), what, error))
		return NULL;
	if (backward && !dnn_check(kind(&hint, dnn, forward,
					dnnl_forward_training, NULL, attr),
				   what, error))
		return NULL;
	if (!dnn_check(kind(&pd, dnn, m, pass, hint, attr), what, error))
		return NULL;
	return dnn_primitive_new(dnn, &pd, args, what, error);
}

/* A pass of a convolution or a dense layer. */
static DnnOp *
create_linear(Dnn *dnn, Describe kind, const Mds *forward, const Mds *m,
	      DnnPass pass, gboolean relu, GError **error)
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
	dnnl_prop_kind_t kind_of_pass = table[pass].pass;

	/* For inference, Winograd kernels want weights that have been
	 * transformed, for which there is no way back. */
	if (pass == DNN_FORWARD && m->algorithm == dnnl_convolution_winograd)
		kind_of_pass = dnnl_forward_training;
	return create(dnn, kind, forward, m, kind_of_pass, relu,
		      table[pass].args, error);
}

/* ---- convolution */

/* The order of activations of so many channels. */
static dnnl_format_tag_t
image_tag(const Dnn *dnn, const DnnMode *mode, int channels)
{
	const int block = dnn->blocked == dnnl_nChw16c ? 16 : 8;

	if (mode->order == DNN_NHWC)
		return dnnl_nhwc;
	return channels < block ? dnnl_nchw : dnn->blocked;
}

/* All of a convolution, with weights or their gradient of a type. */
static gboolean
describe_conv_data(Mds *m, const Dnn *dnn, const DnnMode *mode,
		   const DnnConvShape *s, DnnType weights_type, GError **error)
{
	const dnnl_dims_t src = { s->n, s->in, s->h, s->w };
	const dnnl_dims_t weights = { s->out, s->in, 3, 3 };
	const dnnl_dims_t dst = { s->n, s->out, s->h, s->w };

	return describe(&m->src, 4, src, mode->type,
			image_tag(dnn, mode, s->in), error) &&
	       describe(&m->dst, 4, dst, mode->type,
			mode->order == DNN_NHWC ? dnnl_nhwc : dnn->blocked,
			error) &&
	       describe_weights(m, 4, weights, weights_type, error);
}

static DnnOp *
conv_by(Dnn *dnn, const DnnMode *mode, dnnl_alg_kind_t algorithm,
	const DnnConvShape *s, DnnPass pass, gboolean relu, GError **error)
{
	g_auto(Mds) forward = { .algorithm = algorithm };
	g_auto(Mds) m = { .algorithm = algorithm };

	if (!describe_conv_data(&forward, dnn, mode, s, mode->type, error) ||
	    !describe_conv_data(
		    &m, dnn, mode, s,
		    pass == DNN_BACKWARD_WEIGHTS ? DNN_F32 : mode->type, error))
		return NULL;
	return create_linear(dnn, describe_conv, &forward, &m, pass, relu,
			     error);
}

gboolean
dnn_amx_gradient_fails(int h, int w)
{
	/* Bytes of a row of source and gradient, 16 channels of each. */
	const gsize width = (gsize)w;
	const gsize row = ((width + 63) / 32 * 32 + (width + 1) / 2 * 2) * 32;
	gsize rows = (gsize)h;

	if (row * rows <= 128 * 1024)
		return FALSE;
	while (row * rows > 48 * 1024 && rows > 1) {
		gsize divisor = 2;

		while (divisor < rows && rows % divisor != 0)
			divisor++;
		rows = divisor == rows ? rows / 2 : rows / divisor;
	}
	return rows == 1;
}

/* Is this the kernel of dnn_amx_gradient_fails(), at such a size? */
static gboolean
check_gradient(const DnnOp *op, const DnnConvShape *s, GError **error)
{
	const dnnl_version_t *v = dnnl_version();

	if (v->major > 3 || (v->major == 3 && v->minor >= 6) ||
	    !dnn_amx_gradient_fails(s->h, s->w))
		return TRUE;
	if (strstr(dnn_primitive_kernel(op), "amx") == NULL)
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_UNSUPPORTED,
		    "%s computes wrong bf16 weight gradients on AMX for maps "
		    "of %d x %d (3.6 does not, nor does this one with "
		    "ONEDNN_MAX_CPU_ISA=AVX512_CORE_BF16)",
		    dnn_version(), s->h, s->w);
	return FALSE;
}

DnnOp *
dnn_conv(Dnn *dnn, const DnnMode *mode, DnnAlgorithm algorithm,
	 const DnnConvShape *shape, DnnPass pass, gboolean relu, GError **error)
{
	g_autoptr(DnnOp) op = NULL;

	if (algorithm == DNN_FUSED_WINOGRAD)
		return dnn_winograd(dnn, mode, shape, pass, relu, error);
	op = conv_by(dnn, mode,
		     algorithm == DNN_WINOGRAD ? dnnl_convolution_winograd
					       : dnnl_convolution_direct,
		     shape, pass, relu, error);
	if (op == NULL ||
	    (pass == DNN_BACKWARD_WEIGHTS && mode->type == DNN_BF16 &&
	     !check_gradient(op, shape, error)))
		return NULL;
	return g_steal_pointer(&op);
}

/* ---- dense */

static gboolean
describe_dense_data(Mds *m, const DnnDenseShape *s, DnnType src_type,
		    DnnType weights_type, DnnType dst_type, GError **error)
{
	const dnnl_dims_t src = { s->n, s->in };
	const dnnl_dims_t weights = { s->out, s->in };
	const dnnl_dims_t dst = { s->n, s->out };

	return describe(&m->src, 2, src, src_type, dnnl_nc, error) &&
	       describe(&m->dst, 2, dst, dst_type, dnnl_nc, error) &&
	       describe_weights(m, 2, weights, weights_type, error);
}

DnnOp *
dnn_dense(Dnn *dnn, const DnnMode *mode, const DnnDenseShape *shape,
	  DnnPass pass, DnnType out, gboolean relu, GError **error)
{
	g_auto(Mds) forward = { 0 };
	g_auto(Mds) m = { 0 };
	const DnnType type = mode->type;
	DnnOp *op;

	if (!describe_dense_data(&forward, shape, type, type, type, error) ||
	    !describe_dense_data(&m, shape, type,
				 pass == DNN_BACKWARD_WEIGHTS ? DNN_F32 : type,
				 pass == DNN_FORWARD ? out : type, error))
		return NULL;
	op = create_linear(dnn, describe_dense, &forward, &m, pass, relu,
			   error);
	return op != NULL && pass == DNN_BACKWARD_WEIGHTS
		       ? dnn_outer(dnn, mode, shape, op, error)
		       : op;
}

/* ---- pooling */

static gboolean
describe_pool_data(Mds *m, const Dnn *dnn, const DnnMode *mode,
		   const DnnPoolShape *s, GError **error)
{
	const dnnl_dims_t src = { s->n, s->c, s->h, s->w };
	const dnnl_dims_t dst = { s->n, s->c, s->h / 2, s->w / 2 };
	const dnnl_format_tag_t tag =
		mode->order == DNN_NHWC ? dnnl_nhwc : dnn->blocked;

	return describe(&m->src, 4, src, mode->type, tag, error) &&
	       describe(&m->dst, 4, dst, mode->type, tag, error);
}

DnnOp *
dnn_pool_forward(Dnn *dnn, const DnnMode *mode, const DnnPoolShape *shape,
		 gboolean training, GError **error)
{
	g_auto(Mds) m = { 0 };

	if (!describe_pool_data(&m, dnn, mode, shape, error))
		return NULL;
	return create(dnn, describe_pool, NULL, &m,
		      training ? dnnl_forward_training : dnnl_forward_inference,
		      FALSE,
		      ARG(SRC) | ARG(DST) | (training ? ARG(WORKSPACE) : 0),
		      error);
}

DnnOp *
dnn_pool_backward(Dnn *dnn, const DnnMode *mode, const DnnPoolShape *shape,
		  GError **error)
{
	g_auto(Mds) m = { 0 };

	if (!describe_pool_data(&m, dnn, mode, shape, error))
		return NULL;
	return create(dnn, describe_pool, &m, &m, dnnl_backward_data, FALSE,
		      ARG(DIFF_DST) | ARG(WORKSPACE) | ARG(DIFF_SRC), error);
}
