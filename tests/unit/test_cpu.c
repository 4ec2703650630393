#include "tests/support/kwtest.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kw/cpu.h"

/* kw_cpu() of a process of its own, where $KW_CPU says this. */
static KwCpu
cpu_under(const char *allowed)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		if (allowed != NULL)
			g_setenv("KW_CPU", allowed, TRUE);
		else
			g_unsetenv("KW_CPU");
		_exit((int)kw_cpu());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return (KwCpu)WEXITSTATUS(status);
}

static void
the_best_is_chosen_unless_less_is_allowed(void **state)
{
	KwCpu best = kw_cpu_best();

	(void)state;
	assert_int_equal(cpu_under(NULL), best);
	assert_int_equal(cpu_under(""), best);
	assert_int_equal(cpu_under("avx512_bf16"), best);
	assert_int_equal(cpu_under("avx512"), MIN(best, KW_CPU_AVX512));
	assert_int_equal(cpu_under("avx2"), MIN(best, KW_CPU_AVX2));
	assert_int_equal(cpu_under("generic"), KW_CPU_GENERIC);
}

static void
other_names_are_refused(void **state)
{
	g_autoptr(GError) error = NULL;

	(void)state;
	g_setenv("KW_CPU", "avx2", TRUE);
	assert_true(kw_cpu_check(&error));
	g_setenv("KW_CPU", "avx512_bf16", TRUE);
	assert_true(kw_cpu_check(&error));
	g_setenv("KW_CPU", "", TRUE);
	assert_true(kw_cpu_check(&error));
	g_setenv("KW_CPU", "AVX2", TRUE);
	assert_false(kw_cpu_check(&error));
	assert_non_null(strstr(error->message, "KW_CPU=AVX2"));
	assert_non_null(
		strstr(error->message, "generic, avx2, avx512, avx512_bf16"));
	g_unsetenv("KW_CPU");
	assert_true(kw_cpu_check(NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_best_is_chosen_unless_less_is_allowed),
		cmocka_unit_test(other_names_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
