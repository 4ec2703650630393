/*
 * kw-predict: tell what is on photos, with a model that kw-train made.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kw/app.h"
#include "kw/image.h"
#include "kw/outfile.h"
#include "kw/progress.h"
#include "kw/tsv.h"
#include "train/dnn.h"
#include "train/predict.h"

/* Photos at a time: keeps the CPU busy, and memory below that of training. */
enum { BATCH = 8 };

typedef struct {
	KwCommon common;
	const char *model;
	GPtrArray *paths; /* as given: "-" stands for a list */
} Options;

/* ---- options */

static const struct argp_child children[] = {
	{ &kw_common_argp, 0, NULL, 0 },
	{ 0 },
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	Options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->common;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num == 0)
			options->model = arg;
		else
			g_ptr_array_add(options->paths, arg);
		return 0;
	case ARGP_KEY_END:
		if (options->model == NULL)
			kw_arg_fail(state, "which model? kw-predict MODEL "
					   "PHOTO...");
		if (options->paths->len == 0)
			kw_arg_fail(state, "which photos? name them after the "
					   "model, or - for a list of names "
					   "on standard input");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
parse_options(Options *options, int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse,
		.args_doc = "MODEL PHOTO...",
		.doc = "Predict the classes of photos with a model of "
		       "kw-train.\v"
		       "Prints a line a photo: its path, the most probable "
		       "class and the probability, separated by tabs.  A "
		       "PHOTO of - reads paths from standard input, one a "
		       "line.",
		.children = children,
	};

	kw_common_init(&options->common);
	options->model = NULL;
	options->paths = g_ptr_array_new();
	argp_parse(&argp, argc, argv, 0, NULL, options);
}

/* ---- paths */

/* Add the lines of standard input, empty ones left out. */
static gboolean
read_list(GPtrArray *paths, GError **error)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	while ((n = getline(&line, &size, stdin)) >= 0) {
		if (n > 0 && line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (*line != '\0')
			g_ptr_array_add(paths, g_strdup(line));
	}
	free(line);
	if (!kw_check_interrupted(error))
		return FALSE;
	if (ferror(stdin))
		g_set_error(error, KW_ERROR, KW_ERROR_IO,
			    "cannot read standard input: %s",
			    g_strerror(errno));
	return !ferror(stdin);
}

/* All paths, lists read.  NULL on failure. */
static GPtrArray *
expand_paths(const GPtrArray *given, GError **error)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < given->len; i++) {
		const char *path = given->pdata[i];

		if (strcmp(path, "-") != 0)
			g_ptr_array_add(paths, g_strdup(path));
		else if (!read_list(paths, error))
			return NULL;
	}
	if (paths->len == 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "no photos: the list on standard input is empty");
		return NULL;
	}
	return g_steal_pointer(&paths);
}

/* ---- output */

typedef struct {
	KwOutfile *file; /* NULL: standard output, written as it comes */
	FILE *stream;
	const char *name;
} Output;

static void
output_clear(Output *out)
{
	if (out->file != NULL && out->stream != NULL)
		fclose(out->stream);
	kw_outfile_free(out->file);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Output, output_clear)

static gboolean
output_failed(const Output *out, GError **error)
{
	g_set_error(error, KW_ERROR, KW_ERROR_IO, "cannot write to '%s': %s",
		    out->name, g_strerror(errno));
	return FALSE;
}

static gboolean
output_open(Output *out, const KwCommon *common, GError **error)
{
	if (common->output == NULL || strcmp(common->output, "-") == 0) {
		out->stream = stdout;
		out->name = "standard output";
		return TRUE;
	}
	out->file = kw_outfile_new(common->output, common->force, error);
	if (out->file == NULL)
		return FALSE;
	out->name = kw_outfile_name(out->file);
	out->stream = fopen(kw_outfile_path(out->file), "w");
	return out->stream != NULL || output_failed(out, error);
}

/* What was printed has left this process; FALSE if it cannot. */
static gboolean
output_flush(const Output *out, GError **error)
{
	return (fflush(out->stream) == 0 && !ferror(out->stream)) ||
	       output_failed(out, error);
}

static gboolean
output_finish(Output *out, GError **error)
{
	if (out->file == NULL)
		return TRUE;
	if (fclose(g_steal_pointer(&out->stream)) != 0)
		return output_failed(out, error);
	return kw_outfile_commit(out->file, error);
}

static void
print_prediction(const Output *out, const char *path, const ModelInfo *info,
		 const Prediction *prediction)
{
	g_autofree char *name = kw_tsv_escape(path);
	g_autofree char *class_name =
		kw_tsv_escape(info->class_names[prediction->label]);

	fprintf(out->stream, "%s\t%s\t%.6f\n", name, class_name,
		(double)prediction->probability);
}

/* ---- work */

/*
 * Print n photos in their order, and free the errors of those that cannot be
 * read; `skipped` takes what is to be said of them.
 */
static void
settle(const Output *out, const ModelInfo *info, char *const *paths, int n,
       Prediction *predictions, GPtrArray *skipped)
{
	for (int i = 0; i < n; i++) {
		GError *reason = predictions[i].error;

		if (reason == NULL) {
			print_prediction(out, paths[i], info, &predictions[i]);
			continue;
		}
		g_ptr_array_add(skipped, g_strdup_printf("'%s': %s", paths[i],
							 reason->message));
		g_error_free(reason);
	}
}

static gboolean
predict_all(Predictor *predictor, const GPtrArray *paths, const Output *out,
	    KwProgress *progress, GPtrArray *skipped, GError **error)
{
	Prediction predictions[BATCH];

	for (guint first = 0; first < paths->len; first += BATCH) {
		char *const *batch = (char *const *)paths->pdata + first;
		const int n = (int)MIN(BATCH, paths->len - first);

		if (kw_interrupted()) {
			g_set_error(error, KW_ERROR, KW_ERROR_INTERRUPTED,
				    "interrupted after %u of %u photos", first,
				    paths->len);
			return FALSE;
		}
		if (!predictor_run(predictor, batch, n, predictions, error))
			return FALSE;
		settle(out, predictor_info(predictor), batch, n, predictions,
		       skipped);
		if (!output_flush(out, error))
			return FALSE;
		kw_progress_set(progress, first + (guint)n);
	}
	return TRUE;
}

/* ---- all of it */

static void
report_model(const char *path, const ModelInfo *info, int threads)
{
	kw_app_say("'%s': %d x %d x %d, %u classes; %s, %d threads", path,
		   info->height, info->width, info->channels,
		   g_strv_length(info->class_names), dnn_version(), threads);
}

/* A bar would mix with lines that go to the terminal as well. */
static gboolean
wants_progress(const KwCommon *common, const Output *out, guint n)
{
	return common->verbosity >= 0 && n > BATCH &&
	       (out->file != NULL || !isatty(STDOUT_FILENO));
}

static gboolean
predict(const Options *options, GPtrArray *skipped, GError **error)
{
	const KwCommon *common = &options->common;
	g_auto(Output) out = { 0 };
	g_autoptr(GPtrArray) paths = NULL;
	g_autoptr(Predictor) predictor = NULL;
	g_autoptr(KwProgress) progress = NULL;

	if (!output_open(&out, common, error))
		return FALSE;
	paths = expand_paths(options->paths, error);
	if (paths == NULL)
		return FALSE;
	predictor = predictor_new(options->model, (int)MIN(BATCH, paths->len),
				  common->threads, error);
	if (predictor == NULL)
		return FALSE;
	if (common->verbosity > 0)
		report_model(options->model, predictor_info(predictor),
			     common->threads);
	if (wants_progress(common, &out, paths->len))
		progress = kw_progress_new("predicting", "photos", paths->len);
	if (!predict_all(predictor, paths, &out, progress, skipped, error))
		return FALSE;
	if (skipped->len == paths->len) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "no photo could be read");
		return FALSE;
	}
	return output_finish(&out, error);
}

int
main(int argc, char **argv)
{
	Options options;
	g_autoptr(GPtrArray) skipped = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	gboolean ok;

	kw_app_init("kw-predict");
	parse_options(&options, argc, argv);
	if (!kw_image_start(argv[0], &error))
		return kw_app_fail(error);
	ok = predict(&options, skipped, &error);
	g_ptr_array_unref(options.paths);
	kw_image_stop();
	for (guint i = 0; i < skipped->len; i++)
		kw_app_warn("skipped %s", (char *)skipped->pdata[i]);
	if (!ok)
		return kw_app_fail(error);
	return kw_app_finish(skipped->len > 0 ? KW_EXIT_SKIPPED : KW_EXIT_DONE);
}
