/*
 * The weights transformed, U = G g G': packed as the products read them, for
 * each group of 16 output channels of the pass the 36 matrices, each with a row
 * of 16 for each input channel of the pass.
 *
 * The data gradient is a convolution with the filters turned by half a turn,
 * and with input and output channels exchanged.
 */
#include "train/winograd_internal.h"

#include <omp.h>
#include <string.h>

gsize
winograd_weights_bytes(const Winograd *winograd)
{
	return WINOGRAD_MATRICES * (gsize)winograd->shape.in *
	       (gsize)winograd->shape.out * sizeof(float);
}

/* The weights of a pass, which has steps x columns of channels. */
typedef struct {
	const float *values;
	const gsize *columns, *steps; /* offsets */
	gsize position[9];
} Source;

static Source
source_of(DnnPass pass, const float *weights, const WinogradOffsets *offsets)
{
	Source source = { .values = weights,
			  .columns = offsets->out,
			  .steps = offsets->in };

	memcpy(source.position, offsets->position, sizeof source.position);
	if (pass == DNN_FORWARD)
		return source;
	source.columns = offsets->in;
	source.steps = offsets->out;
	for (int p = 0; p < 9; p++)
		source.position[p] = offsets->position[8 - p];
	return source;
}

/* Are n offsets those of neighbours? */
static gboolean
side_by_side(const gsize *offsets, int n)
{
	for (int i = 1; i < n; i++)
		if (offsets[i] != offsets[0] + (gsize)i)
			return FALSE;
	return TRUE;
}

/* A step's filters, 9 x 16: as they are. */
static void
gather(float *dst, const Source *source, gsize step, const gsize *columns)
{
	for (int p = 0; p < 9; p++) {
		const float *from = source->values + step + source->position[p];

		for (int k = 0; k < WINOGRAD_GROUP; k++)
			*dst++ = from[columns[k]];
	}
}

/* The same where columns lie side by side. */
static void
copy(float *dst, const Source *source, gsize step, const gsize *columns)
{
	const float *from = source->values + step;

	for (int p = 0; p < 9; p++, dst += WINOGRAD_GROUP) {
		memcpy(dst, from + source->position[p] + columns[0],
		       8 * sizeof *dst);
		memcpy(dst + 8, from + source->position[p] + columns[8],
		       8 * sizeof *dst);
	}
}

void
winograd_transform_weights(const Winograd *winograd, DnnPass pass, float *dst,
			   const float *weights, const WinogradOffsets *offsets)
{
	const DnnConvShape *shape = &winograd->shape;
	const gboolean forward = pass == DNN_FORWARD;
	const int steps = forward ? shape->in : shape->out;
	const int groups = (forward ? shape->out : shape->in) / WINOGRAD_GROUP;
	const Source source = source_of(pass, weights, offsets);
	const gsize m = (gsize)steps * WINOGRAD_GROUP;

#pragma omp parallel for num_threads(winograd->threads) schedule(static)
	for (int g = 0; g < groups; g++) {
		const gsize *columns = source.columns + g * WINOGRAD_GROUP;
		const gboolean plain = side_by_side(columns, 8) &&
				       side_by_side(columns + 8, 8);
		float filters[9 * WINOGRAD_GROUP];
		WinogradCell cell = { dst + (gsize)g * WINOGRAD_MATRICES * m, m,
				      0 };

		for (int s = 0; s < steps; s++, cell.at += WINOGRAD_GROUP) {
			if (plain)
				copy(filters, &source, source.steps[s],
				     columns);
			else
				gather(filters, &source, source.steps[s],
				       columns);
			winograd->kernel->weights(cell, filters);
		}
	}
}
