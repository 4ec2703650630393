#include <stdint.h>
#include <string.h>

#include "kw/alloc.h"
#include "kw/error.h"
#include "tests/support/kwtest.h"

static void
gives_aligned_memory_that_can_be_written(void **state)
{
	const gsize sizes[] = { 1, 63, 64, 65, 150528, 1 << 20 };

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autofree guint8 *buffer =
			kw_alloc(sizes[i], 1, "a test", NULL);

		assert_non_null(buffer);
		assert_int_equal((uintptr_t)buffer % 64, 0);
		buffer[0] = buffer[sizes[i] - 1] = 1;
	}
}

static void
sets_to_zero_where_asked(void **state)
{
	(void)state;
	/* Memory that was used before comes back. */
	guint8 *used = kw_alloc(1000, 4, "a test", NULL);
	memset(used, 0xff, 4000);
	kw_free(used);
	g_autofree guint8 *buffer = kw_alloc0(1000, 4, "a test", NULL);
	for (int i = 0; i < 4000; i++)
		assert_int_equal(buffer[i], 0);
}

static void
gives_nothing_but_a_pointer_for_no_bytes(void **state)
{
	GError *error = NULL;
	void *a = kw_alloc(0, 8, "a test", &error);
	void *b = kw_alloc0(8, 0, "a test", &error);

	(void)state;
	test_assert_no_error(error);
	assert_non_null(a);
	assert_non_null(b);
	kw_free(a);
	kw_free(b);
	kw_free(NULL);
}

static void
refuses_products_that_overflow(void **state)
{
	const gsize bad[][2] = { { G_MAXSIZE, 2 },
				 { G_MAXSIZE / 2 + 1, 2 },
				 { G_MAXSIZE, 1 },
				 { G_MAXSIZE - 62, 1 },
				 { (gsize)1 << 32, (gsize)1 << 32 } };

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		GError *error = NULL;

		assert_null(
			kw_alloc(bad[i][0], bad[i][1], "the pixels", &error));
		test_assert_error(&error, KW_ERROR_MEMORY,
				  "not enough memory for the pixels");
		assert_null(
			kw_alloc0(bad[i][0], bad[i][1], "the pixels", NULL));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_aligned_memory_that_can_be_written),
		cmocka_unit_test(sets_to_zero_where_asked),
		cmocka_unit_test(gives_nothing_but_a_pointer_for_no_bytes),
		cmocka_unit_test(refuses_products_that_overflow),
	};

	return cmocka_run_group_tests_name("alloc", tests, NULL, NULL) != 0;
}
