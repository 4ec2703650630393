/*
 * The instructions of train/avx512.inc in plain C, under the names
 * of their intrinsics; for the files winograd_emulated*.c, which include it
 * before a kernel.
 */
#ifndef TESTS_WINOGRAD_EMULATED_VEC_H
#define TESTS_WINOGRAD_EMULATED_VEC_H

#include <glib.h>
#include <immintrin.h>
#include <math.h>
#include <string.h>

/* Vectors are passed in one file alone. */
#pragma GCC diagnostic ignored "-Wpsabi"

typedef float Sixteen __attribute__((vector_size(64)));

#define target(...) /* the attribute: this is ordinary code */
#define EMULATE     __attribute__((noinline, unused)) static

EMULATE Sixteen
emulated_load(const float *p)
{
	Sixteen v;

	memcpy(&v, p, sizeof v);
	return v;
}

EMULATE void
emulated_store(float *p, Sixteen v)
{
	memcpy(p, &v, sizeof v);
}

EMULATE Sixteen
emulated_set1(float x)
{
	return (Sixteen){ x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x };
}

EMULATE Sixteen
emulated_fmadd(Sixteen a, Sixteen b, Sixteen c)
{
	for (int i = 0; i < 16; i++)
		c[i] = fmaf(a[i], b[i], c[i]);
	return c;
}

/* The second one where either is no number. */
EMULATE Sixteen
emulated_max(Sixteen a, Sixteen b)
{
	for (int i = 0; i < 16; i++)
		b[i] = a[i] > b[i] ? a[i] : b[i];
	return b;
}

/* _CMP_GT_OQ alone */
EMULATE guint16
emulated_above(Sixteen a, Sixteen b)
{
	guint16 mask = 0;

	for (int i = 0; i < 16; i++)
		mask |= (guint16)((a[i] > b[i]) << i);
	return mask;
}

EMULATE Sixteen
emulated_maskz_mov(guint16 mask, Sixteen v)
{
	for (int i = 0; i < 16; i++)
		v[i] = mask >> i & 1 ? v[i] : 0;
	return v;
}

#define __m512           Sixteen
#define _mm512_loadu_ps  emulated_load
#define _mm512_storeu_ps emulated_store
#define _mm512_set1_ps   emulated_set1
#define _mm512_fmadd_ps  emulated_fmadd
#define _mm512_max_ps    emulated_max
#undef _mm512_cmp_ps_mask /* a macro where nothing is optimised */
#define _mm512_cmp_ps_mask(a, b, op) emulated_above(a, b)
#define _mm512_maskz_mov_ps          emulated_maskz_mov

#endif
