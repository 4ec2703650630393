#include "tests/support/hostile_bytes.h"

#include <stdarg.h>
#include <string.h>

#include "tests/support/draw.h"
#include "tests/support/hostile.h"

static const Drawing drawing = { .height = HOSTILE_HEIGHT,
				 .width = HOSTILE_WIDTH };

VipsImage *
bytes_drawing(void)
{
	return draw_image(&drawing);
}

VipsImage *
bytes_in_space(VipsInterpretation space)
{
	VipsImage *image = bytes_drawing(), *converted = NULL;

	vips_colourspace(image, &converted, space, NULL);
	g_object_unref(image);
	return converted;
}

VipsImage *
bytes_ink(void)
{
	VipsImage *image = bytes_drawing(), *ink = NULL;

	vips_icc_transform(image, &ink, "cmyk", "input_profile", "srgb", NULL);
	g_object_unref(image);
	return ink;
}

guint8 *
hostile_look(HostileLook look)
{
	enum { N = HOSTILE_HEIGHT * HOSTILE_WIDTH };
	guint8 *pixels = draw_pixels(&drawing);
	g_autofree guint8 *gray = NULL;
	VipsImage *image;
	size_t n;

	if (look == LOOKS_FLAT)
		memset(pixels, 128, N * 3);
	if (look != LOOKS_GRAY)
		return pixels;
	image = bytes_in_space(VIPS_INTERPRETATION_B_W);
	gray = vips_image_write_to_memory(image, &n);
	g_object_unref(image);
	for (int i = 0; i < N * 3; i++)
		pixels[i] = gray[i / 3];
	return pixels;
}

GByteArray *
bytes_save(VipsImage *image, const char *suffix)
{
	void *data = NULL;
	size_t n = 0;
	int failed = vips_image_write_to_buffer(image, suffix, &data, &n, NULL);

	g_object_unref(image);
	if (failed) {
		vips_error_clear();
		return NULL;
	}
	return g_byte_array_new_take(data, n);
}

GByteArray *
bytes_sample(const char *suffix)
{
	return bytes_save(bytes_drawing(), suffix);
}

GByteArray *
bytes_append(GByteArray *bytes, const void *data, gsize n)
{
	return g_byte_array_append(bytes, data, (guint)n);
}

GByteArray *
bytes_new(const void *data, gsize n)
{
	return bytes_append(g_byte_array_new(), data, n);
}

GByteArray *
bytes_text(const char *text)
{
	return bytes_new(text, strlen(text));
}

GByteArray *
bytes_copy(const GByteArray *bytes)
{
	return bytes == NULL ? NULL : bytes_new(bytes->data, bytes->len);
}

GByteArray *
bytes_zeros(GByteArray *bytes, guint n)
{
	guint at = bytes->len;

	g_byte_array_set_size(bytes, at + n);
	memset(bytes->data + at, 0, n);
	return bytes;
}

/* Marsaglia's xorshift. */
GByteArray *
bytes_noise(GByteArray *bytes, guint n, guint32 seed)
{
	guint at = bytes->len;
	guint32 x = seed * 2654435761u + 1;

	g_byte_array_set_size(bytes, at + n);
	for (guint i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		bytes->data[at + i] = (guint8)(x >> 24);
	}
	return bytes;
}

GByteArray *
bytes_join(GByteArray *bytes, GByteArray *tail)
{
	bytes_append(bytes, tail->data, tail->len);
	g_byte_array_unref(tail);
	return bytes;
}

/* The `n` bytes of a number. */
static void
put_number(guint8 *to, int n, gboolean little, guint32 value)
{
	for (int i = 0; i < n; i++)
		to[little ? i : n - 1 - i] = (guint8)(value >> 8 * i);
}

GByteArray *
bytes_pack(GByteArray *bytes, const char *layout, ...)
{
	gboolean little = FALSE;
	va_list values;

	va_start(values, layout);
	for (; *layout != '\0'; layout++) {
		guint8 number[4];
		int n = *layout - '0';

		if (*layout == '<') {
			little = TRUE;
			continue;
		}
		put_number(number, n, little, (guint32)va_arg(values, int));
		bytes_append(bytes, number, (gsize)n);
	}
	va_end(values);
	return bytes;
}

GByteArray *
bytes_splice(GByteArray *bytes, guint at, guint n, const void *data,
	     gsize n_data)
{
	g_autofree guint8 *tail = NULL;
	guint n_tail = bytes->len - at - n;

	tail = g_memdup2(bytes->data + at + n, n_tail);
	g_byte_array_set_size(bytes, at);
	bytes_append(bytes, data, n_data);
	return bytes_append(bytes, tail, n_tail);
}

GByteArray *
bytes_cut(GByteArray *bytes, guint keep)
{
	return g_byte_array_set_size(bytes, MIN(keep, bytes->len));
}

GByteArray *
bytes_flip(GByteArray *bytes, guint at, guint8 bits)
{
	g_assert(at < bytes->len);
	bytes->data[at] ^= bits;
	return bytes;
}

GByteArray *
bytes_put(GByteArray *bytes, guint at, const char *layout, guint32 value)
{
	gboolean little = layout[0] == '<';
	int n = layout[little] - '0';

	g_assert(at + (guint)n <= bytes->len);
	put_number(bytes->data + at, n, little, value);
	return bytes;
}

guint
bytes_find(const GByteArray *bytes, guint from, const void *data, gsize n)
{
	const guint8 *found =
		memmem(bytes->data + from, bytes->len - from, data, n);

	return found == NULL ? bytes->len : (guint)(found - bytes->data);
}
