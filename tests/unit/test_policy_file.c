#include "tests/support/kwtest.h"
#include "tests/support/policies.h"

#include <string.h>
#include <unistd.h>

#include "kw/error.h"
#include "kw/policy.h"

/* ---- named policies */

static void
assert_named(const char *name, const char *key, const char *expected)
{
	GError *error = NULL;
	g_autofree char *value = NULL;
	KwPolicy policy;

	assert_true(kw_policy_load(&policy, name, &error));
	test_assert_no_error(error);
	value = kw_policy_get(&policy, key);
	assert_string_equal(value, expected);
}

static void
named_policies_are_what_the_manual_says(void **state)
{
	KwPolicy policy;

	(void)state;
	assert_true(kw_policy_load(&policy, "seed", NULL));
	test_assert_policies_equal(&policy, &kw_policy_seed);
	assert_true(kw_policy_load(&policy, "none", NULL));
	test_assert_policies_equal(&policy, &kw_policy_none);
	for (int i = 0; kw_policy_names[i] != NULL; i++)
		assert_true(kw_policy_load(&policy, kw_policy_names[i], NULL));
	assert_named("seed", "rotation", "45");
	assert_named("seed", "shear", "0.2");
	assert_named("seed", "zoom", "0.8,1.2");
	assert_named("seed", "horizontal-flip", "true");
	assert_named("seed", "vertical-flip", "false");
	assert_named("light", "brightness", "0.9,1.1");
	assert_named("heavy", "erase", "0.25");
	assert_named("heavy", "fill", "reflect");
	assert_named("trivial", "choose", "one");
	assert_named("trivial", "rotation", "135");
	assert_named("trivial", "posterize", "2,8");
	assert_named("trivial", "horizontal-flip", "false");
	assert_named("none", "jpeg", "none");
}

/* ---- files */

static char *
write_file(const char *dir, const char *text)
{
	char *path = g_build_filename(dir, "my.policy", NULL);

	assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static void
assert_reads(const char *dir, const char *text, const KwPolicy *expected)
{
	g_autofree char *path = write_file(dir, text);
	GError *error = NULL;
	KwPolicy policy;

	assert_true(kw_policy_load(&policy, path, &error));
	test_assert_no_error(error);
	test_assert_policies_equal(&policy, expected);
}

/* Refused with "PATH: message", and *policy is as it was. */
static void
assert_rejects(const char *dir, const char *text, const char *message)
{
	g_autofree char *path = write_file(dir, text);
	g_autofree char *whole = g_strdup_printf("%s: %s", path, message);
	KwPolicy policy = kw_policy_seed;
	GError *error = NULL;

	if (kw_policy_load(&policy, path, &error))
		fail_msg("taken: %s", text);
	test_assert_error(&error, KW_ERROR_FORMAT, whole);
	test_assert_policies_equal(&policy, &kw_policy_seed);
}

static void
reads_files(void **state)
{
	KwPolicy policy = kw_policy_none;

	assert_reads(*state, "[policy]\n", &policy);
	policy.rotation = 10;
	policy.brightness = (KwRange){ 0.8, 1.2 };
	policy.vertical_flip = TRUE;
	assert_reads(*state,
		     "# mine\n\n[policy]\n#zoom = 0.1\n#zoom = 0.2\n"
		     "  rotation=10 \n"
		     "brightness = 0.8, 1.2\n"
		     "vertical-flip = yes\n",
		     &policy);
	assert_reads(*state,
		     "\xef\xbb\xbf[policy]\r\nrotation = 10\r\n"
		     "brightness = 0.8,1.2\r\nvertical-flip=on",
		     &policy);
}

static void
a_file_may_begin_with_a_named_policy(void **state)
{
	KwPolicy policy = kw_policy_seed;

	assert_reads(*state, "[policy]\nbase = seed\n", &policy);
	policy.rotation = 5;
	policy.zoom = (KwRange){ 1, 1 };
	policy.horizontal_flip = FALSE;
	/* wherever it stands */
	assert_reads(*state,
		     "[policy]\nrotation = 5\nzoom = none\nbase = seed\n"
		     "horizontal-flip = off\n",
		     &policy);
	assert_rejects(*state, "[policy]\nbase = sede\n",
		       "base: no policy is called 'sede'; did you mean seed?");
	assert_rejects(*state, "[policy]\nbase = mine\n",
		       "base: no policy is called 'mine'; the names are seed, "
		       "light, heavy, trivial, none");
	assert_rejects(*state, "[policy]\nbase = other.policy\n",
		       "base: no policy is called 'other.policy'; the names "
		       "are seed, light, heavy, trivial, none");
}

static void
files_with_mistakes_are_refused(void **state)
{
	assert_rejects(*state, "", "is no policy: it has no group [policy]");
	assert_rejects(*state, "rotation = 10\n", "is no policy: ");
	assert_rejects(*state, "[policy]\nrotation\n", "is no policy: ");
	assert_rejects(*state, "[policy]\n[other]\nrotation = 10\n",
		       "[other]: a policy has one group, [policy]");
	assert_rejects(*state, "[Policy]\nrotation = 10\n",
		       "[Policy]: a policy has one group, [policy]");
	assert_rejects(*state, "[policy]\nrotation = 400\n",
		       "rotation: 400 is not a number from 0 to 360");
	assert_rejects(*state, "[policy]\nrotation_range = 40\n",
		       "rotation_range: there is no such key; did you mean "
		       "rotation?");
	assert_rejects(*state, "[policy]\nrotation = 10 # degrees\n",
		       "rotation: '10 # degrees' is not a number; give one "
		       "number, or none (a comment "
		       "has a line of its own)");
	assert_rejects(*state, "[policy]\nrotation[de] = 10\n",
		       "rotation[de]: there is no such key");
	assert_rejects(*state,
		       "[policy]\nrotation = 1\nzoom = 0.2\n"
		       "  rotation=2\n",
		       "rotation: is there twice");
	assert_rejects(*state, "[policy]\nzoom = 0.1\n[policy]\nzoom = 0.2\n",
		       "zoom: is there twice");
	assert_rejects(*state, "[policy]\nbase = seed\nbase = light\n",
		       "base: is there twice");
	assert_rejects(*state, "[policy]\nrotation = \xff\n",
		       "is no policy: no text");
}

static void
what_is_no_file_of_a_policy_is_refused(void **state)
{
	g_autofree char *large = g_strnfill(100001, '#');
	g_autofree char *most = g_strnfill(100000, '\n');
	g_autofree char *path = NULL;
	const char *dir = *state;
	GError *error = NULL;
	KwPolicy policy;

	assert_rejects(dir, large, "is no policy: larger than 100 kB");
	memcpy(most, "[policy]", 8);
	assert_reads(dir, most, &kw_policy_none);
	assert_false(kw_policy_load(&policy, dir, &error));
	test_assert_error(&error, KW_ERROR_INPUT, "Is a directory");
	assert_false(kw_policy_load(&policy, "/dev/zero", &error));
	test_assert_error(&error, KW_ERROR_FORMAT, "larger than 100 kB");
	path = g_build_filename(dir, "nul.policy", NULL);
	assert_true(g_file_set_contents(path, "[policy]\n\0", 10, NULL));
	assert_false(kw_policy_load(&policy, path, &error));
	test_assert_error(&error, KW_ERROR_FORMAT, "no text");
}

static void
missing_files_and_names_are_told_apart(void **state)
{
	g_autofree char *path = g_build_filename(*state, "absent", NULL);
	g_autofree char *message = g_strdup_printf(
		"%s: cannot open: No such file or directory", path);
	GError *error = NULL;
	KwPolicy policy;

	assert_false(kw_policy_load(&policy, path, &error));
	test_assert_error(&error, KW_ERROR_INPUT, message);
	assert_false(kw_policy_load(&policy, "hevy", &error));
	test_assert_error(&error, KW_ERROR_INPUT,
			  "hevy: there is no such policy, nor a file; did you "
			  "mean heavy?");
	assert_false(kw_policy_load(&policy, "autoaugment", &error));
	test_assert_error(&error, KW_ERROR_INPUT,
			  "autoaugment: there is no such policy, nor a file; "
			  "the names are seed, light, heavy, trivial, none");
	assert_false(kw_policy_load(&policy, "", &error));
	test_assert_error(&error, KW_ERROR_INPUT, "there is no such policy");
}

static void
pipes_are_read(void **state)
{
	static const char text[] = "[policy]\nrotation = 7\n";
	g_autofree char *path = NULL;
	GError *error = NULL;
	KwPolicy policy;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], text, strlen(text)), strlen(text));
	close(ends[1]);
	path = g_strdup_printf("/dev/fd/%d", ends[0]);
	assert_true(kw_policy_load(&policy, path, &error));
	test_assert_no_error(error);
	assert_true(policy.rotation == 7);
	close(ends[0]);
}

/* ---- texts */

static void
texts_read_back(void **state)
{
	const KwPolicy everything = test_policy_everything();
	g_autofree char *all = kw_policy_text(&everything);
	g_autofree char *none = kw_policy_text(&kw_policy_none);
	g_autofree char *seed = kw_policy_text(&kw_policy_seed);

	assert_reads(*state, all, &everything);
	assert_string_equal(none, "[policy]\n");
	assert_reads(*state, none, &kw_policy_none);
	assert_reads(*state, seed, &kw_policy_seed);
	assert_true(g_str_has_prefix(
		seed, "[policy]\n"
		      "# Rotate by up to DEG degrees either way\n"
		      "rotation = 45\n"));
	assert_non_null(strstr(seed, "\nzoom = 0.8,1.2\n"));
	assert_null(strstr(seed, "vertical-flip"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(named_policies_are_what_the_manual_says),
		cmocka_unit_test(reads_files),
		cmocka_unit_test(a_file_may_begin_with_a_named_policy),
		cmocka_unit_test(files_with_mistakes_are_refused),
		cmocka_unit_test(what_is_no_file_of_a_policy_is_refused),
		cmocka_unit_test(missing_files_and_names_are_told_apart),
		cmocka_unit_test(pipes_are_read),
		cmocka_unit_test(texts_read_back),
	};

	return cmocka_run_group_tests(tests, test_dir_setup,
				      test_dir_teardown) != 0;
}
