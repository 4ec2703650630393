/* The table of a recipe's keys, for the files of recipes alone.  Any thread. */
#ifndef KW_TRAIN_RECIPE_KEYS_H
#define KW_TRAIN_RECIPE_KEYS_H

#include "train/recipe.h"

extern const KwKeyTable recipe_table;

/* The recipes of recipe_names, as files, in that order. */
extern const char *const recipe_texts[];

/* set() and get() of keys whose values are more than a number or a name. */
gboolean recipe_set_freeze(const KwTypedKey *key, gpointer recipe,
			   const char *value, GError **error);
char *recipe_get_freeze(const KwTypedKey *key, gconstpointer recipe);
gboolean recipe_set_head(const KwTypedKey *key, gpointer recipe,
			 const char *value, GError **error);
char *recipe_get_head(const KwTypedKey *key, gconstpointer recipe);
gboolean recipe_set_monitor(const KwTypedKey *key, gpointer recipe,
			    const char *value, GError **error);
char *recipe_get_monitor(const KwTypedKey *key, gconstpointer recipe);
gboolean recipe_set_augment(const KwTypedKey *key, gpointer recipe,
			    const char *value, GError **error);
char *recipe_get_augment(const KwTypedKey *key, gconstpointer recipe);

#endif
