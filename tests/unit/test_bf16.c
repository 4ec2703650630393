/* bfloat16 in plain C. */
#include "tests/support/kwtest.h"

#include <math.h>

#include "tests/support/traindata.h"
#include "train/bf16.h"

/* Every value of bf16 comes back; no number stays none. */
static void
test_round_trip(void **state)
{
	(void)state;
	for (guint32 bits = 0; bits < 65536; bits++) {
		const float value = bf16_to_float((guint16)bits);
		const guint16 back = bf16_from_float(value);

		if (isnan(value))
			assert_true(isnan(bf16_to_float(back)));
		else
			assert_int_equal(back, bits);
	}
}

static void
test_rounding(void **state)
{
	static const struct {
		float value, rounded;
	} cases[] = {
		{ 1.0f + 0x1p-9f, 1.0f },                /* below the middle */
		{ 1.0f + 0x1p-8f, 1.0f },                /* a tie, to even */
		{ 1.0f + 0x1p-7f + 0x1p-8f, 1.015625f }, /* the other one */
		{ 1.0f + 0x1p-8f + 0x1p-20f, 1.0078125f },
		{ -1.0f - 0x1p-8f - 0x1p-20f, -1.0078125f },
		{ 3.3e38f, 0x1.fp127f },
		{ 0x1.ffp127f, INFINITY },
		{ INFINITY, INFINITY },
		{ -INFINITY, -INFINITY },
		{ -0.0f, -0.0f },
		{ 0x1p-133f, 0x1p-133f }, /* the smallest one */
		{ 0x1p-134f, 0.0f },      /* half of it: a tie */
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const float got =
			bf16_to_float(bf16_from_float(cases[i].value));

		if (got != cases[i].rounded ||
		    !signbit(got) != !signbit(cases[i].rounded))
			fail_msg("%a becomes %a", (double)cases[i].value,
				 (double)got);
	}
	/* The lower half alone says that it is no number. */
	assert_true(isnan(
		bf16_to_float(bf16_from_float(bf16_to_float(0x7f80) * 0.0f))));
	const union {
		guint32 bits;
		float value;
	} low = { .bits = 0x7f800001 };
	assert_true(isnan(bf16_to_float(bf16_from_float(low.value))));
}

static void
test_arrays(void **state)
{
	enum { N = 1027 };
	float values[N];
	guint16 got[N];

	(void)state;
	random_floats(values, N, 3);
	bf16_from_floats(got, values, N);
	for (int i = 0; i < N; i++) {
		assert_int_equal(got[i], bf16_from_float(values[i]));
		assert_true(fabsf(bf16_to_float(got[i]) - values[i]) <=
			    fabsf(values[i]) * 0x1p-8f);
	}
}

static void
test_relu_backward(void **state)
{
	/* 0, -0, 1, -1, the smallest one above and below zero, infinities */
	static const guint16 output[] = { 0,      0x8000, 0x3f80, 0xbf80,
					  0x0001, 0x8001, 0x7f80, 0xff80 };
	static const gboolean passes[] = { 0, 0, 1, 0, 1, 0, 1, 0 };
	guint16 gradient[G_N_ELEMENTS(output)];

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(output); i++)
		gradient[i] = (guint16)(0xc000 + i);
	bf16_relu_backward(gradient, output, G_N_ELEMENTS(output));
	for (gsize i = 0; i < G_N_ELEMENTS(output); i++)
		assert_int_equal(gradient[i], passes[i] ? 0xc000 + i : 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_rounding),
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_relu_backward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
