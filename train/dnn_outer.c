/* The gradient of a dense layer's weights by outer products (outer.h). */
#include "train/dnn_internal.h"

#include <string.h>

#include "kw/cpu.h"
#include "train/outer_kernel.h"

#ifdef __x86_64__

typedef struct {
	DnnOp op;
	DnnOp *like; /* oneDNN's, whose layouts these are */
	DnnDenseShape shape;
	DnnOffsets offsets; /* of the gradient */
	int row;            /* outputs that lie side by side */
	float *ddst;        /* n x out, as floats */
	gboolean deferred;  /* the sum is left to others */
	const void *data[DNN_N_ARGS];
} Outer;

static DnnLayout *
outer_layout(const DnnOp *op, DnnArg arg, GError **error)
{
	return dnn_op_layout(((const Outer *)op)->like, arg, error);
}

static void
outer_bind(DnnOp *op, DnnArg arg, const void *data)
{
	((Outer *)op)->data[arg] = data;
}

static void
add_bias(const Outer *o)
{
	float *to = (float *)o->data[DNN_DIFF_BIAS];
	const gsize out = (gsize)o->shape.out;

	memcpy(to, o->ddst, out * sizeof *to);
	for (int i = 1; i < o->shape.n; i++)
		for (gsize k = 0; k < out; k++)
			to[k] += o->ddst[(gsize)i * out + k];
}

/* From an input and an output on. */
static OuterProducts
products_from(const Outer *o, int in, int out)
{
	const guint16 *src = o->data[DNN_SRC];

	return (OuterProducts){ o->shape.n, src + in, (gsize)o->shape.in,
				o->ddst + out, (gsize)o->shape.out };
}

static gboolean
outer_run(DnnOp *op, GError **error)
{
	const Outer *o = (const Outer *)op;
	const DnnDenseShape *s = &o->shape;
	float *gradient = (float *)o->data[DNN_DIFF_WEIGHTS];

	(void)error;
	outer_floats(o->ddst, o->data[DNN_DIFF_DST],
		     (gsize)s->n * (gsize)s->out);
	add_bias(o);
	if (o->deferred)
		return TRUE;
#pragma omp parallel num_threads(op->dnn->threads)
	{
#pragma omp for schedule(static) collapse(2) nowait
		for (int out = 0; out < s->out; out += o->row)
			for (int in = 0; in < s->in; in += OUTER_SIDE)
				outer_block(&(OuterBlock){
					products_from(o, in, out), o->row,
					gradient + o->offsets.out[out],
					o->offsets.in + in });
		outer_fence();
	}
	return TRUE;
}

static void
outer_free(DnnOp *op)
{
	Outer *o = (Outer *)op;

	dnn_op_free(o->like);
	dnn_offsets_clear(&o->offsets);
	g_free(o->ddst);
	g_free(o);
}

static const DnnOpType outer_type = { outer_layout, outer_bind, outer_run,
				      outer_free };

/* How many outputs lie side by side, from a line of the cache on; 0 where they
 * lie otherwise. */
static int
find_row(const DnnOffsets *o)
{
	static const int rows[] = { 64, 32, OUTER_SIDE };

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (dnn_offsets_in_steps(o->out, o->n_out, rows[i], 1,
					 OUTER_SIDE) &&
		    dnn_offsets_in_steps(o->in, o->n_in, 1, 1, OUTER_SIDE))
			return rows[i];
	return 0;
}

DnnOp *
dnn_outer(Dnn *dnn, const DnnMode *mode, const DnnDenseShape *shape,
	  DnnOp *like, GError **error)
{
	g_autoptr(DnnLayout) gradient = NULL;
	Outer *o;

	if (mode->type != DNN_BF16 || kw_cpu() < KW_CPU_AVX512_BF16 ||
	    shape->n > OUTER_MOST_IMAGES || shape->in % OUTER_SIDE != 0)
		return like;
	gradient = dnn_op_layout(like, DNN_DIFF_WEIGHTS, error);
	if (gradient == NULL) {
		dnn_op_free(like);
		return NULL;
	}
	o = g_new0(Outer, 1);
	o->op = (DnnOp){ .type = &outer_type, .dnn = dnn, .args = like->args };
	o->shape = *shape;
	o->offsets = dnn_layout_offsets(gradient);
	o->row = find_row(&o->offsets);
	/* What pads a layout would not be written. */
	if (o->row == 0 || dnn_layout_floats(gradient) !=
				   (gsize)shape->in * (gsize)shape->out) {
		outer_free(&o->op);
		return like;
	}
	o->like = like;
	o->ddst = g_new(float, (gsize)shape->n *(gsize)shape->out);
	return &o->op;
}

gboolean
dnn_op_defer(DnnOp *op, gboolean defer)
{
	if (op->type != &outer_type)
		return FALSE;
	((Outer *)op)->deferred = defer;
	return defer;
}

OuterProducts
dnn_op_products(const DnnOp *op)
{
	const Outer *o = (const Outer *)op;

	g_assert(op->type == &outer_type && o->deferred);
	return products_from(o, 0, 0);
}

#else

gboolean
dnn_op_defer(DnnOp *op, gboolean defer)
{
	(void)op, (void)defer;
	return FALSE;
}

OuterProducts
dnn_op_products(const DnnOp *op)
{
	(void)op;
	g_assert_not_reached();
}

DnnOp *
dnn_outer(Dnn *dnn, const DnnMode *mode, const DnnDenseShape *shape,
	  DnnOp *like, GError **error)
{
	(void)dnn, (void)mode, (void)shape, (void)error;
	return like;
}

#endif
