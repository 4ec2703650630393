/*
 * train-limit [-s SIZE] [-b BATCH] [-c CLASSES] [-f LAYER] [-t LAYER]
 *
 * Time the bare oneDNN operations of VGG19 with the head of the seed recipe,
 * from one layer on (-f), on all cores, a line each, fields separated by tabs:
 *
 *	LAYER  PASS  WHAT  KERNEL  SECONDS
 *
 * PASS is inference below the first layer to train (-t; without it everywhere),
 * and forward, data and weights (the gradients) from there on, but for data of
 * that layer itself, which training never wants.  WHAT is the type, algorithm
 * and order of activations that the line is about: whoever sums the lines takes
 * the fastest of each layer and pass.  Weights, and activations in order "any",
 * lie as oneDNN likes them best.  Nothing is fused, and no layout is converted.
 *
 * With -t a last line, "update", has the seconds that the update of all that is
 * trained takes at the bandwidth of the memory.
 *
 * What kw-train does not do with oneDNN may take less.
 */
#include <argp.h>
#include <dnnl_debug.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kw/alloc.h"
#include "kw/error.h"
#include "tests/bench/bare.h"
#include "tests/bench/stopwatch.h"

/* ---- options */

typedef struct {
	int size, batch, classes;
	const char *first, *trained;
} Options;

static const struct argp_option options[] = {
	{ "size", 's', "SIZE", 0, "Width and height, a multiple of 32 (224)",
	  0 },
	{ "batch", 'b', "BATCH", 0, "Images at a time (4)", 0 },
	{ "classes", 'c', "CLASSES", 0, "Classes (2)", 0 },
	{ "from", 'f', "LAYER", 0, "The first layer to time (block1_conv1)",
	  0 },
	{ "trained", 't', "LAYER", 0, "The first layer to train (none)", 0 },
	{ 0 },
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	Options *o = state->input;
	int *number;

	switch (key) {
	case 's':
		number = &o->size;
		break;
	case 'b':
		number = &o->batch;
		break;
	case 'c':
		number = &o->classes;
		break;
	case 'f':
		o->first = arg;
		return 0;
	case 't':
		o->trained = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	*number = atoi(arg);
	if (*number < 1)
		argp_error(state, "'%s' is no number above 0", arg);
	return 0;
}

/* ---- the network */

enum { N_BLOCKS = 5, HEAD = 1024, MAX_LAYERS = 32 };

typedef struct {
	int n;
	Shape layers[MAX_LAYERS];
	int first;   /* to be timed */
	int trained; /* the first one; n: none */
} Vgg;

static Shape *
add(Vgg *vgg, Kind kind, int out, const Shape *below)
{
	Shape *s = &vgg->layers[vgg->n++];

	*s = *below;
	s->kind = kind;
	s->in = below->out;
	s->out = out;
	if (below->kind == POOL) {
		s->h /= 2;
		s->w /= 2;
	}
	return s;
}

static void
add_body(Vgg *vgg, const Options *o)
{
	static const struct {
		int convolutions, filters;
	} blocks[N_BLOCKS] = {
		{ 2, 64 }, { 2, 128 }, { 4, 256 }, { 4, 512 }, { 4, 512 }
	};
	const Shape input = { CONV, o->batch, o->size, o->size, 0, 3, "input" };
	const Shape *below = &input;
	Shape *s;

	for (int b = 0; b < N_BLOCKS; b++) {
		const int filters = blocks[b].filters;

		for (int i = 0; i < blocks[b].convolutions; i++) {
			s = add(vgg, CONV, filters, below);
			snprintf(s->name, sizeof s->name, "block%d_conv%d",
				 b + 1, i + 1);
			below = s;
		}
		s = add(vgg, POOL, filters, below);
		snprintf(s->name, sizeof s->name, "block%d_pool", b + 1);
		below = s;
	}
}

static void
add_head(Vgg *vgg, const Options *o)
{
	static const char *const names[] = { "dense_1", "dense_2",
					     "predictions" };
	const Shape *last = &vgg->layers[vgg->n - 1];
	Shape flat = { DENSE, o->batch, 1, 1, 0, last->out, "flatten" };
	const Shape *below = &flat;

	flat.out *= (last->h / 2) * (last->w / 2);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		const gboolean top = i == G_N_ELEMENTS(names) - 1;
		Shape *s = add(vgg, DENSE, top ? o->classes : HEAD, below);

		g_strlcpy(s->name, names[i], sizeof s->name);
		below = s;
	}
}

/* The number of a layer; `otherwise` where no name is given, -1 for none. */
static int
find_layer(const Vgg *vgg, const char *name, int otherwise, GError **error)
{
	if (name == NULL)
		return otherwise;
	for (int i = 0; i < vgg->n; i++)
		if (strcmp(vgg->layers[i].name, name) == 0)
			return i;
	g_set_error(error, KW_ERROR, KW_ERROR_USAGE, "no layer is called '%s'",
		    name);
	return -1;
}

static gboolean
make_vgg(Vgg *vgg, const Options *o, GError **error)
{
	add_body(vgg, o);
	add_head(vgg, o);
	vgg->first = find_layer(vgg, o->first, 0, error);
	if (vgg->first < 0)
		return FALSE;
	vgg->trained = find_layer(vgg, o->trained, vgg->n, error);
	return vgg->trained >= 0;
}

/* ---- operations */

static const char *const pass_names[N_PASSES] = { "inference", "forward",
						  "data", "weights" };

/* ---- all of it */

/* VGG19 repeats itself: what has been timed counts for layers of that shape. */
typedef struct {
	Shape shape;
	Pass pass;
	const Try *what;
	char *kernel;
	double seconds;
} Timed;

static gboolean
same(const Timed *t, const Shape *s, Pass pass, const Try *what)
{
	return t->pass == pass && t->what == what && t->shape.kind == s->kind &&
	       t->shape.h == s->h && t->shape.in == s->in &&
	       t->shape.out == s->out;
}

static void
print(const Timed *t, const char *layer)
{
	printf("%s\t%s\t%s\t%s\t%.9f\n", layer, pass_names[t->pass],
	       t->what->name, t->kernel, t->seconds);
}

static gboolean
time_try(Dnn *dnn, GArray *timed, const Shape *s, Pass pass, const Try *what,
	 GError **error)
{
	Timed t = { *s, pass, what, NULL, 0 };
	const char *kernel = "";
	g_auto(Pd) pd = NULL;
	dnnl_status_t status;

	for (guint i = 0; i < timed->len; i++) {
		const Timed *known = &g_array_index(timed, Timed, i);

		if (same(known, s, pass, what)) {
			print(known, s->name);
			return TRUE;
		}
	}
	pd = bare_find(dnn, s, what, pass);
	if (pd == NULL)
		return TRUE;
	status = bare_time(dnn, pd, &t.seconds);
	if (status != dnnl_success) {
		g_set_error(error, KW_ERROR, KW_ERROR_UNSUPPORTED,
			    "oneDNN fails in %s of %s, %s: %s",
			    pass_names[pass], s->name, what->name,
			    dnnl_status2str(status));
		return FALSE;
	}
	dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &kernel);
	t.kernel = g_strdup(kernel);
	g_array_append_val(timed, t);
	print(&t, s->name);
	return TRUE;
}

static gboolean
is_wanted(const Vgg *vgg, int layer, Pass pass)
{
	switch (pass) {
	case INFERENCE:
		return layer < vgg->trained;
	case FORWARD:
		return layer >= vgg->trained;
	case DATA:
		return layer > vgg->trained;
	default:
		return layer >= vgg->trained && vgg->layers[layer].kind != POOL;
	}
}

static gboolean
time_layer(Dnn *dnn, const Vgg *vgg, int layer, GArray *timed, GError **error)
{
	const Shape *s = &vgg->layers[layer];
	int n;
	const Try *tries = bare_tries(s->kind, &n);

	for (Pass pass = 0; pass < N_PASSES; pass++)
		for (int i = 0; i < n && is_wanted(vgg, layer, pass); i++)
			if (!time_try(dnn, timed, s, pass, &tries[i], error))
				return FALSE;
	return TRUE;
}

static gboolean
time_network(Dnn *dnn, const Vgg *vgg, GArray *timed, GError **error)
{
	for (int i = vgg->first; i < vgg->n; i++)
		if (!time_layer(dnn, vgg, i, timed, error))
			return FALSE;
	return TRUE;
}

/* ---- the update */

static gsize
count_parameters(const Vgg *vgg)
{
	gsize sum = 0;

	for (int i = vgg->trained; i < vgg->n; i++) {
		const Shape *s = &vgg->layers[i];
		const gsize window = s->kind == CONV ? 9 : 1;

		if (s->kind != POOL)
			sum += (window * (gsize)s->in + 1) * (gsize)s->out;
	}
	return sum;
}

/*
 * Seconds that the memory takes for a byte, over two arrays of n floats: a
 * triad in place, which moves what it counts.  One into a third array would
 * read that as well, uncounted, on CPUs that fetch what they are to write.
 */
static double
time_byte(float *restrict a, const float *restrict b, gsize n)
{
	const float s = 0.5f;
	Times times = { 0 };

	for (int i = 0; i <= MIN_RUNS; i++) {
		const double begin = now();

#pragma omp parallel for simd schedule(static)
		for (gsize k = 0; k < n; k++)
			a[k] = s * a[k] + b[k];
		if (i > 0)
			add_time(&times, now() - begin);
	}
	return median(&times) / (3.0 * sizeof *a * (double)n);
}

static gboolean
time_update(const Vgg *vgg, GError **error)
{
	const gsize n = count_parameters(vgg);
	g_autofree float *a = kw_alloc(n, sizeof *a, "the triad", error);
	g_autofree float *b = NULL;
	double byte;

	if (a == NULL)
		return FALSE;
	b = kw_alloc(n, sizeof *b, "the triad", error);
	if (b == NULL)
		return FALSE;
		/* Each thread what it will work on: pages lie near who writes
		 * first. */
#pragma omp parallel for schedule(static)
	for (gsize k = 0; k < n; k++)
		a[k] = b[k] = 1;
	byte = time_byte(a, b, n);
	/* Gradient in, velocity and weight in and out. */
	printf("update\tupdate\tf32\t%.2f GB/s\t%.9f\n", 1e-9 / byte,
	       byte * 5 * sizeof *a * (double)n);
	return TRUE;
}

static gboolean
start(Dnn *dnn, GError **error)
{
	if (dnnl_engine_create(&dnn->engine, dnnl_cpu, 0) == dnnl_success &&
	    dnnl_stream_create(&dnn->stream, dnn->engine,
			       dnnl_stream_default_flags) == dnnl_success)
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_UNSUPPORTED,
		    "oneDNN cannot start on this CPU");
	return FALSE;
}

static gboolean
run(const Options *o, GError **error)
{
	Vgg vgg = { 0 };
	Dnn dnn = { 0 };
	g_autoptr(GArray) timed = g_array_new(FALSE, FALSE, sizeof(Timed));
	const gboolean ok = make_vgg(&vgg, o, error) && start(&dnn, error) &&
			    time_network(&dnn, &vgg, timed, error) &&
			    (vgg.trained == vgg.n || time_update(&vgg, error));

	for (guint i = 0; i < timed->len; i++)
		g_free(g_array_index(timed, Timed, i).kernel);
	return ok;
}

int
main(int argc, char **argv)
{
	static const struct argp argp = {
		options, parse, NULL, "Time the bare operations of VGG19.",
		NULL,    NULL,  NULL
	};
	Options o = { .size = 224, .batch = 4, .classes = 2 };
	g_autoptr(GError) error = NULL;
	const dnnl_version_t *v = dnnl_version();
	g_autofree char *version = g_strdup_printf("oneDNN %d.%d.%d", v->major,
						   v->minor, v->patch);

	argp_program_version = version;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (run(&o, &error))
		return 0;
	g_printerr("train-limit: %s\n", error->message);
	return 1;
}
