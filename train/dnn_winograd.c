/* Our own Winograd convolutions (winograd.h) as operations. */
#include "train/dnn_internal.h"

#include "kw/cpu.h"
#include "kw/error.h"
#include "train/winograd.h"

typedef struct {
	DnnOp op;
	Winograd winograd;
	DnnPass pass;
	gboolean relu;
	DnnLayout *weights; /* or of their gradient: blocks, or another */
	DnnOffsets offsets; /* in there */
	void *data[DNN_N_ARGS];
} Convolution;

static DnnLayout *
convolution_layout(const DnnOp *op, DnnArg arg, GError **error)
{
	const Convolution *c = (const Convolution *)op;
	const DnnConvShape *s = &c->winograd.shape;

	switch (arg) {
	case DNN_SRC:
	case DNN_DIFF_SRC:
	case DNN_MASK:
		return dnn_layout_nhwc(c->winograd.type, s->n, s->h, s->w,
				       s->in, error);
	case DNN_DST:
	case DNN_DIFF_DST:
		return dnn_layout_nhwc(c->winograd.type, s->n, s->h, s->w,
				       s->out, error);
	default:
		g_assert(arg == DNN_WEIGHTS || arg == DNN_DIFF_WEIGHTS);
		return dnn_layout_copy(c->weights, error);
	}
}

static void
convolution_bind(DnnOp *op, DnnArg arg, const void *data)
{
	((Convolution *)op)->data[arg] = (void *)data;
}

static gboolean
convolution_run(DnnOp *op, GError **error)
{
	const Convolution *c = (const Convolution *)op;
	const Winograd *w = &c->winograd;
	void *const *data = c->data;
	void *scratch = op->dnn->scratch;

	(void)error;
	switch (c->pass) {
	case DNN_FORWARD:
		winograd_forward(w, data[DNN_DST], data[DNN_SRC],
				 data[DNN_WEIGHTS], &c->offsets, data[DNN_BIAS],
				 c->relu, scratch);
		break;
	case DNN_BACKWARD_DATA:
		winograd_backward_data(w, data[DNN_DIFF_SRC],
				       data[DNN_DIFF_DST], data[DNN_WEIGHTS],
				       &c->offsets, data[DNN_MASK], scratch);
		break;
	default:
		winograd_backward_weights(w, data[DNN_DIFF_WEIGHTS],
					  &c->offsets, data[DNN_DIFF_BIAS],
					  data[DNN_SRC], data[DNN_DIFF_DST],
					  scratch);
	}
	return TRUE;
}

static void
convolution_free(DnnOp *op)
{
	Convolution *c = (Convolution *)op;

	dnn_offsets_clear(&c->offsets);
	dnn_layout_free(c->weights);
	g_free(c);
}

static const DnnOpType convolution_type = { convolution_layout,
					    convolution_bind, convolution_run,
					    convolution_free };

/* In plain C, bf16 takes longer than anything else would. */
static gboolean
is_possible(const DnnMode *mode, const DnnConvShape *shape, GError **error)
{
	if (mode->order != DNN_NHWC || !winograd_supports(shape)) {
		g_set_error(error, KW_ERROR, KW_ERROR_UNSUPPORTED,
			    "there is no Winograd kernel of our own for such a "
			    "layer");
		return FALSE;
	}
	if (mode->type == DNN_F32 || kw_cpu() >= KW_CPU_AVX512_BF16)
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_UNSUPPORTED,
		    "our Winograd kernel for bf16 takes AVX512_BF16, which "
		    "this CPU lacks or KW_CPU forbids");
	return FALSE;
}

DnnOp *
dnn_winograd(Dnn *dnn, const DnnMode *mode, const DnnConvShape *shape,
	     DnnPass pass, gboolean relu, GError **error)
{
	static const guint args[] = {
		[DNN_FORWARD] = ARG(SRC) | ARG(WEIGHTS) | ARG(BIAS) | ARG(DST),
		[DNN_BACKWARD_DATA] = ARG(DIFF_DST) | ARG(WEIGHTS) |
				      ARG(DIFF_SRC) | ARG(MASK),
		[DNN_BACKWARD_WEIGHTS] = ARG(SRC) | ARG(DIFF_DST) |
					 ARG(DIFF_WEIGHTS) | ARG(DIFF_BIAS),
	};
	DnnLayout *weights;
	Convolution *c;

	if (!is_possible(mode, shape, error))
		return NULL;
	weights = dnn_layout_blocks(3, 3, shape->in, shape->out, error);
	if (weights == NULL)
		return NULL;
	c = g_new0(Convolution, 1);
	c->op = (DnnOp){ .type = &convolution_type,
			 .dnn = dnn,
			 .args = args[pass] };
	winograd_init(&c->winograd, mode->type, shape, dnn->threads);
	c->pass = pass;
	c->relu = relu;
	c->weights = weights;
	c->offsets = dnn_layout_offsets(weights);
	dnn->scratch_wanted = MAX(dnn->scratch_wanted,
				  winograd_scratch_bytes(&c->winograd, pass));
	return &c->op;
}

gboolean
dnn_op_take_weights(DnnOp *op, const DnnLayout *layout, GError **error)
{
	Convolution *c = (Convolution *)op;
	DnnLayout *weights;

	if (op->type != &convolution_type)
		return TRUE;
	weights = dnn_layout_copy(layout, error);
	if (weights == NULL)
		return FALSE;
	dnn_layout_free(c->weights);
	dnn_offsets_clear(&c->offsets);
	c->weights = weights;
	c->offsets = dnn_layout_offsets(weights);
	return TRUE;
}
