/*
 * The kernel in plain C, with vectors of four floats, which every compiler
 * makes something of.
 */
#include "train/winograd_kernel.h"

typedef float Vec __attribute__((vector_size(16)));
typedef float Unaligned __attribute__((vector_size(16), aligned(4)));
typedef gint32 Mask __attribute__((vector_size(16)));

#define INLINE __attribute__((always_inline)) static inline
#define TARGET

enum { LANES = 4, MOST_ROWS = 2 };

INLINE Vec
load(const float *p)
{
	return *(const Unaligned *)p;
}

INLINE void
store(float *p, Vec v)
{
	*(Unaligned *)p = v;
}

INLINE Vec
set1(float x)
{
	return (Vec){ x, x, x, x };
}

INLINE Vec
madd(Vec a, Vec b, Vec c)
{
	return a * b + c;
}

INLINE Vec
above_zero(Vec m, Vec v)
{
	return (Vec)((Mask)v & (Mask)(m > set1(0)));
}

INLINE Vec
max(Vec a, Vec b)
{
	const Mask above = (Mask)(b > a);

	return (Vec)(((Mask)b & above) | ((Mask)a & ~above));
}

#include "train/winograd_transform.inc"

static void
multiply(const WinogradProduct *p)
{
	for (int panel = 0; panel < p->panels; panel++) {
		const float *a = p->a, *b = p->b + (gsize)panel * p->b_panel;
		float *c = p->c + panel * WINOGRAD_GROUP;
		int r = 0;

		for (; r + 2 <= p->rows; r += 2) {
			multiply_rows(p, 2, 1, a, b, c);
			a += 2 * p->a_row;
			c += 2 * p->c_row;
		}
		if (r < p->rows)
			multiply_rows(p, 1, 1, a, b, c);
	}
}

const WinogradKernel winograd_generic = {
	.input = input,
	.output = output,
	.gradient = gradient,
	.weights = weights,
	.weights_gradient = weights_gradient,
	.multiply = multiply,
};
