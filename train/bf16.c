#include "train/bf16.h"

void
bf16_from_floats(guint16 *restrict to, const float *restrict from, gsize n)
{
#pragma omp parallel for simd schedule(static)
	for (gsize i = 0; i < n; i++)
		to[i] = bf16_from_float(from[i]);
}
