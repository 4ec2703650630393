#include "tests/support/kwtest.h"

#include <string.h>
#include <zlib.h>

#include "kw/colour.h"

/* The test images: their size, and how many there are. */
enum { W = 50, H = 40, N = W * H, N_IMAGES = 3, GUARD = 0xA5, GUARD_SIZE = 64 };

/* All changes as one type. */
typedef void Change(guint8 *pixels, gsize n, int c, float amount);

static void
posterize(guint8 *pixels, gsize n, int c, float amount)
{
	kw_colour_posterize(pixels, n, c, (int)amount);
}

static void
solarize(guint8 *pixels, gsize n, int c, float amount)
{
	kw_colour_solarize(pixels, n, c, (int)amount);
}

static void
autocontrast(guint8 *pixels, gsize n, int c, float amount)
{
	(void)amount;
	kw_colour_autocontrast(pixels, n, c);
}

static void
equalize(guint8 *pixels, gsize n, int c, float amount)
{
	(void)amount;
	kw_colour_equalize(pixels, n, c);
}

#define channel_shift kw_colour_channel_shift
#define brightness    kw_colour_brightness
#define contrast      kw_colour_contrast
#define saturation    kw_colour_saturation
#define hue           kw_colour_hue

/*
 * CRC-32 of the three images in colour (c = 3), then in gray, after a change.
 * Channel shift and brightness were made by Keras 3's apply_channel_shift()
 * (rounded, halves up) and apply_brightness_shift(), all others by Pillow 13.0,
 * given the amounts as float32.  They are equal to the last byte.
 */
static const struct {
	const char *name;
	Change *change;
	float amount;
	guint32 crcs[2];
} goldens[] = {
	{ "channel_shift", channel_shift, -200, { 0x18af88e5, 0x9ea79e5b } },
	{ "channel_shift", channel_shift, -33.25f, { 0x83a88d7c, 0x551419d9 } },
	{ "channel_shift", channel_shift, -0.5f, { 0x2394e6f5, 0x4dda3956 } },
	{ "channel_shift", channel_shift, 0.5f, { 0x5534a403, 0x87ad9bf6 } },
	{ "channel_shift", channel_shift, 20.5f, { 0x3899b55b, 0xbddaba11 } },
	{ "channel_shift", channel_shift, 90, { 0x7af50b22, 0x990c1d79 } },
	{ "brightness", brightness, 0.1f, { 0xff104575, 0xb19e6d8c } },
	{ "brightness", brightness, 0.5f, { 0xdd8e0855, 0xf91bbe2b } },
	{ "brightness", brightness, 0.8f, { 0xda2256af, 0xf260ac5c } },
	{ "brightness", brightness, 1.2f, { 0xed4c489f, 0x4eaeaa42 } },
	{ "brightness", brightness, 1.7f, { 0xaed5e32e, 0x34f2471b } },
	{ "brightness", brightness, 10, { 0xe2709312, 0x444f0f14 } },
	{ "contrast", contrast, 0.1f, { 0x46a05882, 0x58801735 } },
	{ "contrast", contrast, 0.5f, { 0xc10c917b, 0xb8fb7248 } },
	{ "contrast", contrast, 0.8f, { 0x8795762d, 0x1bad9329 } },
	{ "contrast", contrast, 1.2f, { 0x9ca6b880, 0xd5726564 } },
	{ "contrast", contrast, 1.7f, { 0x3248afd9, 0x3a4ec15f } },
	{ "contrast", contrast, 10, { 0x4c18db1e, 0x1e76677b } },
	{ "saturation", saturation, 0.1f, { 0xaca02edd, 0x4dda3956 } },
	{ "saturation", saturation, 0.5f, { 0x272d66ba, 0x4dda3956 } },
	{ "saturation", saturation, 0.8f, { 0x6fcdffd1, 0x4dda3956 } },
	{ "saturation", saturation, 1.2f, { 0x48891d83, 0x4dda3956 } },
	{ "saturation", saturation, 1.7f, { 0x80eb04ce, 0x4dda3956 } },
	{ "saturation", saturation, 10, { 0x73e53e9e, 0x4dda3956 } },
	{ "posterize", posterize, 1, { 0x981d8242, 0x69499a43 } },
	{ "posterize", posterize, 2, { 0x409b0c49, 0x1a6d58e2 } },
	{ "posterize", posterize, 3, { 0x6561b968, 0x1478def1 } },
	{ "posterize", posterize, 4, { 0xed5fa88d, 0xaece08f2 } },
	{ "posterize", posterize, 5, { 0x0027992e, 0x2229fec9 } },
	{ "posterize", posterize, 6, { 0xdc331b66, 0xfe968a65 } },
	{ "posterize", posterize, 7, { 0x48febb20, 0xf7536a1a } },
	{ "solarize", solarize, 0, { 0x7d76942d, 0x0684ab77 } },
	{ "solarize", solarize, 1, { 0xde7a00d0, 0xac2aee54 } },
	{ "solarize", solarize, 128, { 0x59b925c4, 0xf6b221b4 } },
	{ "solarize", solarize, 255, { 0xdac3c6d0, 0xf8c7539f } },
	{ "autocontrast", autocontrast, 1, { 0x865ee70b, 0x597d2a5c } },
	{ "equalize", equalize, 1, { 0xa586b460, 0x408af4a6 } },
};

/* All of them, for what must be so of any. */
static const struct {
	const char *name;
	Change *change;
	float amount;
} changes[] = {
	{ "channel_shift", channel_shift, 31.5f },
	{ "brightness", brightness, 1.3f },
	{ "contrast", contrast, 1.3f },
	{ "saturation", saturation, 1.3f },
	{ "hue", hue, 100 },
	{ "posterize", posterize, 3 },
	{ "solarize", solarize, 100 },
	{ "autocontrast", autocontrast, 1 },
	{ "equalize", equalize, 1 },
};

/*
 * Noise of all values, noise of few values (others in each channel), and a
 * gradient: N x c bytes and a guard.
 */
static guint8 *
image_new(int kind, int c)
{
	guint8 *pixels = g_malloc(N * c + GUARD_SIZE);
	guint32 x = 1;

	memset(pixels, GUARD, N * c + GUARD_SIZE);
	for (int i = 0; i < N * c; i++) {
		int k = i % c, column = i / c % W, row = i / c / W, noise;

		x = x * 1664525 + 1013904223;
		noise = (int)(x >> 24);
		pixels[i] =
			(guint8)(kind == 0 ? noise
				 : kind == 1
					 ? 10 + 20 * k +
						   (noise * (150 + 20 * k) >> 8)
					 : 40 * k + 2 * column + row);
	}
	return pixels;
}

static void
assert_guard(const guint8 *end)
{
	for (int i = 0; i < GUARD_SIZE; i++)
		assert_int_equal(end[i], GUARD);
}

static void
assert_changes_nothing(Change *change, float amount, int c)
{
	for (int kind = 0; kind < N_IMAGES; kind++) {
		g_autofree guint8 *before = image_new(kind, c);
		g_autofree guint8 *after = image_new(kind, c);

		change(after, N, c, amount);
		assert_memory_equal(after, before, N * c);
	}
}

/* ---- tests */

static void
changes_are_those_of_keras_and_pillow(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(goldens); i++)
		for (int gray = 0; gray < 2; gray++) {
			int c = gray ? 1 : 3;
			guint32 crc = 0;

			for (int kind = 0; kind < N_IMAGES; kind++) {
				g_autofree guint8 *image = image_new(kind, c);

				goldens[i].change(image, N, c,
						  goldens[i].amount);
				assert_guard(image + N * c);
				crc = (guint32)crc32(crc, image, N * c);
			}
			if (crc != goldens[i].crcs[gray])
				fail_msg("%s by %g, %d channels: CRC %08x, "
					 "expected %08x",
					 goldens[i].name, goldens[i].amount, c,
					 crc, goldens[i].crcs[gray]);
		}
}

static void
a_few_values_are_as_written_by_hand(void **state)
{
	guint8 shifted[] = { 10, 20, 200, 250 }, bright[] = { 0, 3, 99, 255 };
	guint8 unshifted[] = { 10, 20 };
	guint8 contrasted[] = { 0, 100, 200 }, pure[] = { 255, 0, 0 };

	(void)state;
	/* limited to the image's own 10..250; halves up */
	channel_shift(shifted, 4, 1, 20.5f);
	assert_memory_equal(shifted, ((guint8[]){ 31, 41, 221, 250 }), 4);
	channel_shift(unshifted, 2, 1, 0.4995f);
	assert_memory_equal(unshifted, ((guint8[]){ 10, 20 }), 2);
	brightness(bright, 4, 1, 1.5f);
	assert_memory_equal(bright, ((guint8[]){ 0, 4, 148, 255 }), 4);
	/* about the mean, 100 */
	contrast(contrasted, 3, 1, 0.5f);
	assert_memory_equal(contrasted, ((guint8[]){ 50, 100, 150 }), 3);
	/* the luma of red is 76 */
	saturation(pure, 1, 3, 0);
	assert_memory_equal(pure, ((guint8[]){ 76, 76, 76 }), 3);
}

/* Pillow's convert("L"), near where its sum in 1/65536 is rounded. */
static void
contrast_and_saturation_have_the_luma_of_pillow(void **state)
{
	static const struct {
		guint8 rgb[3], luma;
	} goldens_of_luma[] = {
		{ { 255, 0, 0 }, 76 },    { { 0, 255, 0 }, 150 },
		{ { 0, 0, 255 }, 29 },    { { 0, 52, 184 }, 52 },
		{ { 4, 56, 188 }, 56 },   { { 255, 255, 255 }, 255 },
		{ { 255, 254, 0 }, 225 }, { { 254, 173, 0 }, 177 },
		{ { 253, 73, 0 }, 118 },  { { 250, 204, 0 }, 194 },
	};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(goldens_of_luma); i++) {
		guint8 a[3], b[3];

		memcpy(a, goldens_of_luma[i].rgb, 3);
		memcpy(b, goldens_of_luma[i].rgb, 3);
		contrast(a, 1, 3, 0);
		saturation(b, 1, 3, 0);
		for (int k = 0; k < 3; k++) {
			assert_int_equal(a[k], goldens_of_luma[i].luma);
			assert_int_equal(b[k], goldens_of_luma[i].luma);
		}
	}
}

static void
amounts_that_mean_nothing_change_nothing(void **state)
{
	(void)state;
	for (int c = 1; c <= 3; c += 2) {
		assert_changes_nothing(channel_shift, 0, c);
		assert_changes_nothing(brightness, 1, c);
		assert_changes_nothing(contrast, 1, c);
		assert_changes_nothing(saturation, 1, c);
		assert_changes_nothing(hue, 0, c);
		assert_changes_nothing(posterize, 8, c);
		assert_changes_nothing(solarize, 256, c);
	}
}

static void
gray_has_no_hue_and_no_saturation(void **state)
{
	guint8 pixels[256 * 3];

	(void)state;
	for (int i = 0; i < 256 * 3; i++)
		pixels[i] = (guint8)(i / 3);
	hue(pixels, 256, 3, 77);
	saturation(pixels, 256, 3, 2.5f);
	for (int i = 0; i < 256 * 3; i++)
		assert_int_equal(pixels[i], i / 3);
	assert_changes_nothing(hue, 77, 1);
	assert_changes_nothing(saturation, 2.5f, 1);
}

/* ---- sizes */

static void
pixels_do_not_depend_on_their_place(void **state)
{
	static const struct {
		Change *change;
		float amount;
	} pointwise[] = { { brightness, 1.3f },
			  { saturation, 1.7f },
			  { hue, -50 },
			  { posterize, 3 },
			  { solarize, 99 } };

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(pointwise); i++) {
		g_autofree guint8 *all = image_new(0, 3);

		pointwise[i].change(all, N, 3, pointwise[i].amount);
		for (int n = 0; n <= 520; n++) {
			g_autofree guint8 *part = image_new(0, 3);
			g_autofree guint8 *before = image_new(0, 3);

			pointwise[i].change(part, n, 3, pointwise[i].amount);
			assert_memory_equal(part, all, 3 * n);
			assert_memory_equal(part + 3 * n, before + 3 * n,
					    3 * (N - n));
		}
	}
}

/* The range of values is that of all pixels, wherever the greatest is. */
static void
every_pixel_counts(void **state)
{
	(void)state;
	for (int n = 2; n < 120; n++)
		for (int c = 1; c <= 3; c += 2)
			for (int i = 0; i < n * c; i++) {
				guint8 pixels[120 * 3];

				memset(pixels, 100, sizeof pixels);
				pixels[i] = 110;
				channel_shift(pixels, n, c, 4);
				assert_int_equal(pixels[i], 110);
				assert_int_equal(pixels[(i + 1) % (n * c)],
						 104);
				autocontrast(pixels, n, c, 1);
				assert_int_equal(pixels[i], 255);
				assert_int_equal(pixels[(i + c) % (n * c)], 0);
			}
}

static void
nothing_is_done_to_no_pixels(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(changes); i++)
		for (int c = 1; c <= 3; c += 2) {
			guint8 guard[GUARD_SIZE];

			memset(guard, GUARD, sizeof guard);
			changes[i].change(guard, 0, c, changes[i].amount);
			assert_guard(guard);
		}
}

/* No histogram to speak of; brightness and solarize know what to do. */
static void
images_of_one_value_stay_flat(void **state)
{
	static Change *const leave[] = { channel_shift, contrast,
					 saturation,    hue,
					 autocontrast,  equalize };

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(leave); i++)
		for (int c = 1; c <= 3; c += 2)
			for (int n = 1; n < N; n += 333) {
				guint8 pixels[N * 3];

				memset(pixels, 90, sizeof pixels);
				leave[i](pixels, n, c, 1.7f);
				for (int k = 0; k < n * c; k++)
					assert_int_equal(pixels[k], 90);
			}
}

static void
extremes_do_not_wrap_round(void **state)
{
	guint8 pixels[] = { 0, 255, 255, 0, 0, 255, 128, 3, 250 };

	(void)state;
	brightness(pixels, 3, 3, 10);
	assert_memory_equal(
		pixels, ((guint8[]){ 0, 255, 255, 0, 0, 255, 255, 30, 255 }),
		9);
	saturation(pixels, 3, 3, 10);
	assert_memory_equal(
		pixels, ((guint8[]){ 0, 255, 255, 0, 0, 255, 255, 0, 255 }), 9);
}

/* ImageOps.autocontrast() truncates: 25 * (255.0 / 25) is 254.99999999999997 */
static void
autocontrast_rounds_as_pillow_does(void **state)
{
	guint8 odd[] = { 0, 25 }, even[] = { 3, 10, 35 };

	(void)state;
	autocontrast(odd, 2, 1, 1);
	assert_memory_equal(odd, ((guint8[]){ 0, 254 }), 2);
	autocontrast(even, 3, 1, 1);
	assert_memory_equal(even, ((guint8[]){ 0, 55, 255 }), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_are_those_of_keras_and_pillow),
		cmocka_unit_test(a_few_values_are_as_written_by_hand),
		cmocka_unit_test(
			contrast_and_saturation_have_the_luma_of_pillow),
		cmocka_unit_test(amounts_that_mean_nothing_change_nothing),
		cmocka_unit_test(gray_has_no_hue_and_no_saturation),
		cmocka_unit_test(pixels_do_not_depend_on_their_place),
		cmocka_unit_test(every_pixel_counts),
		cmocka_unit_test(nothing_is_done_to_no_pixels),
		cmocka_unit_test(images_of_one_value_stay_flat),
		cmocka_unit_test(extremes_do_not_wrap_round),
		cmocka_unit_test(autocontrast_rounds_as_pillow_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
