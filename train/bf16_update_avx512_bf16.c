#ifdef __x86_64__

#include <immintrin.h>

#include "train/bf16_update_kernel.h"
#include "train/outer_kernel.h"

#include "train/avx512_bf16.inc"

#include "train/outer_avx512_bf16.inc"

/* ---- 16 x 16, the other way round */

/* Of each 4 x 4 within lanes of four. */
INLINE void
transpose_fours(Vec v[16])
{
	for (int i = 0; i < 16; i += 4) {
		const Vec a = _mm512_unpacklo_ps(v[i], v[i + 1]);
		const Vec b = _mm512_unpackhi_ps(v[i], v[i + 1]);
		const Vec c = _mm512_unpacklo_ps(v[i + 2], v[i + 3]);
		const Vec d = _mm512_unpackhi_ps(v[i + 2], v[i + 3]);

		v[i] = _mm512_shuffle_ps(a, c, 0x44);
		v[i + 1] = _mm512_shuffle_ps(a, c, 0xee);
		v[i + 2] = _mm512_shuffle_ps(b, d, 0x44);
		v[i + 3] = _mm512_shuffle_ps(b, d, 0xee);
	}
}

/* Of the lanes, in vectors 4 apart. */
INLINE void
transpose_lanes(Vec v[16])
{
	for (int i = 0; i < 4; i++) {
		const Vec a = _mm512_shuffle_f32x4(v[i], v[i + 4], 0x88);
		const Vec b = _mm512_shuffle_f32x4(v[i], v[i + 4], 0xdd);
		const Vec c = _mm512_shuffle_f32x4(v[i + 8], v[i + 12], 0x88);
		const Vec d = _mm512_shuffle_f32x4(v[i + 8], v[i + 12], 0xdd);

		v[i] = _mm512_shuffle_f32x4(a, c, 0x88);
		v[i + 4] = _mm512_shuffle_f32x4(b, d, 0x88);
		v[i + 8] = _mm512_shuffle_f32x4(a, c, 0xdd);
		v[i + 12] = _mm512_shuffle_f32x4(b, d, 0xdd);
	}
}

/* ---- a block */

/* As store_pairs(), past the caches; aligned to 64 bytes. */
INLINE void
stream_pairs(void *p, Vec a, Vec b)
{
	_mm512_stream_si512(p, pairs_of(a, b));
}

/* Floats, in the order of all kernels, that are fetched meanwhile. */
enum { AHEAD = 1024 };

typedef struct {
	Vec rate, momentum, decay, check;
} State;

/* 16 outputs, `at` floats behind the block's first one. */
INLINE Vec
update_row(const Bf16Block *block, gsize at, Vec gradient, State *s)
{
	float *value = block->value + at, *velocity = block->velocity + at;
	const Vec old = load(value);
	const Vec v = s->momentum * load(velocity) -
		      s->rate * (gradient + s->decay * old);
	const Vec w = old + v;

	_mm_prefetch(value + AHEAD, _MM_HINT_T0);
	_mm_prefetch(velocity + AHEAD, _MM_HINT_T0);
	store(velocity, v);
	store(value, w);
	s->check = s->check + set1(0) * w;
	return w;
}

INLINE Vec
load_gradient(const Bf16Block *block, gsize at)
{
	_mm_prefetch(block->gradient + at + AHEAD, _MM_HINT_T0);
	return load(block->gradient + at);
}

/* All outputs of two inputs after another, as they lie. */
INLINE void
update_by_rows(const Bf16Block *block, State *s)
{
	const Bf16Copy *copy = &block->copies[0];
	float values[OUTER_MOST_IMAGES * OUTER_SIDE];

	if (block->gradient == NULL)
		outer_values(values, &block->products, 0);
	for (int i = 0; i < BF16_SIDE; i += 2)
		for (gsize g = 0; g < (gsize)block->groups; g++) {
			const gsize out = g * BF16_SIDE;
			Vec pair[2];

			for (int k = 0; k < 2; k++) {
				const gsize at = block->row[i + k] + out;

				pair[k] = block->gradient != NULL
						  ? load_gradient(block, at)
						  : outer_sum(&block->products,
							      values + i + k,
							      out);
				pair[k] = update_row(block, at, pair[k], s);
			}
			stream_pairs(copy->at + copy->pair[i / 2] + 2 * out,
				     pair[0], pair[1]);
		}
}

INLINE void
write_copy(const Bf16Copy *copy, const Vec v[16])
{
	for (int i = 0; i < BF16_SIDE / 2; i++)
		stream_pairs(copy->at + copy->pair[i], v[2 * i], v[2 * i + 1]);
}

/* 16 outputs of all inputs. */
INLINE void
update_square(const Bf16Block *block, State *s)
{
	const Bf16Copy *copies = block->copies;
	Vec w[16];

	for (int i = 0; i < BF16_SIDE; i++)
		w[i] = update_row(block, block->row[i],
				  load_gradient(block, block->row[i]), s);
	for (int c = 0; c < 2; c++)
		if (copies[c].pairs == BF16_PAIRS_OF_INPUTS)
			write_copy(&copies[c], w);
	transpose_fours(w);
	transpose_lanes(w);
	for (int c = 0; c < 2; c++)
		if (copies[c].pairs == BF16_PAIRS_OF_OUTPUTS)
			write_copy(&copies[c], w);
}

TARGET void
bf16_update_block(const Bf16Block *block, const Bf16Step *step, float *zero)
{
	State s = { set1(step->rate), set1(step->momentum), set1(step->decay),
		    load(zero) };

	if (block->groups > 0)
		update_by_rows(block, &s);
	else
		update_square(block, &s);
	store(zero, s.check);
}

#else
typedef int not_for_this_cpu;
#endif
