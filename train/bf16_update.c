#include "train/bf16_update.h"

#include "kw/cpu.h"
#include "train/bf16_update_kernel.h"
#include "train/outer_kernel.h"

/* A copy and where its values lie, in pairs. */
typedef struct {
	Bf16Pairs pairs;
	DnnOffsets offsets;
	gsize *evens; /* offsets of every other output, or input */
} Copy;

struct Bf16Update {
	DnnOffsets master;
	Copy copies[2];   /* forward, backward */
	gboolean by_rows; /* TOGETHER groups at a time, in one piece */
};

/* Groups of outputs that are done together: the rows of four lie side by side
 * in the kernels of dense layers. */
enum { TOGETHER = 4 };

/* ---- layouts */

enum { LINE = 32 }; /* bf16 of a line of the cache */

static gsize *
every_other(const gsize *offsets, int n)
{
	gsize *evens = g_new(gsize, n / 2);

	for (int i = 0; i < n / 2; i++)
		evens[i] = offsets[2 * i];
	return evens;
}

/* Does a copy lie in pairs of `inner`, and rows of 16 of `outer`, a line of the
 * cache each? */
static gboolean
in_pairs_and_rows(const gsize *inner, int n_inner, const gsize *outer,
		  int n_outer)
{
	return n_inner % 2 == 0 &&
	       dnn_offsets_in_steps(inner, n_inner, 2, 1, LINE) &&
	       dnn_offsets_in_steps(outer, n_outer, BF16_SIDE, 2, LINE);
}

static gboolean
copy_init(Copy *copy, const DnnLayout *layout)
{
	const DnnOffsets *o = &copy->offsets;

	if (layout == NULL)
		return TRUE;
	if (dnn_layout_type(layout) != DNN_BF16)
		return FALSE;
	copy->offsets = dnn_layout_offsets(layout);
	if (!dnn_offsets_in_steps(o->position, o->n_positions, 1, 1, LINE))
		return FALSE;
	if (in_pairs_and_rows(o->in, o->n_in, o->out, o->n_out)) {
		copy->pairs = BF16_PAIRS_OF_INPUTS;
		copy->evens = every_other(o->in, o->n_in);
	} else if (in_pairs_and_rows(o->out, o->n_out, o->in, o->n_in)) {
		copy->pairs = BF16_PAIRS_OF_OUTPUTS;
		copy->evens = every_other(o->out, o->n_out);
	}
	return copy->pairs != BF16_NO_COPY;
}

/* Are rows of TOGETHER groups in one piece, in the kernel and its only copy? */
static gboolean
has_long_rows(const Bf16Update *update)
{
	const Copy *copy = &update->copies[0];
	const int row = TOGETHER * BF16_SIDE;

	return copy->pairs == BF16_PAIRS_OF_INPUTS &&
	       update->copies[1].pairs == BF16_NO_COPY &&
	       dnn_offsets_in_steps(update->master.out, update->master.n_out,
				    row, 1, 1) &&
	       dnn_offsets_in_steps(copy->offsets.out, update->master.n_out,
				    row, 2, 1);
}

Bf16Update *
bf16_update_new(const DnnLayout *master, const DnnLayout *forward,
		const DnnLayout *backward)
{
	Bf16Update *update;
	const DnnOffsets *o;

	if (kw_cpu() < KW_CPU_AVX512_BF16)
		return NULL;
	update = g_new0(Bf16Update, 1);
	o = &update->master;
	update->master = dnn_layout_offsets(master);
	if (o->n_in % BF16_SIDE == 0 &&
	    dnn_offsets_in_steps(o->out, o->n_out, BF16_SIDE, 1, 1) &&
	    copy_init(&update->copies[0], forward) &&
	    copy_init(&update->copies[1], backward)) {
		update->by_rows = has_long_rows(update);
		return update;
	}
	bf16_update_free(update);
	return NULL;
}

void
bf16_update_free(Bf16Update *update)
{
	if (update == NULL)
		return;
	dnn_offsets_clear(&update->master);
	for (gsize i = 0; i < G_N_ELEMENTS(update->copies); i++) {
		dnn_offsets_clear(&update->copies[i].offsets);
		g_free(update->copies[i].evens);
	}
	g_free(update);
}

gboolean
bf16_update_takes_products(const Bf16Update *update)
{
	return update->by_rows;
}

/* ---- an update */

#ifdef __x86_64__

static Bf16Copy
copy_of_block(const Copy *copy, guint16 *to, int out, int in, int position)
{
	const DnnOffsets *o = &copy->offsets;
	const gboolean of_inputs = copy->pairs == BF16_PAIRS_OF_INPUTS;

	if (copy->pairs == BF16_NO_COPY)
		return (Bf16Copy){ 0 };
	return (Bf16Copy){ copy->pairs,
			   to + o->position[position] +
				   (of_inputs ? o->out[out] : o->in[in]),
			   copy->evens + (of_inputs ? in : out) / 2 };
}

static OuterProducts
products_from(const OuterProducts *all, int out, int in)
{
	OuterProducts some = { 0 };

	if (all == NULL)
		return some;
	some = *all;
	some.src += in;
	some.ddst += out;
	return some;
}

/* All positions of 16 outputs from `out` and 16 inputs from `in` on. */
static void
update_blocks(const Bf16Update *update, const Bf16Weights *w,
	      const Bf16Step *step, int out, int in, float *zero)
{
	const DnnOffsets *o = &update->master;

	for (int p = 0; p < o->n_positions; p++) {
		const gsize at = o->out[out] + o->position[p];
		const Bf16Block block = {
			w->value + at,
			w->velocity + at,
			w->gradient != NULL ? w->gradient + at : NULL,
			products_from(w->products, out, in),
			o->in + in,
			{ copy_of_block(&update->copies[0], w->forward, out, in,
					p),
			  copy_of_block(&update->copies[1], w->backward, out,
					in, p) },
			update->by_rows ? TOGETHER : 0
		};

		bf16_update_block(&block, step, zero);
	}
}

gboolean
bf16_update_run(const Bf16Update *update, const Bf16Weights *weights,
		float rate, float momentum, float decay)
{
	const Bf16Step step = { rate, momentum, decay };
	const int step_out = update->by_rows ? TOGETHER * BF16_SIDE : BF16_SIDE;
	float sum = 0;

#pragma omp parallel reduction(+ : sum)
	{
		float zero[BF16_SIDE] = { 0 };

#pragma omp for schedule(static) collapse(2) nowait
		for (int out = 0; out < update->master.n_out; out += step_out)
			for (int in = 0; in < update->master.n_in;
			     in += BF16_SIDE)
				update_blocks(update, weights, &step, out, in,
					      zero);
		outer_fence();
		for (int i = 0; i < BF16_SIDE; i++)
			sum += zero[i];
	}
	return sum == 0;
}

#else

gboolean
bf16_update_run(const Bf16Update *update, const Bf16Weights *weights,
		float rate, float momentum, float decay)
{
	(void)update, (void)weights, (void)rate, (void)momentum, (void)decay;
	g_assert_not_reached(); /* there is no Bf16Update on this CPU */
}

#endif
