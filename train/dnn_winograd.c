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

/* ---- a pass */

typedef struct {
	DnnOp op;
	Winograd winograd;
	DnnPass pass;
	gboolean relu;
	/* Of the weights, where they are transformed at every run, or of their
	 * gradient; else NULL. */
	DnnLayout *plain;
	WinogradOffsets offsets; /* in there */
	void *data[DNN_N_ARGS];
} Convolution;

/* In whole cache lines. */
static gsize
weights_in_scratch(const Convolution *c)
{
	if (c->plain == NULL || c->pass == DNN_BACKWARD_WEIGHTS)
		return 0;
	return (winograd_weights_bytes(&c->winograd) + 63) & ~(gsize)63;
}

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
		return c->plain != NULL
			       ? dnn_layout_copy(c->plain, error)
			       : dnn_layout_packed(
					 winograd_weights_bytes(&c->winograd),
					 s, c->pass);
	}
}

static void
convolution_bind(DnnOp *op, DnnArg arg, const void *data)
{
	((Convolution *)op)->data[arg] = (void *)data;
}

/* The transformed weights; *scratch moves past them if they stand there. */
static const float *
find_weights(const Convolution *c, guint8 **scratch)
{
	float *weights = (float *)*scratch;

	if (c->plain == NULL)
		return c->data[DNN_WEIGHTS];
	winograd_transform_weights(&c->winograd, c->pass, weights,
				   c->data[DNN_WEIGHTS], &c->offsets);
	*scratch += weights_in_scratch(c);
	return weights;
}

static gboolean
convolution_run(DnnOp *op, GError **error)
{
	const Convolution *c = (const Convolution *)op;
	void *const *data = c->data;
	guint8 *scratch = op->dnn->scratch;
	const float *weights;

	(void)error;
	switch (c->pass) {
	case DNN_FORWARD:
		weights = find_weights(c, &scratch);
		winograd_forward(&c->winograd, data[DNN_DST], data[DNN_SRC],
				 weights, data[DNN_BIAS], c->relu, scratch);
		break;
	case DNN_BACKWARD_DATA:
		weights = find_weights(c, &scratch);
		winograd_backward_data(&c->winograd, data[DNN_DIFF_SRC],
				       data[DNN_DIFF_DST], weights,
				       data[DNN_MASK], scratch);
		break;
	default:
		winograd_backward_weights(&c->winograd, data[DNN_DIFF_WEIGHTS],
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
	dnn_layout_free(c->plain);
	g_free(c);
}

static const DnnOpType convolution_type = { convolution_layout,
					    convolution_bind, convolution_run,
					    convolution_free };

static void
want_scratch(const Convolution *c)
{
	Dnn *dnn = c->op.dnn;

	dnn->scratch_wanted =
		MAX(dnn->scratch_wanted,
		    weights_in_scratch(c) +
			    winograd_scratch_bytes(&c->winograd, c->pass));
}

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
	g_autoptr(DnnLayout) gradient = NULL;
	Convolution *c;

	if (!is_possible(mode, shape, error))
		return NULL;
	if (pass == DNN_BACKWARD_WEIGHTS) {
		gradient = dnn_layout_hwio(3, 3, shape->in, shape->out, error);
		if (gradient == NULL)
			return NULL;
	}
	c = g_new0(Convolution, 1);
	c->op = (DnnOp){ .type = &convolution_type,
			 .dnn = dnn,
			 .args = args[pass] };
	winograd_init(&c->winograd, shape, dnn->threads);
	c->pass = pass;
	c->relu = relu;
	if (gradient != NULL)
		find_offsets(&c->offsets, gradient, shape);
	c->plain = g_steal_pointer(&gradient);
	want_scratch(c);
	return &c->op;
}

gboolean
dnn_op_take_weights(DnnOp *op, const DnnLayout *layout, GError **error)
{
	Convolution *c = (Convolution *)op;

	if (op->type != &convolution_type)
		return TRUE;
	g_assert(c->plain == NULL);
	c->plain = dnn_layout_copy(layout, error);
	if (c->plain == NULL)
		return FALSE;
	find_offsets(&c->offsets, c->plain, &c->winograd.shape);
	want_scratch(c);
	return TRUE;
}

/* ---- weights for a pass */

typedef struct {
	DnnOp op;
	Winograd winograd;
	DnnLayout *from, *to;
	WinogradOffsets offsets;
	const void *src;
	void *dst;
} Packing;

static DnnLayout *
packing_layout(const DnnOp *op, DnnArg arg, GError **error)
{
	const Packing *p = (const Packing *)op;

	return dnn_layout_copy(arg == DNN_SRC ? p->from : p->to, error);
}

static void
packing_bind(DnnOp *op, DnnArg arg, const void *data)
{
	Packing *p = (Packing *)op;

	if (arg == DNN_SRC)
		p->src = data;
	else
		p->dst = (void *)data;
}

static gboolean
packing_run(DnnOp *op, GError **error)
{
	const Packing *p = (const Packing *)op;

	(void)error;
	winograd_transform_weights(&p->winograd, p->to->pass, p->dst, p->src,
				   &p->offsets);
	return TRUE;
}

static void
packing_free(DnnOp *op)
{
	Packing *p = (Packing *)op;

	offsets_clear(&p->offsets);
	dnn_layout_free(p->from);
	dnn_layout_free(p->to);
	g_free(p);
}

static const DnnOpType packing_type = { packing_layout, packing_bind,
					packing_run, packing_free };

DnnOp *
dnn_winograd_pack(Dnn *dnn, const DnnLayout *to, const DnnLayout *from,
		  GError **error)
{
	Packing *p = g_new0(Packing, 1);
	g_autoptr(DnnOp) op = &p->op;

	p->op = (DnnOp){ .type = &packing_type,
			 .dnn = dnn,
			 .args = ARG(SRC) | ARG(DST) };
	p->to = dnn_layout_copy(to, error);
	p->from = p->to != NULL ? dnn_layout_copy(from, error) : NULL;
	if (p->from == NULL)
		return NULL;
	winograd_init(&p->winograd, &to->shape, dnn->threads);
	find_offsets(&p->offsets, from, &to->shape);
	return g_steal_pointer(&op);
}
