#include "tests/support/policies.h"

#include <string.h>

#include "tests/support/kwtest.h"

KwPolicy
test_policy_everything(void)
{
	return (KwPolicy){
		.rotation = 45,
		.width_shift = 0.3,
		.height_shift = 7.5,
		.shear = 20,
		.shear_x = 0.5,
		.shear_y = 4,
		.zoom = { 0.5, 2 },
		.horizontal_flip = TRUE,
		.vertical_flip = TRUE,
		.crop = { 0.2, 0.7 },
		.channel_shift = 50,
		.brightness = { 0.6, 1.4 },
		.contrast = { 0.5, 1.5 },
		.saturation = { 0.001, 10 },
		.hue = 18,
		.posterize = { 2, 8 },
		.solarize = { 0, 255 },
		.autocontrast = 0.3,
		.equalize = 0.95,
		.sharpness = { 0, 2 },
		.blur = 1.5,
		.noise = 12,
		.jpeg = { 40, 95 },
		.erase = 1,
		.interpolate = KW_LBB,
		.fill = KW_FILL_WRAP,
		.fill_value = 77,
	};
}

void
test_assert_policies_equal(const KwPolicy *a, const KwPolicy *b)
{
	gsize n;
	const KwTypedKey *keys = kw_policy_keys(&n);

	for (gsize i = 0; i < n; i++) {
		g_autofree char *x = kw_policy_get(a, keys[i].key.name);
		g_autofree char *y = kw_policy_get(b, keys[i].key.name);

		if (strcmp(x, y) != 0)
			fail_msg("%s: %s, expected %s", keys[i].key.name, x, y);
	}
}
