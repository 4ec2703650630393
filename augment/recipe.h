/*
 * What is to be made of a dataset, in words that go into its settings.
 */
#ifndef KW_AUGMENT_RECIPE_H
#define KW_AUGMENT_RECIPE_H

#include <glib.h>

#include "augment/plan.h"
#include "kw/policy.h"

/* All that decides the bytes of the output, besides the input. */
typedef struct {
	AugmentAmount amount;
	guint64 seed;
	KwPolicy policy;
} AugmentRecipe;

/* One copy of each record besides the original, seed 42, the seed policy. */
AugmentRecipe augment_recipe_default(void);

/* "none", "max", NULL; a number is BALANCE_TO */
extern const char *const augment_balance_names[];

/* The recipe as KEY=VALUE lines, "augment.copies=3" and so on.  Free it. */
char *augment_recipe_settings(const AugmentRecipe *recipe);

/* The lines of these settings that a recipe wrote.  Free it. */
char *augment_recipe_lines(const char *settings);

/* All others: those of kw-prep.  Free it. */
char *augment_recipe_other_lines(const char *settings);

#endif
