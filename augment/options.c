#include "augment/options.h"

enum {
	OPTION_SEED = 256,
	OPTION_ROTATION,
	OPTION_WIDTH_SHIFT,
	OPTION_HEIGHT_SHIFT,
	OPTION_SHEAR,
	OPTION_ZOOM,
	OPTION_HORIZONTAL_FLIP,
	OPTION_NO_HORIZONTAL_FLIP,
	OPTION_VERTICAL_FLIP,
	OPTION_NO_VERTICAL_FLIP,
	OPTION_FILL,
	OPTION_FILL_VALUE,
};

static const struct argp_option option_table[] = {
	{ "copies", 'n', "N", 0,
	  "Add N copies of each train image, besides the original (1)", 1 },
	{ "seed", OPTION_SEED, "N", 0, "Draw random numbers from seed N (42)",
	  1 },
	{ NULL, 0, NULL, 0, "How copies vary:", 2 },
	{ "rotation", OPTION_ROTATION, "DEG", 0,
	  "Rotate by up to DEG degrees either way (45)", 2 },
	{ "width-shift", OPTION_WIDTH_SHIFT, "X", 0,
	  "Shift left or right by up to X of the width, or X pixels if 1 or "
	  "more (0.3)",
	  2 },
	{ "height-shift", OPTION_HEIGHT_SHIFT, "Y", 0,
	  "Shift up or down by up to Y of the height, or Y pixels if 1 or "
	  "more (0.3)",
	  2 },
	{ "shear", OPTION_SHEAR, "DEG", 0,
	  "Shear by up to DEG degrees either way (0.2)", 2 },
	{ "zoom", OPTION_ZOOM, "Z", 0,
	  "Zoom each axis by 1-Z to 1+Z; below 1 magnifies (0.2)", 2 },
	{ "horizontal-flip", OPTION_HORIZONTAL_FLIP, NULL, 0,
	  "Mirror half of the copies left to right (on)", 2 },
	{ "no-horizontal-flip", OPTION_NO_HORIZONTAL_FLIP, NULL, 0,
	  "Mirror none left to right", 2 },
	{ "vertical-flip", OPTION_VERTICAL_FLIP, NULL, 0,
	  "Turn half of the copies upside down (off)", 2 },
	{ "no-vertical-flip", OPTION_NO_VERTICAL_FLIP, NULL, 0,
	  "Turn none upside down", 2 },
	{ "fill", OPTION_FILL, "MODE", 0,
	  "Beyond the edge: nearest, reflect, wrap or constant (nearest)", 2 },
	{ "fill-value", OPTION_FILL_VALUE, "K", 0,
	  "Gray level of constant, 0 to 255 (0)", 2 },
	{ 0 },
};

static const struct argp_child children[] = {
	{ &kw_common_argp, 0, NULL, 0 },
	{ 0 },
};

static error_t
parse_policy(int key, char *arg, struct argp_state *state, KwPolicy *policy)
{
	switch (key) {
	case OPTION_ROTATION:
		policy->rotation =
			kw_arg_double(state, "--rotation", arg, 0, 360);
		return 0;
	case OPTION_WIDTH_SHIFT:
		policy->width_shift =
			kw_arg_double(state, "--width-shift", arg, 0, 65535);
		return 0;
	case OPTION_HEIGHT_SHIFT:
		policy->height_shift =
			kw_arg_double(state, "--height-shift", arg, 0, 65535);
		return 0;
	case OPTION_SHEAR:
		policy->shear = kw_arg_double(state, "--shear", arg, 0, 90);
		return 0;
	case OPTION_ZOOM:
		policy->zoom = kw_arg_double(state, "--zoom", arg, 0, 1);
		return 0;
	case OPTION_HORIZONTAL_FLIP:
	case OPTION_NO_HORIZONTAL_FLIP:
		policy->horizontal_flip = key == OPTION_HORIZONTAL_FLIP;
		return 0;
	case OPTION_VERTICAL_FLIP:
	case OPTION_NO_VERTICAL_FLIP:
		policy->vertical_flip = key == OPTION_VERTICAL_FLIP;
		return 0;
	case OPTION_FILL:
		policy->fill = (KwFill)kw_arg_choice(state, "--fill", arg,
						     kw_fill_names);
		return 0;
	case OPTION_FILL_VALUE:
		policy->constant =
			(guint8)kw_arg_int(state, "--fill-value", arg, 0, 255);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	AugmentOptions *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->common;
		return 0;
	case 'n':
		options->recipe.copies =
			(gint32)kw_arg_int(state, "--copies", arg, 1, 1000000);
		return 0;
	case OPTION_SEED:
		options->recipe.seed = (guint64)kw_arg_int(state, "--seed", arg,
							   0, G_MAXINT64);
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			kw_arg_fail(state, "one dataset only: '%s' is a second",
				    arg);
		options->input = arg;
		return 0;
	default:
		return parse_policy(key, arg, state, &options->recipe.policy);
	}
}

void
augment_options_parse(AugmentOptions *options, int argc, char **argv)
{
	static const struct argp argp = {
		.options = option_table,
		.parser = parse,
		.args_doc = "[DATASET]",
		.doc = "Add randomly transformed copies of its train images "
		       "to a kw dataset.\v"
		       "Reads DATASET, or standard input where it is - or "
		       "absent, and writes the augmented dataset to FILE or "
		       "standard output.",
		.children = children,
	};

	*options = (AugmentOptions){
		.recipe = { .copies = 1, .seed = 42, .policy = kw_policy_seed },
	};
	kw_common_init(&options->common);
	argp_parse(&argp, argc, argv, 0, NULL, options);
}
