/* The bf16 kernel for AVX512_BF16, which multiplies pairs. */
#ifdef __x86_64__

#include <immintrin.h>

#include "train/winograd_kernel.h"

#include "train/avx512_bf16.inc"

#include "train/winograd_f2.inc"

INLINE Vec
dot(Vec a, Vec b, Vec c)
{
	return _mm512_dpbf16_ps(c, (__m512bh)a, (__m512bh)b);
}

#include "train/winograd_avx512_product.inc"

const WinogradKernel winograd_avx512_bf16 = {
	.tile = TILE,
	.patch = PATCH,
	.pair = 2,
	.cut = &winograd_cut_bf16,
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
