/*
 * winograd-rate [-b BATCH] [-c] [-h] [-j THREADS] [-r REPEATS]
 *
 * For the convolutions of VGG19 at 224 x 224 (those of equal shape once, the
 * first left out), and each pass: milliseconds of oneDNN's direct kernel, in
 * its better order of activations, and of our Winograd one, and how many times
 * faster that is.  They take turns, and the best of each counts.  KW_CPU and
 * ONEDNN_MAX_CPU_ISA choose the instruction sets.
 */
#include <argp.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "kw/alloc.h"
#include "train/bf16.h"
#include "train/dnn.h"
#include "train/winograd.h"

typedef struct {
	DnnType type;
	int batch, threads, repeats;
	gboolean cpu_time;
} Options;

static const struct argp_option known[] = {
	{ "batch", 'b', "N", 0, "Images (4)", 0 },
	{ "bf16", 'h', NULL, 0, "bf16 instead of float32", 0 },
	{ "cpu-time", 'c', NULL, 0,
	  "CPU time per thread, for a machine that others use; oneDNN's weight "
	  "gradient spins, so with -j1",
	  0 },
	{ "threads", 'j', "N", 0, "Threads (all)", 0 },
	{ "repeats", 'r', "N", 0, "Turns, of which the best counts (5)", 0 },
	{ 0 },
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	Options *o = state->input;
	int *number;

	switch (key) {
	case 'b':
		number = &o->batch;
		break;
	case 'h':
		o->type = DNN_BF16;
		return 0;
	case 'c':
		o->cpu_time = TRUE;
		return 0;
	case 'j':
		number = &o->threads;
		break;
	case 'r':
		number = &o->repeats;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	*number = atoi(arg);
	if (*number < 1)
		argp_error(state, "'%s' is no number above 0", arg);
	return 0;
}

static void
check(gboolean ok, const GError *error)
{
	if (ok)
		return;
	g_printerr("winograd-rate: %s\n", error->message);
	exit(1);
}

static float *
floats_new(gsize n)
{
	g_autoptr(GError) error = NULL;
	float *floats = kw_alloc(n, sizeof *floats, "a layer", &error);

	check(floats != NULL, error);
	for (gsize i = 0; i < n; i++)
		floats[i] = (float)(i % 251) / 125 - 1;
	return floats;
}

/* Activations; in bf16 they fill a half. */
static float *
activations_new(const Options *options, gsize n)
{
	float *floats = floats_new(n);

	if (options->type == DNN_BF16)
		for (gsize i = 0; i < n; i++)
			((guint16 *)floats)[i] =
				bf16_from_float((float)(i % 251) / 125 - 1);
	return floats;
}

/* ---- a layer, and all that its passes work on */

typedef struct {
	const Options *options;
	Dnn *dnn;
	DnnConvShape shape;
	Winograd winograd;
	DnnOffsets offsets; /* as kw-train has them */
	float *src, *dst, *weights, *bias; /* and their gradients */
	void *scratch;
} Job;

static Job
job_new(const Options *options, Dnn *dnn, const DnnConvShape *shape)
{
	const gsize pixels =
		(gsize)shape->n * (gsize)shape->h * (gsize)shape->w;
	Job job = { .options = options, .dnn = dnn, .shape = *shape };
	g_autoptr(GError) error = NULL;
	g_autoptr(DnnLayout) layout =
		dnn_layout_blocks(3, 3, shape->in, shape->out, &error);
	gsize scratch = 0;

	winograd_init(&job.winograd, options->type, shape, options->threads);
	check(layout != NULL, error);
	job.offsets = dnn_layout_offsets(layout);
	job.src = activations_new(options, pixels * (gsize)shape->in);
	job.dst = activations_new(options, pixels * (gsize)shape->out);
	job.weights = floats_new(9 * (gsize)shape->in * (gsize)shape->out);
	job.bias = floats_new((gsize)shape->out);
	for (DnnPass p = DNN_FORWARD; p <= DNN_BACKWARD_WEIGHTS; p++)
		scratch =
			MAX(scratch, winograd_scratch_bytes(&job.winograd, p));
	job.scratch = floats_new(scratch / sizeof(float));
	return job;
}

static void
job_clear(Job *job)
{
	dnn_offsets_clear(&job->offsets);
	kw_free(job->src);
	kw_free(job->dst);
	kw_free(job->weights);
	kw_free(job->bias);
	kw_free(job->scratch);
}

/* What is in them hardly matters: all orders take the same memory. */
static DnnOp *
direct_new(const Job *job, DnnOrder order, DnnPass pass)
{
	const DnnMode mode = { job->options->type, order };
	g_autoptr(GError) error = NULL;
	DnnOp *op = dnn_conv(job->dnn, &mode, DNN_DIRECT, &job->shape, pass,
			     pass == DNN_FORWARD, &error);
	const gboolean gradient = pass == DNN_BACKWARD_WEIGHTS;

	check(op != NULL, error);
	dnn_op_bind(op, pass == DNN_BACKWARD_DATA ? DNN_DIFF_SRC : DNN_SRC,
		    job->src);
	dnn_op_bind(op, pass == DNN_FORWARD ? DNN_DST : DNN_DIFF_DST, job->dst);
	dnn_op_bind(op, gradient ? DNN_DIFF_WEIGHTS : DNN_WEIGHTS,
		    job->weights);
	if (pass != DNN_BACKWARD_DATA)
		dnn_op_bind(op, gradient ? DNN_DIFF_BIAS : DNN_BIAS, job->bias);
	return op;
}

static void
run_winograd(const Job *job, DnnPass pass)
{
	const Winograd *w = &job->winograd;

	if (pass == DNN_FORWARD)
		winograd_forward(w, job->dst, job->src, job->weights,
				 &job->offsets, job->bias, TRUE, job->scratch);
	else if (pass == DNN_BACKWARD_DATA)
		winograd_backward_data(w, job->src, job->dst, job->weights,
				       &job->offsets, NULL, job->scratch);
	else
		winograd_backward_weights(w, job->weights, &job->offsets,
					  job->bias, job->src, job->dst,
					  job->scratch);
}

static double
seconds(const Options *o)
{
	struct timespec t;

	clock_gettime(o->cpu_time ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC,
		      &t);
	return ((double)t.tv_sec + 1e-9 * (double)t.tv_nsec) /
	       (o->cpu_time ? o->threads : 1);
}

/* Seconds of oneDNN's operation, or of ours where it is NULL. */
static double
measure(const Job *job, DnnOp *op, DnnPass pass)
{
	const double begin = seconds(job->options);
	g_autoptr(GError) error = NULL;

	if (op != NULL)
		check(dnn_op_run(op, &error), error);
	else
		run_winograd(job, pass);
	return seconds(job->options) - begin;
}

static void
compare(const Job *job, DnnPass pass)
{
	static const char *const names[] = { "forward", "data gradient",
					     "weight gradient" };
	const DnnConvShape *s = &job->shape;
	g_autoptr(DnnOp) plain = direct_new(job, DNN_NHWC, pass);
	g_autoptr(DnnOp) blocked = direct_new(job, DNN_BLOCKED, pass);
	double direct = G_MAXDOUBLE, winograd = G_MAXDOUBLE;

	/* The first turn warms up. */
	for (int i = 0; i <= job->options->repeats; i++) {
		const double a = measure(job, plain, pass);
		const double b = measure(job, blocked, pass);
		const double c = measure(job, NULL, pass);

		if (i > 0) {
			direct = MIN(direct, MIN(a, b));
			winograd = MIN(winograd, c);
		}
	}
	printf("%4d -> %3d at %3d  %-15s %8.2f %8.2f %6.2f %7.1f\n", s->in,
	       s->out, s->h, names[pass], 1e3 * direct, 1e3 * winograd,
	       direct / winograd,
	       1e-6 * (double)winograd_scratch_bytes(&job->winograd, pass));
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	static const struct argp argp = {
		known, parse,
		NULL,  "Compare our Winograd convolutions with direct ones.",
		NULL,  NULL,
		NULL
	};
	static const DnnConvShape shapes[] = {
		{ 0, 224, 224, 64, 64 },   { 0, 112, 112, 64, 128 },
		{ 0, 112, 112, 128, 128 }, { 0, 56, 56, 128, 256 },
		{ 0, 56, 56, 256, 256 },   { 0, 28, 28, 256, 512 },
		{ 0, 28, 28, 512, 512 },   { 0, 14, 14, 512, 512 },
	};
	Options o = { .batch = 4,
		      .threads = omp_get_max_threads(),
		      .repeats = 5 };
	g_autoptr(GError) error = NULL;
	Dnn *dnn;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	omp_set_num_threads(o.threads);
	dnn = dnn_new(o.threads, &error);
	check(dnn != NULL, error);
	printf("%17s  %-15s %8s %8s %6s %7s\n", "convolution", "pass", "ms",
	       "ours", "ratio", "scratch");
	for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++) {
		DnnConvShape shape = shapes[i];
		Job job;

		shape.n = o.batch;
		job = job_new(&o, dnn, &shape);
		for (DnnPass p = DNN_FORWARD; p <= DNN_BACKWARD_WEIGHTS; p++)
			compare(&job, p);
		job_clear(&job);
	}
	dnn_free(dnn);
	return 0;
}
