#include "augment/recipe.h"

#include <string.h>

#define PREFIX "augment."

AugmentRecipe
augment_recipe_default(void)
{
	return (AugmentRecipe){
		.amount = { .copies = 1, .originals = TRUE },
		.seed = 42,
		.policy = kw_policy_seed,
	};
}

const char *const augment_balance_names[] = { "none", "max", NULL };

static void
append_amount(GString *text, const AugmentAmount *amount)
{
	if (amount->balance == BALANCE_TO)
		g_string_append_printf(text, PREFIX "balance=%zu\n",
				       amount->balance_to);
	else
		g_string_append_printf(
			text, PREFIX "balance=%s\n" PREFIX "copies=%d\n",
			augment_balance_names[amount->balance], amount->copies);
	g_string_append_printf(text, PREFIX "originals=%s\n",
			       amount->originals ? "yes" : "no");
}

char *
augment_recipe_settings(const AugmentRecipe *recipe)
{
	GString *text = g_string_new(NULL);
	g_autofree char *unsorted = NULL;
	gsize n;
	const KwTypedKey *keys = kw_policy_keys(&n);

	append_amount(text, &recipe->amount);
	g_string_append_printf(text, PREFIX "seed=%" G_GUINT64_FORMAT "\n",
			       recipe->seed);
	for (gsize i = 0; i < n; i++) {
		g_autofree char *value =
			kw_policy_get(&recipe->policy, keys[i].key.name);

		g_string_append_printf(text, PREFIX "%s=%s\n", keys[i].key.name,
				       value);
	}
	unsorted = g_string_free(text, FALSE);
	return kw_settings_merge(unsorted, "");
}

static char *
lines_of(const char *settings, gboolean recipe)
{
	g_auto(GStrv) lines = g_strsplit(settings, "\n", -1);
	GString *text = g_string_new(NULL);

	for (char **line = lines; *line != NULL; line++)
		if (**line != '\0' && g_str_has_prefix(*line, PREFIX) == recipe)
			g_string_append_printf(text, "%s\n", *line);
	return g_string_free(text, FALSE);
}

char *
augment_recipe_lines(const char *settings)
{
	return lines_of(settings, TRUE);
}

char *
augment_recipe_other_lines(const char *settings)
{
	return lines_of(settings, FALSE);
}
