/*
 * The weights transformed, U = G g G', from where they lie.
 *
 * The data gradient is a convolution with the filters turned by half a turn,
 * and with input and output channels exchanged.
 */
#include "train/winograd_internal.h"

#include <string.h>

enum { CHUNK = 16 }; /* steps at a time: a cache line where they lie so */

/* The filters of a step, 9 x 16. */
typedef float Filters[9][WINOGRAD_GROUP];

WinogradSource
winograd_source(DnnPass pass, const float *weights,
		const WinogradOffsets *offsets)
{
	WinogradSource source = { .values = weights,
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

static void
gather(Filters *dst, const WinogradSource *source, const gsize *columns,
       const gsize *steps, int n)
{
	for (int p = 0; p < 9; p++) {
		const float *from = source->values + source->position[p];

		for (int s = 0; s < n; s++)
			for (int k = 0; k < WINOGRAD_GROUP; k++)
				dst[s][p][k] = from[steps[s] + columns[k]];
	}
}

/* Fetch those of other steps meanwhile. */
static void
prefetch(const WinogradSource *source, gsize column, const gsize *steps, int n)
{
	for (int s = 0; s < n; s++)
		for (int p = 0; p < 9; p++)
			__builtin_prefetch(source->values +
					   source->position[p] + steps[s] +
					   column);
}

/* The same where the columns are twice 8 neighbours. */
static void
gather_eights(Filters *dst, const WinogradSource *source, const gsize *columns,
	      const gsize *steps, int n)
{
	for (int s = 0; s < n; s++)
		for (int p = 0; p < 9; p++) {
			const float *from =
				source->values + source->position[p] + steps[s];

			memcpy(dst[s][p], from + columns[0], 8 * sizeof *from);
			memcpy(dst[s][p] + 8, from + columns[8],
			       8 * sizeof *from);
		}
}

void
winograd_transform_weights(const WinogradKernel *kernel, float *dst, gsize m,
			   const WinogradSource *source, int column,
			   WinogradShare steps)
{
	const gsize *columns = source->columns + column;
	const gboolean eights =
		side_by_side(columns, 8) && side_by_side(columns + 8, 8);
	Filters filters[CHUNK];

	for (int s = steps.first; s < steps.end; s += CHUNK) {
		const int n = MIN(CHUNK, steps.end - s);

		if (eights && s + CHUNK < steps.end)
			prefetch(source, columns[0], source->steps + s + CHUNK,
				 MIN(CHUNK, steps.end - s - CHUNK));
		(eights ? gather_eights : gather)(filters, source, columns,
						  source->steps + s, n);
		for (int i = 0; i < n; i++, dst += WINOGRAD_GROUP)
			kernel->weights((WinogradCell){ dst, m, 0 },
					filters[i][0]);
	}
}
