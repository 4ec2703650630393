#include "train/fit.h"

#include <math.h>
#include <string.h>

#include "kw/app.h"
#include "train/evaluate.h"
#include "train/loader.h"
#include "train/sgd.h"

typedef struct {
	Network *network;
	const Samples *train, *val;
	const FitOptions *options;
	const FitListener *listener;
	guint64 step; /* since the start of training */
} Fit;

/* Weights that have grown out of all bounds are not worth going on with. */
static gboolean
check_finite(double loss, const char *where, guint64 number, GError **error)
{
	if (isfinite(loss))
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
		    "the loss is not a finite number in %s %" G_GUINT64_FORMAT
		    "; lower --lr",
		    where, number);
	return FALSE;
}

/* Forward, backward, update.  *loss is the mean over the batch, with L2. */
static gboolean
train_step(Fit *fit, const Batch *batch, double *loss, int *correct,
	   GError **error)
{
	Network *network = fit->network;
	double cross_entropy;

	network_set_input(network, batch->images, batch->n);
	if (!network_forward(network, TRUE, fit->step++, error))
		return FALSE;
	cross_entropy = network_cross_entropy(network, batch->labels, batch->n,
					      correct);
	*loss = cross_entropy / batch->n + network_l2_loss(network);
	return check_finite(*loss, "step", fit->step, error) &&
	       network_backward(network, batch->labels, batch->n, error) &&
	       sgd_update(network, fit->options->rate, fit->options->momentum,
			  error);
}

/* One pass over the training samples; fills in the training half of `report`.
 */
static gboolean
train_epoch(Fit *fit, EpochReport *report, GError **error)
{
	const Samples *train = fit->train;
	const gsize batch_size = (gsize)fit->network->spec.batch;
	const gsize steps = (train->n + batch_size - 1) / batch_size;
	g_autofree gsize *order =
		fit->options->shuffle
			? samples_shuffled_order(train, fit->options->seed,
						 report->epoch)
			: samples_file_order(train);
	g_autoptr(Loader) loader = loader_new(train, order, train->n,
					      (int)batch_size, NULL, error);
	const gint64 begin = g_get_monotonic_time();
	double loss_sum = 0;
	gsize correct_sum = 0, step = 0;
	const Batch *batch = NULL;

	while (loader != NULL && (batch = loader_next(loader, error)) != NULL &&
	       batch->n > 0) {
		double loss;
		int correct;

		if (!train_step(fit, batch, &loss, &correct, error))
			return FALSE;
		loss_sum += loss * batch->n;
		correct_sum += (gsize)correct;
		fit->listener->on_step(fit->listener->data, report->epoch,
				       ++step, steps, loss);
		if (!kw_check_interrupted(error))
			return FALSE;
	}
	if (batch == NULL)
		return FALSE;
	report->loss = loss_sum / (double)train->n;
	report->accuracy = (double)correct_sum / (double)train->n;
	report->rate = fit->options->rate;
	report->images_per_second =
		(double)train->n * G_USEC_PER_SEC /
		(double)MAX(g_get_monotonic_time() - begin, 1);
	return TRUE;
}

static gboolean
validate(Fit *fit, EpochReport *report, const EpochReport *best, GError **error)
{
	g_autoptr(Evaluation) e = NULL;

	report->has_val = fit->val->n > 0;
	report->best = TRUE;
	if (!report->has_val)
		return TRUE;
	e = evaluate(fit->network, fit->val, error);
	if (e == NULL || !check_finite(e->loss, "the validation of epoch",
				       (guint64)report->epoch, error))
		return FALSE;
	report->val_loss = e->loss;
	report->val_accuracy = e->accuracy;
	report->best =
		best->epoch == 0 || report->val_accuracy > best->val_accuracy;
	return TRUE;
}

FitEnd
fit(Network *network, const Samples *train, const Samples *val,
    const FitOptions *options, const FitListener *listener, EpochReport *best,
    GError **error)
{
	Fit fit = { .network = network,
		    .train = train,
		    .val = val,
		    .options = options,
		    .listener = listener };

	*best = (EpochReport){ 0 };
	for (int epoch = 1; epoch <= options->epochs; epoch++) {
		EpochReport report = { .epoch = epoch };
		g_autoptr(GError) failure = NULL;

		if (!train_epoch(&fit, &report, &failure) ||
		    !validate(&fit, &report, best, &failure) ||
		    !listener->on_epoch(listener->data, &report, &failure)) {
			if (g_error_matches(failure, KW_ERROR,
					    KW_ERROR_INTERRUPTED))
				return FIT_INTERRUPTED;
			g_propagate_error(error, g_steal_pointer(&failure));
			return FIT_FAILED;
		}
		if (report.best)
			*best = report;
		else if (options->patience > 0 &&
			 epoch - best->epoch >= options->patience)
			return FIT_PATIENCE;
	}
	return FIT_DONE;
}
