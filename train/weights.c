#include "train/weights.h"

#include <string.h>

#include "kw/alloc.h"
#include "kw/error.h"
#include "train/weights_file.h"
#include "train/weights_report.h"

/* A weight file on its way into a network. */
typedef struct {
	const char *path;
	WeightsFile *file;
	Network *network;
	Channels channels;
	KwStandardize standardize;
	LoadedWeights *loaded;
} Source;

void
loaded_weights_clear(LoadedWeights *loaded)
{
	g_clear_pointer(&loaded->report, g_free);
}

/* ---- channels of the first kernel: taps x in x out */

/* Sum all input channels into one: gray is R = G = B. */
static void
sum_channels(float *kernel, gsize taps, gsize in, gsize out)
{
	for (gsize t = 0; t < taps; t++)
		for (gsize o = 0; o < out; o++) {
			const float *from = kernel + t * in * out + o;
			float sum = 0;

			for (gsize i = 0; i < in; i++)
				sum += from[i * out];
			kernel[t * out + o] = sum;
		}
}

/* Of three input channels, the first and the last change places. */
static void
reverse_channels(float *kernel, gsize taps, gsize out)
{
	for (gsize t = 0; t < taps; t++) {
		float *first = kernel + t * 3 * out, *last = first + 2 * out;

		for (gsize o = 0; o < out; o++) {
			const float value = first[o];

			first[o] = last[o];
			last[o] = value;
		}
	}
}

static gboolean
reverses(const Source *l)
{
	switch (l->channels) {
	case CHANNELS_AUTO:
		return l->loaded->kind == WEIGHTS_KERAS &&
		       l->standardize == KW_STANDARDIZE_CAFFE;
	case CHANNELS_KEEP:
		return FALSE;
	case CHANNELS_REVERSE:
		return TRUE;
	}
	return FALSE;
}

static void
turn_channels(const Source *l, const KerasLayer *stored, const Layer *layer,
	      float *kernel)
{
	const gsize taps = (gsize)(stored->h * stored->w);

	if (stored->in != 3)
		return;
	l->loaded->summed = layer->in.c == 1;
	l->loaded->reversed = !l->loaded->summed && reverses(l);
	if (l->loaded->summed)
		sum_channels(kernel, taps, 3, (gsize)stored->out);
	else if (l->loaded->reversed)
		reverse_channels(kernel, taps, (gsize)stored->out);
}

/* ---- one layer */

static gboolean
load_layer(const Source *l, const KerasLayer *stored, Layer *layer,
	   GError **error)
{
	const gsize in =
		(gsize)stored->h * (gsize)stored->w * (gsize)stored->in;
	const gsize out = (gsize)stored->out;
	g_autofree float *buffer = NULL;
	g_autofree float *bias = NULL;
	float *kernel = param_spare(layer->kernel);

	if (kernel == NULL)
		kernel = buffer = kw_alloc(in * out, sizeof *kernel,
					   "the weights of a layer", error);
	if (kernel == NULL)
		return FALSE;
	bias = kw_alloc(out, sizeof *bias, "the bias of a layer", error);
	if (bias == NULL ||
	    !weights_file_read(l->file, stored, layer->in, kernel, bias, error))
		return FALSE;
	if (layer == network_conv(l->network, 0))
		turn_channels(l, stored, layer, kernel);
	return param_import(l->network->dnn, layer->kernel, kernel, error) &&
	       param_import(l->network->dnn, layer->bias, bias, error);
}

/* ---- convolutions */

static gboolean
conv_fits(const Source *l, const KerasLayer *stored, const Layer *layer,
	  GError **error)
{
	const gboolean sums = layer->in.c == 1 && stored->in == 3;

	if (layer->in.c == 3 && stored->in == 1) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' takes gray images, and these are in "
			    "colour",
			    l->path);
		return FALSE;
	}
	if (stored->h == 3 && stored->w == 3 && stored->out == layer->out.c &&
	    (stored->in == layer->in.c || sums))
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
		    "'%s' is not VGG19: the kernel of %s is %dx%dx%dx%d, "
		    "and that of %s 3x3x%dx%d",
		    l->path, stored->name, stored->h, stored->w, stored->in,
		    stored->out, layer->name, layer->in.c, layer->out.c);
	return FALSE;
}

static KerasLayer *
find_by_name(const GPtrArray *layers, const char *name)
{
	for (guint i = 0; i < layers->len; i++) {
		KerasLayer *layer = layers->pdata[i];

		if (strcmp(layer->name, name) == 0)
			return layer;
	}
	return NULL;
}

/*
 * The convolutions from bottom to top: by name where all have the names that
 * Keras's VGG19 gives them, as the order of the file may be another; else in
 * that order.
 */
static GPtrArray *
sort_convolutions(const Source *l)
{
	GPtrArray *stored = weights_file_layers(l->file, KERAS_CONV);
	g_autoptr(GPtrArray) named = g_ptr_array_new();
	const Layer *layer;

	for (guint i = 0; (layer = network_conv(l->network, i)) != NULL; i++) {
		KerasLayer *found = find_by_name(stored, layer->name);

		if (found == NULL)
			return stored;
		g_ptr_array_add(named, found);
	}
	if (stored->len != named->len)
		return stored;
	g_ptr_array_unref(stored);
	return g_steal_pointer(&named);
}

static gboolean
load_convolutions(const Source *l, const GPtrArray *stored, GError **error)
{
	if (stored->len != VGG19_CONVOLUTIONS) {
		g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
			    "'%s' has %u convolutions, VGG19 has %d", l->path,
			    stored->len, VGG19_CONVOLUTIONS);
		return FALSE;
	}
	for (guint i = 0; i < stored->len; i++) {
		Layer *layer = network_conv(l->network, i);

		if (!conv_fits(l, stored->pdata[i], layer, error) ||
		    !load_layer(l, stored->pdata[i], layer, error))
			return FALSE;
	}
	l->loaded->convolutions = stored->len;
	return TRUE;
}

/* ---- head */

/* A kernel that keeps the shape it flattens must have that very shape. */
static gboolean
dense_fits(const KerasLayer *stored, const Layer *layer)
{
	const Shape in = layer->in;

	if (stored->out != layer->out.c)
		return FALSE;
	if (stored->h == 1 && stored->w == 1)
		return (gsize)stored->in == shape_size(in);
	return stored->h == in.h && stored->w == in.w && stored->in == in.c;
}

static gboolean
head_fits(const GPtrArray *stored, const Network *network)
{
	if (stored->len != (guint)network->spec.n_head + 1)
		return FALSE;
	for (guint i = 0; i < stored->len; i++)
		if (!dense_fits(stored->pdata[i], network_dense(network, i)))
			return FALSE;
	return TRUE;
}

static gboolean
load_head(const Source *l, const GPtrArray *stored, gboolean whole,
	  GError **error)
{
	if (!head_fits(stored, l->network)) {
		l->loaded->skipped = stored->len;
		if (whole)
			g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
				    "the dense layers of '%s' do not fit this "
				    "image size, head and classes",
				    l->path);
		return !whole;
	}
	for (guint i = 0; i < stored->len; i++)
		if (!load_layer(l, stored->pdata[i],
				network_dense(l->network, i), error))
			return FALSE;
	l->loaded->dense = stored->len;
	return TRUE;
}

/* ---- all of it */

gboolean
weights_load(const char *path, Network *network, gboolean whole,
	     Channels channels, KwStandardize standardize,
	     LoadedWeights *loaded, GError **error)
{
	g_autoptr(WeightsFile) file = weights_file_open(path, error);
	const Source l = { path, file, network, channels, standardize, loaded };
	g_autoptr(GPtrArray) convolutions = NULL;
	g_autoptr(GPtrArray) dense = NULL;

	*loaded = (LoadedWeights){ 0 };
	if (file == NULL)
		return FALSE;
	loaded->kind = weights_file_kind(file);
	convolutions = sort_convolutions(&l);
	dense = weights_file_layers(file, KERAS_DENSE);
	if (!load_convolutions(&l, convolutions, error) ||
	    !load_head(&l, dense, whole, error))
		return FALSE;
	loaded->report =
		weights_report(&(WeightsMeeting){ path, network, channels,
						  convolutions, dense },
			       loaded);
	return TRUE;
}

gboolean
model_load_weights(const char *path, Network *network, gboolean whole,
		   LoadedWeights *loaded, GError **error)
{
	gboolean ok = weights_load(path, network, whole, CHANNELS_KEEP,
				   KW_STANDARDIZE_NONE, loaded, error);

	loaded_weights_clear(loaded);
	return ok;
}

gboolean
weights_kind(const char *path, WeightsKind *kind, GError **error)
{
	g_autoptr(WeightsFile) file = weights_file_open(path, error);

	if (file != NULL)
		*kind = weights_file_kind(file);
	return file != NULL;
}

char *
weights_advice(WeightsKind kind, KwStandardize standardize)
{
	static const struct {
		const char *writer;
		KwStandardize wanted;
	} trained[] = {
		[WEIGHTS_KERAS] = { "Keras", KW_STANDARDIZE_CAFFE },
		[WEIGHTS_TORCH] = { "PyTorch", KW_STANDARDIZE_TORCH },
	};

	if (kind == WEIGHTS_KW || standardize == trained[kind].wanted)
		return NULL;
	return g_strdup_printf(
		"ImageNet weights of %s were trained on pixels standardised "
		"'%s', and these are standardised '%s'; 'kw-prep "
		"--standardize %s' makes what they expect",
		trained[kind].writer,
		kw_standardize_names[trained[kind].wanted],
		kw_standardize_names[standardize],
		kw_standardize_names[trained[kind].wanted]);
}
