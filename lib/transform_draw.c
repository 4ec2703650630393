#include "kw/transform.h"

#include <math.h>

#include "kw/random.h"
#include "lib/policy_keys.h"

/* Numbers of the draws; a format detail, see kw-dataset(5). */
enum {
	DRAW_ROTATION,
	DRAW_SHIFT_Y,
	DRAW_SHIFT_X,
	DRAW_SHEAR,
	DRAW_ZOOM_X,
	DRAW_ZOOM_Y,
	DRAW_FLIP_HORIZONTAL,
	DRAW_FLIP_VERTICAL,
	DRAW_CROP, /* area, aspect, x, y */
	DRAW_SHEAR_X = DRAW_CROP + 4,
	DRAW_SHEAR_Y,
	DRAW_CHANNEL_SHIFT,
	DRAW_BRIGHTNESS,
	DRAW_CONTRAST,
	DRAW_SATURATION,
	DRAW_HUE,
	DRAW_POSTERIZE,
	DRAW_SOLARIZE,
	DRAW_AUTOCONTRAST,
	DRAW_EQUALIZE,
	DRAW_SHARPNESS,
	DRAW_BLUR,
	DRAW_NOISE,
	DRAW_JPEG,
	DRAW_ERASE_COIN,
	DRAW_ERASE, /* area, aspect, x, y */
	DRAW_KEY = DRAW_ERASE + 4,
	DRAW_CHOICE,
};

G_STATIC_ASSERT(DRAW_CHOICE == 33);

/* Shapes of rectangles: share of the area, and logarithms of their aspect. */
typedef struct {
	KwRange area, log_aspect;
} Shapes;

/* RandomResizedCrop of torchvision, after Szegedy et al. 2014: 3/4 to 4/3 */
static const KwRange crop_log_aspect = { -0.28768207245178092744,
					 0.28768207245178092744 };

/* Zhong et al. 2020, and RandomErasing of torchvision: aspects 0.3 to 3.3 */
static const Shapes erase_shapes = {
	.area = { 0.02, 0.33 },
	.log_aspect = { -1.2039728043259359926, 1.1939224684724345513 },
};

/* Uniform in -range..range. */
static float
draw_around(const KwRandomKey *key, guint16 draw, double range)
{
	return (float)kw_random_between(key, draw, -range, range);
}

static double
draw_within(const KwRandomKey *key, guint16 draw, KwRange range)
{
	return kw_random_between(key, draw, range.low, range.high);
}

static float
draw_range(const KwRandomKey *key, guint16 draw, KwRange range)
{
	return (float)draw_within(key, draw, range);
}

/* Uniform in the range, then rounded: its ends have half of a chance. */
static float
draw_whole(const KwRandomKey *key, guint16 draw, KwRange range)
{
	return (float)floor(draw_within(key, draw, range) + 0.5);
}

/* 1 with this probability. */
static float
draw_coin(const KwRandomKey *key, guint16 draw, double probability)
{
	return kw_random_uniform(key, draw) < probability ? 1.0F : 0.0F;
}

/* A shift of the policy in pixels. */
static double
shift_pixels(double shift, int size)
{
	return shift < 1 ? shift * size : shift;
}

/*
 * e^x for |x| <= 1.25 from basic arithmetic alone, as the C library chooses its
 * routine by CPU.  The first term that Taylor's series leaves out is below
 * 1e-24; rounding leaves a relative error below 1e-15.
 */
static double
exponential(double x)
{
	double e = 1;

	for (int k = 24; k > 0; k--)
		e = 1 + e * x / k;
	return e;
}

/* Where a side of this length begins: uniform, and it ends at 1 at most. */
static float
draw_place(const KwRandomKey *key, guint16 draw, float length)
{
	float place =
		(float)(kw_random_uniform(key, draw) * (1 - (double)length));

	/* only rounding to float32 can lead out, by one step of it */
	if ((double)place + (double)length > 1)
		place = nextafterf(place, 0);
	return place;
}

/*
 * A rectangle of the area that draw `first` gives, as wide to its height as
 * the next one says but no wider or higher than the image, at the place of the
 * next two.
 */
static KwRectangle
draw_rectangle(const KwRandomKey *key, guint16 first, const Shapes *shapes)
{
	double area = draw_within(key, first, shapes->area);
	double aspect =
		exponential(draw_within(key, first + 1, shapes->log_aspect));
	KwRectangle rectangle;

	aspect = CLAMP(aspect, area, 1 / area);
	rectangle.width = MIN((float)sqrt(area * aspect), 1.0F);
	rectangle.height = MIN((float)sqrt(area / aspect), 1.0F);
	rectangle.x = draw_place(key, first + 2, rectangle.width);
	rectangle.y = draw_place(key, first + 3, rectangle.height);
	return rectangle;
}

static void
draw_geometry(KwTransform *t, const KwRandomKey *key, const KwPolicy *policy,
	      int h, int w)
{
	const Shapes crop = { policy->crop, crop_log_aspect };

	t->rotation = draw_around(key, DRAW_ROTATION, policy->rotation);
	t->shift_x = draw_around(key, DRAW_SHIFT_X,
				 shift_pixels(policy->width_shift, w));
	t->shift_y = draw_around(key, DRAW_SHIFT_Y,
				 shift_pixels(policy->height_shift, h));
	t->shear = draw_around(key, DRAW_SHEAR, policy->shear);
	t->shear_x = draw_around(key, DRAW_SHEAR_X, policy->shear_x);
	t->shear_y = draw_around(key, DRAW_SHEAR_Y, policy->shear_y);
	t->zoom_x = draw_range(key, DRAW_ZOOM_X, policy->zoom);
	t->zoom_y = policy->zoom_uniform
			    ? t->zoom_x
			    : draw_range(key, DRAW_ZOOM_Y, policy->zoom);
	t->flip_horizontal = draw_coin(key, DRAW_FLIP_HORIZONTAL,
				       policy->horizontal_flip ? 0.5 : 0);
	t->flip_vertical = draw_coin(key, DRAW_FLIP_VERTICAL,
				     policy->vertical_flip ? 0.5 : 0);
	t->crop = draw_rectangle(key, DRAW_CROP, &crop);
}

static void
draw_colours(KwTransform *t, const KwRandomKey *key, const KwPolicy *policy)
{
	t->channel_shift =
		draw_around(key, DRAW_CHANNEL_SHIFT, policy->channel_shift);
	t->brightness = draw_range(key, DRAW_BRIGHTNESS, policy->brightness);
	t->contrast = draw_range(key, DRAW_CONTRAST, policy->contrast);
	t->saturation = draw_range(key, DRAW_SATURATION, policy->saturation);
	t->hue = draw_around(key, DRAW_HUE, policy->hue);
	t->posterize = draw_whole(key, DRAW_POSTERIZE, policy->posterize);
	t->solarize = draw_whole(key, DRAW_SOLARIZE, policy->solarize);
	t->autocontrast =
		draw_coin(key, DRAW_AUTOCONTRAST, policy->autocontrast);
	t->equalize = draw_coin(key, DRAW_EQUALIZE, policy->equalize);
	t->sharpness = draw_range(key, DRAW_SHARPNESS, policy->sharpness);
}

static void
draw_damage(KwTransform *t, const KwRandomKey *key, const KwPolicy *policy)
{
	const KwRange blur = { 0, policy->blur }, noise = { 0, policy->noise };

	t->blur = draw_range(key, DRAW_BLUR, blur);
	t->noise = draw_range(key, DRAW_NOISE, noise);
	t->jpeg = draw_whole(key, DRAW_JPEG, policy->jpeg);
	if (draw_coin(key, DRAW_ERASE_COIN, policy->erase) != 0)
		t->erase = draw_rectangle(key, DRAW_ERASE, &erase_shapes);
	if (t->noise != 0 || t->erase.width != 0)
		t->key = (float)(kw_random_u64(key, DRAW_KEY) >> 40);
}

KwTransform
kw_transform_draw(const KwPolicy *policy, guint64 seed, guint64 record_id,
		  gint32 copy, int h, int w)
{
	const KwRandomKey key = {
		.seed = seed,
		.subject = record_id,
		.round = (guint32)copy,
		.purpose = KW_PURPOSE_TRANSFORM,
	};
	KwTransform transform = {
		.interpolation = (float)policy->interpolate,
		.fill = (float)policy->fill,
		.fill_value = policy->fill_value,
	};
	KwPolicy chosen;

	if (policy->choose_one) {
		chosen = kw_policy_choose(policy,
					  kw_random_uniform(&key, DRAW_CHOICE));
		policy = &chosen;
	}
	draw_geometry(&transform, &key, policy, h, w);
	draw_colours(&transform, &key, policy);
	draw_damage(&transform, &key, policy);
	return transform;
}
