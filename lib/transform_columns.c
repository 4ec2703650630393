#include "kw/transform.h"

#include <math.h>
#include <string.h>

#include "kw/error.h"
#include "kw/filter.h"

G_STATIC_ASSERT(sizeof(KwTransform) == KW_N_TRANSFORM_COLUMNS * sizeof(float));

const char *const kw_transform_columns[] = {
	"rotation",
	"shift_x",
	"shift_y",
	"shear",
	"zoom_x",
	"zoom_y",
	"flip_horizontal",
	"flip_vertical",
	"shear_x",
	"shear_y",
	"crop_x",
	"crop_y",
	"crop_width",
	"crop_height",
	"channel_shift",
	"brightness",
	"contrast",
	"saturation",
	"hue",
	"posterize",
	"solarize",
	"autocontrast",
	"equalize",
	"sharpness",
	"blur",
	"noise",
	"jpeg",
	"erase_x",
	"erase_y",
	"erase_width",
	"erase_height",
	"key",
	"interpolation",
	"fill",
	"fill_value",
	NULL,
};

const KwTransform kw_transform_identity = {
	.zoom_x = 1,
	.zoom_y = 1,
	.crop = { 0, 0, 1, 1 },
	.brightness = 1,
	.contrast = 1,
	.saturation = 1,
	.posterize = 8,
	.solarize = 256,
	.sharpness = 1,
};

/* What a column may be: numbers from low to high, or whole ones alone. */
typedef struct {
	float low, high;
	gboolean whole;
} Limits;

/* Shifts as a policy can ask for; far within what kw_warp() takes. */
#define MAX_SHIFT 65535
/* A policy's factors and shares are no smaller. */
#define LEAST 0.001F

/* In the order of the columns. */
static const Limits limits[] = {
	{ -360, 360, FALSE },                        /* rotation */
	{ -MAX_SHIFT, MAX_SHIFT, FALSE },            /* shift_x */
	{ -MAX_SHIFT, MAX_SHIFT, FALSE },            /* shift_y */
	{ -90, 90, FALSE },                          /* shear */
	{ LEAST, 10, FALSE },                        /* zoom_x */
	{ LEAST, 10, FALSE },                        /* zoom_y */
	{ 0, 1, TRUE },                              /* flip_horizontal */
	{ 0, 1, TRUE },                              /* flip_vertical */
	{ -4, 4, FALSE },                            /* shear_x */
	{ -4, 4, FALSE },                            /* shear_y */
	{ 0, 1, FALSE },                             /* crop_x */
	{ 0, 1, FALSE },                             /* crop_y */
	{ LEAST, 1, FALSE },                         /* crop_width */
	{ LEAST, 1, FALSE },                         /* crop_height */
	{ -255, 255, FALSE },                        /* channel_shift */
	{ 0, 10, FALSE },                            /* brightness */
	{ 0, 10, FALSE },                            /* contrast */
	{ 0, 10, FALSE },                            /* saturation */
	{ -180, 180, FALSE },                        /* hue */
	{ 1, 8, TRUE },                              /* posterize */
	{ 0, 256, TRUE },                            /* solarize */
	{ 0, 1, TRUE },                              /* autocontrast */
	{ 0, 1, TRUE },                              /* equalize */
	{ 0, 10, FALSE },                            /* sharpness */
	{ 0, 100, FALSE },                           /* blur */
	{ 0, 255, FALSE },                           /* noise */
	{ 0, 100, TRUE },                            /* jpeg */
	{ 0, 1, FALSE },                             /* erase_x */
	{ 0, 1, FALSE },                             /* erase_y */
	{ 0, 1, FALSE },                             /* erase_width */
	{ 0, 1, FALSE },                             /* erase_height */
	{ 0, (1 << 24) - 1, TRUE },                  /* key */
	{ KW_BILINEAR, KW_NOHALO, TRUE },            /* interpolation */
	{ KW_FILL_NEAREST, KW_FILL_CONSTANT, TRUE }, /* fill */
	{ 0, 255, TRUE },                            /* fill_value */
};

G_STATIC_ASSERT(G_N_ELEMENTS(limits) == KW_N_TRANSFORM_COLUMNS);

static gboolean
check_column(const Limits *column, const char *name, float value,
	     GError **error)
{
	/* so that NaN is refused as well */
	if (value >= column->low && value <= column->high &&
	    (!column->whole || value == floorf(value)))
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
		    "transform: %s is %g, not a %snumber from %g to %g", name,
		    (double)value, column->whole ? "whole " : "",
		    (double)column->low, (double)column->high);
	return FALSE;
}

/* Does what begins at `start` end within the image? */
static gboolean
check_end(const char *name, float start, float size, GError **error)
{
	if ((double)start + (double)size <= 1)
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
		    "transform: %s is %g from %g on: that ends outside the "
		    "image",
		    name, (double)size, (double)start);
	return FALSE;
}

gboolean
kw_transform_check(const KwTransform *transform, int h, int w, GError **error)
{
	const KwRectangle *crop = &transform->crop, *erase = &transform->erase;
	float values[KW_N_TRANSFORM_COLUMNS];

	/* for these, all of the above is within the limits of kw_warp() */
	g_assert(h >= 1 && w >= 1 && h <= 65535 && w <= 65535);
	memcpy(values, transform, sizeof values);
	for (int i = 0; i < KW_N_TRANSFORM_COLUMNS; i++)
		if (!check_column(&limits[i], kw_transform_columns[i],
				  values[i], error))
			return FALSE;
	return check_end("crop_width", crop->x, crop->width, error) &&
	       check_end("crop_height", crop->y, crop->height, error) &&
	       check_end("erase_width", erase->x, erase->width, error) &&
	       check_end("erase_height", erase->y, erase->height, error);
}
