#include "kw/policy.h"

#include <string.h>

#include "lib/policy_keys.h"

gboolean
kw_policy_set(KwPolicy *policy, const char *key, const char *value,
	      GError **error)
{
	return kw_keys_set(&kw_policy_table, policy, key, value, error);
}

char *
kw_policy_get(const KwPolicy *policy, const char *key)
{
	return kw_keys_get(&kw_policy_table, policy, key);
}

gboolean
kw_policy_load(KwPolicy *policy, const char *name_or_file, GError **error)
{
	return kw_keys_load(&kw_policy_table, policy, name_or_file, error);
}

gboolean
kw_policy_parse(KwPolicy *policy, const char *text, const char *file,
		GError **error)
{
	return kw_keys_parse(&kw_policy_table, policy, text, file, error);
}

char *
kw_policy_text(const KwPolicy *policy)
{
	return kw_keys_text(&kw_policy_table, policy);
}

const KwTypedKey *
kw_policy_keys(gsize *n)
{
	*n = kw_policy_table.n;
	return kw_policy_table.keys;
}

/* ---- ranges */

/* What to say instead of a range about 0, such as -0.2,0.2. */
static char *
range_about_one(KwRange range)
{
	g_autofree char *low = kw_number_text(range.low);
	g_autofree char *high = kw_number_text(range.high);
	g_autofree char *from = kw_number_text(1 + range.low);
	g_autofree char *to = kw_number_text(1 + range.high);

	return g_strdup_printf(", and for changes of %s to %s say %s,%s", low,
			       high, from, to);
}

/* A factor, or a share, of 0 and below. */
static gboolean
refuse_zero(const KwTypedKey *key, KwRange range, GError **error)
{
	const char *zero = key->data;
	g_autofree char *low = kw_number_text(range.low);
	g_autofree char *instead = range.low > -1 && 1 + range.high <= key->high
					   ? range_about_one(range)
					   : g_strdup("");

	if (range.low == 0)
		return kw_key_refuse(error, key->key.name,
				     "%s; 1 leaves it as it is", zero);
	return kw_key_refuse(error, key->key.name,
			     "%s is below 0; 1 leaves it as it is%s", low,
			     instead);
}

static gboolean
check_range(const KwTypedKey *key, KwRange range, GError **error)
{
	const gboolean whole = (key->mark & POLICY_WHOLE) != 0;

	if (range.low > range.high) {
		g_autofree char *low = kw_number_text(range.low);
		g_autofree char *high = kw_number_text(range.high);

		return kw_key_refuse(
			error, key->key.name,
			"%s,%s: the first is above the second; say %s,%s", low,
			high, high, low);
	}
	if (key->data != NULL && range.low <= 0)
		return refuse_zero(key, range, error);
	return kw_key_check_number(key, range.low, whole, error) &&
	       kw_key_check_number(key, range.high, whole, error);
}

/* Z of Keras, the range 1-Z..1+Z. */
static gboolean
zoom_around_one(const KwTypedKey *key, double z, KwRange *range, GError **error)
{
	g_autofree char *text = kw_number_text(z);

	if (z >= 1)
		return kw_key_refuse(
			error, key->key.name,
			"%s would magnify without end: it means factors "
			"from %g to %g; say less than 1, or two factors "
			"such as 0.5,2",
			text, 1 - z, 1 + z);
	if (z <= 0)
		return kw_key_refuse(
			error, key->key.name,
			"%s is no zoom: 0.2 means factors from 0.8 to "
			"1.2; none turns it off",
			text);
	*range = (KwRange){ 1 - z, 1 + z };
	return TRUE;
}

static gboolean
read_number(const KwTypedKey *key, double *value, const char *text,
	    GError **error)
{
	return kw_key_read_number(key->key.name, value, text,
				  "; give one number, or two as A,B, or none",
				  error);
}

static gboolean
read_range(const KwTypedKey *key, KwRange *range, const char *value,
	   GError **error)
{
	g_auto(GStrv) parts = g_strsplit(value, ",", -1);
	const guint n = g_strv_length(parts);

	if (n != 1 && n != 2)
		return kw_key_refuse(
			error, key->key.name,
			"'%s' is not two numbers with a comma between", value);
	if (!read_number(key, &range->low, parts[0], error))
		return FALSE;
	range->high = range->low;
	return n == 1 || read_number(key, &range->high, parts[1], error);
}

static gboolean
set_range(const KwTypedKey *key, gpointer policy, const char *value,
	  gboolean zoom, GError **error)
{
	KwRange range;

	if (strcmp(value, "none") == 0) {
		kw_policy_turn_off(policy, key);
		return TRUE;
	}
	if (!read_range(key, &range, value, error) ||
	    (zoom && strchr(value, ',') == NULL &&
	     !zoom_around_one(key, range.low, &range, error)) ||
	    !check_range(key, range, error))
		return FALSE;
	*(KwRange *)((guint8 *)policy + key->offset) = range;
	return TRUE;
}

gboolean
kw_policy_set_range(const KwTypedKey *key, gpointer policy, const char *value,
		    GError **error)
{
	return set_range(key, policy, value, FALSE, error);
}

gboolean
kw_policy_set_zoom(const KwTypedKey *key, gpointer policy, const char *value,
		   GError **error)
{
	return set_range(key, policy, value, TRUE, error);
}

char *
kw_policy_get_range(const KwTypedKey *key, gconstpointer policy)
{
	const KwRange *range =
		(const KwRange *)((const guint8 *)policy + key->offset);
	g_autofree char *low = kw_number_text(range->low);
	g_autofree char *high = kw_number_text(range->high);

	if (!kw_policy_is_on(policy, key))
		return g_strdup("none");
	return g_strconcat(low, ",", high, NULL);
}
