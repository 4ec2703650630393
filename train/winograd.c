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
	.shared_channels = 64,
	.gradient_block = 200,
	.gradient_in = 64,
	.gradient_out = 64,
};

/* On Sapphire Rapids, with 2 MB of second cache: the products are so fast that
 * sums must not be read and written again for every 64 channels. */
const WinogradCut winograd_cut_avx512 = {
	.kept_weights = 256 * 256,
	.kept_block = 70,
	.kept_columns = 256,
	.shared_block = 400,
	.shared_columns = 64,
	.shared_channels = 128,
	.gradient_block = 200,
	.gradient_in = 128,
	.gradient_out = 128,
};

/* On Sapphire Rapids as well; U of what is shared fits into 1 MB, which Zen 4
 * and 5 have. */
const WinogradCut winograd_cut_bf16 = {
	.kept_weights = 256 * 512,
	.kept_block = 56,
	.kept_columns = 128,
	.shared_block = 400,
	.shared_columns = 64,
	.shared_channels = 256,
	.gradient_block = 100,
	.gradient_in = 64,
	.gradient_out = 128,
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
best_kernel(DnnType type)
{
#ifdef __x86_64__
	if (type == DNN_BF16 && kw_cpu() >= KW_CPU_AVX512_BF16)
		return &winograd_avx512_bf16;
	if (type == DNN_F32 && kw_cpu() >= KW_CPU_AVX512)
		return &winograd_avx512;
	if (type == DNN_F32 && kw_cpu() >= KW_CPU_AVX2 &&
	    __builtin_cpu_supports("fma"))
		return &winograd_avx2;
#endif
	return type == DNN_F32 ? &winograd_generic : &winograd_generic_bf16;
}

void
winograd_init(Winograd *winograd, DnnType type, const DnnConvShape *shape,
	      int threads)
{
	const WinogradKernel *kernel = best_kernel(type);

	*winograd = (Winograd){ type, *shape, threads, kernel, kernel->cut };
}

gsize
winograd_bytes(const Winograd *winograd, int n)
{
	return (gsize)n *
	       (winograd->type == DNN_BF16 ? sizeof(guint16) : sizeof(float));
}

WinogradMap
winograd_map(const Winograd *winograd, int c)
{
	const DnnConvShape *shape = &winograd->shape;
	const int tile = winograd->kernel->tile;
	WinogradMap map = { .h = shape->h,
			    .w = shape->w,
			    .pixel = winograd_bytes(winograd, c),
			    .tile = tile,
			    .down = (shape->h + tile - 1) / tile,
			    .across = (shape->w + tile - 1) / tile };

	map.tiles = shape->n * map.down * map.across;
	return map;
}

/* size x size pixels from `before` rows and columns before the tile on. */
static inline void
find_pixels(const void **pixels, const WinogradMap *map, const char *values,
	    const void *outside, int tile, int size, int before)
{
	const int in_map = tile % (map->down * map->across);
	const int y0 = in_map / map->across * map->tile - before;
	const int x0 = in_map % map->across * map->tile - before;
	const gsize row = (gsize)map->w * map->pixel;

	if (tile >= map->tiles) {
		for (int i = 0; i < size * size; i++)
			pixels[i] = outside;
		return;
	}
	values +=
		(gsize)(tile / (map->down * map->across)) * (gsize)map->h * row;
	for (int y = y0; y < y0 + size; y++)
		for (int x = x0; x < x0 + size; x++)
			*pixels++ = y >= 0 && y < map->h && x >= 0 && x < map->w
					    ? values + (gsize)y * row +
						      (gsize)x * map->pixel
					    : outside;
}

void
winograd_patch(WinogradPatch pixels, const WinogradMap *map, const void *values,
	       const void *outside, int tile)
{
	find_pixels(pixels, map, values, outside, tile, map->tile + 2, 1);
}

void
winograd_tile(WinogradTile pixels, const WinogradMap *map, const void *values,
	      const void *outside, int tile)
{
	find_pixels(pixels, map, values, outside, tile, map->tile, 0);
}

gsize
winograd_scratch_bytes(const Winograd *winograd, DnnPass pass)
{
	return pass == DNN_BACKWARD_WEIGHTS
		       ? winograd_gradient_bytes(winograd)
		       : winograd_forward_bytes(winograd, pass);
}
