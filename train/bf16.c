#include "train/bf16.h"

void
bf16_from_floats(guint16 *restrict to, const float *restrict from, gsize n)
{
#pragma omp parallel for simd schedule(static)
	for (gsize i = 0; i < n; i++)
		to[i] = bf16_from_float(from[i]);
}

void
bf16_relu_backward(guint16 *restrict gradient, const guint16 *restrict output,
		   gsize n)
{
	/* As an integer with a sign, a number is above zero where it is. */
#pragma omp parallel for simd schedule(static)
	for (gsize i = 0; i < n; i++)
		gradient[i] = (gint16)output[i] > 0 ? gradient[i] : 0;
}
