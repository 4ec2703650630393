/*
 * winograd_emulated_avx512_bf16: the kernel for AVX512_BF16, with the few
 * instructions that it takes made of plain C.
 */
#ifdef __x86_64__

#include "tests/support/winograd_emulated.h"

#include "tests/support/winograd_emulated_vec.h"
#include "train/bf16.h"

typedef guint16 Halves __attribute__((vector_size(32)));
typedef guint16 Words __attribute__((vector_size(64)));
typedef guint32 Integers __attribute__((vector_size(64)));

/* ---- memory, and vectors taken as others */

EMULATE Halves
emulated_load_256(const void *p)
{
	Halves v;

	memcpy(&v, p, sizeof v);
	return v;
}

EMULATE void
emulated_store_256(void *p, Halves v)
{
	memcpy(p, &v, sizeof v);
}

EMULATE void
emulated_store_512(void *p, Words v)
{
	memcpy(p, &v, sizeof v);
}

/* The last argument comes first. */
#define emulated_set(w31, w30, w29, w28, w27, w26, w25, w24, w23, w22, w21,    \
		     w20, w19, w18, w17, w16, w15, w14, w13, w12, w11, w10,    \
		     w9, w8, w7, w6, w5, w4, w3, w2, w1, w0)                   \
	((Words){ w0,  w1,  w2,  w3,  w4,  w5,  w6,  w7,  w8,  w9,  w10,       \
		  w11, w12, w13, w14, w15, w16, w17, w18, w19, w20, w21,       \
		  w22, w23, w24, w25, w26, w27, w28, w29, w30, w31 })

/* ---- instructions */

/* vpmovzxwd */
EMULATE Words
emulated_widen(Halves v)
{
	Integers wide;

	for (int i = 0; i < 16; i++)
		wide[i] = v[i];
	return (Words)wide;
}

/* vpslld */
EMULATE Words
emulated_shift_left(Words v, int by)
{
	return (Words)((Integers)v << by);
}

/* vpermw */
EMULATE Words
emulated_permute(Words from, Words v)
{
	Words to;

	for (int i = 0; i < 32; i++)
		to[i] = v[from[i] & 31];
	return to;
}

/* vcvtneps2bf16 */
EMULATE Halves
emulated_round(Sixteen v)
{
	Halves to;

	for (int i = 0; i < 16; i++)
		to[i] = bf16_from_float(v[i]);
	return to;
}

/* vcvtne2ps2bf16: the second one becomes the lower half */
EMULATE Words
emulated_round_two(Sixteen a, Sixteen b)
{
	Words to;

	for (int i = 0; i < 16; i++) {
		to[i] = bf16_from_float(b[i]);
		to[16 + i] = bf16_from_float(a[i]);
	}
	return to;
}

/* vdpbf16ps: the upper halves first, and each product is added with a rounding
 * of its own; those of bf16 are exact. */
EMULATE Sixteen
emulated_dot(Sixteen c, Words a, Words b)
{
	for (int i = 0; i < 16; i++)
		for (int half = 1; half >= 0; half--)
			c[i] += bf16_to_float(a[2 * i + half]) *
				bf16_to_float(b[2 * i + half]);
	return c;
}

#define __m256i               Halves
#define __m512i               Words
#define __m512bh              Words
#define _mm256_loadu_si256    emulated_load_256
#define _mm256_storeu_si256   emulated_store_256
#define _mm512_storeu_si512   emulated_store_512
#define _mm512_set_epi16      emulated_set
#define _mm512_castsi512_ps   (Sixteen)
#define _mm512_cvtepu16_epi32 emulated_widen
#undef _mm512_slli_epi32 /* a macro where nothing is optimised */
#define _mm512_slli_epi32        emulated_shift_left
#define _mm512_permutexvar_epi16 emulated_permute
#define _mm512_cvtneps_pbh       emulated_round
#define _mm512_cvtne2ps_pbh      emulated_round_two
#define _mm512_dpbf16_ps         emulated_dot

#define winograd_avx512_bf16 winograd_emulated_avx512_bf16
#include "train/winograd_avx512_bf16.c"

#else
typedef int not_for_this_cpu;
#endif
