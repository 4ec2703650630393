#include "kw/tsv.h"

#include "kw/error.h"
#include "tests/support/kwtest.h"

static const struct {
	const char *text, *escaped;
} cases[] = {
	{ "", "" },
	{ "a b/\xc3\xa9.jpg", "a b/\xc3\xa9.jpg" },
	{ "a\tb\nc\rd\\e", "a\\tb\\nc\\rd\\\\e" },
	{ "\033[31m\177\001", "\\x1B[31m\\x7F\\x01" },
	{ "\xff\xfe", "\xff\xfe" },
	{ "\\t\\x41", "\\\\t\\\\x41" },
};

static void
escapes_what_would_break_a_table(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *escaped = kw_tsv_escape(cases[i].text);

		assert_string_equal(escaped, cases[i].escaped);
	}
}

static void
gives_back_what_was_escaped(void **state)
{
	GError *error = NULL;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text =
			kw_tsv_unescape(cases[i].escaped, &error);

		test_assert_no_error(error);
		assert_string_equal(text, cases[i].text);
	}
	for (int c = 1; c < 256; c++) {
		const char byte[] = { (char)c, 'f', '\0' };
		g_autofree char *escaped = kw_tsv_escape(byte);
		g_autofree char *text = kw_tsv_unescape(escaped, &error);

		test_assert_no_error(error);
		assert_string_equal(text, byte);
	}
}

static void
takes_any_byte_in_either_case_of_hexadecimal(void **state)
{
	g_autofree char *text = kw_tsv_unescape("\\x41\\xfF\\xe99", NULL);

	(void)state;
	assert_string_equal(text, "A\xff\xe9"
				  "9");
}

static void
refuses_other_sequences(void **state)
{
	const char *const bad[] = { "\\",   "a\\",    "\\a",     "\\T",
				    "\\x",  "\\x4",   "\\xg1",   "\\x1g",
				    "\\0",  "\\x00",  "a\\x00b", "\\X41",
				    "\\ t", "\\\\\\", "\\101" };
	GError *error = NULL;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *quoted = g_strdup_printf("'%s'", bad[i]);

		assert_null(kw_tsv_unescape(bad[i], &error));
		test_assert_error(&error, KW_ERROR_FORMAT, quoted);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_what_would_break_a_table),
		cmocka_unit_test(gives_back_what_was_escaped),
		cmocka_unit_test(takes_any_byte_in_either_case_of_hexadecimal),
		cmocka_unit_test(refuses_other_sequences),
	};

	return cmocka_run_group_tests_name("tsv", tests, NULL, NULL) != 0;
}
