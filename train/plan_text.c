#include "train/plan.h"

#include <string.h>

const char *const precision_names[] = { "auto", "bf16", "f32", NULL };

static const char *const types[] = { "f32", "bf16", NULL };
static const char *const orders[] = { "nhwc", "blocked", NULL };
static const char letters[DNN_N_ALGORITHMS + 1] = {
	[DNN_DIRECT] = 'd', [DNN_WINOGRAD] = 'w', [DNN_FUSED_WINOGRAD] = 'f'
};

char *
plan_name(const NetworkPlan *plan)
{
	const DnnAlgorithm *all = plan->conv[0];
	gboolean direct = TRUE;

	for (gsize i = 0; i < VGG19_CONVOLUTIONS * DNN_N_PASSES; i++)
		direct &= all[i] == DNN_DIRECT;
	return g_strdup_printf("%s %s%s", types[plan->mode.type],
			       direct ? "direct" : "Winograd",
			       plan->mode.order == DNN_BLOCKED ? " blocked"
							       : "");
}

char *
plan_text(const NetworkPlan *plan)
{
	GString *text = g_string_new(types[plan->mode.type]);

	g_string_append_printf(text, " %s", orders[plan->mode.order]);
	for (int i = 0; i < VGG19_CONVOLUTIONS; i++) {
		g_string_append_c(text, ' ');
		for (int p = 0; p < DNN_N_PASSES; p++)
			g_string_append_c(text, letters[plan->conv[i][p]]);
	}
	return g_string_free(text, FALSE);
}

/* Which of two a word is, or -1. */
static int
find_word(const char *const *words, const char *word)
{
	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

static gboolean
parse_algorithms(const char *word, DnnAlgorithm algorithms[DNN_N_PASSES])
{
	if (strlen(word) != DNN_N_PASSES)
		return FALSE;
	for (int p = 0; p < DNN_N_PASSES; p++) {
		const char *letter = strchr(letters, word[p]);

		if (letter == NULL)
			return FALSE;
		algorithms[p] = (DnnAlgorithm)(letter - letters);
	}
	return TRUE;
}

gboolean
plan_parse(const char *text, NetworkPlan *plan)
{
	g_auto(GStrv) words = g_strsplit(text, " ", 0);
	NetworkPlan parsed;
	int type, order;

	if (g_strv_length(words) != 2 + VGG19_CONVOLUTIONS)
		return FALSE;
	type = find_word(types, words[0]);
	order = find_word(orders, words[1]);
	if (type < 0 || order < 0)
		return FALSE;
	parsed.mode = (DnnMode){ (DnnType)type, (DnnOrder)order };
	for (int i = 0; i < VGG19_CONVOLUTIONS; i++)
		if (!parse_algorithms(words[2 + i], parsed.conv[i]))
			return FALSE;
	*plan = parsed;
	return TRUE;
}
