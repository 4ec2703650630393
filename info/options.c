#include "info/options.h"

#include <string.h>

enum { KEY_JSON = 256, KEY_VERIFY, KEY_EXTRACT };

static const struct argp_option option_table[] = {
	{ "json", KEY_JSON, NULL, 0, "Print what FILE holds as JSON", 1 },
	{ "verify", KEY_VERIFY, NULL, 0,
	  "Read all of FILE, and say whether it is sound", 1 },
	{ "extract", KEY_EXTRACT, "RECORDS", 0,
	  "Write the images of RECORDS as PNG files into the folder of -o; "
	  "RECORDS is all, SPLIT, SPLIT/N, SPLIT/FIRST-LAST, 0xID or a source",
	  1 },
	{ 0 },
};

static void
set_task(InfoOptions *o, InfoTask task, const struct argp_state *state)
{
	if (o->task != INFO_TEXT && o->task != task)
		kw_arg_fail(state, "--json, --verify and --extract are three "
				   "things: ask for one at a time");
	o->task = task;
}

static void
parse_selection(InfoOptions *o, const char *arg, const struct argp_state *state)
{
	g_autoptr(GError) error = NULL;

	set_task(o, INFO_EXTRACT, state);
	if (!info_selection_parse(&o->selection, arg, &error))
		kw_arg_fail(state, "--extract: %s", error->message);
}

static void
check(const InfoOptions *o, const struct argp_state *state)
{
	const char *output = o->common.output;

	if (o->input == NULL)
		kw_arg_fail(state, "name a dataset or a model; see --help");
	if (o->task != INFO_EXTRACT && output != NULL)
		kw_arg_fail(state, "-o names the folder of --extract; all else "
				   "goes to standard output");
	if (o->task == INFO_EXTRACT &&
	    (output == NULL || *output == '\0' || strcmp(output, "-") == 0))
		kw_arg_fail(state, "--extract writes files: name a folder for "
				   "them with -o DIR");
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	InfoOptions *o = state->input;

	switch (key) {
	case KEY_JSON:
		set_task(o, INFO_JSON, state);
		return 0;
	case KEY_VERIFY:
		set_task(o, INFO_VERIFY, state);
		return 0;
	case KEY_EXTRACT:
		parse_selection(o, arg, state);
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->common;
		return 0;
	case ARGP_KEY_ARG:
		if (o->input != NULL)
			kw_arg_fail(state, "one file only: '%s' is a second",
				    arg);
		o->input = arg;
		return 0;
	case ARGP_KEY_END:
		check(o, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void
info_options_parse(InfoOptions *options, int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &kw_common_argp, 0, NULL, 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = option_table,
		.parser = parse,
		.args_doc = "FILE",
		.doc = "Tell what a kw dataset or a kw model holds.\v"
		       "FILE is a dataset, the index of one, or a model; - is "
		       "standard input.",
		.children = children,
	};

	*options = (InfoOptions){ .task = INFO_TEXT };
	kw_common_init(&options->common);
	argp_parse(&argp, argc, argv, 0, NULL, options);
}
