/* Files of keys, and the names that stand for some. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kw/error.h"
#include "kw/keys.h"
#include "lib/nearest.h"

/* No such file is longer: whatever is, was not meant. */
enum { MAX_BYTES = 100000 };

static gboolean G_GNUC_PRINTF(4, 5)
	fail(GError **error, KwError code, const char *file, const char *format,
	     ...)
{
	g_autofree char *reason = NULL;
	va_list args;

	va_start(args, format);
	reason = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, KW_ERROR, code, "%s: %s", file, reason);
	return FALSE;
}

/* ---- names */

/* The file that a name stands for; NULL: no such name. */
static const char *
named(const KwKeyTable *table, const char *name)
{
	for (gsize i = 0; table->names[i] != NULL; i++)
		if (strcmp(table->names[i], name) == 0)
			return table->texts[i];
	return NULL;
}

/* "seed, light, ...", or the nearest of them where there is one. */
static char *
names_text(const KwKeyTable *table, const char *name)
{
	g_autofree char *all = g_strjoinv(", ", (char **)table->names);
	const char *nearest = kw_nearest(name, table->names,
					 g_strv_length((char **)table->names));

	if (nearest != NULL)
		return g_strdup_printf("did you mean %s?", nearest);
	return g_strdup_printf("the names are %s", all);
}

/* ---- the text of a file */

/*
 * GKeyFile takes the last of two lines with one key, and no one would see that
 * the first does nothing.
 */
static gboolean
check_duplicates(const char *text, const char *file, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (char **line = lines; *line != NULL; line++) {
		char *key = g_strchug(*line);
		char *equals = strchr(key, '=');

		if (*key == '#' || *key == '[' || equals == NULL)
			continue;
		*equals = '\0';
		if (!g_hash_table_add(seen, g_strchomp(key)))
			return fail(error, KW_ERROR_FORMAT, file,
				    "%s: is there twice", key);
	}
	return TRUE;
}

static gboolean
check_groups(const KwKeyTable *table, GKeyFile *keys, const char *file,
	     GError **error)
{
	g_auto(GStrv) groups = g_key_file_get_groups(keys, NULL);

	for (char **name = groups; *name != NULL; name++)
		if (strcmp(*name, table->what) != 0)
			return fail(error, KW_ERROR_FORMAT, file,
				    "[%s]: a %s has one group, [%s]", *name,
				    table->what, table->what);
	if (*groups == NULL)
		return fail(error, KW_ERROR_FORMAT, file,
			    "is no %s: it has no group [%s]", table->what,
			    table->what);
	return TRUE;
}

/* "base = NAME": what this one begins with. */
static gboolean
set_base(const KwKeyTable *table, gpointer values, const char *name,
	 const char *file, GError **error)
{
	const char *text = named(table, name);
	g_autofree char *names = names_text(table, name);

	if (text == NULL)
		return fail(error, KW_ERROR_FORMAT, file,
			    "base: no %s is called '%s'; %s", table->what, name,
			    names);
	return kw_keys_parse(table, values, text, name, error);
}

static gboolean
set_key(const KwKeyTable *table, gpointer values, const char *key,
	const char *value, const char *file, GError **error)
{
	g_autoptr(GError) reason = NULL;

	if (kw_keys_set(table, values, key, value, &reason))
		return TRUE;
	return fail(error, KW_ERROR_FORMAT, file, "%s%s", reason->message,
		    strchr(value, '#') != NULL
			    ? " (a comment has a line of its own)"
			    : "");
}

/* All keys of the group; base first, wherever it stands. */
static gboolean
set_keys(const KwKeyTable *table, gpointer values, GKeyFile *keys,
	 const char *file, GError **error)
{
	const char *group = table->what;
	g_auto(GStrv) names = g_key_file_get_keys(keys, group, NULL, NULL);
	g_autofree char *base = g_key_file_get_value(keys, group, "base", NULL);

	if (base != NULL &&
	    !set_base(table, values, g_strstrip(base), file, error))
		return FALSE;
	for (char **name = names; *name != NULL; name++) {
		g_autofree char *value =
			g_key_file_get_value(keys, group, *name, NULL);

		if (strcmp(*name, "base") != 0 &&
		    !set_key(table, values, *name, g_strstrip(value), file,
			     error))
			return FALSE;
	}
	return TRUE;
}

gboolean
kw_keys_parse(const KwKeyTable *table, gpointer values, const char *text,
	      const char *file, GError **error)
{
	g_autoptr(GKeyFile) keys = g_key_file_new();
	g_autoptr(GError) reason = NULL;
	g_autofree gpointer read = g_memdup2(table->base, table->size);

	if (g_str_has_prefix(text, "\xef\xbb\xbf")) /* a byte order mark */
		text += 3;
	/* with translations, "key[xx]", which GKeyFile else passes over */
	if (!g_key_file_load_from_data(keys, text, strlen(text),
				       G_KEY_FILE_KEEP_TRANSLATIONS, &reason))
		return fail(error, KW_ERROR_FORMAT, file, "is no %s: %s",
			    table->what, reason->message);
	if (!check_groups(table, keys, file, error) ||
	    !check_duplicates(text, file, error) ||
	    !set_keys(table, read, keys, file, error))
		return FALSE;
	memcpy(values, read, table->size);
	return TRUE;
}

/* ---- files */

/* All of a file; NULL with an error. */
static char *
read_text(const KwKeyTable *table, const char *file, FILE *stream,
	  GError **error)
{
	g_autofree char *text = g_malloc(MAX_BYTES + 1);
	gsize n = fread(text, 1, MAX_BYTES + 1, stream);

	if (ferror(stream)) {
		fail(error, errno == EISDIR ? KW_ERROR_INPUT : KW_ERROR_IO,
		     file, "cannot read: %s", g_strerror(errno));
		return NULL;
	}
	if (n > MAX_BYTES) {
		fail(error, KW_ERROR_FORMAT, file,
		     "is no %s: larger than 100 kB", table->what);
		return NULL;
	}
	text[n] = '\0';
	if (!g_utf8_validate(text, n, NULL)) { /* nor a NUL */
		fail(error, KW_ERROR_FORMAT, file, "is no %s: no text",
		     table->what);
		return NULL;
	}
	return g_steal_pointer(&text);
}

static gboolean
load_file(const KwKeyTable *table, gpointer values, const char *file,
	  GError **error)
{
	FILE *stream = fopen(file, "re");
	const int reason = errno;
	g_autofree char *names = names_text(table, file);
	g_autofree char *text = NULL;

	if (stream == NULL && reason == ENOENT && !strpbrk(file, "/."))
		return fail(error, KW_ERROR_INPUT, file,
			    "there is no such %s, nor a file; %s", table->what,
			    names);
	if (stream == NULL)
		return fail(error, KW_ERROR_INPUT, file, "cannot open: %s",
			    g_strerror(reason));
	text = read_text(table, file, stream, error);
	fclose(stream);
	return text != NULL && kw_keys_parse(table, values, text, file, error);
}

gboolean
kw_keys_load(const KwKeyTable *table, gpointer values, const char *name_or_file,
	     GError **error)
{
	const char *text = named(table, name_or_file);

	if (text != NULL)
		return kw_keys_parse(table, values, text, name_or_file, error);
	return load_file(table, values, name_or_file, error);
}

char *
kw_keys_text(const KwKeyTable *table, gconstpointer values)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "[%s]\n", table->what);
	for (gsize i = 0; i < table->n; i++) {
		const KwKey *key = &table->keys[i].key;
		g_autofree char *value = kw_keys_get(table, values, key->name);
		g_autofree char *base =
			kw_keys_get(table, table->base, key->name);

		if (strcmp(value, base) != 0)
			g_string_append_printf(text, "# %s\n%s = %s\n",
					       key->help, key->name, value);
	}
	return g_string_free(text, FALSE);
}
