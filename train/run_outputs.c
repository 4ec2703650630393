#include <string.h>

#include "kw/cpu.h"
#include "kw/outfile.h"
#include "train/run.h"

static const char *const precisions[] = { "auto", "bf16", "f32" };
static const char *const algorithms[] = { "auto", "direct", "winograd" };
static const char *const divergences[] = { "stop", "skip" };

/* ---- names */

/* "vgg19.h5" -> "vgg19" + suffix */
static char *
beside_model(const Run *run, const char *suffix)
{
	const char *output = run->options->common.output;
	gsize n = strlen(output);

	if (g_str_has_suffix(output, ".h5"))
		n -= strlen(".h5");
	return g_strdup_printf("%.*s%s", (int)n, output, suffix);
}

void
run_name_outputs(Run *run)
{
	run->resume_path = beside_model(run, ".resume.h5");
	run->log_dir = run->options->log_dir != NULL
			       ? g_strdup(run->options->log_dir)
			       : beside_model(run, ".log");
}

/* ---- what can be refused early */

/* Two of them in one file, or one in place of what is read. */
static gboolean
check_distinct(const Run *run, GError **error)
{
	const TrainOptions *o = run->options;
	const struct {
		const char *name, *path;
	} outputs[] = {
		{ "the model", o->evaluate ? NULL : o->common.output },
		{ "the resume file", o->evaluate ? NULL : run->resume_path },
		{ "--export", o->export },
		{ "--summary", o->summary },
	};
	const char *const read[] = { o->dataset, o->weights,
				     o->evaluate ? o->common.output : NULL };

	for (gsize i = 0; i < G_N_ELEMENTS(outputs); i++) {
		for (gsize k = 0; k < i; k++) {
			if (!kw_outfile_same(outputs[i].path, outputs[k].path))
				continue;
			g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
				    "%s and %s both go to '%s'; name another "
				    "file for one",
				    outputs[k].name, outputs[i].name,
				    outputs[i].path);
			return FALSE;
		}
		for (gsize k = 0; k < G_N_ELEMENTS(read); k++) {
			/* A model may be trained on in its place. */
			if (g_strcmp0(read[k], "-") == 0 ||
			    (i == 0 && read[k] == o->weights) ||
			    !kw_outfile_same(read[k], outputs[i].path))
				continue;
			g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
				    "%s would replace '%s', which is read; "
				    "name another file",
				    outputs[i].name, read[k]);
			return FALSE;
		}
	}
	return TRUE;
}

static gboolean
check_file(const char *path, gboolean force, GError **error)
{
	g_autoptr(KwOutfile) probe = NULL;

	if (path == NULL)
		return TRUE;
	probe = kw_outfile_new(path, force, error);
	return probe != NULL;
}

static gboolean
check_model_file(const Run *run, GError **error)
{
	const char *path = run->options->common.output;
	g_autoptr(KwOutfile) probe = NULL;

	/* "-" first: a terminal would be refused in words of its own.  With
	 * --resume, run_adopt_model() looks at a model that is there. */
	if (strcmp(path, "-") != 0) {
		probe = kw_outfile_new(path,
				       run->options->common.force ||
					       run->options->resume,
				       error);
		if (probe == NULL)
			return FALSE;
	}
	if (probe != NULL && !kw_outfile_is_stream(probe))
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
		    "'%s': a model is written several times and read back, "
		    "and needs a file: name one with -o FILE",
		    path);
	return FALSE;
}

static gboolean
check_resume_file(const Run *run, GError **error)
{
	if (run->from != NULL || run->options->common.force ||
	    !g_file_test(run->resume_path, G_FILE_TEST_EXISTS))
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
		    "'%s', of an earlier run, exists already; go on from it "
		    "with --resume, or use -f to start anew and replace it",
		    run->resume_path);
	return FALSE;
}

gboolean
run_check_outputs(Run *run, GError **error)
{
	const TrainOptions *o = run->options;

	if (!check_distinct(run, error) ||
	    !check_file(o->export, o->common.force || run->from, error) ||
	    !check_file(o->summary, o->common.force || run->from, error))
		return FALSE;
	return o->evaluate ||
	       (check_resume_file(run, error) && check_model_file(run, error) &&
		check_file(run->resume_path, TRUE, error));
}

gboolean
run_open_log(Run *run, GError **error)
{
	run->log = run_log_new(run->log_dir,
			       run->options->common.force || run->from != NULL,
			       run->state->history, error);
	return run->log != NULL;
}

/* ---- what is stored */

void
run_describe(Run *run)
{
	const TrainOptions *o = run->options;
	g_autofree char *recipe = recipe_settings(&o->recipe);
	g_autofree char *ours =
		kw_settings_merge(recipe, g_strcmp0(o->weights, "none") == 0
						  ? "train.weights=none\n"
						  : "train.weights=file\n");

	run->settings = kw_settings_merge(
		kw_dataset_info(run->dataset)->settings, ours);
	run->facts = g_strdup_printf(
		"algorithm=%s\ncpu=%s\ndata=%s\non-divergence=%s\nonednn=%s\n"
		"precision=%s\nthreads=%d\n",
		algorithms[o->algorithm], kw_cpu_names[kw_cpu()],
		run->fingerprint, divergences[o->on_divergence], dnn_version(),
		precisions[o->precision], o->common.threads);
}

gboolean
run_write_file(Run *run, const char *path, const char *text, GError **error)
{
	const gboolean force = run->options->common.force || run->from != NULL;
	g_autoptr(KwOutfile) out = kw_outfile_new(path, force, error);

	return out != NULL &&
	       kw_outfile_write(out, text, strlen(text), error) &&
	       kw_outfile_commit(out, error);
}
