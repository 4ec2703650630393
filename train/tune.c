#include "train/tune.h"

#include <string.h>

#include "kw/error.h"
#include "train/bf16_update.h"

/* A candidate runs again while it has taken less than this, in seconds; but
 * after two runs only where it has not taken so many times as long as another:
 * the first one meets cold caches. */
static const double long_enough = 0.2;
enum { MAX_RUNS = 3 };
static const double never_fastest = 2;

int
tune_fastest(const double *seconds, int n)
{
	int best = 0;

	for (int i = 1; i < n; i++)
		if (seconds[i] < seconds[best])
			best = i;
	return seconds[best] <= 0.95 * seconds[0] ? best : 0;
}

/* ---- one candidate */

/* A pass of a convolution. */
typedef struct {
	Dnn *dnn;
	DnnMode mode;
	DnnConvShape shape;
	DnnPass pass;
	gboolean trained; /* its weights change at every step */
} Task;

/* How a task can be done. */
typedef struct {
	DnnOp *op;
	DnnOp *refresh; /* brings the weights into its layout; or NULL */
	Region memory;
} Candidate;

static void
candidate_clear(Candidate *c)
{
	dnn_op_free(c->op);
	dnn_op_free(c->refresh);
	region_clear(&c->memory);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Candidate, candidate_clear)

/* Trained weights lie as their gradient comes. */
static DnnLayout *
master_layout(const Task *task, DnnAlgorithm algorithm, GError **error)
{
	g_autoptr(DnnOp) gradient =
		dnn_conv(task->dnn, &task->mode, algorithm, &task->shape,
			 DNN_BACKWARD_WEIGHTS, FALSE, error);

	return gradient != NULL
		       ? dnn_op_layout(gradient, DNN_DIFF_WEIGHTS, error)
		       : NULL;
}

/* Is the copy written by the update that changes the weights? */
static gboolean
comes_with_update(const DnnLayout *master, const DnnLayout *wanted)
{
	Bf16Update *update = bf16_update_new(master, wanted, NULL);

	bf16_update_free(update);
	return update != NULL;
}

static gboolean
make_refresh(const Task *task, DnnAlgorithm algorithm, Candidate *c,
	     GError **error)
{
	g_autoptr(DnnLayout) master = master_layout(task, algorithm, error);
	g_autoptr(DnnLayout) wanted = NULL;

	if (master == NULL || !dnn_op_take_weights(c->op, master, error))
		return FALSE;
	wanted = dnn_op_layout(c->op, DNN_WEIGHTS, error);
	if (wanted == NULL)
		return FALSE;
	if (dnn_layout_equal(master, wanted) ||
	    comes_with_update(master, wanted))
		return TRUE;
	c->refresh = dnn_convert(task->dnn, wanted, master, error);
	return c->refresh != NULL;
}

static gboolean
argument_bytes(const Task *task, const DnnOp *op, DnnArg arg, gsize *bytes,
	       GError **error)
{
	g_autoptr(DnnLayout) layout = NULL;

	if (arg == DNN_BIAS || arg == DNN_DIFF_BIAS) {
		*bytes = (gsize)task->shape.out * sizeof(float);
		return TRUE;
	}
	layout = dnn_op_layout(op, arg, error);
	if (layout != NULL)
		*bytes = dnn_layout_bytes(layout);
	return layout != NULL;
}

/* A buffer for each argument: measured first, then bound. */
static gboolean
place(const Task *task, DnnOp *op, Region *memory, GError **error)
{
	for (DnnArg a = 0; op != NULL && a < DNN_N_ARGS; a++) {
		void *buffer;
		gsize bytes;

		if (!dnn_op_takes(op, a))
			continue;
		if (!argument_bytes(task, op, a, &bytes, error))
			return FALSE;
		buffer = region_take(memory, bytes);
		if (buffer != NULL)
			dnn_op_bind(op, a, buffer);
	}
	return TRUE;
}

static gboolean
place_all(const Task *task, Candidate *c, GError **error)
{
	return place(task, c->op, &c->memory, error) &&
	       place(task, c->refresh, &c->memory, error);
}

static gboolean
make_candidate(const Task *task, DnnAlgorithm algorithm, Candidate *c,
	       GError **error)
{
	c->op = dnn_conv(task->dnn, &task->mode, algorithm, &task->shape,
			 task->pass, task->pass == DNN_FORWARD, error);
	return c->op != NULL &&
	       (!task->trained || task->pass == DNN_BACKWARD_WEIGHTS ||
		make_refresh(task, algorithm, c, error)) &&
	       place_all(task, c, error) &&
	       region_allocate(&c->memory, "a trial of a convolution", error) &&
	       place_all(task, c, error) &&
	       dnn_reserve_scratch(task->dnn, error);
}

/* The fastest of its runs: the first meets cold caches.  `best`: of what was
 * timed before. */
static gboolean
time_candidate(const Candidate *c, double best, double *seconds, GError **error)
{
	double all = 0;

	*seconds = G_MAXDOUBLE;
	for (int run = 0; run < MAX_RUNS && all < long_enough &&
			  (run < 2 || *seconds < never_fastest * best);
	     run++) {
		const gint64 begin = g_get_monotonic_time();
		double took;

		if ((c->refresh != NULL && !dnn_op_run(c->refresh, error)) ||
		    !dnn_op_run(c->op, error))
			return FALSE;
		took = (double)(g_get_monotonic_time() - begin) /
		       G_USEC_PER_SEC;
		*seconds = MIN(*seconds, took);
		all += took;
	}
	return TRUE;
}

/* *seconds stays where there is no such kernel. */
static gboolean
try(const Task *task, DnnAlgorithm algorithm, double best, double *seconds,
    GError **error)
{
	g_auto(Candidate) c = { 0 };
	g_autoptr(GError) failure = NULL;

	if (make_candidate(task, algorithm, &c, &failure))
		return time_candidate(&c, best, seconds, error);
	if (algorithm != DNN_DIRECT &&
	    g_error_matches(failure, KW_ERROR, KW_ERROR_UNSUPPORTED))
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failure));
	return FALSE;
}

/* ---- a pass of a layer */

typedef struct {
	DnnAlgorithm algorithm;
	TuneSeconds seconds;
} Choice;

static gboolean
choose(const Task *task, guint algorithms, Choice *choice, GError **error)
{
	double seconds[DNN_N_ALGORITHMS], best = G_MAXDOUBLE;

	/* The last one is the fastest on most machines. */
	for (int a = DNN_N_ALGORITHMS - 1; a >= 0; a--) {
		seconds[a] = G_MAXDOUBLE;
		if (algorithms & 1u << a &&
		    !try(task, (DnnAlgorithm)a, best, &seconds[a], error))
			return FALSE;
		best = MIN(best, seconds[a]);
	}
	if (best == G_MAXDOUBLE &&
	    !try(task, DNN_DIRECT, best, &seconds[DNN_DIRECT], error))
		return FALSE;
	choice->algorithm = tune_fastest(seconds, DNN_N_ALGORITHMS);
	choice->seconds.chosen = seconds[choice->algorithm];
	choice->seconds.direct =
		algorithms & TUNE_DIRECT ? seconds[DNN_DIRECT] : 0;
	return TRUE;
}

/* ---- the network */

static gboolean
same_layer(const Layer *a, const Layer *b)
{
	return a->in.h == b->in.h && a->in.w == b->in.w && a->in.c == b->in.c &&
	       a->out.c == b->out.c && a->trainable == b->trainable;
}

static gboolean
runs_pass(const Layer *layer, DnnPass pass)
{
	return pass == DNN_FORWARD ||
	       (pass == DNN_BACKWARD_DATA && layer->op_backward_data != NULL) ||
	       (pass == DNN_BACKWARD_WEIGHTS &&
		layer->op_backward_weights != NULL);
}

/* Layers of one shape are tried once. */
static gboolean
choose_layer(const Network *network, Dnn *dnn, guint i, guint algorithms,
	     Choice choices[][DNN_N_PASSES], GError **error)
{
	const Layer *layer = network_conv(network, i);

	for (DnnPass pass = 0; pass < DNN_N_PASSES; pass++) {
		const Task task = { dnn,
				    network->spec.plan.mode,
				    { layer->batch, layer->in.h, layer->in.w,
				      layer->in.c, layer->out.c },
				    pass,
				    layer->trainable };
		guint like = 0;

		if (!runs_pass(layer, pass))
			continue;
		while (like < i &&
		       !(same_layer(network_conv(network, like), layer) &&
			 runs_pass(network_conv(network, like), pass)))
			like++;
		if (like < i)
			choices[i][pass] = choices[like][pass];
		else if (!choose(&task, algorithms, &choices[i][pass], error))
			return FALSE;
	}
	return TRUE;
}

gboolean
tune_plan(NetworkSpec *spec, guint algorithms, double limit,
	  TuneSeconds *seconds, GError **error)
{
	Choice choices[VGG19_CONVOLUTIONS][DNN_N_PASSES] = { 0 };
	g_autoptr(Network) network = NULL;
	g_autoptr(Dnn) dnn = NULL;

	memset(spec->plan.conv, 0, sizeof spec->plan.conv);
	network = network_build(spec, error);
	dnn = network != NULL ? dnn_new(spec->threads, error) : NULL;
	if (dnn == NULL)
		return FALSE;
	*seconds = (TuneSeconds){ 0 };
	for (guint i = 0; i < VGG19_CONVOLUTIONS && seconds->chosen <= limit;
	     i++) {
		if (!choose_layer(network, dnn, i, algorithms, choices, error))
			return FALSE;
		for (DnnPass p = 0; p < DNN_N_PASSES; p++) {
			spec->plan.conv[i][p] = choices[i][p].algorithm;
			seconds->direct += choices[i][p].seconds.direct;
			seconds->chosen += choices[i][p].seconds.chosen;
		}
	}
	return TRUE;
}
