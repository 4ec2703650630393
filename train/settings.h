/* Settings: KEY=VALUE lines, as models and resume files hold them. */
#ifndef KW_TRAIN_SETTINGS_H
#define KW_TRAIN_SETTINGS_H

#include <glib.h>

/* The value of a key; NULL where there is none.  Free it. */
char *settings_value(const char *settings, const char *key);

/* A setting that two texts do not have in common. */
typedef struct {
	char *key;
	char *a, *b; /* NULL: it has none */
} SettingsDifference;

/* All of them, sorted by key.  Free with g_ptr_array_unref(). */
GPtrArray *settings_compare(const char *a, const char *b);

#endif
