/* Transforms applied to pixels: which operations, and in which order. */
#include "kw/transform.h"

#include <string.h>

#include "kw/colour.h"
#include "kw/filter.h"
#include "kw/image.h"
#include "kw/noise.h"
#include "kw/random.h"
#include "kw/record.h"
#include "tests/support/kwtest.h"

enum { H = 23, W = 31, C = 3, N = H * W, SIZE = N * C };

/* ---- pixels */

/* Smooth, with detail and all levels: what filters and JPEG change. */
static void
fill_image(guint8 *pixels, int c, guint64 seed)
{
	const KwRandomKey key = { .seed = seed };

	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++)
			for (int k = 0; k < c; k++) {
				int i = (y * W + x) * c + k;
				int v = 7 * x + 5 * y + 40 * k +
					(int)(kw_random_u64(&key, (guint16)i) %
					      40);

				pixels[i] = (guint8)(v % 256);
			}
}

/* A picture that neither fills all levels nor is flat. */
static void
fill_dull(guint8 *pixels, int c)
{
	fill_image(pixels, c, 1);
	for (int i = 0; i < N * c; i++)
		pixels[i] = (guint8)(60 + pixels[i] / 2);
}

/* The transformer's copy of an image of c channels. */
static void
apply(const KwTransform *t, const guint8 *src, int c, guint8 *dst)
{
	GError *error = NULL;
	g_autoptr(KwTransformer) transformer =
		kw_transformer_new(H, W, c, &error);

	test_assert_no_error(error);
	kw_transformer_set(transformer, src);
	kw_transformer_apply(transformer, t, dst, &error);
	test_assert_no_error(error);
}

/* ---- the definition, by hand and whatever the values */

static void
geometry_by_hand(const KwTransform *t, const guint8 *src, int c, guint8 *dst)
{
	const KwAffine map = kw_transform_map(t, H, W);
	const KwInterpolation how = (KwInterpolation)t->interpolation;
	g_autoptr(KwWarpSource) source = kw_warp_source_new(H, W, c, NULL);

	if (how != KW_BILINEAR) {
		assert_true(kw_filter_warp(dst, src, H, W, c, &map, how,
					   (KwFill)t->fill,
					   (guint8)t->fill_value, NULL));
		return;
	}
	kw_warp_source_set(source, src);
	kw_warp(dst, source, &map, (KwFill)t->fill, (guint8)t->fill_value);
}

/*
 * All operations that are not off, one after the other.  Off is what the
 * columns of the identity say.
 */
static void
by_hand(const KwTransform *t, const guint8 *src, int c, guint8 *dst)
{
	const KwTransform *off = &kw_transform_identity;
	const guint32 key = (guint32)t->key;

	geometry_by_hand(t, src, c, dst);
	if (t->channel_shift != off->channel_shift)
		kw_colour_channel_shift(dst, N, c, t->channel_shift);
	if (t->brightness != off->brightness)
		kw_colour_brightness(dst, N, c, t->brightness);
	if (t->contrast != off->contrast)
		kw_colour_contrast(dst, N, c, t->contrast);
	if (t->saturation != off->saturation)
		kw_colour_saturation(dst, N, c, t->saturation);
	if (t->hue != off->hue)
		kw_colour_hue(dst, N, c, t->hue);
	if (t->posterize != off->posterize)
		kw_colour_posterize(dst, N, c, (int)t->posterize);
	if (t->solarize != off->solarize)
		kw_colour_solarize(dst, N, c, (int)t->solarize);
	if (t->autocontrast != off->autocontrast)
		kw_colour_autocontrast(dst, N, c);
	if (t->equalize != off->equalize)
		kw_colour_equalize(dst, N, c);
	if (t->sharpness != off->sharpness)
		assert_true(
			kw_filter_sharpness(dst, H, W, c, t->sharpness, NULL));
	if (t->blur != off->blur)
		assert_true(kw_filter_blur(dst, H, W, c, t->blur, NULL));
	if (t->noise != off->noise)
		kw_noise_add(dst, (gsize)N * (gsize)c, t->noise, key);
	if (t->jpeg != off->jpeg)
		assert_true(kw_filter_jpeg(dst, H, W, c, (int)t->jpeg, NULL));
	if (t->erase.width != off->erase.width)
		kw_noise_erase(dst, H, W, c, &t->erase, key);
}

static void
assert_as_by_hand(const KwTransform *t, int c)
{
	guint8 src[SIZE], got[SIZE], expected[SIZE];

	for (int dull = 0; dull <= 1; dull++) {
		if (dull)
			fill_dull(src, c);
		else
			fill_image(src, c, 1);
		apply(t, src, c, got);
		by_hand(t, src, c, expected);
		assert_memory_equal(got, expected, (gsize)N * (gsize)c);
	}
}

/* ---- fields */

/* What each field is set to in turn. */
typedef struct {
	const char *name; /* of the column */
	float value;
	gboolean gray; /* changes gray as well */
} Effect;

static const Effect effects[] = {
	{ "rotation", 20, TRUE },       { "shift_x", 2.5F, TRUE },
	{ "shift_y", -3, TRUE },        { "shear", 15, TRUE },
	{ "zoom_x", 0.8F, TRUE },       { "zoom_y", 1.3F, TRUE },
	{ "flip_horizontal", 1, TRUE }, { "flip_vertical", 1, TRUE },
	{ "shear_x", 0.3F, TRUE },      { "shear_y", -0.2F, TRUE },
	{ "crop_x", 0.1F, TRUE },       { "crop_y", 0.2F, TRUE },
	{ "crop_width", 0.7F, TRUE },   { "crop_height", 0.6F, TRUE },
	{ "channel_shift", 30, TRUE },  { "brightness", 0.7F, TRUE },
	{ "contrast", 1.4F, TRUE },     { "saturation", 0.5F, FALSE },
	{ "hue", 40, FALSE },           { "posterize", 3, TRUE },
	{ "solarize", 128, TRUE },      { "autocontrast", 1, TRUE },
	{ "equalize", 1, TRUE },        { "sharpness", 1.8F, TRUE },
	{ "blur", 1.2F, TRUE },         { "noise", 10, TRUE },
	{ "jpeg", 30, TRUE },
};

static float *
field_of(KwTransform *t, const char *name)
{
	for (int i = 0; i < KW_N_TRANSFORM_COLUMNS; i++)
		if (strcmp(kw_transform_columns[i], name) == 0)
			return (float *)t + i;
	fail_msg("no column '%s'", name);
	return NULL;
}

static void
each_field_does_its_part_and_nothing_else(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(effects); i++)
		for (int c = 1; c <= 3; c += 2) {
			KwTransform t = kw_transform_identity;
			guint8 src[SIZE], got[SIZE], expected[SIZE];
			const gsize n = (gsize)N * (gsize)c;

			*field_of(&t, effects[i].name) = effects[i].value;
			fill_dull(src, c);
			apply(&t, src, c, got);
			by_hand(&t, src, c, expected);
			if (memcmp(got, expected, n) != 0)
				fail_msg("%s: not what it does by hand, %d "
					 "channels",
					 effects[i].name, c);
			if ((memcmp(got, src, n) != 0) !=
			    (c == 3 || effects[i].gray))
				fail_msg("%s: changes %d channels, or does not",
					 effects[i].name, c);
		}
}

static void
identity_copies_the_bytes(void **state)
{
	guint8 src[SIZE], got[SIZE];

	(void)state;
	for (int c = 1; c <= 3; c += 2)
		for (int how = KW_BILINEAR; how <= KW_NOHALO; how++)
			for (int fill = KW_FILL_NEAREST;
			     fill <= KW_FILL_CONSTANT; fill++) {
				KwTransform t = kw_transform_identity;

				/* these have no say where nothing moves */
				t.interpolation = (float)how;
				t.fill = (float)fill;
				t.fill_value = 200;
				t.key = 12345;
				fill_image(src, c, 2);
				memset(got, 0, sizeof got);
				apply(&t, src, c, got);
				assert_memory_equal(got, src,
						    (gsize)N * (gsize)c);
			}
}

static void
erasing_fills_its_rectangle_alone(void **state)
{
	KwTransform t = kw_transform_identity;
	guint8 src[SIZE], got[SIZE];
	int n_changed = 0;

	(void)state;
	t.erase = (KwRectangle){ 0.25F, 0.5F, 0.5F, 0.25F };
	t.key = 77;
	assert_as_by_hand(&t, 1);
	assert_as_by_hand(&t, 3);
	fill_image(src, C, 1);
	apply(&t, src, C, got);
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++) {
			gboolean same = memcmp(got + (y * W + x) * C,
					       src + (y * W + x) * C, C) == 0;

			n_changed += !same;
			if (y < 12 || y >= 17 || x < 8 || x >= 23)
				assert_true(same);
		}
	/* a byte in 256 is as it was by chance, all three of a pixel never */
	assert_int_equal(n_changed, 5 * 15);
}

static void
the_key_decides_noise_and_erasing(void **state)
{
	KwTransform t = kw_transform_identity;
	guint8 src[SIZE], one[SIZE], two[SIZE];

	(void)state;
	fill_image(src, C, 1);
	for (int erase = 0; erase <= 1; erase++) {
		t.noise = erase ? 0 : 20;
		t.erase = (KwRectangle){ 0, 0, erase ? 1 : 0, erase ? 1 : 0 };
		t.key = 1;
		apply(&t, src, C, one);
		apply(&t, src, C, two);
		assert_memory_equal(one, two, SIZE);
		/* the largest that there is, exactly held by a float */
		t.key = (1 << 24) - 1;
		assert_as_by_hand(&t, C);
		apply(&t, src, C, two);
		assert_memory_not_equal(one, two, SIZE);
	}
}

/* ---- order */

/*
 * Everything at once.  That autocontrast comes before equalize cannot be seen:
 * what one does, the other does not undo.
 */
static KwTransform
everything(void)
{
	KwTransform t = kw_transform_identity;

	for (gsize i = 0; i < G_N_ELEMENTS(effects); i++)
		*field_of(&t, effects[i].name) = effects[i].value;
	t.erase = (KwRectangle){ 0.3F, 0.3F, 0.3F, 0.3F };
	t.key = 4711;
	t.fill = KW_FILL_REFLECT;
	return t;
}

static void
operations_come_in_the_order_of_their_columns(void **state)
{
	/* a column of each operation */
	static const char *const order[] = {
		"rotation",     "channel_shift", "brightness", "contrast",
		"saturation",   "hue",           "posterize",  "solarize",
		"autocontrast", "equalize",      "sharpness",  "blur",
		"noise",        "jpeg",
	};
	const KwTransform all = everything();

	(void)state;
	assert_as_by_hand(&all, 1);
	assert_as_by_hand(&all, 3);
	/* each pair alone, where later ones cannot hide it */
	for (gsize i = 0; i + 1 < G_N_ELEMENTS(order); i++)
		for (gsize j = i + 1; j < G_N_ELEMENTS(order); j++) {
			KwTransform t = kw_transform_identity;
			KwTransform values = all;

			*field_of(&t, order[i]) = *field_of(&values, order[i]);
			*field_of(&t, order[j]) = *field_of(&values, order[j]);
			assert_as_by_hand(&t, 3);
		}
}

static void
erasing_is_the_very_last(void **state)
{
	KwTransform t = everything(), erase = kw_transform_identity;
	guint8 src[SIZE], got[SIZE], alone[SIZE];

	(void)state;
	erase.erase = t.erase = (KwRectangle){ 0, 0, 1, 1 };
	erase.key = t.key;
	fill_image(src, C, 1);
	apply(&t, src, C, got);
	apply(&erase, src, C, alone);
	assert_memory_equal(got, alone, SIZE);
}

/* ---- between pixels, and beyond the edge */

static void
interpolations_and_fills_are_those_asked_for(void **state)
{
	guint8 src[SIZE], got[SIZE];
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

	(void)state;
	fill_image(src, C, 1);
	for (int how = KW_BILINEAR; how <= KW_NOHALO; how++)
		for (int fill = KW_FILL_NEAREST; fill <= KW_FILL_CONSTANT;
		     fill++) {
			KwTransform t = kw_transform_identity;

			t.rotation = 33;
			t.interpolation = (float)how;
			t.fill = (float)fill;
			t.fill_value = 99;
			assert_as_by_hand(&t, 1);
			assert_as_by_hand(&t, 3);
			apply(&t, src, C, got);
			g_hash_table_add(
				seen, GUINT_TO_POINTER(kw_checksum(got, SIZE)));
		}
	/* all of them differ */
	assert_int_equal(g_hash_table_size(seen), 16);
}

static void
constant_fills_with_its_value(void **state)
{
	KwTransform t = kw_transform_identity;
	guint8 src[SIZE], got[SIZE];

	(void)state;
	t.shift_x = 5;
	t.fill = KW_FILL_CONSTANT;
	t.fill_value = 201;
	fill_image(src, C, 1);
	apply(&t, src, C, got);
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++)
			for (int k = 0; k < C; k++)
				assert_int_equal(
					got[(y * W + x) * C + k],
					x + 5 < W ? src[(y * W + x + 5) * C + k]
						  : 201);
}

/* ---- one transformer, many images and copies */

static void
what_was_made_before_leaves_no_trace(void **state)
{
	const KwTransform all = everything();
	KwTransform turn = kw_transform_identity, cubic;
	const KwTransform *order[6];
	guint8 images[3][SIZE], got[SIZE], fresh[SIZE];
	g_autoptr(KwTransformer) one = kw_transformer_new(H, W, C, NULL);

	(void)state;
	turn.rotation = 30;
	cubic = turn;
	cubic.interpolation = KW_BICUBIC;
	order[0] = &turn;
	order[1] = &all;
	order[2] = &cubic;
	order[3] = &kw_transform_identity;
	order[4] = &turn;
	order[5] = &turn;
	for (guint64 i = 0; i < 3; i++) {
		fill_image(images[i], C, i);
		kw_transformer_set(one, images[i]);
		for (gsize k = i; k < G_N_ELEMENTS(order); k++) {
			assert_true(
				kw_transformer_apply(one, order[k], got, NULL));
			apply(order[k], images[i], C, fresh);
			assert_memory_equal(got, fresh, SIZE);
		}
	}
}

/* It is borrowed. */
static void
the_original_is_not_changed(void **state)
{
	const KwTransform all = everything();
	guint8 src[SIZE], before[SIZE], got[SIZE];

	(void)state;
	fill_image(src, C, 1);
	memcpy(before, src, SIZE);
	apply(&all, src, C, got);
	assert_memory_equal(src, before, SIZE);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_field_does_its_part_and_nothing_else),
		cmocka_unit_test(identity_copies_the_bytes),
		cmocka_unit_test(erasing_fills_its_rectangle_alone),
		cmocka_unit_test(the_key_decides_noise_and_erasing),
		cmocka_unit_test(operations_come_in_the_order_of_their_columns),
		cmocka_unit_test(erasing_is_the_very_last),
		cmocka_unit_test(interpolations_and_fills_are_those_asked_for),
		cmocka_unit_test(constant_fills_with_its_value),
		cmocka_unit_test(what_was_made_before_leaves_no_trace),
		cmocka_unit_test(the_original_is_not_changed),
	};
	int failed;

	(void)argc;
	if (!kw_image_start(argv[0], NULL))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	kw_image_thread_end();
	kw_image_stop();
	return failed != 0;
}
