#include "tests/support/kwtest.h"

#include <string.h>

#include "kw/error.h"
#include "prep/duplicates.h"

enum { MOST = 8 };

/*
 * Images that exist in name only: `pixels` stands for all of their bytes, and
 * their thumbnails are as gray as that number.
 */
typedef struct {
	Picture pictures[MOST];
	guint8 pixels[MOST];
	guint n;
	guint n_compared;
	gboolean broken; /* reading fails */
} Images;

/* Checksums differ with the pixels, unless `checksum` is given. */
static void
add(Images *images, int label, guint64 hash, guint8 pixels)
{
	Picture *picture = &images->pictures[images->n];

	picture->order = images->n;
	picture->label = label;
	picture->checksum = pixels;
	picture->print.hash[VIEW_WHOLE] = hash;
	/* Far from all others. */
	picture->print.hash[VIEW_INNER] = ~hash;
	for (int k = 0; k < 3; k++)
		picture->print.colours[k] = (guint16)(pixels * 256);
	images->pixels[images->n++] = pixels;
}

static gboolean
read_thumbs(gpointer data, guint i, Thumbs *thumbs, GError **error)
{
	const Images *images = data;

	if (images->broken)
		g_set_error(error, KW_ERROR, KW_ERROR_IO, "broken");
	memset(thumbs, images->pixels[i], sizeof *thumbs);
	return !images->broken;
}

static gboolean
compare(gpointer data, guint i, guint k, gboolean *equal, GError **error)
{
	Images *images = data;

	if (images->broken)
		g_set_error(error, KW_ERROR, KW_ERROR_IO, "broken");
	images->n_compared++;
	*equal = images->pixels[i] == images->pixels[k];
	return !images->broken;
}

static Duplicates *
find(Images *images, int bits)
{
	const PictureSource source = { images, read_thumbs, compare };
	GError *error = NULL;
	Duplicates *found = duplicates_find(images->pictures, images->n, bits,
					    &source, &error);

	test_assert_no_error(error);
	assert_int_equal(found->n, images->n);
	return found;
}

static void
finds_equal_images(void **state)
{
	Images images = { 0 };

	(void)state;
	add(&images, 0, 0xff, 10);
	add(&images, 0, 0xff, 20);
	add(&images, 0, 0xff, 10);
	add(&images, 0, 0xff, 10);
	g_autoptr(Duplicates) found = find(&images, NEAR_OFF);
	assert_int_equal(found->original[0], 0);
	assert_int_equal(found->original[1], 1);
	assert_int_equal(found->original[2], 0);
	assert_int_equal(found->original[3], 0);
	assert_int_equal(found->kind[2], DUPLICATE_EQUAL);
	assert_int_equal(found->kind[1], DUPLICATE_NONE);
	assert_int_equal(found->equal[3], 0);
}

static void
does_not_take_a_checksum_for_the_image(void **state)
{
	Images images = { 0 };

	(void)state;
	add(&images, 0, 0xff, 10);
	add(&images, 0, 0xff, 20);
	images.pictures[1].checksum = images.pictures[0].checksum;
	g_autoptr(Duplicates) found = find(&images, NEAR_OFF);
	assert_int_equal(images.n_compared, 1);
	assert_int_equal(found->original[1], 1);
}

static void
finds_near_images_within_so_many_bits(void **state)
{
	Images images = { 0 };

	(void)state;
	add(&images, 0, 0x0f, 10);
	add(&images, 0, 0x00, 10);
	add(&images, 0, 0x3f0f, 10); /* 6 bits from the first */
	for (guint i = 0; i < 3; i++)
		images.pictures[i].checksum = i;
	g_autoptr(Duplicates) four = find(&images, 4);
	assert_int_equal(four->original[1], 0);
	assert_int_equal(four->kind[1], DUPLICATE_NEAR);
	assert_int_equal(four->original[2], 2);
	g_autoptr(Duplicates) three = find(&images, 3);
	assert_int_equal(three->original[1], 1);
	g_autoptr(Duplicates) six = find(&images, 6);
	assert_int_equal(six->original[2], 0);
	g_autoptr(Duplicates) off = find(&images, NEAR_OFF);
	assert_int_equal(off->original[1], 1);
}

static void
wants_the_thumbnails_to_confirm_it(void **state)
{
	Images images = { 0 };

	(void)state;
	add(&images, 0, 0xff, 10);
	add(&images, 0, 0xff, 50);
	g_autoptr(Duplicates) colours = find(&images, 4);
	assert_int_equal(colours->original[1], 1);
	/* The fingerprints agree: the thumbnails do not. */
	memcpy(images.pictures[1].print.colours,
	       images.pictures[0].print.colours,
	       sizeof images.pictures[0].print.colours);
	g_autoptr(Duplicates) thumbs = find(&images, 4);
	assert_int_equal(thumbs->original[1], 1);
	images.pixels[1] = 11;
	g_autoptr(Duplicates) near = find(&images, 4);
	assert_int_equal(near->original[1], 0);
}

/* The whole of a cropped photo is the inner view of its original. */
static void
compares_the_inner_view_with_the_whole_of_others(void **state)
{
	Images images = { 0 };

	(void)state;
	add(&images, 0, 0x1234, 10);
	add(&images, 0, ~G_GUINT64_CONSTANT(0x1234), 10);
	add(&images, 0, 0xabcdef, 10);
	for (guint i = 0; i < 3; i++)
		images.pictures[i].checksum = i;
	images.pictures[1].print.hash[VIEW_INNER] = 0xf0f0f0f0f0;
	g_autoptr(Duplicates) inner = find(&images, 4);
	assert_int_equal(inner->original[1], 0);
	/* Two inner views alone prove nothing. */
	images.pictures[1].print.hash[VIEW_WHOLE] = 0xdeadbeef00000000;
	images.pictures[1].print.hash[VIEW_INNER] =
		images.pictures[0].print.hash[VIEW_INNER];
	g_autoptr(Duplicates) both = find(&images, 4);
	assert_int_equal(both->original[1], 1);
}

/* A walks to D in steps that nobody notices. */
static void
does_not_hand_likeness_on(void **state)
{
	Images images = { 0 };

	(void)state;
	add(&images, 0, 0x0, 10);
	add(&images, 0, 0xf, 10);
	add(&images, 0, 0xff, 10);
	add(&images, 0, 0xfff, 10);
	for (guint i = 0; i < 4; i++)
		images.pictures[i].checksum = i;
	g_autoptr(Duplicates) found = find(&images, 4);
	assert_int_equal(found->original[1], 0);
	assert_int_equal(found->original[2], 2);
	assert_int_equal(found->original[3], 2);
}

static void
keeps_classes_apart_and_tells_of_strangers(void **state)
{
	Images images = { 0 };

	(void)state;
	add(&images, 0, 0xff, 10);
	add(&images, 1, 0xff, 10);
	add(&images, 1, 0xff, 10);
	add(&images, 1, 0xfe, 10); /* near, not equal */
	images.pictures[3].checksum = 99;
	g_autoptr(Duplicates) found = find(&images, 4);
	assert_int_equal(found->original[1], 1);
	assert_int_equal(found->stranger[1], 0);
	assert_int_equal(found->original[2], 1);
	assert_int_equal(found->stranger[2], 2);
	assert_int_equal(found->equal[2], 0);
	assert_int_equal(found->original[3], 1);
	assert_int_equal(found->kind[3], DUPLICATE_NEAR);
}

static void
takes_images_in_their_order_not_as_they_stand(void **state)
{
	Images images = { 0 };

	(void)state;
	add(&images, 0, 0xff, 10);
	add(&images, 0, 0xff, 10);
	add(&images, 0, 0xfe, 10);
	images.pictures[2].checksum = 99;
	images.pictures[0].order = 7;
	images.pictures[1].order = 8;
	images.pictures[2].order = 6;
	g_autoptr(Duplicates) found = find(&images, 4);
	assert_int_equal(found->original[2], 2);
	assert_int_equal(found->original[0], 2);
	/* Equal to the first, which is near the second: of one original. */
	assert_int_equal(found->original[1], 2);
	assert_int_equal(found->kind[1], DUPLICATE_EQUAL);
}

static void
passes_on_that_it_cannot_read(void **state)
{
	Images images = { .broken = TRUE };
	const PictureSource source = { &images, read_thumbs, compare };
	GError *error = NULL;

	(void)state;
	add(&images, 0, 0xff, 10);
	assert_null(duplicates_find(images.pictures, 1, 4, &source, &error));
	test_assert_error(&error, KW_ERROR_IO, "broken");
	add(&images, 0, 0xff, 10);
	assert_null(
		duplicates_find(images.pictures, 2, NEAR_OFF, &source, &error));
	test_assert_error(&error, KW_ERROR_IO, "broken");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_equal_images),
		cmocka_unit_test(does_not_take_a_checksum_for_the_image),
		cmocka_unit_test(finds_near_images_within_so_many_bits),
		cmocka_unit_test(wants_the_thumbnails_to_confirm_it),
		cmocka_unit_test(
			compares_the_inner_view_with_the_whole_of_others),
		cmocka_unit_test(does_not_hand_likeness_on),
		cmocka_unit_test(keeps_classes_apart_and_tells_of_strangers),
		cmocka_unit_test(takes_images_in_their_order_not_as_they_stand),
		cmocka_unit_test(passes_on_that_it_cannot_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
