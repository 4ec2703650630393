#include "train/predict.h"

#include <math.h>
#include <string.h>

#include "kw/alloc.h"
#include "kw/dataset.h"
#include "kw/error.h"
#include "kw/memory.h"
#include "train/batch_size.h"
#include "train/plan.h"
#include "train/predict_views.h"

struct Predictor {
	char *model;
	ModelInfo *info;
	Network *network;
	KwImageRequest request;
	/* where there are views */
	KwTransformer *transformer;
	guint8 *view; /* h x w x c */
};

static gsize
image_size(const ModelInfo *info)
{
	return (gsize)info->height * (gsize)info->width * (gsize)info->channels;
}

/* ---- the model */

/* The network of a model, without what only training needs.  Images at a time:
 * `most`, or less where there is not the room. */
static Network *
make_network(NetworkSpec *spec, gsize n, int most, Precision precision,
	     GError **error)
{
	/* Threads that decode photos need room as well. */
	const guint64 room = kw_memory_available() / 2;
	Network *network = NULL;

	plan_for_use(spec, precision);
	if (batch_size_choose(spec, n, most, room, error))
		network = network_new(spec, error);
	if (network == NULL)
		plan_blame_precision(precision, error);
	return network;
}

static Network *
load_network(const char *model, const ModelInfo *info, gsize n, int most,
	     int threads, Precision precision, GError **error)
{
	NetworkSpec spec = { .height = info->height,
			     .width = info->width,
			     .channels = info->channels,
			     .classes = (int)g_strv_length(info->class_names),
			     .n_head = info->n_head,
			     .threads = threads };
	g_autoptr(Network) network = NULL;
	LoadedWeights loaded;

	memcpy(spec.head, info->head, sizeof spec.head);
	network = make_network(&spec, n, most, precision, error);
	if (network == NULL ||
	    !model_load_weights(model, network, TRUE, &loaded, error))
		return NULL;
	return g_steal_pointer(&network);
}

static gboolean
set_request(Predictor *p, GError **error)
{
	p->request = (KwImageRequest){ .height = p->info->height,
				       .width = p->info->width,
				       .channels = p->info->channels,
				       .max_pixels = KW_DEFAULT_MAX_PIXELS };
	if (kw_fit_parse(p->info->fit, &p->request.fit))
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_UNSUPPORTED,
		    "'%s' was trained with --fit %s, which this program does "
		    "not know; use the kw-predict of the same version as "
		    "kw-train",
		    p->model, p->info->fit);
	return FALSE;
}

static gboolean
prepare_views(Predictor *p, GError **error)
{
	const ModelInfo *info = p->info;

	p->view = kw_alloc(image_size(info), 1, "a view of an image", error);
	if (p->view == NULL)
		return FALSE;
	p->transformer = kw_transformer_new(info->height, info->width,
					    info->channels, error);
	return p->transformer != NULL;
}

Predictor *
predictor_new(const char *model, gsize n, int most, int threads,
	      Precision precision, gboolean tta, GError **error)
{
	g_autoptr(Predictor) p = g_new0(Predictor, 1);

	p->model = g_strdup(model);
	p->info = model_read_info(model, error);
	if (p->info == NULL || !set_request(p, error))
		return NULL;
	p->network = load_network(model, p->info, n, most, threads, precision,
				  error);
	if (p->network == NULL || (tta && !prepare_views(p, error)))
		return NULL;
	return g_steal_pointer(&p);
}

void
predictor_free(Predictor *p)
{
	if (p == NULL)
		return;
	kw_free(p->view);
	kw_transformer_free(p->transformer);
	network_free(p->network);
	model_info_free(p->info);
	g_free(p->model);
	g_free(p);
}

int
predictor_batch(const Predictor *p)
{
	return p->network->spec.batch;
}

char *
predictor_arithmetic(const Predictor *p)
{
	return plan_name(&p->network->spec.plan);
}

const ModelInfo *
predictor_info(const Predictor *p)
{
	return p->info;
}

const KwImageRequest *
predictor_request(const Predictor *p)
{
	return &p->request;
}

/* ---- images */

/* Row i of the network's input. */
static void
set_row(const Predictor *p, int i, const guint8 *pixels)
{
	const ModelInfo *info = p->info;
	const gsize size = image_size(info);
	const int c = info->channels;

	kw_standardize(p->network->input + (gsize)i * size, pixels,
		       size / (gsize)c, c, info->scale, info->offset);
}

static gboolean
set_view(Predictor *p, int i, const guint8 *pixels, const KwTransform *view,
	 GError **error)
{
	kw_transformer_set(p->transformer, pixels);
	if (!kw_transformer_apply(p->transformer, view, p->view, error))
		return FALSE;
	set_row(p, i, p->view);
	return TRUE;
}

/* n images, in a view or as they are, and zeros. */
static gboolean
set_input(Predictor *p, const guint8 *pixels, int n, const KwTransform *view,
	  GError **error)
{
	const gsize size = image_size(p->info);
	const gsize rest = (gsize)(p->network->spec.batch - n) * size;

	if (view == NULL) {
#pragma omp parallel for schedule(static)
		for (int i = 0; i < n; i++)
			set_row(p, i, pixels + (gsize)i * size);
	} else {
		for (int i = 0; i < n; i++)
			if (!set_view(p, i, pixels + (gsize)i * size, view,
				      error))
				return FALSE;
	}
	memset(p->network->input + (gsize)n * size, 0, rest * sizeof(float));
	return TRUE;
}

/* Add the probabilities of a view, or of the images as they are. */
static gboolean
add_view(Predictor *p, const guint8 *pixels, int n, const KwTransform *view,
	 float *sums, GError **error)
{
	const gsize count = (gsize)n * (gsize)p->network->spec.classes;

	if (!set_input(p, pixels, n, view, error) ||
	    !network_forward(p->network, FALSE, 0, error))
		return FALSE;
	for (gsize i = 0; i < count; i++)
		sums[i] += p->network->probabilities[i];
	return TRUE;
}

static gboolean
check_finite(const Predictor *p, const float *values, gsize n, GError **error)
{
	for (gsize i = 0; i < n; i++) {
		if (isfinite(values[i]))
			continue;
		g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
			    "'%s' predicts what is not a number: its weights "
			    "are too large, or its scale is; train it anew",
			    p->model);
		return FALSE;
	}
	return TRUE;
}

gboolean
predictor_run(Predictor *p, const guint8 *pixels, int n, float *probabilities,
	      GError **error)
{
	const gsize count = (gsize)n * (gsize)p->network->spec.classes;

	memset(probabilities, 0, count * sizeof *probabilities);
	if (p->transformer == NULL)
		return add_view(p, pixels, n, NULL, probabilities, error) &&
		       check_finite(p, probabilities, count, error);
	for (int v = 0; v < PREDICT_N_VIEWS; v++) {
		const KwTransform view = predict_view(v);

		if (!add_view(p, pixels, n, &view, probabilities, error))
			return FALSE;
	}
	for (gsize i = 0; i < count; i++)
		probabilities[i] /= PREDICT_N_VIEWS;
	return check_finite(p, probabilities, count, error);
}
