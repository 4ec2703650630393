/* Names of image files, from datasets that mean no good. */
#include <string.h>

#include "kw/image_names.h"
#include "tests/support/kwtest.h"

/* The name that one record gets; label 0, id 0x1f. */
static char *
next(KwImageNames *names, const char *source, gint32 label, gint32 copy)
{
	g_autoptr(KwRecords) records = kw_records_new(1, 0);

	records->sources[0] = g_strdup(source);
	records->labels[0] = label;
	records->record_ids[0] = 0x1f;
	records->copies[0] = copy;
	return kw_image_names_next(names, KW_VAL, records, 0, copy, ".png");
}

#define assert_next(names, source, copy, expected)                             \
	do {                                                                   \
		g_autofree char *got = next(names, source, 0, copy);           \
		assert_string_equal(got, expected);                            \
	} while (0)

static KwImageNames *
names_new(const char *first_class)
{
	static char *classes[2];

	classes[0] = (char *)first_class;
	return kw_image_names_new(classes);
}

static void
are_the_source_without_class_and_ending(void **state)
{
	g_autoptr(KwImageNames) names = names_new("cat");

	(void)state;
	assert_next(names, "cat/IMG_1.JPG", 0, "val/cat/IMG_1.png");
	assert_next(names, "cat/IMG_1.JPG", 12, "val/cat/IMG_1-c12.png");
	assert_next(names, "cat/2019.07/a.b.jpg", 0, "val/cat/2019.07_a.b.png");
	assert_next(names, "cats/x.jpg", 0, "val/cat/cats_x.png");
	assert_next(names, "cat/2019.07/none", 0, "val/cat/2019.07_none.png");
	assert_next(names, "cat/K\u00e4tzchen 100%25.jpg", 0,
		    "val/cat/K\u00e4tzchen 100%25.png");
}

static void
never_lead_out_of_the_folder(void **state)
{
	static const char *const sources[][2] = {
		{ "../../etc/passwd", "val/_./_._etc_passwd.png" },
		{ "..", "val/_./_.png" },
		{ ".", "val/_./_-000000000000001f.png" },
		{ "", "val/_./_-000000000000001f~2.png" },
		{ "/", "val/_./_-000000000000001f~3.png" },
		{ "/etc/x.jpg", "val/_./_etc_x.png" },
		{ ".hidden.jpg", "val/_./_hidden.png" },
		{ "-rf.jpg", "val/_./_rf.png" },
		{ "a\n\033[31m\xc2\x85.jpg", "val/_./a__[31m_.png" },
	};
	g_autoptr(KwImageNames) names = names_new("..");

	(void)state;
	for (gsize k = 0; k < G_N_ELEMENTS(sources); k++)
		assert_next(names, sources[k][0], 0, sources[k][1]);
}

static void
differ_even_where_case_does_not_count(void **state)
{
	g_autoptr(KwImageNames) names = names_new("cat");

	(void)state;
	assert_next(names, "cat/a.jpg", 0, "val/cat/a.png");
	assert_next(names, "cat/a.png", 0, "val/cat/a-000000000000001f.png");
	assert_next(names, "cat/A.png", 0, "val/cat/A-000000000000001f~2.png");
	assert_next(names, "cat/a.gif", 0, "val/cat/a-000000000000001f~3.png");
	/* What the next would be called is taken by its own right. */
	assert_next(names, "a-000000000000001f~4.x", 0,
		    "val/cat/a-000000000000001f~4.png");
	assert_next(names, "cat/a.gif", 0, "val/cat/a-000000000000001f~5.png");
	assert_next(names, "cat/\u00e4.jpg", 0, "val/cat/\u00e4.png");
	assert_next(names, "cat/a\u0308.jpg", 0,
		    "val/cat/a\u0308-000000000000001f.png");
}

static void
of_folders_differ_as_well(void **state)
{
	static const char *const classes[] = { "a/b", "a_b",   "A_B", "",
					       ".",   "a_b~2", NULL };
	static const char *const expected[] = { "a_b", "a_b~2", "A_B~3",
						"_",   "_~2",   "a_b~2~2" };
	g_autoptr(KwImageNames) names = kw_image_names_new((char **)classes);

	(void)state;
	for (gint32 k = 0; classes[k] != NULL; k++) {
		g_autofree char *got = next(names, "x", k, 0);
		g_autofree char *want =
			g_strdup_printf("val/%s/x.png", expected[k]);

		assert_string_equal(got, want);
	}
}

static void
fit_a_file_system_whatever_their_length(void **state)
{
	g_autofree char *ascii = g_strnfill(300, 'x');
	g_autofree char *wide = g_malloc0(601);
	g_autofree char *safe = kw_safe_file_name(ascii);
	g_autoptr(KwImageNames) names = names_new(ascii);

	(void)state;
	assert_int_equal(strlen(safe), 200);
	for (int i = 0; i < 300; i++)
		memcpy(wide + 2 * i, "\u00e9", 2);
	for (int i = 0; i < 20; i++) {
		g_autofree char *got = next(names, wide, 0, G_MININT32);
		g_auto(GStrv) parts = g_strsplit(got, "/", -1);

		assert_true(g_utf8_validate(got, -1, NULL));
		assert_int_equal(strlen(parts[1]), 200);
		assert_true(strlen(parts[2]) <= 255);
	}
}

/* A hundred thousand of one name must not take the square of that. */
static void
of_one_kind_come_in_any_number(void **state)
{
	enum { N = 100000 };
	g_autoptr(KwImageNames) names = names_new("cat");
	g_autoptr(GHashTable) seen =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	(void)state;
	for (int i = 0; i < N; i++)
		assert_true(g_hash_table_add(seen, next(names, "a", 0, 0)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(are_the_source_without_class_and_ending),
		cmocka_unit_test(never_lead_out_of_the_folder),
		cmocka_unit_test(differ_even_where_case_does_not_count),
		cmocka_unit_test(of_folders_differ_as_well),
		cmocka_unit_test(fit_a_file_system_whatever_their_length),
		cmocka_unit_test(of_one_kind_come_in_any_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
