/*
 * The shape of a tool.  What prints and ends a process runs in a child, whose
 * standard error and end are looked at.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kw/app.h"
#include "kw/dataset.h"
#include "tests/support/kwtest.h"

/* What a child did: its standard error and its wait status. */
typedef struct {
	char err[4096];
	int status;
} Child;

/* Run `tool` as main() of "kw-test" in a child; `out` becomes its fd 1. */
static Child
run(int (*tool)(const char *arg), const char *arg, int out)
{
	Child child = { 0 };
	gsize n = 0;
	gssize got;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		alarm(20);
		dup2(ends[1], STDERR_FILENO);
		if (out >= 0)
			dup2(out, STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		kw_app_init("kw-test");
		_exit(tool(arg));
	}
	close(ends[1]);
	while ((got = read(ends[0], child.err + n, sizeof child.err - 1 - n)) >
	       0)
		n += (gsize)got;
	close(ends[0]);
	assert_int_equal(waitpid(pid, &child.status, 0), pid);
	return child;
}

static void
assert_exit(const Child *child, int status, const char *err)
{
	assert_string_equal(child->err, err);
	assert_true(WIFEXITED(child->status));
	assert_int_equal(WEXITSTATUS(child->status), status);
}

/* ---- numbers and names of the command line */

static int
parse_int(const char *arg)
{
	gint64 value = kw_arg_int(NULL, "--count", arg, -3, 1000);

	fprintf(stderr, "%d", (int)value);
	return 0;
}

static void
parses_whole_numbers_within_their_range(void **state)
{
	const char *const good[] = { "0", "-3", "1000", "7" };
	const char *const bad[] = {
		"",
		" 7",
		"7 ",
		"7x",
		"x",
		"0x10",
		"1.5",
		"1001",
		"-4",
		"1e2",
		"99999999999999999999",
		"--",
		"7\n",
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
		Child child = run(parse_int, good[i], -1);

		assert_exit(&child, 0, good[i]);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *shown = kw_printable(bad[i]);
		g_autofree char *message = g_strdup_printf(
			"kw-test: --count: '%s' is not a whole number from -3 "
			"to 1000\n",
			shown);
		Child child = run(parse_int, bad[i], -1);

		assert_exit(&child, KW_EXIT_FAILED, message);
	}
}

static int
parse_count(const char *arg)
{
	gint64 value = kw_arg_count(NULL, "--max-pixels", arg, 3, 2000000000);

	fprintf(stderr, "%" G_GINT64_FORMAT, value);
	return 0;
}

static void
parses_counts_within_their_range(void **state)
{
	const char *const good[][2] = { { "3", "3" },
					{ "200k", "200000" },
					{ "1.5G", "1500000000" },
					{ "2G", "2000000000" } };
	const char *const bad[] = {
		"",    "2",   "2001M",        "-5",           "4m",
		"1.5", "4G ", "99999999999G", "10000000000G", "0.001k",
		"5 k"
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
		Child child = run(parse_count, good[i][0], -1);

		assert_exit(&child, 0, good[i][1]);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *message = g_strdup_printf(
			"kw-test: --max-pixels: '%s' is not a whole number, "
			"such as 1500, 200k, 4M or 1.5G, from 3 to "
			"2000000000\n",
			bad[i]);
		Child child = run(parse_count, bad[i], -1);

		assert_exit(&child, KW_EXIT_FAILED, message);
	}
}

static int
parse_seconds(const char *arg)
{
	double value = kw_arg_seconds(NULL, "--burst-gap", arg, 0, 7200);

	fprintf(stderr, "%g", value);
	return 0;
}

static void
parses_times_within_their_range(void **state)
{
	const char *const good[][2] = { { "0", "0" },       { "10", "10" },
					{ "10s", "10" },    { "2.5s", "2.5" },
					{ "5m", "300" },    { "5min", "300" },
					{ "0.5h", "1800" }, { "2h", "7200" } };
	const char *const bad[] = { "",     "s",   "-1",   "7201",     "3h",
				    "5 s",  " 5s", "5s ",  "5sec",     "5M",
				    "5mi",  "5hh", "nan",  "infs",     "1e999",
				    "2,5s", "5d",  "nanm", "1e999min", "h" };

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
		Child child = run(parse_seconds, good[i][0], -1);

		assert_exit(&child, 0, good[i][1]);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *message = g_strdup_printf(
			"kw-test: --burst-gap: '%s' is not a time, such as "
			"10s, 5m or 1h, from 0 to 7200 seconds\n",
			bad[i]);
		Child child = run(parse_seconds, bad[i], -1);

		assert_exit(&child, KW_EXIT_FAILED, message);
	}
}

static int
parse_double(const char *arg)
{
	double value = kw_arg_double(NULL, "--rate", arg, 0, 0.5);

	fprintf(stderr, "%g", value);
	return 0;
}

static void
parses_numbers_within_their_range(void **state)
{
	const char *const good[] = { "0", "0.5", "0.25", "1e-05" };
	const char *const bad[] = { "",     "nan",  "inf",  "-0.1",
				    "0.51", "0,1",  "1e99", "1e999",
				    ".",    " 0.1", "0.1%" };

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
		Child child = run(parse_double, good[i], -1);

		assert_exit(&child, 0, good[i]);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *message = g_strdup_printf(
			"kw-test: --rate: '%s' is not a number from 0 to 0.5\n",
			bad[i]);
		Child child = run(parse_double, bad[i], -1);

		assert_exit(&child, KW_EXIT_FAILED, message);
	}
}

static int
parse_choice(const char *arg)
{
	static const char *const names[] = { "stretch", "crop", "pad", NULL };

	fprintf(stderr, "%d", kw_arg_choice(NULL, "--fit", arg, names));
	return 0;
}

static void
parses_one_of_some_names(void **state)
{
	Child child = run(parse_choice, "pad", -1);

	(void)state;
	assert_exit(&child, 0, "2");
	child = run(parse_choice, "pa", -1);
	assert_exit(&child, KW_EXIT_FAILED,
		    "kw-test: --fit: 'pa' is not one of stretch, crop, pad\n");
}

static int
parse_common(const char *arg)
{
	KwCommon common;
	char *argv[] = { (char *)"kw-test",  (char *)"-fj3", (char *)"--quiet",
			 (char *)"--output", (char *)arg,    NULL };

	kw_common_init(&common);
	if (common.threads < 1 || common.output != NULL || common.force)
		return 9;
	argp_parse(&kw_common_argp, 5, argv, 0, NULL, &common);
	fprintf(stderr, "%s %d %d %d", common.output, common.force,
		common.threads, common.verbosity);
	return 0;
}

static void
parses_the_common_options(void **state)
{
	Child child = run(parse_common, "x.h5", -1);

	(void)state;
	assert_exit(&child, 0, "x.h5 1 3 -1");
}

/* ---- messages */

static void
makes_text_printable(void **state)
{
	const char *const pairs[][2] = {
		{ "plain 'text'", "plain 'text'" },
		{ "a\nb\033[31m\177", "a?b?[31m?" },
		/* U+009B begins a command of the terminal. */
		{ "\xc2\x9b"
		  "31m",
		  "?31m" },
		{ "na\u00efve \u732b", "na\u00efve \u732b" },
		{ "b\xe4r.jpg", "b?r.jpg" },
		{ "cut \xe7\x8c", "cut ??" },
		{ "", "" },
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autofree char *printable = kw_printable(pairs[i][0]);

		assert_string_equal(printable, pairs[i][1]);
	}
}

static int
print_and_fail(const char *arg)
{
	g_autoptr(GError) error =
		g_error_new(KW_ERROR, KW_ERROR_INPUT, "cannot open '%s'", arg);

	kw_app_warn("only %d left", 3);
	return kw_app_fail(error);
}

static void
prints_errors_in_one_line_and_fails(void **state)
{
	Child child = run(print_and_fail, "a\nb", -1);

	(void)state;
	assert_exit(&child, KW_EXIT_FAILED,
		    "kw-test: warning: only 3 left\n"
		    "kw-test: cannot open 'a?b'\n");
}

/* ---- standard output */

static int
print(const char *arg)
{
	/* With output given away by the test program, only this is in it. */
	setvbuf(stdout, NULL, _IOFBF, 1024);
	for (int i = 0; i < 1000; i++)
		fputs(arg, stdout);
	return kw_app_finish(KW_EXIT_SKIPPED);
}

static void
keeps_the_status_when_all_was_printed(void **state)
{
	int null = open("/dev/null", O_WRONLY);
	Child child = run(print, "some text\n", null);

	(void)state;
	close(null);
	assert_exit(&child, KW_EXIT_SKIPPED, "");
}

static void
fails_when_standard_output_is_full(void **state)
{
	int full = open("/dev/full", O_WRONLY);
	Child one = run(print, "x", full);
	Child many = run(print, "some text\n", full);

	(void)state;
	close(full);
	assert_exit(&one, KW_EXIT_FAILED,
		    "kw-test: cannot write to standard output: No space left "
		    "on device\n");
	assert_true(g_str_has_prefix(
		many.err, "kw-test: cannot write to standard output"));
	assert_int_equal(WEXITSTATUS(many.status), KW_EXIT_FAILED);
}

static void
survives_a_broken_pipe_and_says_so(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	Child child = run(print, "x", ends[1]);
	close(ends[1]);
	assert_exit(&child, KW_EXIT_FAILED,
		    "kw-test: cannot write to standard output: Broken pipe\n");
}

/* In a new child, so that kw_app_init() sees what is closed. */
static int
open_with_closed_streams(const char *arg)
{
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	kw_app_init("kw-test");
	int fd = open(arg, O_RDONLY);
	char byte;

	fprintf(stderr, "%d %zd %zd", fd > STDERR_FILENO,
		read(STDIN_FILENO, &byte, 1), write(STDOUT_FILENO, "x", 1));
	return 0;
}

static void
gives_no_file_the_number_of_a_closed_stream(void **state)
{
	Child child = run(open_with_closed_streams, "/dev/zero", -1);

	(void)state;
	assert_exit(&child, 0, "1 -1 -1");
}

/* ---- signals */

static int
work_until_signal(const char *arg)
{
	g_autoptr(GError) error = NULL;

	raise(atoi(arg));
	if (kw_check_interrupted(&error))
		return 9;
	if (!g_error_matches(error, KW_ERROR, KW_ERROR_INTERRUPTED))
		return 8;
	return kw_app_fail(error);
}

static int
finish_after_signal(const char *arg)
{
	raise(atoi(arg));
	return kw_app_finish(KW_EXIT_DONE);
}

static void
dies_of_the_signal_after_cleaning_up(void **state)
{
	Child child = run(work_until_signal, "2", -1);

	(void)state;
	assert_string_equal(child.err,
			    "kw-test: interrupted; no output was written\n");
	assert_true(WIFSIGNALED(child.status));
	assert_int_equal(WTERMSIG(child.status), SIGINT);
	child = run(work_until_signal, "15", -1);
	assert_string_equal(child.err,
			    "kw-test: terminated; no output was written\n");
	assert_true(WIFSIGNALED(child.status));
	assert_int_equal(WTERMSIG(child.status), SIGTERM);
	child = run(work_until_signal, "1", -1);
	assert_true(WIFSIGNALED(child.status));
	assert_int_equal(WTERMSIG(child.status), SIGHUP);
	child = run(finish_after_signal, "15", -1);
	assert_string_equal(child.err, "");
	assert_true(WIFSIGNALED(child.status));
}

/* From now on SIGTERM comes 50 times a second: once may be a moment too early.
 */
static void
terminate_repeatedly(void)
{
	const struct itimerspec every = { { 0, 20000000 }, { 0, 20000000 } };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGTERM };
	timer_t timer;

	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &every, NULL);
}

static int
read_from_silent_pipe(const char *arg)
{
	g_autoptr(GError) error = NULL;
	int ends[2];

	if (pipe(ends) != 0 || dup2(ends[0], STDIN_FILENO) < 0)
		return 9;
	terminate_repeatedly();
	if (kw_dataset_open(arg, &error) != NULL)
		return 8;
	return kw_app_fail(error);
}

static int
write_to_blocked_pipe(const char *arg)
{
	g_autofree char *bytes = g_malloc0(1 << 20);
	g_autoptr(GError) error = NULL;
	int ends[2];

	if (pipe(ends) != 0)
		return 9;
	terminate_repeatedly();
	if (kw_write_all(ends[1], bytes, 1 << 20, arg, &error))
		return 8;
	return kw_app_fail(error);
}

static void
a_signal_ends_waiting_for_a_pipe(void **state)
{
	Child child = run(read_from_silent_pipe, "-", -1);

	(void)state;
	assert_true(WIFSIGNALED(child.status));
	assert_int_equal(WTERMSIG(child.status), SIGTERM);
	assert_string_equal(child.err,
			    "kw-test: terminated; no output was written\n");
	child = run(write_to_blocked_pipe, "a pipe", -1);
	assert_true(WIFSIGNALED(child.status));
	assert_int_equal(WTERMSIG(child.status), SIGTERM);
}

/* As under nohup: what the parent ignores is not caught. */
static void
leaves_ignored_signals_ignored(void **state)
{
	(void)state;
	signal(SIGINT, SIG_IGN);
	Child child = run(work_until_signal, "2", -1);
	signal(SIGINT, SIG_DFL);
	assert_exit(&child, 9, "");
}

static void
counts_no_signal_before_there_is_one(void **state)
{
	GError *error = NULL;

	(void)state;
	assert_false(kw_interrupted());
	assert_true(kw_check_interrupted(&error));
	test_assert_no_error(error);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_whole_numbers_within_their_range),
		cmocka_unit_test(parses_numbers_within_their_range),
		cmocka_unit_test(parses_counts_within_their_range),
		cmocka_unit_test(parses_times_within_their_range),
		cmocka_unit_test(parses_one_of_some_names),
		cmocka_unit_test(parses_the_common_options),
		cmocka_unit_test(makes_text_printable),
		cmocka_unit_test(prints_errors_in_one_line_and_fails),
		cmocka_unit_test(keeps_the_status_when_all_was_printed),
		cmocka_unit_test(fails_when_standard_output_is_full),
		cmocka_unit_test(survives_a_broken_pipe_and_says_so),
		cmocka_unit_test(gives_no_file_the_number_of_a_closed_stream),
		cmocka_unit_test(dies_of_the_signal_after_cleaning_up),
		cmocka_unit_test(a_signal_ends_waiting_for_a_pipe),
		cmocka_unit_test(leaves_ignored_signals_ignored),
		cmocka_unit_test(counts_no_signal_before_there_is_one),
	};

	return cmocka_run_group_tests_name("app", tests, NULL, NULL) != 0;
}
