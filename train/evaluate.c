#include "train/evaluate.h"

#include <math.h>
#include <string.h>

#include "kw/alloc.h"
#include "kw/app.h"
#include "train/loader.h"
#include "train/softmax.h"

static void
count_batch(Evaluation *e, const Network *network, const Batch *batch)
{
	const gsize classes = (gsize)e->classes;

	for (int i = 0; i < batch->n; i++) {
		const float *row = network->probabilities + (gsize)i * classes;
		gsize label = (gsize)batch->labels[i];

		e->confusion[label * classes +
			     (gsize)argmax(row, e->classes)]++;
	}
}

Evaluation *
evaluate(Network *network, const Samples *samples, const Loss *loss,
	 GError **error)
{
	g_autoptr(Evaluation) e = g_new0(Evaluation, 1);
	g_autofree gsize *order = samples_file_order(samples);
	g_autoptr(Loader) loader = loader_new(samples, order, samples->n,
					      network->spec.batch, NULL, error);
	const Batch *batch;
	double cross_entropy = 0;

	if (loader == NULL)
		return NULL;
	e->classes = network->spec.classes;
	e->confusion =
		kw_alloc0((gsize)e->classes * (gsize)e->classes,
			  sizeof *e->confusion, "the confusion matrix", error);
	if (e->confusion == NULL)
		return NULL;
	while ((batch = loader_next(loader, error)) != NULL && batch->n > 0) {
		int correct;

		network_set_input(network, batch->images, batch->n);
		if (!kw_check_interrupted(error) ||
		    !network_forward(network, FALSE, 0, error))
			return NULL;
		cross_entropy += network_cross_entropy(
			network, batch->labels, batch->n, loss, &correct);
		count_batch(e, network, batch);
		e->n += (gsize)batch->n;
		e->correct += (gsize)correct;
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
	g_free(evaluation);
}

void
wilson_interval(gsize correct, gsize n, double *low, double *high)
{
	const double z = 1.959963984540054; /* the 97.5 % point of N(0, 1) */
	const double p = (double)correct / (double)n;
	const double zz = z * z / (double)n;
	const double centre = (p + zz / 2) / (1 + zz);
	const double half =
		z * sqrt(p * (1 - p) / (double)n + zz / (4 * (double)n)) /
		(1 + zz);

	*low = correct == 0 ? 0 : centre - half;
	*high = correct == n ? 1 : centre + half;
}
