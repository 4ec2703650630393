/*
 * Which convolutions there are Winograd kernels for, and which kernel is taken.
 */
#include "tests/support/kwtest.h"

#include <sys/wait.h>
#include <unistd.h>

#include "kw/cpu.h"
#include "tests/support/winograd_run.h"

static void
test_supports(void **state)
{
	const DnnConvShape rgb = { 4, 224, 224, 3, 64 };
	const DnnConvShape odd = { 4, 224, 224, 64, 24 };
	const DnnConvShape none = { 0, 224, 224, 64, 64 };
	const DnnConvShape good = { 4, 224, 224, 64, 48 };

	(void)state;
	assert_false(winograd_supports(&rgb));
	assert_false(winograd_supports(&odd));
	assert_false(winograd_supports(&none));
	assert_true(winograd_supports(&good));
}

/* Where $KW_CPU allows this at most, is this kernel the one for its type? Asked
 * of a process of its own, since kw_cpu() remembers. */
static gboolean
is_taken(const RunKernel *kernel, const char *allowed)
{
	const DnnConvShape shape = { 1, 4, 4, 16, 16 };
	const pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		Winograd w;

		g_setenv("KW_CPU", allowed, TRUE);
		winograd_init(&w, kernel->type, &shape, 3);
		_exit(w.kernel == kernel->kernel &&
		      w.cut == kernel->kernel->cut && w.type == kernel->type &&
		      w.threads == 3);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 1;
}

/* What a level adds is taken, and otherwise what was the best before. */
static void
test_best_kernel(void **state)
{
	const RunKernel *f32 = run_kernel("generic");
	const RunKernel *bf16 = run_kernel("generic_bf16");

	(void)state;
	for (int i = 0; kw_cpu_names[i] != NULL; i++) {
		const RunKernel *more = run_kernel(kw_cpu_names[i]);

		if (more != NULL && more->type == DNN_F32)
			f32 = more;
		if (more != NULL && more->type == DNN_BF16)
			bf16 = more;
		assert_true(is_taken(f32, kw_cpu_names[i]));
		assert_true(is_taken(bf16, kw_cpu_names[i]));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_supports),
		cmocka_unit_test(test_best_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
