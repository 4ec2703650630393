/*
 * The AVX-512 instructions of lib/warp_avx512.c in plain C, so that the kernel
 * is tested on machines that do not have them.  Include this, then the kernel.
 * Each does what Intel's Intrinsics Guide says of it.
 */
#ifndef TESTS_AVX512_EMULATED_H
#define TESTS_AVX512_EMULATED_H

#include <glib.h>
#include <immintrin.h>
#include <string.h>

typedef union {
	guint8 b[64];
	gint16 s[32];
	guint16 u[32];
	gint32 d[16];
	guint32 ud[16];
	gint64 q[8];
	guint64 uq[8];
} Emulated;

typedef struct {
	guint8 b[32];
} Emulated256;

#define target(...) /* the attribute: this is ordinary code */
#define __m512i     Emulated
#define __m256i     Emulated256
#define EMULATE     G_GNUC_UNUSED static inline

/* For each lane i of a type, r.lane[i] = expression. */
#define LANEWISE(lane, n, expression)                                          \
	Emulated r;                                                            \
	for (int i = 0; i < (n); i++)                                          \
		r.lane[i] = (expression);                                      \
	return r

#define BINARY(name, lane, n, expression)                                      \
	EMULATE Emulated name(Emulated a, Emulated b)                          \
	{                                                                      \
		LANEWISE(lane, n, expression);                                 \
	}

EMULATE gint16
saturate16(gint32 v)
{
	return (gint16)CLAMP(v, G_MININT16, G_MAXINT16);
}

BINARY(emulated_add32, ud, 16, a.ud[i] + b.ud[i])
BINARY(emulated_sub32, ud, 16, a.ud[i] - b.ud[i])
BINARY(emulated_mul32, ud, 16, a.ud[i] * b.ud[i])
BINARY(emulated_min32, d, 16, MIN(a.d[i], b.d[i]))
BINARY(emulated_max32, d, 16, MAX(a.d[i], b.d[i]))
BINARY(emulated_add64, uq, 8, a.uq[i] + b.uq[i])
BINARY(emulated_mul64, uq, 8, a.uq[i] * b.uq[i])
BINARY(emulated_and, uq, 8, a.uq[i] & b.uq[i])
BINARY(emulated_mulhrs16, s, 32, (gint16)((a.s[i] * b.s[i] + (1 << 14)) >> 15))
BINARY(emulated_madd16, d, 16,
       a.s[2 * i] * b.s[2 * i] + a.s[2 * i + 1] * b.s[2 * i + 1])
/* within each quarter: four of a, then four of b; eight of each */
BINARY(emulated_packs32, s, 32,
       saturate16((i & 4 ? b : a).d[i / 8 * 4 + i % 4]))
BINARY(emulated_packus16, b, 64,
       (guint8)CLAMP((i & 8 ? b : a).s[i / 16 * 8 + i % 8], 0, 255))
BINARY(emulated_shuffle8, b, 64,
       b.b[i] & 0x80 ? 0 : a.b[i / 16 * 16 + b.b[i] % 16])
BINARY(emulated_permute32, d, 16, b.d[a.d[i] & 15])

EMULATE Emulated
emulated_abs32(Emulated a)
{
	LANEWISE(ud, 16, a.d[i] < 0 ? 0U - a.ud[i] : a.ud[i]);
}
EMULATE Emulated
emulated_left32(Emulated a, unsigned n)
{
	LANEWISE(ud, 16, a.ud[i] << n);
}
EMULATE Emulated
emulated_right32(Emulated a, unsigned n)
{
	LANEWISE(d, 16, a.d[i] >> n);
}
EMULATE Emulated
emulated_right16(Emulated a, unsigned n)
{
	LANEWISE(u, 32, (guint16)(a.u[i] >> n));
}
EMULATE Emulated
emulated_right64(Emulated a, unsigned n)
{
	LANEWISE(uq, 8, a.uq[i] >> n);
}
EMULATE Emulated
emulated_shuffle32(Emulated a, int order)
{
	LANEWISE(d, 16, a.d[i / 4 * 4 + (order >> (2 * (i % 4)) & 3)]);
}
EMULATE Emulated
emulated_set16(int v)
{
	LANEWISE(s, 32, (gint16)v);
}
EMULATE Emulated
emulated_set32(int v)
{
	LANEWISE(d, 16, v);
}
EMULATE Emulated
emulated_set64(gint64 v)
{
	LANEWISE(q, 8, v);
}
EMULATE Emulated
emulated_quarters(__m128i v)
{
	Emulated r;

	for (int i = 0; i < 4; i++)
		memcpy(r.b + 16 * i, &v, 16);
	return r;
}
EMULATE Emulated
emulated_load(const void *from)
{
	Emulated r;

	memcpy(&r, from, sizeof r);
	return r;
}
EMULATE void
emulated_store(void *to, Emulated a)
{
	memcpy(to, &a, sizeof a);
}
EMULATE void
emulated_store256(void *to, Emulated256 a)
{
	memcpy(to, &a, sizeof a);
}

/* ---- masks, of a bit a lane */

EMULATE guint16
emulated_less(Emulated a, Emulated b)
{
	unsigned mask = 0;

	for (int i = 0; i < 16; i++)
		mask |= (unsigned)(a.d[i] < b.d[i]) << i;
	return (guint16)mask;
}
EMULATE Emulated
emulated_blend32(guint16 mask, Emulated a, Emulated b)
{
	LANEWISE(d, 16, mask >> i & 1 ? b.d[i] : a.d[i]);
}
EMULATE Emulated
emulated_blend16(guint32 mask, Emulated a, Emulated b)
{
	LANEWISE(s, 32, mask >> i & 1 ? b.s[i] : a.s[i]);
}
EMULATE Emulated
emulated_blend64(guint8 mask, Emulated a, Emulated b)
{
	LANEWISE(q, 8, mask >> i & 1 ? b.q[i] : a.q[i]);
}

/* ---- between sizes */

EMULATE Emulated256
emulated_narrow64(Emulated a)
{
	Emulated256 r;

	for (int i = 0; i < 8; i++)
		memcpy(r.b + 4 * i, &a.d[2 * i], 4);
	return r;
}
EMULATE __m128i
emulated_narrow32(Emulated a)
{
	guint8 r[16];

	for (int i = 0; i < 16; i++)
		r[i] = (guint8)a.d[i];
	return _mm_loadu_si128((const __m128i *)r);
}
EMULATE Emulated
emulated_widen(Emulated256 a)
{
	Emulated r;

	memset(&r, 0xA5, sizeof r); /* the upper half is undefined */
	memcpy(&r, &a, sizeof a);
	return r;
}
EMULATE Emulated256
emulated_half(Emulated a)
{
	Emulated256 r;

	memcpy(&r, &a, sizeof r);
	return r;
}
EMULATE Emulated
emulated_insert_half(Emulated a, Emulated256 b, int at)
{
	memcpy(a.b + 32 * at, &b, sizeof b);
	return a;
}
EMULATE __m128i
emulated_quarter(Emulated a, int at)
{
	return _mm_loadu_si128((const __m128i *)(a.b + 16 * at));
}

/* ---- their names, of which some headers have macros */

#undef _mm512_cmpge_epi32_mask
#undef _mm512_cmplt_epi32_mask
#undef _mm512_extracti32x4_epi32
#undef _mm512_inserti64x4
#undef _mm512_setr_epi32
#undef _mm512_setr_epi64
#undef _mm512_shuffle_epi32
#undef _mm512_slli_epi32
#undef _mm512_srai_epi32
#undef _mm512_srli_epi16
#undef _mm512_srli_epi64

#define __mmask8                      guint8
#define __mmask16                     guint16
#define __mmask32                     guint32
#define _mm256_storeu_si256(p, a)     emulated_store256(p, a)
#define _mm512_abs_epi32              emulated_abs32
#define _mm512_add_epi32              emulated_add32
#define _mm512_add_epi64              emulated_add64
#define _mm512_and_si512              emulated_and
#define _mm512_broadcast_i32x4        emulated_quarters
#define _mm512_castsi256_si512        emulated_widen
#define _mm512_castsi512_si256        emulated_half
#define _mm512_cmplt_epi32_mask       emulated_less
#define _mm512_cvtepi32_epi8          emulated_narrow32
#define _mm512_cvtepi64_epi32         emulated_narrow64
#define _mm512_inserti64x4            emulated_insert_half
#define _mm512_load_si512             emulated_load
#define _mm512_loadu_si512            emulated_load
#define _mm512_madd_epi16             emulated_madd16
/* A macro of gcc where it does not optimise. */
#undef _mm512_mask_blend_epi16
#define _mm512_mask_blend_epi16       emulated_blend16
#define _mm512_max_epi32              emulated_max32
#define _mm512_min_epi32              emulated_min32
#define _mm512_mulhrs_epi16           emulated_mulhrs16
#define _mm512_mullo_epi32            emulated_mul32
#define _mm512_mullo_epi64            emulated_mul64
#define _mm512_packs_epi32            emulated_packs32
#define _mm512_packus_epi16           emulated_packus16
#define _mm512_permutexvar_epi32      emulated_permute32
#define _mm512_set1_epi16             emulated_set16
#define _mm512_set1_epi32             emulated_set32
#define _mm512_set1_epi64             emulated_set64
#define _mm512_setzero_si512()        emulated_set32(0)
#define _mm512_slli_epi32             emulated_left32
#define _mm512_srai_epi32             emulated_right32
#define _mm512_srli_epi16             emulated_right16
#define _mm512_store_si512            emulated_store
#define _mm512_storeu_si512           emulated_store
#define _mm512_sub_epi32              emulated_sub32
#define _mm512_cmpge_epi32_mask(a, b) ((guint16)~emulated_less(a, b))
#define _mm512_extracti32x4_epi32     emulated_quarter
#define _mm512_mask_add_epi32(old, mask, a, b)                                 \
	emulated_blend32(mask, old, emulated_add32(a, b))
#define _mm512_mask_sub_epi32(old, mask, a, b)                                 \
	emulated_blend32(mask, old, emulated_sub32(a, b))
#define _mm512_mask_set1_epi64(old, mask, v)                                   \
	emulated_blend64(mask, old, emulated_set64(v))
#define _mm512_setr_epi32(...) ((Emulated){ .d = { __VA_ARGS__ } })
#define _mm512_setr_epi64(...) ((Emulated){ .q = { __VA_ARGS__ } })
#define _mm512_shuffle_epi32   emulated_shuffle32
#define _mm512_shuffle_epi8    emulated_shuffle8
#define _mm512_srli_epi64      emulated_right64

#endif
