/* KEY=VALUE lines: a value, and what two texts do not have in common. */
#include "train/settings.h"

#include "tests/support/kwtest.h"

static void
a_value(void **state)
{
	static const char text[] = "a=1\nab=2=3\nc=\n";
	g_autofree char *a = settings_value(text, "a");
	g_autofree char *ab = settings_value(text, "ab");
	g_autofree char *c = settings_value(text, "c");

	(void)state;
	assert_string_equal(a, "1");
	assert_string_equal(ab, "2=3");
	assert_string_equal(c, "");
	assert_null(settings_value(text, "b"));
	assert_null(settings_value("", "a"));
}

static void
assert_difference(const GPtrArray *all, guint i, const char *key, const char *a,
		  const char *b)
{
	const SettingsDifference *d = all->pdata[i];

	assert_string_equal(d->key, key);
	assert_int_equal(g_strcmp0(d->a, a), 0);
	assert_int_equal(g_strcmp0(d->b, b), 0);
}

static void
differences(void **state)
{
	g_autoptr(GPtrArray) all = settings_compare(
		"z=1\nsame=x\nleft=\nb=2\n", "same=x\nb=3\nright=4\nz=2");

	(void)state;
	assert_int_equal(all->len, 4);
	assert_difference(all, 0, "b", "2", "3");
	assert_difference(all, 1, "left", "", NULL);
	assert_difference(all, 2, "right", NULL, "4");
	assert_difference(all, 3, "z", "1", "2");
}

static void
equal_settings(void **state)
{
	g_autoptr(GPtrArray) all = settings_compare("a=1\nb=2\n", "b=2\na=1");

	(void)state;
	assert_int_equal(all->len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value),
		cmocka_unit_test(differences),
		cmocka_unit_test(equal_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
