#include "tests/support/kwtest.h"

#include "kw/random.h"

/* What kw-dataset(5) promises: the words of a block for a key and a draw. */
static const struct {
	KwRandomKey key;
	guint16 draw;
	guint32 words[4];
} vectors[] = {
	/* Random123's known answers for philox4x32, 10 rounds */
	{ { 0, 0, 0, (KwPurpose)0 },
	  0,
	  { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
	{ { G_MAXUINT64, G_MAXUINT64, G_MAXUINT32, (KwPurpose)0xffff },
	  0xffff,
	  { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
	{ { 0x299f31d0a4093822, 0x85a308d3243f6a88, 0x13198a2e,
	    (KwPurpose)0x0370 },
	  0x7344,
	  { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
	/* one of each purpose, from an implementation in Python */
	{ { 42, 0xb70a8ec37b42878f, 1, KW_PURPOSE_TRANSFORM },
	  7,
	  { 0xf8556dd8, 0xcd40b2c7, 0xf943b69a, 0x26cd0d51 } },
	{ { 42, 0xb70a8ec37b42878f, 0, KW_PURPOSE_SPLIT },
	  0,
	  { 0x97db0c85, 0x3d276599, 0x6f6c4e50, 0xacd9ee2d } },
	{ { 42, 0xb70a8ec37b42878f, 0, KW_PURPOSE_ORDER },
	  0,
	  { 0x70fabf5c, 0x0eb9e400, 0xe2a6fe0a, 0xa234b306 } },
	{ { 42, 0xb70a8ec37b42878f, 3, KW_PURPOSE_SHUFFLE },
	  2,
	  { 0xee97238c, 0xa5fc58a7, 0xff62513f, 0x19f63194 } },
	{ { 0xfedcba9876543210, 1234567890123, 3, KW_PURPOSE_DROPOUT },
	  255,
	  { 0x35b9e75d, 0x86aaddb5, 0x21f33280, 0xf3f2b729 } },
	{ { 0xfedcba9876543210, 6422527, 5, KW_PURPOSE_INITIAL_WEIGHTS },
	  0,
	  { 0x392cd85e, 0x82f72108, 0x2d754db8, 0x967f5edc } },
	{ { 0, 18815, 0xabcdef, KW_PURPOSE_NOISE },
	  0,
	  { 0x0e9a4e77, 0x7849e524, 0x9df3ab9a, 0x0fbe2a36 } },
	{ { 0, 9407, 0xabcdef, KW_PURPOSE_ERASE },
	  0,
	  { 0x339a06a9, 0x276bba2b, 0x974276fd, 0xe65bef73 } },
};

static const KwRandomKey wallaby = { 42, 0xb70a8ec37b42878f, 1,
				     KW_PURPOSE_TRANSFORM };

static void
blocks_are_the_documented_ones(void **state)
{
	guint32 words[4];

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(vectors); i++) {
		kw_random_block(&vectors[i].key, vectors[i].draw, words);
		assert_memory_equal(words, vectors[i].words, sizeof words);
	}
}

static void
a_u64_has_word_1_on_top_of_word_0(void **state)
{
	(void)state;
	assert_int_equal(kw_random_u64(&wallaby, 0), 0x543ad45564fb699a);
}

static void
a_uniform_number_is_the_upper_53_bits(void **state)
{
	(void)state;
	assert_true(kw_random_uniform(&wallaby, 0) == 0.32902266583276474);
	assert_true(kw_random_uniform(&wallaby, 7) == 0.8017684686859262);
}

static void
uniform_numbers_fill_the_unit_interval_evenly(void **state)
{
	enum { N = 60000, BINS = 10 };
	KwRandomKey key = { .seed = 1, .purpose = KW_PURPOSE_ORDER };
	int bins[BINS] = { 0 };

	(void)state;
	for (int i = 0; i < N; i++) {
		double u;

		key.subject = (guint64)i;
		u = kw_random_uniform(&key, 0);
		assert_true(u >= 0 && u < 1);
		bins[(int)(u * BINS)]++;
	}
	/* 6000 expected, standard deviation 73 */
	for (int bin = 0; bin < BINS; bin++)
		assert_in_range(bins[bin], 6000 - 5 * 73, 6000 + 5 * 73);
}

static void
a_number_between_two_equal_bounds_is_that_bound(void **state)
{
	(void)state;
	assert_true(kw_random_between(&wallaby, 0, 0.1, 0.1) == 0.1);
}

static void
numbers_between_bounds_scale_the_uniform_number(void **state)
{
	double u = kw_random_uniform(&wallaby, 3);

	(void)state;
	assert_true(kw_random_between(&wallaby, 3, -45, 45) == -45 + 90 * u);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_the_documented_ones),
		cmocka_unit_test(a_u64_has_word_1_on_top_of_word_0),
		cmocka_unit_test(a_uniform_number_is_the_upper_53_bits),
		cmocka_unit_test(uniform_numbers_fill_the_unit_interval_evenly),
		cmocka_unit_test(
			a_number_between_two_equal_bounds_is_that_bound),
		cmocka_unit_test(
			numbers_between_bounds_scale_the_uniform_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
