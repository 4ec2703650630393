/*
 * The weights transformed, U = G g G', from where they lie.
 *
 * The data gradient is a convolution with the filters turned by half a turn,
 * and with input and output channels exchanged.
 */
#include "train/winograd_internal.h"

#include <string.h>

enum { CHUNK = 16 }; /* channels at a time: a cache line where they lie so */

/* The filters of an input channel of the pass, 9 x 16. */
typedef float Filters[9][WINOGRAD_GROUP];

WinogradSource
winograd_source(DnnPass pass, const float *weights, const DnnOffsets *offsets)
{
	WinogradSource source = { .values = weights,
				  .columns = offsets->out,
				  .channels = offsets->in };

	for (int p = 0; p < 9; p++)
		source.position[p] = offsets->position[p];
	if (pass == DNN_FORWARD)
		return source;
	source.columns = offsets->in;
	source.channels = offsets->out;
	for (int p = 0; p < 9; p++)
		source.position[p] = offsets->position[8 - p];
	return source;
}

static void
gather(Filters *dst, const WinogradSource *source, const gsize *columns,
       const gsize *channels, int n)
{
	for (int p = 0; p < 9; p++) {
		const float *from = source->values + source->position[p];

		for (int s = 0; s < n; s++)
			for (int k = 0; k < WINOGRAD_GROUP; k++)
				dst[s][p][k] = from[channels[s] + columns[k]];
	}
}

/* Fetch those of other channels meanwhile. */
static void
prefetch(const WinogradSource *source, gsize column, const gsize *channels,
	 int n)
{
	for (int s = 0; s < n; s++)
		for (int p = 0; p < 9; p++)
			__builtin_prefetch(source->values +
					   source->position[p] + channels[s] +
					   column);
}

/* The same where the columns are twice 8 neighbours. */
static void
gather_eights(Filters *dst, const WinogradSource *source, const gsize *columns,
	      const gsize *channels, int n)
{
	for (int s = 0; s < n; s++)
		for (int p = 0; p < 9; p++) {
			const float *from = source->values +
					    source->position[p] + channels[s];

			memcpy(dst[s][p], from + columns[0], 8 * sizeof *from);
			memcpy(dst[s][p] + 8, from + columns[8],
			       8 * sizeof *from);
		}
}

void
winograd_transform_weights(const WinogradKernel *kernel, WinogradWord *dst,
			   gsize m, const WinogradSource *source, int column,
			   WinogradShare channels)
{
	const gsize *columns = source->columns + column;
	const gboolean eights = dnn_offsets_in_steps(columns, 8, 8, 1, 1) &&
				dnn_offsets_in_steps(columns + 8, 8, 8, 1, 1);
	Filters filters[CHUNK];

	for (int c = channels.first; c < channels.end; c += CHUNK) {
		const int n = MIN(CHUNK, channels.end - c);

		if (eights && c + CHUNK < channels.end)
			prefetch(source, columns[0],
				 source->channels + c + CHUNK,
				 MIN(CHUNK, channels.end - c - CHUNK));
		(eights ? gather_eights : gather)(filters, source, columns,
						  source->channels + c, n);
		for (int i = 0; i < n; i += kernel->pair, dst += WINOGRAD_GROUP)
			kernel->weights(&(WinogradCell){ dst, m, 0 },
					filters[i][0]);
	}
}
