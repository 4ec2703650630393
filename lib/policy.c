#include "kw/policy.h"

#include <math.h>
#include <string.h>

#include "kw/error.h"
#include "lib/nearest.h"
#include "lib/policy_keys.h"

/* The shortest decimal that reads back as the same number. */
static char *
number_text(double value)
{
	char digits[G_ASCII_DTOSTR_BUF_SIZE];

	g_ascii_formatd(digits, sizeof digits, "%.15g", value);
	if (g_ascii_strtod(digits, NULL) != value)
		g_ascii_dtostr(digits, sizeof digits, value);
	return g_strdup(digits);
}

/* ---- reading values */

static gboolean G_GNUC_PRINTF(3, 4)
	refuse(GError **error, const char *key, const char *format, ...)
{
	g_autofree char *reason = NULL;
	va_list args;

	va_start(args, format);
	reason = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, KW_ERROR, KW_ERROR_USAGE, "%s: %s", key, reason);
	return FALSE;
}

/* What a value looks like, for those who wrote another. */
static const char *
what_is_meant(const PolicyKey *key)
{
	if (key->kind == POLICY_RANGE || key->kind == POLICY_ZOOM)
		return "; give one number, or two as A,B, or none";
	return key->kind == POLICY_NUMBER ? "; give one number, or none" : "";
}

/* Any finite number, with blanks around it. */
static gboolean
read_number(const PolicyKey *key, double *value, const char *text,
	    GError **error)
{
	g_autofree char *digits = g_strstrip(g_strdup(text));
	char *end;

	/* no negative zero */
	*value = g_ascii_strtod(digits, &end) + 0.0;
	if (end == digits || *end != '\0' || !isfinite(*value))
		return refuse(error, key->key.name, "'%s' is not a number%s",
			      digits, what_is_meant(key));
	return TRUE;
}

static gboolean
check_number(const PolicyKey *key, double value, GError **error)
{
	g_autofree char *text = number_text(value);

	if (value < key->low || value > key->high ||
	    (key->whole && value != floor(value)))
		return refuse(error, key->key.name,
			      "%s is not a %snumber from %g to %g", text,
			      key->whole ? "whole " : "", key->low, key->high);
	return TRUE;
}

/* What to say instead of a range about 0, such as -0.2,0.2. */
static char *
range_about_one(KwRange range)
{
	g_autofree char *low = number_text(range.low);
	g_autofree char *high = number_text(range.high);
	g_autofree char *from = number_text(1 + range.low);
	g_autofree char *to = number_text(1 + range.high);

	return g_strdup_printf(", and for changes of %s to %s say %s,%s", low,
			       high, from, to);
}

/* A factor, or a share, of 0 and below. */
static gboolean
refuse_zero(const PolicyKey *key, KwRange range, GError **error)
{
	g_autofree char *low = number_text(range.low);
	g_autofree char *instead = range.low > -1 && 1 + range.high <= key->high
					   ? range_about_one(range)
					   : g_strdup("");

	if (range.low == 0)
		return refuse(error, key->key.name, "%s; 1 leaves it as it is",
			      key->zero);
	return refuse(error, key->key.name,
		      "%s is below 0; 1 leaves it as it is%s", low, instead);
}

static gboolean
check_range(const PolicyKey *key, KwRange range, GError **error)
{
	if (range.low > range.high) {
		g_autofree char *low = number_text(range.low);
		g_autofree char *high = number_text(range.high);

		return refuse(error, key->key.name,
			      "%s,%s: the first is above the second; say %s,%s",
			      low, high, high, low);
	}
	if (key->zero != NULL && range.low <= 0)
		return refuse_zero(key, range, error);
	return check_number(key, range.low, error) &&
	       check_number(key, range.high, error);
}

/* Z of Keras, the range 1-Z..1+Z. */
static gboolean
zoom_around_one(const PolicyKey *key, double z, KwRange *range, GError **error)
{
	g_autofree char *text = number_text(z);

	if (z >= 1)
		return refuse(error, key->key.name,
			      "%s would magnify without end: it means factors "
			      "from %g to %g; say less than 1, or two factors "
			      "such as 0.5,2",
			      text, 1 - z, 1 + z);
	if (z <= 0)
		return refuse(error, key->key.name,
			      "%s is no zoom: 0.2 means factors from 0.8 to "
			      "1.2; none turns it off",
			      text);
	*range = (KwRange){ 1 - z, 1 + z };
	return TRUE;
}

static gboolean
set_range(KwPolicy *policy, const PolicyKey *key, const char *value,
	  GError **error)
{
	g_auto(GStrv) parts = g_strsplit(value, ",", -1);
	guint n = g_strv_length(parts);
	KwRange range;

	if (strcmp(value, "none") == 0) {
		kw_policy_turn_off(policy, key);
		return TRUE;
	}
	if (n != 1 && n != 2)
		return refuse(error, key->key.name,
			      "'%s' is not two numbers with a comma between",
			      value);
	if (!read_number(key, &range.low, parts[0], error))
		return FALSE;
	if (n == 1 && key->kind == POLICY_ZOOM) {
		if (!zoom_around_one(key, range.low, &range, error))
			return FALSE;
	} else if (n == 1) {
		range.high = range.low;
	} else if (!read_number(key, &range.high, parts[1], error)) {
		return FALSE;
	}
	if (!check_range(key, range, error))
		return FALSE;
	*(KwRange *)kw_policy_field(policy, key) = range;
	return TRUE;
}

static gboolean
set_number(KwPolicy *policy, const PolicyKey *key, const char *value,
	   GError **error)
{
	double number;

	if (strcmp(value, "none") == 0) {
		kw_policy_turn_off(policy, key);
		return TRUE;
	}
	if (!read_number(key, &number, value, error) ||
	    !check_number(key, number, error))
		return FALSE;
	if (key->kind == POLICY_BYTE)
		*(guint8 *)kw_policy_field(policy, key) = (guint8)number;
	else
		*(double *)kw_policy_field(policy, key) = number;
	return TRUE;
}

static gboolean
set_flag(KwPolicy *policy, const PolicyKey *key, const char *value,
	 GError **error)
{
	static const char *const words[] = { "false", "no", "off", "0", "true",
					     "yes",   "on", "1",   NULL };

	for (guint i = 0; words[i] != NULL; i++) {
		if (g_ascii_strcasecmp(value, words[i]) != 0)
			continue;
		*(guint *)kw_policy_field(policy, key) = i >= 4;
		return TRUE;
	}
	return refuse(error, key->key.name, "'%s' is neither true nor false",
		      value);
}

static gboolean
set_choice(KwPolicy *policy, const PolicyKey *key, const char *value,
	   GError **error)
{
	g_autofree char *all = g_strjoinv(", ", (char **)key->names);

	for (guint i = 0; key->names[i] != NULL; i++) {
		if (strcmp(value, key->names[i]) != 0)
			continue;
		*(guint *)kw_policy_field(policy, key) = i;
		return TRUE;
	}
	return refuse(error, key->key.name, "'%s' is not one of %s", value,
		      all);
}

/* What else a key may have been called, and by whom. */
static const char *
nearest_key(const char *name)
{
	const char *names[POLICY_N_KEYS];
	g_autofree char *plain = g_strdelimit(g_strdup(name), "_", '-');

	/* Keras: cval, fill_mode, rotation_range */
	if (strcmp(plain, "cval") == 0)
		return "fill-value";
	if (strcmp(plain, "fill-mode") == 0)
		return "fill";
	if (g_str_has_suffix(plain, "-range"))
		plain[strlen(plain) - strlen("-range")] = '\0';
	for (gsize i = 0; i < POLICY_N_KEYS; i++)
		names[i] = kw_policy_table[i].key.name;
	return kw_nearest(plain, names, POLICY_N_KEYS);
}

gboolean
kw_policy_set(KwPolicy *policy, const char *name, const char *value,
	      GError **error)
{
	const PolicyKey *key = kw_policy_find(name);
	const char *nearest;

	if (key == NULL) {
		nearest = nearest_key(name);
		if (nearest != NULL)
			return refuse(error, name,
				      "there is no such key; did you mean %s?",
				      nearest);
		return refuse(error, name,
			      "there is no such key; 'kw-augment --help' lists "
			      "them");
	}
	switch (key->kind) {
	case POLICY_RANGE:
	case POLICY_ZOOM:
		return set_range(policy, key, value, error);
	case POLICY_FLAG:
		return set_flag(policy, key, value, error);
	case POLICY_CHOICE:
		return set_choice(policy, key, value, error);
	default:
		return set_number(policy, key, value, error);
	}
}

/* ---- writing values */

static char *
range_text(const KwRange *range)
{
	g_autofree char *low = number_text(range->low);
	g_autofree char *high = number_text(range->high);

	return g_strconcat(low, ",", high, NULL);
}

char *
kw_policy_get(const KwPolicy *policy, const char *name)
{
	const PolicyKey *key = kw_policy_find(name);
	gconstpointer value;

	g_return_val_if_fail(key != NULL, NULL);
	value = kw_policy_value(policy, key);
	switch (key->kind) {
	case POLICY_NUMBER:
		return number_text(*(const double *)value);
	case POLICY_BYTE:
		return number_text(*(const guint8 *)value);
	case POLICY_FLAG:
		return g_strdup(*(const guint *)value ? "true" : "false");
	case POLICY_CHOICE:
		return g_strdup(key->names[*(const guint *)value]);
	default:
		return kw_policy_is_on(policy, key) ? range_text(value)
						    : g_strdup("none");
	}
}
