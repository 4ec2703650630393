/* The bf16 kernel in plain C. */
#include "train/winograd_kernel.h"

#include <string.h>

#include "train/bf16.h"
#include "train/winograd_generic.inc"

INLINE Vec
load_bf16(const guint16 *p)
{
	return (Vec){ bf16_to_float(p[0]), bf16_to_float(p[1]),
		      bf16_to_float(p[2]), bf16_to_float(p[3]) };
}

INLINE void
store_bf16(guint16 *p, Vec v)
{
	for (int i = 0; i < LANES; i++)
		p[i] = bf16_from_float(v[i]);
}

INLINE void
store_pairs(WinogradWord *p, Vec a, Vec b)
{
	Mask words;

	for (int i = 0; i < LANES; i++)
		words[i] = (gint32)((guint32)bf16_from_float(b[i]) << 16 |
				    bf16_from_float(a[i]));
	memcpy(p, &words, sizeof words);
}

/* The lower halves of words as floats, and the upper ones. */
INLINE Vec
lower(Vec words)
{
	return (Vec)((Mask)words << 16);
}

INLINE Vec
upper(Vec words)
{
	return (Vec)((Mask)words & -0x10000);
}

/* In the order of the instruction (Intel, VDPBF16PS). */
INLINE Vec
dot(Vec a, Vec b, Vec c)
{
	return lower(a) * lower(b) + (upper(a) * upper(b) + c);
}

#include "train/winograd_f2.inc"

#include "train/winograd_generic_product.inc"

const WinogradKernel winograd_generic_bf16 = {
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
