/*
 * The Winograd convolutions against direct ones in double precision, in memory
 * that ends, or begins, where pages are not to be touched.
 */
#include "tests/support/kwtest.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kw/cpu.h"
#include "tests/support/naive.h"
#include "tests/support/traindata.h"
#include "tests/support/winograd_emulated.h"
#include "train/winograd_kernel.h"

/* Of the root mean square of a result. */
#define LARGEST_ERROR 5e-6

/* ---- memory between guard pages */

typedef enum { AT_BEGIN, AT_END } Side;

typedef struct {
	guint8 *pages;
	gsize size;
	gsize bytes;
	float *values;
} Guarded;

/* All bytes are `fill`: 0xff makes NaN. */
static Guarded
guarded_new(gsize bytes, Side side, int fill)
{
	const gsize page = (gsize)sysconf(_SC_PAGESIZE);
	const gsize inner = (bytes + page - 1) / page * page;
	Guarded g = { .size = inner + 2 * page, .bytes = bytes };

	assert_int_equal(bytes % 64, 0);
	g.pages = mmap(NULL, g.size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(g.pages != MAP_FAILED);
	assert_int_equal(mprotect(g.pages, page, PROT_NONE), 0);
	assert_int_equal(mprotect(g.pages + page + inner, page, PROT_NONE), 0);
	g.values =
		(void *)(g.pages + page + (side == AT_END ? inner - bytes : 0));
	memset(g.values, fill, bytes);
	return g;
}

static void
guarded_clear(Guarded *g)
{
	munmap(g->pages, g->size);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Guarded, guarded_clear)

static Guarded
guarded_copy(const float *values, gsize n, Side side)
{
	Guarded g = guarded_new(n * sizeof *values, side, 0);

	memcpy(g.values, values, g.bytes);
	return g;
}

/* ---- orders of weights */

typedef enum { ORDER_HWIO, ORDER_BLOCKED_8, ORDER_BLOCKED_16, ORDER_ODD } Order;

typedef struct {
	WinogradOffsets offsets;
	gsize *out, *in;
} Offsets;

static void
offsets_clear(Offsets *o)
{
	g_free(o->out);
	g_free(o->in);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Offsets, offsets_clear)

static gsize
blocked(gsize channel, gsize block, gsize outer, gsize inner)
{
	return channel / block * outer + channel % block * inner;
}

/* OIhw8i8o, OIhw16i16o: [O][I][position][i][o] */
static void
set_blocked(Offsets *o, const NaiveConv *s, gsize block)
{
	const gsize square = block * block;

	for (gsize i = 0; i < (gsize)s->in; i++)
		o->in[i] = blocked(i, block, 9 * square, block);
	for (gsize k = 0; k < (gsize)s->out; k++)
		o->out[k] = blocked(k, block, 9 * block * (gsize)s->in, 1);
	for (gsize p = 0; p < 9; p++)
		o->offsets.position[p] = p * square;
}

/* Where channels do not lie side by side: in x out x position, or as Keras. */
static void
set_plain(Offsets *o, const NaiveConv *s, gboolean keras)
{
	const gsize in = (gsize)s->in, out = (gsize)s->out;

	for (gsize i = 0; i < in; i++)
		o->in[i] = i * out * (keras ? 1 : 9);
	for (gsize k = 0; k < out; k++)
		o->out[k] = k * (keras ? 1 : 9);
	for (gsize p = 0; p < 9; p++)
		o->offsets.position[p] = p * (keras ? in * out : 1);
}

static Offsets
offsets_new(const NaiveConv *s, Order order)
{
	Offsets o = { .out = g_new(gsize, s->out), .in = g_new(gsize, s->in) };

	o.offsets.out = o.out;
	o.offsets.in = o.in;
	if (order == ORDER_BLOCKED_8 || order == ORDER_BLOCKED_16)
		set_blocked(&o, s, order == ORDER_BLOCKED_8 ? 8 : 16);
	else
		set_plain(&o, s, order == ORDER_HWIO);
	return o;
}

/* From Keras's order, or back to it. */
static void
reorder(const Offsets *o, const NaiveConv *s, float *ordered, float *keras,
	gboolean back)
{
	for (int p = 0; p < 9; p++)
		for (int i = 0; i < s->in; i++)
			for (int k = 0; k < s->out; k++, keras++) {
				float *at = ordered + o->out[k] + o->in[i] +
					    o->offsets.position[p];

				if (back)
					*keras = *at;
				else
					*at = *keras;
			}
}

/* ---- what is right */

typedef struct {
	gsize n_src, n_dst, n_weights;
	float *src, *ddst, *weights, *bias;
	double *dst, *dsrc, *dweights, *dbias;
} Truth;

static float *
random_new(gsize n, guint64 seed)
{
	float *values = g_new(float, n);

	random_floats(values, n, seed);
	return values;
}

/* The source is what a ReLU puts out: half of it is zero. */
static Truth
truth_new(const NaiveConv *s)
{
	const gsize pixels = (gsize)s->n * (gsize)s->h * (gsize)s->w;
	Truth t = { .n_src = pixels * (gsize)s->in,
		    .n_dst = pixels * (gsize)s->out,
		    .n_weights = 9 * (gsize)s->in * (gsize)s->out };

	t.src = random_new(t.n_src, 1);
	t.ddst = random_new(t.n_dst, 2);
	t.weights = random_new(t.n_weights, 3);
	t.bias = random_new((gsize)s->out, 4);
	for (gsize i = 0; i < t.n_src; i++)
		t.src[i] = MAX(t.src[i], 0);
	t.dst = g_new0(double, t.n_dst);
	t.dsrc = g_new0(double, t.n_src);
	t.dweights = g_new0(double, t.n_weights);
	t.dbias = g_new0(double, s->out);
	naive_conv_forward(s, t.dst, t.src, t.weights, t.bias);
	naive_conv_backward_data(s, t.dsrc, t.ddst, t.weights);
	naive_conv_backward_weights(s, t.dweights, t.dbias, t.src, t.ddst);
	return t;
}

static void
truth_clear(Truth *t)
{
	g_free(t->src);
	g_free(t->ddst);
	g_free(t->weights);
	g_free(t->bias);
	g_free(t->dst);
	g_free(t->dsrc);
	g_free(t->dweights);
	g_free(t->dbias);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Truth, truth_clear)

static void
assert_accurate(const char *what, const NaiveConv *s, const float *values,
		const double *truth, gsize n)
{
	double error = 0, size = 0;

	for (gsize i = 0; i < n; i++) {
		const double difference = (double)values[i] - truth[i];

		error += difference * difference;
		size += truth[i] * truth[i];
	}
	error = sqrt(error / size);
	if (!(error <= LARGEST_ERROR))
		fail_msg("%s of %d x %d x %d, %d -> %d: an error of %g", what,
			 s->n, s->h, s->w, s->in, s->out, error);
	if (g_getenv("KW_WINOGRAD_ERRORS") != NULL)
		print_message("%s of %d x %d x %d, %d -> %d: %.2g\n", what,
			      s->n, s->h, s->w, s->in, s->out, error);
}

/* ---- a run of all passes */

/* How it is run. */
typedef struct {
	const WinogradKernel *kernel;
	const WinogradCut *cut;
	int threads;
	Side side;
	Order order;
	int garbage; /* bytes that scratch memory is full of */
} How;

typedef struct {
	Guarded dst, dsrc, dweights, dbias;
} Results;

static void
results_clear(Results *r)
{
	guarded_clear(&r->dst);
	guarded_clear(&r->dsrc);
	guarded_clear(&r->dweights);
	guarded_clear(&r->dbias);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Results, results_clear)

/* The weights in some order, and where they lie. */
static Guarded
weights_new(Offsets *o, const NaiveConv *s, const Truth *t, const How *how)
{
	Guarded g = guarded_new(t->n_weights * sizeof(float), how->side, 0xff);

	*o = offsets_new(s, how->order);
	reorder(o, s, g.values, t->weights, FALSE);
	return g;
}

static Guarded
forward(const Winograd *w, const NaiveConv *s, const Truth *t, const How *how,
	gboolean relu)
{
	g_auto(Offsets) o = { 0 };
	g_auto(Guarded) weights = weights_new(&o, s, t, how);
	g_auto(Guarded) src = guarded_copy(t->src, t->n_src, how->side);
	g_auto(Guarded) bias = guarded_copy(t->bias, (gsize)s->out, how->side);
	g_auto(Guarded) scratch =
		guarded_new(winograd_scratch_bytes(w, DNN_FORWARD), how->side,
			    how->garbage);
	Guarded dst = guarded_new(t->n_dst * sizeof(float), how->side, 0xff);

	winograd_forward(w, dst.values, src.values, weights.values, &o.offsets,
			 bias.values, relu, scratch.values);
	return dst;
}

static Guarded
backward_data(const Winograd *w, const NaiveConv *s, const Truth *t,
	      const How *how, gboolean masked)
{
	g_auto(Offsets) o = { 0 };
	g_auto(Guarded) weights = weights_new(&o, s, t, how);
	g_auto(Guarded) ddst = guarded_copy(t->ddst, t->n_dst, how->side);
	g_auto(Guarded) mask = guarded_copy(t->src, t->n_src, how->side);
	g_auto(Guarded) scratch =
		guarded_new(winograd_scratch_bytes(w, DNN_BACKWARD_DATA),
			    how->side, how->garbage);
	Guarded dsrc = guarded_new(t->n_src * sizeof(float), how->side, 0xff);

	winograd_backward_data(w, dsrc.values, ddst.values, weights.values,
			       &o.offsets, masked ? mask.values : NULL,
			       scratch.values);
	return dsrc;
}

/* dweights comes out in Keras's order, whatever it was made in. */
static void
backward_weights(Results *r, const Winograd *w, const NaiveConv *s,
		 const Truth *t, const How *how)
{
	g_auto(Offsets) o = offsets_new(s, how->order);
	g_auto(Guarded) src = guarded_copy(t->src, t->n_src, how->side);
	g_auto(Guarded) ddst = guarded_copy(t->ddst, t->n_dst, how->side);
	g_auto(Guarded) ordered =
		guarded_new(t->n_weights * sizeof(float), how->side, 0xff);
	g_auto(Guarded) scratch =
		guarded_new(winograd_scratch_bytes(w, DNN_BACKWARD_WEIGHTS),
			    how->side, how->garbage);

	r->dweights = guarded_new(ordered.bytes, how->side, 0xff);
	r->dbias = guarded_new((gsize)s->out * sizeof(float), how->side, 0xff);
	winograd_backward_weights(w, ordered.values, &o.offsets,
				  r->dbias.values, src.values, ddst.values,
				  scratch.values);
	reorder(&o, s, ordered.values, r->dweights.values, TRUE);
}

static Winograd
winograd_of(const NaiveConv *s, const How *how)
{
	const DnnConvShape shape = { s->n, s->h, s->w, s->in, s->out };
	Winograd w;

	assert_true(winograd_supports(&shape));
	winograd_init(&w, &shape, how->threads);
	w.kernel = how->kernel;
	w.cut = how->cut;
	return w;
}

static Results
results_new(const NaiveConv *s, const Truth *t, const How *how)
{
	const Winograd w = winograd_of(s, how);
	Results r;

	r.dst = forward(&w, s, t, how, FALSE);
	r.dsrc = backward_data(&w, s, t, how, FALSE);
	backward_weights(&r, &w, s, t, how);
	return r;
}

static void
assert_same_bytes(const Guarded *a, const Guarded *b)
{
	assert_int_equal(a->bytes, b->bytes);
	assert_memory_equal(a->values, b->values, a->bytes);
}

/* ---- tests */

/* A tile and less, more by a pixel, many; channels of a group, of many, more
 * than a product takes at once; blocks of tiles that are not full. */
static const NaiveConv shapes[] = {
	{ 1, 1, 1, 16, 16 },   { 2, 1, 5, 16, 32 },   { 3, 3, 2, 48, 16 },
	{ 1, 4, 4, 80, 16 },   { 1, 5, 7, 32, 48 },   { 9, 6, 6, 16, 16 },
	{ 2, 13, 31, 16, 32 }, { 1, 31, 17, 64, 16 }, { 3, 14, 14, 32, 64 },
	{ 1, 7, 7, 512, 16 },  { 1, 4, 9, 16, 512 },  { 2, 9, 6, 272, 144 },
	{ 4, 28, 28, 16, 16 }, { 2, 56, 56, 16, 32 }, { 1, 89, 70, 32, 16 },
};

/* Blocks of a few tiles, columns and steps: each thread has U, or V. */
static const WinogradCut cuts[] = {
	{
		.kept_weights = 0,
		.shared_block = 5,
		.shared_columns = 32,
		.shared_steps = 48,
		.gradient_block = 3,
		.gradient_in = 32,
		.gradient_out = 48,
	},
	{
		.kept_weights = G_MAXINT,
		.kept_block = 5,
		.kept_columns = 32,
		.gradient_block = 7,
		.gradient_in = 16,
		.gradient_out = 32,
	},
};

/* The kernels of this CPU. */
static const WinogradKernel *kernels[] = { &winograd_generic, NULL, NULL,
					   NULL };

static int
find_kernels(void **state)
{
	(void)state;
#ifdef __x86_64__
	if (kw_cpu_best() >= KW_CPU_AVX2 && __builtin_cpu_supports("fma"))
		kernels[1] = &winograd_avx2;
	if (kw_cpu_best() >= KW_CPU_AVX512)
		kernels[2] = &winograd_avx512;
#endif
	return 0;
}

static void
check_shape(const NaiveConv *s, const Truth *t, const WinogradKernel *kernel,
	    const WinogradCut *cut, Order order)
{
	const How one = { kernel, cut, 1, AT_END, order, 0 };
	const How two = { kernel, cut, 2, AT_BEGIN, order, 0xff };
	g_auto(Results) a = results_new(s, t, &one);
	g_auto(Results) b = results_new(s, t, &two);

	assert_accurate("output", s, a.dst.values, t->dst, t->n_dst);
	assert_accurate("data gradient", s, a.dsrc.values, t->dsrc, t->n_src);
	assert_accurate("weight gradient", s, a.dweights.values, t->dweights,
			t->n_weights);
	assert_accurate("bias gradient", s, a.dbias.values, t->dbias,
			(gsize)s->out);
	assert_same_bytes(&a.dst, &b.dst);
	assert_same_bytes(&a.dsrc, &b.dsrc);
	assert_same_bytes(&a.dweights, &b.dweights);
	assert_same_bytes(&a.dbias, &b.dbias);
}

/* Accurate; and the same with two threads and anything in scratch memory. */
static void
test_shapes(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++) {
		const Order order = (Order)(i % (ORDER_ODD + 1));
		g_auto(Truth) truth = truth_new(&shapes[i]);

		for (int k = 0; kernels[k] != NULL; k++) {
			check_shape(&shapes[i], &truth, kernels[k],
				    &winograd_cut, order);
			check_shape(&shapes[i], &truth, kernels[k],
				    &cuts[i % 2], order);
		}
	}
}

/* AVX-512 takes other rows and columns together: not another sum. */
static void
test_emulated(void **state)
{
	static const NaiveConv some[] = { { 1, 5, 7, 32, 48 },
					  { 9, 6, 6, 16, 16 },
					  { 2, 13, 31, 16, 32 } };

	(void)state;
	if (kernels[1] == NULL)
		skip();
#ifdef __x86_64__
	for (gsize i = 0; i < G_N_ELEMENTS(some); i++) {
		const How avx2 = { kernels[1], &winograd_cut, 1,
				   AT_END,     ORDER_HWIO,    0 };
		const How avx512 = { &winograd_emulated_avx512,
				     &winograd_cut,
				     1,
				     AT_END,
				     ORDER_HWIO,
				     0 };
		g_auto(Truth) truth = truth_new(&some[i]);
		g_auto(Results) a = results_new(&some[i], &truth, &avx2);
		g_auto(Results) b = results_new(&some[i], &truth, &avx512);

		assert_same_bytes(&a.dst, &b.dst);
		assert_same_bytes(&a.dsrc, &b.dsrc);
		assert_same_bytes(&a.dweights, &b.dweights);
		assert_same_bytes(&a.dbias, &b.dbias);
	}
#endif
}

/* More threads than there is work. */
static void
test_threads(void **state)
{
	const NaiveConv s = { 1, 5, 30, 32, 16 };
	g_auto(Truth) truth = truth_new(&s);

	(void)state;
	for (int threads = 3; threads <= 9; threads += 3) {
		const How one = { kernels[0], &winograd_cut, 1,
				  AT_END,     ORDER_HWIO,    0 };
		const How many = { kernels[0], &winograd_cut, threads,
				   AT_END,     ORDER_HWIO,    0 };
		g_auto(Results) a = results_new(&s, &truth, &one);
		g_auto(Results) b = results_new(&s, &truth, &many);

		assert_same_bytes(&a.dst, &b.dst);
		assert_same_bytes(&a.dsrc, &b.dsrc);
		assert_same_bytes(&a.dweights, &b.dweights);
		assert_same_bytes(&a.dbias, &b.dbias);
	}
}

/* Where the weights lie makes no difference. */
static void
test_orders(void **state)
{
	const NaiveConv s = { 1, 6, 5, 32, 48 };
	g_auto(Truth) truth = truth_new(&s);

	(void)state;
	for (int k = 0; kernels[k] != NULL; k++)
		for (int order = 1; order <= ORDER_ODD; order++) {
			const How keras = { kernels[k], &winograd_cut, 1,
					    AT_END,     ORDER_HWIO,    0 };
			const How how = { kernels[k], &winograd_cut, 1,
					  AT_END,     (Order)order,  0 };
			g_auto(Results) a = results_new(&s, &truth, &keras);
			g_auto(Results) b = results_new(&s, &truth, &how);

			assert_same_bytes(&a.dst, &b.dst);
			assert_same_bytes(&a.dsrc, &b.dsrc);
			assert_same_bytes(&a.dweights, &b.dweights);
		}
}

static void
test_relu(void **state)
{
	const NaiveConv s = { 2, 7, 6, 16, 48 };
	g_auto(Truth) t = truth_new(&s);

	(void)state;
	for (int k = 0; kernels[k] != NULL; k++) {
		const How how = { kernels[k], &winograd_cut, 2,
				  AT_END,     ORDER_HWIO,    0xff };
		const Winograd w = winograd_of(&s, &how);
		g_auto(Guarded) plain = forward(&w, &s, &t, &how, FALSE);
		g_auto(Guarded) relu = forward(&w, &s, &t, &how, TRUE);

		for (gsize i = 0; i < t.n_dst; i++)
			plain.values[i] = MAX(plain.values[i], 0);
		assert_same_bytes(&relu, &plain);
	}
}

/* No gradient passes where the layer below put out zero. */
static void
test_mask(void **state)
{
	const NaiveConv s = { 2, 6, 9, 48, 16 };
	g_auto(Truth) t = truth_new(&s);

	(void)state;
	for (int k = 0; kernels[k] != NULL; k++) {
		const How how = { kernels[k], &winograd_cut, 2,
				  AT_END,     ORDER_HWIO,    0xff };
		const Winograd w = winograd_of(&s, &how);
		g_auto(Guarded) plain = backward_data(&w, &s, &t, &how, FALSE);
		g_auto(Guarded) masked = backward_data(&w, &s, &t, &how, TRUE);

		for (gsize i = 0; i < t.n_src; i++)
			if (!(t.src[i] > 0))
				plain.values[i] = 0;
		assert_same_bytes(&masked, &plain);
	}
}

/* A value that is none stays none: a training that diverges must show it. */
static void
test_no_number(void **state)
{
	const NaiveConv s = { 1, 4, 4, 16, 16 };
	g_auto(Truth) t = truth_new(&s);

	(void)state;
	for (gsize i = 0; i < 16; i++)
		t.src[i] = NAN;
	for (int k = 0; kernels[k] != NULL; k++) {
		const How how = { kernels[k], &winograd_cut, 1,
				  AT_END,     ORDER_HWIO,    0 };
		const Winograd w = winograd_of(&s, &how);
		g_auto(Guarded) dst = forward(&w, &s, &t, &how, TRUE);

		assert_true(isnan(dst.values[0]));
	}
}

static void
test_supports(void **state)
{
	const DnnConvShape rgb = { 4, 224, 224, 3, 64 };
	const DnnConvShape odd = { 4, 224, 224, 64, 24 };
	const DnnConvShape good = { 4, 224, 224, 64, 48 };

	(void)state;
	assert_false(winograd_supports(&rgb));
	assert_false(winograd_supports(&odd));
	assert_true(winograd_supports(&good));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_relu),
		cmocka_unit_test(test_mask),
		cmocka_unit_test(test_no_number),
		cmocka_unit_test(test_supports),
		cmocka_unit_test(test_emulated),
	};

	return cmocka_run_group_tests(tests, find_kernels, NULL);
}
