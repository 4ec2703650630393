#include "train/predict_tally.h"

#include "train/metrics.h"
#include "train/softmax.h"

PredictAnswer
predict_answer(const float *probabilities, int classes, double threshold)
{
	PredictAnswer answer = { .label = argmax(probabilities, classes) };

	answer.probability = probabilities[answer.label];
	/* As floats, so that a threshold of 0.9 takes a 0.9. */
	answer.uncertain = answer.probability < (float)threshold;
	return answer;
}

static void
failure_free(PredictFailure *failure)
{
	g_free(failure->path);
	g_free(failure->reason);
	g_free(failure);
}

PredictTally *
predict_tally_new(int classes)
{
	PredictTally *tally = g_new0(PredictTally, 1);

	tally->classes = classes;
	tally->counts = g_new0(gsize, classes);
	tally->failures =
		g_ptr_array_new_with_free_func((GDestroyNotify)failure_free);
	tally->no_photos =
		g_ptr_array_new_with_free_func((GDestroyNotify)failure_free);
	return tally;
}

void
predict_tally_free(PredictTally *tally)
{
	if (tally == NULL)
		return;
	g_free(tally->counts);
	g_ptr_array_unref(tally->failures);
	g_ptr_array_unref(tally->no_photos);
	g_free(tally);
}

void
predict_tally_add(PredictTally *tally, const PredictAnswer *answer, int label)
{
	const gboolean right = answer->label == label;

	tally->predicted++;
	if (answer->uncertain)
		tally->uncertain++;
	else
		tally->counts[answer->label]++;
	if (label < 0)
		return;
	tally->labelled++;
	tally->correct += right;
	if (!answer->uncertain) {
		tally->certain++;
		tally->certain_correct += right;
	}
}

void
predict_tally_fail(GPtrArray *list, const char *path, const char *reason)
{
	PredictFailure *failure = g_new(PredictFailure, 1);

	failure->path = g_strdup(path);
	failure->reason = g_strdup(reason);
	g_ptr_array_add(list, failure);
}

static void
add_accuracy(GString *text, gsize correct, gsize n)
{
	double low, high;

	wilson_interval(correct, n, &low, &high);
	g_string_append_printf(text,
			       "%.2f %% (%zu of %zu), 95 %% interval %.2f to "
			       "%.2f %%",
			       100 * (double)correct / (double)n, correct, n,
			       100 * low, 100 * high);
}

char *
predict_tally_accuracy(const PredictTally *tally, const char *name)
{
	GString *text = g_string_new(name);

	g_string_append(text, ": accuracy ");
	add_accuracy(text, tally->correct, tally->labelled);
	if (tally->certain > 0 && tally->certain < tally->labelled) {
		g_string_append(text, "; where it is certain ");
		add_accuracy(text, tally->certain_correct, tally->certain);
	} else if (tally->certain == 0) {
		g_string_append(text, "; it is certain nowhere");
	}
	return g_string_free(text, FALSE);
}
