/*
 * The kernel for AVX2 and FMA: eight floats at a time, and products of 6 rows
 * by 16 columns, whose sums take 12 of the 16 registers.
 */
#ifdef __x86_64__

#include <immintrin.h>

#include "train/winograd_kernel.h"

typedef __m256 Vec;

#define TARGET __attribute__((target("avx2,fma")))
#define INLINE __attribute__((target("avx2,fma"), always_inline)) static inline

enum { LANES = 8 };

INLINE Vec
load(const float *p)
{
	return _mm256_loadu_ps(p);
}

INLINE void
store(float *p, Vec v)
{
	_mm256_storeu_ps(p, v);
}

INLINE Vec
set1(float x)
{
	return _mm256_set1_ps(x);
}

INLINE Vec
madd(Vec a, Vec b, Vec c)
{
	return _mm256_fmadd_ps(a, b, c);
}

INLINE Vec
max(Vec a, Vec b)
{
	return _mm256_max_ps(b, a);
}

INLINE Vec
above_zero(Vec m, Vec v)
{
	return _mm256_and_ps(v, _mm256_cmp_ps(m, set1(0), _CMP_GT_OQ));
}

#define dot madd

#include "train/winograd_f4.inc"

enum { MOST_ROWS = 6 };

#include "train/winograd_product.inc"

#include "train/winograd_fetch.inc"

/* A constant number of rows lets the compiler hold their sums in registers. */
#define ROWS(n)                                                                \
	case n:                                                                \
		multiply_rows(p, n, 1, a, b, c);                               \
		break

INLINE void
multiply_some(const WinogradProduct *p, int rows, const float *a,
	      const float *b, float *c)
{
	switch (rows) {
		ROWS(1);
		ROWS(2);
		ROWS(3);
		ROWS(4);
		ROWS(5);
		ROWS(6);
	}
}

TARGET static void
multiply(const WinogradProduct *p)
{
	const int calls = count_calls(p->rows) * p->panels;
	Fetch soon_a = fetch_from(&p->soon[0], calls);
	Fetch soon_b = fetch_from(&p->soon[1], calls);

	for (int panel = 0; panel < p->panels; panel++) {
		const float *a = p->a, *b = p->b + (gsize)panel * p->b_panel;
		float *c = p->c + panel * WINOGRAD_GROUP;

		for (int r = 0, rows; r < p->rows; r += rows) {
			rows = next_rows(p->rows - r);
			fetch_some(&soon_a);
			fetch_some(&soon_b);
			if (p->add)
				fetch_sums(c, p->c_row, rows);
			multiply_some(p, rows, a, b, c);
			a += (gsize)rows * p->a_row;
			c += (gsize)rows * p->c_row;
		}
	}
}

const WinogradKernel winograd_avx2 = {
	.tile = TILE,
	.patch = PATCH,
	.pair = 1,
	.cut = &winograd_cut,
	.input = input,
	.output = output,
	.input_along = input_along,
	.gradient = gradient,
	.weights = weights,
	.weights_gradient = weights_gradient,
	.multiply = multiply,
};

#else
typedef int not_for_this_cpu;
#endif
