/* The float32 kernel in plain C. */
#include "train/winograd_kernel.h"

#include "train/winograd_generic.inc"

#define dot madd

#include "train/winograd_f4.inc"

#include "train/winograd_generic_product.inc"

const WinogradKernel winograd_generic = {
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
