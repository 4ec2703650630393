#include "info/json_in.h"

#include <string.h>

#include "info/layers.h"

enum { MAX_DEPTH = 100 };

/*
 * How many brackets are open at a time; those in strings do not count.  What
 * json-glib takes besides JSON, comments and strings in other quotes, could
 * hide a quote from this, and counts as too many.
 */
static int
depth_of(const char *text)
{
	gboolean in_string = FALSE;
	int depth = 0, deepest = 0;

	for (; *text != '\0'; text++) {
		if (in_string && *text == '\\' && text[1] != '\0')
			text++;
		else if (*text == '"')
			in_string = !in_string;
		else if (!in_string && (*text == '[' || *text == '{'))
			deepest = MAX(deepest, ++depth);
		else if (!in_string && (*text == ']' || *text == '}'))
			depth--;
		else if (!in_string && strchr("/'#", *text) != NULL)
			return G_MAXINT;
	}
	return deepest;
}

JsonNode *
info_json_parse(const char *text)
{
	g_autoptr(JsonParser) parser = NULL;

	if (!g_utf8_validate(text, -1, NULL) || depth_of(text) > MAX_DEPTH)
		return NULL;
	parser = json_parser_new();
	if (!json_parser_load_from_data(parser, text, -1, NULL))
		return NULL;
	return json_parser_steal_root(parser);
}

/* ---- the configuration of a model; any of it may be missing */

static JsonObject *
object_member(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node != NULL && JSON_NODE_HOLDS_OBJECT(node)
		       ? json_node_get_object(node)
		       : NULL;
}

static const char *
string_member(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node != NULL && json_node_get_value_type(node) == G_TYPE_STRING
		       ? json_node_get_string(node)
		       : NULL;
}

static gboolean
is_false(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node != NULL &&
	       json_node_get_value_type(node) == G_TYPE_BOOLEAN &&
	       !json_node_get_boolean(node);
}

/* {"class_name": "Conv2D", "config": {"name": "block1_conv1", ...}} */
static void
describe_layer(JsonObject *words, GHashTable *by_name)
{
	JsonObject *config = object_member(words, "config");
	const char *name = config ? string_member(config, "name") : NULL;
	InfoLayer *layer = name ? g_hash_table_lookup(by_name, name) : NULL;

	if (layer == NULL)
		return;
	g_free(layer->kind);
	layer->kind = g_strdup(string_member(words, "class_name"));
	layer->frozen = is_false(config, "trainable");
}

void
info_json_describe_layers(const char *config, GPtrArray *layers)
{
	g_autoptr(JsonNode) root = info_json_parse(config);
	g_autoptr(GHashTable) by_name =
		g_hash_table_new(g_str_hash, g_str_equal);
	JsonObject *model = NULL;
	JsonNode *list = NULL;
	JsonArray *words;

	if (root != NULL && JSON_NODE_HOLDS_OBJECT(root))
		model = object_member(json_node_get_object(root), "config");
	if (model != NULL)
		list = json_object_get_member(model, "layers");
	if (list == NULL || !JSON_NODE_HOLDS_ARRAY(list))
		return;
	for (guint i = 0; i < layers->len; i++) {
		InfoLayer *layer = layers->pdata[i];

		g_hash_table_insert(by_name, layer->name, layer);
	}
	words = json_node_get_array(list);
	for (guint i = 0; i < json_array_get_length(words); i++) {
		JsonNode *element = json_array_get_element(words, i);

		if (JSON_NODE_HOLDS_OBJECT(element))
			describe_layer(json_node_get_object(element), by_name);
	}
}
