#include "prep/options.h"

#include <stdio.h>
#include <string.h>

enum { KEY_SEED = 256, KEY_STANDARDIZE, KEY_SPLIT };

enum { MIN_SIZE = 8, MAX_SIZE = 4096 };

static const struct argp_option option_table[] = {
	{ "size", 's', "N|HxW", 0,
	  "Resize photos to N x N pixels, or to H high and W wide (224)", 1 },
	{ "standardize", KEY_STANDARDIZE, "HOW", 0,
	  "What a model gets: none (0..255), rescale (0..1) or normalize "
	  "(mean 0, deviation 1 over train) (rescale)",
	  1 },
	{ "split", KEY_SPLIT, "TRAIN/VAL/TEST", 0,
	  "Shares of the splits in percent (70/15/15)", 1 },
	{ "seed", KEY_SEED, "N", 0, "Seed of the split and the order (42)", 1 },
	{ 0 },
};

/* "224" or "160x320", height first; other text must follow the same grammar. */
static void
parse_size(Options *o, char *arg, const struct argp_state *state)
{
	g_auto(GStrv) sides = g_strsplit(arg, "x", 3);
	guint n = g_strv_length(sides);

	if (n != 1 && n != 2)
		kw_arg_fail(state, "--size: '%s' is not N or HxW", arg);
	o->height =
		(int)kw_arg_int(state, "--size", sides[0], MIN_SIZE, MAX_SIZE);
	o->width = (int)kw_arg_int(state, "--size", sides[n - 1], MIN_SIZE,
				   MAX_SIZE);
}

static void
parse_split(Options *o, char *arg, const struct argp_state *state)
{
	g_auto(GStrv) shares = g_strsplit(arg, "/", 4);
	int sum = 0;

	if (g_strv_length(shares) != KW_N_SPLITS)
		kw_arg_fail(state, "--split: '%s' is not TRAIN/VAL/TEST", arg);
	for (int s = 0; s < KW_N_SPLITS; s++) {
		o->percent[s] =
			(int)kw_arg_int(state, "--split", shares[s], 0, 100);
		sum += o->percent[s];
	}
	if (sum != 100)
		kw_arg_fail(state,
			    "--split: '%s' adds up to %d percent, not 100", arg,
			    sum);
	o->percent_given = TRUE;
}

static void
check(const Options *o, const struct argp_state *state)
{
	if (o->dir == NULL)
		kw_arg_fail(state, "name the folder that holds the class "
				   "folders; see --help");
	if (o->standardize == KW_STANDARDIZE_NORMALIZE && o->percent[0] == 0)
		kw_arg_fail(state, "--standardize normalize takes mean and "
				   "deviation of train, and --split leaves "
				   "train empty");
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	static const char *const standardize[] = { "none", "rescale",
						   "normalize", NULL };
	Options *o = state->input;

	switch (key) {
	case 's':
		parse_size(o, arg, state);
		return 0;
	case KEY_STANDARDIZE:
		o->standardize = (KwStandardize)kw_arg_choice(
			state, "--standardize", arg, standardize);
		return 0;
	case KEY_SPLIT:
		parse_split(o, arg, state);
		return 0;
	case KEY_SEED:
		o->seed = (guint64)kw_arg_int(state, "--seed", arg, 0,
					      G_MAXINT64);
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->common;
		return 0;
	case ARGP_KEY_ARG:
		if (o->dir != NULL)
			kw_arg_fail(state,
				    "one folder at a time: '%s' is left "
				    "over",
				    arg);
		o->dir = arg;
		return 0;
	case ARGP_KEY_END:
		check(o, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void
options_parse(Options *options, int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &kw_common_argp, 0, NULL, 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = option_table,
		.parser = parse,
		.args_doc = "DIR",
		.doc = "Turn a folder of class folders of photos into a kw "
		       "dataset.\vDIR holds one folder a class, or train, val "
		       "and test folders that do.  The dataset goes to "
		       "standard output unless -o names a file.",
		.children = children,
	};

	*options = (Options){ .seed = 42,
			      .height = 224,
			      .width = 224,
			      .percent = { 70, 15, 15 },
			      .standardize = KW_STANDARDIZE_RESCALE };
	kw_common_init(&options->common);
	argp_parse(&argp, argc, argv, 0, NULL, options);
}
