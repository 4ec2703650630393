#include "kw/key_options.h"

static const char *
intern(const char *before, const char *name, const char *after)
{
	g_autofree char *text = g_strconcat(before, name, after, NULL);

	return g_intern_string(text);
}

int
kw_key_options(GArray *list, const KwTypedKey *keys, gsize n, int group,
	       const char *(*help)(const KwKey *key))
{
	const char *section = NULL;

	for (gsize i = 0; i < n; i++) {
		const KwKey *key = &keys[i].key;
		struct argp_option option = { .name = key->name,
					      .key = KW_KEY_OPTION + (int)i,
					      .arg = key->argument,
					      .doc = help(key) };

		if (g_strcmp0(section, key->section) != 0) {
			struct argp_option head = { .doc = key->section,
						    .group = group++ };

			section = key->section;
			g_array_append_val(list, head);
		}
		option.group = group - 1;
		g_array_append_val(list, option);
		if (key->argument != NULL)
			continue;
		option.key = KW_NO_KEY_OPTION + (int)i;
		option.name = intern("no-", key->name, "");
		option.doc = intern("Switch --", key->name, " off");
		g_array_append_val(list, option);
	}
	return group;
}

gboolean
kw_key_option(const KwTypedKey *keys, gsize n, int option, const char *argument,
	      KwSetting *setting)
{
	const gboolean no = option >= KW_NO_KEY_OPTION;
	const int i = option - (no ? KW_NO_KEY_OPTION : KW_KEY_OPTION);

	if (i < 0 || (gsize)i >= n)
		return FALSE;
	setting->key = keys[i].key.name;
	setting->value = argument != NULL ? argument : no ? "false" : "true";
	return TRUE;
}
