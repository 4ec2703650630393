#include "kw/image_names.h"

#include <string.h>

/*
 * What is put behind a name, "-c-2147483648-0123456789abcdef~4294967295.png",
 * fits the 255 bytes of a file name as well.
 */
enum { MAX_NAME = 200 };

struct KwImageNames {
	char *const *class_names;
	char **folders; /* one a class */
	/* from paths, as fold() makes them, to the last number behind them */
	GHashTable *taken;
};

char *
kw_safe_file_name(const char *text)
{
	GString *name = g_string_new(NULL);

	for (; *text != '\0'; text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);

		if (c == '/' || g_unichar_iscntrl(c) ||
		    (name->len == 0 && (c == '.' || c == '-')))
			c = '_';
		if (name->len + (gsize)g_unichar_to_utf8(c, NULL) > MAX_NAME)
			break;
		g_string_append_unichar(name, c);
	}
	if (name->len == 0)
		g_string_append_c(name, '_');
	return g_string_free(name, FALSE);
}

/* What names have in common that some file systems take for one. */
static char *
fold(const char *path)
{
	g_autofree char *folded = g_utf8_casefold(path, -1);

	return g_utf8_normalize(folded, -1, G_NORMALIZE_ALL);
}

static gboolean
is_taken(const KwImageNames *names, const char *path)
{
	g_autofree char *key = fold(path);

	return g_hash_table_contains(names->taken, key);
}

/* Takes STEM.END, or if somebody has that STEM~2.END, STEM~3.END, ... */
static char *
take(KwImageNames *names, const char *stem, const char *end)
{
	g_autofree char *path = g_strconcat(stem, end, NULL);
	g_autofree char *key = fold(path);
	guint number = GPOINTER_TO_UINT(g_hash_table_lookup(names->taken, key));

	if (number == 0)
		number = 1;
	else
		while (is_taken(names, path)) {
			number++;
			g_free(path);
			path = g_strdup_printf("%s~%u%s", stem, number, end);
		}
	/* The next one goes on from here, or many of a name take forever. */
	g_hash_table_insert(names->taken, g_steal_pointer(&key),
			    GUINT_TO_POINTER(number));
	if (number > 1)
		g_hash_table_insert(names->taken, fold(path),
				    GUINT_TO_POINTER(1));
	return g_steal_pointer(&path);
}

KwImageNames *
kw_image_names_new(char *const *class_names)
{
	KwImageNames *names = g_new0(KwImageNames, 1);
	guint n = g_strv_length((char **)class_names);

	names->class_names = class_names;
	names->folders = g_new0(char *, n + 1);
	names->taken =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	/* Without a '/', so that they are no paths of images. */
	for (guint k = 0; k < n; k++) {
		g_autofree char *safe = kw_safe_file_name(class_names[k]);

		names->folders[k] = take(names, safe, "");
	}
	return names;
}

void
kw_image_names_free(KwImageNames *names)
{
	if (names == NULL)
		return;
	g_strfreev(names->folders);
	g_hash_table_unref(names->taken);
	g_free(names);
}

/* The source below the folder of its class, without the ending of its type. */
static char *
source_stem(const char *source, const char *class_name)
{
	gsize length = strlen(class_name);
	const char *begin = source, *base, *dot;

	if (strncmp(source, class_name, length) == 0 && source[length] == '/')
		begin += length + 1;
	base = strrchr(begin, '/');
	base = base != NULL ? base + 1 : begin;
	dot = strrchr(base, '.');
	return dot != NULL && dot != base
		       ? g_strndup(begin, (gsize)(dot - begin))
		       : g_strdup(begin);
}

char *
kw_image_names_next(KwImageNames *names, KwSplit split,
		    const KwRecords *records, gsize i, gint32 copy,
		    const char *ending)
{
	const gint32 label = records->labels[i];
	g_autofree char *source =
		source_stem(records->sources[i], names->class_names[label]);
	g_autofree char *safe = kw_safe_file_name(source);
	g_autofree char *number =
		copy != 0 ? g_strdup_printf("-c%d", copy) : g_strdup("");
	g_autofree char *stem =
		g_strdup_printf("%s/%s/%s%s", kw_split_names[split],
				names->folders[label], safe, number);
	g_autofree char *plain = g_strconcat(stem, ending, NULL);
	g_autofree char *with_id = NULL;

	if (!is_taken(names, plain))
		return take(names, stem, ending);
	with_id = g_strdup_printf("%s-%016" G_GINT64_MODIFIER "x", stem,
				  records->record_ids[i]);
	return take(names, with_id, ending);
}
