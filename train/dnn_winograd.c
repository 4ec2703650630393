/* Our own Winograd convolutions (winograd.h) as operations. */
#include "train/dnn_internal.h"

#include "kw/error.h"
#include "train/winograd.h"

/* ---- where weights lie */

/* How far the index along an axis moves a value from the first one. */
static gsize
axis_offset(const MdBlocking *blocking, int axis, gsize index)
{
	gsize offset = 0, stride = 1;

	for (int i = blocking->n; i-- > 0;) {
		const gsize block = (gsize)blocking->blocks[i];

		if (blocking->axes[i] == axis) {
			offset += index % block * stride;
			index /= block;
		}
		stride *= block;
	}
	return offset + index * (gsize)blocking->strides[axis];
}

static gsize *
axis_offsets(const MdBlocking *blocking, int axis, int n)
{
	gsize *offsets = g_new(gsize, n);

	for (int i = 0; i < n; i++)
		offsets[i] = axis_offset(blocking, axis, (gsize)i);
	return offsets;
}

/* Of a kernel, whose axes are out, in, height, width. */
static void
find_offsets(WinogradOffsets *offsets, const DnnLayout *layout,
	     const DnnConvShape *shape)
{
	const MdBlocking blocking = md_blocking(REF(layout->md));

	offsets->out = axis_offsets(&blocking, 0, shape->out);
	offsets->in = axis_offsets(&blocking, 1, shape->in);
	for (gsize p = 0; p < G_N_ELEMENTS(offsets->position); p++)
		offsets->position[p] = axis_offset(&blocking, 2, p / 3) +
				       axis_offset(&blocking, 3, p % 3);
}

static void
offsets_clear(WinogradOffsets *offsets)
{
	g_free((gsize *)offsets->out);
	g_free((gsize *)offsets->in);
}

/* ---- operations */

typedef struct {
	DnnOp op;
	Winograd winograd;
	DnnPass pass;
	gboolean relu;
	DnnLayout *weights;      /* or of their gradient: Keras's, or another */
	WinogradOffsets offsets; /* in there */
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
		return dnn_layout_nhwc(DNN_F32, s->n, s->h, s->w, s->in, error);
	case DNN_DST:
	case DNN_DIFF_DST:
		return dnn_layout_nhwc(DNN_F32, s->n, s->h, s->w, s->out,
				       error);
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

	offsets_clear(&c->offsets);
	dnn_layout_free(c->weights);
	g_free(c);
}

static const DnnOpType convolution_type = { convolution_layout,
					    convolution_bind, convolution_run,
					    convolution_free };

static gboolean
is_possible(const DnnMode *mode, const DnnConvShape *shape, GError **error)
{
	if (mode->type == DNN_F32 && mode->order == DNN_NHWC &&
	    winograd_supports(shape))
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_UNSUPPORTED,
		    "there is no Winograd kernel of our own for such a layer");
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
	weights = dnn_layout_hwio(3, 3, shape->in, shape->out, error);
	if (weights == NULL)
		return NULL;
	c = g_new0(Convolution, 1);
	c->op = (DnnOp){ .type = &convolution_type,
			 .dnn = dnn,
			 .args = args[pass] };
	winograd_init(&c->winograd, shape, dnn->threads);
	c->pass = pass;
	c->relu = relu;
	c->weights = weights;
	find_offsets(&c->offsets, weights, shape);
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
	offsets_clear(&c->offsets);
	c->weights = weights;
	find_offsets(&c->offsets, weights, &c->winograd.shape);
	return TRUE;
}
