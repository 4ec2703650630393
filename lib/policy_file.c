#include "lib/policy_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kw/error.h"
#include "lib/nearest.h"
#include "lib/policy_keys.h"

/* No policy is longer: whatever is, was not meant. */
enum { MAX_BYTES = 100000 };

static const char group[] = "policy";

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

/* "seed, light, ...", and the nearest of them where there is one. */
static char *
names_text(const char *name)
{
	g_autofree char *all = g_strjoinv(", ", (char **)kw_policy_names);
	const char *nearest = kw_nearest(
		name, kw_policy_names, g_strv_length((char **)kw_policy_names));

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
check_groups(GKeyFile *keys, const char *file, GError **error)
{
	g_auto(GStrv) groups = g_key_file_get_groups(keys, NULL);

	for (char **name = groups; *name != NULL; name++)
		if (strcmp(*name, group) != 0)
			return fail(error, KW_ERROR_FORMAT, file,
				    "[%s]: a policy has one group, [%s]", *name,
				    group);
	if (*groups == NULL)
		return fail(error, KW_ERROR_FORMAT, file,
			    "is no policy: it has no group [%s]", group);
	return TRUE;
}

/* "base = NAME": the policy that this one begins with. */
static gboolean
set_base(KwPolicy *policy, const char *name, const char *file, GError **error)
{
	const char *text = kw_policy_named(name);
	g_autofree char *names = names_text(name);

	if (text == NULL)
		return fail(error, KW_ERROR_FORMAT, file,
			    "base: no policy is called '%s'; %s", name, names);
	return kw_policy_parse(policy, text, name, error);
}

static gboolean
set_key(KwPolicy *policy, const char *key, const char *value, const char *file,
	GError **error)
{
	g_autoptr(GError) reason = NULL;

	if (kw_policy_set(policy, key, value, &reason))
		return TRUE;
	return fail(error, KW_ERROR_FORMAT, file, "%s%s", reason->message,
		    strchr(value, '#') != NULL
			    ? " (a comment has a line of its own)"
			    : "");
}

/* All keys of the group; base first, wherever it stands. */
static gboolean
set_keys(KwPolicy *policy, GKeyFile *keys, const char *file, GError **error)
{
	g_auto(GStrv) names = g_key_file_get_keys(keys, group, NULL, NULL);
	g_autofree char *base = g_key_file_get_value(keys, group, "base", NULL);

	if (base != NULL && !set_base(policy, g_strstrip(base), file, error))
		return FALSE;
	for (char **name = names; *name != NULL; name++) {
		g_autofree char *value =
			g_key_file_get_value(keys, group, *name, NULL);

		if (strcmp(*name, "base") != 0 &&
		    !set_key(policy, *name, g_strstrip(value), file, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
kw_policy_parse(KwPolicy *policy, const char *text, const char *file,
		GError **error)
{
	g_autoptr(GKeyFile) keys = g_key_file_new();
	g_autoptr(GError) reason = NULL;
	KwPolicy read = kw_policy_none;

	if (g_str_has_prefix(text, "\xef\xbb\xbf")) /* a byte order mark */
		text += 3;
	/* with translations, "key[xx]", which GKeyFile else passes over */
	if (!g_key_file_load_from_data(keys, text, strlen(text),
				       G_KEY_FILE_KEEP_TRANSLATIONS, &reason))
		return fail(error, KW_ERROR_FORMAT, file, "is no policy: %s",
			    reason->message);
	if (!check_groups(keys, file, error) ||
	    !check_duplicates(text, file, error) ||
	    !set_keys(&read, keys, file, error))
		return FALSE;
	*policy = read;
	return TRUE;
}

/* ---- files */

/* All of a file; NULL with an error. */
static char *
read_text(const char *file, FILE *stream, GError **error)
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
		     "is no policy: larger than 100 kB");
		return NULL;
	}
	text[n] = '\0';
	if (!g_utf8_validate(text, n, NULL)) { /* nor a NUL */
		fail(error, KW_ERROR_FORMAT, file, "is no policy: no text");
		return NULL;
	}
	return g_steal_pointer(&text);
}

static gboolean
load_file(KwPolicy *policy, const char *file, GError **error)
{
	FILE *stream = fopen(file, "re");
	g_autofree char *names = names_text(file);
	g_autofree char *text = NULL;
	int reason = errno;

	if (stream == NULL && reason == ENOENT && !strpbrk(file, "/."))
		return fail(error, KW_ERROR_INPUT, file,
			    "there is no such policy, nor a file; %s", names);
	if (stream == NULL)
		return fail(error, KW_ERROR_INPUT, file, "cannot open: %s",
			    g_strerror(reason));
	text = read_text(file, stream, error);
	fclose(stream);
	return text != NULL && kw_policy_parse(policy, text, file, error);
}

gboolean
kw_policy_load(KwPolicy *policy, const char *name_or_file, GError **error)
{
	const char *text = kw_policy_named(name_or_file);

	if (text != NULL)
		return kw_policy_parse(policy, text, name_or_file, error);
	return load_file(policy, name_or_file, error);
}

char *
kw_policy_text(const KwPolicy *policy)
{
	GString *text = g_string_new("[policy]\n");

	for (gsize i = 0; i < POLICY_N_KEYS; i++) {
		const KwPolicyKey *key = &kw_policy_table[i].key;
		g_autofree char *value = kw_policy_get(policy, key->name);

		if (kw_policy_is_on(policy, &kw_policy_table[i]))
			g_string_append_printf(text, "# %s\n%s = %s\n",
					       key->help, key->name, value);
	}
	return g_string_free(text, FALSE);
}
