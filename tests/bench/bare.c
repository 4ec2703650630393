#include "tests/bench/bare.h"

#include <string.h>

#include "tests/bench/stopwatch.h"

/* ---- what is computed, and how */

static const dnnl_prop_kind_t pass_kinds[N_PASSES] = { dnnl_forward_inference,
						       dnnl_forward_training,
						       dnnl_backward_data,
						       dnnl_backward_weights };

static const Try conv_tries[] = {
	{ "f32 direct nhwc", dnnl_f32, dnnl_convolution_direct, NHWC },
	{ "f32 direct any", dnnl_f32, dnnl_convolution_direct, ANY },
	{ "f32 winograd any", dnnl_f32, dnnl_convolution_winograd, ANY },
	{ "bf16 direct nhwc", dnnl_bf16, dnnl_convolution_direct, NHWC },
	{ "bf16 direct any", dnnl_bf16, dnnl_convolution_direct, ANY },
};

static const Try pool_tries[] = {
	{ "f32 nhwc", dnnl_f32, dnnl_pooling_max, NHWC },
	{ "f32 blocked", dnnl_f32, dnnl_pooling_max, BLOCKED },
	{ "bf16 nhwc", dnnl_bf16, dnnl_pooling_max, NHWC },
	{ "bf16 blocked", dnnl_bf16, dnnl_pooling_max, BLOCKED },
};

static const Try dense_tries[] = {
	{ "f32", dnnl_f32, dnnl_alg_kind_undef, ANY },
	{ "bf16", dnnl_bf16, dnnl_alg_kind_undef, ANY },
};

const Try *
bare_tries(Kind kind, int *n)
{
	switch (kind) {
	case CONV:
		*n = G_N_ELEMENTS(conv_tries);
		return conv_tries;
	case POOL:
		*n = G_N_ELEMENTS(pool_tries);
		return pool_tries;
	default:
		*n = G_N_ELEMENTS(dense_tries);
		return dense_tries;
	}
}

static gboolean
has_isa(dnnl_cpu_isa_t set)
{
	return (dnnl_get_effective_cpu_isa() & set) == set;
}

static dnnl_format_tag_t
tag_of(Order order)
{
	switch (order) {
	case NHWC:
		return dnnl_nhwc;
	case BLOCKED:
		return has_isa(dnnl_cpu_isa_avx512_core) ? dnnl_nChw16c
							 : dnnl_nChw8c;
	default:
		return dnnl_format_tag_any;
	}
}

/* The descriptor of an operation; that of the forward pass is a hint for the
 * others.  Gradients of bf16 weights are float32, as are biases. */
static dnnl_status_t
describe_conv(Pd *pd, Dnn *dnn, const Shape *s, const Try *t, Pass pass,
	      Pd hint)
{
	const dnnl_dims_t src = { s->n, s->in, s->h, s->w };
	const dnnl_dims_t weights = { s->out, s->in, 3, 3 };
	const dnnl_dims_t bias = { s->out };
	const dnnl_dims_t dst = { s->n, s->out, s->h, s->w };
	const dnnl_dims_t none = { 0, 0 }, ones = { 1, 1 };
	Md x, w, b, y;
	dnnl_status_t status;

	(void)none; /* oneDNN 2 has no dilation */
	MD_BY_TAG(&x, 4, src, t->type, tag_of(t->order));
	MD_BY_TAG(&w, 4, weights, pass == WEIGHTS ? dnnl_f32 : t->type,
		  dnnl_format_tag_any);
	MD_BY_TAG(&b, 1, bias, dnnl_f32, dnnl_x);
	MD_BY_TAG(&y, 4, dst, t->type, tag_of(t->order));
	if (pass == DATA)
		status = PD_BACKWARD(convolution, backward_data, pd, dnn, hint,
				     NULL, t->algorithm, REF(x), REF(w), REF(y),
				     ones, DILATION ones, ones);
	else if (pass == WEIGHTS)
		status = PD_BACKWARD(convolution, backward_weights, pd, dnn,
				     hint, NULL, t->algorithm, REF(x), REF(w),
				     REF(b), REF(y), ones, DILATION ones, ones);
	else
		status =
			PD_FORWARD(convolution, pd, dnn, NULL, pass_kinds[pass],
				   t->algorithm, REF(x), REF(w), REF(b), REF(y),
				   ones, DILATION ones, ones);
	MD_FREE(&x);
	MD_FREE(&w);
	MD_FREE(&b);
	MD_FREE(&y);
	return status;
}

static dnnl_status_t
describe_dense(Pd *pd, Dnn *dnn, const Shape *s, const Try *t, Pass pass,
	       Pd hint)
{
	const dnnl_dims_t src = { s->n, s->in }, dst = { s->n, s->out };
	const dnnl_dims_t weights = { s->out, s->in }, bias = { s->out };
	Md x, w, b, y;
	dnnl_status_t status;

	MD_BY_TAG(&x, 2, src, t->type, dnnl_nc);
	MD_BY_TAG(&w, 2, weights, pass == WEIGHTS ? dnnl_f32 : t->type,
		  dnnl_format_tag_any);
	MD_BY_TAG(&b, 1, bias, dnnl_f32, dnnl_x);
	MD_BY_TAG(&y, 2, dst, t->type, dnnl_nc);
	if (pass == DATA)
		status = PD_BACKWARD(inner_product, backward_data, pd, dnn,
				     hint, NULL, REF(x), REF(w), REF(y));
	else if (pass == WEIGHTS)
		status =
			PD_BACKWARD(inner_product, backward_weights, pd, dnn,
				    hint, NULL, REF(x), REF(w), REF(b), REF(y));
	else
		status = PD_FORWARD(inner_product, pd, dnn, NULL,
				    pass_kinds[pass], REF(x), REF(w), REF(b),
				    REF(y));
	MD_FREE(&x);
	MD_FREE(&w);
	MD_FREE(&b);
	MD_FREE(&y);
	return status;
}

static dnnl_status_t
describe_pool(Pd *pd, Dnn *dnn, const Shape *s, const Try *t, Pass pass,
	      Pd hint)
{
	const dnnl_dims_t src = { s->n, s->in, s->h, s->w };
	const dnnl_dims_t dst = { s->n, s->out, s->h / 2, s->w / 2 };
	const dnnl_dims_t none = { 0, 0 }, twos = { 2, 2 };
	Md x, y;
	dnnl_status_t status;

	MD_BY_TAG(&x, 4, src, t->type, tag_of(t->order));
	MD_BY_TAG(&y, 4, dst, t->type, tag_of(t->order));
	if (pass == DATA)
		status = PD_BACKWARD(pooling, backward, pd, dnn, hint, NULL,
				     t->algorithm, REF(x), REF(y), twos, twos,
				     DILATION none, none);
	else
		status = PD_FORWARD(pooling, pd, dnn, NULL, pass_kinds[pass],
				    t->algorithm, REF(x), REF(y), twos, twos,
				    DILATION none, none);
	MD_FREE(&x);
	MD_FREE(&y);
	return status;
}

static dnnl_status_t
describe(Pd *pd, Dnn *dnn, const Shape *s, const Try *t, Pass pass, Pd hint)
{
	switch (s->kind) {
	case CONV:
		return describe_conv(pd, dnn, s, t, pass, hint);
	case POOL:
		return describe_pool(pd, dnn, s, t, pass, hint);
	default:
		return describe_dense(pd, dnn, s, t, pass, hint);
	}
}

Pd
bare_find(Dnn *dnn, const Shape *s, const Try *t, Pass pass)
{
	g_auto(Pd) hint = NULL;
	const char *kernel = "";
	Pd pd = NULL;

	if (t->type == dnnl_bf16 && !has_isa(dnnl_cpu_isa_avx512_core_bf16))
		return NULL;
	if ((pass == DATA || pass == WEIGHTS) &&
	    describe(&hint, dnn, s, t, FORWARD, NULL) != dnnl_success)
		return NULL;
	if (describe(&pd, dnn, s, t, pass, hint) != dnnl_success)
		return NULL;
	/* The plain loops that are left for what has no kernel take ages. */
	dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &kernel);
	if (g_str_has_prefix(kernel, "ref") && s->kind != DENSE) {
		pd_free(pd);
		return NULL;
	}
	return pd;
}

/* ---- time */

/* All that an operation may have: 2 of 3 are none of its arguments. */
static const int all_args[] = {
	DNNL_ARG_SRC,          DNNL_ARG_DST,       DNNL_ARG_WEIGHTS,
	DNNL_ARG_BIAS,         DNNL_ARG_DIFF_SRC,  DNNL_ARG_DIFF_DST,
	DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_BIAS, DNNL_ARG_WORKSPACE,
};

enum { N_ARGS = G_N_ELEMENTS(all_args) };

typedef struct {
	int n;
	dnnl_exec_arg_t args[N_ARGS];
} Args;

static void
args_clear(Args *args)
{
	while (args->n > 0)
		dnnl_memory_destroy(args->args[--args->n].memory);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Args, args_clear)

/* Small numbers, 0.01 in both types; in a workspace places of maxima: the
 * first of each window.  Memory must have been written to be read for real. */
static void
fill(dnnl_memory_t memory, int arg, gsize bytes)
{
	void *data = NULL;

	dnnl_memory_get_data_handle(memory, &data);
	memset(data, arg == DNNL_ARG_WORKSPACE ? 0 : 0x3c, bytes);
}

static dnnl_status_t
make_args(Args *args, Pd pd, dnnl_engine_t engine)
{
	for (int i = 0; i < N_ARGS; i++) {
		MdRef md = dnnl_primitive_desc_query_md(
			pd, dnnl_query_exec_arg_md, all_args[i]);
		const gsize bytes =
			md != NULL ? dnnl_memory_desc_get_size(md) : 0;
		dnnl_memory_t memory;
		dnnl_status_t status;

		if (bytes == 0)
			continue;
		status = dnnl_memory_create(&memory, md, engine,
					    DNNL_MEMORY_ALLOCATE);
		if (status != dnnl_success)
			return status;
		args->args[args->n++] =
			(dnnl_exec_arg_t){ all_args[i], memory };
		fill(memory, all_args[i], bytes);
	}
	return dnnl_success;
}

dnnl_status_t
bare_time(Dnn *dnn, Pd pd, double *seconds)
{
	g_auto(Args) args = { 0 };
	Times times = { 0 };
	dnnl_primitive_t primitive;
	dnnl_status_t status = make_args(&args, pd, dnn->engine);

	if (status == dnnl_success)
		status = dnnl_primitive_create(&primitive, pd);
	if (status != dnnl_success)
		return status;
	/* The first run warms up. */
	for (int i = 0; wants_more(&times) && status == dnnl_success; i++) {
		const double begin = now();

		status = dnnl_primitive_execute(primitive, dnn->stream, args.n,
						args.args);
		if (status == dnnl_success)
			status = dnnl_stream_wait(dnn->stream);
		if (i > 0)
			add_time(&times, now() - begin);
	}
	*seconds = median(&times);
	dnnl_primitive_destroy(primitive);
	return status;
}
