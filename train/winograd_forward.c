/*
 * The forward pass and the data gradient, which are the same work: n x h x w x
 * in -> n x h x w x out, where `in` and `out` are those of the pass.
 *
 * With few weights, U is made first, and each thread takes blocks of tiles, few
 * enough for caches.  With many, reading U would take longer than making it:
 * all threads take the same block, a large one, transform a share of its tiles,
 * and then each makes and uses the weights of a share of the columns.
 */
#include "train/winograd_internal.h"

#include <omp.h>
#include <string.h>

/* ---- how a pass is cut */

typedef struct {
	int in, out;
	int matrices, pair;    /* the kernel's */
	int tiles, block;      /* of all; at most in a block */
	int columns, channels; /* of out and in, at a time */
	gboolean shared;
	gsize v_row, m_row, u_panel; /* strides in words: a row, 16 columns */
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

/* Of so many channels of a tile. */
static gsize
words(const Plan *plan, int channels)
{
	return (gsize)(channels / plan->pair);
}

static Plan
plan_pass(const Winograd *winograd, DnnPass pass)
{
	const DnnConvShape *shape = &winograd->shape;
	const WinogradCut *cut = winograd->cut;
	const gboolean forward = pass == DNN_FORWARD;
	Plan plan = { .in = forward ? shape->in : shape->out,
		      .out = forward ? shape->out : shape->in,
		      .matrices = winograd_matrices(winograd->kernel),
		      .pair = winograd->kernel->pair,
		      .tiles = winograd_map(winograd, 0).tiles };

	plan.shared = (gint64)plan.in * plan.out > cut->kept_weights;
	plan.columns = MIN(plan.out, plan.shared ? cut->shared_columns
						 : cut->kept_columns);
	plan.channels =
		plan.shared ? MIN(plan.in, cut->shared_channels) : plan.in;
	plan.block = plan.shared ? even_block(plan.tiles, cut->shared_block, 1)
				 : even_block(plan.tiles, cut->kept_block,
					      winograd->threads);
	/* One line more than needed, against rows that meet in a cache. */
	plan.v_row = words(&plan, plan.channels) + WINOGRAD_GROUP;
	plan.v_m = (gsize)plan.block * plan.v_row + WINOGRAD_GROUP;
	plan.m_row = (gsize)plan.columns;
	plan.m_m = (gsize)plan.block * plan.m_row + WINOGRAD_GROUP;
	plan.u_panel = words(&plan, plan.channels) * WINOGRAD_GROUP;
	plan.u_m = plan.u_panel * (gsize)(plan.columns / WINOGRAD_GROUP);
	return plan;
}

/*
 * The parts of scratch memory in words: a pixel of zeros; U, V and M; and a
 * pixel that is written and not read.  U and V are one, or one a thread; U has
 * all matrices for a group of columns after the other.
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
		.u = (gsize)plan->matrices * plan->u_m * (gsize)us,
		.v = (gsize)plan->matrices * plan->v_m *
		     (gsize)((plan->in + plan->channels - 1) / plan->channels),
		.m = (gsize)plan->matrices * plan->m_m,
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
	       sizeof(WinogradWord);
}

/* ---- the passes */

typedef struct {
	const WinogradKernel *kernel;
	Plan plan;
	WinogradMap from, to;
	gsize group; /* bytes of 16 channels of a pixel */
	const char *src, *mask;
	const float *bias;
	WinogradSource weights;
	char *dst;
	gboolean relu;
	WinogradWord *scratch;
} Pass;

/* A thread's memory. */
typedef struct {
	WinogradWord *u, *v;
	float *m;
	WinogradWord *trash;
} Desk;

static Desk
desk_of(const Pass *pass, int thread, int threads)
{
	const gboolean shared = pass->plan.shared;
	const Parts parts = parts_of(&pass->plan);
	const gsize i = (gsize)thread, n = (gsize)threads;
	WinogradWord *u = pass->scratch + parts.zeros;
	WinogradWord *v = u + parts.u * (shared ? n : 1);
	WinogradWord *m = v + parts.v * (shared ? 1 : n);

	m += i * (parts.m + parts.trash);
	return (Desk){ u + parts.u * (shared ? i : 0),
		       v + parts.v * (shared ? 0 : i), m, m + parts.m };
}

/* V of the channels from c on: [matrix][tile][channel]. */
static WinogradWord *
v_of(const Plan *plan, const Desk *desk, int c)
{
	return desk->v +
	       (gsize)(c / plan->channels * plan->matrices) * plan->v_m;
}

/* Where a tile of the pass is read, and its new columns on their way: its
 * neighbour has read the first two. */
static void
find_patch(const Pass *pass, WinogradPatch pixels, int tile)
{
	winograd_patch(pixels, &pass->from, pass->src, pass->scratch, tile);
	winograd_fetch_pixels(pixels, pass->kernel->patch, 2, pass->from.pixel);
}

/* V of a tile; moves the pixels on. */
static void
transform_tile(const Pass *pass, const Desk *desk, int tile,
	       WinogradPatch pixels)
{
	const Plan *plan = &pass->plan;
	WinogradCell cell = { desk->v + (gsize)tile * plan->v_row, plan->v_m,
			      words(plan, WINOGRAD_GROUP) };

	for (int c = 0; c < plan->in; c += plan->channels) {
		const int groups =
			MIN(plan->channels, plan->in - c) / WINOGRAD_GROUP;

		pass->kernel->input(&cell, pixels, groups);
		cell.at += (gsize)plan->matrices * plan->v_m;
		for (int i = 0; i < plan->matrices; i++)
			pixels[i] = (const char *)pixels[i] +
				    (gsize)groups * pass->group;
	}
}

static void
transform_tiles(const Pass *pass, const Desk *desk, int first,
		WinogradShare share)
{
	WinogradPatch pixels, next;

	find_patch(pass, next, first + share.first);
	for (int t = share.first; t < share.end; t++) {
		memcpy(pixels, next, sizeof pixels);
		find_patch(pass, next, first + t + 1);
		transform_tile(pass, desk, t, pixels);
	}
}

/* U of some groups of columns, at most what is taken at a time. */
static void
transform_weights(const Pass *pass, WinogradWord *u, int group, int groups,
		  WinogradShare channels)
{
	const Plan *plan = &pass->plan;

	for (int g = 0; g < groups; g++, u += plan->u_panel)
		winograd_transform_weights(
			pass->kernel, u, plan->u_m, &pass->weights,
			(group + g) * WINOGRAD_GROUP, channels);
}

/* M of a block of tiles and some groups of columns, or what some channels add
 * to it; u is that of these groups and channels. */
static void
multiply_tiles(const Pass *pass, const Desk *desk, const WinogradWord *u,
	       int tiles, int groups, WinogradShare channels)
{
	const Plan *plan = &pass->plan;
	WinogradProduct product = {
		.rows = tiles,
		.steps = (int)words(plan, channels.end - channels.first),
		.panels = groups,
		.a = v_of(plan, desk, channels.first),
		.a_row = plan->v_row,
		.a_step = 1,
		.b = u,
		.b_panel = plan->u_panel,
		.c = desk->m,
		.c_row = plan->m_row,
		.add = channels.first > 0,
		.soon = { { NULL, (gsize)tiles * plan->v_row },
			  { NULL, (gsize)groups * plan->u_panel } },
	};

	for (int m = 0; m < plan->matrices; m++) {
		product.soon[0].at = product.a + plan->v_m;
		product.soon[1].at = product.b + plan->u_m;
		pass->kernel->multiply(&product);
		product.a += plan->v_m;
		product.b += plan->u_m;
		product.c += plan->m_m;
	}
}

/* Where some groups of a tile are written, and these pixels on their way. */
static void
find_output(const Pass *pass, const Desk *desk, WinogradOutput *to, int tile,
	    int group, int groups)
{
	const gsize from = (gsize)group * pass->group;
	const gsize bytes = (gsize)groups * pass->group;
	const int size = pass->kernel->tile;

	winograd_tile(to->dst, &pass->to, pass->dst + from, desk->trash, tile);
	winograd_fetch_pixels(to->dst, size, 0, bytes);
	if (pass->mask == NULL)
		return;
	winograd_tile(to->mask, &pass->to, pass->mask + from, pass->scratch,
		      tile);
	winograd_fetch_pixels(to->mask, size, 0, bytes);
}

static void
finish_tiles(const Pass *pass, const Desk *desk, int first, int tiles,
	     int group, int groups)
{
	const Plan *plan = &pass->plan;
	WinogradOutput to, next = { .relu = pass->relu };

	if (pass->bias != NULL)
		next.bias = pass->bias + (gsize)group * WINOGRAD_GROUP;
	find_output(pass, desk, &next, first, group, groups);
	for (int t = 0; t < tiles; t++) {
		const WinogradCell cell = { desk->m + (gsize)t * plan->m_row,
					    plan->m_m, WINOGRAD_GROUP };

		to = next;
		find_output(pass, desk, &next, first + t + 1, group, groups);
		pass->kernel->output(&to, &cell, groups);
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

		for (int c = 0; c < plan->in; c += plan->channels) {
			const WinogradShare channels = {
				c, MIN(c + plan->channels, plan->in)
			};
			const WinogradWord *u = desk->u;

			if (plan->shared)
				transform_weights(pass, desk->u, g, groups,
						  channels);
			else
				u += (gsize)(plan->matrices * (g / step)) *
				     plan->u_m;
			multiply_tiles(pass, desk, u, tiles, groups, channels);
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
					  (gsize)(plan->matrices * (g / step)) *
						  plan->u_m +
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
	memset(pass->scratch, 0,
	       parts_of(&pass->plan).zeros * sizeof *pass->scratch);
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

/* What is alike in both. */
static Pass
pass_new(const Winograd *winograd, DnnPass which, void *dst, const void *src,
	 const float *weights, const DnnOffsets *offsets, void *scratch)
{
	const Plan plan = plan_pass(winograd, which);

	return (Pass){ .kernel = winograd->kernel,
		       .plan = plan,
		       .from = winograd_map(winograd, plan.in),
		       .to = winograd_map(winograd, plan.out),
		       .group = winograd_bytes(winograd, WINOGRAD_GROUP),
		       .src = src,
		       .weights = winograd_source(which, weights, offsets),
		       .dst = dst,
		       .scratch = scratch };
}

void
winograd_forward(const Winograd *winograd, void *dst, const void *src,
		 const float *weights, const DnnOffsets *offsets,
		 const float *bias, gboolean relu, void *scratch)
{
	Pass pass = pass_new(winograd, DNN_FORWARD, dst, src, weights, offsets,
			     scratch);

	pass.bias = bias;
	pass.relu = relu;
	run(winograd, &pass);
}

void
winograd_backward_data(const Winograd *winograd, void *dsrc, const void *ddst,
		       const float *weights, const DnnOffsets *offsets,
		       const void *mask, void *scratch)
{
	Pass pass = pass_new(winograd, DNN_BACKWARD_DATA, dsrc, ddst, weights,
			     offsets, scratch);

	pass.mask = mask;
	run(winograd, &pass);
}
