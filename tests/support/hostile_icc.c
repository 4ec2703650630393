/*
 * Photos with a colour profile that is not theirs, or is none: the picture is
 * worth more than the profile.
 */
#include <string.h>

#include "tests/support/hostile_jpeg.h"
#include "tests/support/hostile_parts.h"

/* A profile that libvips brings along; NULL without it. */
static GByteArray *
profile(const char *name)
{
	VipsBlob *blob = NULL;
	GByteArray *bytes;
	size_t n;
	const void *data;

	if (vips_profile_load(name, &blob, NULL) != 0 || blob == NULL) {
		vips_error_clear();
		return NULL;
	}
	data = vips_blob_get(blob, &n);
	bytes = bytes_new(data, n);
	vips_area_unref(VIPS_AREA(blob));
	return bytes;
}

/* One of the parts in which JPEG files carry a profile; bytes are taken. */
static GByteArray *
part(int number, int of, GByteArray *bytes)
{
	GByteArray *segment = bytes_new("ICC_PROFILE", 12);

	bytes_pack(segment, "11", number, of);
	return bytes_join(segment, bytes);
}

static GByteArray *
with_part(GByteArray *jpeg, int number, int of, GByteArray *bytes)
{
	return bytes == NULL
		       ? jpeg
		       : jpeg_insert(jpeg, JPEG_APP2, part(number, of, bytes));
}

/* All of a profile, which is taken; the last part first, as each is inserted.
 */
static GByteArray *
with_profile(GByteArray *jpeg, GByteArray *whole)
{
	enum { PART = 65000 };
	int n = whole == NULL ? 0 : (int)((whole->len + PART - 1) / PART);

	for (int i = n - 1; i >= 0; i--) {
		const guint8 *begin = whole->data + i * PART;
		guint left = whole->len - (guint)i * PART;

		with_part(jpeg, i + 1, n, bytes_new(begin, MIN(left, PART)));
	}
	if (whole != NULL)
		g_byte_array_unref(whole);
	return jpeg;
}

static GByteArray *
ink(void)
{
	return bytes_save(bytes_ink(), ".jpg[Q=90,strip]");
}

static GByteArray *
gray(void)
{
	return bytes_save(bytes_in_space(VIPS_INTERPRETATION_B_W),
			  ".jpg[Q=90,strip]");
}

static void
add_strangers(Hostile *corpus)
{
	hostile_reads(corpus, "its own.jpg", LOOKS_DRAWN,
		      with_profile(jpeg_sample(), profile("srgb")));
	hostile_reads(corpus, "ink on light.jpg", LOOKS_DRAWN,
		      with_profile(jpeg_sample(), profile("cmyk")));
	hostile_reads(corpus, "noise on light.jpg", LOOKS_DRAWN,
		      with_profile(jpeg_sample(),
				   bytes_noise(g_byte_array_new(), 100, 25)));
	hostile_reads(
		corpus, "400 KB of noise on light.jpg", LOOKS_DRAWN,
		with_profile(jpeg_sample(),
			     bytes_noise(g_byte_array_new(), 400000, 25)));
	hostile_reads(corpus, "ink on gray.jpg", LOOKS_GRAY,
		      with_profile(gray(), profile("cmyk")));
	hostile_reads(corpus, "light on ink.jpg", LOOKS_ANY,
		      with_profile(ink(), profile("srgb")));
	hostile_reads(
		corpus, "noise on ink.jpg", LOOKS_ANY,
		with_profile(ink(), bytes_noise(g_byte_array_new(), 1000, 26)));
	hostile_reads(corpus, "light on gray.jpg", LOOKS_GRAY,
		      with_profile(gray(), profile("srgb")));
}

static void
add_damaged(Hostile *corpus)
{
	static const guint keeps[] = { 0, 1, 127, 128, 132, 300 };
	GByteArray *whole = profile("p3");

	if (whole == NULL)
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(keeps); i++) {
		g_autofree char *name =
			g_strdup_printf("%u bytes.jpg", keeps[i]);

		hostile_reads(
			corpus, name, LOOKS_DRAWN,
			with_part(jpeg_sample(), 1, 1,
				  bytes_cut(bytes_copy(whole), keeps[i])));
	}
	for (guint at = 0; at < whole->len; at += 4 + at / 6) {
		g_autofree char *name = g_strdup_printf("byte %u.jpg", at);

		hostile_reads(
			corpus, name, LOOKS_ANY,
			with_part(jpeg_sample(), 1, 1,
				  bytes_flip(bytes_copy(whole), at, 0xa5)));
	}
	g_byte_array_unref(whole);
}

static void
add_parts(Hostile *corpus)
{
	static const int numbers[][4] = {
		{ 0, 0, 0, 0 },         { 0, 2, 1, 2 }, { 1, 2, 3, 2 },
		{ 1, 1, 1, 1 },         { 2, 2, 1, 2 }, { 1, 255, 2, 255 },
		{ 255, 255, 254, 255 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
		const int *n = numbers[i];
		g_autofree char *name = g_strdup_printf(
			"parts %d of %d, %d of %d.jpg", n[0], n[1], n[2], n[3]);
		GByteArray *first = profile("srgb"), *second = NULL;
		GByteArray *jpeg = jpeg_sample();

		if (first != NULL) {
			second = bytes_splice(bytes_copy(first), 0, 200, NULL,
					      0);
			bytes_cut(first, 200);
		}
		jpeg = with_part(jpeg, n[2], n[3], second);
		hostile_reads(corpus, name, LOOKS_DRAWN,
			      with_part(jpeg, n[0], n[1], first));
	}
}

/* The same blob in every type that takes a profile. */
static void
add_types(Hostile *corpus)
{
	static const char *const suffixes[] = { ".png", ".webp[lossless]",
						".tif", ".avif", ".heic" };

	for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		VipsImage *drawing = bytes_drawing(), *image = NULL;
		g_autofree char *name = g_strdup_printf("noise%s", suffixes[i]);
		g_autoptr(GByteArray) noise =
			bytes_noise(g_byte_array_new(), 100, 27);

		name[strcspn(name, "[")] = '\0';
		vips_copy(drawing, &image, NULL);
		g_object_unref(drawing);
		vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, noise->data,
					 noise->len);
		hostile_reads(corpus, name, i < 3 ? LOOKS_DRAWN : LOOKS_ANY,
			      bytes_save(image, suffixes[i]));
	}
}

void
hostile_add_icc(Hostile *corpus)
{
	add_strangers(corpus);
	add_damaged(corpus);
	add_parts(corpus);
	add_types(corpus);
}
