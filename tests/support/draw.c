#include "tests/support/draw.h"

#include <string.h>

enum { N_KINDS = 5 };

/* Two colours of stripes a kind. */
static const guint8 palette[N_KINDS][2][3] = {
	{ { 190, 60, 40 }, { 240, 190, 110 } },
	{ { 30, 70, 180 }, { 150, 210, 240 } },
	{ { 40, 130, 50 }, { 210, 235, 140 } },
	{ { 130, 40, 150 }, { 235, 160, 215 } },
	{ { 60, 60, 60 }, { 215, 215, 215 } },
};

/* Any number to 32 well mixed bits (the finaliser of MurmurHash3). */
static guint32
mix(guint32 x)
{
	x = (x ^ x >> 16) * 0x85ebca6bu;
	x = (x ^ x >> 13) * 0xc2b2ae35u;
	return x ^ x >> 16;
}

guint8 *
draw_pixels(const Drawing *d)
{
	int h = d->height, w = d->width;
	guint8 *pixels = g_malloc((gsize)h * (gsize)w * 3);
	guint32 own = mix((guint32)(d->kind * 100003 + d->index + 1));
	int period = MAX(w / (4 + d->kind), 2);
	int phase = (int)(own % (guint32)period);
	int light = (int)(own >> 8 & 31) - 16;
	int disc_x = (int)((own >> 13 & 255) * (guint32)w / 256);
	int disc_y = (int)((own >> 21 & 255) * (guint32)h / 256);
	int radius = MAX(MIN(h, w) / 6, 1);

	for (int y = 0; y < h; y++) {
		for (int x = 0; x < w; x++) {
			int along = d->kind % 2 == 0 ? x : y;
			int stripe = (along + phase) * 2 / period & 1;
			int dx = x - disc_x, dy = y - disc_y;
			gboolean disc = dx * dx + dy * dy < radius * radius;
			guint32 noise = mix(own + (guint32)(y * w + x));
			guint8 *pixel =
				pixels + ((gsize)y * (gsize)w + (gsize)x) * 3;

			for (int c = 0; c < 3; c++) {
				int value =
					palette[d->kind % N_KINDS][stripe][c] +
					light + (disc ? 25 : 0) +
					(int)(noise >> 8 * c & 7);

				pixel[c] = (guint8)CLAMP(value, 0, 255);
			}
		}
	}
	return pixels;
}

VipsImage *
draw_image(const Drawing *d)
{
	g_autofree guint8 *pixels = draw_pixels(d);
	VipsImage *image = vips_image_new_from_memory_copy(
		pixels, (size_t)d->height * (size_t)d->width * 3, d->width,
		d->height, 3, VIPS_FORMAT_UCHAR);

	image->Type = VIPS_INTERPRETATION_sRGB;
	if (d->orientation != 0)
		vips_image_set_int(image, VIPS_META_ORIENTATION,
				   d->orientation);
	if (d->date != NULL)
		vips_image_set_string(image, "exif-ifd2-DateTimeOriginal",
				      d->date);
	return image;
}

gboolean
draw_save(const Drawing *drawing, const char *path)
{
	VipsImage *image = draw_image(drawing);
	gboolean ok = vips_image_write_to_file(image, path, NULL) == 0;

	g_object_unref(image);
	return ok;
}
