#include "kw/app.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kw/cpu.h"
#include "kw/size.h"

static const char *app_name = "kw";
static volatile sig_atomic_t caught_signal;
static gboolean output_settled; /* closed, or its failure was reported */

/* ---- common options */

void
kw_common_init(KwCommon *common)
{
	*common = (KwCommon){ .threads = (int)g_get_num_processors() };
}

static const struct argp_option common_options[] = {
	{ "output", 'o', "FILE", 0, "Write to FILE", -2 },
	{ "force", 'f', NULL, 0, "Replace an existing output", -2 },
	{ "threads", 'j', "N", 0,
	  "Use N threads (default: the CPUs this process may use)", -2 },
	{ "quiet", 'q', NULL, 0, "Print only warnings and errors", -2 },
	{ "verbose", 'v', NULL, 0, "Print more", -2 },
	{ 0 },
};

static error_t
parse_common(int key, char *arg, struct argp_state *state)
{
	KwCommon *common = state->input;

	switch (key) {
	case 'o':
		common->output = arg;
		return 0;
	case 'f':
		common->force = TRUE;
		return 0;
	case 'j':
		common->threads =
			(int)kw_arg_int(state, "--threads", arg, 1, 1024);
		return 0;
	case 'q':
		common->verbosity = -1;
		return 0;
	case 'v':
		common->verbosity = 1;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp kw_common_argp = { .options = common_options,
				     .parser = parse_common };

/* ---- numbers of the command line */

/* Did the number that ends before `end` take all of the text? */
static gboolean
is_whole(const char *text, const char *end)
{
	return end != text && *end == '\0' && !g_ascii_isspace(*text);
}

gint64
kw_arg_int(const struct argp_state *state, const char *option, const char *text,
	   gint64 low, gint64 high)
{
	char *end;

	errno = 0;
	gint64 value = g_ascii_strtoll(text, &end, 10);
	if (errno != 0 || !is_whole(text, end) || value < low || value > high)
		kw_arg_fail(state,
			    "%s: '%s' is not a whole number from "
			    "%" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
			    option, text, low, high);
	return value;
}

double
kw_arg_double(const struct argp_state *state, const char *option,
	      const char *text, double low, double high)
{
	char *end;
	double value = g_ascii_strtod(text, &end);

	if (!is_whole(text, end) || !isfinite(value) || value < low ||
	    value > high)
		kw_arg_fail(state, "%s: '%s' is not a number from %g to %g",
			    option, text, low, high);
	return value;
}

gint64
kw_arg_count(const struct argp_state *state, const char *option,
	     const char *text, gint64 low, gint64 high)
{
	guint64 value;

	if (!kw_size_parse(text, &value, NULL) || value < (guint64)low ||
	    value > (guint64)high)
		kw_arg_fail(state,
			    "%s: '%s' is not a whole number, such as 1500, "
			    "200k, 4M or 1.5G, from %" G_GINT64_FORMAT
			    " to %" G_GINT64_FORMAT,
			    option, text, low, high);
	return (gint64)value;
}

/* Seconds in a unit of time; 0 when it is none. */
static int
unit_seconds(const char *name)
{
	static const struct {
		const char *name;
		int seconds;
	} units[] = {
		{ "", 1 }, { "s", 1 }, { "m", 60 }, { "min", 60 }, { "h", 3600 }
	};

	for (gsize i = 0; i < G_N_ELEMENTS(units); i++)
		if (strcmp(name, units[i].name) == 0)
			return units[i].seconds;
	return 0;
}

double
kw_arg_seconds(const struct argp_state *state, const char *option,
	       const char *text, double low, double high)
{
	char *end;
	double value = g_ascii_strtod(text, &end);
	int unit = unit_seconds(end);

	if (end == text || g_ascii_isspace(*text) || unit == 0 ||
	    !isfinite(value) || value * unit < low || value * unit > high)
		kw_arg_fail(state,
			    "%s: '%s' is not a time, such as 10s, 5m or 1h, "
			    "from %g to %g seconds",
			    option, text, low, high);
	return value * unit;
}

int
kw_arg_choice(const struct argp_state *state, const char *option,
	      const char *text, const char *const *names)
{
	g_autofree char *all = NULL;

	for (int i = 0; names[i] != NULL; i++)
		if (strcmp(text, names[i]) == 0)
			return i;
	all = g_strjoinv(", ", (char **)names);
	kw_arg_fail(state, "%s: '%s' is not one of %s", option, text, all);
}

/* ---- messages */

char *
kw_printable(const char *text)
{
	GString *printable = g_string_new(NULL);

	while (*text != '\0') {
		gunichar c = g_utf8_get_char_validated(text, -1);

		if (c == (gunichar)-1 || c == (gunichar)-2) {
			g_string_append_c(printable, '?');
			text++;
			continue;
		}
		g_string_append_unichar(printable,
					g_unichar_iscntrl(c) ? '?' : c);
		text = g_utf8_next_char(text);
	}
	return g_string_free(printable, FALSE);
}

static void G_GNUC_PRINTF(2, 0)
	print_message(const char *prefix, const char *format, va_list args)
{
	g_autofree char *message = g_strdup_vprintf(format, args);
	g_autofree char *printable = kw_printable(message);

	fprintf(stderr, "%s: %s%s\n", app_name, prefix, printable);
}

void
kw_app_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_message("", format, args);
	va_end(args);
}

void
kw_app_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_message("warning: ", format, args);
	va_end(args);
}

/* exit() cleans nothing up: the texts are freed before it. */
void
kw_arg_fail(const struct argp_state *state, const char *format, ...)
{
	va_list args;

	(void)state;
	va_start(args, format);
	print_message("", format, args);
	va_end(args);
	exit(KW_EXIT_FAILED);
}

/* ---- signals, start and end */

static void
note_signal(int number)
{
	caught_signal = number;
}

gboolean
kw_interrupted(void)
{
	return caught_signal != 0;
}

gboolean
kw_check_interrupted(GError **error)
{
	if (!kw_interrupted())
		return TRUE;
	g_set_error_literal(error, KW_ERROR, KW_ERROR_INTERRUPTED,
			    caught_signal == SIGTERM
				    ? "terminated; no output was written"
				    : "interrupted; no output was written");
	return FALSE;
}

/* A signal that the parent ignores (nohup, a shell's '&') stays ignored. */
static void
catch_signal(int number)
{
	struct sigaction now;
	struct sigaction action = { .sa_handler = note_signal };

	if (sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
		return;
	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

static void
print_version(FILE *stream, struct argp_state *state)
{
	(void)state;
	fprintf(stream, "%s %s\n", app_name, KW_VERSION);
}

/*
 * A standard stream that was closed from the start (">&-") would be taken by
 * the next file that is opened.  Put something there on which the use that the
 * stream is meant for fails.
 */
static void
occupy_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null",
				    fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* Close standard output; FALSE, and said, when what was printed is lost. */
static gboolean
close_output(void)
{
	gboolean failed = ferror(stdout) != 0;

	output_settled = TRUE;
	errno = 0;
	if (fclose(stdout) == 0 && !failed)
		return TRUE;
	kw_app_say("cannot write to standard output%s%s",
		   errno != 0 ? ": " : "", errno != 0 ? g_strerror(errno) : "");
	return FALSE;
}

/* argp ends the program itself after --help and --version. */
static void
settle_output(void)
{
	if (!output_settled && !close_output())
		_exit(KW_EXIT_FAILED);
}

void
kw_app_init(const char *name)
{
	g_autoptr(GError) error = NULL;

	app_name = name;
	occupy_standard_streams();
	argp_err_exit_status = KW_EXIT_FAILED;
	argp_program_version_hook = print_version;
	g_set_prgname(name);
	atexit(settle_output);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	catch_signal(SIGHUP);
	catch_signal(SIGINT);
	catch_signal(SIGTERM);
	if (!kw_cpu_check(&error))
		exit(kw_app_fail(error));
}

/* The shell should see what ended the program: die of the noted signal. */
static void
die_of_noted_signal(void)
{
	if (caught_signal == 0)
		return;
	signal(caught_signal, SIG_DFL);
	raise(caught_signal);
}

int
kw_app_fail(const GError *error)
{
	fflush(stdout);
	output_settled = TRUE;
	kw_app_say("%s", error->message);
	die_of_noted_signal();
	return KW_EXIT_FAILED;
}

int
kw_app_finish(int status)
{
	if (!close_output())
		status = KW_EXIT_FAILED;
	die_of_noted_signal();
	return status;
}
