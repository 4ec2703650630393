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
	return scan;
}

void
scan_free(Scan *scan)
{
	g_ptr_array_unref(scan->photos);
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

static gboolean
holds(const GPtrArray *names, const char *name)
{
	for (guint i = 0; i < names->len; i++)
		if (strcmp(names->pdata[i], name) == 0)
			return TRUE;
	return FALSE;
}

gboolean
scan_set_classes(Scan *scan, const GPtrArray *names, char *const *wanted,
		 GError **error)
{
	GPtrArray *classes = scan->classes;

	for (guint i = 0; wanted == NULL && i < names->len; i++)
		g_ptr_array_add(classes, g_strdup(names->pdata[i]));
	if (wanted == NULL) {
		g_ptr_array_sort(classes, scan_compare_names);
		for (guint i = classes->len; i-- > 1;)
			if (strcmp(classes->pdata[i], classes->pdata[i - 1]) ==
			    0)
				g_ptr_array_remove_index(classes, i);
		return TRUE;
	}
	for (; *wanted != NULL; wanted++) {
		if (!holds(names, *wanted)) {
			g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
				    "%s has no class '%s', which --classes "
				    "names",
				    scan->where, *wanted);
			return FALSE;
		}
		g_ptr_array_add(classes, g_strdup(*wanted));
	}
	return TRUE;
}

int
scan_label(const Scan *scan, const char *name)
{
	for (guint i = 0; i < scan->classes->len; i++)
		if (strcmp(scan->classes->pdata[i], name) == 0)
			return (int)i;
	return -1;
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
		{ "train", KW_TRAIN },  { "val", KW_VAL },
		{ "valid", KW_VAL },    { "validation", KW_VAL },
		{ "validate", KW_VAL }, { "test", KW_TEST },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_ascii_strcasecmp(name, names[i].name) == 0)
			return names[i].split;
	return KW_N_SPLITS;
}
