#include "kw/size.h"

#include "kw/error.h"
#include "tests/support/kwtest.h"

static void
parses_counts_with_decimal_suffixes(void **state)
{
	static const struct {
		const char *text;
		guint64 value;
	} cases[] = {
		{ "0", 0 },
		{ "1500", 1500 },
		{ "007", 7 },
		{ "3k", 3000 },
		{ "268M", 268000000 },
		{ "4G", 4000000000 },
		{ "1.5G", 1500000000 },
		{ "0.25M", 250000 },
		{ "1.234k", 1234 },
		{ "1.0", 1 },
		{ "1.50000000000000000000000000000000000k", 1500 },
		{ "1.123456789G", 1123456789 },
		{ "18446744073709551615", G_MAXUINT64 },
		{ "18446744073.709551615G", G_MAXUINT64 },
	};
	GError *error = NULL;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		guint64 value = 1;

		kw_size_parse(cases[i].text, &value, &error);
		test_assert_no_error(error);
		assert_int_equal(value, cases[i].value);
	}
}

static void
refuses_what_is_no_whole_number(void **state)
{
	const char *const bad[] = {
		"",      "k",    "-1",      "+1",
		" 1",    "1 ",   "1 k",     "1K",
		"1m",    "1g",   "1T",      "1kB",
		"1kk",   "1.",   ".5k",     "1.5",
		"1,5",   "1..5", "1.2.3",   "1e3",
		"0x10",  "1.k",  "1.0001k", "1k5",
		"G",     ".",    "inf",     "1.1234567891G",
		"1.-5k",
	};
	GError *error = NULL;
	guint64 value = 7;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *text = g_strdup_printf(
			"'%s' is not a whole number such as", bad[i]);

		assert_false(kw_size_parse(bad[i], &value, &error));
		test_assert_error(&error, KW_ERROR_USAGE, text);
		assert_int_equal(value, 7);
	}
}

static void
refuses_numbers_that_are_too_large(void **state)
{
	const char *const bad[] = {
		"18446744073709551616",     "99999999999999999999999999999",
		"18446744073.709551616G",   "18446744073709551615k",
		"18446744073709551.616k",   "20000000000G",
		"99999999999999999999.999k"
	};
	GError *error = NULL;
	guint64 value = 7;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		assert_false(kw_size_parse(bad[i], &value, &error));
		test_assert_error(&error, KW_ERROR_USAGE, "is too large");
		assert_int_equal(value, 7);
	}
}

static void
writes_bytes_for_people(void **state)
{
	static const struct {
		guint64 bytes;
		const char *text;
	} cases[] = {
		{ 0, "0 bytes" },
		{ 1, "1 byte" },
		{ 999, "999 bytes" },
		{ 1000, "1.0 kB" },
		{ 1049, "1.0 kB" },
		{ 1050, "1.1 kB" },
		{ 9949, "9.9 kB" },
		{ 9950, "10.0 kB" },
		{ 99949, "99.9 kB" },
		{ 99950, "100 kB" },
		{ 999499, "999 kB" },
		{ 999500, "1.0 MB" },
		{ 312000000, "312 MB" },
		{ 999499999, "999 MB" },
		{ 999500000, "1.0 GB" },
		{ 1400000000, "1.4 GB" },
		{ 12345678901, "12.3 GB" },
		{ 4000000000000, "4.0 TB" },
		{ 1000000000000000, "1.0 PB" },
		{ G_MAXUINT64, "18.4 EB" },
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = kw_size_text(cases[i].bytes);

		assert_string_equal(text, cases[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_counts_with_decimal_suffixes),
		cmocka_unit_test(refuses_what_is_no_whole_number),
		cmocka_unit_test(refuses_numbers_that_are_too_large),
		cmocka_unit_test(writes_bytes_for_people),
	};

	return cmocka_run_group_tests_name("size", tests, NULL, NULL) != 0;
}
