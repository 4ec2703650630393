#include "tests/support/tensors.h"

#include <string.h>

#include "tests/support/params.h"

void
tensors_write(const char *path, const char *header, const void *values, gsize n)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	const gsize length = strlen(header);

	for (int i = 0; i < 8; i++) {
		const guint8 byte = (guint8)((guint64)length >> (8 * i));

		g_byte_array_append(bytes, &byte, 1);
	}
	g_byte_array_append(bytes, (const guint8 *)header, (guint)length);
	g_byte_array_append(bytes, values, (guint)n);
	assert_true(g_file_set_contents(path, (const char *)bytes->data,
					(gssize)bytes->len, NULL));
}

typedef struct {
	GString *header;
	GByteArray *values;
} Tensors;

static void
add(Tensors *t, const char *name, const char *part, const char *shape,
    const float *values, gsize n)
{
	g_string_append_printf(t->header,
			       "%s\"%s.%s\":{\"dtype\":\"F32\",\"shape\":[%s],"
			       "\"data_offsets\":[%u,%zu]}",
			       t->header->len > 1 ? "," : "", name, part, shape,
			       t->values->len, t->values->len + 4 * n);
	g_byte_array_append(t->values, (const guint8 *)values, (guint)(4 * n));
}

/* As PyTorch orders them: out, then channel, then row, then column. */
static void
add_layer(Tensors *t, const Network *network, const Layer *layer,
	  const char *name, gboolean flat)
{
	const gboolean conv = layer->kind == LAYER_CONV;
	const int h = conv ? 3 : layer->in.h, w = conv ? 3 : layer->in.w;
	const int c = layer->in.c, out = layer->out.c;
	g_autofree float *kernel = values_new(network->dnn, layer->kernel);
	g_autofree float *bias = values_new(network->dnn, layer->bias);
	g_autofree float *turned = g_new(float, h *w *c *out);
	g_autofree char *shape =
		flat ? g_strdup_printf("%d,%d", out, c * h * w)
		     : g_strdup_printf("%d,%d,%d,%d", out, c, h, w);
	g_autofree char *bias_shape = g_strdup_printf("%d", out);
	float *to = turned;

	for (int o = 0; o < out; o++)
		for (int i = 0; i < c; i++)
			for (int y = 0; y < h; y++)
				for (int x = 0; x < w; x++)
					*to++ = kernel[((y * w + x) * c + i) *
							       out +
						       o];
	add(t, name, "weight", shape, turned, (gsize)(to - turned));
	add(t, name, "bias", bias_shape, bias, (gsize)out);
}

void
tensors_write_vgg19(const char *path, const Network *network, gboolean timm)
{
	static const char *const body[] = {
		"features.0",  "features.2",  "features.5",  "features.7",
		"features.10", "features.12", "features.14", "features.16",
		"features.19", "features.21", "features.23", "features.25",
		"features.28", "features.30", "features.32", "features.34",
	};
	static const char *const head[][3] = {
		{ "classifier.0", "classifier.3", "classifier.6" },
		{ "pre_logits.fc1", "pre_logits.fc2", "head.fc" },
	};
	g_autoptr(GByteArray) values = g_byte_array_new();
	Tensors t = { g_string_new("{"), values };

	for (guint i = 0; i < G_N_ELEMENTS(body); i++)
		add_layer(&t, network, network_conv(network, i), body[i],
			  FALSE);
	/* timm's hidden layers are convolutions, its last is not. */
	for (guint i = 0; network_dense(network, i) != NULL; i++)
		add_layer(&t, network, network_dense(network, i), head[timm][i],
			  !timm || i == 2);
	g_string_append_c(t.header, '}');
	tensors_write(path, t.header->str, values->data, values->len);
	g_string_free(t.header, TRUE);
}
