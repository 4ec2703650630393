#include "train/settings.h"

#include <string.h>

static void
difference_free(gpointer data)
{
	SettingsDifference *difference = data;

	g_free(difference->key);
	g_free(difference->a);
	g_free(difference->b);
	g_free(difference);
}

/* From key to value; lines without a '=' have an empty one. */
static GHashTable *
parse(const char *settings)
{
	GHashTable *table =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_auto(GStrv) lines = g_strsplit(settings, "\n", -1);

	for (char **line = lines; *line != NULL; line++) {
		char *equals = strchr(*line, '=');

		if (**line == '\0')
			continue;
		g_hash_table_replace(
			table,
			equals != NULL
				? g_strndup(*line, (gsize)(equals - *line))
				: g_strdup(*line),
			g_strdup(equals != NULL ? equals + 1 : ""));
	}
	return table;
}

char *
settings_value(const char *settings, const char *key)
{
	g_autoptr(GHashTable) table = parse(settings);

	return g_strdup(g_hash_table_lookup(table, key));
}

static int
compare_keys(gconstpointer x, gconstpointer y)
{
	const SettingsDifference *const *a = x, *const *b = y;

	return strcmp((*a)->key, (*b)->key);
}

static void
note(GPtrArray *differences, const char *key, const char *a, const char *b)
{
	SettingsDifference *difference = g_new0(SettingsDifference, 1);

	difference->key = g_strdup(key);
	difference->a = g_strdup(a);
	difference->b = g_strdup(b);
	g_ptr_array_add(differences, difference);
}

GPtrArray *
settings_compare(const char *a, const char *b)
{
	GPtrArray *differences =
		g_ptr_array_new_with_free_func(difference_free);
	g_autoptr(GHashTable) in_a = parse(a);
	g_autoptr(GHashTable) in_b = parse(b);
	gpointer key, value;
	GHashTableIter it;

	g_hash_table_iter_init(&it, in_a);
	while (g_hash_table_iter_next(&it, &key, &value)) {
		const char *other = g_hash_table_lookup(in_b, key);

		if (g_strcmp0(value, other) != 0)
			note(differences, key, value, other);
	}
	g_hash_table_iter_init(&it, in_b);
	while (g_hash_table_iter_next(&it, &key, &value))
		if (!g_hash_table_contains(in_a, key))
			note(differences, key, NULL, value);
	g_ptr_array_sort(differences, compare_keys);
	return differences;
}
