#include "train/train_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kw/key_options.h"

enum {
	OPTION_WEIGHTS = 256,
	OPTION_CHANNELS,
	OPTION_LOG_DIR,
	OPTION_EXPORT,
	OPTION_SUMMARY,
	OPTION_RESUME,
	OPTION_CHECKPOINT_MINUTES,
	OPTION_ON_DIVERGENCE,
	OPTION_EVALUATE,
	OPTION_PRECISION,
	OPTION_ALGORITHM,
	OPTION_MEMORY,
	OPTION_NO_FEATURE_CACHE,
	OPTION_RECIPE,
	OPTION_PRINT_RECIPE,
	OPTION_OF_KERAS = 4096, /* and more, one a name */
};

enum { GROUP_START = 1, GROUP_RUN, GROUP_OUTPUT, GROUP_MACHINE, GROUP_RECIPE };

static const char *const channels_names[] = { "auto", "keep", "reverse", NULL };
static const char *const algorithm_names[] = { "auto", "direct", "winograd",
					       NULL };
static const char *const divergence_names[] = { "stop", "skip", NULL };

static const struct argp_option own_options[] = {
	{ NULL, 0, NULL, 0, "What to start from:", GROUP_START },
	{ "weights", OPTION_WEIGHTS, "FILE|none", 0,
	  "Keras's .h5, a kw model, PyTorch's .safetensors, or nothing "
	  "(VGG19's ImageNet weights, see kw-train(1))",
	  GROUP_START },
	{ "channels", OPTION_CHANNELS, "HOW", 0,
	  "Of the colours in Keras's weights: keep their order, reverse it, or "
	  "auto, as the dataset is standardised (auto)",
	  GROUP_START },
	{ NULL, 0, NULL, 0, "How to go on:", GROUP_RUN },
	{ "resume", OPTION_RESUME, NULL, 0,
	  "Go on where an earlier run of the same command stopped", GROUP_RUN },
	{ "checkpoint-minutes", OPTION_CHECKPOINT_MINUTES, "N", 0,
	  "Write what to resume from every N minutes, besides after each epoch "
	  "(10)",
	  GROUP_RUN },
	{ "on-divergence", OPTION_ON_DIVERGENCE, "HOW", 0,
	  "When the loss explodes: stop, or skip the step (stop)", GROUP_RUN },
	{ "evaluate", OPTION_EVALUATE, NULL, 0,
	  "Train nothing: report on the model of --weights, or of -o",
	  GROUP_RUN },
	{ NULL, 0, NULL, 0, "Where to:", GROUP_OUTPUT },
	{ "log-dir", OPTION_LOG_DIR, "DIR", 0,
	  "Folder for metrics.csv, metrics.jsonl and TensorBoard (the model's "
	  "name with .log for .h5)",
	  GROUP_OUTPUT },
	{ "export", OPTION_EXPORT, "FILE", 0,
	  "Write the best weights for PyTorch, as .safetensors", GROUP_OUTPUT },
	{ "summary", OPTION_SUMMARY, "FILE", 0,
	  "Write the report as JSON to FILE", GROUP_OUTPUT },
	{ NULL, 0, NULL, 0, "Machine:", GROUP_MACHINE },
	{ "precision", OPTION_PRECISION, "TYPE", 0,
	  "bf16, f32, or auto: bf16 where the CPU is fast with it (auto)",
	  GROUP_MACHINE },
	{ "algorithm", OPTION_ALGORITHM, "HOW", 0,
	  "Of convolutions: direct, winograd, or auto, the faster (auto)",
	  GROUP_MACHINE },
	{ "memory", OPTION_MEMORY, "SIZE", 0,
	  "Refuse to start when it takes more bytes than this, such as 8G "
	  "(what the machine has)",
	  GROUP_MACHINE },
	{ "no-feature-cache", OPTION_NO_FEATURE_CACHE, NULL, 0,
	  "Do not keep the output of frozen layers from one epoch to the next, "
	  "and remove the file that did",
	  GROUP_MACHINE },
	{ NULL, 0, NULL, 0, "Recipe:", GROUP_RECIPE },
	{ "recipe", OPTION_RECIPE, "NAME|FILE", 0,
	  "seed, modern, or a file of the settings below (seed); options win "
	  "over it",
	  GROUP_RECIPE },
	{ "print-recipe", OPTION_PRINT_RECIPE, NULL, 0,
	  "Print the recipe, as such a file, and exit", GROUP_RECIPE },
};

/* What is put together when the command line has been read. */
typedef struct {
	TrainOptions *options;
	const char *recipe;     /* a name or a file; NULL: the default */
	GArray *settings;       /* KwSetting, in their order */
	GPtrArray *of_training; /* "--lr": options that --evaluate ignores */
	gboolean print_recipe;
} Parser;

/* `name` is static. */
static void
note_of_training(const Parser *parser, const char *name)
{
	g_autofree char *option = g_strconcat("--", name, NULL);
	const char *const noted = g_intern_string(option);

	if (!g_ptr_array_find(parser->of_training, noted, NULL))
		g_ptr_array_add(parser->of_training, (gpointer)noted);
}

/* ---- the recipe */

/* A pipe that it was to come from may have been waited for in vain. */
static void
fail_setting(const struct argp_state *state, const char *option,
	     const GError *error)
{
	g_autoptr(GError) signal = NULL;

	if (!kw_check_interrupted(&signal))
		exit(kw_app_fail(signal));
	kw_arg_fail(state, "--%s%s", option, error->message);
}

/* The recipe, and what the command line says besides. */
static void
settle_recipe(const Parser *parser, const struct argp_state *state)
{
	Recipe *recipe = &parser->options->recipe;
	g_autoptr(GError) error = NULL;

	if (parser->recipe != NULL &&
	    !recipe_load(recipe, parser->recipe, &error))
		fail_setting(state, "recipe: ", error);
	for (guint i = 0; i < parser->settings->len; i++) {
		KwSetting *s = &g_array_index(parser->settings, KwSetting, i);

		if (!recipe_set(recipe, s->key, s->value, &error))
			fail_setting(state, "", error);
	}
	if (!recipe_check(recipe, &error))
		fail_setting(state, "", error);
}

/* An option that is called otherwise here. */
static void
fail_name_of_keras(const struct argp_state *state, int i)
{
	g_autoptr(GError) error = NULL;
	Recipe recipe = recipe_seed;

	recipe_set(&recipe, recipe_keras_names[i].theirs, "", &error);
	kw_arg_fail(state, "--%s", error->message);
}

static error_t
parse_recipe(int key, char *arg, struct argp_state *state, Parser *parser)
{
	gsize n;
	const KwTypedKey *keys = recipe_keys(&n);
	KwSetting setting;

	switch (key) {
	case OPTION_RECIPE:
		parser->recipe = arg;
		note_of_training(parser, "recipe");
		return 0;
	case OPTION_PRINT_RECIPE:
		parser->print_recipe = TRUE;
		return 0;
	default:
		/* argp has keys of its own, which are far larger */
		if (key >= OPTION_OF_KERAS && key < 2 * OPTION_OF_KERAS)
			fail_name_of_keras(state, key - OPTION_OF_KERAS);
		if (!kw_key_option(keys, n, key, arg, &setting))
			return ARGP_ERR_UNKNOWN;
		g_array_append_val(parser->settings, setting);
		if (strcmp(setting.key, "batch") != 0)
			note_of_training(parser, setting.key);
		return 0;
	}
}

/* ---- all others */

/* Those that --evaluate has no use for. */
static void
note_if_of_training(const Parser *parser, int key)
{
	static const struct {
		int key;
		const char *name;
	} options[] = {
		{ OPTION_CHANNELS, "channels" },
		{ OPTION_CHECKPOINT_MINUTES, "checkpoint-minutes" },
		{ OPTION_ON_DIVERGENCE, "on-divergence" },
		{ OPTION_LOG_DIR, "log-dir" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(options); i++)
		if (key == options[i].key)
			note_of_training(parser, options[i].name);
}

static const char *
file_argument(const struct argp_state *state, const char *option,
	      const char *arg)
{
	if (*arg == '\0')
		kw_arg_fail(state, "%s: the name is empty", option);
	return arg;
}

static error_t
parse_machine(int key, char *arg, struct argp_state *state, TrainOptions *o)
{
	switch (key) {
	case OPTION_PRECISION:
		o->precision = (Precision)kw_arg_choice(state, "--precision",
							arg, precision_names);
		return 0;
	case OPTION_ALGORITHM:
		o->algorithm = (Algorithm)kw_arg_choice(state, "--algorithm",
							arg, algorithm_names);
		return 0;
	case OPTION_MEMORY:
		o->memory = (gsize)kw_arg_count(state, "--memory", arg, 1,
						G_MAXINT64);
		return 0;
	case OPTION_NO_FEATURE_CACHE:
		o->no_feature_cache = TRUE;
		return 0;
	case OPTION_CHANNELS:
		o->channels = (Channels)kw_arg_choice(state, "--channels", arg,
						      channels_names);
		return 0;
	case OPTION_ON_DIVERGENCE:
		o->on_divergence = (OnDivergence)kw_arg_choice(
			state, "--on-divergence", arg, divergence_names);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t
parse_run(int key, char *arg, struct argp_state *state, TrainOptions *o)
{
	switch (key) {
	case OPTION_WEIGHTS:
		o->weights = file_argument(state, "--weights", arg);
		return 0;
	case OPTION_LOG_DIR:
		o->log_dir = file_argument(state, "--log-dir", arg);
		return 0;
	case OPTION_EXPORT:
		o->export = file_argument(state, "--export", arg);
		return 0;
	case OPTION_SUMMARY:
		o->summary = file_argument(state, "--summary", arg);
		return 0;
	case OPTION_RESUME:
		o->resume = TRUE;
		return 0;
	case OPTION_EVALUATE:
		o->evaluate = TRUE;
		return 0;
	case OPTION_CHECKPOINT_MINUTES:
		o->checkpoint_minutes = kw_arg_double(
			state, "--checkpoint-minutes", arg, 0, 1e6);
		return 0;
	default:
		return parse_machine(key, arg, state, o);
	}
}

/* What --evaluate makes of the options of training. */
static void
settle_evaluation(const Parser *parser)
{
	TrainOptions *o = parser->options;
	g_autofree char *list = NULL;

	for (guint i = 0; i < parser->settings->len; i++)
		if (strcmp(g_array_index(parser->settings, KwSetting, i).key,
			   "batch") == 0)
			o->evaluate_batch = o->recipe.batch;
	if (parser->of_training->len == 0)
		return;
	g_ptr_array_add(parser->of_training, NULL);
	list = g_strjoinv(", ", (GStrv)parser->of_training->pdata);
	o->ignored = g_intern_string(list);
}

/* Options that do not go together. */
static void
check_combination(const TrainOptions *o, const struct argp_state *state)
{
	if (o->dataset == NULL)
		kw_arg_fail(state, "name the dataset to train on, or '-' for "
				   "standard input; see --help");
	if (o->evaluate && o->resume)
		kw_arg_fail(state, "--evaluate and --resume: give one");
	if (o->evaluate && g_strcmp0(o->weights, "none") == 0)
		kw_arg_fail(state, "--evaluate needs a model, and --weights "
				   "none is none");
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	Parser *parser = state->input;
	TrainOptions *o = parser->options;
	error_t status;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->common;
		return 0;
	case ARGP_KEY_ARG:
		if (o->dataset != NULL)
			kw_arg_fail(state,
				    "one dataset at a time: '%s' is left over",
				    arg);
		o->dataset = arg;
		return 0;
	case ARGP_KEY_END:
		settle_recipe(parser, state);
		settle_evaluation(parser);
		if (!parser->print_recipe)
			check_combination(o, state);
		return 0;
	default:
		note_if_of_training(parser, key);
		status = parse_recipe(key, arg, state, parser);
		return status != ARGP_ERR_UNKNOWN
			       ? status
			       : parse_run(key, arg, state, o);
	}
}

/* The help of a key, with its value in the seed recipe. */
static const char *
key_help(const KwKey *key)
{
	g_autofree char *value = recipe_get(&recipe_seed, key->name);
	g_autofree char *help = g_strdup_printf(
		"%s (%s)", key->help, key->argument == NULL ? "on" : value);

	return g_intern_string(help);
}

/* Own options, those of the recipe's keys, and names that they may be looked
 * for by. */
static struct argp_option *
list_options(void)
{
	gsize n;
	const KwTypedKey *keys = recipe_keys(&n);
	GArray *list = g_array_new(TRUE, TRUE, sizeof(struct argp_option));

	g_array_append_vals(list, own_options, G_N_ELEMENTS(own_options));
	kw_key_options(list, keys, n, GROUP_RECIPE + 1, key_help);
	for (int i = 0; recipe_keras_names[i].theirs != NULL; i++) {
		const struct argp_option option = {
			.name = recipe_keras_names[i].theirs,
			.key = OPTION_OF_KERAS + i,
			.arg = "VALUE",
			.flags = OPTION_HIDDEN | OPTION_ARG_OPTIONAL,
		};

		g_array_append_val(list, option);
	}
	return (struct argp_option *)g_array_free(list, FALSE);
}

/* Is the recipe to be printed, and nothing else done? */
static gboolean
parse_all(TrainOptions *options, int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &kw_common_argp, 0, NULL, 0 },
		{ 0 },
	};
	g_autofree struct argp_option *list = list_options();
	g_autoptr(GArray) settings =
		g_array_new(FALSE, FALSE, sizeof(KwSetting));
	g_autoptr(GPtrArray) of_training = g_ptr_array_new();
	const struct argp argp = {
		.options = list,
		.parser = parse,
		.args_doc = "DATASET",
		.doc = "Fine-tune VGG19 on a kw dataset.\vThe model that does "
		       "best on the validation images is written to vgg19.h5, "
		       "or to what -o names; Keras opens it.",
		.children = children,
	};
	Parser parser = { .options = options,
			  .settings = settings,
			  .of_training = of_training };

	*options = (TrainOptions){ .recipe = recipe_seed,
				   .checkpoint_minutes = 10 };
	kw_common_init(&options->common);
	argp_parse(&argp, argc, argv, 0, NULL, &parser);
	if (options->common.output == NULL)
		options->common.output = "vgg19.h5";
	return parser.print_recipe;
}

void
train_options_parse(TrainOptions *options, int argc, char **argv)
{
	g_autofree char *text = NULL;

	if (!parse_all(options, argc, argv))
		return;
	text = recipe_text(&options->recipe);
	fputs(text, stdout);
	exit(kw_app_finish(KW_EXIT_DONE));
}
