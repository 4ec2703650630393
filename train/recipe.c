#include "train/recipe.h"

#include <string.h>

#include "kw/dataset.h"
#include "kw/error.h"
#include "train/recipe_keys.h"

gboolean
recipe_set(Recipe *recipe, const char *key, const char *value, GError **error)
{
	return kw_keys_set(&recipe_table, recipe, key, value, error);
}

char *
recipe_get(const Recipe *recipe, const char *key)
{
	return kw_keys_get(&recipe_table, recipe, key);
}

gboolean
recipe_load(Recipe *recipe, const char *name_or_file, GError **error)
{
	return kw_keys_load(&recipe_table, recipe, name_or_file, error);
}

char *
recipe_text(const Recipe *recipe)
{
	return kw_keys_text(&recipe_table, recipe);
}

const KwTypedKey *
recipe_keys(gsize *n)
{
	*n = recipe_table.n;
	return recipe_table.keys;
}

/* ---- what goes together */

static gboolean
check_epochs(const Recipe *r, GError **error)
{
	g_autofree char *warmup = kw_number_text(r->warmup);

	if (r->head_epochs >= r->epochs)
		return kw_key_refuse(error, "head-epochs",
				     "%d of %d epochs leave none for the whole "
				     "network; --freeze all trains the head "
				     "alone",
				     r->head_epochs, r->epochs);
	if (r->warmup > r->epochs - r->head_epochs)
		return kw_key_refuse(error, "warmup",
				     "%s epochs are more than the %d that "
				     "follow the head's",
				     warmup, r->epochs - r->head_epochs);
	return TRUE;
}

gboolean
recipe_check(const Recipe *r, GError **error)
{
	if (!check_epochs(r, error))
		return FALSE;
	if (r->plateau > 0 && r->patience > 0 && r->plateau >= r->patience)
		return kw_key_refuse(error, "plateau",
				     "%d epochs are never waited for with a "
				     "patience of %d; make patience longer",
				     r->plateau, r->patience);
	return TRUE;
}

/* ---- settings */

static void
append_policy(GString *text, const KwPolicy *policy)
{
	gsize n;
	const KwTypedKey *keys = kw_policy_keys(&n);

	for (gsize i = 0; i < n; i++) {
		g_autofree char *value =
			kw_policy_get(policy, keys[i].key.name);

		g_string_append_printf(text, "train.augment.%s=%s\n",
				       keys[i].key.name, value);
	}
}

char *
recipe_settings(const Recipe *recipe)
{
	GString *text = g_string_new(NULL);
	g_autofree char *unsorted = NULL;

	for (gsize i = 0; i < recipe_table.n; i++) {
		const char *key = recipe_table.keys[i].key.name;
		g_autofree char *value = recipe_get(recipe, key);

		if (recipe->augments && strcmp(key, "augment") == 0)
			append_policy(text, &recipe->policy);
		else
			g_string_append_printf(text, "train.%s=%s\n", key,
					       value);
	}
	unsorted = g_string_free(text, FALSE);
	return kw_settings_merge(unsorted, "");
}
