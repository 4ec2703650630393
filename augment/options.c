#include "augment/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "augment/save.h"
#include "kw/key_options.h"
#include "kw/size.h"

enum {
	OPTION_SEED = 256,
	OPTION_NO_ORIGINALS,
	OPTION_BALANCE,
	OPTION_REPLAY,
	OPTION_POLICY,
	OPTION_PRINT_POLICY,
	OPTION_SHARDS,
	OPTION_SHARD_SIZE,
	OPTION_SAVE_TO,
	OPTION_SAVE_FORMAT,
	OPTION_PREVIEW,
	OPTION_GRID,
	OPTION_SUMMARY,
	OPTION_DRY_RUN,
};

enum { GROUP_COPIES = 1, GROUP_OUTPUT, GROUP_POLICY };

static const struct argp_option own_options[] = {
	{ NULL, 0, NULL, 0, "Which copies:", GROUP_COPIES },
	{ "copies", 'n', "N", 0,
	  "Add N copies of each train image, besides the original (1)",
	  GROUP_COPIES },
	{ "no-originals", OPTION_NO_ORIGINALS, NULL, 0,
	  "Leave the originals out of train", GROUP_COPIES },
	{ "balance", OPTION_BALANCE, "HOW", 0,
	  "Make classes equal in train, with more copies of the smaller: none, "
	  "max (as many as the largest gets), or N images each (none)",
	  GROUP_COPIES },
	{ "seed", OPTION_SEED, "N", 0, "Draw random numbers from seed N (42)",
	  GROUP_COPIES },
	{ "replay", OPTION_REPLAY, "AUGMENTED", 0,
	  "Make the train images of AUGMENTED again, from its transforms and "
	  "the originals of DATASET",
	  GROUP_COPIES },
	{ NULL, 0, NULL, 0, "Where to:", GROUP_OUTPUT },
	{ "shards", OPTION_SHARDS, "N", 0,
	  "Write N files, and FILE as their index", GROUP_OUTPUT },
	{ "shard-size", OPTION_SHARD_SIZE, "SIZE", 0,
	  "Write as many files as it takes for each to have at most SIZE "
	  "bytes, such as 4G, and FILE as their index",
	  GROUP_OUTPUT },
	{ "save-to", OPTION_SAVE_TO, "DIR", 0,
	  "Write the train images to files as well: "
	  "DIR/train/CLASS/NAME-c1.png",
	  GROUP_OUTPUT },
	{ "save-format", OPTION_SAVE_FORMAT, "FORMAT", 0,
	  "Of these files: png or jpeg (png)", GROUP_OUTPUT },
	{ "preview", OPTION_PREVIEW, "FILE", 0,
	  "Write a sheet of originals, each followed by copies, to FILE (.png, "
	  ".jpg)",
	  GROUP_OUTPUT },
	{ "grid", OPTION_GRID, "RxC", 0,
	  "R originals and C images in a row on the sheet (8x10)",
	  GROUP_OUTPUT },
	{ "summary", OPTION_SUMMARY, "FILE", 0,
	  "Write the report as JSON to FILE", GROUP_OUTPUT },
	{ "dry-run", OPTION_DRY_RUN, NULL, 0,
	  "Report what would be written, and write no dataset", GROUP_OUTPUT },
	{ NULL, 0, NULL, 0, "How copies vary:", GROUP_POLICY },
	{ "policy", OPTION_POLICY, "NAME|FILE", 0,
	  "seed, light, heavy, trivial, none, or a file of the settings below "
	  "(seed); options win over it",
	  GROUP_POLICY },
	{ "print-policy", OPTION_PRINT_POLICY, NULL, 0,
	  "Print the policy, as such a file, and exit", GROUP_POLICY },
};

/* What is put together when the command line has been read. */
typedef struct {
	AugmentOptions *options;
	GArray *settings; /* KwSetting, in their order */
	gboolean print_policy;
	const char *planned; /* an option that a replay does not go with */
	gboolean copies, grid, save_format; /* were given */
} Parser;

static void
parse_balance(AugmentAmount *amount, const char *arg,
	      const struct argp_state *state)
{
	if (strcmp(arg, "none") == 0) {
		amount->balance = BALANCE_NONE;
	} else if (strcmp(arg, "max") == 0) {
		amount->balance = BALANCE_MAX;
	} else {
		amount->balance = BALANCE_TO;
		amount->balance_to = (gsize)kw_arg_count(
			state, "--balance (none, max or images a class)", arg,
			1, G_MAXINT64);
	}
}

static void
parse_grid(AugmentOptions *options, const char *arg,
	   const struct argp_state *state)
{
	int rows, columns, length = 0;

	if (sscanf(arg, "%4d%*1[xX]%3d%n", &rows, &columns, &length) != 2 ||
	    arg[length] != '\0' || rows < 1 || rows > 1000 || columns < 2 ||
	    columns > 100)
		kw_arg_fail(state,
			    "--grid: '%s' is not ROWSxCOLUMNS, such as 8x10, "
			    "with 1 to 1000 rows and 2 to 100 columns",
			    arg);
	options->grid_rows = rows;
	options->grid_columns = columns;
}

static error_t
parse_key(int key, char *arg, Parser *parser)
{
	gsize n;
	const KwTypedKey *keys = kw_policy_keys(&n);
	KwSetting setting;

	if (!kw_key_option(keys, n, key, arg, &setting))
		return ARGP_ERR_UNKNOWN;
	g_array_append_val(parser->settings, setting);
	parser->planned = setting.key;
	return 0;
}

static error_t
parse_copies(int key, char *arg, struct argp_state *state, Parser *parser)
{
	AugmentRecipe *recipe = &parser->options->recipe;

	switch (key) {
	case 'n':
		parser->planned = "copies";
		parser->copies = TRUE;
		recipe->amount.copies = (gint32)kw_arg_int(
			state, "--copies", arg, 1, AUGMENT_MAX_COPIES);
		return 0;
	case OPTION_NO_ORIGINALS:
		parser->planned = "no-originals";
		recipe->amount.originals = FALSE;
		return 0;
	case OPTION_BALANCE:
		parser->planned = "balance";
		parse_balance(&recipe->amount, arg, state);
		return 0;
	case OPTION_SEED:
		parser->planned = "seed";
		recipe->seed = (guint64)kw_arg_int(state, "--seed", arg, 0,
						   G_MAXINT64);
		return 0;
	case OPTION_POLICY:
		parser->planned = "policy";
		parser->options->policy = arg;
		return 0;
	case OPTION_PRINT_POLICY:
		parser->print_policy = TRUE;
		return 0;
	default:
		return parse_key(key, arg, parser);
	}
}

static void
parse_shard_size(AugmentOptions *options, const char *arg,
		 const struct argp_state *state)
{
	options->shard_size = (guint64)kw_arg_count(state, "--shard-size", arg,
						    1, G_MAXINT64);
}

static error_t
parse_output(int key, char *arg, struct argp_state *state, Parser *parser)
{
	AugmentOptions *options = parser->options;

	switch (key) {
	case OPTION_REPLAY:
		options->replay = arg;
		return 0;
	case OPTION_SHARDS:
		options->shards = (guint)kw_arg_int(state, "--shards", arg, 1,
						    KW_DATASET_MAX_SHARDS);
		return 0;
	case OPTION_SHARD_SIZE:
		parse_shard_size(options, arg, state);
		return 0;
	case OPTION_SAVE_TO:
		if (*arg == '\0')
			kw_arg_fail(state, "--save-to: name a folder");
		options->save_to = arg;
		return 0;
	case OPTION_SAVE_FORMAT:
		parser->save_format = TRUE;
		options->save_format = kw_arg_choice(state, "--save-format",
						     arg, augment_save_formats);
		return 0;
	case OPTION_PREVIEW:
		options->preview = arg;
		return 0;
	case OPTION_GRID:
		parser->grid = TRUE;
		parse_grid(options, arg, state);
		return 0;
	case OPTION_SUMMARY:
		options->summary = arg;
		return 0;
	case OPTION_DRY_RUN:
		options->dry_run = TRUE;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* A pipe that the policy was to come from may have been waited for in vain. */
static void
fail_policy(const struct argp_state *state, const GError *error)
{
	g_autoptr(GError) signal = NULL;

	if (!kw_check_interrupted(&signal))
		exit(kw_app_fail(signal));
	kw_arg_fail(state, "--policy: %s", error->message);
}

/* The policy, and what the command line says besides. */
static void
settle_policy(const Parser *parser, const struct argp_state *state)
{
	KwPolicy *policy = &parser->options->recipe.policy;
	g_autoptr(GError) error = NULL;

	if (parser->options->policy != NULL &&
	    !kw_policy_load(policy, parser->options->policy, &error))
		fail_policy(state, error);
	for (guint i = 0; i < parser->settings->len; i++) {
		KwSetting *s = &g_array_index(parser->settings, KwSetting, i);

		if (!kw_policy_set(policy, s->key, s->value, &error))
			kw_arg_fail(state, "--%s", error->message);
	}
}

static void
print_policy(const AugmentOptions *options)
{
	g_autofree char *text = kw_policy_text(&options->recipe.policy);

	fputs(text, stdout);
}

/* Options that do not go together. */
static void
check_combination(const Parser *parser, const struct argp_state *state)
{
	const AugmentOptions *o = parser->options;

	if (o->shards != 0 && o->shard_size != 0)
		kw_arg_fail(state, "--shards and --shard-size: give one");
	if ((o->shards != 0 || o->shard_size != 0) &&
	    (o->common.output == NULL || strcmp(o->common.output, "-") == 0))
		kw_arg_fail(state, "shards cannot go to standard output; name "
				   "the file of their index with -o FILE");
	if (parser->copies && o->recipe.amount.balance == BALANCE_TO)
		kw_arg_fail(state, "--copies and --balance with a number: give "
				   "one");
	if (parser->grid && o->preview == NULL)
		kw_arg_fail(state, "--grid is that of --preview, which is not "
				   "given");
	if (parser->save_format && o->save_to == NULL)
		kw_arg_fail(state, "--save-format is that of --save-to, which "
				   "is not given");
	if (o->replay == NULL)
		return;
	if (parser->planned != NULL)
		kw_arg_fail(state,
			    "--%s does not go with --replay, which makes what "
			    "was made before",
			    parser->planned);
	if (o->preview != NULL)
		kw_arg_fail(state, "--preview does not go with --replay: it "
				   "shows what a policy does");
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	Parser *parser = state->input;
	AugmentOptions *options = parser->options;
	error_t status;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->common;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			kw_arg_fail(state, "one dataset only: '%s' is a second",
				    arg);
		options->input = arg;
		return 0;
	case ARGP_KEY_END:
		settle_policy(parser, state);
		check_combination(parser, state);
		return 0;
	default:
		status = parse_copies(key, arg, state, parser);
		return status != ARGP_ERR_UNKNOWN
			       ? status
			       : parse_output(key, arg, state, parser);
	}
}

/* The help of a key, with its value in the seed policy. */
static const char *
key_help(const KwKey *key)
{
	g_autofree char *value = kw_policy_get(&kw_policy_seed, key->name);
	g_autofree char *off = kw_policy_get(&kw_policy_none, key->name);
	g_autofree char *help =
		strcmp(value, off) == 0 && !g_str_equal(key->section, "How:")
			? g_strdup(key->help)
			: g_strdup_printf("%s (%s)", key->help,
					  key->argument == NULL ? "on" : value);

	return g_intern_string(help);
}

/* Own options, then those of the policy's keys. */
static struct argp_option *
list_options(void)
{
	gsize n;
	const KwTypedKey *keys = kw_policy_keys(&n);
	GArray *list = g_array_new(TRUE, TRUE, sizeof(struct argp_option));

	g_array_append_vals(list, own_options, G_N_ELEMENTS(own_options));
	kw_key_options(list, keys, n, GROUP_POLICY + 1, key_help);
	return (struct argp_option *)g_array_free(list, FALSE);
}

/* Is the policy to be printed, and nothing else done? */
static gboolean
parse_all(AugmentOptions *options, int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &kw_common_argp, 0, NULL, 0 },
		{ 0 },
	};
	g_autofree struct argp_option *list = list_options();
	g_autoptr(GArray) settings =
		g_array_new(FALSE, FALSE, sizeof(KwSetting));
	const struct argp argp = {
		.options = list,
		.parser = parse,
		.args_doc = "[DATASET]",
		.doc = "Add randomly transformed copies of its train images "
		       "to a kw dataset.\v"
		       "Reads DATASET, or standard input where it is - or "
		       "absent, and writes the augmented dataset to FILE or "
		       "standard output.",
		.children = children,
	};
	Parser parser = { .options = options, .settings = settings };

	*options = (AugmentOptions){ .recipe = augment_recipe_default(),
				     .grid_rows = 8,
				     .grid_columns = 10 };
	kw_common_init(&options->common);
	argp_parse(&argp, argc, argv, 0, NULL, &parser);
	return parser.print_policy;
}

void
augment_options_parse(AugmentOptions *options, int argc, char **argv)
{
	if (!parse_all(options, argc, argv))
		return;
	print_policy(options);
	exit(kw_app_finish(KW_EXIT_DONE));
}
