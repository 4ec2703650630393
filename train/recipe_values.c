/* Values of a recipe that are more than a number or a name. */
#include <string.h>

#include "kw/error.h"
#include "lib/nearest.h"
#include "train/recipe_keys.h"

/* ---- freeze */

/* As Keras counts them; the input is called by a number of its own. */
static const char *const layer_names[VGG19_KERAS_LAYERS] = {
	"input_1",      "block1_conv1", "block1_conv2", "block1_pool",
	"block2_conv1", "block2_conv2", "block2_pool",  "block3_conv1",
	"block3_conv2", "block3_conv3", "block3_conv4", "block3_pool",
	"block4_conv1", "block4_conv2", "block4_conv3", "block4_conv4",
	"block4_pool",  "block5_conv1", "block5_conv2", "block5_conv3",
	"block5_conv4", "block5_pool",
};

static gboolean
refuse_layer(const KwTypedKey *key, const char *value, GError **error)
{
	const char *nearest =
		kw_nearest(value, layer_names, VGG19_KERAS_LAYERS);

	if (nearest != NULL)
		return kw_key_refuse(error, key->key.name,
				     "VGG19 has no layer '%s'; did you mean "
				     "%s?",
				     value, nearest);
	return kw_key_refuse(error, key->key.name,
			     "'%s' is neither a number of layers, 0 to %d, nor "
			     "the name of one, such as block4_pool, nor none, "
			     "nor all",
			     value, VGG19_KERAS_LAYERS);
}

gboolean
recipe_set_freeze(const KwTypedKey *key, gpointer recipe, const char *value,
		  GError **error)
{
	Recipe *r = recipe;
	guint64 number;

	if (g_ascii_string_to_unsigned(value, 10, 0, VGG19_KERAS_LAYERS,
				       &number, NULL)) {
		r->freeze = (int)number;
		return TRUE;
	}
	if (strcmp(value, "none") == 0 || strcmp(value, "all") == 0) {
		r->freeze = *value == 'a' ? VGG19_KERAS_LAYERS : 0;
		return TRUE;
	}
	for (int i = 0; i < VGG19_KERAS_LAYERS; i++) {
		if (strcmp(value, layer_names[i]) != 0)
			continue;
		r->freeze = i + 1;
		return TRUE;
	}
	return refuse_layer(key, value, error);
}

char *
recipe_get_freeze(const KwTypedKey *key, gconstpointer recipe)
{
	(void)key;
	return g_strdup_printf("%d", ((const Recipe *)recipe)->freeze);
}

/* ---- head */

gboolean
recipe_set_head(const KwTypedKey *key, gpointer recipe, const char *value,
		GError **error)
{
	g_auto(GStrv) units = g_strsplit(value, ",", -1);
	const guint n = g_strv_length(units);
	int head[NETWORK_MAX_HEAD] = { 0 };
	Recipe *r = recipe;

	if (strcmp(value, "none") == 0) {
		r->n_head = 0;
		memset(r->head, 0, sizeof r->head);
		return TRUE;
	}
	if (n == 0)
		return kw_key_refuse(error, key->key.name,
				     "no units given; none is no layer");
	if (n > NETWORK_MAX_HEAD)
		return kw_key_refuse(error, key->key.name,
				     "more than %d layers", NETWORK_MAX_HEAD);
	for (guint i = 0; i < n; i++) {
		double number;

		if (!kw_key_read_number(key->key.name, &number, units[i], "",
					error) ||
		    !kw_key_check_number(key, number, TRUE, error))
			return FALSE;
		head[i] = (int)number;
	}
	r->n_head = (int)n;
	memcpy(r->head, head, sizeof r->head);
	return TRUE;
}

char *
recipe_get_head(const KwTypedKey *key, gconstpointer recipe)
{
	const Recipe *r = recipe;
	GString *text = g_string_new(r->n_head == 0 ? "none" : "");

	(void)key;
	for (int i = 0; i < r->n_head; i++)
		g_string_append_printf(text, i == 0 ? "%d" : ",%d", r->head[i]);
	return g_string_free(text, FALSE);
}

/* ---- monitor */

static const char *const monitor_names[] = { "val_accuracy", "val_loss" };

gboolean
recipe_set_monitor(const KwTypedKey *key, gpointer recipe, const char *value,
		   GError **error)
{
	Recipe *r = recipe;

	/* as Keras called it before 2.3 */
	if (strcmp(value, "val_acc") == 0)
		value = monitor_names[MONITOR_VAL_ACCURACY];
	for (Monitor m = 0; m < G_N_ELEMENTS(monitor_names); m++) {
		if (strcmp(value, monitor_names[m]) != 0)
			continue;
		r->monitor = m;
		return TRUE;
	}
	return kw_key_refuse(error, key->key.name, "'%s' is not one of %s, %s",
			     value, monitor_names[0], monitor_names[1]);
}

char *
recipe_get_monitor(const KwTypedKey *key, gconstpointer recipe)
{
	(void)key;
	return g_strdup(monitor_names[((const Recipe *)recipe)->monitor]);
}

/* ---- augment */

/* "rotation=10;zoom=0.9,1.1": the lines of a policy file in one. */
static gboolean
is_inline(const char *value)
{
	return strchr(value, '=') != NULL && strchr(value, '/') == NULL;
}

static gboolean
load_policy(KwPolicy *policy, const char *value, GError **error)
{
	g_autofree char *text = g_strconcat("[policy]\n", value, "\n", NULL);

	if (!is_inline(value))
		return kw_policy_load(policy, value, error);
	return kw_policy_parse(policy, g_strdelimit(text, ";", '\n'), value,
			       error);
}

static gboolean
policies_equal(const KwPolicy *a, const KwPolicy *b)
{
	g_autofree char *x = kw_policy_text(a);
	g_autofree char *y = kw_policy_text(b);

	return strcmp(x, y) == 0;
}

gboolean
recipe_set_augment(const KwTypedKey *key, gpointer recipe, const char *value,
		   GError **error)
{
	Recipe *r = recipe;
	KwPolicy policy;

	if (!load_policy(&policy, value, error)) {
		g_prefix_error(error, "%s: ", key->key.name);
		return FALSE;
	}
	/* Copies that are as the originals are none. */
	r->augments = !policies_equal(&policy, &kw_policy_none);
	r->policy = r->augments ? policy : recipe_seed.policy;
	return TRUE;
}

/* The name of a policy, NULL for none of those that have one. */
static const char *
name_of_policy(const KwPolicy *policy)
{
	for (gsize i = 0; kw_policy_names[i] != NULL; i++) {
		KwPolicy named;

		if (kw_policy_load(&named, kw_policy_names[i], NULL) &&
		    policies_equal(policy, &named))
			return kw_policy_names[i];
	}
	return NULL;
}

static char *
inline_policy(const KwPolicy *policy)
{
	gsize n;
	const KwTypedKey *keys = kw_policy_keys(&n);
	GString *text = g_string_new(NULL);

	for (gsize i = 0; i < n; i++) {
		const char *name = keys[i].key.name;
		g_autofree char *value = kw_policy_get(policy, name);
		g_autofree char *off = kw_policy_get(&kw_policy_none, name);

		if (strcmp(value, off) != 0)
			g_string_append_printf(text, "%s%s=%s",
					       text->len > 0 ? ";" : "", name,
					       value);
	}
	return g_string_free(text, FALSE);
}

char *
recipe_get_augment(const KwTypedKey *key, gconstpointer recipe)
{
	const Recipe *r = recipe;
	const char *name;

	(void)key;
	if (!r->augments)
		return g_strdup("none");
	name = name_of_policy(&r->policy);
	return name != NULL ? g_strdup(name) : inline_policy(&r->policy);
}
