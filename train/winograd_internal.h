/* What the passes of winograd.h share: tiles, pixels, and parts of scratch. */
#ifndef KW_TRAIN_WINOGRAD_INTERNAL_H
#define KW_TRAIN_WINOGRAD_INTERNAL_H

#include "train/winograd_kernel.h"

/* Activations or their gradients, n x h x w x c, and the tiles over them. */
typedef struct {
	int h, w;
	gsize pixel;      /* bytes of all channels */
	int tile;         /* rows and columns */
	int down, across; /* tiles of a map */
	int tiles;        /* of all n maps */
} WinogradMap;

WinogradMap winograd_map(const Winograd *winograd, int c);

/* n values of the activations' type, in bytes. */
gsize winograd_bytes(const Winograd *winograd, int n);

/* The pixels that a tile reads or writes; those outside the map, and of a tile
 * behind the last one, are at `outside`, which has room for a pixel. */
void winograd_patch(WinogradPatch pixels, const WinogradMap *map,
		    const void *values, const void *outside, int tile);
void winograd_tile(WinogradTile pixels, const WinogradMap *map,
		   const void *values, const void *outside, int tile);

/* Fetch `bytes` of each of size x size pixels, from column `from` on, so that
 * they are in the cache when the tile's turn comes: a processor cannot foresee
 * so many places. */
static inline void
winograd_fetch_pixels(const void *const *pixels, int size, int from, gsize bytes)
{
	for (int y = 0; y < size; y++)
		for (int x = from; x < size; x++)
			for (gsize b = 0; b < bytes; b += 64)
				__builtin_prefetch(
					(const char *)pixels[y * size + x] + b);
}

/* The part'th of n things cut into `parts` even ones: first..end-1. */
typedef struct {
	int first, end;
} WinogradShare;

static inline WinogradShare
winograd_share(int n, int part, int parts)
{
	return (WinogradShare){ (int)((gint64)n * part / parts),
				(int)((gint64)n * (part + 1) / parts) };
}

/* The weights of a pass: of each channel that it reads for each column (channel
 * that it writes), in the direction of the pass. */
typedef struct {
	const float *values;
	const gsize *columns, *channels; /* offsets */
	gsize position[9];
} WinogradSource;

WinogradSource winograd_source(DnnPass pass, const float *weights,
			       const DnnOffsets *offsets);

/* G g G' of input channels first..end-1 of the pass and of 16 columns, from
 * `column` on: step after step, 16 words each, matrices `m` words apart. */
void winograd_transform_weights(const WinogradKernel *kernel, WinogradWord *dst,
				gsize m, const WinogradSource *source,
				int column, WinogradShare channels);

/* What passes take as scratch memory. */
gsize winograd_forward_bytes(const Winograd *winograd, DnnPass pass);
gsize winograd_gradient_bytes(const Winograd *winograd);

#endif
