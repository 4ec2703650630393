/*
 * The shape of a tool: options that all of them share, messages, exit status
 * and signals.  Only main() prints or exits, and it does so through here.
 *
 *	int main(int argc, char **argv)
 *	{
 *		kw_app_init("kw-prep");
 *		argp_parse(...);		 -- with kw_common_argp as child
 *		if (!work(&options, &error))
 *			return kw_app_fail(error);
 *		return kw_app_finish(KW_EXIT_DONE);
 *	}
 */
#ifndef KW_APP_H
#define KW_APP_H

#include <argp.h>
#include <glib.h>

#include "kw/error.h"

#define KW_VERSION "0.1.0"

enum {
	KW_EXIT_DONE = 0,
	KW_EXIT_FAILED = 1,  /* no output has changed */
	KW_EXIT_SKIPPED = 2, /* done, but some inputs were skipped and listed */
};

/* The options that every tool takes. */
typedef struct {
	const char *output; /* -o FILE; NULL when not given */
	gboolean force;     /* -f: replace an existing output */
	int threads;        /* -j N; at least 1 */
	int verbosity;      /* -1 with -q, 1 with -v, else 0 */
} KwCommon;

/* Defaults: no output, no force, the CPUs this process may use, verbosity 0. */
void kw_common_init(KwCommon *common);

/*
 * Child parser of a tool's own argp: -o -f -j -q -v.  Its input, to be put in
 * state->child_inputs[] at ARGP_KEY_INIT, is a KwCommon.
 */
extern const struct argp kw_common_argp;

/*
 * Before anything else: names the program in messages and --version, sets the
 * exit status of usage errors, ignores SIGPIPE and SIGXFSZ (a broken pipe and a
 * file at its limit are then errors like any other), and notes SIGHUP, SIGINT
 * and SIGTERM instead of dying of them.  Ends the program with a message when
 * KW_CPU in the environment is no instruction set (kw/cpu.h).
 */
void kw_app_init(const char *name);

/*
 * Print an error as "NAME: MESSAGE" and return what main() should: after
 * SIGHUP, SIGINT or SIGTERM the process dies of that signal here, else
 * KW_EXIT_FAILED.  `error` is borrowed.
 */
int kw_app_fail(const GError *error);

/*
 * The end of main(): flushes and closes standard output, and returns `status`,
 * or KW_EXIT_FAILED with a message when what was printed did not arrive.
 * After SIGHUP, SIGINT or SIGTERM the process dies of that signal here.
 */
int kw_app_finish(int status);

/*
 * Print "NAME: MESSAGE" on standard error; kw_app_warn() puts "warning: "
 * before the message.  It is made printable, whatever file names are in it.
 * Main thread.
 */
void kw_app_say(const char *format, ...) G_GNUC_PRINTF(1, 2);
void kw_app_warn(const char *format, ...) G_GNUC_PRINTF(1, 2);

/*
 * A copy of `text` with control characters, and bytes that are not UTF-8,
 * replaced by '?'.  Free it.
 */
char *kw_printable(const char *text);

/* Has SIGHUP, SIGINT or SIGTERM arrived?  Any thread. */
gboolean kw_interrupted(void);

/* FALSE with KW_ERROR_INTERRUPTED when kw_interrupted(): for long loops. */
gboolean kw_check_interrupted(GError **error);

/*
 * Numbers of the command line: the whole text must be a number within
 * low..high, otherwise a message that names the option ("--threads") is
 * printed and the program ends with status 1, as for any usage error.
 */
gint64 kw_arg_int(const struct argp_state *state, const char *option,
		  const char *text, gint64 low, gint64 high);
double kw_arg_double(const struct argp_state *state, const char *option,
		     const char *text, double low, double high);

/*
 * The same for a count, which may end in k, M or G, for thousands, millions and
 * thousands of millions: "1500", "200k", "1.5G" (see size.h).  0 <= low.
 */
gint64 kw_arg_count(const struct argp_state *state, const char *option,
		    const char *text, gint64 low, gint64 high);

/* The same for a time: "10", "2.5s", "5m", "5min" or "1h", in seconds. */
double kw_arg_seconds(const struct argp_state *state, const char *option,
		      const char *text, double low, double high);

/* The index of `text` in the NULL-terminated `names`; a usage error if absent.
 */
int kw_arg_choice(const struct argp_state *state, const char *option,
		  const char *text, const char *const *names);

/* A usage error: one line, status 1.  Does not return. */
void kw_arg_fail(const struct argp_state *state, const char *format, ...)
	G_GNUC_PRINTF(2, 3) G_GNUC_NORETURN;

#endif
