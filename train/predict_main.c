/*
 * kw-predict: tell what is on photos, with a model that kw-train made.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kw/progress.h"
#include "train/dnn.h"
#include "train/predict.h"
#include "train/predict_output.h"
#include "train/predict_reader.h"

/* ---- output */

typedef struct {
	KwOutfile *file; /* NULL: standard output, written as it comes */
	FILE *stream;
	const char *name;
	KwOutfile *summary; /* may be NULL */
} Output;

static void
output_clear(Output *out)
{
	if (out->file != NULL && out->stream != NULL)
		fclose(out->stream);
	kw_outfile_free(out->file);
	kw_outfile_free(out->summary);
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
output_open(Output *out, const PredictOptions *o, GError **error)
{
	const KwCommon *common = &o->common;

	if (o->summary != NULL) {
		out->summary = kw_outfile_new(o->summary, common->force, error);
		if (out->summary == NULL)
			return FALSE;
	}
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
output_finish(Output *out, const char *summary, GError **error)
{
	if (out->file != NULL && fclose(g_steal_pointer(&out->stream)) != 0)
		return output_failed(out, error);
	/* The summary of what is not there would mislead: it comes last, when
	 * all that can fail for want of room has been done. */
	return (out->summary == NULL ||
		kw_outfile_write(out->summary, summary, strlen(summary),
				 error)) &&
	       (out->file == NULL || kw_outfile_commit(out->file, error)) &&
	       (out->summary == NULL || kw_outfile_commit(out->summary, error));
}

/* ---- work */

typedef struct {
	const PredictOptions *options;
	PredictInput *input;
	Predictor *predictor;
	PredictReader *reader;
	PredictTally *tally;
	float *probabilities; /* batch x classes */
	KwProgress *progress;
	Output out;
} Run;

static void
run_clear(Run *run)
{
	kw_progress_free(run->progress);
	predict_reader_free(run->reader);
	predictor_free(run->predictor);
	predict_input_free(run->input);
	predict_tally_free(run->tally);
	g_free(run->probabilities);
	output_clear(&run->out);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

static void
print_line(const Run *run, char *line)
{
	if (line != NULL)
		fputs(line, run->out.stream);
	g_free(line);
}

/* Print and count what came of row i. */
static void
settle(Run *run, const PredictBatch *batch, int i, const PredictItem *item)
{
	const PredictOptions *o = run->options;
	PredictTally *tally = run->tally;
	char **names = predictor_info(run->predictor)->class_names;
	const float *row = run->probabilities + i * tally->classes;

	if (batch->outcomes[i] == PREDICT_READ) {
		const PredictAnswer answer =
			predict_answer(row, tally->classes, o->threshold);

		predict_tally_add(tally, &answer, item->label);
		print_line(run, predict_line(o, names, item, &answer, row));
		return;
	}
	if (batch->outcomes[i] == PREDICT_FAILED) {
		const char *reason = batch->errors[i]->message;

		predict_tally_fail(tally->failures, item->path, reason);
		print_line(run, predict_line_failed(o, names, item, reason));
	} else {
		predict_tally_fail(tally->no_photos, item->path,
				   batch->errors[i]->message);
	}
}

static gboolean
has_any(const PredictBatch *batch)
{
	for (int i = 0; i < batch->n; i++)
		if (batch->outcomes[i] == PREDICT_READ)
			return TRUE;
	return FALSE;
}

static gboolean
predict_batch(Run *run, const PredictBatch *batch, GError **error)
{
	g_auto(PredictItems) items = { 0 };

	if (has_any(batch) &&
	    !predictor_run(run->predictor, batch->pixels, batch->n,
			   run->probabilities, error))
		return FALSE;
	if (!predict_input_describe(run->input, batch->first, (gsize)batch->n,
				    &items, error))
		return FALSE;
	for (int i = 0; i < batch->n; i++)
		settle(run, batch, i, &items.items[i]);
	kw_progress_set(run->progress, batch->first + (gsize)batch->n);
	return output_flush(&run->out, error);
}

static gboolean
interrupted(const Run *run, const PredictBatch *batch, GError **error)
{
	g_clear_error(error);
	g_set_error(error, KW_ERROR, KW_ERROR_INTERRUPTED,
		    "interrupted after %zu of %zu %s", batch->first,
		    predict_input_count(run->input),
		    predict_input_unit(run->input));
	return FALSE;
}

static gboolean
predict_all(Run *run, GError **error)
{
	const PredictBatch *batch;

	while ((batch = predict_reader_next(run->reader, error)) != NULL) {
		if (batch->n == 0)
			return TRUE;
		if (kw_interrupted())
			return interrupted(run, batch, error);
		if (predict_batch(run, batch, error))
			continue;
		return g_error_matches(*error, KW_ERROR, KW_ERROR_INTERRUPTED)
			       ? interrupted(run, batch, error)
			       : FALSE;
	}
	return FALSE;
}

/* ---- all of it */

static void
report_model(const PredictOptions *o, const Predictor *predictor)
{
	const ModelInfo *info = predictor_info(predictor);
	g_autofree char *arithmetic = predictor_arithmetic(predictor);

	if (o->common.verbosity > 0)
		kw_app_say("'%s': %d x %d x %d, %u classes; %s, %s, %d threads",
			   o->model, info->height, info->width, info->channels,
			   g_strv_length(info->class_names), dnn_version(),
			   arithmetic, o->common.threads);
	if (o->common.verbosity >= 0 && o->precision == PRECISION_BF16 &&
	    !dnn_has_bf16())
		kw_app_say("this CPU emulates bf16, slowly; --precision f32 is "
			   "faster");
}

/* Without that, an answer of "uncertain" would mean two things. */
static gboolean
check_threshold(const PredictOptions *o, const ModelInfo *info, GError **error)
{
	if (o->threshold <= 0 ||
	    !g_strv_contains((const char *const *)info->class_names,
			     PREDICT_UNCERTAIN))
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
		    "--threshold answers '" PREDICT_UNCERTAIN "', and '%s' has "
		    "a class of that name",
		    o->model);
	return FALSE;
}

/* A bar would mix with lines that go to the terminal as well. */
static gboolean
wants_progress(const Run *run, gsize n)
{
	const PredictOptions *o = run->options;

	return o->common.verbosity >= 0 && n > (gsize)o->batch &&
	       (run->out.file != NULL || !isatty(STDOUT_FILENO));
}

/* All that can be wrong before the first photo. */
static gboolean
prepare(Run *run, GError **error)
{
	const PredictOptions *o = run->options;
	const int threads = o->common.threads;
	const ModelInfo *info;
	gsize n;
	int batch;

	if (!output_open(&run->out, o, error))
		return FALSE;
	run->input = predict_input_new(o->paths, o->split, error);
	if (run->input == NULL)
		return FALSE;
	n = predict_input_count(run->input);
	run->predictor = predictor_new(o->model, n, o->batch, threads,
				       o->precision, o->tta, error);
	if (run->predictor == NULL)
		return FALSE;
	batch = predictor_batch(run->predictor);
	info = predictor_info(run->predictor);
	if (!check_threshold(o, info, error) ||
	    !predict_input_check(run->input, o->model, info, error))
		return FALSE;
	report_model(o, run->predictor);
	run->tally = predict_tally_new((int)g_strv_length(info->class_names));
	run->probabilities =
		g_new(float, (gsize)batch *(gsize)run->tally->classes);
	if (wants_progress(run, n))
		run->progress = kw_progress_new(
			"predicting", predict_input_unit(run->input), n);
	run->reader = predict_reader_new(run->input,
					 predictor_request(run->predictor),
					 batch, threads, error);
	return run->reader != NULL;
}

/* Is what was predicted enough for success? */
static gboolean
check_result(const Run *run, GError **error)
{
	const PredictTally *tally = run->tally;
	const guint failed = tally->failures->len;
	const char *unit = predict_input_unit(run->input);

	if (tally->predicted == 0 && failed == 0)
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "no photos: %u files, and none is of a type that "
			    "can be read (JPEG, PNG, WebP, TIFF, GIF, BMP, "
			    "HEIF or AVIF)",
			    tally->no_photos->len);
	else if (tally->predicted == 0)
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "none of the %s could be read", unit);
	else if (run->options->strict && failed > 0)
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "%u of %zu %s could not be read, and --strict "
			    "allows none",
			    failed, tally->predicted + failed, unit);
	else
		return TRUE;
	return FALSE;
}

static gboolean
predict(Run *run, GError **error)
{
	g_autofree char *arithmetic = predictor_arithmetic(run->predictor);
	g_autofree char *summary = NULL;

	if (!predict_all(run, error) || !check_result(run, error))
		return FALSE;
	summary = predict_summary(run->options,
				  predictor_info(run->predictor)->class_names,
				  arithmetic, run->input, run->tally);
	return output_finish(&run->out, summary, error);
}

/* What was left out: failures also with -q. */
static void
report_left_out(const PredictTally *tally, int verbosity)
{
	const guint n = tally->no_photos->len;

	for (guint i = 0; i < tally->failures->len; i++) {
		const PredictFailure *f = tally->failures->pdata[i];

		kw_app_warn("skipped '%s': %s", f->path, f->reason);
	}
	for (guint i = 0; verbosity > 0 && i < n; i++) {
		const PredictFailure *f = tally->no_photos->pdata[i];

		kw_app_say("passed over '%s': %s", f->path, f->reason);
	}
	if (verbosity == 0 && n > 0)
		kw_app_say("passed over %u file%s that %s; -v lists them", n,
			   n == 1 ? "" : "s",
			   n == 1 ? "is no photo" : "are no photos");
}

/* *status is what main() returns after a success. */
static gboolean
run_options(const PredictOptions *o, int *status, GError **error)
{
	g_auto(Run) run = { .options = o };
	const int verbosity = o->common.verbosity;
	KwSplit split;
	gboolean ok = prepare(&run, error) && predict(&run, error);

	g_clear_pointer(&run.progress, kw_progress_free);
	if (run.tally == NULL)
		return ok;
	report_left_out(run.tally, verbosity);
	if (run.tally->failures->len > 0)
		*status = KW_EXIT_SKIPPED;
	if (ok && verbosity >= 0 &&
	    predict_input_dataset(run.input, &split) != NULL) {
		g_autofree char *text = predict_tally_accuracy(
			run.tally, kw_split_names[split]);

		kw_app_say("%s", text);
	}
	return ok;
}

int
main(int argc, char **argv)
{
	PredictOptions options;
	g_autoptr(GError) error = NULL;
	int status = KW_EXIT_DONE;
	gboolean ok;

	kw_app_init("kw-predict");
	predict_options_parse(&options, argc, argv);
	if (!kw_image_start(argv[0], &error))
		return kw_app_fail(error);
	ok = run_options(&options, &status, &error);
	kw_image_stop();
	predict_options_clear(&options);
	return ok ? kw_app_finish(status) : kw_app_fail(error);
}
