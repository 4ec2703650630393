/* Batches of a network for use: equally large, and not too large. */
#include "tests/support/kwtest.h"
#include "train/batch_size.h"

static void
batches_are_about_equal(void **state)
{
	static const struct {
		gsize n;
		int most, batch;
	} cases[] = {
		{ 0, 8, 1 },  { 1, 8, 1 },    { 3, 8, 3 },
		{ 8, 8, 8 },  { 9, 8, 5 },    { 16, 8, 8 },
		{ 17, 8, 6 }, { 100, 8, 8 },  { 25, 8, 7 },
		{ 5, 1, 1 },  { 65, 64, 33 }, { G_MAXINT32, 8, 8 },
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_int_equal(batch_size_even(cases[i].n, cases[i].most),
				 cases[i].batch);
	/* As few batches as can be, and in each less than one image a batch
	 * for nothing. */
	for (int n = 1; n < 200; n++)
		for (int most = 1; most < 20; most++) {
			const int batch = batch_size_even((gsize)n, most);
			const int batches = (n + batch - 1) / batch;

			assert_in_range(batch, 1, most);
			assert_int_equal(batches, (n + most - 1) / most);
			assert_true(batches * batch - n < batches);
		}
}

static void
memory_is_a_limit(void **state)
{
	NetworkSpec spec = { .height = 64,
			     .width = 64,
			     .channels = 3,
			     .classes = 2,
			     .freeze = VGG19_KERAS_LAYERS,
			     .threads = 1 };
	gsize bytes[9];
	GError *error = NULL;

	(void)state;
	for (int batch = 1; batch <= 8; batch++) {
		NetworkMemory memory;

		spec.batch = batch;
		network_memory(&spec, &memory, &error);
		test_assert_no_error(error);
		bytes[batch] = memory.total;
	}
	for (int i = 0; i <= 8; i++) {
		/* 40 images, 8 at a time: halved until they fit */
		static const int expected[] = { 1, 1, 2, 2, 4, 4, 4, 4, 8 };
		const gsize room = i == 0 ? 0 : bytes[i];

		assert_true(batch_size_choose(&spec, 40, 8, room, &error));
		test_assert_no_error(error);
		assert_int_equal(spec.batch, expected[i]);
		assert_true(i == 0 || bytes[spec.batch] <= room);
	}
	assert_true(batch_size_choose(&spec, 3, 8, G_MAXUINT64, &error));
	assert_int_equal(spec.batch, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batches_are_about_equal),
		cmocka_unit_test(memory_is_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
