/*
 * The gradients of weights and bias.  All threads take the same block of tiles:
 * each transforms a share of them, then each computes what the block adds to a
 * share of the weights, a chunk of input and output channels after the other.
 * Blocks do not depend on the number of threads, nor do sums.
 */
#include "train/winograd_internal.h"

#include <omp.h>
#include <string.h>

/* Chunks of weights for each thread, where there are as many. */
enum { CHUNKS = 4 };

/*
 * V and the transformed dY lie in panels, [matrix][group][word of tiles][16],
 * so that products read them line after line.
 */
typedef struct {
	int in, out;
	int matrices, pair;       /* the kernel's */
	int words, block, blocks; /* of `pair` tiles: of all, of a block */
	int chunk_in, chunk_out;  /* channels */
	int down, across;         /* chunks of input and output channels */
	gsize panel;              /* strides in words: group, matrix */
	gsize v_m, d_m, chunk_m;
} Plan;

static void
plan_chunks(Plan *plan, const WinogradCut *cut, int threads)
{
	int *larger;

	plan->chunk_in = MIN(plan->in, cut->gradient_in);
	plan->chunk_out = MIN(plan->out, cut->gradient_out);
	for (;;) {
		plan->down = (plan->in + plan->chunk_in - 1) / plan->chunk_in;
		plan->across =
			(plan->out + plan->chunk_out - 1) / plan->chunk_out;
		larger = plan->chunk_in > plan->chunk_out ? &plan->chunk_in
							  : &plan->chunk_out;
		if (plan->down * plan->across >= CHUNKS * threads ||
		    *larger == WINOGRAD_GROUP)
			return;
		*larger = *larger / 2 / WINOGRAD_GROUP * WINOGRAD_GROUP;
	}
}

static Plan
plan_pass(const Winograd *winograd)
{
	const DnnConvShape *shape = &winograd->shape;
	const WinogradKernel *kernel = winograd->kernel;
	const int most = winograd->cut->gradient_block;
	const int tiles = winograd_map(winograd, 0).tiles;
	Plan plan = { .in = shape->in,
		      .out = shape->out,
		      .matrices = winograd_matrices(kernel),
		      .pair = kernel->pair,
		      .words = (tiles + kernel->pair - 1) / kernel->pair };

	plan.blocks = (plan.words + most - 1) / most;
	plan.block = (plan.words + plan.blocks - 1) / plan.blocks;
	plan_chunks(&plan, winograd->cut, winograd->threads);
	/* A line more for each matrix, against lines that meet in a cache. */
	plan.panel = (gsize)plan.block * WINOGRAD_GROUP;
	plan.v_m = (gsize)plan.in * (gsize)plan.block + WINOGRAD_GROUP;
	plan.d_m = (gsize)plan.out * (gsize)plan.block + WINOGRAD_GROUP;
	plan.chunk_m =
		(gsize)plan.chunk_in * (gsize)plan.chunk_out + WINOGRAD_GROUP;
	return plan;
}

/* The parts of scratch memory, in words: a pixel of zeros, V, dY transformed,
 * the sums of tiles, and chunks of dU: all, or one a thread where each is
 * finished at once. */
typedef struct {
	gsize zeros, v, d, sums, chunk;
} Parts;

static Parts
parts_of(const Plan *plan)
{
	return (Parts){
		.zeros = (gsize)MAX(plan->in, plan->out),
		.v = (gsize)plan->matrices * plan->v_m,
		.d = (gsize)plan->matrices * plan->d_m,
		.sums = (gsize)plan->block * (gsize)plan->out,
		.chunk = (gsize)plan->matrices * plan->chunk_m,
	};
}

gsize
winograd_gradient_bytes(const Winograd *winograd)
{
	const Plan plan = plan_pass(winograd);
	const Parts parts = parts_of(&plan);
	const int chunks =
		plan.blocks == 1 ? winograd->threads : plan.down * plan.across;

	return (parts.zeros + parts.v + parts.d + parts.sums +
		parts.chunk * (gsize)chunks) *
	       sizeof(WinogradWord);
}

typedef struct {
	const WinogradKernel *kernel;
	Plan plan;
	WinogradMap in, out;
	const void *src, *ddst;
	float *dweights, *dbias;
	const DnnOffsets *offsets;
	WinogradWord *zeros, *v, *d;
	float *sums, *chunks;
} Pass;

/* Where a word of tiles is read. */
typedef struct {
	WinogradPatch patches[WINOGRAD_MAX_PAIR];
	WinogradTile tiles[WINOGRAD_MAX_PAIR];
} Word;

/* The number'th of all, and on its way what its neighbour has not read. */
static void
find_word(const Pass *pass, Word *word, int number)
{
	const WinogradKernel *kernel = pass->kernel;

	for (int i = 0; i < kernel->pair; i++) {
		const int tile = number * kernel->pair + i;

		winograd_patch(word->patches[i], &pass->in, pass->src,
			       pass->zeros, tile);
		winograd_fetch_pixels(word->patches[i], kernel->patch, 2,
				      pass->in.pixel);
		winograd_tile(word->tiles[i], &pass->out, pass->ddst,
			      pass->zeros, tile);
		winograd_fetch_pixels(word->tiles[i], kernel->tile, 0,
				      pass->out.pixel);
	}
}

/* `at` is where it belongs in the block. */
static void
transform_word(const Pass *pass, const Word *word, int at)
{
	const Plan *plan = &pass->plan;
	const gsize offset = (gsize)at * WINOGRAD_GROUP;

	pass->kernel->input_along(
		&(WinogradCell){ pass->v + offset, plan->v_m, plan->panel },
		word->patches, plan->in / WINOGRAD_GROUP);
	pass->kernel->gradient(
		&(WinogradCell){ pass->d + offset, plan->d_m, plan->panel },
		pass->sums + (gsize)at * plan->out, word->tiles,
		plan->out / WINOGRAD_GROUP);
}

/* Some words of a block, from `first` of all on. */
static void
transform_words(const Pass *pass, int first, WinogradShare share)
{
	Word word, next;

	find_word(pass, &next, first + share.first);
	for (int i = share.first; i < share.end; i++) {
		word = next;
		find_word(pass, &next, first + i + 1);
		transform_word(pass, &word, i);
	}
}

/* What a block adds to the gradient of the bias, groups of 16 channels. */
static void
add_bias(const Pass *pass, int words, gboolean first, WinogradShare share)
{
	for (int g = share.first; g < share.end; g++) {
		const float *from = pass->sums + g * WINOGRAD_GROUP;
		float *to = pass->dbias + g * WINOGRAD_GROUP;
		float sum[WINOGRAD_GROUP] = { 0 };

		for (int i = 0; i < words; i++, from += pass->plan.out)
			for (int k = 0; k < WINOGRAD_GROUP; k++)
				sum[k] += from[k];
		for (int k = 0; k < WINOGRAD_GROUP; k++)
			to[k] = first ? sum[k] : to[k] + sum[k];
	}
}

/* A chunk of the weights: input channels in..in_end-1, output channels out..
 * out_end-1. */
typedef struct {
	int in, in_end, out, out_end;
	float *at; /* [matrix][input channel][output channel] */
} Chunk;

static Chunk
chunk_at(const Pass *pass, int number, int thread)
{
	const Plan *plan = &pass->plan;
	const int in = number / plan->across * plan->chunk_in;
	const int out = number % plan->across * plan->chunk_out;

	return (Chunk){ in, MIN(plan->in, in + plan->chunk_in), out,
			MIN(plan->out, out + plan->chunk_out),
			pass->chunks +
				(gsize)(plan->blocks == 1 ? thread : number) *
					parts_of(plan).chunk };
}

/* dU += V' (A dY A'), over the words of a block. */
static void
multiply_chunk(const Pass *pass, const Chunk *chunk, int words, gboolean first)
{
	const Plan *plan = &pass->plan;
	const int downs = (chunk->in_end - chunk->in) / WINOGRAD_GROUP;
	const gsize b_words =
		(gsize)(chunk->out_end - chunk->out) * (gsize)plan->block;
	const WinogradWord *v = pass->v + (gsize)chunk->in * plan->block;
	const WinogradWord *d = pass->d + (gsize)chunk->out * plan->block;
	WinogradProduct product = {
		.rows = WINOGRAD_GROUP,
		.steps = words,
		.panels = (chunk->out_end - chunk->out) / WINOGRAD_GROUP,
		.a_row = 1,
		.a_step = WINOGRAD_GROUP,
		.b_panel = plan->panel,
		.c_row = (gsize)plan->chunk_out,
		.add = !first,
		.soon = { { NULL, plan->panel },
			  { NULL, b_words / (gsize)downs } },
	};

	for (int m = 0; m < plan->matrices;
	     m++, v += plan->v_m, d += plan->d_m) {
		product.a = v;
		product.b = d;
		product.c = chunk->at + (gsize)m * plan->chunk_m;
		product.soon[0].at = v + plan->v_m;
		product.soon[1].at = d + plan->d_m;
		for (int i = 0; i < downs; i++) {
			pass->kernel->multiply(&product);
			product.a += plan->panel;
			product.c += WINOGRAD_GROUP * product.c_row;
			product.soon[0].at += product.soon[0].words;
			product.soon[1].at += product.soon[1].words;
		}
	}
}

/* 9 x 16 values to where the weights lie. */
static void
put_weights(const Pass *pass, const float *values, gsize in, const gsize *out)
{
	const DnnOffsets *offsets = pass->offsets;

	for (int p = 0; p < 9; p++) {
		float *to = pass->dweights + in + offsets->position[p];

		for (int k = 0; k < WINOGRAD_GROUP; k++)
			to[out[k]] = *values++;
	}
}

/* dg = G' dU G */
static void
finish_chunk(const Pass *pass, const Chunk *chunk)
{
	const Plan *plan = &pass->plan;
	float values[9 * WINOGRAD_GROUP];
	WinogradCell cell = { chunk->at, plan->chunk_m, 0 };

	for (int c = chunk->in; c < chunk->in_end; c++)
		for (int k = chunk->out; k < chunk->out_end;
		     k += WINOGRAD_GROUP) {
			cell.at = chunk->at +
				  (gsize)(c - chunk->in) * plan->chunk_out +
				  (k - chunk->out);
			pass->kernel->weights_gradient(values, &cell);
			put_weights(pass, values, pass->offsets->in[c],
				    pass->offsets->out + k);
		}
}

static void
do_block(const Pass *pass, int block, int thread, int threads)
{
	const Plan *plan = &pass->plan;
	const int first = block * plan->block;
	const int words = MIN(plan->block, plan->words - first);
	const WinogradShare chunks =
		winograd_share(plan->down * plan->across, thread, threads);

	transform_words(pass, first, winograd_share(words, thread, threads));
#pragma omp barrier
	add_bias(pass, words, block == 0,
		 winograd_share(plan->out / WINOGRAD_GROUP, thread, threads));
	for (int i = chunks.first; i < chunks.end; i++) {
		const Chunk chunk = chunk_at(pass, i, thread);

		multiply_chunk(pass, &chunk, words, block == 0);
		if (block == plan->blocks - 1)
			finish_chunk(pass, &chunk);
	}
#pragma omp barrier
}

void
winograd_backward_weights(const Winograd *winograd, float *dweights,
			  const DnnOffsets *offsets, float *dbias,
			  const void *src, const void *ddst, void *scratch)
{
	const DnnConvShape *shape = &winograd->shape;
	Pass pass = { .kernel = winograd->kernel,
		      .plan = plan_pass(winograd),
		      .in = winograd_map(winograd, shape->in),
		      .out = winograd_map(winograd, shape->out),
		      .src = src,
		      .ddst = ddst,
		      .dweights = dweights,
		      .dbias = dbias,
		      .offsets = offsets,
		      .zeros = scratch };
	const Parts parts = parts_of(&pass.plan);

	pass.v = pass.zeros + parts.zeros;
	pass.d = pass.v + parts.v;
	pass.sums = pass.d + parts.d;
	pass.chunks = pass.sums + parts.sums;
	memset(pass.zeros, 0, parts.zeros * sizeof *pass.zeros);
#pragma omp parallel num_threads(winograd->threads)
	for (int block = 0; block < pass.plan.blocks; block++)
		do_block(&pass, block, omp_get_thread_num(),
			 omp_get_num_threads());
}
