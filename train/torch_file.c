#include "train/torch_file.h"

#include <stdlib.h>
#include <string.h>

#include "kw/alloc.h"
#include "kw/error.h"
#include "train/safetensors.h"

/* Outputs that are turned at a time: a cache line of Keras's kernel. */
enum { ROWS = 16 };

/* Layers with a number behind their name count on from here: timm's do not. */
enum { UNNUMBERED = 1 << 20 };

typedef struct {
	KerasLayer layer; /* first: what callers hold a pointer to */
	int place;        /* among those of its kind */
	const Tensor *weight, *bias;
} Entry;

struct TorchFile {
	char *path;
	Safetensors *file;
	GPtrArray *entries; /* Entry * */
};

static void
entry_free(gpointer data)
{
	Entry *entry = data;

	g_free(entry->layer.name);
	g_free(entry);
}

static gboolean G_GNUC_PRINTF(3, 4)
	fail(const TorchFile *file, GError **error, const char *format, ...)
{
	g_autofree char *what = NULL;
	va_list args;

	va_start(args, format);
	what = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, KW_ERROR, KW_ERROR_FORMAT, "'%s' %s", file->path,
		    what);
	return FALSE;
}

/* ---- names */

/* "features.28" of the prefix "features.": 28; -1: not so, or too large. */
static int
number_behind(const char *name, const char *prefix)
{
	char *end;
	long number;

	if (!g_str_has_prefix(name, prefix) ||
	    !g_ascii_isdigit(name[strlen(prefix)]))
		return -1;
	number = strtol(name + strlen(prefix), &end, 10);
	return *end == '\0' && number < UNNUMBERED ? (int)number : -1;
}

/* Kind and place of the layer of this name; FALSE: none of VGG19's. */
static gboolean
find_place(const char *name, KerasKind *kind, int *place)
{
	static const char *const timm[] = { "pre_logits.fc1", "pre_logits.fc2",
					    "head.fc" };

	*kind = KERAS_CONV;
	*place = number_behind(name, "features.");
	if (*place >= 0)
		return TRUE;
	*kind = KERAS_DENSE;
	*place = number_behind(name, "classifier.");
	for (gsize i = 0; i < G_N_ELEMENTS(timm) && *place < 0; i++)
		if (strcmp(name, timm[i]) == 0)
			*place = UNNUMBERED + (int)i;
	return *place >= 0;
}

static gboolean
is_of_batch_normalisation(const Tensor *tensor)
{
	return g_str_has_suffix(tensor->name, ".running_mean") ||
	       g_str_has_suffix(tensor->name, ".running_var") ||
	       (g_str_has_suffix(tensor->name, ".weight") && tensor->rank == 1);
}

/* The entry of this name, made where there is none. */
static Entry *
get_entry(TorchFile *file, const char *name, KerasKind kind, int place)
{
	Entry *entry;

	for (guint i = 0; i < file->entries->len; i++) {
		entry = file->entries->pdata[i];
		if (strcmp(entry->layer.name, name) == 0)
			return entry;
	}
	entry = g_new0(Entry, 1);
	entry->layer.kind = kind;
	entry->layer.name = g_strdup(name);
	entry->place = place;
	g_ptr_array_add(file->entries, entry);
	return entry;
}

/* Note a tensor as the kernel or the bias of its layer. */
static gboolean
add_tensor(TorchFile *file, const Tensor *tensor, GError **error)
{
	const char *dot = strrchr(tensor->name, '.');
	g_autofree char *name =
		dot != NULL
			? g_strndup(tensor->name, (gsize)(dot - tensor->name))
			: g_strdup("");
	const char *part = dot != NULL ? dot + 1 : "";
	KerasKind kind;
	int place;
	Entry *entry;

	if (is_of_batch_normalisation(tensor))
		return fail(file, error,
			    "has batch normalisation, '%s': weights of vgg19 "
			    "are read, not those of vgg19_bn",
			    tensor->name);
	if (!find_place(name, &kind, &place) ||
	    (strcmp(part, "weight") != 0 && strcmp(part, "bias") != 0))
		return fail(file, error,
			    "holds '%s', which is no weight of torchvision's "
			    "or timm's vgg19",
			    tensor->name);
	entry = get_entry(file, name, kind, place);
	if (*part == 'w')
		entry->weight = tensor;
	else
		entry->bias = tensor;
	return TRUE;
}

/* ---- layers */

/* out x in, or out x in x h x w */
static gboolean
finish_entry(const TorchFile *file, Entry *entry, GError **error)
{
	const Tensor *weight = entry->weight, *bias = entry->bias;
	KerasLayer *layer = &entry->layer;

	if (weight == NULL || bias == NULL)
		return fail(file, error, "lacks '%s.%s'", layer->name,
			    weight == NULL ? "weight" : "bias");
	if ((weight->rank != 4 &&
	     (weight->rank != 2 || layer->kind == KERAS_CONV)) ||
	    bias->rank != 1 || bias->dims[0] != weight->dims[0])
		return fail(file, error,
			    "is not VGG19: the shapes of '%s.weight' and "
			    "'%s.bias' are no kernel with a bias",
			    layer->name, layer->name);
	layer->out = weight->dims[0];
	layer->in = weight->dims[1];
	layer->h = weight->rank == 4 ? weight->dims[2] : 1;
	layer->w = weight->rank == 4 ? weight->dims[3] : 1;
	return TRUE;
}

static int
compare_places(gconstpointer a, gconstpointer b)
{
	const Entry *x = *(Entry *const *)a, *y = *(Entry *const *)b;

	return x->place - y->place;
}

static gboolean
list_layers(TorchFile *file, GError **error)
{
	const GPtrArray *tensors = safetensors_tensors(file->file);

	for (guint i = 0; i < tensors->len; i++)
		if (!add_tensor(file, tensors->pdata[i], error))
			return FALSE;
	for (guint i = 0; i < file->entries->len; i++)
		if (!finish_entry(file, file->entries->pdata[i], error))
			return FALSE;
	g_ptr_array_sort(file->entries, compare_places);
	return TRUE;
}

TorchFile *
torch_file_open(const char *path, GError **error)
{
	g_autoptr(TorchFile) file = g_new0(TorchFile, 1);

	file->path = g_strdup(path);
	file->entries = g_ptr_array_new_with_free_func(entry_free);
	file->file = safetensors_open(path, error);
	if (file->file == NULL || !list_layers(file, error))
		return NULL;
	return g_steal_pointer(&file);
}

void
torch_file_free(TorchFile *file)
{
	if (file == NULL)
		return;
	g_ptr_array_unref(file->entries);
	safetensors_free(file->file);
	g_free(file->path);
	g_free(file);
}

GPtrArray *
torch_file_layers(const TorchFile *file, KerasKind kind)
{
	GPtrArray *layers = g_ptr_array_new();

	for (guint i = 0; i < file->entries->len; i++) {
		Entry *entry = file->entries->pdata[i];

		if (entry->layer.kind == kind)
			g_ptr_array_add(layers, &entry->layer);
	}
	return layers;
}

/* ---- values */

gsize
torch_to_keras(Shape in, gsize i)
{
	const gsize pixels = (gsize)in.h * (gsize)in.w;

	return i % pixels * (gsize)in.c + i / pixels;
}

gboolean
torch_file_read(const TorchFile *file, const KerasLayer *layer, Shape in,
		float *kernel, float *bias, GError **error)
{
	const Entry *entry = (const Entry *)layer;
	const gboolean flat =
		layer->kind == KERAS_DENSE && layer->h == 1 && layer->w == 1;
	const Shape shape =
		flat ? in : (Shape){ layer->h, layer->w, layer->in };
	const gsize n_in = shape_size(shape), n_out = (gsize)layer->out;
	g_autofree float *rows = kw_alloc(ROWS * n_in, sizeof *rows,
					  "some weights of a layer", error);

	if (rows == NULL)
		return FALSE;
	for (gsize o = 0; o < n_out; o += ROWS) {
		const gsize n = MIN(ROWS, n_out - o);

		if (!safetensors_read(file->file, entry->weight, o * n_in,
				      n * n_in, rows, error))
			return FALSE;
		for (gsize i = 0; i < n_in; i++) {
			float *to = kernel + torch_to_keras(shape, i) * n_out;

			for (gsize k = 0; k < n; k++)
				to[o + k] = rows[k * n_in + i];
		}
	}
	return safetensors_read(file->file, entry->bias, 0, n_out, bias, error);
}
