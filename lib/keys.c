#include "kw/keys.h"

#include <math.h>
#include <string.h>

#include "kw/error.h"
#include "lib/nearest.h"

/* Flags and choices are all read and written as this. */
G_STATIC_ASSERT(sizeof(gboolean) == sizeof(guint));

char *
kw_number_text(double value)
{
	char digits[G_ASCII_DTOSTR_BUF_SIZE];

	g_ascii_formatd(digits, sizeof digits, "%.15g", value);
	if (g_ascii_strtod(digits, NULL) != value)
		g_ascii_dtostr(digits, sizeof digits, value);
	return g_strdup(digits);
}

const KwTypedKey *
kw_keys_find(const KwKeyTable *table, const char *name)
{
	for (gsize i = 0; i < table->n; i++)
		if (strcmp(table->keys[i].key.name, name) == 0)
			return &table->keys[i];
	return NULL;
}

static gpointer
field_of(gpointer values, const KwTypedKey *key)
{
	return (guint8 *)values + key->offset;
}

static gconstpointer
value_of(gconstpointer values, const KwTypedKey *key)
{
	return (const guint8 *)values + key->offset;
}

/* ---- reading values */

gboolean
kw_key_refuse(GError **error, const char *key, const char *format, ...)
{
	g_autofree char *reason = NULL;
	va_list args;

	va_start(args, format);
	reason = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, KW_ERROR, KW_ERROR_USAGE, "%s: %s", key, reason);
	return FALSE;
}

gboolean
kw_key_read_number(const char *key, double *value, const char *text,
		   const char *hint, GError **error)
{
	g_autofree char *digits = g_strstrip(g_strdup(text));
	char *end;

	/* no negative zero */
	*value = g_ascii_strtod(digits, &end) + 0.0;
	if (end == digits || *end != '\0' || !isfinite(*value))
		return kw_key_refuse(error, key, "'%s' is not a number%s",
				     digits, hint);
	return TRUE;
}

gboolean
kw_key_check_number(const KwTypedKey *key, double value, gboolean whole,
		    GError **error)
{
	g_autofree char *text = kw_number_text(value);
	g_autofree char *low = kw_number_text(key->low);
	g_autofree char *high = kw_number_text(key->high);

	if (value < key->low || value > key->high ||
	    (whole && value != floor(value)))
		return kw_key_refuse(error, key->key.name,
				     "%s is not a %snumber from %s to %s", text,
				     whole ? "whole " : "", low, high);
	return TRUE;
}

static void
store_number(const KwTypedKey *key, gpointer values, double number)
{
	gpointer field = field_of(values, key);

	if (key->kind == KW_KEY_NUMBER)
		*(double *)field = number;
	else if (key->kind == KW_KEY_INT)
		*(int *)field = (int)number;
	else
		*(guint8 *)field = (guint8)number;
}

static double
load_number(const KwTypedKey *key, gconstpointer values)
{
	gconstpointer value = value_of(values, key);

	if (key->kind == KW_KEY_NUMBER)
		return *(const double *)value;
	if (key->kind == KW_KEY_INT)
		return *(const int *)value;
	return *(const guint8 *)value;
}

static gboolean
set_number(const KwKeyTable *table, const KwTypedKey *key, gpointer values,
	   const char *value, GError **error)
{
	const char *hint = table->none != NULL && key->kind == KW_KEY_NUMBER
				   ? "; give one number, or none"
				   : "";
	double number;

	if (table->none != NULL && strcmp(value, "none") == 0) {
		store_number(key, values, load_number(key, table->none));
		return TRUE;
	}
	if (!kw_key_read_number(key->key.name, &number, value, hint, error) ||
	    !kw_key_check_number(key, number, key->kind != KW_KEY_NUMBER,
				 error))
		return FALSE;
	store_number(key, values, number);
	return TRUE;
}

static gboolean
set_uint64(const KwTypedKey *key, gpointer values, const char *value,
	   GError **error)
{
	guint64 number;

	if (!g_ascii_string_to_unsigned(value, 10, 0, G_MAXINT64, &number,
					NULL))
		return kw_key_refuse(error, key->key.name,
				     "'%s' is not a whole number from 0 to "
				     "%" G_GINT64_FORMAT,
				     value, G_MAXINT64);
	*(guint64 *)field_of(values, key) = number;
	return TRUE;
}

static gboolean
set_flag(const KwTypedKey *key, gpointer values, const char *value,
	 GError **error)
{
	static const char *const words[] = { "false", "no", "off", "0", "true",
					     "yes",   "on", "1",   NULL };

	for (guint i = 0; words[i] != NULL; i++) {
		if (g_ascii_strcasecmp(value, words[i]) != 0)
			continue;
		*(guint *)field_of(values, key) = i >= 4;
		return TRUE;
	}
	return kw_key_refuse(error, key->key.name,
			     "'%s' is neither true nor false", value);
}

static gboolean
set_choice(const KwTypedKey *key, gpointer values, const char *value,
	   GError **error)
{
	g_autofree char *all = g_strjoinv(", ", (char **)key->names);

	for (guint i = 0; key->names[i] != NULL; i++) {
		if (strcmp(value, key->names[i]) != 0)
			continue;
		*(guint *)field_of(values, key) = i;
		return TRUE;
	}
	return kw_key_refuse(error, key->key.name, "'%s' is not one of %s",
			     value, all);
}

/* What else a key may have been called, and by whom. */
static const char *
nearest_key(const KwKeyTable *table, const char *name)
{
	g_autofree const char **names = g_new(const char *, table->n);
	g_autofree char *plain = g_strdelimit(g_strdup(name), "_", '-');
	const char *meant = table->meant != NULL ? table->meant(plain) : NULL;

	if (meant != NULL)
		return meant;
	for (gsize i = 0; i < table->n; i++)
		names[i] = table->keys[i].key.name;
	return kw_nearest(plain, names, table->n);
}

static gboolean
refuse_key(const KwKeyTable *table, const char *name, GError **error)
{
	const char *nearest = nearest_key(table, name);

	if (nearest != NULL)
		return kw_key_refuse(error, name,
				     "there is no such key; did you mean %s?",
				     nearest);
	return kw_key_refuse(error, name,
			     "there is no such key; '%s' lists them",
			     table->help);
}

gboolean
kw_keys_set(const KwKeyTable *table, gpointer values, const char *name,
	    const char *value, GError **error)
{
	const KwTypedKey *key = kw_keys_find(table, name);

	if (key == NULL)
		return refuse_key(table, name, error);
	switch (key->kind) {
	case KW_KEY_UINT64:
		return set_uint64(key, values, value, error);
	case KW_KEY_FLAG:
		return set_flag(key, values, value, error);
	case KW_KEY_CHOICE:
		return set_choice(key, values, value, error);
	case KW_KEY_OTHER:
		return key->set(key, values, value, error);
	default:
		return set_number(table, key, values, value, error);
	}
}

/* ---- writing values */

char *
kw_keys_get(const KwKeyTable *table, gconstpointer values, const char *name)
{
	const KwTypedKey *key = kw_keys_find(table, name);
	gconstpointer value;

	g_return_val_if_fail(key != NULL, NULL);
	value = value_of(values, key);
	switch (key->kind) {
	case KW_KEY_UINT64:
		return g_strdup_printf("%" G_GUINT64_FORMAT,
				       *(const guint64 *)value);
	case KW_KEY_FLAG:
		return g_strdup(*(const guint *)value ? "true" : "false");
	case KW_KEY_CHOICE:
		return g_strdup(key->names[*(const guint *)value]);
	case KW_KEY_OTHER:
		return key->get(key, values);
	default:
		return kw_number_text(load_number(key, values));
	}
}
