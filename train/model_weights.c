#include <string.h>

#include "kw/alloc.h"
#include "kw/error.h"
#include "train/keras_file.h"
#include "train/model_file.h"

/* A weight file on its way into a network. */
typedef struct {
	const char *path;
	KerasFile *file;
	Network *network;
} Source;

/* ---- one layer */

/* Sum h * w times 3 input channels into one: gray is R = G = B. */
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

static gboolean
load_layer(const Source *l, const KerasLayer *stored, Layer *layer,
	   GError **error)
{
	const gsize taps = (gsize)(stored->h * stored->w);
	const gsize in = (gsize)stored->in, out = (gsize)stored->out;
	g_autofree float *kernel = kw_alloc(taps * in * out, sizeof *kernel,
					    "the weights of a layer", error);
	g_autofree float *bias = NULL;

	if (kernel == NULL)
		return FALSE;
	bias = kw_alloc(out, sizeof *bias, "the bias of a layer", error);
	if (bias == NULL ||
	    !keras_file_read(l->file, stored, kernel, bias, error))
		return FALSE;
	if (layer->kind == LAYER_CONV && stored->in > layer->in.c)
		sum_channels(kernel, taps, in, out);
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

static const KerasLayer *
find_by_name(const GPtrArray *layers, const char *name)
{
	for (guint i = 0; i < layers->len; i++) {
		const KerasLayer *layer = layers->pdata[i];

		if (strcmp(layer->name, name) == 0)
			return layer;
	}
	return NULL;
}

/* Do all convolutions have the names that Keras's VGG19 gives them? */
static gboolean
names_are_vgg19(const GPtrArray *stored, const Network *network)
{
	for (guint i = 0; i < VGG19_CONVOLUTIONS; i++)
		if (find_by_name(stored, network_conv(network, i)->name) ==
		    NULL)
			return FALSE;
	return TRUE;
}

/* By name where the names tell, as the order may not; else in order. */
static gboolean
load_convolutions(const Source *l, LoadedWeights *loaded, GError **error)
{
	g_autoptr(GPtrArray) stored = keras_file_layers(l->file, KERAS_CONV);
	const gboolean named = names_are_vgg19(stored, l->network);

	if (stored->len != VGG19_CONVOLUTIONS) {
		g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
			    "'%s' has %u convolutions, VGG19 has %d", l->path,
			    stored->len, VGG19_CONVOLUTIONS);
		return FALSE;
	}
	for (guint i = 0; i < stored->len; i++) {
		Layer *layer = network_conv(l->network, i);
		const KerasLayer *from =
			named ? find_by_name(stored, layer->name)
			      : stored->pdata[i];

		if (!conv_fits(l, from, layer, error) ||
		    !load_layer(l, from, layer, error))
			return FALSE;
	}
	loaded->convolutions = stored->len;
	return TRUE;
}

/* ---- head */

static gboolean
head_fits(const GPtrArray *stored, const Network *network)
{
	if (stored->len != (guint)network->spec.n_head + 1)
		return FALSE;
	for (guint i = 0; i < stored->len; i++) {
		const KerasLayer *from = stored->pdata[i];
		const Layer *layer = network_dense(network, i);

		if ((gsize)from->in != shape_size(layer->in) ||
		    from->out != layer->out.c)
			return FALSE;
	}
	return TRUE;
}

static gboolean
load_head(const Source *l, gboolean whole, LoadedWeights *loaded,
	  GError **error)
{
	g_autoptr(GPtrArray) stored = keras_file_layers(l->file, KERAS_DENSE);

	if (!head_fits(stored, l->network)) {
		loaded->skipped = stored->len;
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
	loaded->dense = stored->len;
	return TRUE;
}

gboolean
model_load_weights(const char *path, Network *network, gboolean whole,
		   LoadedWeights *loaded, GError **error)
{
	g_autoptr(KerasFile) file = keras_file_open(path, error);
	const Source l = { path, file, network };

	*loaded = (LoadedWeights){ 0 };
	return file != NULL && load_convolutions(&l, loaded, error) &&
	       load_head(&l, whole, loaded, error);
}
