/* The float32 kernel for AVX-512. */
#ifdef __x86_64__

#include <immintrin.h>

#include "train/winograd_kernel.h"

#define TARGET __attribute__((target("avx512f")))
#define INLINE __attribute__((target("avx512f"), always_inline)) static inline

#include "train/avx512.inc"

#define dot madd

#include "train/winograd_f4.inc"

#include "train/winograd_avx512_product.inc"

const WinogradKernel winograd_avx512 = {
	.tile = TILE,
	.patch = PATCH,
	.pair = 1,
	.cut = &winograd_cut_avx512,
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
