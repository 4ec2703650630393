#include "lib/image_rows.h"

KwRows *
kw_rows_of_image(VipsImage *image)
{
	VipsRegion *region = vips_region_new(image);
	KwRows *rows;

	if (region == NULL)
		return NULL;
	rows = g_new0(KwRows, 1);
	rows->width = image->Xsize;
	rows->height = image->Ysize;
	rows->bands = image->Bands;
	rows->region = region;
	return rows;
}

KwRows *
kw_rows_of_jpeg(KwJpeg *jpeg)
{
	KwRows *rows = g_new0(KwRows, 1);

	rows->width = kw_jpeg_width(jpeg);
	rows->height = kw_jpeg_height(jpeg);
	rows->bands = kw_jpeg_channels(jpeg);
	rows->jpeg = jpeg;
	return rows;
}

void
kw_rows_free(KwRows *rows)
{
	if (rows->region != NULL)
		g_object_unref(rows->region);
	g_free(rows->strip);
	g_free(rows);
}

static const guint8 *
next_of_image(KwRows *rows, int n, gsize *stride)
{
	const VipsRect strip = { 0, rows->next, rows->width, n };

	if (vips_region_prepare(rows->region, &strip) != 0)
		return NULL;
	*stride = (gsize)VIPS_REGION_LSKIP(rows->region);
	return VIPS_REGION_ADDR(rows->region, 0, rows->next);
}

static const guint8 *
next_of_jpeg(KwRows *rows, int n, gsize *stride)
{
	g_autoptr(GError) error = NULL;

	*stride = (gsize)rows->width * (gsize)rows->bands;
	/* The first strip is the largest. */
	if (rows->strip == NULL)
		rows->strip = g_malloc(*stride * (gsize)n);
	if (!kw_jpeg_read(rows->jpeg, rows->strip, n, &error)) {
		vips_error("jpeg", "%s", error->message);
		return NULL;
	}
	return rows->strip;
}

const guint8 *
kw_rows_next(KwRows *rows, int n, gsize *stride)
{
	const guint8 *strip = rows->region != NULL
				      ? next_of_image(rows, n, stride)
				      : next_of_jpeg(rows, n, stride);

	rows->next += n;
	return strip;
}
