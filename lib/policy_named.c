#include "lib/policy_keys.h"

/* What changes nothing: one is the factor, or all bits, or all of the area. */
const KwPolicy kw_policy_none = {
	.zoom = { 1, 1 },
	.crop = { 1, 1 },
	.brightness = { 1, 1 },
	.contrast = { 1, 1 },
	.saturation = { 1, 1 },
	.sharpness = { 1, 1 },
	.posterize = { 8, 8 },
	.solarize = { 256, 256 },
};

/* The text below, for those who need it before they can fail. */
const KwPolicy kw_policy_seed = {
	.rotation = 45,
	.width_shift = 0.3,
	.height_shift = 0.3,
	.shear = 0.2,
	.zoom = { 0.8, 1.2 },
	.horizontal_flip = TRUE,
	.crop = { 1, 1 },
	.brightness = { 1, 1 },
	.contrast = { 1, 1 },
	.saturation = { 1, 1 },
	.sharpness = { 1, 1 },
	.posterize = { 8, 8 },
	.solarize = { 256, 256 },
};

const char *const kw_policy_names[] = { "seed",    "light", "heavy",
					"trivial", "none",  NULL };

const char *const kw_policy_texts[] = {
	/* the ImageDataGenerator of the notebooks that kw replaces */
	"[policy]\n"
	"rotation = 45\n"
	"width-shift = 0.3\n"
	"height-shift = 0.3\n"
	"shear = 0.2\n"
	"zoom = 0.2\n"
	"horizontal-flip = true\n"
	"fill = nearest\n",

	/* what another photo of the same thing may look like */
	"[policy]\n"
	"rotation = 10\n"
	"width-shift = 0.05\n"
	"height-shift = 0.05\n"
	"zoom = 0.1\n"
	"horizontal-flip = true\n"
	"brightness = 0.9,1.1\n"
	"contrast = 0.9,1.1\n",

	/* everything, and still to be recognised */
	"[policy]\n"
	"rotation = 45\n"
	"width-shift = 0.2\n"
	"height-shift = 0.2\n"
	"shear = 10\n"
	"zoom = 0.8,1.2\n"
	"horizontal-flip = true\n"
	"crop = 0.5,1\n"
	"brightness = 0.6,1.4\n"
	"contrast = 0.6,1.4\n"
	"saturation = 0.6,1.4\n"
	"hue = 18\n"
	"blur = 1.5\n"
	"noise = 12\n"
	"jpeg = 40,95\n"
	"erase = 0.25\n"
	"fill = reflect\n",

	/* TrivialAugment, the "wide" space (Mueller and Hutter 2021) */
	"[policy]\n"
	"rotation = 135\n"
	"width-shift = 32\n"
	"height-shift = 32\n"
	"shear-x = 0.99\n"
	"shear-y = 0.99\n"
	"brightness = 0.01,1.99\n"
	"contrast = 0.01,1.99\n"
	"saturation = 0.01,1.99\n"
	"posterize = 2,8\n"
	"solarize = 0,255\n"
	"autocontrast = 1\n"
	"equalize = 1\n"
	"sharpness = 0.01,1.99\n"
	"choose = one\n"
	"fill = constant\n"
	"fill-value = 0\n",

	"[policy]\n",
};

/* One more for the NULL. */
G_STATIC_ASSERT(G_N_ELEMENTS(kw_policy_texts) + 1 ==
		G_N_ELEMENTS(kw_policy_names));
