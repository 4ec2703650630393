/*
 * The kernel for AVX-512: sixteen pixels at a time, in the way of
 * warp_avx2.c; a 512-bit register holds the pixels of four positions, i, i + 4,
 * i + 8 and i + 12.
 */
#ifdef __x86_64__

#include <immintrin.h>
#include <string.h>

#include "lib/warp_kernel.h"

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#define AVX512_INLINE                                                          \
	__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"),           \
		       always_inline)) static inline

enum { LANES = 16, PART = 256, DOWN = POSITION_BITS - WEIGHT_BITS };

/* One coordinate of sixteen positions in 64 bits. */
typedef struct {
	__m512i low, high, step;
} Axis;

AVX512_INLINE Axis
axis_from(gint64 start, gint64 step)
{
	const __m512i count = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
	__m512i each = _mm512_set1_epi64(step);
	__m512i low = _mm512_add_epi64(_mm512_set1_epi64(start),
				       _mm512_mullo_epi64(count, each));

	return (Axis){ low, _mm512_add_epi64(low, _mm512_set1_epi64(8 * step)),
		       _mm512_set1_epi64(LANES * step) };
}

/* The sixteen positions with WEIGHT_BITS of fraction; moves on. */
AVX512_INLINE __m512i
axis_next(Axis *axis)
{
	__m256i low = _mm512_cvtepi64_epi32(_mm512_srli_epi64(axis->low, DOWN));
	__m256i high =
		_mm512_cvtepi64_epi32(_mm512_srli_epi64(axis->high, DOWN));

	axis->low = _mm512_add_epi64(axis->low, axis->step);
	axis->high = _mm512_add_epi64(axis->high, axis->step);
	return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

/*
 * As fold() in plain C.  Positions that no pixel of output needs may be
 * anything; FOLD_NOT aside, they come into the image as well.
 */
AVX512_INLINE __m512i
fold(__m512i p, int n, WarpFold how)
{
	const __m512i zero = _mm512_setzero_si512();
	const __m512i half = _mm512_set1_epi32(HALF);
	const __m512i size =
		_mm512_set1_epi32((int)((guint32)n << WEIGHT_BITS));
	const __m512i mirror = _mm512_sub_epi32(size, half);
	__m512i last = _mm512_sub_epi32(size, _mm512_set1_epi32(ONE));

	if (how == FOLD_NOT)
		return p;
	if (how == FOLD_REFLECT) {
		p = _mm512_abs_epi32(_mm512_add_epi32(p, half));
		p = _mm512_sub_epi32(p, half);
		p = _mm512_abs_epi32(_mm512_sub_epi32(mirror, p));
		p = _mm512_sub_epi32(mirror, p);
	}
	if (how == FOLD_WRAP) {
		__mmask16 below = _mm512_cmplt_epi32_mask(p, zero);
		__mmask16 above = _mm512_cmpge_epi32_mask(p, size);

		last = _mm512_sub_epi32(size, _mm512_set1_epi32(1));
		p = _mm512_mask_add_epi32(p, below, p, size);
		p = _mm512_mask_sub_epi32(p, above, p, size);
	}
	return _mm512_min_epi32(_mm512_max_epi32(p, zero), last);
}

/* Where to read for a part of a row, in bytes, and minus the weights. */
typedef struct {
	guint32 offsets[PART], upper[PART], lower[PART];
} __attribute__((aligned(64))) Taps;

/* Those of sixteen positions, as in warp_avx2.c. */
AVX512_INLINE void
find_sixteen(Taps *taps, int i, __m512i x, __m512i y, __m512i stride,
	     unsigned pixel_bits)
{
	const __mmask32 right = 0xAAAAAAAA;
	const __m512i mask = _mm512_set1_epi32(ONE - 1);
	__m512i fx = _mm512_and_si512(x, mask), fy = _mm512_and_si512(y, mask);
	__m512i w11 = _mm512_mulhrs_epi16(fx, fy);
	__m512i w00 = _mm512_sub_epi32(_mm512_add_epi32(fx, fy), w11);
	__m512i w01 = _mm512_slli_epi32(_mm512_sub_epi32(w11, fx), 16);
	__m512i w10 = _mm512_sub_epi32(w11, fy);
	__m512i row =
		_mm512_mullo_epi32(_mm512_srai_epi32(y, WEIGHT_BITS), stride);
	__m512i column = _mm512_slli_epi32(_mm512_srai_epi32(x, WEIGHT_BITS),
					   pixel_bits);

	w00 = _mm512_sub_epi32(w00, _mm512_set1_epi32(ONE));
	w11 = _mm512_sub_epi32(_mm512_setzero_si512(), w11);
	w11 = _mm512_slli_epi32(w11, 16);
	_mm512_store_si512(taps->offsets + i, _mm512_add_epi32(row, column));
	_mm512_store_si512(taps->upper + i,
			   _mm512_mask_blend_epi16(right, w00, w01));
	_mm512_store_si512(taps->lower + i,
			   _mm512_mask_blend_epi16(right, w10, w11));
}

/* Those of n positions, 1 to PART, and of some behind them. */
AVX512_INLINE void
find_taps(Taps *taps, const KwWarpSource *source, Axis *x, Axis *y, int n,
	  WarpFold how)
{
	const int w = source->w, h = source->h;
	const unsigned pixel_bits = source->c == 3 ? 2 : 1;
	const __m512i stride = _mm512_set1_epi32((int)source->stride);
	int i = 0;

	for (; i + LANES <= n; i += LANES)
		find_sixteen(taps, i, fold(axis_next(x), w, how),
			     fold(axis_next(y), h, how), stride, pixel_bits);
	/* Positions behind the last one must come into the image. */
	if (how == FOLD_NOT)
		how = FOLD_NEAREST;
	if (i < n)
		find_sixteen(taps, i, fold(axis_next(x), w, how),
			     fold(axis_next(y), h, how), stride, pixel_bits);
}

/* From minus the weighted sums to levels in 32 bits. */
AVX512_INLINE __m512i
round_sums(__m512i upper, __m512i lower)
{
	__m512i sum = _mm512_add_epi32(upper, lower);

	sum = _mm512_sub_epi32(_mm512_set1_epi32(HALF), sum);
	return _mm512_srai_epi32(sum, WEIGHT_BITS);
}

/* The same 16 bytes in each quarter. */
AVX512_INLINE __m512i
in_each_quarter(__m128i bytes)
{
	return _mm512_broadcast_i32x4(bytes);
}

/* ---- colour */

/* Two pixels in a row at each of four places: four channels by two, 16 bits.
 * `offsets` is that of the first; the others are four further on each.
 */
AVX512_INLINE __m512i
load_pairs(const guint8 *at, const guint32 *offsets)
{
	const __m512i pairs = in_each_quarter(_mm_setr_epi8(
		0, -1, 4, -1, 1, -1, 5, -1, 2, -1, 6, -1, 3, -1, 7, -1));
	gint64 two[4];
	__m512i all;

	for (int i = 0; i < 4; i++)
		memcpy(&two[i], at + offsets[4 * i], sizeof two[i]);
	all = _mm512_set1_epi64(two[0]);
	all = _mm512_mask_set1_epi64(all, 0x0C, two[1]);
	all = _mm512_mask_set1_epi64(all, 0x30, two[2]);
	all = _mm512_mask_set1_epi64(all, 0xC0, two[3]);
	return _mm512_shuffle_epi8(all, pairs);
}

/* Pixels i, i + 4, i + 8 and i + 12 of a block: four channels in 32 bits. */
#define BLEND(i)                                                               \
	round_sums(_mm512_madd_epi16(load_pairs(above, at + (i)),              \
				     _mm512_shuffle_epi32(upper, (i)*0x55)),   \
		   _mm512_madd_epi16(load_pairs(below, at + (i)),              \
				     _mm512_shuffle_epi32(lower, (i)*0x55)))

/* Sixteen pixels: 48 bytes at the beginning of the result. */
AVX512_INLINE __m512i
colour_block(const guint8 *above, const guint8 *below, const Taps *taps, int i)
{
	const __m512i drop_fourth = in_each_quarter(_mm_setr_epi8(
		0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
	const __m512i close_up = _mm512_setr_epi32(0, 1, 2, 4, 5, 6, 8, 9, 10,
						   12, 13, 14, 3, 7, 11, 15);
	const guint32 *at = taps->offsets + i;
	__m512i upper = _mm512_load_si512(taps->upper + i);
	__m512i lower = _mm512_load_si512(taps->lower + i);
	__m512i p01 = _mm512_packs_epi32(BLEND(0), BLEND(1));
	__m512i p23 = _mm512_packs_epi32(BLEND(2), BLEND(3));
	__m512i p = _mm512_packus_epi16(p01, p23);

	return _mm512_permutexvar_epi32(close_up,
					_mm512_shuffle_epi8(p, drop_fourth));
}

AVX512_INLINE void
colour_blend(guint8 *dst, const KwWarpSource *source, const Taps *taps, int n)
{
	const guint8 *above = source->pixels, *below = above + source->stride;
	guint8 rest[64];
	int i = 0;

	for (; i + LANES <= n; i += LANES) {
		__m512i block = colour_block(above, below, taps, i);

		_mm256_storeu_si256((__m256i *)(dst + 3 * i),
				    _mm512_castsi512_si256(block));
		_mm_storeu_si128((__m128i *)(dst + 3 * i + 32),
				 _mm512_extracti32x4_epi32(block, 2));
	}
	if (i == n)
		return;
	_mm512_storeu_si512(rest, colour_block(above, below, taps, i));
	memcpy(dst + 3 * i, rest, 3 * (gsize)(n - i));
}

/* ---- gray */

/* Sixteen pixels: 16 bytes. */
AVX512_INLINE __m128i
gray_block(const guint8 *pixels, const Taps *taps, int i)
{
	int four[LANES] __attribute__((aligned(64)));
	__m512i all, above, below;

	/* left with the one below, right alike */
	for (int k = 0; k < LANES; k++)
		memcpy(&four[k], pixels + taps->offsets[i + k], sizeof *four);
	all = _mm512_load_si512(four);
	above = _mm512_and_si512(all, _mm512_set1_epi16(0xFF));
	below = _mm512_srli_epi16(all, 8);
	return _mm512_cvtepi32_epi8(round_sums(
		_mm512_madd_epi16(above, _mm512_load_si512(taps->upper + i)),
		_mm512_madd_epi16(below, _mm512_load_si512(taps->lower + i))));
}

AVX512_INLINE void
gray_blend(guint8 *dst, const KwWarpSource *source, const Taps *taps, int n)
{
	const guint8 *pixels = source->pixels;
	guint8 rest[LANES];
	int i = 0;

	for (; i + LANES <= n; i += LANES)
		_mm_storeu_si128((__m128i *)(dst + i),
				 gray_block(pixels, taps, i));
	if (i == n)
		return;
	_mm_storeu_si128((__m128i *)rest, gray_block(pixels, taps, i));
	memcpy(dst + i, rest, (gsize)(n - i));
}

/* ---- the table */

AVX512_INLINE void
run(guint8 *dst, const KwWarpSource *source, WarpLine line, int n, int c,
    WarpFold how)
{
	Axis x = axis_from(line.x, line.step_x);
	Axis y = axis_from(line.y, line.step_y);
	Taps taps;

	for (; n > 0; n -= PART, dst += c * PART) {
		const int part = MIN(n, PART);

		find_taps(&taps, source, &x, &y, part, how);
		if (c == 3)
			colour_blend(dst, source, &taps, part);
		else
			gray_blend(dst, source, &taps, part);
	}
}

/* Constants let the compiler drop the folds. */
#define RUN(name, c, how)                                                      \
	AVX512 static void name(guint8 *dst, const KwWarpSource *source,       \
				WarpLine line, int n)                          \
	{                                                                      \
		run(dst, source, line, n, c, how);                             \
	}
RUN(colour_inside, 3, FOLD_NOT)
RUN(colour_nearest, 3, FOLD_NEAREST)
RUN(colour_reflect, 3, FOLD_REFLECT)
RUN(colour_wrap, 3, FOLD_WRAP)
RUN(gray_inside, 1, FOLD_NOT)
RUN(gray_nearest, 1, FOLD_NEAREST)
RUN(gray_reflect, 1, FOLD_REFLECT)
RUN(gray_wrap, 1, FOLD_WRAP)

AVX512 static void
pack(guint8 *dst, const guint8 *src, int n)
{
	const __m512i spread = in_each_quarter(_mm_setr_epi8(
		0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1));
	const __m512i apart = _mm512_setr_epi32(0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8,
						9, 9, 10, 11, 12);

	/* A load of 64 bytes reaches 16 bytes beyond the sixteen pixels. */
	for (; n >= LANES + 6; n -= LANES, src += 3 * LANES, dst += 4 * LANES) {
		__m512i bytes = _mm512_loadu_si512(src);

		bytes = _mm512_permutexvar_epi32(apart, bytes);
		_mm512_storeu_si512(dst, _mm512_shuffle_epi8(bytes, spread));
	}
	kw_warp_generic.pack(dst, src, n);
}

const KwWarpKernel kw_warp_avx512 = {
	.pack = pack,
	.colour = { colour_inside, colour_nearest, colour_reflect,
		    colour_wrap },
	.gray = { gray_inside, gray_nearest, gray_reflect, gray_wrap },
};

#else
typedef int not_for_this_cpu;
#endif
