/*
 * The kernel for AVX2: eight pixels at a time, and a part of a row in two
 * passes, so that no load waits for its address: first where to read and with
 * what weights, then the pixels.
 *
 * These are read one by one, each with its right neighbour in one 64-bit load
 * (a gather is slower on most CPUs), and blended in pairs: a 256-bit register
 * holds those of two positions, i in its lower half and i + 4 in its upper.
 */
#ifdef __x86_64__

#include <immintrin.h>
#include <string.h>

#include "lib/warp_kernel.h"

#define AVX2        __attribute__((target("avx2")))
#define AVX2_INLINE __attribute__((target("avx2"), always_inline)) static inline

enum { LANES = 8, PART = 256, DOWN = POSITION_BITS - WEIGHT_BITS };

/*
 * One coordinate of eight positions in 64 bits: `even` has those of pixels
 * 0, 1, 4, 5 and `odd` those of 2, 3, 6, 7, the order in which shuffle_ps()
 * brings them together.
 */
typedef struct {
	__m256i even, odd, step;
} Axis;

AVX2_INLINE Axis
axis_from(gint64 start, gint64 step)
{
	const gint64 s = start, d = step;

	return (Axis){
		_mm256_setr_epi64x(s, s + d, s + 4 * d, s + 5 * d),
		_mm256_setr_epi64x(s + 2 * d, s + 3 * d, s + 6 * d, s + 7 * d),
		_mm256_set1_epi64x(LANES * d),
	};
}

/* The eight positions with WEIGHT_BITS of fraction; moves on to the next. */
AVX2_INLINE __m256i
axis_next(Axis *axis)
{
	__m256 even = _mm256_castsi256_ps(_mm256_srli_epi64(axis->even, DOWN));
	__m256 odd = _mm256_castsi256_ps(_mm256_srli_epi64(axis->odd, DOWN));

	axis->even = _mm256_add_epi64(axis->even, axis->step);
	axis->odd = _mm256_add_epi64(axis->odd, axis->step);
	return _mm256_castps_si256(_mm256_shuffle_ps(even, odd, 0x88));
}

/*
 * As fold() in plain C.  Positions that no pixel of output needs may be
 * anything; FOLD_NOT aside, they come into the image as well.
 */
AVX2_INLINE __m256i
fold(__m256i p, int n, WarpFold how)
{
	const __m256i zero = _mm256_setzero_si256();
	const __m256i half = _mm256_set1_epi32(HALF);
	const __m256i size =
		_mm256_set1_epi32((int)((guint32)n << WEIGHT_BITS));
	const __m256i mirror = _mm256_sub_epi32(size, half);
	__m256i last = _mm256_sub_epi32(size, _mm256_set1_epi32(ONE));

	if (how == FOLD_NOT)
		return p;
	if (how == FOLD_REFLECT) {
		p = _mm256_abs_epi32(_mm256_add_epi32(p, half));
		p = _mm256_sub_epi32(p, half);
		p = _mm256_abs_epi32(_mm256_sub_epi32(mirror, p));
		p = _mm256_sub_epi32(mirror, p);
	}
	if (how == FOLD_WRAP) {
		__m256i below = _mm256_cmpgt_epi32(zero, p);
		__m256i above;

		last = _mm256_sub_epi32(size, _mm256_set1_epi32(1));
		above = _mm256_cmpgt_epi32(p, last);
		p = _mm256_add_epi32(p, _mm256_and_si256(below, size));
		p = _mm256_sub_epi32(p, _mm256_and_si256(above, size));
	}
	return _mm256_min_epi32(_mm256_max_epi32(p, zero), last);
}

/* Where to read for a part of a row, in bytes, and minus the weights. */
typedef struct {
	guint32 offsets[PART], upper[PART], lower[PART];
} __attribute__((aligned(32))) Taps;

/*
 * Those of eight positions.  The weights of two pixels in a row are 16 bits
 * each, the left one lower; they are negative, since -2^15 fits and 2^15 does
 * not.
 */
AVX2_INLINE void
find_eight(Taps *taps, int i, __m256i x, __m256i y, __m256i stride,
	   int pixel_bits)
{
	const __m256i mask = _mm256_set1_epi32(ONE - 1);
	__m256i fx = _mm256_and_si256(x, mask), fy = _mm256_and_si256(y, mask);
	__m256i w11 = _mm256_mulhrs_epi16(fx, fy);
	__m256i w00 = _mm256_sub_epi32(_mm256_add_epi32(fx, fy), w11);
	__m256i w01 = _mm256_slli_epi32(_mm256_sub_epi32(w11, fx), 16);
	__m256i w10 = _mm256_sub_epi32(w11, fy);
	__m256i row =
		_mm256_mullo_epi32(_mm256_srai_epi32(y, WEIGHT_BITS), stride);
	__m256i column = _mm256_slli_epi32(_mm256_srai_epi32(x, WEIGHT_BITS),
					   pixel_bits);

	w00 = _mm256_sub_epi32(w00, _mm256_set1_epi32(ONE));
	w11 = _mm256_sub_epi32(_mm256_setzero_si256(), w11);
	w11 = _mm256_slli_epi32(w11, 16);
	_mm256_store_si256((__m256i *)(taps->offsets + i),
			   _mm256_add_epi32(row, column));
	_mm256_store_si256((__m256i *)(taps->upper + i),
			   _mm256_blend_epi16(w00, w01, 0xAA));
	_mm256_store_si256((__m256i *)(taps->lower + i),
			   _mm256_blend_epi16(w10, w11, 0xAA));
}

/* Those of n positions, 1 to PART, and of some behind them. */
AVX2_INLINE void
find_taps(Taps *taps, const KwWarpSource *source, Axis *x, Axis *y, int n,
	  WarpFold how)
{
	const int w = source->w, h = source->h;
	const int pixel_bits = source->c == 3 ? 2 : 1;
	const __m256i stride = _mm256_set1_epi32((int)source->stride);
	int i = 0;

	for (; i + LANES <= n; i += LANES)
		find_eight(taps, i, fold(axis_next(x), w, how),
			   fold(axis_next(y), h, how), stride, pixel_bits);
	/* Positions behind the last one must come into the image. */
	if (how == FOLD_NOT)
		how = FOLD_NEAREST;
	if (i < n)
		find_eight(taps, i, fold(axis_next(x), w, how),
			   fold(axis_next(y), h, how), stride, pixel_bits);
}

/* From minus the weighted sums to levels in 32 bits. */
AVX2_INLINE __m256i
round_sums(__m256i upper, __m256i lower)
{
	__m256i sum = _mm256_add_epi32(upper, lower);

	sum = _mm256_sub_epi32(_mm256_set1_epi32(HALF), sum);
	return _mm256_srai_epi32(sum, WEIGHT_BITS);
}

/* ---- colour */

/* Two pixels in a row at each of two places: four channels by two, 16 bits. */
AVX2_INLINE __m256i
load_pairs(const guint8 *at, guint32 offset, guint32 offset_4)
{
	const __m256i pairs = _mm256_setr_epi8(
		0, -1, 4, -1, 1, -1, 5, -1, 2, -1, 6, -1, 3, -1, 7, -1, 0, -1,
		4, -1, 1, -1, 5, -1, 2, -1, 6, -1, 3, -1, 7, -1);
	gint64 low, high;

	memcpy(&low, at + offset, sizeof low);
	memcpy(&high, at + offset_4, sizeof high);
	return _mm256_shuffle_epi8(_mm256_blend_epi32(_mm256_set1_epi64x(low),
						      _mm256_set1_epi64x(high),
						      0xF0),
				   pairs);
}

/* Pixels i and i + 4 of a block: their four channels in 32 bits. */
#define BLEND(i)                                                               \
	round_sums(_mm256_madd_epi16(load_pairs(above, at[i], at[(i) + 4]),    \
				     _mm256_shuffle_epi32(upper, (i)*0x55)),   \
		   _mm256_madd_epi16(load_pairs(below, at[i], at[(i) + 4]),    \
				     _mm256_shuffle_epi32(lower, (i)*0x55)))

/* Eight pixels: 24 bytes at the beginning of the result. */
AVX2_INLINE __m256i
colour_block(const guint8 *above, const guint8 *below, const Taps *taps, int i)
{
	const __m256i drop_fourth = _mm256_setr_epi8(
		0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1, 0, 1, 2,
		4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
	const __m256i close_up = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7);
	const guint32 *at = taps->offsets + i;
	__m256i upper = _mm256_load_si256((const __m256i *)(taps->upper + i));
	__m256i lower = _mm256_load_si256((const __m256i *)(taps->lower + i));
	__m256i p01 = _mm256_packs_epi32(BLEND(0), BLEND(1));
	__m256i p23 = _mm256_packs_epi32(BLEND(2), BLEND(3));
	__m256i p = _mm256_packus_epi16(p01, p23);

	return _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(p, drop_fourth),
					   close_up);
}

AVX2_INLINE void
colour_blend(guint8 *dst, const KwWarpSource *source, const Taps *taps, int n)
{
	const guint8 *above = source->pixels, *below = above + source->stride;
	guint8 rest[32];
	int i = 0;

	for (; i + LANES <= n; i += LANES) {
		__m256i block = colour_block(above, below, taps, i);

		_mm_storeu_si128((__m128i *)(dst + 3 * i),
				 _mm256_castsi256_si128(block));
		_mm_storel_epi64((__m128i *)(dst + 3 * i + 16),
				 _mm256_extracti128_si256(block, 1));
	}
	if (i == n)
		return;
	_mm256_storeu_si256((__m256i *)rest,
			    colour_block(above, below, taps, i));
	memcpy(dst + 3 * i, rest, 3 * (gsize)(n - i));
}

/* ---- gray */

/* The four pixels at a place: left with the one below, right alike. */
AVX2_INLINE int
load_four(const guint8 *at, guint32 offset)
{
	int four;

	memcpy(&four, at + offset, sizeof four);
	return four;
}

/* Eight pixels: 8 bytes. */
AVX2_INLINE __m128i
gray_block(const guint8 *p, const Taps *taps, int i)
{
	const guint32 *at = taps->offsets + i;
	__m256i four = _mm256_setr_epi32(
		load_four(p, at[0]), load_four(p, at[1]), load_four(p, at[2]),
		load_four(p, at[3]), load_four(p, at[4]), load_four(p, at[5]),
		load_four(p, at[6]), load_four(p, at[7]));
	__m256i above = _mm256_and_si256(four, _mm256_set1_epi16(0xFF));
	__m256i below = _mm256_srli_epi16(four, 8);
	__m256i upper = _mm256_load_si256((const __m256i *)(taps->upper + i));
	__m256i lower = _mm256_load_si256((const __m256i *)(taps->lower + i));
	__m256i levels = round_sums(_mm256_madd_epi16(above, upper),
				    _mm256_madd_epi16(below, lower));
	__m128i packed = _mm_packs_epi32(_mm256_castsi256_si128(levels),
					 _mm256_extracti128_si256(levels, 1));

	return _mm_packus_epi16(packed, packed);
}

AVX2_INLINE void
gray_blend(guint8 *dst, const KwWarpSource *source, const Taps *taps, int n)
{
	const guint8 *pixels = source->pixels;
	guint8 rest[LANES];
	int i = 0;

	for (; i + LANES <= n; i += LANES)
		_mm_storel_epi64((__m128i *)(dst + i),
				 gray_block(pixels, taps, i));
	if (i == n)
		return;
	_mm_storel_epi64((__m128i *)rest, gray_block(pixels, taps, i));
	memcpy(dst + i, rest, (gsize)(n - i));
}

/* ---- the table */

AVX2_INLINE void
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
	AVX2 static void name(guint8 *dst, const KwWarpSource *source,         \
			      WarpLine line, int n)                            \
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

AVX2 static void
pack(guint8 *dst, const guint8 *src, int n)
{
	const __m256i spread = _mm256_setr_epi8(
		0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1, 0, 1, 2,
		-1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);

	/* Two loads of 16 bytes reach 4 bytes beyond the eight pixels. */
	for (; n >= LANES + 2; n -= LANES, src += 3 * LANES, dst += 4 * LANES) {
		__m128i low = _mm_loadu_si128((const __m128i *)src);
		__m128i high = _mm_loadu_si128((const __m128i *)(src + 12));

		_mm256_storeu_si256(
			(__m256i *)dst,
			_mm256_shuffle_epi8(_mm256_set_m128i(high, low),
					    spread));
	}
	kw_warp_generic.pack(dst, src, n);
}

const KwWarpKernel kw_warp_avx2 = {
	.pack = pack,
	.colour = { colour_inside, colour_nearest, colour_reflect,
		    colour_wrap },
	.gray = { gray_inside, gray_nearest, gray_reflect, gray_wrap },
};

#else
typedef int not_for_this_cpu;
#endif
