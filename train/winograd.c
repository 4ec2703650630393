#include "train/winograd.h"

#include <omp.h>
#include <string.h>

#include "kw/cpu.h"
#include "train/winograd_internal.h"

#ifndef BLOCK_FLOATS
#define BLOCK_FLOATS (128 * 1024)
#endif
#ifndef COLUMNS
#define COLUMNS 64
#endif
#ifndef STEPS
#define STEPS 256
#endif
#ifndef SHARED_TILES
#define SHARED_TILES 256
#endif

/* ---- shapes */

gboolean
winograd_supports(const DnnConvShape *shape)
{
	return shape->n > 0 && shape->h > 0 && shape->w > 0 && shape->in > 0 &&
	       shape->out > 0 && shape->in % WINOGRAD_GROUP == 0 &&
	       shape->out % WINOGRAD_GROUP == 0;
}

static const WinogradKernel *
best_kernel(void)
{
#ifdef __x86_64__
	if (kw_cpu() >= KW_CPU_AVX2 && __builtin_cpu_supports("fma"))
		return &winograd_avx2;
#endif
	return &winograd_generic;
}

void
winograd_init(Winograd *winograd, const DnnConvShape *shape, int threads)
{
	*winograd = (Winograd){ *shape, threads, best_kernel() };
}

WinogradMap
winograd_map(const DnnConvShape *shape, int c)
{
	return (WinogradMap){
		.h = shape->h,
		.w = shape->w,
		.c = c,
		.down = (shape->h + WINOGRAD_TILE - 1) / WINOGRAD_TILE,
		.across = (shape->w + WINOGRAD_TILE - 1) / WINOGRAD_TILE,
	};
}

int
winograd_tiles(const DnnConvShape *shape)
{
	const WinogradMap map = winograd_map(shape, 0);

	return shape->n * map.down * map.across;
}

/* size x size pixels from `before` rows and columns before the tile on. */
static inline void
find_pixels(const float **pixels, const WinogradMap *map, const float *values,
	    const float *outside, int tile, int size, int before)
{
	const int in_map = tile % (map->down * map->across);
	const int y0 = in_map / map->across * WINOGRAD_TILE - before;
	const int x0 = in_map % map->across * WINOGRAD_TILE - before;
	const gsize c = (gsize)map->c;

	values += (gsize)(tile / (map->down * map->across)) * (gsize)map->h *
		  (gsize)map->w * c;
	for (int y = y0; y < y0 + size; y++)
		for (int x = x0; x < x0 + size; x++)
			*pixels++ =
				y >= 0 && y < map->h && x >= 0 && x < map->w
					? values + ((gsize)y * map->w + x) * c
					: outside;
}

void
winograd_patch(WinogradPatch pixels, const WinogradMap *map,
	       const float *values, const float *outside, int tile)
{
	find_pixels(pixels, map, values, outside, tile, WINOGRAD_PATCH, 1);
}

void
winograd_tile(WinogradTile pixels, const WinogradMap *map, const float *values,
	      const float *outside, int tile)
{
	find_pixels(pixels, map, values, outside, tile, WINOGRAD_TILE, 0);
}

/* ---- how a pass is cut */

/*
 * The forward pass and the data gradient are the same work: n x h x w x in ->
 * n x h x w x out, where `in` and `out` are those of the pass.
 *
 * Threads take a block of tiles each; or, where there are few tiles, all of
 * them take the same block, transform a share of it, and then compute a share
 * of the columns.
 */
typedef struct {
	int in, out;
	int tiles, block; /* of all; at most in a block */
	int columns;      /* of out, at a time */
	gboolean shared;
	gsize v_row, v_m, m_row, m_m; /* strides: row, matrix; in floats */
} Plan;

/* Whole blocks, for each thread as many. */
static int
even_block(int tiles, int block, int threads)
{
	int blocks = (tiles + block - 1) / block;

	blocks = (blocks + threads - 1) / threads * threads;
	return (tiles + blocks - 1) / blocks;
}

static Plan
plan_pass(const Winograd *winograd, DnnPass pass)
{
	const DnnConvShape *shape = &winograd->shape;
	const gboolean forward = pass == DNN_FORWARD;
	Plan plan = { .in = forward ? shape->in : shape->out,
		      .out = forward ? shape->out : shape->in,
		      .tiles = winograd_tiles(shape) };

	plan.shared = winograd->threads > 1 && plan.tiles <= SHARED_TILES;
	plan.columns = MIN(plan.out, COLUMNS);
	if (plan.shared)
		plan.block = even_block(plan.tiles, SHARED_TILES, 1);
	else
		plan.block = even_block(
			plan.tiles,
			MAX(6, BLOCK_FLOATS / (WINOGRAD_MATRICES * plan.in)),
			winograd->threads);
	/* One line more than needed, against rows that meet in a cache. */
	plan.v_row = (gsize)plan.in + WINOGRAD_GROUP;
	plan.v_m = (gsize)plan.block * plan.v_row + WINOGRAD_GROUP;
	plan.m_row = (gsize)plan.columns;
	plan.m_m = (gsize)plan.block * plan.m_row + WINOGRAD_GROUP;
	return plan;
}

/* The parts of scratch memory: a page of zeros, V (one, or one a thread), and
 * for each thread M and a page that is written and not read. */
typedef struct {
	gsize zeros, v, m, trash;
} Parts;

static Parts
parts_of(const Plan *plan)
{
	return (Parts){
		.zeros = (gsize)MAX(plan->in, plan->out),
		.v = WINOGRAD_MATRICES * plan->v_m,
		.m = WINOGRAD_MATRICES * plan->m_m,
		.trash = (gsize)plan->out,
	};
}

static gsize
pass_floats(const Plan *plan, int threads)
{
	const Parts parts = parts_of(plan);
	const gsize n = (gsize)threads;

	return parts.zeros + parts.v * (plan->shared ? 1 : n) +
	       (parts.m + parts.trash) * n;
}

gsize
winograd_scratch_bytes(const Winograd *winograd, DnnPass pass)
{
	Plan plan;

	if (pass == DNN_BACKWARD_WEIGHTS)
		return winograd_gradient_bytes(winograd);
	plan = plan_pass(winograd, pass);
	return pass_floats(&plan, winograd->threads) * sizeof(float);
}

/* ---- the passes */

typedef struct {
	const WinogradKernel *kernel;
	Plan plan;
	WinogradMap from, to;
	const float *src, *weights, *bias, *mask;
	float *dst;
	gboolean relu;
	float *scratch;
} Pass;

/* A thread's memory. */
typedef struct {
	float *v, *m, *trash;
} Desk;

static Desk
desk_of(const Pass *pass, int thread)
{
	const Parts parts = parts_of(&pass->plan);
	float *v = pass->scratch + parts.zeros;
	const int vs = pass->plan.shared ? 1 : omp_get_num_threads();
	float *m = v + (gsize)vs * parts.v +
		   (gsize)thread * (parts.m + parts.trash);

	if (!pass->plan.shared)
		v += (gsize)thread * parts.v;
	return (Desk){ v, m, m + parts.m };
}

static void
transform_tiles(const Pass *pass, const Desk *desk, int first,
		WinogradShare share)
{
	const Plan *plan = &pass->plan;
	WinogradPatch pixels;

	for (int t = share.first; t < share.end; t++) {
		winograd_patch(pixels, &pass->from, pass->src, pass->scratch,
			       first + t);
		pass->kernel->input(
			(WinogradCell){ desk->v + (gsize)t * plan->v_row,
					plan->v_m, WINOGRAD_GROUP },
			pixels, plan->in / WINOGRAD_GROUP);
	}
}

/* M of `panels` groups of output channels, for all tiles of a block. */
static void
multiply_tiles(const Pass *pass, const Desk *desk, int tiles, int group,
	       int panels)
{
	const Plan *plan = &pass->plan;
	const gsize panel = (gsize)plan->in * WINOGRAD_GROUP;
	const float *weights =
		pass->weights + (gsize)group * WINOGRAD_MATRICES * panel;

	for (int m = 0; m < WINOGRAD_MATRICES; m++)
		for (int s = 0; s < plan->in; s += STEPS) {
			const WinogradProduct product = {
				.rows = tiles,
				.steps = MIN(STEPS, plan->in - s),
				.panels = panels,
				.a = desk->v + (gsize)m * plan->v_m + s,
				.a_row = plan->v_row,
				.a_step = 1,
				.b = weights + (gsize)m * panel +
				     (gsize)s * WINOGRAD_GROUP,
				.b_panel = WINOGRAD_MATRICES * panel,
				.c = desk->m + (gsize)m * plan->m_m,
				.c_row = plan->m_row,
				.add = s > 0,
			};

			pass->kernel->multiply(&product);
		}
}

static void
finish_tiles(const Pass *pass, const Desk *desk, int first, int tiles,
	     int group, int panels)
{
	const Plan *plan = &pass->plan;
	const gsize c = (gsize)group * WINOGRAD_GROUP;
	WinogradOutput to = { .bias = pass->bias != NULL ? pass->bias + c
							 : NULL,
			      .relu = pass->relu };

	for (int t = 0; t < tiles; t++) {
		const WinogradCell cell = { desk->m + (gsize)t * plan->m_row,
					    plan->m_m, WINOGRAD_GROUP };

		/* What it writes is ours: dst is not const. */
		winograd_tile((const float **)to.dst, &pass->to, pass->dst + c,
			      desk->trash, first + t);
		if (pass->mask != NULL)
			winograd_tile(to.mask, &pass->to, pass->mask + c,
				      pass->scratch, first + t);
		pass->kernel->output(&to, cell, panels);
	}
}

/* A block of tiles; part `part` of it where others have the rest. */
static void
do_block(const Pass *pass, const Desk *desk, int block, int part, int parts)
{
	const Plan *plan = &pass->plan;
	const int first = block * plan->block;
	const int tiles = MIN(plan->block, plan->tiles - first);
	const int step = plan->columns / WINOGRAD_GROUP;
	const WinogradShare groups =
		winograd_share(plan->out / WINOGRAD_GROUP, part, parts);

	transform_tiles(pass, desk, first, winograd_share(tiles, part, parts));
	if (plan->shared) {
#pragma omp barrier
	}
	for (int g = groups.first; g < groups.end; g += step) {
		const int panels = MIN(step, groups.end - g);

		multiply_tiles(pass, desk, tiles, g, panels);
		finish_tiles(pass, desk, first, tiles, g, panels);
	}
	if (plan->shared) {
#pragma omp barrier
	}
}

static void
run(const Winograd *winograd, const Pass *pass)
{
	const Plan *plan = &pass->plan;
	const int blocks = (plan->tiles + plan->block - 1) / plan->block;

	memset(pass->scratch, 0, parts_of(plan).zeros * sizeof(float));
#pragma omp parallel num_threads(winograd->threads)
	{
		const int thread = omp_get_thread_num();
		const int threads = omp_get_num_threads();
		const Desk desk = desk_of(pass, thread);
		const WinogradShare mine =
			winograd_share(blocks, thread, threads);

		if (plan->shared)
			for (int b = 0; b < blocks; b++)
				do_block(pass, &desk, b, thread, threads);
		else
			for (int b = mine.first; b < mine.end; b++)
				do_block(pass, &desk, b, 0, 1);
	}
}

void
winograd_forward(const Winograd *winograd, float *dst, const float *src,
		 const float *weights, const float *bias, gboolean relu,
		 void *scratch)
{
	const DnnConvShape *shape = &winograd->shape;
	const Pass pass = { .kernel = winograd->kernel,
			    .plan = plan_pass(winograd, DNN_FORWARD),
			    .from = winograd_map(shape, shape->in),
			    .to = winograd_map(shape, shape->out),
			    .src = src,
			    .weights = weights,
			    .bias = bias,
			    .dst = dst,
			    .relu = relu,
			    .scratch = scratch };

	run(winograd, &pass);
}

void
winograd_backward_data(const Winograd *winograd, float *dsrc, const float *ddst,
		       const float *weights, const float *mask, void *scratch)
{
	const DnnConvShape *shape = &winograd->shape;
	const Pass pass = { .kernel = winograd->kernel,
			    .plan = plan_pass(winograd, DNN_BACKWARD_DATA),
			    .from = winograd_map(shape, shape->out),
			    .to = winograd_map(shape, shape->in),
			    .src = ddst,
			    .weights = weights,
			    .mask = mask,
			    .dst = dsrc,
			    .scratch = scratch };

	run(winograd, &pass);
}
