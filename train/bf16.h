/*
 * bfloat16, the upper half of a float32: eight bits of exponent and seven of
 * mantissa.  The layers that are plain C work on it in here.
 */
#ifndef KW_TRAIN_BF16_H
#define KW_TRAIN_BF16_H

#include <glib.h>

static inline float
bf16_to_float(guint16 value)
{
	union {
		guint32 bits;
		float value;
	} u = { .bits = (guint32)value << 16 };

	return u.value;
}

/* To the nearest, of two the even one, as oneDNN and the CPUs round; what is
 * no number stays none. */
static inline guint16
bf16_from_float(float value)
{
	union {
		float value;
		guint32 bits;
	} u = { .value = value };
	const guint32 rounded = u.bits + 0x7fff + (u.bits >> 16 & 1);
	const gboolean is_nan = (u.bits & 0x7fffffff) > 0x7f800000;

	return (guint16)((is_nan ? u.bits | 0x400000 : rounded) >> 16);
}

/* n values, rounded; by all threads. */
void bf16_from_floats(guint16 *restrict to, const float *restrict from,
		      gsize n);

/* No gradient passes where the output of a ReLU is zero: n values. */
void bf16_relu_backward(guint16 *restrict gradient,
			const guint16 *restrict output, gsize n);

#endif
