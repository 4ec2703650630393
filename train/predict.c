#include "train/predict.h"

#include <string.h>

#include "kw/alloc.h"
#include "kw/dataset.h"
#include "kw/error.h"
#include "kw/image.h"
#include "train/softmax.h"

struct Predictor {
	ModelInfo *info;
	Network *network;
	KwImageRequest request; /* how photos became the training images */
	guint8 *pixels;         /* batch x h x w x c */
	int threads;
};

/* The network of a model, without what only training needs. */
static Network *
load_network(const char *model, const ModelInfo *info, int batch, int threads,
	     GError **error)
{
	NetworkSpec spec = { .batch = batch,
			     .height = info->height,
			     .width = info->width,
			     .channels = info->channels,
			     .classes = (int)g_strv_length(info->class_names),
			     .n_head = info->n_head,
			     .threads = threads };
	g_autoptr(Network) network = NULL;
	LoadedWeights loaded;

	memcpy(spec.head, info->head, sizeof spec.head);
	network = network_new(&spec, error);
	if (network == NULL ||
	    !model_load_weights(model, network, TRUE, &loaded, error))
		return NULL;
	return g_steal_pointer(&network);
}

Predictor *
predictor_new(const char *model, int batch, int threads, GError **error)
{
	g_autoptr(Predictor) p = g_new0(Predictor, 1);

	p->threads = threads;
	p->info = model_read_info(model, error);
	if (p->info == NULL)
		return NULL;
	p->request = (KwImageRequest){ .height = p->info->height,
				       .width = p->info->width,
				       .channels = p->info->channels,
				       .max_pixels = KW_DEFAULT_MAX_PIXELS };
	if (!kw_fit_parse(p->info->fit, &p->request.fit)) {
		g_set_error(error, KW_ERROR, KW_ERROR_UNSUPPORTED,
			    "'%s' was trained with --fit %s, which this "
			    "program does not know; use the kw-predict of the "
			    "same version as kw-train",
			    model, p->info->fit);
		return NULL;
	}
	p->network = load_network(model, p->info, batch, threads, error);
	if (p->network == NULL)
		return NULL;
	p->pixels = kw_alloc0(layer_in_size(p->network->layers[0]), 1,
			      "the pixels of a batch", error);
	if (p->pixels == NULL)
		return NULL;
	return g_steal_pointer(&p);
}

void
predictor_free(Predictor *p)
{
	if (p == NULL)
		return;
	kw_free(p->pixels);
	network_free(p->network);
	model_info_free(p->info);
	g_free(p);
}

const ModelInfo *
predictor_info(const Predictor *p)
{
	return p->info;
}

static gsize
image_size(const ModelInfo *info)
{
	return (gsize)info->height * (gsize)info->width * (gsize)info->channels;
}

/* A worker's part: row i of pixels and input, and the error of prediction i. */
static void
load_photo(Predictor *p, const char *path, int i, Prediction *prediction)
{
	const ModelInfo *info = p->info;
	const gsize size = image_size(info);
	const int c = info->channels;
	guint8 *pixels = p->pixels + (gsize)i * size;
	float *input = p->network->input + (gsize)i * size;

	if (!kw_image_load(path, &p->request, pixels, NULL, &prediction->error))
		return;
	kw_standardize(input, pixels, size / (gsize)c, c, info->scale,
		       info->offset);
}

/* What is wrong with a photo costs only this photo; other errors end the work.
 */
static gboolean
is_fatal(const GError *error)
{
	return error != NULL &&
	       !g_error_matches(error, KW_ERROR, KW_ERROR_INPUT) &&
	       !g_error_matches(error, KW_ERROR, KW_ERROR_FORMAT);
}

/* Move the first fatal error out of the predictions, and drop the others. */
static gboolean
check_fatal(Prediction *predictions, int n, GError **error)
{
	GError *first = NULL;

	for (int i = 0; i < n && first == NULL; i++)
		if (is_fatal(predictions[i].error))
			first = g_steal_pointer(&predictions[i].error);
	if (first == NULL)
		return TRUE;
	for (int i = 0; i < n; i++)
		g_clear_error(&predictions[i].error);
	g_propagate_error(error, first);
	return FALSE;
}

gboolean
predictor_run(Predictor *p, char *const *paths, int n, Prediction *predictions,
	      GError **error)
{
	const int classes = p->network->spec.classes;

	memset(predictions, 0, (gsize)n * sizeof *predictions);
#pragma omp parallel num_threads(MIN(p->threads, n))
	{
#pragma omp for schedule(dynamic, 1)
		for (int i = 0; i < n; i++)
			load_photo(p, paths[i], i, &predictions[i]);
		kw_image_thread_end();
	}
	if (!check_fatal(predictions, n, error))
		return FALSE;
	if (!network_forward(p->network, FALSE, 0, error)) {
		for (int i = 0; i < n; i++)
			g_clear_error(&predictions[i].error);
		return FALSE;
	}
	for (int i = 0; i < n; i++) {
		const float *row =
			p->network->probabilities + (gsize)i * (gsize)classes;

		predictions[i].label = argmax(row, classes);
		predictions[i].probability = row[predictions[i].label];
	}
	return TRUE;
}
