#include "train/predict_options.h"

#include <string.h>

#include "train/batch_size.h"

enum {
	KEY_SPLIT = 0x100,
	KEY_BATCH,
	KEY_PRECISION,
	KEY_TTA,
	KEY_TOP,
	KEY_THRESHOLD,
	KEY_JSON,
	KEY_SUMMARY,
	KEY_STRICT,
};

enum { MAX_BATCH = 1024, MAX_TOP = 1000000 };

static const struct argp_option table[] = {
	{ NULL, 0, NULL, 0, "Predicting:", 1 },
	{ "split", KEY_SPLIT, "SPLIT", 0,
	  "Which records of a dataset: train, val or test (test)", 1 },
	{ "tta", KEY_TTA, NULL, 0,
	  "Test-time augmentation: average over ten views of each photo, five "
	  "crops and their mirror images",
	  1 },
	{ "precision", KEY_PRECISION, "TYPE", 0,
	  "Numbers of the layers: f32, bf16, or auto, bf16 where the CPU has "
	  "AMX, which is several times as fast (f32)",
	  1 },
	{ "batch", KEY_BATCH, "N", 0, "Photos at a time, at most (8)", 1 },

	{ NULL, 0, NULL, 0, "Output:", 2 },
	{ "top", KEY_TOP, "K", 0,
	  "Give the K most probable classes, after the answer", 2 },
	{ "threshold", KEY_THRESHOLD, "P", 0,
	  "Answer 'uncertain' where no class has a probability of P, 0 to 1",
	  2 },
	{ "json", KEY_JSON, NULL, 0,
	  "Write JSON, an object a line, instead of tab-separated fields", 2 },
	{ "summary", KEY_SUMMARY, "FILE", 0,
	  "Write counts, failures and the accuracy as JSON to FILE", 2 },
	{ "strict", KEY_STRICT, NULL, 0, "Fail when a photo cannot be read",
	  2 },
	{ 0 },
};

static const struct argp_child children[] = {
	{ &kw_common_argp, 0, NULL, 0 },
	{ 0 },
};

static void
add_path(PredictOptions *o, const char *path, const struct argp_state *state)
{
	for (guint i = 0; strcmp(path, "-") == 0 && i < o->paths->len; i++)
		if (strcmp(o->paths->pdata[i], path) == 0)
			kw_arg_fail(state, "- is given twice, and standard "
					   "input can be read once");
	g_ptr_array_add(o->paths, (char *)path);
}

/* With -f, an output would take the place of what is read. */
static void
check_output(const PredictOptions *o, const char *name, const char *path,
	     const struct argp_state *state)
{
	if (g_strcmp0(path, "-") == 0)
		return;
	for (guint i = 0; i <= o->paths->len; i++) {
		const char *read = i == 0 ? o->model : o->paths->pdata[i - 1];

		if (kw_outfile_same(path, read))
			kw_arg_fail(state,
				    "%s would replace '%s', which is read; "
				    "name another file",
				    name, read);
	}
}

static void
check(const PredictOptions *o, const struct argp_state *state)
{
	if (o->model == NULL)
		kw_arg_fail(state, "which model? kw-predict MODEL PHOTO...");
	if (o->paths->len == 0)
		kw_arg_fail(state, "which photos? name them, folders or a "
				   "dataset after the model, or - for a list "
				   "of names on standard input");
	if (o->split != KW_N_SPLITS && o->paths->len > 1)
		kw_arg_fail(state,
			    "--split goes with a dataset alone, not "
			    "with %u paths",
			    o->paths->len);
	if (o->summary != NULL &&
	    kw_outfile_same(o->summary,
			    o->common.output != NULL ? o->common.output : "-"))
		kw_arg_fail(state,
			    "--summary and the predictions would both "
			    "go to '%s'",
			    o->summary);
	check_output(o, "--output", o->common.output, state);
	check_output(o, "--summary", o->summary, state);
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	PredictOptions *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->common;
		return 0;
	case KEY_SPLIT:
		o->split = (KwSplit)kw_arg_choice(state, "--split", arg,
						  kw_split_names);
		return 0;
	case KEY_BATCH:
		o->batch = (int)kw_arg_int(state, "--batch", arg, 1, MAX_BATCH);
		return 0;
	case KEY_PRECISION:
		o->precision = (Precision)kw_arg_choice(state, "--precision",
							arg, precision_names);
		return 0;
	case KEY_TTA:
		o->tta = TRUE;
		return 0;
	case KEY_TOP:
		o->top = (int)kw_arg_int(state, "--top", arg, 1, MAX_TOP);
		return 0;
	case KEY_THRESHOLD:
		o->threshold = kw_arg_double(state, "--threshold", arg, 0, 1);
		return 0;
	case KEY_JSON:
		o->json = TRUE;
		return 0;
	case KEY_SUMMARY:
		o->summary = arg;
		return 0;
	case KEY_STRICT:
		o->strict = TRUE;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num == 0)
			o->model = arg;
		else
			add_path(o, arg, state);
		return 0;
	case ARGP_KEY_END:
		check(o, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void
predict_options_parse(PredictOptions *options, int argc, char **argv)
{
	static const struct argp argp = {
		.options = table,
		.parser = parse,
		.args_doc = "MODEL PATH...\nMODEL -\nMODEL DATASET",
		.doc = "Predict the classes of photos with a model of "
		       "kw-train.\v"
		       "A PATH is a photo or a folder of photos; - reads paths "
		       "from standard input, one a line.  Prints a line a "
		       "photo: path, class and probability, separated by tabs.",
		.children = children,
	};

	*options = (PredictOptions){ .split = KW_N_SPLITS,
				     .precision = PRECISION_F32,
				     .batch = BATCH_SIZE_DEFAULT };
	kw_common_init(&options->common);
	options->paths = g_ptr_array_new();
	argp_parse(&argp, argc, argv, 0, NULL, options);
}

void
predict_options_clear(PredictOptions *options)
{
	g_ptr_array_unref(options->paths);
}
