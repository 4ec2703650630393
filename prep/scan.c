#include "prep/scan.h"

#include <string.h>

#include "kw/error.h"

Scan *
scan_new(char *where)
{
	Scan *scan = g_new0(Scan, 1);

	scan->where = where;
	scan->photos =
		g_ptr_array_new_with_free_func((GDestroyNotify)photo_free);
	scan->classes = g_ptr_array_new_with_free_func(g_free);
	scan->labels = g_hash_table_new(g_str_hash, g_str_equal);
	return scan;
}

void
scan_free(Scan *scan)
{
	g_ptr_array_unref(scan->photos);
	g_hash_table_unref(scan->labels);
	g_ptr_array_unref(scan->classes);
	g_free(scan->where);
	g_free(scan->loose);
	g_free(scan);
}

int
scan_compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Take a name that is not among the classes yet. */
static void
add_class(Scan *scan, const char *name)
{
	char *class = g_strdup(name);

	g_ptr_array_add(scan->classes, class);
	g_hash_table_insert(scan->labels, class,
			    GUINT_TO_POINTER(scan->classes->len));
}

gboolean
scan_set_classes(Scan *scan, const GPtrArray *names, char *const *wanted,
		 GError **error)
{
	g_autoptr(GHashTable) found = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) all = g_ptr_array_new();

	for (guint i = 0; i < names->len; i++)
		if (g_hash_table_add(found, names->pdata[i]))
			g_ptr_array_add(all, names->pdata[i]);
	g_ptr_array_sort(all, scan_compare_names);
	for (guint i = 0; wanted == NULL && i < all->len; i++)
		add_class(scan, all->pdata[i]);
	for (; wanted != NULL && *wanted != NULL; wanted++) {
		if (!g_hash_table_contains(found, *wanted)) {
			g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
				    "%s has no class '%s', which --classes "
				    "names",
				    scan->where, *wanted);
			return FALSE;
		}
		add_class(scan, *wanted);
	}
	return TRUE;
}

int
scan_label(const Scan *scan, const char *name)
{
	return GPOINTER_TO_INT(g_hash_table_lookup(scan->labels, name)) - 1;
}

static int
compare_photos(gconstpointer a, gconstpointer b)
{
	const Photo *x = *(Photo *const *)a, *y = *(Photo *const *)b;
	int order = strcmp(x->path, y->path);

	/* "val" and "valid" are one split. */
	return order != 0               ? order
	       : x->pinned != y->pinned ? (int)x->pinned - (int)y->pinned
					: strcmp(x->file, y->file);
}

void
scan_sort(Scan *scan)
{
	g_ptr_array_sort(scan->photos, compare_photos);
}

KwSplit
scan_split_by_name(const char *name)
{
	static const struct {
		const char *name;
		KwSplit split;
	} names[] = {
		{ "train", KW_TRAIN },    { "training", KW_TRAIN },
		{ "val", KW_VAL },        { "valid", KW_VAL },
		{ "validation", KW_VAL }, { "validate", KW_VAL },
		{ "test", KW_TEST },      { "testing", KW_TEST },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_ascii_strcasecmp(name, names[i].name) == 0)
			return names[i].split;
	return KW_N_SPLITS;
}
