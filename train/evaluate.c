#include "train/evaluate.h"

#include "kw/alloc.h"
#include "kw/app.h"
#include "train/softmax.h"

/* Images e->n, e->n + 1, ... are those of the batch. */
static void
add_batch(Evaluation *e, const Network *network, const Batch *batch)
{
	const gsize classes = (gsize)e->classes;

	for (int i = 0; i < batch->n; i++) {
		const float *row = network->probabilities + (gsize)i * classes;
		const gint32 label = batch->labels[i];
		const gint32 top = argmax(row, e->classes);

		e->confusion[(gsize)label * classes + (gsize)top]++;
		e->predicted[e->n] = top;
		e->confidence[e->n] = row[top];
		e->truth[e->n] = row[label];
		e->n++;
		e->correct += top == label;
	}
}

static Evaluation *
evaluation_new(int classes, gsize n, GError **error)
{
	g_autoptr(Evaluation) e = g_new0(Evaluation, 1);
	const char *what = "the results of an evaluation";

	e->classes = classes;
	e->confusion =
		kw_alloc0((gsize)classes * (gsize)classes, sizeof *e->confusion,
			  "the confusion matrix", error);
	if (e->confusion == NULL)
		return NULL;
	e->predicted = kw_alloc(n, sizeof *e->predicted, what, error);
	if (e->predicted == NULL)
		return NULL;
	e->confidence = kw_alloc(n, sizeof *e->confidence, what, error);
	if (e->confidence == NULL)
		return NULL;
	e->truth = kw_alloc(n, sizeof *e->truth, what, error);
	return e->truth != NULL ? g_steal_pointer(&e) : NULL;
}

Evaluation *
evaluate(Network *network, const Samples *samples, const Loss *loss,
	 FeatureCache *cache, GError **error)
{
	g_autoptr(Evaluation) e =
		evaluation_new(network->spec.classes, samples->n, error);
	g_autofree gsize *order = samples_file_order(samples);
	g_autoptr(Loader) loader = NULL;
	const Batch *batch;
	double cross_entropy = 0;

	if (e == NULL)
		return NULL;
	loader = loader_new(samples, order, samples->n, network->spec.batch,
			    NULL, feature_cache_features(cache), error);
	if (loader == NULL)
		return NULL;
	while ((batch = loader_next(loader, error)) != NULL && batch->n > 0) {
		int correct;

		if (!kw_check_interrupted(error) ||
		    !feature_cache_forward(cache, network, batch,
					   samples->split, FALSE, 0, error))
			return NULL;
		cross_entropy += network_cross_entropy(
			network, batch->labels, batch->n, loss, &correct);
		add_batch(e, network, batch);
	}
	if (batch == NULL)
		return NULL;
	if (e->n > 0) {
		e->loss =
			cross_entropy / (double)e->n + network_l2_loss(network);
		e->accuracy = (double)e->correct / (double)e->n;
	}
	return g_steal_pointer(&e);
}

void
evaluation_free(Evaluation *evaluation)
{
	if (evaluation == NULL)
		return;
	kw_free(evaluation->confusion);
	kw_free(evaluation->predicted);
	kw_free(evaluation->confidence);
	kw_free(evaluation->truth);
	g_free(evaluation);
}
