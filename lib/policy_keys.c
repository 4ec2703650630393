#include "lib/policy_keys.h"

#include <string.h>

static const char *const choose_names[] = { "all", "one", NULL };

/* Factors and shares are at least this, so that float32 holds them as well. */
#define LEAST 0.001

#define GEOMETRY  "Geometry:"
#define COLOUR    "Colour:"
#define DAMAGE    "Damage:"
#define HOW       "How:"
#define AT(field) G_STRUCT_OFFSET(KwPolicy, field)

/* All that kw knows of its keys, in the order of the manual. */
const PolicyKey kw_policy_table[] = {
	{ .key = { "rotation", "DEG", "Rotate by up to DEG degrees either way",
		   GEOMETRY },
	  .kind = POLICY_NUMBER,
	  .offset = AT(rotation),
	  .high = 360 },
	{ .key = { "width-shift", "X",
		   "Shift left or right by up to X of the width, or X pixels "
		   "if 1 or more",
		   GEOMETRY },
	  .kind = POLICY_NUMBER,
	  .offset = AT(width_shift),
	  .high = 65535 },
	{ .key = { "height-shift", "X",
		   "Shift up or down by up to X of the height, or X pixels if "
		   "1 or more",
		   GEOMETRY },
	  .kind = POLICY_NUMBER,
	  .offset = AT(height_shift),
	  .high = 65535 },
	{ .key = { "shear", "DEG",
		   "Shear as Keras does, by up to DEG degrees either way",
		   GEOMETRY },
	  .kind = POLICY_NUMBER,
	  .offset = AT(shear),
	  .high = 90 },
	{ .key = { "shear-x", "K",
		   "Slant to the side, by up to K columns a row either way",
		   GEOMETRY },
	  .kind = POLICY_NUMBER,
	  .offset = AT(shear_x),
	  .high = 4 },
	{ .key = { "shear-y", "K",
		   "Slant up or down, by up to K rows a column either way",
		   GEOMETRY },
	  .kind = POLICY_NUMBER,
	  .offset = AT(shear_y),
	  .high = 4 },
	{ .key = { "zoom", "Z|A,B",
		   "Zoom each axis by 1-Z to 1+Z, or by A to B; below 1 "
		   "magnifies",
		   GEOMETRY },
	  .kind = POLICY_ZOOM,
	  .offset = AT(zoom),
	  .low = LEAST,
	  .high = 10,
	  .zero = "a factor of 0 magnifies without end" },
	{ .key = { "zoom-uniform", NULL, "Zoom both axes by the same factor",
		   GEOMETRY },
	  .kind = POLICY_FLAG,
	  .offset = AT(zoom_uniform),
	  .apart = TRUE },
	{ .key = { "horizontal-flip", NULL,
		   "Mirror half of the copies left to right", GEOMETRY },
	  .kind = POLICY_FLAG,
	  .offset = AT(horizontal_flip),
	  .apart = TRUE },
	{ .key = { "vertical-flip", NULL, "Turn half of the copies upside down",
		   GEOMETRY },
	  .kind = POLICY_FLAG,
	  .offset = AT(vertical_flip),
	  .apart = TRUE },
	{ .key = { "crop", "A,B",
		   "Show a window of A to B of the area, stretched to full "
		   "size",
		   GEOMETRY },
	  .kind = POLICY_RANGE,
	  .offset = AT(crop),
	  .low = LEAST,
	  .high = 1,
	  .apart = TRUE,
	  .zero = "a share of 0 shows nothing of an image" },
	{ .key = { "channel-shift", "C",
		   "Make all channels darker or brighter by up to C levels",
		   COLOUR },
	  .kind = POLICY_NUMBER,
	  .offset = AT(channel_shift),
	  .high = 255 },
	{ .key = { "brightness", "A,B",
		   "Multiply brightness by A to B; 1 leaves it as it is",
		   COLOUR },
	  .kind = POLICY_RANGE,
	  .offset = AT(brightness),
	  .low = LEAST,
	  .high = 10,
	  .zero = "a factor of 0 makes every image black" },
	{ .key = { "contrast", "A,B",
		   "Multiply contrast by A to B; 1 leaves it as it is",
		   COLOUR },
	  .kind = POLICY_RANGE,
	  .offset = AT(contrast),
	  .low = LEAST,
	  .high = 10,
	  .zero = "a factor of 0 makes every image one flat gray" },
	{ .key = { "saturation", "A,B",
		   "Multiply saturation by A to B; 1 leaves it as it is",
		   COLOUR },
	  .kind = POLICY_RANGE,
	  .offset = AT(saturation),
	  .low = LEAST,
	  .high = 10,
	  .zero = "a factor of 0 makes every image gray" },
	{ .key = { "hue", "DEG", "Turn the hue by up to DEG degrees either way",
		   COLOUR },
	  .kind = POLICY_NUMBER,
	  .offset = AT(hue),
	  .high = 180 },
	{ .key = { "posterize", "A,B",
		   "Keep the upper A to B bits of each value; 8 keeps all",
		   COLOUR },
	  .kind = POLICY_RANGE,
	  .offset = AT(posterize),
	  .low = 1,
	  .high = 8,
	  .whole = TRUE },
	{ .key = { "solarize", "A,B",
		   "Invert values from a level of A to B on; 256 inverts none",
		   COLOUR },
	  .kind = POLICY_RANGE,
	  .offset = AT(solarize),
	  .high = 256,
	  .whole = TRUE },
	{ .key = { "autocontrast", "P",
		   "Stretch each channel to all levels, with probability P",
		   COLOUR },
	  .kind = POLICY_NUMBER,
	  .offset = AT(autocontrast),
	  .high = 1 },
	{ .key = { "equalize", "P",
		   "Flatten each channel's histogram, with probability P",
		   COLOUR },
	  .kind = POLICY_NUMBER,
	  .offset = AT(equalize),
	  .high = 1 },
	{ .key = { "sharpness", "A,B",
		   "Sharpen by A to B: 0 smooths, 1 leaves it, 2 sharpens",
		   COLOUR },
	  .kind = POLICY_RANGE,
	  .offset = AT(sharpness),
	  .high = 10 },
	{ .key = { "blur", "S", "Blur with a sigma of up to S pixels", DAMAGE },
	  .kind = POLICY_NUMBER,
	  .offset = AT(blur),
	  .high = 100 },
	{ .key = { "noise", "S", "Add noise with a sigma of up to S levels",
		   DAMAGE },
	  .kind = POLICY_NUMBER,
	  .offset = AT(noise),
	  .high = 255 },
	{ .key = { "jpeg", "A,B",
		   "Compress as JPEG with a quality of A to B, 1 to 100",
		   DAMAGE },
	  .kind = POLICY_RANGE,
	  .offset = AT(jpeg),
	  .low = 1,
	  .high = 100,
	  .whole = TRUE },
	{ .key = { "erase", "P",
		   "Fill a rectangle with random bytes, with probability P",
		   DAMAGE },
	  .kind = POLICY_NUMBER,
	  .offset = AT(erase),
	  .high = 1 },
	{ .key = { "choose", "all|one",
		   "Do all of these, or one a copy besides flips and crop",
		   HOW },
	  .kind = POLICY_CHOICE,
	  .offset = AT(choose_one),
	  .apart = TRUE,
	  .names = choose_names },
	{ .key = { "interpolate", "METHOD",
		   "Between pixels: bilinear, bicubic, lbb or nohalo", HOW },
	  .kind = POLICY_CHOICE,
	  .offset = AT(interpolate),
	  .apart = TRUE,
	  .names = kw_interpolation_names },
	{ .key = { "fill", "MODE",
		   "Beyond the edge: nearest, reflect, wrap or constant", HOW },
	  .kind = POLICY_CHOICE,
	  .offset = AT(fill),
	  .apart = TRUE,
	  .names = kw_fill_names },
	{ .key = { "fill-value", "K", "Gray level of constant, 0 to 255", HOW },
	  .kind = POLICY_BYTE,
	  .offset = AT(fill_value),
	  .high = 255,
	  .whole = TRUE,
	  .apart = TRUE },
};

G_STATIC_ASSERT(G_N_ELEMENTS(kw_policy_table) == POLICY_N_KEYS);

/* Flags and choices are all read and written as this. */
G_STATIC_ASSERT(sizeof(gboolean) == sizeof(guint));
G_STATIC_ASSERT(sizeof(KwInterpolation) == sizeof(guint));
G_STATIC_ASSERT(sizeof(KwFill) == sizeof(guint));

const KwPolicyKey *
kw_policy_keys(gsize *n)
{
	static KwPolicyKey keys[POLICY_N_KEYS];
	static gsize copied;

	if (g_once_init_enter(&copied)) {
		for (gsize i = 0; i < POLICY_N_KEYS; i++)
			keys[i] = kw_policy_table[i].key;
		g_once_init_leave(&copied, 1);
	}
	*n = POLICY_N_KEYS;
	return keys;
}

const PolicyKey *
kw_policy_find(const char *name)
{
	for (gsize i = 0; i < POLICY_N_KEYS; i++)
		if (strcmp(kw_policy_table[i].key.name, name) == 0)
			return &kw_policy_table[i];
	return NULL;
}

/* ---- fields */

static gsize
field_size(const PolicyKey *key)
{
	switch (key->kind) {
	case POLICY_NUMBER:
		return sizeof(double);
	case POLICY_RANGE:
	case POLICY_ZOOM:
		return sizeof(KwRange);
	case POLICY_BYTE:
		return sizeof(guint8);
	default:
		return sizeof(guint);
	}
}

gpointer
kw_policy_field(KwPolicy *policy, const PolicyKey *key)
{
	return (guint8 *)policy + key->offset;
}

gconstpointer
kw_policy_value(const KwPolicy *policy, const PolicyKey *key)
{
	return (const guint8 *)policy + key->offset;
}

void
kw_policy_turn_off(KwPolicy *policy, const PolicyKey *key)
{
	memcpy(kw_policy_field(policy, key),
	       kw_policy_value(&kw_policy_none, key), field_size(key));
}

/* Their bytes tell: no value is a negative zero, and no field has padding. */
gboolean
kw_policy_is_on(const KwPolicy *policy, const PolicyKey *key)
{
	return memcmp(kw_policy_value(policy, key),
		      kw_policy_value(&kw_policy_none, key),
		      field_size(key)) != 0;
}

/* ---- choosing one */

static gboolean
is_candidate(const KwPolicy *policy, const PolicyKey *key)
{
	return !key->apart && kw_policy_is_on(policy, key);
}

KwPolicy
kw_policy_choose(const KwPolicy *policy, double uniform)
{
	KwPolicy chosen = *policy;
	int n = 1, pick, place = 0; /* place 0 is doing nothing */

	for (gsize i = 0; i < POLICY_N_KEYS; i++)
		n += is_candidate(policy, &kw_policy_table[i]);
	pick = (int)(uniform * n);
	for (gsize i = 0; i < POLICY_N_KEYS; i++)
		if (is_candidate(policy, &kw_policy_table[i]) &&
		    ++place != pick)
			kw_policy_turn_off(&chosen, &kw_policy_table[i]);
	return chosen;
}
