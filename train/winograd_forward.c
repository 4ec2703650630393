/*
 * The forward pass and the data gradient, which are the same work: n x h x w x
 * in -> n x h x w x out, where `in` and `out` are those of the pass.
 *
 * With few weights, U is made first, and each thread takes blocks of tiles that
 * stay in its cache.  With many, reading U would take longer than making it:
 * all threads take the same block, a large one, transform a share of its tiles,
 * and then each makes and uses the weights of a share of the columns.
 */
#include "train/winograd_internal.h"

#include <omp.h>
#include <string.h>

/* ---- how a pass is cut */

typedef struct {
	int in, out;
	int tiles, block;   /* of all; at most in a block */
	int columns, steps; /* of out and in, at a time */
	gboolean shared;
	gsize v_row, m_row, u_panel; /* strides in floats: a row, 16 columns */
	gsize v_m, m_m, u_m;         /* and a matrix */
} Plan;

/* Whole blocks, for each of n as many. */
static int
even_block(int tiles, int block, int n)
{
	int blocks = (tiles + block - 1) / block;

	blocks = (blocks + n - 1) / n * n;
	return (tiles + blocks - 1) / blocks;
}

static Plan
plan_pass(const Winograd *winograd, DnnPass pass)
{
	const DnnConvShape *shape = &winograd->shape;
	const WinogradCut *cut = winograd->cut;
	const gboolean forward = pass == DNN_FORWARD;
	Plan plan = { .in = forward ? shape->in : shape->out,
		      .out = forward ? shape->out : shape->in,
		      .tiles = winograd_tiles(shape) };

	plan.shared = (gint64)plan.in * plan.out > cut->kept_weights;
	plan.columns = MIN(plan.out, plan.shared ? cut->shared_columns
						 : cut->kept_columns);
	plan.steps = plan.shared ? MIN(plan.in, cut->shared_steps) : plan.in;
	plan.block = plan.shared ? even_block(plan.tiles, cut->shared_block, 1)
				 : even_block(plan.tiles, cut->kept_block,
					      winograd->threads);
	/* One line more than needed, against rows that meet in a cache. */
	plan.v_row = (gsize)plan.steps + WINOGRAD_GROUP;
	plan.v_m = (gsize)plan.block * plan.v_row + WINOGRAD_GROUP;
	plan.m_row = (gsize)plan.columns;
	plan.m_m = (gsize)plan.block * plan.m_row + WINOGRAD_GROUP;
	plan.u_panel = (gsize)plan.steps * WINOGRAD_GROUP;
	plan.u_m = plan.u_panel * (gsize)(plan.columns / WINOGRAD_GROUP);
	return plan;
}

/*
 * The parts of scratch memory in floats: a page of zeros; U, V and M; and a
 * page that is written and not read.  U and V are one, or one a thread; U has
 * 36 matrices for a group of columns after the other.
 */
typedef struct {
	gsize zeros, u, v, m, trash;
} Parts;

static Parts
parts_of(const Plan *plan)
{
	const int us =
		plan->shared ? 1
			     : (plan->out + plan->columns - 1) / plan->columns;

	return (Parts){
		.zeros = (gsize)MAX(plan->in, plan->out),
		.u = WINOGRAD_MATRICES * plan->u_m * (gsize)us,
		.v = WINOGRAD_MATRICES * plan->v_m *
		     (gsize)((plan->in + plan->steps - 1) / plan->steps),
		.m = WINOGRAD_MATRICES * plan->m_m,
		.trash = (gsize)plan->out,
	};
}

gsize
winograd_forward_bytes(const Winograd *winograd, DnnPass pass)
{
	const gsize n = (gsize)winograd->threads;
	const Plan plan = plan_pass(winograd, pass);
	const Parts parts = parts_of(&plan);

	return (parts.zeros + parts.u * (plan.shared ? n : 1) +
		parts.v * (plan.shared ? 1 : n) + (parts.m + parts.trash) * n) *
	       sizeof(float);
}

/* ---- the passes */

typedef struct {
	const WinogradKernel *kernel;
	Plan plan;
	WinogradMap from, to;
	const float *src, *bias, *mask;
	WinogradSource weights;
	float *dst;
	gboolean relu;
	float *scratch;
} Pass;

/* A thread's memory. */
typedef struct {
	float *u, *v, *m, *trash;
} Desk;

static Desk
desk_of(const Pass *pass, int thread, int threads)
{
	const gboolean shared = pass->plan.shared;
	const Parts parts = parts_of(&pass->plan);
	const gsize i = (gsize)thread, n = (gsize)threads;
	float *u = pass->scratch + parts.zeros;
	float *v = u + parts.u * (shared ? n : 1);
	float *m = v + parts.v * (shared ? 1 : n);

	m += i * (parts.m + parts.trash);
	return (Desk){ u + parts.u * (shared ? i : 0),
		       v + parts.v * (shared ? 0 : i), m, m + parts.m };
}

/* V of the steps from s on: [matrix][tile][step]. */
static float *
v_of(const Plan *plan, const Desk *desk, int s)
{
	return desk->v +
	       (gsize)(s / plan->steps) * WINOGRAD_MATRICES * plan->v_m;
}

/* V of a tile. */
static void
transform_tile(const Pass *pass, const Desk *desk, int tile,
	       WinogradPatch pixels)
{
	const Plan *plan = &pass->plan;
	WinogradCell cell = { desk->v + (gsize)tile * plan->v_row, plan->v_m,
			      WINOGRAD_GROUP };

	for (int s = 0; s < plan->in; s += plan->steps) {
		const int steps = MIN(plan->steps, plan->in - s);

		pass->kernel->input(cell, pixels, steps / WINOGRAD_GROUP);
		cell.at += WINOGRAD_MATRICES * plan->v_m;
		for (int i = 0; i < WINOGRAD_MATRICES; i++)
			pixels[i] += steps;
	}
}

static void
transform_tiles(const Pass *pass, const Desk *desk, int first,
		WinogradShare share)
{
	WinogradPatch pixels;

	for (int t = share.first; t < share.end; t++) {
		winograd_patch(pixels, &pass->from, pass->src, pass->scratch,
			       first + t);
		transform_tile(pass, desk, t, pixels);
	}
}

/* U of some groups of columns, at most what is taken at a time. */
static void
transform_weights(const Pass *pass, float *u, int group, int groups,
		  WinogradShare steps)
{
	const Plan *plan = &pass->plan;

	for (int g = 0; g < groups; g++, u += plan->u_panel)
		winograd_transform_weights(pass->kernel, u, plan->u_m,
					   &pass->weights,
					   (group + g) * WINOGRAD_GROUP, steps);
}

/* M of a block of tiles and some groups of columns, or what some steps add to
 * it; u is that of these groups and steps. */
static void
multiply_tiles(const Pass *pass, const Desk *desk, const float *u, int tiles,
	       int groups, WinogradShare steps)
{
	const Plan *plan = &pass->plan;
	WinogradProduct product = {
		.rows = tiles,
		.steps = steps.end - steps.first,
		.panels = groups,
		.a = v_of(plan, desk, steps.first),
		.a_row = plan->v_row,
		.a_step = 1,
		.b = u,
		.b_panel = plan->u_panel,
		.c = desk->m,
		.c_row = plan->m_row,
		.add = steps.first > 0,
		.soon = { { NULL, (gsize)tiles * plan->v_row },
			  { NULL, (gsize)groups * plan->u_panel } },
	};

	for (int m = 0; m < WINOGRAD_MATRICES; m++) {
		product.soon[0].at = product.a + plan->v_m;
		product.soon[1].at = product.b + plan->u_m;
		pass->kernel->multiply(&product);
		product.a += plan->v_m;
		product.b += plan->u_m;
		product.c += plan->m_m;
	}
}

static void
finish_tiles(const Pass *pass, const Desk *desk, int first, int tiles,
	     int group, int groups)
{
	const Plan *plan = &pass->plan;
	const gsize c = (gsize)group * WINOGRAD_GROUP;
	WinogradOutput to = { .bias = pass->bias != NULL ? pass->bias + c
							 : NULL,
			      .relu = pass->relu };

	for (int t = 0; t < tiles; t++) {
		const WinogradCell cell = { desk->m + (gsize)t * plan->m_row,
					    plan->m_m, WINOGRAD_GROUP };

		winograd_tile(to.dst, &pass->to, pass->dst + c, desk->trash,
			      first + t);
		if (pass->mask != NULL)
			winograd_tile(to.mask, &pass->to, pass->mask + c,
				      pass->scratch, first + t);
		pass->kernel->output(&to, cell, groups);
	}
}

/* A share of the columns of a block of tiles. */
static void
do_columns(const Pass *pass, const Desk *desk, int first, int tiles,
	   WinogradShare share)
{
	const Plan *plan = &pass->plan;
	const int step = plan->columns / WINOGRAD_GROUP;

	for (int g = share.first; g < share.end; g += step) {
		const int groups = MIN(step, share.end - g);

		for (int s = 0; s < plan->in; s += plan->steps) {
			const WinogradShare steps = { s, MIN(s + plan->steps,
							     plan->in) };
			const float *u = desk->u;

			if (plan->shared)
				transform_weights(pass, desk->u, g, groups,
						  steps);
			else
				u += WINOGRAD_MATRICES * plan->u_m *
				     (gsize)(g / step);
			multiply_tiles(pass, desk, u, tiles, groups, steps);
		}
		finish_tiles(pass, desk, first, tiles, g, groups);
	}
}

/* Each thread has U of its own, and they share V. */
static void
run_shared(const Pass *pass, const Desk *desk, int thread, int threads)
{
	const Plan *plan = &pass->plan;
	const WinogradShare columns =
		winograd_share(plan->out / WINOGRAD_GROUP, thread, threads);

	for (int first = 0; first < plan->tiles; first += plan->block) {
		const int tiles = MIN(plan->block, plan->tiles - first);

		transform_tiles(pass, desk, first,
				winograd_share(tiles, thread, threads));
#pragma omp barrier
		do_columns(pass, desk, first, tiles, columns);
#pragma omp barrier
	}
}

/* Each thread has V of its own, and they share U. */
static void
run_apart(const Pass *pass, const Desk *desk, int thread, int threads)
{
	const Plan *plan = &pass->plan;
	const int groups = plan->out / WINOGRAD_GROUP;
	const WinogradShare blocks = winograd_share(
		(plan->tiles + plan->block - 1) / plan->block, thread, threads);
	const WinogradShare columns = winograd_share(groups, thread, threads);
	const int step = plan->columns / WINOGRAD_GROUP;

	for (int g = columns.first; g < columns.end; g++)
		transform_weights(pass,
				  desk->u +
					  WINOGRAD_MATRICES * plan->u_m *
						  (gsize)(g / step) +
					  plan->u_panel * (gsize)(g % step),
				  g, 1, (WinogradShare){ 0, plan->in });
#pragma omp barrier
	for (int b = blocks.first; b < blocks.end; b++) {
		const int first = b * plan->block;
		const int tiles = MIN(plan->block, plan->tiles - first);

		transform_tiles(pass, desk, first, (WinogradShare){ 0, tiles });
		do_columns(pass, desk, first, tiles,
			   (WinogradShare){ 0, groups });
	}
}

static void
run(const Winograd *winograd, const Pass *pass)
{
	memset(pass->scratch, 0, parts_of(&pass->plan).zeros * sizeof(float));
#pragma omp parallel num_threads(winograd->threads)
	{
		const int thread = omp_get_thread_num();
		const int threads = omp_get_num_threads();
		const Desk desk = desk_of(pass, thread, threads);

		if (pass->plan.shared)
			run_shared(pass, &desk, thread, threads);
		else
			run_apart(pass, &desk, thread, threads);
	}
}

void
winograd_forward(const Winograd *winograd, float *dst, const float *src,
		 const float *weights, const WinogradOffsets *offsets,
		 const float *bias, gboolean relu, void *scratch)
{
	const DnnConvShape *shape = &winograd->shape;
	const Pass pass = { .kernel = winograd->kernel,
			    .plan = plan_pass(winograd, DNN_FORWARD),
			    .from = winograd_map(shape, shape->in),
			    .to = winograd_map(shape, shape->out),
			    .src = src,
			    .weights = winograd_source(DNN_FORWARD, weights,
						       offsets),
			    .bias = bias,
			    .dst = dst,
			    .relu = relu,
			    .scratch = scratch };

	run(winograd, &pass);
}

void
winograd_backward_data(const Winograd *winograd, float *dsrc, const float *ddst,
		       const float *weights, const WinogradOffsets *offsets,
		       const float *mask, void *scratch)
{
	const DnnConvShape *shape = &winograd->shape;
	const Pass pass = { .kernel = winograd->kernel,
			    .plan = plan_pass(winograd, DNN_BACKWARD_DATA),
			    .from = winograd_map(shape, shape->out),
			    .to = winograd_map(shape, shape->in),
			    .src = ddst,
			    .weights = winograd_source(DNN_BACKWARD_DATA,
						       weights, offsets),
			    .mask = mask,
			    .dst = dsrc,
			    .scratch = scratch };

	run(winograd, &pass);
}
