#ifdef __x86_64__

#include "train/outer_kernel.h"

#include <immintrin.h>

#include "train/avx512_bf16.inc"

#include "train/outer_avx512_bf16.inc"

TARGET void
outer_floats(float *to, const guint16 *bf16, gsize n)
{
	for (gsize i = 0; i < n; i += LANES)
		store(to + i, load_bf16(bf16 + i));
}

TARGET void
outer_block(const OuterBlock *b)
{
	float values[OUTER_MOST_IMAGES * OUTER_SIDE];

	outer_values(values, &b->of, 0);
	for (int r = 0; r < OUTER_SIDE; r++)
		for (int out = 0; out < b->outputs; out += LANES)
			_mm512_stream_ps(
				b->to + b->row[r] + out,
				outer_sum(&b->of, values + r, (gsize)out));
}

void
outer_fence(void)
{
	_mm_sfence();
}

#else
typedef int not_for_this_cpu;
#endif
