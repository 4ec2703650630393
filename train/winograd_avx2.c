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

enum { LANES = 8, MOST_ROWS = 6 };

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

#include "train/winograd_transform.h"

/* A constant number of rows lets the compiler hold their sums in registers. */
#define ROWS(n)                                                                \
	case n:                                                                \
		multiply_rows(n, p->steps, a, p->a_row, p->a_step, b, c,       \
			      p->c_row, p->add);                               \
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

/* How many rows to take next: the last ones are halved rather than cut to one
 * or two, which would wait for their own sums. */
static int
next_rows(int left)
{
	if (left >= 2 * MOST_ROWS || left <= MOST_ROWS)
		return MIN(left, MOST_ROWS);
	return (left + 1) / 2;
}

/* A stretch on its way into the second cache, some of it before each few rows.
 */
typedef struct {
	const char *at, *end;
	gsize step;
} Fetch;

enum { LINE = 64 };

static Fetch
fetch_from(const WinogradStretch *stretch, int calls)
{
	const char *at = (const char *)stretch->at;
	const gsize bytes = stretch->floats * sizeof(float);

	return (Fetch){ at, at + bytes, bytes / (gsize)calls + LINE };
}

static inline void
fetch_some(Fetch *fetch)
{
	const char *end = MIN(fetch->at + fetch->step, fetch->end);

	for (; fetch->at < end; fetch->at += LINE)
		_mm_prefetch(fetch->at, _MM_HINT_T1);
}

/* What sums are added to when they are complete. */
static inline void
fetch_sums(const float *c, gsize c_row, int rows)
{
	for (int r = 0; r < rows; r++, c += c_row)
		_mm_prefetch((const char *)c, _MM_HINT_T0);
}

TARGET static void
multiply(const WinogradProduct *p)
{
	const int calls = (p->rows + MOST_ROWS - 1) / MOST_ROWS * p->panels;
	Fetch a = fetch_from(&p->soon[0], calls);
	Fetch b = fetch_from(&p->soon[1], calls);

	for (int panel = 0; panel < p->panels; panel++) {
		const float *right = p->b + (gsize)panel * p->b_panel;
		float *c = p->c + panel * WINOGRAD_GROUP;

		for (int r = 0, rows; r < p->rows; r += rows) {
			rows = next_rows(p->rows - r);
			fetch_some(&a);
			fetch_some(&b);
			if (p->add)
				fetch_sums(c, p->c_row, rows);
			multiply_some(p, rows, p->a + (gsize)r * p->a_row,
				      right, c);
			c += (gsize)rows * p->c_row;
		}
	}
}

const WinogradKernel winograd_avx2 = {
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
