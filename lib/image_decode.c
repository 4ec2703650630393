#include "lib/image_decode.h"

#include <math.h>
#include <string.h>
#include <vips/vips.h>

#include "lib/image_bmp.h"
#include "lib/image_facts.h"

/* Names of our own: libvips gained clean-up functions for its types late. */
typedef VipsImage Image;
typedef VipsInterpolate Interpolate;
typedef VipsArrayDouble Doubles;
typedef VipsArrayInt Ints;

static void
doubles_free(Doubles *array)
{
	vips_area_unref(VIPS_AREA(array));
}

static void
ints_free(Ints *array)
{
	vips_area_unref(VIPS_AREA(array));
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Image, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Interpolate, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Doubles, doubles_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ints, ints_free)

/* A file on its way to pixels. */
typedef struct {
	const char *file;
	KwImageType type;
	const KwImageRequest *request;
	gboolean managed; /* use an embedded colour profile */
} Job;

typedef struct {
	int width, height;
} Size;

/* ---- opening */

/*
 * Open the file, by the loader of its type and no other, `shrink` times smaller
 * where the decoder can do that: JPEG by 1, 2, 4 or 8, WebP by any number.
 */
static Image *
open_shrunk(const Job *job, double shrink)
{
	const VipsAccess access = VIPS_ACCESS_SEQUENTIAL;
	const VipsFailOn fail_on = VIPS_FAIL_ON_TRUNCATED;
	Image *image = NULL;
	int status = -1;

	switch (job->type) {
	case KW_JPEG:
		status = vips_jpegload(job->file, &image, "access", access,
				       "fail_on", fail_on, "shrink",
				       (int)shrink, NULL);
		break;
	case KW_PNG:
		status = vips_pngload(job->file, &image, "access", access,
				      "fail_on", fail_on, NULL);
		break;
	case KW_WEBP:
		status = vips_webpload(job->file, &image, "access", access,
				       "fail_on", fail_on, "scale",
				       1.0 / shrink, NULL);
		break;
	case KW_TIFF:
		status = vips_tiffload(job->file, &image, "access", access,
				       "fail_on", fail_on, NULL);
		break;
	case KW_GIF:
		status = vips_gifload(job->file, &image, "access", access,
				      "fail_on", fail_on, NULL);
		break;
	case KW_BMP:
		return kw_bmp_open(job->file);
	case KW_HEIF:
		status = vips_heifload(job->file, &image, "access", access,
				       "fail_on", fail_on, NULL);
		break;
	}
	return status == 0 ? image : NULL;
}

/* ---- geometry; all sizes are of the photo as it is stored */

static Size
turned(Size size, gboolean swap)
{
	return swap ? (Size){ size.height, size.width } : size;
}

/*
 * The middle of an image that KW_FIT_CROP shows: the largest part of the aspect
 * of `wanted`.
 */
static Size
cropped(Size image, Size wanted)
{
	double aspect = (double)wanted.width / wanted.height;
	Size part = image;

	if (image.width > image.height * aspect)
		part.width = MAX((int)lrint(image.height * aspect), 1);
	else
		part.height = MAX((int)lrint(image.width / aspect), 1);
	return part;
}

/* The largest size of the aspect of `image` that lies within `wanted`. */
static Size
inscribed(Size image, Size wanted)
{
	double scale = MIN((double)wanted.width / image.width,
			   (double)wanted.height / image.height);
	int width = (int)lrint(image.width * scale);
	int height = (int)lrint(image.height * scale);

	return (Size){ CLAMP(width, 1, wanted.width),
		       CLAMP(height, 1, wanted.height) };
}

/*
 * How much smaller the decoder may make the image.  It averages blocks, so a
 * factor of two at least is left to the better filter.
 */
static double
decoder_shrink(KwImageType type, Size image, Size wanted)
{
	double shrink = MIN((double)image.width / wanted.width,
			    (double)image.height / wanted.height) /
			2;

	if (type == KW_WEBP)
		return MAX(shrink, 1);
	if (type == KW_JPEG)
		return shrink >= 8 ? 8 : shrink >= 4 ? 4 : shrink >= 2 ? 2 : 1;
	return 1;
}

/* ---- colours */

/*
 * What is transparent becomes white, before anything is resized: no colour of
 * an invisible pixel bleeds into its neighbours.
 */
static Image *
lay_on_white(Image *image)
{
	double white = image->BandFmt == VIPS_FORMAT_USHORT ? 65535.0 : 255.0;
	g_autoptr(Doubles) background = vips_array_double_newv(1, white);
	Image *opaque = NULL;

	if (!vips_image_hasalpha(image))
		return g_object_ref(image);
	if (vips_flatten(image, &opaque, "background", background, "max_alpha",
			 white, NULL) != 0)
		return NULL;
	return opaque;
}

/*
 * Ink to light before the resize: vips_thumbnail_image() of libvips 8.14.1
 * converts CMYK with a generic profile even where the photo has its own.
 */
static Image *
ink_to_light(Image *image, const Job *job)
{
	Image *light = NULL;

	if (!job->managed || image->Type != VIPS_INTERPRETATION_CMYK)
		return g_object_ref(image);
	if (vips_icc_transform(image, &light, "srgb", "embedded", TRUE,
			       "input_profile", "cmyk", NULL) != 0)
		return NULL;
	return light;
}

/* Any colour space to bytes of red, green and blue. */
static Image *
convert_colours(Image *image)
{
	g_autoptr(Image) colour = NULL;
	g_autoptr(Image) opaque = NULL;
	g_autoptr(Image) bands = NULL;
	Image *bytes = NULL;

	if (image->Type == VIPS_INTERPRETATION_sRGB && image->Bands == 3 &&
	    image->BandFmt == VIPS_FORMAT_UCHAR)
		return g_object_ref(image);
	if (vips_colourspace(image, &colour, VIPS_INTERPRETATION_sRGB, NULL) !=
	    0)
		return NULL;
	opaque = lay_on_white(colour);
	if (opaque == NULL ||
	    vips_extract_band(opaque, &bands, 0, "n", 3, NULL) != 0 ||
	    vips_cast_uchar(bands, &bytes, NULL) != 0)
		return NULL;
	return bytes;
}

/*
 * Luma of ITU-R BT.601, in the fixed point of Pillow's mode L, and so of
 * Keras's grayscale; libvips's own gray is the luminance of linear light.
 */
static void
to_gray(guint8 *gray, const guint8 *colours, gsize n)
{
	for (gsize i = 0; i < n; i++, colours += 3)
		gray[i] = (guint8)((colours[0] * 19595u + colours[1] * 38470u +
				    colours[2] * 7471u + 0x8000u) >>
				   16);
}

/* ---- sizes */

static Image *
crop(Image *image, const Job *job, gboolean swap)
{
	Size all = { image->Xsize, image->Ysize };
	Size wanted = { job->request->width, job->request->height };
	Size part = cropped(all, turned(wanted, swap));
	Image *middle = NULL;

	if (job->request->fit != KW_FIT_CROP)
		return g_object_ref(image);
	if (vips_extract_area(image, &middle, (all.width - part.width) / 2,
			      (all.height - part.height) / 2, part.width,
			      part.height, NULL) != 0)
		return NULL;
	return middle;
}

/*
 * Upright, and no larger than `size` along either axis.  libvips honours an
 * embedded profile only when it is told of the other end; where there is none,
 * telling it costs time and shifts the colours.
 */
static Image *
shrink_upright(Image *image, const Job *job, Size size, gboolean swap)
{
	Size now = turned((Size){ image->Xsize, image->Ysize }, swap);
	const char *profile =
		job->managed && vips_image_get_typeof(image,
						      VIPS_META_ICC_NAME) != 0
			? "srgb"
			: NULL;
	Image *small = NULL;

	if (vips_thumbnail_image(image, &small, MIN(size.width, now.width),
				 "height", MIN(size.height, now.height), "size",
				 VIPS_SIZE_FORCE, "export_profile", profile,
				 NULL) != 0)
		return NULL;
	return small;
}

/*
 * vips_resize() of libvips 8.14.1 shifts what it enlarges by half a pixel; here
 * output x is input (x + 0.5)/s - 0.5.
 */
static Image *
enlarge(Image *image, Size size)
{
	g_autoptr(Interpolate) bicubic = vips_interpolate_new("bicubic");
	g_autoptr(Ints) area =
		vips_array_int_newv(4, 0, 0, size.width, size.height);
	Image *large = NULL;

	if (image->Xsize == size.width && image->Ysize == size.height)
		return g_object_ref(image);
	if (bicubic == NULL ||
	    vips_affine(image, &large, (double)size.width / image->Xsize, 0.0,
			0.0, (double)size.height / image->Ysize, "interpolate",
			bicubic, "oarea", area, "idx", 0.5, "idy", 0.5, "odx",
			-0.5, "ody", -0.5, "extend", VIPS_EXTEND_COPY,
			NULL) != 0)
		return NULL;
	return large;
}

/* Black on two sides, if there is room. */
static Image *
pad(Image *image, Size size)
{
	Image *padded = NULL;

	if (image->Xsize == size.width && image->Ysize == size.height)
		return g_object_ref(image);
	if (vips_embed(image, &padded, (size.width - image->Xsize) / 2,
		       (size.height - image->Ysize) / 2, size.width,
		       size.height, NULL) != 0)
		return NULL;
	return padded;
}

/* ---- all of it */

/* This is where libvips decodes: until here it has only planned. */
static gboolean
render(Image *image, const KwImageRequest *r, guint8 *pixels)
{
	gsize n = (gsize)r->height * (gsize)r->width;
	size_t size = 0;
	g_autofree guint8 *rendered = vips_image_write_to_memory(image, &size);

	if (rendered == NULL || size != n * 3)
		return FALSE;
	if (r->channels == 1)
		to_gray(pixels, rendered, n);
	else
		memcpy(pixels, rendered, n * 3);
	return TRUE;
}

/* From the opened, perhaps shrunk file to pixels. */
static gboolean
transform(Image *opened, const Job *job, Size upright, gboolean swap,
	  guint8 *pixels)
{
	const KwImageRequest *r = job->request;
	const Size wanted = { r->width, r->height };
	const Size size =
		r->fit == KW_FIT_PAD ? inscribed(upright, wanted) : wanted;
	g_autoptr(Image) middle = crop(opened, job, swap);
	g_autoptr(Image) opaque = NULL;
	g_autoptr(Image) light = NULL;
	g_autoptr(Image) small = NULL;
	g_autoptr(Image) bytes = NULL;
	g_autoptr(Image) large = NULL;
	g_autoptr(Image) padded = NULL;

	return middle != NULL && (opaque = lay_on_white(middle)) != NULL &&
	       (light = ink_to_light(opaque, job)) != NULL &&
	       (small = shrink_upright(light, job, size, swap)) != NULL &&
	       (bytes = convert_colours(small)) != NULL &&
	       (large = enlarge(bytes, size)) != NULL &&
	       (padded = pad(large, wanted)) != NULL &&
	       render(padded, r, pixels);
}

/* `opened` is the file at full size, nothing of it decoded yet. */
static gboolean
attempt(Image *opened, const Job *job, guint8 *pixels)
{
	const KwImageRequest *r = job->request;
	gboolean swap = vips_image_get_orientation_swap(opened);
	Size stored = { opened->Xsize, opened->Ysize };
	Size wanted = turned((Size){ r->width, r->height }, swap);
	Size part = r->fit == KW_FIT_CROP ? cropped(stored, wanted) : stored;
	Size size = r->fit == KW_FIT_PAD ? inscribed(stored, wanted) : wanted;
	double shrink = decoder_shrink(job->type, part, size);
	g_autoptr(Image) image =
		shrink > 1 ? open_shrunk(job, shrink) : g_object_ref(opened);

	return image != NULL &&
	       transform(image, job, turned(stored, swap), swap, pixels);
}

/*
 * Does the decoder keep all of the photo in memory?  All but the plain JPEG
 * decoder may.
 */
static gboolean
is_heavy(Image *opened, KwImageType type)
{
	enum { MANY_PIXELS = 50000000 };

	return (gint64)opened->Xsize * opened->Ysize > MANY_PIXELS &&
	       (type != KW_JPEG ||
		vips_image_get_typeof(opened, "jpeg-multiscan") != 0);
}

/*
 * A profile that does not fit the photo is no reason to lose it.  What is
 * decoded row by row cannot be begun again, hence the second opening.
 */
static gboolean
attempt_both(Image *opened, Job *job, guint8 *pixels)
{
	g_autoptr(Image) again = NULL;

	job->managed = opened->Type == VIPS_INTERPRETATION_CMYK ||
		       vips_image_get_typeof(opened, VIPS_META_ICC_NAME) != 0;
	if (attempt(opened, job, pixels))
		return TRUE;
	if (!job->managed)
		return FALSE;
	job->managed = FALSE;
	again = open_shrunk(job, 1);
	return again != NULL && attempt(again, job, pixels);
}

KwDecoding
kw_image_decode(const char *file, KwImageType type,
		const KwImageRequest *request, guint8 *pixels,
		KwPhotoFacts *facts)
{
	/* Several such photos at a time could be too much for the memory. */
	static GMutex heavy;
	Job job = { .file = file, .type = type, .request = request };
	g_autoptr(Image) opened = open_shrunk(&job, 1);
	gboolean ok;

	if (opened == NULL)
		return KW_UNDECODED;
	kw_image_facts(opened, facts);
	if ((guint64)opened->Xsize * (guint64)opened->Ysize >
	    request->max_pixels)
		return KW_TOO_LARGE;
	if (is_heavy(opened, type)) {
		g_mutex_lock(&heavy);
		ok = attempt_both(opened, &job, pixels);
		g_mutex_unlock(&heavy);
	} else {
		ok = attempt_both(opened, &job, pixels);
	}
	return ok ? KW_DECODED : KW_UNDECODED;
}
