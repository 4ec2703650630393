#include <string.h>

#include "kw/outfile.h"
#include "train/run.h"
#include "train/safetensors.h"
#include "train/test_report.h"

const Samples *
run_report_samples(const Run *run)
{
	return run->splits[KW_TEST]->n > 0 ? run->splits[KW_TEST]
					   : run->splits[KW_VAL];
}

static void
log_report(Run *run, const Evaluation *e, const Samples *samples, int epoch)
{
	GError *failure = NULL;

	if (!run_log_evaluation(run->log, e,
				kw_dataset_info(run->dataset)->class_names,
				samples->split, epoch, &failure))
		run_tell_log_failure(run, failure);
}

gboolean
run_report(Run *run, const EpochReport *report, char **json, GError **error)
{
	const Samples *samples = run_report_samples(run);
	const char *summary = run->options->summary;
	g_autofree gsize *counts = samples_count_labels(
		run->splits[KW_TRAIN], run->network->spec.classes);
	g_autoptr(Evaluation) e = NULL;
	g_autoptr(TestReport) test = NULL;
	g_autofree char *text = NULL;
	g_autofree char *pretty = NULL;

	*json = NULL;
	if (samples->n == 0) {
		run_say(run, "no test images, nor validation images: there is "
			     "nothing to report on");
		return TRUE;
	}
	e = evaluate(run->network, samples, NULL, NULL, error);
	if (e == NULL)
		return FALSE;
	test = test_report_new(e, samples, run->dataset, counts, error);
	if (test == NULL)
		return FALSE;
	text = test_report_text(test);
	run->voice->print("\n");
	run->voice->print(text);
	if (report != NULL)
		log_report(run, e, samples, report->epoch);
	*json = test_report_json(test, FALSE);
	if (summary == NULL)
		return TRUE;
	pretty = test_report_json(test, TRUE);
	return run_write_file(run, summary, pretty, error);
}

gboolean
run_export(Run *run, const ModelInfo *info, GError **error)
{
	const char *path = run->options->export;
	g_autoptr(KwOutfile) out = NULL;

	if (path == NULL)
		return TRUE;
	out = kw_outfile_new(
		path, run->options->common.force || run->from != NULL, error);
	if (out == NULL ||
	    !safetensors_export(kw_outfile_path(out), kw_outfile_name(out),
				run->network, info, error) ||
	    !kw_outfile_commit(out, error))
		return FALSE;
	run_say(run, "'%s' holds the same weights for PyTorch",
		kw_outfile_name(out));
	return TRUE;
}

/* ---- --evaluate */

gboolean
run_evaluate(Run *run, GError **error)
{
	const TrainOptions *o = run->options;
	const char *path = o->weights != NULL ? o->weights : o->common.output;
	g_autoptr(ModelInfo) model = NULL;
	g_autofree char *json = NULL;
	LoadedWeights loaded;

	if (!run_check_outputs(run, error))
		return FALSE;
	if (o->ignored != NULL)
		run_say(run,
			"--evaluate takes '%s' as it was trained, without "
			"regard to %s",
			path, o->ignored);
	model = model_read_info(path, error);
	return model != NULL && run_open_data(run, error) &&
	       run_check_model(run, path, model, error) &&
	       run_make_network(run, model, error) &&
	       model_load_weights(path, run->network, TRUE, &loaded, error) &&
	       run_report(run, NULL, &json, error) &&
	       run_export(run, model, error);
}
