#include "train/safetensors_header.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "kw/error.h"

/*
 * A header is an object of objects of arrays.  json-glib runs out of stack on
 * text that is nested deeply, and takes hundreds of bytes for each value.
 */
enum { MAX_DEPTH = 3, MAX_VALUES = 1 << 16, MAX_NAME = 200 };

#define METADATA "__metadata__"

static const struct {
	const char *name;
	gsize size;
} types[] = {
	[TENSOR_F16] = { "F16", 2 },
	[TENSOR_BF16] = { "BF16", 2 },
	[TENSOR_F32] = { "F32", 4 },
	[TENSOR_F64] = { "F64", 8 },
};

gsize
tensor_type_size(TensorType type)
{
	return types[type].size;
}

static void
tensor_free(gpointer data)
{
	Tensor *tensor = data;

	g_free(tensor->name);
	g_free(tensor);
}

static gboolean G_GNUC_PRINTF(3, 4)
	fail(const char *file, GError **error, const char *format, ...)
{
	g_autofree char *what = NULL;
	va_list args;

	va_start(args, format);
	what = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
		    "'%s' is not a sound safetensors file: %s", file, what);
	return FALSE;
}

/* ---- JSON */

/*
 * Few values, in few brackets; those in strings do not count.  Comments, which
 * json-glib skips, would hide quotes from this, and are no JSON.
 */
static gboolean
is_simple(const char *text)
{
	gboolean in_string = FALSE;
	int depth = 0, values = 0;

	for (; *text != '\0'; text++) {
		if (in_string && *text == '\\' && text[1] != '\0')
			text++;
		else if (*text == '"')
			in_string = !in_string;
		else if (in_string)
			continue;
		else if (*text == '[' || *text == '{')
			depth++;
		else if (*text == ']' || *text == '}')
			depth--;
		else if (*text == ',')
			values++;
		else if (strchr(" \t\r\n:+-.0123456789eEtrufalsn", *text) ==
			 NULL)
			return FALSE;
		if (depth > MAX_DEPTH || values > MAX_VALUES)
			return FALSE;
	}
	return TRUE;
}

/* What is seen of names while a header is parsed. */
typedef struct {
	GHashTable *seen; /* "OBJECT NAME" */
	char *twice;      /* the first name that came again */
} Names;

/* json-glib keeps the last of equal names, and says nothing. */
static void
note_member(JsonParser *parser, JsonObject *object, const char *name,
	    gpointer data)
{
	Names *names = data;
	char *key = g_strdup_printf("%p %s", (void *)object, name);

	(void)parser;
	if (!g_hash_table_add(names->seen, key) && names->twice == NULL)
		names->twice = g_strdup(name);
}

/* The object of tensors; NULL with an error. */
static JsonNode *
parse_json(const char *text, gsize length, const char *file, GError **error)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autoptr(GHashTable) seen =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Names names = { seen, NULL };
	g_autofree char *twice = NULL;
	g_autoptr(JsonNode) root = NULL;
	gboolean ok = text[0] == '{' &&
		      g_utf8_validate(text, (gssize)length, NULL) &&
		      is_simple(text);

	g_signal_connect(parser, "object-member", G_CALLBACK(note_member),
			 &names);
	ok = ok && json_parser_load_from_data(parser, text, -1, NULL);
	twice = names.twice;
	if (ok)
		root = json_parser_steal_root(parser);
	if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root)) {
		fail(file, error, "its header is no JSON of tensors");
		return NULL;
	}
	if (twice != NULL) {
		fail(file, error, "it names '%.*s' twice", MAX_NAME, twice);
		return NULL;
	}
	return g_steal_pointer(&root);
}

/* ---- one tensor */

/* The integers of an array, none negative; -1: something else, or too many. */
static int
get_integers(JsonObject *object, const char *member, gint64 *values, int max)
{
	JsonNode *node = json_object_get_member(object, member);
	JsonArray *array;
	int n;

	if (node == NULL || !JSON_NODE_HOLDS_ARRAY(node))
		return -1;
	array = json_node_get_array(node);
	if (json_array_get_length(array) > (guint)max)
		return -1;
	n = (int)json_array_get_length(array);
	for (int i = 0; i < n; i++) {
		JsonNode *element = json_array_get_element(array, (guint)i);

		if (json_node_get_value_type(element) != G_TYPE_INT64)
			return -1;
		values[i] = json_node_get_int(element);
		if (values[i] < 0)
			return -1;
	}
	return n;
}

static gboolean
read_type(Tensor *tensor, JsonObject *object, const char *file, GError **error)
{
	JsonNode *node = json_object_get_member(object, "dtype");
	const char *name =
		node != NULL && json_node_get_value_type(node) == G_TYPE_STRING
			? json_node_get_string(node)
			: "";

	for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
		if (strcmp(types[i].name, name) == 0) {
			tensor->type = (TensorType)i;
			return TRUE;
		}
	g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
		    "'%s': the tensor '%s' is of type '%.*s', and F16, BF16, "
		    "F32 and F64 are read",
		    file, tensor->name, MAX_NAME, name);
	return FALSE;
}

static gboolean
read_shape(Tensor *tensor, JsonObject *object, const char *file, GError **error)
{
	gint64 dims[TENSOR_MAX_RANK];

	tensor->rank = get_integers(object, "shape", dims, TENSOR_MAX_RANK);
	if (tensor->rank < 0)
		return fail(file, error,
			    "the shape of '%s' is not up to %d integers",
			    tensor->name, TENSOR_MAX_RANK);
	tensor->n = 1;
	for (int i = 0; i < tensor->rank; i++) {
		if (dims[i] < 1 || dims[i] > G_MAXINT ||
		    !g_size_checked_mul(&tensor->n, tensor->n, (gsize)dims[i]))
			return fail(file, error,
				    "the shape of '%s' is empty or too large",
				    tensor->name);
		tensor->dims[i] = (int)dims[i];
	}
	return TRUE;
}

static gboolean
read_offsets(Tensor *tensor, JsonObject *object, guint64 data, const char *file,
	     GError **error)
{
	gint64 offsets[2];
	gsize bytes;

	if (get_integers(object, "data_offsets", offsets, 2) != 2)
		return fail(file, error,
			    "the data_offsets of '%s' are not two integers",
			    tensor->name);
	tensor->begin = (guint64)offsets[0];
	tensor->end = (guint64)offsets[1];
	if (tensor->begin > tensor->end || tensor->end > data)
		return fail(file, error,
			    "the values of '%s' end behind the file",
			    tensor->name);
	if (!g_size_checked_mul(&bytes, tensor->n,
				tensor_type_size(tensor->type)) ||
	    bytes != tensor->end - tensor->begin)
		return fail(file, error,
			    "the values of '%s' are not as many as its shape "
			    "tells",
			    tensor->name);
	return TRUE;
}

static gboolean
add_tensor(GPtrArray *tensors, const char *name, JsonNode *node, guint64 data,
	   const char *file, GError **error)
{
	Tensor *tensor = g_new0(Tensor, 1);
	JsonObject *object;

	g_ptr_array_add(tensors, tensor);
	if (strlen(name) > MAX_NAME)
		return fail(file, error, "a name is longer than %d bytes",
			    MAX_NAME);
	tensor->name = g_strdup(name);
	if (!JSON_NODE_HOLDS_OBJECT(node))
		return fail(file, error, "'%s' is not described", name);
	object = json_node_get_object(node);
	return read_type(tensor, object, file, error) &&
	       read_shape(tensor, object, file, error) &&
	       read_offsets(tensor, object, data, file, error);
}

/* ---- all of them */

static int
compare_begin(gconstpointer a, gconstpointer b)
{
	const Tensor *x = *(Tensor *const *)a, *y = *(Tensor *const *)b;

	return (x->begin > y->begin) - (x->begin < y->begin);
}

/* Each begins where the one before it ends, and the last at the end. */
static gboolean
check_places(const GPtrArray *tensors, guint64 data, const char *file,
	     GError **error)
{
	guint64 end = 0;

	for (guint i = 0; i < tensors->len; i++) {
		const Tensor *tensor = tensors->pdata[i];

		if (tensor->begin != end)
			return fail(file, error, "%s the values of '%s'",
				    tensor->begin < end ? "others overlap"
							: "a hole is before",
				    tensor->name);
		end = tensor->end;
	}
	return end == data ||
	       fail(file, error,
		    "%" G_GUINT64_FORMAT " bytes at its end are of no tensor",
		    data - end);
}

GPtrArray *
safetensors_parse(const char *text, gsize length, guint64 data,
		  const char *file, GError **error)
{
	g_autoptr(JsonNode) root = parse_json(text, length, file, error);
	g_autoptr(GPtrArray) tensors =
		g_ptr_array_new_with_free_func(tensor_free);
	JsonObjectIter iter;
	const char *name;
	JsonNode *node;

	if (root == NULL)
		return NULL;
	json_object_iter_init(&iter, json_node_get_object(root));
	while (json_object_iter_next(&iter, &name, &node))
		if (strcmp(name, METADATA) != 0 &&
		    !add_tensor(tensors, name, node, data, file, error))
			return NULL;
	g_ptr_array_sort(tensors, compare_begin);
	return check_places(tensors, data, file, error)
		       ? g_steal_pointer(&tensors)
		       : NULL;
}
