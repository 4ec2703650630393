#include <string.h>

#include "kw/alloc.h"
#include "kw/colour.h"
#include "kw/transform.h"

struct KwTransformer {
	int h, w, c;
	const guint8 *pixels; /* of the original; borrowed */
	KwWarpSource *source; /* them, once a copy has been warped */
	gboolean packed;
};

KwTransformer *
kw_transformer_new(int h, int w, int c, GError **error)
{
	g_autoptr(KwTransformer) t = g_new0(KwTransformer, 1);

	t->h = h;
	t->w = w;
	t->c = c;
	t->source = kw_warp_source_new(h, w, c, error);
	return t->source != NULL ? g_steal_pointer(&t) : NULL;
}

void
kw_transformer_free(KwTransformer *t)
{
	if (t == NULL)
		return;
	kw_warp_source_free(t->source);
	g_free(t);
}

void
kw_transformer_set(KwTransformer *t, const guint8 *pixels)
{
	t->pixels = pixels;
	t->packed = FALSE;
}

/* ---- geometry */

static gboolean
is_identity(const KwAffine *map)
{
	return map->xx == 1 && map->xy == 0 && map->x0 == 0 && map->yx == 0 &&
	       map->yy == 1 && map->y0 == 0;
}

static gboolean
warp(KwTransformer *t, const KwTransform *transform, guint8 *dst,
     GError **error)
{
	const KwAffine map = kw_transform_map(transform, t->h, t->w);
	const KwFill fill = (KwFill)transform->fill;
	const guint8 constant = (guint8)transform->fill_value;
	const KwInterpolation how = (KwInterpolation)transform->interpolation;

	if (is_identity(&map)) {
		memcpy(dst, t->pixels,
		       (gsize)t->h * (gsize)t->w * (gsize)t->c);
		return TRUE;
	}
	if (how != KW_BILINEAR)
		return kw_filter_warp(dst, t->pixels, t->h, t->w, t->c, &map,
				      how, fill, constant, error);
	if (!t->packed)
		kw_warp_source_set(t->source, t->pixels);
	t->packed = TRUE;
	kw_warp(dst, t->source, &map, fill, constant);
	return TRUE;
}

/* ---- colours: each only where it changes something */

static void
colour(const KwTransform *t, guint8 *pixels, gsize n, int c)
{
	if (t->channel_shift != 0)
		kw_colour_channel_shift(pixels, n, c, t->channel_shift);
	if (t->brightness != 1)
		kw_colour_brightness(pixels, n, c, t->brightness);
	if (t->contrast != 1)
		kw_colour_contrast(pixels, n, c, t->contrast);
	if (t->saturation != 1)
		kw_colour_saturation(pixels, n, c, t->saturation);
	if (t->hue != 0)
		kw_colour_hue(pixels, n, c, t->hue);
	if (t->posterize < 8)
		kw_colour_posterize(pixels, n, c, (int)t->posterize);
	if (t->solarize < 256)
		kw_colour_solarize(pixels, n, c, (int)t->solarize);
	if (t->autocontrast != 0)
		kw_colour_autocontrast(pixels, n, c);
	if (t->equalize != 0)
		kw_colour_equalize(pixels, n, c);
}

/* ---- what a poor camera does */

static gboolean
damage(const KwTransform *t, guint8 *pixels, int h, int w, int c,
       GError **error)
{
	const gsize n = (gsize)h * (gsize)w * (gsize)c;

	if (t->sharpness != 1 &&
	    !kw_filter_sharpness(pixels, h, w, c, t->sharpness, error))
		return FALSE;
	if (t->blur != 0 && !kw_filter_blur(pixels, h, w, c, t->blur, error))
		return FALSE;
	if (t->noise != 0)
		kw_noise_add(pixels, n, t->noise, (guint32)t->key);
	if (t->jpeg != 0 &&
	    !kw_filter_jpeg(pixels, h, w, c, (int)t->jpeg, error))
		return FALSE;
	if (t->erase.width != 0 && t->erase.height != 0)
		kw_noise_erase(pixels, h, w, c, &t->erase, (guint32)t->key);
	return TRUE;
}

gboolean
kw_transformer_apply(KwTransformer *t, const KwTransform *transform,
		     guint8 *dst, GError **error)
{
	g_assert(t->pixels != NULL);
	if (!warp(t, transform, dst, error))
		return FALSE;
	colour(transform, dst, (gsize)t->h * (gsize)t->w, t->c);
	return damage(transform, dst, t->h, t->w, t->c, error);
}
