#include "train/train_options.h"

#include <string.h>

enum {
	KEY_WEIGHTS = 256,
	KEY_EPOCHS,
	KEY_BATCH,
	KEY_LR,
	KEY_MOMENTUM,
	KEY_DROPOUT,
	KEY_L2,
	KEY_HEAD,
	KEY_FREEZE,
	KEY_PATIENCE,
	KEY_SEED,
	KEY_NO_SHUFFLE,
	KEY_LOG_DIR,
};

static const struct argp_option option_table[] = {
	{ "weights", KEY_WEIGHTS, "FILE|none", 0,
	  "Start from this Keras .h5 file or kw model, or from nothing "
	  "(default: the ImageNet weights, see kw-train(1))",
	  1 },
	{ "freeze", KEY_FREEZE, "N", 0,
	  "Leave the first N layers as they are, as Keras counts them: the "
	  "input is one, 22 is all of VGG19 (5)",
	  1 },
	{ "head", KEY_HEAD, "N,N...|none", 0,
	  "Units of the dense layers on top (1024,1024)", 1 },
	{ "dropout", KEY_DROPOUT, "RATE", 0,
	  "Fraction to drop between the dense layers (0.5)", 1 },
	{ "l2", KEY_L2, "FACTOR", 0,
	  "L2 penalty on the last of them; part of the loss (0.01)", 1 },
	{ "epochs", KEY_EPOCHS, "N", 0, "Go over the images N times (50)", 2 },
	{ "batch", KEY_BATCH, "N", 0, "Images a step (4)", 2 },
	{ "lr", KEY_LR, "RATE", 0, "Learning rate of SGD (1e-4)", 2 },
	{ "momentum", KEY_MOMENTUM, "M", 0, "Momentum of SGD (0.9)", 2 },
	{ "patience", KEY_PATIENCE, "N", 0,
	  "Stop after N epochs without a better val_accuracy; 0: never (4)",
	  2 },
	{ "seed", KEY_SEED, "N", 0,
	  "Seed of order, dropout and first weights (42)", 2 },
	{ "no-shuffle", KEY_NO_SHUFFLE, NULL, 0,
	  "Take images in file order, for comparisons", 2 },
	{ "log-dir", KEY_LOG_DIR, "DIR", 0,
	  "Folder for metrics.csv (the model's name with .log for .h5)", 2 },
	{ 0 },
};

static void
parse_head(TrainOptions *o, const char *arg, const struct argp_state *state)
{
	g_auto(GStrv) units = g_strsplit(arg, ",", -1);

	o->recipe.n_head = 0;
	if (strcmp(arg, "none") == 0)
		return;
	for (char **unit = units; *unit != NULL; unit++) {
		if (o->recipe.n_head == NETWORK_MAX_HEAD)
			kw_arg_fail(state, "--head: more than %d layers",
				    NETWORK_MAX_HEAD);
		o->recipe.head[o->recipe.n_head++] =
			(int)kw_arg_int(state, "--head", *unit, 1, 1 << 16);
	}
	if (o->recipe.n_head == 0)
		kw_arg_fail(state,
			    "--head: no units given; 'none' is no layer");
}

static error_t
parse_recipe(int key, const char *arg, TrainOptions *o,
	     const struct argp_state *state)
{
	switch (key) {
	case KEY_WEIGHTS:
		o->weights = arg;
		return 0;
	case KEY_FREEZE:
		o->recipe.freeze = (int)kw_arg_int(state, "--freeze", arg, 0,
						   VGG19_KERAS_LAYERS);
		return 0;
	case KEY_HEAD:
		parse_head(o, arg, state);
		return 0;
	case KEY_DROPOUT:
		o->recipe.dropout =
			kw_arg_double(state, "--dropout", arg, 0, 0.99);
		return 0;
	case KEY_L2:
		o->recipe.l2 = kw_arg_double(state, "--l2", arg, 0, 1e6);
		return 0;
	case KEY_EPOCHS:
		o->recipe.epochs =
			(int)kw_arg_int(state, "--epochs", arg, 1, 1000000);
		return 0;
	case KEY_BATCH:
		o->recipe.batch =
			(int)kw_arg_int(state, "--batch", arg, 1, 4096);
		return 0;
	case KEY_LR:
		o->recipe.rate = kw_arg_double(state, "--lr", arg, 0, 1e6);
		return 0;
	case KEY_MOMENTUM:
		o->recipe.momentum =
			kw_arg_double(state, "--momentum", arg, 0, 0.9999);
		return 0;
	case KEY_PATIENCE:
		o->recipe.patience =
			(int)kw_arg_int(state, "--patience", arg, 0, 1000000);
		return 0;
	case KEY_SEED:
		o->recipe.seed = (guint64)kw_arg_int(state, "--seed", arg, 0,
						     G_MAXINT64);
		return 0;
	case KEY_NO_SHUFFLE:
		o->recipe.shuffle = FALSE;
		return 0;
	case KEY_LOG_DIR:
		o->log_dir = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	TrainOptions *o = state->input;

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
		if (o->dataset == NULL)
			kw_arg_fail(state, "name the dataset to train on, or "
					   "'-' for standard input; see "
					   "--help");
		if (o->common.output == NULL)
			o->common.output = "vgg19.h5";
		return 0;
	default:
		return parse_recipe(key, arg, o, state);
	}
}

void
train_options_parse(TrainOptions *options, int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &kw_common_argp, 0, NULL, 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = option_table,
		.parser = parse,
		.args_doc = "DATASET",
		.doc = "Fine-tune VGG19 on a kw dataset.\vThe model that does "
		       "best on the validation images is written to vgg19.h5, "
		       "or to what -o names; Keras opens it.",
		.children = children,
	};

	*options = (TrainOptions){ .recipe = recipe_seed };
	kw_common_init(&options->common);
	argp_parse(&argp, argc, argv, 0, NULL, options);
}

char *
train_options_settings(const TrainOptions *o)
{
	GString *head = g_string_new(o->recipe.n_head == 0 ? "none" : "");
	char *settings;

	for (int i = 0; i < o->recipe.n_head; i++)
		g_string_append_printf(head, i == 0 ? "%d" : ",%d",
				       o->recipe.head[i]);
	settings = g_strdup_printf(
		"train.batch=%d\ntrain.dropout=%.15g\ntrain.epochs=%d\n"
		"train.freeze=%d\ntrain.head=%s\ntrain.l2=%.15g\n"
		"train.lr=%.15g\ntrain.momentum=%.15g\ntrain.patience=%d\n"
		"train.seed=%lu\ntrain.shuffle=%s\ntrain.weights=%s\n",
		o->recipe.batch, o->recipe.dropout, o->recipe.epochs,
		o->recipe.freeze, head->str, o->recipe.l2, o->recipe.rate,
		o->recipe.momentum, o->recipe.patience,
		(unsigned long)o->recipe.seed, o->recipe.shuffle ? "yes" : "no",
		g_strcmp0(o->weights, "none") == 0 ? "none" : "file");
	g_string_free(head, TRUE);
	return settings;
}
