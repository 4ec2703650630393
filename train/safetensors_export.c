#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <json-glib/json-glib.h>

#include "kw/alloc.h"
#include "kw/error.h"
#include "kw/outfile.h"
#include "train/safetensors.h"
#include "train/torch_file.h"

/* Outputs that are turned at a time: a cache line of Keras's kernel. */
enum { ROWS = 16, ALIGNMENT = 8 };

/* A file that is being written. */
typedef struct {
	int fd;
	const char *name;
	const Network *network;
	const ModelInfo *info;
} Export;

/* ---- layers */

/* Those with weights, from bottom to top; NULL past the last. */
static const Layer *
nth_layer(const Network *network, guint i)
{
	return i < VGG19_CONVOLUTIONS
		       ? network_conv(network, i)
		       : network_dense(network, i - VGG19_CONVOLUTIONS);
}

/*
 * torchvision counts modules: ReLU after each convolution, and pools; of each
 * hidden dense layer there are three, with ReLU and dropout.
 */
static char *
module_name(const Network *network, guint i)
{
	guint modules = 0;

	if (i >= VGG19_CONVOLUTIONS)
		return g_strdup_printf("classifier.%u",
				       3 * (i - VGG19_CONVOLUTIONS));
	for (guint l = 0; network->layers[l] != network_conv(network, i); l++)
		if (network->layers[l]->kind == LAYER_CONV)
			modules += 2;
		else if (network->layers[l]->kind == LAYER_POOL)
			modules++;
	return g_strdup_printf("features.%u", modules);
}

/* What a kernel is over: h x w x in. */
static Shape
kernel_shape(const Layer *layer)
{
	return layer->kind == LAYER_CONV ? (Shape){ 3, 3, layer->in.c }
					 : layer->in;
}

/* ---- header */

static void
add_string(JsonBuilder *b, const char *name, const char *value)
{
	json_builder_set_member_name(b, name);
	json_builder_add_string_value(b, value);
}

/* Takes the builder's tree as text; free it. */
static char *
builder_text(JsonBuilder *b)
{
	g_autoptr(JsonNode) root = json_builder_get_root(b);

	return json_to_string(root, FALSE);
}

/* Values of metadata are strings: lists are JSON within them. */
static void
add_floats(JsonBuilder *b, const char *name, const float *values, int n)
{
	g_autoptr(JsonBuilder) list = json_builder_new();
	g_autofree char *text = NULL;

	json_builder_begin_array(list);
	for (int i = 0; i < n; i++)
		json_builder_add_double_value(list, (double)values[i]);
	json_builder_end_array(list);
	text = builder_text(list);
	add_string(b, name, text);
}

static void
add_classes(JsonBuilder *b, const char *name, char *const *classes)
{
	g_autoptr(JsonBuilder) list = json_builder_new();
	g_autofree char *text = NULL;

	json_builder_begin_array(list);
	for (; *classes != NULL; classes++)
		json_builder_add_string_value(list, *classes);
	json_builder_end_array(list);
	text = builder_text(list);
	add_string(b, name, text);
}

/* In words, for those who build the model by hand. */
static char *
architecture(const Network *network)
{
	const NetworkSpec *spec = &network->spec;
	GString *text = g_string_new(NULL);

	g_string_printf(text,
			"features: torchvision.models.vgg19().features%s; "
			"flatten %d x %d x %d as channel, row, column; "
			"classifier: ",
			spec->channels == 1 ? " with one input channel" : "",
			network_dense(network, 0)->in.c,
			network_dense(network, 0)->in.h,
			network_dense(network, 0)->in.w);
	for (int i = 0; i <= spec->n_head; i++) {
		const Layer *layer = network_dense(network, (guint)i);

		g_string_append_printf(text, "Linear(%zu, %d)%s",
				       shape_size(layer->in), layer->out.c,
				       layer->relu ? ", ReLU, Dropout, "
						   : "; softmax");
	}
	return g_string_free(text, FALSE);
}

static void
add_metadata(JsonBuilder *b, const Export *e)
{
	const ModelInfo *info = e->info;
	g_autofree char *layers = architecture(e->network);
	g_autofree char *size = g_strdup_printf("[%d,%d,%d]", info->height,
						info->width, info->channels);

	json_builder_set_member_name(b, "__metadata__");
	json_builder_begin_object(b);
	add_string(b, "format", "pt");
	add_string(b, "architecture", layers);
	add_classes(b, "kw_class_names", info->class_names);
	add_string(b, "kw_image_size", size);
	add_string(b, "kw_fit", info->fit);
	add_floats(b, "kw_scale", info->scale, info->channels);
	add_floats(b, "kw_offset", info->offset, info->channels);
	json_builder_end_object(b);
}

/* Describes a tensor whose values begin at *at, and moves that behind them. */
static void
add_tensor(JsonBuilder *b, const char *name, int rank, const gsize *dims,
	   gsize *at)
{
	gsize bytes = sizeof(float);

	json_builder_set_member_name(b, name);
	json_builder_begin_object(b);
	add_string(b, "dtype", "F32");
	json_builder_set_member_name(b, "shape");
	json_builder_begin_array(b);
	for (int i = 0; i < rank; i++) {
		json_builder_add_int_value(b, (gint64)dims[i]);
		bytes *= dims[i];
	}
	json_builder_end_array(b);
	json_builder_set_member_name(b, "data_offsets");
	json_builder_begin_array(b);
	json_builder_add_int_value(b, (gint64)*at);
	json_builder_add_int_value(b, (gint64)(*at + bytes));
	json_builder_end_array(b);
	json_builder_end_object(b);
	*at += bytes;
}

static void
add_layer(JsonBuilder *b, const Network *network, guint i, gsize *at)
{
	const Layer *layer = nth_layer(network, i);
	const gsize out = (gsize)layer->out.c;
	const gsize conv[] = { out, (gsize)layer->in.c, 3, 3 };
	const gsize dense[] = { out, shape_size(layer->in) };
	g_autofree char *module = module_name(network, i);
	g_autofree char *weight = g_strconcat(module, ".weight", NULL);
	g_autofree char *bias = g_strconcat(module, ".bias", NULL);

	if (layer->kind == LAYER_CONV)
		add_tensor(b, weight, 4, conv, at);
	else
		add_tensor(b, weight, 2, dense, at);
	add_tensor(b, bias, 1, &out, at);
}

static char *
header_text(const Export *e)
{
	g_autoptr(JsonBuilder) b = json_builder_new();
	gsize at = 0;

	json_builder_begin_object(b);
	add_metadata(b, e);
	for (guint i = 0; nth_layer(e->network, i) != NULL; i++)
		add_layer(b, e->network, i, &at);
	json_builder_end_object(b);
	return builder_text(b);
}

/* ---- bytes */

static gboolean
write_header(const Export *e, GError **error)
{
	g_autofree char *text = header_text(e);
	/* Spaces behind it bring the values to a multiple of 8 bytes. */
	const int padding = (int)(-strlen(text) % ALIGNMENT);
	g_autofree char *padded = g_strdup_printf("%s%*s", text, padding, "");
	const gsize n = strlen(padded);
	const guint64 length = GUINT64_TO_LE((guint64)n);

	return kw_write_all(e->fd, &length, sizeof length, e->name, error) &&
	       kw_write_all(e->fd, padded, n, e->name, error);
}

static gboolean
write_floats(const Export *e, float *values, gsize n, GError **error)
{
	for (gsize i = 0; G_BYTE_ORDER != G_LITTLE_ENDIAN && i < n; i++) {
		guint32 bits;

		memcpy(&bits, values + i, sizeof bits);
		bits = GUINT32_TO_LE(bits);
		memcpy(values + i, &bits, sizeof bits);
	}
	return kw_write_all(e->fd, values, n * sizeof *values, e->name, error);
}

/* Keras's kernel, h x w x in x out, as out x in x h x w. */
static gboolean
write_kernel(const Export *e, const Layer *layer, GError **error)
{
	const Shape shape = kernel_shape(layer);
	const gsize n_in = shape_size(shape), n_out = (gsize)layer->out.c;
	g_autofree float *kernel = kw_alloc(n_in * n_out, sizeof *kernel,
					    "the weights of a layer", error);
	g_autofree float *rows = NULL;

	if (kernel == NULL)
		return FALSE;
	rows = kw_alloc(ROWS * n_in, sizeof *rows, "some weights of a layer",
			error);
	if (rows == NULL ||
	    !param_export(e->network->dnn, layer->kernel, kernel, error))
		return FALSE;
	for (gsize o = 0; o < n_out; o += ROWS) {
		const gsize n = MIN(ROWS, n_out - o);

		for (gsize i = 0; i < n_in; i++) {
			const float *from =
				kernel + torch_to_keras(shape, i) * n_out;

			for (gsize k = 0; k < n; k++)
				rows[k * n_in + i] = from[o + k];
		}
		if (!write_floats(e, rows, n * n_in, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
write_bias(const Export *e, const Layer *layer, GError **error)
{
	const gsize n = (gsize)layer->out.c;
	g_autofree float *bias =
		kw_alloc(n, sizeof *bias, "the bias of a layer", error);

	return bias != NULL &&
	       param_export(e->network->dnn, layer->bias, bias, error) &&
	       write_floats(e, bias, n, error);
}

static gboolean
write_all(const Export *e, GError **error)
{
	const Layer *layer;

	if (!write_header(e, error))
		return FALSE;
	for (guint i = 0; (layer = nth_layer(e->network, i)) != NULL; i++)
		if (!write_kernel(e, layer, error) ||
		    !write_bias(e, layer, error))
			return FALSE;
	return TRUE;
}

gboolean
safetensors_export(const char *path, const char *name, const Network *network,
		   const ModelInfo *info, GError **error)
{
	const int fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	const Export e = { fd, name, network, info };
	gboolean ok;

	if (fd < 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_IO,
			    "cannot write '%s': %s", name, g_strerror(errno));
		return FALSE;
	}
	ok = write_all(&e, error);
	if (close(fd) != 0 && ok) {
		g_set_error(error, KW_ERROR, KW_ERROR_IO,
			    "cannot write '%s': %s", name, g_strerror(errno));
		return FALSE;
	}
	return ok;
}
