#include <string.h>

#include "kw/random.h"
#include "train/bf16.h"
#include "train/layer.h"

/*
 * The factors of four units of a row, 0 or 1/(1 - rate).  The same call in the
 * forward and the backward pass gives the same mask, so none is stored.
 */
static void
draw_mask(const Layer *layer, int row, gsize unit, float factors[4])
{
	const KwRandomKey key = { .seed = layer->seed,
				  .subject = layer->step,
				  .round = (guint32)row,
				  .purpose = KW_PURPOSE_DROPOUT };
	const guint32 dropped = (guint32)(layer->rate * 0x1p32);
	const float kept = (float)(1 / (1 - layer->rate));
	guint32 words[4];

	kw_random_block(&key, (guint16)(unit / 4), words);
	for (int i = 0; i < 4; i++)
		factors[i] = words[i] < dropped ? 0 : kept;
}

static void
apply_mask(const Layer *layer, float *to, const float *from)
{
	const gsize units = shape_size(layer->in);
	float factors[4];

	for (int row = 0; row < layer->batch; row++)
		for (gsize u = 0; u < units; u++) {
			gsize i = (gsize)row * units + u;

			if (u % 4 == 0)
				draw_mask(layer, row, u, factors);
			to[i] = from[i] * factors[u % 4];
		}
}

static void
apply_mask_bf16(const Layer *layer, guint16 *to, const guint16 *from)
{
	const gsize units = shape_size(layer->in);
	float factors[4];

	for (int row = 0; row < layer->batch; row++)
		for (gsize u = 0; u < units; u++) {
			gsize i = (gsize)row * units + u;

			if (u % 4 == 0)
				draw_mask(layer, row, u, factors);
			to[i] = bf16_from_float(bf16_to_float(from[i]) *
						factors[u % 4]);
		}
}

static void
apply(const Layer *layer, void *to, const void *from)
{
	if (dnn_layout_type(layer->out_layout) == DNN_F32)
		apply_mask(layer, to, from);
	else
		apply_mask_bf16(layer, to, from);
}

static gboolean
dropout_forward(Layer *layer, GError **error)
{
	(void)error;
	if (layer->training)
		apply(layer, layer->dst, layer->src);
	else
		memcpy(layer->dst, layer->src,
		       dnn_layout_bytes(layer->out_layout));
	return TRUE;
}

static gboolean
dropout_backward(Layer *layer, GError **error)
{
	(void)error;
	if (layer->dsrc != NULL)
		apply(layer, layer->dsrc, layer->ddst);
	return TRUE;
}

static void
dropout_place(Layer *layer, LayerMemory *memory)
{
	(void)layer;
	(void)memory;
}

static void
dropout_bind(Layer *layer)
{
	(void)layer;
}

static const LayerType dropout_type = { dropout_forward, dropout_backward,
					dropout_place, dropout_bind };

Layer *
layer_dropout_new(const LayerInput *in, const char *name, double rate,
		  guint64 seed, GError **error)
{
	g_autoptr(Layer) layer =
		layer_new(&dropout_type, LAYER_DROPOUT, name, in, in->shape);

	layer->rate = rate;
	layer->seed = seed;
	layer->out_layout = dnn_layout_copy(in->layout, error);
	if (layer->out_layout == NULL)
		return NULL;
	return g_steal_pointer(&layer);
}
