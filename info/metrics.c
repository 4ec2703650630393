#include "info/metrics.h"

#include <math.h>

#include "info/json_in.h"

/* NaN where it is no number. */
static double
number_of(JsonNode *node)
{
	GType type;

	if (node == NULL || !JSON_NODE_HOLDS_VALUE(node))
		return NAN;
	type = json_node_get_value_type(node);
	return type == G_TYPE_DOUBLE || type == G_TYPE_INT64
		       ? json_node_get_double(node)
		       : NAN;
}

static double
member(JsonObject *object, const char *name)
{
	return number_of(json_object_get_member(object, name));
}

/* A member of an object's member. */
static double
inner(JsonObject *object, const char *name, const char *part)
{
	JsonNode *node = json_object_get_member(object, name);

	return node != NULL && JSON_NODE_HOLDS_OBJECT(node)
		       ? member(json_node_get_object(node), part)
		       : NAN;
}

/* An element of an object's member. */
static double
element(JsonObject *object, const char *name, guint i)
{
	JsonNode *node = json_object_get_member(object, name);
	JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY(node)
				   ? json_node_get_array(node)
				   : NULL;

	return array != NULL && i < json_array_get_length(array)
		       ? number_of(json_array_get_element(array, i))
		       : NAN;
}

/* FALSE, and no lines, when it is no test report. */
static gboolean
add_test(GPtrArray *lines, JsonNode *node)
{
	JsonObject *test = node != NULL && JSON_NODE_HOLDS_OBJECT(node)
				   ? json_node_get_object(node)
				   : NULL;
	JsonNode *split =
		test != NULL ? json_object_get_member(test, "split") : NULL;
	const char *name;

	if (split == NULL || json_node_get_value_type(split) != G_TYPE_STRING ||
	    isnan(member(test, "accuracy")))
		return FALSE;
	name = json_node_get_string(split);
	g_ptr_array_add(
		lines,
		g_strdup_printf("%s: %.0f images, accuracy %.2f %%, 95 %% "
				"interval %.2f to %.2f %%",
				name, member(test, "images"),
				100 * member(test, "accuracy"),
				100 * element(test, "accuracy_interval", 0),
				100 * element(test, "accuracy_interval", 1)));
	g_ptr_array_add(
		lines,
		g_strdup_printf("%s: baseline %.2f %%, by group %.2f %% "
				"(mean of %.0f)",
				name, 100 * inner(test, "baseline", "accuracy"),
				100 * inner(test, "groups", "accuracy"),
				inner(test, "groups", "count")));
	g_ptr_array_add(
		lines,
		g_strdup_printf("%s: mean F1 %.4f, calibration error %.2f %%",
				name, inner(test, "macro", "f1"),
				100 * inner(test, "calibration", "error")));
	return TRUE;
}

static void
add_member(GPtrArray *lines, const char *name, JsonNode *value)
{
	g_autofree char *json = NULL;

	if (g_str_equal(name, "test") && add_test(lines, value))
		return;
	if (JSON_NODE_HOLDS_VALUE(value) &&
	    json_node_get_value_type(value) == G_TYPE_DOUBLE)
		json = g_strdup_printf("%.6g", json_node_get_double(value));
	else
		json = json_to_string(value, FALSE);
	g_ptr_array_add(lines, g_strdup_printf("%s %s", name, json));
}

GStrv
info_metrics_lines(const char *metrics)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new();
	g_autoptr(JsonNode) root = info_json_parse(metrics);
	g_autoptr(GList) names = NULL;

	if (root != NULL && JSON_NODE_HOLDS_OBJECT(root)) {
		JsonObject *object = json_node_get_object(root);

		names = json_object_get_members(object);
		for (GList *n = names; n != NULL; n = n->next)
			add_member(lines, n->data,
				   json_object_get_member(object, n->data));
	}
	if (lines->len == 0)
		g_ptr_array_add(lines, g_strdup(metrics));
	g_ptr_array_add(lines, NULL);
	return (GStrv)g_ptr_array_steal(lines, NULL);
}
