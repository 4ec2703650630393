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

#define RANGE                                                                  \
	.kind = KW_KEY_OTHER, .set = kw_policy_set_range,                      \
	.get = kw_policy_get_range
#define ZOOM                                                                   \
	.kind = KW_KEY_OTHER, .set = kw_policy_set_zoom,                       \
	.get = kw_policy_get_range

/* All that kw knows of its keys, in the order of the manual. */
static const KwTypedKey keys[] = {
	{ .key = { "rotation", "DEG", "Rotate by up to DEG degrees either way",
		   GEOMETRY },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(rotation),
	  .high = 360 },
	{ .key = { "width-shift", "X",
		   "Shift left or right by up to X of the width, or X pixels "
		   "if 1 or more",
		   GEOMETRY },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(width_shift),
	  .high = 65535 },
	{ .key = { "height-shift", "X",
		   "Shift up or down by up to X of the height, or X pixels if "
		   "1 or more",
		   GEOMETRY },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(height_shift),
	  .high = 65535 },
	{ .key = { "shear", "DEG",
		   "Shear as Keras does, by up to DEG degrees either way",
		   GEOMETRY },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(shear),
	  .high = 90 },
	{ .key = { "shear-x", "K",
		   "Slant to the side, by up to K columns a row either way",
		   GEOMETRY },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(shear_x),
	  .high = 4 },
	{ .key = { "shear-y", "K",
		   "Slant up or down, by up to K rows a column either way",
		   GEOMETRY },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(shear_y),
	  .high = 4 },
	{ .key = { "zoom", "Z|A,B",
		   "Zoom each axis by 1-Z to 1+Z, or by A to B; below 1 "
		   "magnifies",
		   GEOMETRY },
	  ZOOM,
	  .offset = AT(zoom),
	  .low = LEAST,
	  .high = 10,
	  .data = "a factor of 0 magnifies without end" },
	{ .key = { "zoom-uniform", NULL, "Zoom both axes by the same factor",
		   GEOMETRY },
	  .kind = KW_KEY_FLAG,
	  .offset = AT(zoom_uniform),
	  .mark = POLICY_APART },
	{ .key = { "horizontal-flip", NULL,
		   "Mirror half of the copies left to right", GEOMETRY },
	  .kind = KW_KEY_FLAG,
	  .offset = AT(horizontal_flip),
	  .mark = POLICY_APART },
	{ .key = { "vertical-flip", NULL, "Turn half of the copies upside down",
		   GEOMETRY },
	  .kind = KW_KEY_FLAG,
	  .offset = AT(vertical_flip),
	  .mark = POLICY_APART },
	{ .key = { "crop", "A,B",
		   "Show a window of A to B of the area, stretched to full "
		   "size",
		   GEOMETRY },
	  RANGE,
	  .offset = AT(crop),
	  .low = LEAST,
	  .high = 1,
	  .data = "a share of 0 shows nothing of an image",
	  .mark = POLICY_APART },
	{ .key = { "channel-shift", "C",
		   "Make all channels darker or brighter by up to C levels",
		   COLOUR },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(channel_shift),
	  .high = 255 },
	{ .key = { "brightness", "A,B",
		   "Multiply brightness by A to B; 1 leaves it as it is",
		   COLOUR },
	  RANGE,
	  .offset = AT(brightness),
	  .low = LEAST,
	  .high = 10,
	  .data = "a factor of 0 makes every image black" },
	{ .key = { "contrast", "A,B",
		   "Multiply contrast by A to B; 1 leaves it as it is",
		   COLOUR },
	  RANGE,
	  .offset = AT(contrast),
	  .low = LEAST,
	  .high = 10,
	  .data = "a factor of 0 makes every image one flat gray" },
	{ .key = { "saturation", "A,B",
		   "Multiply saturation by A to B; 1 leaves it as it is",
		   COLOUR },
	  RANGE,
	  .offset = AT(saturation),
	  .low = LEAST,
	  .high = 10,
	  .data = "a factor of 0 makes every image gray" },
	{ .key = { "hue", "DEG", "Turn the hue by up to DEG degrees either way",
		   COLOUR },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(hue),
	  .high = 180 },
	{ .key = { "posterize", "A,B",
		   "Keep the upper A to B bits of each value; 8 keeps all",
		   COLOUR },
	  RANGE,
	  .offset = AT(posterize),
	  .low = 1,
	  .high = 8,
	  .mark = POLICY_WHOLE },
	{ .key = { "solarize", "A,B",
		   "Invert values from a level of A to B on; 256 inverts none",
		   COLOUR },
	  RANGE,
	  .offset = AT(solarize),
	  .high = 256,
	  .mark = POLICY_WHOLE },
	{ .key = { "autocontrast", "P",
		   "Stretch each channel to all levels, with probability P",
		   COLOUR },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(autocontrast),
	  .high = 1 },
	{ .key = { "equalize", "P",
		   "Flatten each channel's histogram, with probability P",
		   COLOUR },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(equalize),
	  .high = 1 },
	{ .key = { "sharpness", "A,B",
		   "Sharpen by A to B: 0 smooths, 1 leaves it, 2 sharpens",
		   COLOUR },
	  RANGE,
	  .offset = AT(sharpness),
	  .high = 10 },
	{ .key = { "blur", "S", "Blur with a sigma of up to S pixels", DAMAGE },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(blur),
	  .high = 100 },
	{ .key = { "noise", "S", "Add noise with a sigma of up to S levels",
		   DAMAGE },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(noise),
	  .high = 255 },
	{ .key = { "jpeg", "A,B",
		   "Compress as JPEG with a quality of A to B, 1 to 100",
		   DAMAGE },
	  RANGE,
	  .offset = AT(jpeg),
	  .low = 1,
	  .high = 100,
	  .mark = POLICY_WHOLE },
	{ .key = { "erase", "P",
		   "Fill a rectangle with random bytes, with probability P",
		   DAMAGE },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(erase),
	  .high = 1 },
	{ .key = { "choose", "all|one",
		   "Do all of these, or one a copy besides flips and crop",
		   HOW },
	  .kind = KW_KEY_CHOICE,
	  .offset = AT(choose_one),
	  .names = choose_names,
	  .mark = POLICY_APART },
	{ .key = { "interpolate", "METHOD",
		   "Between pixels: bilinear, bicubic, lbb or nohalo", HOW },
	  .kind = KW_KEY_CHOICE,
	  .offset = AT(interpolate),
	  .names = kw_interpolation_names,
	  .mark = POLICY_APART },
	{ .key = { "fill", "MODE",
		   "Beyond the edge: nearest, reflect, wrap or constant", HOW },
	  .kind = KW_KEY_CHOICE,
	  .offset = AT(fill),
	  .names = kw_fill_names,
	  .mark = POLICY_APART },
	{ .key = { "fill-value", "K", "Gray level of constant, 0 to 255", HOW },
	  .kind = KW_KEY_BYTE,
	  .offset = AT(fill_value),
	  .high = 255,
	  .mark = POLICY_APART },
};

G_STATIC_ASSERT(G_N_ELEMENTS(keys) == POLICY_N_KEYS);

/* Flags and choices are all read and written as this. */
G_STATIC_ASSERT(sizeof(KwInterpolation) == sizeof(guint));
G_STATIC_ASSERT(sizeof(KwFill) == sizeof(guint));

/* Keras's: cval, fill_mode, rotation_range */
static const char *
key_of_keras(const char *name)
{
	gsize n = strlen(name);

	if (strcmp(name, "cval") == 0)
		return "fill-value";
	if (strcmp(name, "fill-mode") == 0)
		return "fill";
	if (!g_str_has_suffix(name, "-range"))
		return NULL;
	n -= strlen("-range");
	for (gsize i = 0; i < POLICY_N_KEYS; i++)
		if (strlen(keys[i].key.name) == n &&
		    strncmp(keys[i].key.name, name, n) == 0)
			return keys[i].key.name;
	return NULL;
}

const KwKeyTable kw_policy_table = {
	.what = "policy",
	.help = "kw-augment --help",
	.keys = keys,
	.n = POLICY_N_KEYS,
	.base = &kw_policy_none,
	.size = sizeof kw_policy_none,
	.none = &kw_policy_none,
	.meant = key_of_keras,
	.names = kw_policy_names,
	.texts = kw_policy_texts,
};

/* ---- fields */

static gsize
field_size(const KwTypedKey *key)
{
	switch (key->kind) {
	case KW_KEY_NUMBER:
		return sizeof(double);
	case KW_KEY_OTHER:
		return sizeof(KwRange);
	case KW_KEY_BYTE:
		return sizeof(guint8);
	default:
		return sizeof(guint);
	}
}

void
kw_policy_turn_off(KwPolicy *policy, const KwTypedKey *key)
{
	memcpy((guint8 *)policy + key->offset,
	       (const guint8 *)&kw_policy_none + key->offset, field_size(key));
}

/* Their bytes tell: no value is a negative zero, and no field has padding. */
gboolean
kw_policy_is_on(const KwPolicy *policy, const KwTypedKey *key)
{
	return memcmp((const guint8 *)policy + key->offset,
		      (const guint8 *)&kw_policy_none + key->offset,
		      field_size(key)) != 0;
}

/* ---- choosing one */

static gboolean
is_candidate(const KwPolicy *policy, const KwTypedKey *key)
{
	return (key->mark & POLICY_APART) == 0 && kw_policy_is_on(policy, key);
}

KwPolicy
kw_policy_choose(const KwPolicy *policy, double uniform)
{
	KwPolicy chosen = *policy;
	int n = 1, pick, place = 0; /* place 0 is doing nothing */

	for (gsize i = 0; i < POLICY_N_KEYS; i++)
		n += is_candidate(policy, &keys[i]);
	pick = (int)(uniform * n);
	for (gsize i = 0; i < POLICY_N_KEYS; i++)
		if (is_candidate(policy, &keys[i]) && ++place != pick)
			kw_policy_turn_off(&chosen, &keys[i]);
	return chosen;
}
