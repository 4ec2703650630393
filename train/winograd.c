#include "train/winograd.h"

#include "kw/cpu.h"
#include "train/winograd_internal.h"

/* Chosen by measurement on Zen 3, with 512 KB of second cache and 32 MB of
 * third; twice or half of any of them costs little. */
const WinogradCut winograd_cut = {
	.kept_weights = 256 * 256,
	.kept_block = 60,
	.kept_columns = 64,
	.shared_block = 200,
	.shared_columns = 64,
	.shared_steps = 64,
	.gradient_block = 200,
	.gradient_in = 64,
	.gradient_out = 64,
};

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
	if (kw_cpu() == KW_CPU_AVX512)
		return &winograd_avx512;
	if (kw_cpu() >= KW_CPU_AVX2 && __builtin_cpu_supports("fma"))
		return &winograd_avx2;
#endif
	return &winograd_generic;
}

void
winograd_init(Winograd *winograd, const DnnConvShape *shape, int threads)
{
	*winograd = (Winograd){ *shape, threads, best_kernel(), &winograd_cut };
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

gsize
winograd_scratch_bytes(const Winograd *winograd, DnnPass pass)
{
	return pass == DNN_BACKWARD_WEIGHTS
		       ? winograd_gradient_bytes(winograd)
		       : winograd_forward_bytes(winograd, pass);
}
