/*
 * The kernel for AVX-512: sixteen floats at a time, and products of 14 rows by
 * two panels of 16 columns, whose sums take 28 of the 32 registers.
 */
#ifdef __x86_64__

#include <immintrin.h>

#include "train/winograd_kernel.h"

typedef __m512 Vec;

#define TARGET __attribute__((target("avx512f")))
#define INLINE __attribute__((target("avx512f"), always_inline)) static inline

enum { LANES = 16, MOST_ROWS = 14 };

INLINE Vec
load(const float *p)
{
	return _mm512_loadu_ps(p);
}

INLINE void
store(float *p, Vec v)
{
	_mm512_storeu_ps(p, v);
}

INLINE Vec
set1(float x)
{
	return _mm512_set1_ps(x);
}

INLINE Vec
madd(Vec a, Vec b, Vec c)
{
	return _mm512_fmadd_ps(a, b, c);
}

INLINE Vec
max(Vec a, Vec b)
{
	return _mm512_max_ps(b, a);
}

INLINE Vec
above_zero(Vec m, Vec v)
{
	return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(m, set1(0), _CMP_GT_OQ),
				   v);
}

#include "train/winograd_transform.inc"

#include "train/winograd_fetch.inc"

/* Constant numbers of rows and panels let the compiler hold their sums in
 * registers. */
#define ROWS(n)                                                                \
	case n:                                                                \
		multiply_rows(p, n, panels, a, b, c);                          \
		break

INLINE void
multiply_some(const WinogradProduct *p, int rows, int panels, const float *a,
	      const float *b, float *c)
{
	switch (rows) {
		ROWS(1);
		ROWS(2);
		ROWS(3);
		ROWS(4);
		ROWS(5);
		ROWS(6);
		ROWS(7);
		ROWS(8);
		ROWS(9);
		ROWS(10);
		ROWS(11);
		ROWS(12);
		ROWS(13);
		ROWS(14);
	}
}

/* All rows of one or two panels. */
INLINE void
multiply_panels(const WinogradProduct *p, int panel, int panels, Fetch *soon_a,
		Fetch *soon_b)
{
	const float *a = p->a, *b = p->b + (gsize)panel * p->b_panel;
	float *c = p->c + panel * WINOGRAD_GROUP;

	for (int r = 0, rows; r < p->rows; r += rows) {
		rows = next_rows(p->rows - r);
		fetch_some(soon_a);
		fetch_some(soon_b);
		for (int i = 0; p->add && i < panels; i++)
			fetch_sums(c + i * WINOGRAD_GROUP, p->c_row, rows);
		multiply_some(p, rows, panels, a, b, c);
		a += (gsize)rows * p->a_row;
		c += (gsize)rows * p->c_row;
	}
}

TARGET static void
multiply(const WinogradProduct *p)
{
	const int calls = count_calls(p->rows) * ((p->panels + 1) / 2);
	Fetch soon_a = fetch_from(&p->soon[0], calls);
	Fetch soon_b = fetch_from(&p->soon[1], calls);
	int panel = 0;

	for (; panel + 2 <= p->panels; panel += 2)
		multiply_panels(p, panel, 2, &soon_a, &soon_b);
	if (panel < p->panels)
		multiply_panels(p, panel, 1, &soon_a, &soon_b);
}

const WinogradKernel winograd_avx512 = {
	.input = input,
	.output = output,
	.gradient = gradient,
	.weights = weights,
	.weights_gradient = weights_gradient,
	.multiply = multiply,
};

#else
typedef int not_for_this_cpu;
#endif
