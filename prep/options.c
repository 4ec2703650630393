#include "prep/options.h"

#include <math.h>
#include <string.h>

#include "kw/outfile.h"

const char *const undated_names[] = { "keep", "drop", "train", NULL };

enum {
	KEY_LIST = 256,
	KEY_CLASSES,
	KEY_UNDATED,
	KEY_MAX_PIXELS,
	KEY_FIT,
	KEY_GRAY,
	KEY_STANDARDIZE,
	KEY_GROUP,
	KEY_BURST_GAP,
	KEY_NEAR_DUPLICATES,
	KEY_SPLIT,
	KEY_SPLIT_FROM,
	KEY_SEED,
	KEY_REJECTS,
	KEY_SUMMARY,
	KEY_PREVIEW,
	KEY_DRY_RUN,
	KEY_STRICT,
};

enum { MIN_SIZE = 8, MAX_SIZE = 4096 };

static const struct argp_option option_table[] = {
	{ NULL, 0, NULL, 0, "Input:", 1 },
	{ "list", KEY_LIST, "FILE", 0,
	  "Take the photos that FILE lists, a line each: path, label and "
	  "perhaps split and group, with tabs between; - is standard input; "
	  "relative paths begin at DIR, else at the working folder",
	  1 },
	{ "classes", KEY_CLASSES, "A,B,...", 0,
	  "Take these classes only, and number them in this order (all, by "
	  "name)",
	  1 },
	{ "undated", KEY_UNDATED, "HOW", 0,
	  "Photos without an EXIF date: keep, drop, or put them into train "
	  "(keep)",
	  1 },
	{ "max-pixels", KEY_MAX_PIXELS, "N", 0,
	  "Leave out photos with more pixels, undecoded (268M)", 1 },

	{ NULL, 0, NULL, 0, "Pixels:", 2 },
	{ "size", 's', "N|HxW", 0,
	  "Resize photos to N x N pixels, or to H high and W wide (224)", 2 },
	{ "fit", KEY_FIT, "HOW", 0,
	  "Photos of another aspect: stretch, crop to the middle, or pad with "
	  "black (stretch)",
	  2 },
	{ "gray", KEY_GRAY, NULL, 0, "One gray channel instead of three", 2 },
	{ "standardize", KEY_STANDARDIZE, "HOW", 0,
	  "What a model gets: none (0..255), rescale (0..1), normalize (mean "
	  "0, deviation 1 over train), caffe or torch (by ImageNet's mean, as "
	  "Keras's and torchvision's VGG) (rescale)",
	  2 },

	{ NULL, 0, NULL, 0, "Groups and splits:", 3 },
	{ "group", KEY_GROUP, "HOW", 0,
	  "Photos of a class that belong together: auto (day, else burst), "
	  "day, burst, folder or none (auto)",
	  3 },
	{ "burst-gap", KEY_BURST_GAP, "TIME", 0,
	  "Photos of a camera less than TIME apart are a burst (10s)", 3 },
	{ "near-duplicates", KEY_NEAR_DUPLICATES, "BITS", 0,
	  "Photos of a class whose 64-bit hashes differ in so many bits, 0 to "
	  "16, may be one picture and are compared; off: only equal ones (4)",
	  3 },
	{ "split", KEY_SPLIT, "TRAIN/VAL/TEST", 0,
	  "Shares of the splits in percent (70/15/15)", 3 },
	{ "split-from", KEY_SPLIT_FROM, "DATASET", 0,
	  "Leave photos and groups of DATASET in their split; place new ones",
	  3 },
	{ "seed", KEY_SEED, "N", 0, "Seed of the split and the order (42)", 3 },

	{ NULL, 0, NULL, 0, "Reports:", 4 },
	{ "dry-run", KEY_DRY_RUN, NULL, 0,
	  "Read the photos and report, but write no dataset", 4 },
	{ "preview", KEY_PREVIEW, "FILE", 0,
	  "Write a sheet of some photos of each class to FILE (.png, .jpg)",
	  4 },
	{ "rejects", KEY_REJECTS, "FILE", 0,
	  "Write what was left out to FILE: path, stage and reason, with tabs "
	  "between",
	  4 },
	{ "summary", KEY_SUMMARY, "FILE", 0, "Write the report as JSON to FILE",
	  4 },
	{ "strict", KEY_STRICT, NULL, 0,
	  "Fail, and write nothing, when a photo cannot be read", 4 },
	{ 0 },
};

/* ---- values */

/* "224" or "160x320", height first; other text must follow the same grammar. */
static void
parse_size(Options *o, char *arg, const struct argp_state *state)
{
	g_auto(GStrv) sides = g_strsplit(arg, "x", 3);
	guint n = g_strv_length(sides);

	if ((n != 1 && n != 2) || *sides[0] == '\0' || *sides[n - 1] == '\0')
		kw_arg_fail(state, "--size: '%s' is not N or HxW", arg);
	o->image.height =
		(int)kw_arg_int(state, "--size", sides[0], MIN_SIZE, MAX_SIZE);
	o->image.width = (int)kw_arg_int(state, "--size", sides[n - 1],
					 MIN_SIZE, MAX_SIZE);
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
parse_classes(Options *o, char *arg, const struct argp_state *state)
{
	g_strfreev(o->classes);
	o->classes = g_strsplit(arg, ",", -1);
	for (int i = 0; o->classes[i] != NULL; i++) {
		if (*o->classes[i] == '\0')
			kw_arg_fail(state, "--classes: a name is empty in '%s'",
				    arg);
		for (int k = 0; k < i; k++)
			if (strcmp(o->classes[i], o->classes[k]) == 0)
				kw_arg_fail(state,
					    "--classes: '%s' is named twice",
					    o->classes[i]);
	}
	if (g_strv_length(o->classes) < 2)
		kw_arg_fail(state, "--classes: a classifier needs two or more");
}

/* The value of an option that names a thing, or FALSE for another option. */
static gboolean
parse_choice(Options *o, int key, char *arg, const struct argp_state *state)
{
	switch (key) {
	case KEY_UNDATED:
		o->undated = (Undated)kw_arg_choice(state, "--undated", arg,
						    undated_names);
		return TRUE;
	case KEY_FIT:
		o->image.fit =
			(KwFit)kw_arg_choice(state, "--fit", arg, kw_fit_names);
		return TRUE;
	case KEY_STANDARDIZE:
		o->standardize = (KwStandardize)kw_arg_choice(
			state, "--standardize", arg, kw_standardize_names);
		return TRUE;
	case KEY_GROUP:
		o->group = (GroupMode)kw_arg_choice(state, "--group", arg,
						    group_mode_names);
		return TRUE;
	default:
		return FALSE;
	}
}

static gboolean
parse_number(Options *o, int key, char *arg, const struct argp_state *state)
{
	switch (key) {
	case KEY_MAX_PIXELS:
		o->image.max_pixels = (guint64)kw_arg_count(
			state, "--max-pixels", arg, 1, G_MAXINT32 * 16ll);
		return TRUE;
	case KEY_BURST_GAP:
		o->burst_gap = (gint64)lrint(
			1000 *
			kw_arg_seconds(state, "--burst-gap", arg, 0, 86400));
		return TRUE;
	case KEY_NEAR_DUPLICATES:
		o->near_duplicates =
			strcmp(arg, "off") == 0
				? NEAR_OFF
				: (int)kw_arg_int(state, "--near-duplicates",
						  arg, 0, 16);
		return TRUE;
	case KEY_SEED:
		o->seed = (guint64)kw_arg_int(state, "--seed", arg, 0,
					      G_MAXINT64);
		return TRUE;
	default:
		return FALSE;
	}
}

/* ---- all of it */

/* No two outputs are one file, or both go to standard output. */
static void
check_outputs(const Options *o, const struct argp_state *state)
{
	const char *const names[] = { "--output", "--rejects", "--summary",
				      "--preview" };
	const char *const paths[] = {
		o->dry_run                 ? NULL
		: o->common.output != NULL ? o->common.output
					   : "-",
		o->rejects,
		o->summary,
		o->preview,
	};

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
		for (gsize k = 0; k < i; k++)
			if (kw_outfile_same(paths[i], paths[k]))
				kw_arg_fail(state,
					    "%s and %s both go to '%s'; name "
					    "another file for one",
					    names[k], names[i], paths[i]);
	if (o->list != NULL && o->split_from != NULL &&
	    strcmp(o->list, "-") == 0 && strcmp(o->split_from, "-") == 0)
		kw_arg_fail(state, "--list and --split-from cannot both be "
				   "read from standard input");
}

static void
check(const Options *o, const struct argp_state *state)
{
	check_outputs(o, state);
	if (o->list == NULL && o->n_dirs == 0)
		kw_arg_fail(state, "name the folder that holds the class "
				   "folders; see --help");
	if (o->list != NULL && o->n_dirs > 1)
		kw_arg_fail(state,
			    "the paths of a list begin at one folder: '%s' is "
			    "left over",
			    o->dirs[1]);
	if (o->standardize == KW_STANDARDIZE_NORMALIZE && o->percent[0] == 0)
		kw_arg_fail(state, "--standardize normalize takes mean and "
				   "deviation of train, and --split leaves "
				   "train empty");
	if (o->image.channels == 1 && (o->standardize == KW_STANDARDIZE_CAFFE ||
				       o->standardize == KW_STANDARDIZE_TORCH))
		kw_arg_fail(state,
			    "--standardize %s is for three colours, and --gray "
			    "leaves one; use rescale or normalize",
			    kw_standardize_names[o->standardize]);
	if (o->dry_run && o->common.output != NULL)
		kw_arg_fail(state, "--dry-run writes no dataset: leave "
				   "--output out");
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	Options *o = state->input;

	if (parse_choice(o, key, arg, state) ||
	    parse_number(o, key, arg, state))
		return 0;
	switch (key) {
	case KEY_LIST:
		o->list = arg;
		return 0;
	case KEY_CLASSES:
		parse_classes(o, arg, state);
		return 0;
	case 's':
		parse_size(o, arg, state);
		return 0;
	case KEY_GRAY:
		o->image.channels = 1;
		return 0;
	case KEY_SPLIT:
		parse_split(o, arg, state);
		return 0;
	case KEY_SPLIT_FROM:
		o->split_from = arg;
		return 0;
	case KEY_REJECTS:
		o->rejects = arg;
		return 0;
	case KEY_SUMMARY:
		o->summary = arg;
		return 0;
	case KEY_PREVIEW:
		o->preview = arg;
		return 0;
	case KEY_DRY_RUN:
		o->dry_run = TRUE;
		return 0;
	case KEY_STRICT:
		o->strict = TRUE;
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->common;
		return 0;
	case ARGP_KEY_ARG:
		o->dirs[o->n_dirs++] = arg;
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
		.args_doc = "DIR...\n--list FILE [DIR]",
		.doc = "Turn folders of photos into a kw dataset, split so "
		       "that photos that belong together stay together.\v"
		       "DIR holds one folder a class, or train, val and test "
		       "folders that do.  The dataset goes to standard output "
		       "unless -o names a file.",
		.children = children,
	};

	*options = (Options){ .dirs = g_new0(char *, argc + 1),
			      .image = { .height = 224,
					 .width = 224,
					 .channels = 3,
					 .max_pixels = KW_DEFAULT_MAX_PIXELS },
			      .standardize = KW_STANDARDIZE_RESCALE,
			      .burst_gap = 10000,
			      .near_duplicates = 4,
			      .percent = { 70, 15, 15 },
			      .seed = 42 };
	kw_common_init(&options->common);
	argp_parse(&argp, argc, argv, 0, NULL, options);
}

void
options_clear(Options *options)
{
	g_free(options->dirs);
	g_strfreev(options->classes);
}
