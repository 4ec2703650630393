/* What the passes of winograd.h share: tiles, pixels, and parts of scratch. */
#ifndef KW_TRAIN_WINOGRAD_INTERNAL_H
#define KW_TRAIN_WINOGRAD_INTERNAL_H

#include "train/winograd_kernel.h"

/* Activations or their gradients, n x h x w x c, and the tiles over them. */
typedef struct {
	int h, w, c;
	int down, across; /* tiles of a map */
} WinogradMap;

WinogradMap winograd_map(const DnnConvShape *shape, int c);

/* Tiles of all n maps. */
int winograd_tiles(const DnnConvShape *shape);

/* The pixels that a tile reads or writes; those outside the map are at
 * `outside`, which has room for c floats. */
void winograd_patch(WinogradPatch pixels, const WinogradMap *map,
		    const float *values, const float *outside, int tile);
void winograd_tile(WinogradTile pixels, const WinogradMap *map,
		   const float *values, const float *outside, int tile);

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

/* The weights of a pass: of each step (input channel of the pass) for each
 * column (output channel), in the direction of the pass. */
typedef struct {
	const float *values;
	const gsize *columns, *steps; /* offsets */
	gsize position[9];
} WinogradSource;

WinogradSource winograd_source(DnnPass pass, const float *weights,
			       const WinogradOffsets *offsets);

/* G g G' of steps first..end-1 and of 16 columns, from `column` on: step after
 * step, 16 floats each, matrices `m` floats apart. */
void winograd_transform_weights(const WinogradKernel *kernel, float *dst,
				gsize m, const WinogradSource *source,
				int column, WinogradShare steps);

/* What passes take as scratch memory. */
gsize winograd_forward_bytes(const Winograd *winograd, DnnPass pass);
gsize winograd_gradient_bytes(const Winograd *winograd);

#endif
