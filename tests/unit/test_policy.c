#include "tests/support/kwtest.h"
#include "tests/support/policies.h"

#include <string.h>

#include "kw/error.h"
#include "kw/policy.h"

/* Set a key of a policy that has everything, and get it. */
static void
assert_sets(const char *key, const char *value, const char *expected)
{
	KwPolicy policy = test_policy_everything();
	g_autofree char *got = NULL;
	GError *error = NULL;

	assert_true(kw_policy_set(&policy, key, value, &error));
	test_assert_no_error(error);
	got = kw_policy_get(&policy, key);
	assert_string_equal(got, expected);
}

/* Refused with this very message, and nothing is set. */
static void
assert_refuses(const char *key, const char *value, const char *message)
{
	KwPolicy policy = test_policy_everything(), before = policy;
	GError *error = NULL;

	if (kw_policy_set(&policy, key, value, &error))
		fail_msg("%s = %s is taken", key, value);
	assert_string_equal(error->message, message);
	test_assert_error(&error, KW_ERROR_USAGE, key);
	test_assert_policies_equal(&policy, &before);
}

/* ---- keys */

static void
keys_are_in_the_order_of_the_manual(void **state)
{
	static const char *const names[] = {
		"rotation",      "width-shift",  "height-shift",
		"shear",         "shear-x",      "shear-y",
		"zoom",          "zoom-uniform", "horizontal-flip",
		"vertical-flip", "crop",         "channel-shift",
		"brightness",    "contrast",     "saturation",
		"hue",           "posterize",    "solarize",
		"autocontrast",  "equalize",     "sharpness",
		"blur",          "noise",        "jpeg",
		"erase",         "choose",       "interpolate",
		"fill",          "fill-value",
	};
	gsize n;
	const KwTypedKey *keys = kw_policy_keys(&n);
	int sections = 0;

	(void)state;
	assert_int_equal(n, G_N_ELEMENTS(names));
	for (gsize i = 0; i < n; i++) {
		gboolean flag = strstr(names[i], "flip") != NULL ||
				strstr(names[i], "uniform") != NULL;

		assert_string_equal(keys[i].key.name, names[i]);
		assert_int_equal(keys[i].key.argument == NULL, flag);
		/* phrases, that fit on two lines of --help */
		assert_in_range(strlen(keys[i].key.help), 20, 90);
		assert_true(g_ascii_isupper(keys[i].key.help[0]));
		assert_true(g_ascii_isalnum(
			keys[i].key.help[strlen(keys[i].key.help) - 1]));
		sections += i == 0 || strcmp(keys[i].key.section,
					     keys[i - 1].key.section) != 0;
	}
	assert_int_equal(sections, 4);
	assert_string_equal(keys[0].key.section, "Geometry:");
	assert_string_equal(keys[n - 1].key.section, "How:");
}

static void
each_key_has_a_field_of_its_own(void **state)
{
	const KwPolicy everything = test_policy_everything();
	gsize n;
	const KwTypedKey *keys = kw_policy_keys(&n);

	(void)state;
	for (gsize i = 0; i < n; i++) {
		g_autofree char *value =
			kw_policy_get(&everything, keys[i].key.name);
		KwPolicy policy = kw_policy_none;

		assert_true(
			kw_policy_set(&policy, keys[i].key.name, value, NULL));
		for (gsize k = 0; k < n; k++) {
			const KwPolicy *same =
				k == i ? &everything : &kw_policy_none;
			g_autofree char *is =
				kw_policy_get(&policy, keys[k].key.name);
			g_autofree char *expected =
				kw_policy_get(same, keys[k].key.name);

			assert_string_equal(is, expected);
		}
	}
}

static void
fields_are_those_of_their_names(void **state)
{
	KwPolicy p = kw_policy_none;

	(void)state;
	assert_true(kw_policy_set(&p, "rotation", "1", NULL));
	assert_true(kw_policy_set(&p, "width-shift", "2", NULL));
	assert_true(kw_policy_set(&p, "height-shift", "3", NULL));
	assert_true(kw_policy_set(&p, "shear", "4", NULL));
	assert_true(kw_policy_set(&p, "shear-x", "0.5", NULL));
	assert_true(kw_policy_set(&p, "shear-y", "0.6", NULL));
	assert_true(kw_policy_set(&p, "zoom-uniform", "on", NULL));
	assert_true(kw_policy_set(&p, "vertical-flip", "yes", NULL));
	assert_true(kw_policy_set(&p, "autocontrast", "0.7", NULL));
	assert_true(kw_policy_set(&p, "equalize", "0.8", NULL));
	assert_true(kw_policy_set(&p, "blur", "9", NULL));
	assert_true(kw_policy_set(&p, "noise", "10", NULL));
	assert_true(kw_policy_set(&p, "brightness", "0.5,1.5", NULL));
	assert_true(kw_policy_set(&p, "jpeg", "40,95", NULL));
	assert_true(kw_policy_set(&p, "choose", "one", NULL));
	assert_true(kw_policy_set(&p, "interpolate", "lbb", NULL));
	assert_true(kw_policy_set(&p, "fill", "wrap", NULL));
	assert_true(kw_policy_set(&p, "fill-value", "200", NULL));
	assert_true(p.rotation == 1 && p.width_shift == 2);
	assert_true(p.height_shift == 3 && p.shear == 4);
	assert_true(p.shear_x == 0.5 && p.shear_y == 0.6);
	assert_true(p.zoom_uniform && p.vertical_flip && !p.horizontal_flip);
	assert_true(p.autocontrast == 0.7 && p.equalize == 0.8);
	assert_true(p.blur == 9 && p.noise == 10);
	assert_true(p.brightness.low == 0.5 && p.brightness.high == 1.5);
	assert_true(p.jpeg.low == 40 && p.jpeg.high == 95);
	assert_true(p.choose_one && p.interpolate == KW_LBB);
	assert_true(p.fill == KW_FILL_WRAP && p.fill_value == 200);
}

/* ---- values */

static void
takes_numbers_and_ranges(void **state)
{
	(void)state;
	assert_sets("rotation", "0", "0");
	assert_sets("rotation", "-0", "0");
	assert_sets("rotation", " 12.5 ", "12.5");
	assert_sets("rotation", "360", "360");
	assert_sets("rotation", "0.1", "0.1");
	assert_sets("rotation", "1e-7", "1e-07");
	/* as many digits as the number needs */
	assert_sets("rotation", "0.30000000000000004", "0.30000000000000004");
	assert_sets("shear-x", "none", "0");
	assert_sets("brightness", "0.8,1.2", "0.8,1.2");
	assert_sets("brightness", "0.8, 1.2", "0.8,1.2");
	assert_sets("brightness", "1.2", "1.2,1.2");
	assert_sets("brightness", "1", "none");
	assert_sets("brightness", "1,1", "none");
	assert_sets("brightness", "none", "none");
	assert_sets("brightness", "0.001,10", "0.001,10");
	assert_sets("crop", "0.5,1", "0.5,1");
	assert_sets("sharpness", "0", "0,0");
	assert_sets("posterize", "1,8", "1,8");
	assert_sets("solarize", "0,256", "0,256");
	assert_sets("jpeg", "1,100", "1,100");
	assert_sets("jpeg", "none", "none");
	assert_sets("fill-value", "255", "255");
	assert_sets("fill-value", "none", "0");
}

static void
zoom_is_given_as_keras_or_as_factors(void **state)
{
	KwPolicy policy = kw_policy_none;

	(void)state;
	assert_sets("zoom", "0.2", "0.8,1.2");
	assert_sets("zoom", "0.5,2", "0.5,2");
	assert_sets("zoom", "1,1", "none");
	assert_sets("zoom", "none", "none");
	/* the very numbers that Keras computes */
	assert_true(kw_policy_set(&policy, "zoom", "0.3", NULL));
	assert_true(policy.zoom.low == 1 - 0.3 && policy.zoom.high == 1 + 0.3);
}

static void
flags_have_many_words(void **state)
{
	static const char *const yes[] = { "true", "yes", "on", "1", "True" };
	static const char *const no[] = { "false", "no", "off", "0", "OFF" };

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(yes); i++) {
		assert_sets("horizontal-flip", yes[i], "true");
		assert_sets("horizontal-flip", no[i], "false");
	}
	assert_refuses("horizontal-flip", "2",
		       "horizontal-flip: '2' is neither true nor false");
	assert_refuses("zoom-uniform", "",
		       "zoom-uniform: '' is neither true nor false");
}

static void
choices_name_what_there_is(void **state)
{
	(void)state;
	assert_sets("choose", "all", "all");
	assert_sets("choose", "one", "one");
	assert_sets("interpolate", "nohalo", "nohalo");
	assert_sets("fill", "constant", "constant");
	assert_refuses("choose", "two", "choose: 'two' is not one of all, one");
	assert_refuses("interpolate", "cubic",
		       "interpolate: 'cubic' is not one of bilinear, bicubic, "
		       "lbb, nohalo");
	assert_refuses("fill", "none",
		       "fill: 'none' is not one of nearest, reflect, wrap, "
		       "constant");
}

static void
refuses_what_is_no_number(void **state)
{
	(void)state;
	assert_refuses(
		"rotation", "",
		"rotation: '' is not a number; give one number, or none");
	assert_refuses(
		"rotation", "many",
		"rotation: 'many' is not a number; give one number, or none");
	assert_refuses(
		"rotation", "10deg",
		"rotation: '10deg' is not a number; give one number, or none");
	assert_refuses(
		"rotation", "-10,10",
		"rotation: '-10,10' is not a number; give one number, or none");
	assert_refuses(
		"rotation", "nan",
		"rotation: 'nan' is not a number; give one number, or none");
	assert_refuses("blur", "inf",
		       "blur: 'inf' is not a number; give one number, or none");
	assert_refuses(
		"blur", "1e999",
		"blur: '1e999' is not a number; give one number, or none");
	assert_refuses("crop", "0.5,",
		       "crop: '' is not a number; give one number, or two as "
		       "A,B, or none");
	assert_refuses("crop", ",1",
		       "crop: '' is not a number; give one number, or two as "
		       "A,B, or none");
	assert_refuses("crop", "",
		       "crop: '' is not two numbers with a comma "
		       "between");
	assert_refuses("crop", "0.5,1,1",
		       "crop: '0.5,1,1' is not two numbers with a comma "
		       "between");
	assert_refuses("contrast", "0.5,nan",
		       "contrast: 'nan' is not a number; give one number, or "
		       "two as A,B, or none");
	assert_refuses("contrast", "0.5,1.5x",
		       "contrast: '1.5x' is not a number; give one number, or "
		       "two as A,B, or none");
	assert_refuses("contrast", "0.5-1.5",
		       "contrast: '0.5-1.5' is not a number; give one number, "
		       "or two as "
		       "A,B, or none");
}

static void
refuses_numbers_beyond_the_limits(void **state)
{
	(void)state;
	assert_refuses("rotation", "360.5",
		       "rotation: 360.5 is not a number from 0 to 360");
	assert_refuses("rotation", "-45",
		       "rotation: -45 is not a number from 0 to 360");
	assert_refuses("width-shift", "65536",
		       "width-shift: 65536 is not a number from 0 to 65535");
	assert_refuses("shear", "91", "shear: 91 is not a number from 0 to 90");
	assert_refuses("shear-y", "5",
		       "shear-y: 5 is not a number from 0 to 4");
	assert_refuses("erase", "25", "erase: 25 is not a number from 0 to 1");
	assert_refuses("hue", "181", "hue: 181 is not a number from 0 to 180");
	assert_refuses("sharpness", "-1,2",
		       "sharpness: -1 is not a number from 0 to 10");
	assert_refuses("jpeg", "0",
		       "jpeg: 0 is not a whole number from 1 to 100");
	assert_refuses("jpeg", "50,101",
		       "jpeg: 101 is not a whole number from 1 to 100");
	assert_refuses("posterize", "2.5,8",
		       "posterize: 2.5 is not a whole number from 1 to 8");
	assert_refuses("solarize", "0,257",
		       "solarize: 257 is not a whole number from 0 to 256");
	assert_refuses("fill-value", "0.5",
		       "fill-value: 0.5 is not a whole number from 0 to 255");
	assert_refuses("crop", "0.5,1.5",
		       "crop: 1.5 is not a number from 0.001 to 1");
	assert_refuses("brightness", "0.5,11",
		       "brightness: 11 is not a number from 0.001 to 10");
	assert_refuses("brightness", "1e-4,1",
		       "brightness: 0.0001 is not a number from 0.001 to 10");
	assert_refuses("brightness", "1.2,0.8",
		       "brightness: 1.2,0.8: the first is above the second; "
		       "say 0.8,1.2");
}

/* Users of Keras and others mean changes, not factors. */
static void
refuses_factors_that_make_no_sense(void **state)
{
	(void)state;
	assert_refuses("zoom", "1",
		       "zoom: 1 would magnify without end: it means factors "
		       "from 0 to 2; say less than 1, or two factors such as "
		       "0.5,2");
	assert_refuses("zoom", "1.5",
		       "zoom: 1.5 would magnify without end: it means factors "
		       "from -0.5 to 2.5; say less than 1, or two factors "
		       "such as 0.5,2");
	assert_refuses("zoom", "0",
		       "zoom: 0 is no zoom: 0.2 means factors from 0.8 to "
		       "1.2; none turns it off");
	assert_refuses("zoom", "-0.2",
		       "zoom: -0.2 is no zoom: 0.2 means factors from 0.8 to "
		       "1.2; none turns it off");
	assert_refuses("zoom", "0,1",
		       "zoom: a factor of 0 magnifies without end; 1 leaves "
		       "it as it is");
	assert_refuses("zoom", "-0.2,0.2",
		       "zoom: -0.2 is below 0; 1 leaves it as it is, and for "
		       "changes of -0.2 to 0.2 say 0.8,1.2");
	assert_refuses("brightness", "0,1",
		       "brightness: a factor of 0 makes every image black; 1 "
		       "leaves it as it is");
	assert_refuses("brightness", "-0.2,0.2",
		       "brightness: -0.2 is below 0; 1 leaves it as it is, "
		       "and for changes of -0.2 to 0.2 say 0.8,1.2");
	assert_refuses("brightness", "-50,50",
		       "brightness: -50 is below 0; 1 leaves it as it is");
	assert_refuses("contrast", "0",
		       "contrast: a factor of 0 makes every image one flat "
		       "gray; 1 leaves it as it is");
	assert_refuses("saturation", "0,2",
		       "saturation: a factor of 0 makes every image gray; 1 "
		       "leaves it as it is");
	assert_refuses("crop", "0,1",
		       "crop: a share of 0 shows nothing of an image; 1 "
		       "leaves it as it is");
	assert_refuses("crop", "-0.2,0.2",
		       "crop: -0.2 is below 0; 1 leaves it as it is");
}

/* ---- unknown keys */

static void
unknown_keys_name_the_nearest(void **state)
{
	static const char *const near[][2] = {
		{ "rotate", "rotation" },
		{ "rotatoin", "rotation" },
		{ "Rotation", "rotation" },
		{ "widthshift", "width-shift" },
		{ "hflip", NULL },
		{ "horizontal_flip", "horizontal-flip" },
		{ "vertical-flp", "vertical-flip" },
		{ "zom", "zoom" },
		{ "shear-z", "shear-x" },
		{ "blurr", "blur" },
		{ "jepg", "jpeg" },
		{ "posterise", "posterize" },
		{ "interpolation", "interpolate" },
		/* Keras */
		{ "rotation_range", "rotation" },
		{ "width_shift_range", "width-shift" },
		{ "height_shift_range", "height-shift" },
		{ "shear_range", "shear" },
		{ "zoom_range", "zoom" },
		{ "channel_shift_range", "channel-shift" },
		{ "brightness_range", "brightness" },
		{ "fill_mode", "fill" },
		{ "cval", "fill-value" },
		{ "vertical_flip", "vertical-flip" },
		/* far from everything */
		{ "rescale", NULL },
		{ "preprocessing_function", NULL },
		{ "x", NULL },
		{ "", NULL },
		{ "a-key-that-is-longer-than-any-of-those-there-are", NULL },
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(near); i++) {
		const char *name = near[i][0], *nearest = near[i][1];
		g_autofree char *message =
			nearest == NULL
				? g_strdup_printf("%s: there is no such key; "
						  "'kw-augment --help' lists "
						  "them",
						  name)
				: g_strdup_printf("%s: there is no such key; "
						  "did you mean %s?",
						  name, nearest);

		assert_refuses(name, "1", message);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_in_the_order_of_the_manual),
		cmocka_unit_test(each_key_has_a_field_of_its_own),
		cmocka_unit_test(fields_are_those_of_their_names),
		cmocka_unit_test(takes_numbers_and_ranges),
		cmocka_unit_test(zoom_is_given_as_keras_or_as_factors),
		cmocka_unit_test(flags_have_many_words),
		cmocka_unit_test(choices_name_what_there_is),
		cmocka_unit_test(refuses_what_is_no_number),
		cmocka_unit_test(refuses_numbers_beyond_the_limits),
		cmocka_unit_test(refuses_factors_that_make_no_sense),
		cmocka_unit_test(unknown_keys_name_the_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
