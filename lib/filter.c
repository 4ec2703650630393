#include "kw/filter.h"

#include <math.h>
#include <string.h>
#include <vips/vips.h>

#include "kw/alloc.h"
#include "kw/error.h"
#include "lib/vips_error.h"

/* A name of our own: libvips gained clean-up functions for its types late. */
typedef VipsImage Picture;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Picture, g_object_unref)

/* ---- blur */

/*
 * Not vips_gaussblur(): it is up to 88 levels off with its defaults, and with
 * arguments that make it exact takes 10 times as long and e^x from the C
 * library.  Here all is integers of 16 bits: weights sum up to 2^14, levels
 * between the passes have 6 more bits, and two of them still add up without
 * overflow.
 */
enum { WEIGHT_BITS = 14, LEVEL_BITS = 6 };
enum { MAX_SIGMA = 100, MAX_RADIUS = 4 * MAX_SIGMA };

/* Weights of the middle and its neighbours on either side, up to a radius. */
typedef struct {
	int radius;
	gint16 weights[MAX_RADIUS + 1];
} Kernel;

/* e^-x, x >= 0; the last bits of the C library's depend on the processor. */
static double
exp_minus(double x)
{
	int n_halved = 0;
	double sum = 1, term = 1;

	for (; x > 0.125; n_halved++)
		x /= 2;
	for (int i = 1; i <= 10; i++) {
		term *= -x / i;
		sum += term;
	}
	for (; n_halved > 0; n_halved--)
		sum *= sum;
	return sum;
}

/*
 * A Gaussian, cut off at 4 sigma.  Not the weights are rounded but their sums
 * from the far end, so that the errors of neighbours cancel.
 */
static void
kernel_init(Kernel *kernel, double sigma)
{
	int radius = (int)(4 * sigma + 0.5), above = 0;
	double exact[MAX_RADIUS + 1] = { 1 }, total = 1, sum = 0;
	/* e^(-i^2 / 2 sigma^2), from one i to the next */
	double ratio = radius == 0 ? 0 : exp_minus(0.5 / (sigma * sigma));
	double step = ratio;

	for (int i = 1; i <= radius; i++) {
		exact[i] = exact[i - 1] * step;
		step *= ratio * ratio;
		total += 2 * exact[i];
	}
	kernel->radius = 0;
	for (int i = radius; i > 0; i--) {
		int rounded;

		sum += exact[i] / total;
		rounded = (int)floor(ldexp(sum, WEIGHT_BITS) + 0.5);
		kernel->weights[i] = (gint16)(rounded - above);
		above = rounded;
		if (kernel->radius == 0 && above > 0)
			kernel->radius = i;
	}
	kernel->weights[0] = (gint16)((1 << WEIGHT_BITS) - 2 * above);
}

static inline void
add_weighted(gint32 *sums, const gint16 *a, const gint16 *b, gint16 weight,
	     gsize n)
{
	for (gsize i = 0; i < n; i++)
		sums[i] += weight * (gint16)(a[i] + b[i]);
}

static inline void
start_sums(gint32 *sums, const gint16 *middle, gint16 weight, gint32 half,
	   gsize n)
{
	for (gsize i = 0; i < n; i++)
		sums[i] = half + weight * middle[i];
}

/* From h x w x c bytes to levels blurred along the rows. */
static void
blur_rows(gint16 *levels, const guint8 *pixels, int h, int w, int c,
	  const Kernel *kernel, gint16 *padded, gint32 *sums)
{
	gsize n = (gsize)w * c, margin = (gsize)kernel->radius * c;

	for (int y = 0; y < h; y++, pixels += n, levels += n) {
		for (gsize i = 0; i < n; i++)
			padded[margin + i] = (gint16)(pixels[i] << LEVEL_BITS);
		for (gsize i = margin; i > 0; i--)
			padded[i - 1] = padded[i - 1 + c];
		for (gsize i = margin + n; i < 2 * margin + n; i++)
			padded[i] = padded[i - c];
		start_sums(sums, padded + margin, kernel->weights[0],
			   1 << (WEIGHT_BITS - 1), n);
		for (int i = 1; i <= kernel->radius; i++)
			add_weighted(sums, padded + margin - (gsize)i * c,
				     padded + margin + (gsize)i * c,
				     kernel->weights[i], n);
		for (gsize i = 0; i < n; i++)
			levels[i] = (gint16)(sums[i] >> WEIGHT_BITS);
	}
}

/* From levels to bytes blurred along the columns. */
static void
blur_columns(guint8 *pixels, const gint16 *levels, int h, gsize n,
	     const Kernel *kernel, gint32 *sums)
{
	for (int y = 0; y < h; y++, pixels += n) {
		start_sums(sums, levels + y * n, kernel->weights[0],
			   1 << (WEIGHT_BITS + LEVEL_BITS - 1), n);
		for (int i = 1; i <= kernel->radius; i++)
			add_weighted(sums, levels + MAX(y - i, 0) * n,
				     levels + MIN(y + i, h - 1) * n,
				     kernel->weights[i], n);
		for (gsize i = 0; i < n; i++)
			pixels[i] =
				(guint8)(sums[i] >> (WEIGHT_BITS + LEVEL_BITS));
	}
}

gboolean
kw_filter_blur(guint8 *pixels, int h, int w, int c, float sigma, GError **error)
{
	gsize n = (gsize)w * c;
	g_autofree gint16 *levels = NULL, *padded = NULL;
	g_autofree gint32 *sums = NULL;
	Kernel kernel;

	g_assert(sigma >= 0 && sigma <= MAX_SIGMA);
	kernel_init(&kernel, sigma);
	if (kernel.radius == 0)
		return TRUE;
	levels = kw_alloc(h * n, sizeof *levels, "a blurred image", error);
	if (levels == NULL)
		return FALSE;
	padded = kw_alloc(n + 2 * (gsize)kernel.radius * c, sizeof *padded,
			  "a row of an image", error);
	if (padded == NULL)
		return FALSE;
	sums = kw_alloc(n, sizeof *sums, "a row of an image", error);
	if (sums == NULL)
		return FALSE;
	blur_rows(levels, pixels, h, w, c, &kernel, padded, sums);
	blur_columns(pixels, levels, h, n, &kernel, sums);
	return TRUE;
}

/* ---- sharpness */

/* All but the ends of a row that has one above and below. */
static void
sharpen_row(guint8 *pixels, const guint8 *row, gsize stride, gsize c,
	    float factor)
{
	for (gsize i = c; i + c < stride; i++) {
		const guint8 *p = row + i, *up = p - stride, *down = p + stride;
		int sum = up[-(gssize)c] + up[0] + up[c] + p[-(gssize)c] +
			  5 * p[0] + p[c] + down[-(gssize)c] + down[0] +
			  down[c];
		int smooth = (2 * sum + 13) / 26;
		float level = (float)smooth + factor * (float)(p[0] - smooth);

		pixels[i] = (guint8)CLAMP(level, 0, 255);
	}
}

gboolean
kw_filter_sharpness(guint8 *pixels, int h, int w, int c, float factor,
		    GError **error)
{
	gsize stride = (gsize)w * c;
	g_autofree guint8 *copy = NULL;

	g_assert(factor >= 0 && factor <= 10);
	copy = kw_alloc(h, stride, "a copy of an image", error);
	if (copy == NULL)
		return FALSE;
	memcpy(copy, pixels, h * stride);
	for (int y = 1; y < h - 1; y++)
		sharpen_row(pixels + y * stride, copy + y * stride, stride, c,
			    factor);
	return TRUE;
}

/* ---- JPEG artefacts */

/* Free the bytes with g_free(); NULL: see vips_error_buffer(). */
static void *
jpeg_encode(const guint8 *pixels, int h, int w, int c, int quality, gsize *size)
{
	g_autoptr(Picture) bare = vips_image_new_from_memory(
		pixels, (gsize)h * w * c, w, h, c, VIPS_FORMAT_UCHAR);
	g_autoptr(Picture) picture = NULL;
	void *jpeg = NULL;

	/* Bare memory is of no colour space, for which encoders guess. */
	if (bare == NULL ||
	    vips_copy(bare, &picture, "interpretation",
		      c == 1 ? VIPS_INTERPRETATION_B_W
			     : VIPS_INTERPRETATION_sRGB,
		      NULL) != 0 ||
	    vips_jpegsave_buffer(picture, &jpeg, size, "Q", quality, NULL) != 0)
		return NULL;
	return jpeg;
}

/* Free the pixels with g_free(); NULL: see vips_error_buffer(). */
static guint8 *
jpeg_decode(void *jpeg, gsize jpeg_size, gsize *size)
{
	g_autoptr(Picture) picture = NULL;

	if (vips_jpegload_buffer(jpeg, jpeg_size, &picture, NULL) != 0)
		return NULL;
	return vips_image_write_to_memory(picture, size);
}

gboolean
kw_filter_jpeg(guint8 *pixels, int h, int w, int c, int quality, GError **error)
{
	g_autofree void *jpeg = NULL;
	g_autofree guint8 *decoded = NULL;
	gsize jpeg_size = 0, size = 0;

	g_assert(quality >= 1 && quality <= 100);
	jpeg = jpeg_encode(pixels, h, w, c, quality, &jpeg_size);
	if (jpeg != NULL)
		decoded = jpeg_decode(jpeg, jpeg_size, &size);
	if (decoded == NULL) {
		kw_vips_error(error, "cannot give an image JPEG artefacts");
		return FALSE;
	}
	g_assert(size == (gsize)h * w * c);
	memcpy(pixels, decoded, size);
	return TRUE;
}
