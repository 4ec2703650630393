#include "tests/support/winograd_run.h"

#include <string.h>

#include "kw/cpu.h"
#include "tests/support/traindata.h"
#include "train/bf16.h"

/* ---- kernels */

enum { MOST_KERNELS = 5 };

static int
find_kernels(RunKernel *to)
{
	int n = 0;

	to[n++] = (RunKernel){ "generic", DNN_F32, &winograd_generic, TRUE };
	to[n++] = (RunKernel){ "generic_bf16", DNN_BF16, &winograd_generic_bf16,
			       TRUE };
#ifdef __x86_64__
	if (kw_cpu_best() >= KW_CPU_AVX2 && __builtin_cpu_supports("fma"))
		to[n++] = (RunKernel){ "avx2", DNN_F32, &winograd_avx2, FALSE };
	if (kw_cpu_best() >= KW_CPU_AVX512)
		to[n++] = (RunKernel){ "avx512", DNN_F32, &winograd_avx512,
				       FALSE };
	if (kw_cpu_best() >= KW_CPU_AVX512_BF16)
		to[n++] = (RunKernel){ "avx512_bf16", DNN_BF16,
				       &winograd_avx512_bf16, FALSE };
#endif
	return n;
}

const RunKernel *
run_kernels(void)
{
	static RunKernel kernels[MOST_KERNELS + 1];

	if (kernels[0].name == NULL)
		find_kernels(kernels);
	return kernels;
}

const RunKernel *
run_kernel(const char *name)
{
	for (const RunKernel *k = run_kernels(); k->name != NULL; k++)
		if (strcmp(k->name, name) == 0)
			return k;
	return NULL;
}

/* ---- what goes in */

static float *
random_new(gsize n, guint64 seed)
{
	float *values = g_new(float, n);

	random_floats(values, n, seed);
	return values;
}

/* Nearly normal: sums of four. */
static float *
bell_new(gsize n, guint64 seed)
{
	float *values = random_new(n, seed);

	for (guint64 more = 1; more < 4; more++) {
		g_autofree float *others = random_new(n, seed + more);

		for (gsize i = 0; i < n; i++)
			values[i] += others[i];
	}
	return values;
}

static void
round_all(float *values, gsize n)
{
	for (gsize i = 0; i < n; i++)
		values[i] = bf16_to_float(bf16_from_float(values[i]));
}

RunInput
run_input_new(const NaiveConv *s, DnnType type)
{
	const gsize pixels = (gsize)s->n * (gsize)s->h * (gsize)s->w;
	RunInput in = { .shape = *s,
			.type = type,
			.n_src = pixels * (gsize)s->in,
			.n_dst = pixels * (gsize)s->out,
			.n_weights = 9 * (gsize)s->in * (gsize)s->out };

	in.src = random_new(in.n_src, 1);
	in.ddst = random_new(in.n_dst, 2);
	in.bias = random_new((gsize)s->out, 3);
	in.weights = bell_new(in.n_weights, 4);
	for (gsize i = 0; i < in.n_src; i++)
		in.src[i] = MAX(in.src[i], 0);
	if (type == DNN_BF16) {
		round_all(in.src, in.n_src);
		round_all(in.ddst, in.n_dst);
	}
	return in;
}

void
run_input_clear(RunInput *in)
{
	g_free(in->src);
	g_free(in->ddst);
	g_free(in->weights);
	g_free(in->bias);
}

/* ---- activations in their type */

static gsize
bytes_of(const RunInput *in, gsize n)
{
	return n * (in->type == DNN_BF16 ? sizeof(guint16) : sizeof(float));
}

static Guarded
activations_new(const RunInput *in, const float *values, gsize n, Side side)
{
	Guarded g = guarded_new(bytes_of(in, n), side, 0);
	guint16 *rounded = g.data;

	if (in->type == DNN_F32)
		memcpy(g.data, values, g.bytes);
	else
		for (gsize i = 0; i < n; i++)
			rounded[i] = bf16_from_float(values[i]);
	return g;
}

float *
run_floats(const RunInput *in, const Guarded *g)
{
	const guint16 *rounded = g->data;
	gsize n = g->bytes / sizeof *rounded;
	float *values;

	if (in->type == DNN_F32)
		return g_memdup2(g->data, g->bytes);
	values = g_new(float, n);
	while (n-- > 0)
		values[n] = bf16_to_float(rounded[n]);
	return values;
}

/* ---- orders of weights */

static gsize
blocked(gsize channel, gsize block, gsize outer, gsize inner)
{
	return channel / block * outer + channel % block * inner;
}

/* OIhw8i8o, OIhw16i16o: [O][I][position][i][o] */
static void
set_blocked(DnnOffsets *o, const NaiveConv *s, gsize block)
{
	const gsize square = block * block;

	for (gsize i = 0; i < (gsize)s->in; i++)
		o->in[i] = blocked(i, block, 9 * square, block);
	for (gsize k = 0; k < (gsize)s->out; k++)
		o->out[k] = blocked(k, block, 9 * block * (gsize)s->in, 1);
	for (gsize p = 0; p < 9; p++)
		o->position[p] = p * square;
}

/* Where channels do not lie side by side: in x out x position, or as Keras. */
static void
set_plain(DnnOffsets *o, const NaiveConv *s, gboolean keras)
{
	const gsize in = (gsize)s->in, out = (gsize)s->out;

	for (gsize i = 0; i < in; i++)
		o->in[i] = i * out * (keras ? 1 : 9);
	for (gsize k = 0; k < out; k++)
		o->out[k] = k * (keras ? 1 : 9);
	for (gsize p = 0; p < 9; p++)
		o->position[p] = p * (keras ? in * out : 1);
}

static void
turn_eights(DnnOffsets *o, const NaiveConv *s)
{
	for (gsize k = 8; k < (gsize)s->out; k += 16)
		for (gsize i = 0; i < 8; i++)
			o->out[k + i] = k + 7 - i;
}

static DnnOffsets
offsets_new(const NaiveConv *s, Order order)
{
	DnnOffsets o = { s->out,
			 s->in,
			 9,
			 g_new(gsize, s->out),
			 g_new(gsize, s->in),
			 g_new(gsize, 9) };

	if (order == ORDER_BLOCKED_8 || order == ORDER_BLOCKED_16)
		set_blocked(&o, s, order == ORDER_BLOCKED_8 ? 8 : 16);
	else
		set_plain(&o, s, order != ORDER_ODD);
	if (order == ORDER_HALF)
		turn_eights(&o, s);
	return o;
}

/* From Keras's order, or back to it. */
static void
reorder(const DnnOffsets *o, const NaiveConv *s, float *ordered, float *keras,
	gboolean back)
{
	for (int p = 0; p < 9; p++)
		for (int i = 0; i < s->in; i++)
			for (int k = 0; k < s->out; k++, keras++) {
				float *at = ordered + o->out[k] + o->in[i] +
					    o->position[p];

				if (back)
					*keras = *at;
				else
					*at = *keras;
			}
}

/* ---- runs */

static Winograd
winograd_of(const RunInput *in, const RunHow *how)
{
	const NaiveConv *s = &in->shape;
	const DnnConvShape shape = { s->n, s->h, s->w, s->in, s->out };
	Winograd w;

	assert_int_equal(in->type, how->kernel->type);
	assert_true(winograd_supports(&shape));
	winograd_init(&w, in->type, &shape, how->threads);
	w.kernel = how->kernel->kernel;
	w.cut = how->cut != NULL ? how->cut : w.kernel->cut;
	return w;
}

static Guarded
scratch_new(const Winograd *w, DnnPass pass, const RunHow *how)
{
	return guarded_new(winograd_scratch_bytes(w, pass), how->side,
			   how->garbage);
}

/* The weights in some order, and where they lie. */
static Guarded
weights_new(DnnOffsets *o, const RunInput *in, const RunHow *how)
{
	Guarded g = guarded_new(in->n_weights * sizeof(float), how->side, 0xff);

	*o = offsets_new(&in->shape, how->order);
	reorder(o, &in->shape, g.data, in->weights, FALSE);
	return g;
}

Guarded
run_forward(const RunInput *in, const RunHow *how, gboolean relu)
{
	const Winograd w = winograd_of(in, how);
	g_auto(DnnOffsets) o = { 0 };
	g_auto(Guarded) weights = weights_new(&o, in, how);
	g_auto(Guarded) src =
		activations_new(in, in->src, in->n_src, how->side);
	g_auto(Guarded) bias = guarded_copy(
		in->bias, (gsize)in->shape.out * sizeof(float), how->side);
	g_auto(Guarded) scratch = scratch_new(&w, DNN_FORWARD, how);
	Guarded dst = guarded_new(bytes_of(in, in->n_dst), how->side, 0xff);

	winograd_forward(&w, dst.data, src.data, weights.data, &o, bias.data,
			 relu, scratch.data);
	return dst;
}

Guarded
run_backward_data(const RunInput *in, const RunHow *how, gboolean masked)
{
	const Winograd w = winograd_of(in, how);
	g_auto(DnnOffsets) o = { 0 };
	g_auto(Guarded) weights = weights_new(&o, in, how);
	g_auto(Guarded) ddst =
		activations_new(in, in->ddst, in->n_dst, how->side);
	g_auto(Guarded) mask =
		activations_new(in, in->src, in->n_src, how->side);
	g_auto(Guarded) scratch = scratch_new(&w, DNN_BACKWARD_DATA, how);
	Guarded dsrc = guarded_new(bytes_of(in, in->n_src), how->side, 0xff);

	winograd_backward_data(&w, dsrc.data, ddst.data, weights.data, &o,
			       masked ? mask.data : NULL, scratch.data);
	return dsrc;
}

static void
backward_weights(RunResults *r, const RunInput *in, const RunHow *how)
{
	const Winograd w = winograd_of(in, how);
	const gsize bytes = in->n_weights * sizeof(float);
	g_auto(DnnOffsets) o = offsets_new(&in->shape, how->order);
	g_auto(Guarded) src =
		activations_new(in, in->src, in->n_src, how->side);
	g_auto(Guarded) ddst =
		activations_new(in, in->ddst, in->n_dst, how->side);
	g_auto(Guarded) ordered = guarded_new(bytes, how->side, 0xff);
	g_auto(Guarded) scratch = scratch_new(&w, DNN_BACKWARD_WEIGHTS, how);
	Guarded *dweights = &r->of[RUN_DWEIGHTS], *dbias = &r->of[RUN_DBIAS];

	*dweights = guarded_new(bytes, how->side, 0xff);
	*dbias = guarded_new((gsize)in->shape.out * sizeof(float), how->side,
			     0xff);
	winograd_backward_weights(&w, ordered.data, &o, dbias->data, src.data,
				  ddst.data, scratch.data);
	reorder(&o, &in->shape, ordered.data, dweights->data, TRUE);
}

RunResults
run_all(const RunInput *in, const RunHow *how)
{
	RunResults r;

	r.of[RUN_DST] = run_forward(in, how, FALSE);
	r.of[RUN_DSRC] = run_backward_data(in, how, FALSE);
	backward_weights(&r, in, how);
	return r;
}

void
run_results_clear(RunResults *r)
{
	for (int i = 0; i < RUN_N; i++)
		guarded_clear(&r->of[i]);
}

void
run_assert_same_bytes(const RunResults *a, const RunResults *b)
{
	for (int i = 0; i < RUN_N; i++)
		guarded_assert_equal(&a->of[i], &b->of[i]);
}

gsize
run_count(const RunInput *in, RunResult which)
{
	const gsize counts[RUN_N] = { [RUN_DST] = in->n_dst,
				      [RUN_DSRC] = in->n_src,
				      [RUN_DWEIGHTS] = in->n_weights,
				      [RUN_DBIAS] = (gsize)in->shape.out };

	return counts[which];
}

float *
run_values(const RunInput *in, const RunResults *r, RunResult which)
{
	const Guarded *g = &r->of[which];

	if (which == RUN_DST || which == RUN_DSRC)
		return run_floats(in, g);
	return g_memdup2(g->data, g->bytes);
}
