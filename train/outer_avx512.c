#ifdef __x86_64__

#include "train/outer.h"

#include <immintrin.h>

#include "train/avx512_bf16.inc"

TARGET void
outer_floats(float *to, const guint16 *bf16, gsize n)
{
	for (gsize i = 0; i < n; i += LANES)
		store(to + i, load_bf16(bf16 + i));
}

/* One input's row of outputs; `values` are its values in the images. */
INLINE void
write_row(const OuterBlock *b, float *to, const float *values)
{
	for (int out = 0; out < b->outputs; out += LANES) {
		const float *ddst = b->ddst + out;
		Vec sum = set1(values[0]) * load(ddst);

		for (int i = 1; i < b->images; i++) {
			ddst += b->ddst_row;
			sum = madd(set1(values[i * OUTER_SIDE]), load(ddst),
				   sum);
		}
		_mm512_stream_ps(to + out, sum);
	}
}

TARGET void
outer_block(const OuterBlock *b)
{
	float values[OUTER_MOST_IMAGES * OUTER_SIDE];

	for (int i = 0; i < b->images; i++)
		store(values + i * OUTER_SIDE,
		      load_bf16(b->src + (gsize)i * b->src_row));
	for (int r = 0; r < OUTER_SIDE; r++)
		write_row(b, b->to + b->row[r], values + r);
}

void
outer_fence(void)
{
	_mm_sfence();
}

#else
typedef int not_for_this_cpu;
#endif
