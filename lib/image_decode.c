#include "lib/image_decode.h"

#include <sys/stat.h>
#include <vips/vips.h>

#include "kw/alloc.h"
#include "kw/error.h"
#include "lib/image_bmp.h"
#include "lib/image_facts.h"
#include "lib/image_fit.h"
#include "lib/image_rows.h"

/* Names of our own: libvips gained clean-up functions for its types late. */
typedef VipsImage Image;
typedef VipsArrayDouble Doubles;

static void
doubles_free(Doubles *array)
{
	vips_area_unref(VIPS_AREA(array));
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Image, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Doubles, doubles_free)

/* Larger JPEG files are not for libjpeg, which gets them as a whole. */
enum { MOST_BYTES = 64 << 20 };

/* What no camera makes, and a resampler would need much memory for. */
enum { LONGEST_SIDE = 65535 };

/* A file on its way to pixels. */
typedef struct {
	const char *file;
	KwImageType type;
	const KwImageRequest *request;
	gboolean managed;   /* use an embedded colour profile */
	gboolean no_memory; /* the reason why it failed */
} Job;

/* ---- opening */

/*
 * Open the file, by the loader of its type and no other, `shrink` times smaller
 * where the decoder can do that: JPEG by 1, 2, 4 or 8, WebP by any number.
 */
static Image *
open_shrunk(const Job *job, double shrink)
{
	const VipsAccess access = VIPS_ACCESS_SEQUENTIAL;
	/* Later versions use PNG data of a wrong checksum unless told. */
	const VipsFailOn fail_on = job->type == KW_PNG ? VIPS_FAIL_ON_ERROR
						       : VIPS_FAIL_ON_TRUNCATED;
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

/* ---- sizes */

/*
 * The same part of an image that the decoder made smaller.  By an eighth, say,
 * the last column may stand for less than the others.
 */
static void
scale_box(KwBox *box, double x, double y)
{
	box->left *= x;
	box->width *= x;
	box->top *= y;
	box->height *= y;
}

/*
 * How much smaller the decoder may make the image.  It averages blocks, so a
 * factor of two at least is left to the better filter.
 */
static double
decoder_shrink(KwImageType type, const KwBox *box, KwSize size)
{
	double shrink =
		MIN(box->width / size.width, box->height / size.height) / 2;

	if (type == KW_WEBP)
		return MAX(shrink, 1);
	if (type == KW_JPEG)
		return shrink >= 8 ? 8 : shrink >= 4 ? 4 : shrink >= 2 ? 2 : 1;
	return 1;
}

/* ---- colours */

static gboolean
has_profile(Image *image)
{
	return vips_image_get_typeof(image, VIPS_META_ICC_NAME) != 0;
}

/* Bytes of red, green and blue, or of gray; perhaps with alpha. */
static gboolean
is_plain(Image *image)
{
	return image->BandFmt == VIPS_FORMAT_UCHAR &&
	       (image->Type == VIPS_INTERPRETATION_sRGB ||
		image->Type == VIPS_INTERPRETATION_B_W);
}

/*
 * Any colour space to plain bytes.  By the profile of a photo here only where
 * its colours are not plain: what is can be resampled first and converted when
 * it is small.
 */
static Image *
convert_colours(Image *image, const Job *job)
{
	gboolean ink = image->Type == VIPS_INTERPRETATION_CMYK;
	Image *plain = NULL;
	int status;

	if (is_plain(image))
		return g_object_ref(image);
	if (job->managed && (ink || has_profile(image)))
		status = vips_icc_transform(image, &plain, "srgb", "embedded",
					    TRUE, "input_profile",
					    ink ? "cmyk" : "srgb", "depth", 8,
					    NULL);
	else
		status = vips_colourspace(image, &plain,
					  image->Bands < 3
						  ? VIPS_INTERPRETATION_B_W
						  : VIPS_INTERPRETATION_sRGB,
					  NULL);
	return status == 0 ? plain : NULL;
}

/*
 * What is transparent becomes white, before anything is resampled: no colour of
 * an invisible pixel bleeds into its neighbours.
 */
static Image *
lay_on_white(Image *image)
{
	g_autoptr(Doubles) white = vips_array_double_newv(1, 255.0);
	Image *opaque = NULL;

	if (!vips_image_hasalpha(image))
		return g_object_ref(image);
	if (vips_flatten(image, &opaque, "background", white, NULL) != 0)
		return NULL;
	return opaque;
}

/* One or three bytes a pixel, whatever the file has. */
static Image *
take_channels(Image *image)
{
	g_autoptr(Image) bands = NULL;
	Image *bytes = NULL;
	int n = image->Bands < 3 ? 1 : 3;

	if (image->Bands == n && image->BandFmt == VIPS_FORMAT_UCHAR)
		return g_object_ref(image);
	if (vips_extract_band(image, &bands, 0, "n", n, NULL) != 0 ||
	    vips_cast_uchar(bands, &bytes, NULL) != 0)
		return NULL;
	return bytes;
}

/* ---- pixels */

/*
 * Resample the box of the rows, all of which are read: what is behind the box
 * may be damaged as well.
 */
static gboolean
resample(KwRows *rows, Job *job, const KwBox *box, KwSize size, guint8 *pixels)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(KwResampler) r =
		kw_resampler_new(pixels, size.height, size.width, rows->height,
				 rows->width, rows->bands, box, &error);
	int top, bottom, left, right;

	if (r == NULL) {
		job->no_memory = TRUE;
		return FALSE;
	}
	kw_resampler_needs(r, &top, &bottom, &left, &right);
	for (int y = 0; y < rows->height; y += KW_RESAMPLE_ROWS) {
		int end = MIN(y + KW_RESAMPLE_ROWS, rows->height);
		int from = MAX(y, top), to = MIN(end, bottom);
		gsize stride;
		const guint8 *strip = kw_rows_next(rows, end - y, &stride);

		if (strip == NULL)
			return FALSE;
		if (from < to)
			kw_resampler_push(r,
					  strip + (gsize)(from - y) * stride +
						  (gsize)left *
							  (gsize)rows->bands,
					  stride, to - from);
	}
	return TRUE;
}

/*
 * What costs less on a small image: use the profile of a photo whose colours
 * were plain all along, and turn it upright.  Borrows the pixels.
 */
static Image *
finish_small(const guint8 *pixels, KwSize size, Image *source, gboolean manage)
{
	g_autoptr(Image) bare = vips_image_new_from_memory(
		pixels,
		(gsize)size.width * (gsize)size.height * (gsize)source->Bands,
		size.width, size.height, source->Bands, VIPS_FORMAT_UCHAR);
	g_autoptr(Image) image = NULL;
	g_autoptr(Image) managed = NULL;
	Image *upright = NULL;
	const void *profile;
	size_t length;

	if (bare == NULL ||
	    vips_copy(bare, &image, "interpretation", source->Type, NULL) != 0)
		return NULL;
	vips_image_set_int(image, VIPS_META_ORIENTATION,
			   vips_image_get_orientation(source));
	if (!manage) {
		managed = g_object_ref(image);
	} else {
		if (vips_image_get_blob(source, VIPS_META_ICC_NAME, &profile,
					&length) != 0)
			return NULL;
		vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, profile,
					 length);
		if (vips_icc_transform(image, &managed, "srgb", "embedded",
				       TRUE, NULL) != 0)
			return NULL;
	}
	return vips_autorot(managed, &upright, NULL) == 0 ? upright : NULL;
}

/*
 * Resample rows of a photo that `header` describes, and see to the rest.
 * `manage`: use its profile, which has not been used so far.
 */
static gboolean
render(KwRows *rows, Image *header, gboolean manage, Job *job, const KwBox *box,
       KwSize size, guint8 *pixels)
{
	const KwImageRequest *r = job->request;
	g_autofree guint8 *resampled =
		kw_alloc((gsize)size.width * (gsize)size.height,
			 (gsize)rows->bands, "a resampled photo", NULL);
	g_autoptr(Image) upright = NULL;
	g_autofree guint8 *finished = NULL;
	size_t length;

	job->no_memory = resampled == NULL;
	if (resampled == NULL || !resample(rows, job, box, size, resampled))
		return FALSE;
	if (!manage && vips_image_get_orientation(header) == 1) {
		kw_fit_lay_out(pixels, r, resampled, size, rows->bands);
		return TRUE;
	}
	upright = finish_small(resampled, size, header, manage);
	finished = upright != NULL
			   ? vips_image_write_to_memory(upright, &length)
			   : NULL;
	if (finished == NULL)
		return FALSE;
	kw_fit_lay_out(pixels, r, finished,
		       (KwSize){ upright->Xsize, upright->Ysize },
		       upright->Bands);
	return TRUE;
}

/* ---- one try */

/* Can libjpeg itself decode it?  Then there is nothing to convert. */
static gboolean
suits_libjpeg(const Job *job, Image *opened)
{
	struct stat st;

	return job->type == KW_JPEG && is_plain(opened) &&
	       stat(job->file, &st) == 0 && st.st_size <= MOST_BYTES;
}

static gboolean
attempt_jpeg(Image *opened, Job *job, int shrink, const KwBox *box, KwSize size,
	     guint8 *pixels)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(KwJpeg) jpeg = kw_jpeg_new(job->file, shrink, &error);
	g_autoptr(KwRows) rows = NULL;

	if (jpeg == NULL) {
		job->no_memory =
			g_error_matches(error, KW_ERROR, KW_ERROR_MEMORY);
		vips_error("jpeg", "%s", error->message);
		return FALSE;
	}
	if (kw_jpeg_width(jpeg) != (opened->Xsize + shrink - 1) / shrink ||
	    kw_jpeg_height(jpeg) != (opened->Ysize + shrink - 1) / shrink ||
	    kw_jpeg_channels(jpeg) != opened->Bands) {
		vips_error("jpeg", "the file has changed while it was read");
		return FALSE;
	}
	rows = kw_rows_of_jpeg(jpeg);
	return render(rows, opened, job->managed && has_profile(opened), job,
		      box, size, pixels);
}

static gboolean
attempt_vips(Image *image, Job *job, const KwBox *box, KwSize size,
	     guint8 *pixels)
{
	g_autoptr(Image) plain = convert_colours(image, job);
	g_autoptr(Image) opaque = plain != NULL ? lay_on_white(plain) : NULL;
	g_autoptr(Image) source = opaque != NULL ? take_channels(opaque) : NULL;
	g_autoptr(KwRows) rows =
		source != NULL ? kw_rows_of_image(source) : NULL;

	return rows != NULL &&
	       render(rows, source,
		      job->managed && plain == image && has_profile(source),
		      job, box, size, pixels);
}

/* `opened` is the file at full size, nothing of it decoded yet. */
static gboolean
attempt(Image *opened, Job *job, guint8 *pixels)
{
	KwSize stored = { opened->Xsize, opened->Ysize };
	gboolean swap = vips_image_get_orientation_swap(opened);
	g_autoptr(Image) image = NULL;
	double shrink;
	KwBox box;
	KwSize size;

	kw_fit_plan(job->request, stored, swap, &box, &size);
	shrink = decoder_shrink(job->type, &box, size);
	if (suits_libjpeg(job, opened)) {
		scale_box(&box, 1 / shrink, 1 / shrink);
		return attempt_jpeg(opened, job, (int)shrink, &box, size,
				    pixels);
	}
	image = shrink > 1 ? open_shrunk(job, shrink) : g_object_ref(opened);
	if (image == NULL)
		return FALSE;
	scale_box(&box, (double)image->Xsize / stored.width,
		  (double)image->Ysize / stored.height);
	return attempt_vips(image, job, &box, size, pixels);
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
	if (!job->managed || job->no_memory)
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
		    request->max_pixels ||
	    MAX(opened->Xsize, opened->Ysize) > LONGEST_SIDE)
		return KW_TOO_LARGE;
	if (is_heavy(opened, type)) {
		g_mutex_lock(&heavy);
		ok = attempt_both(opened, &job, pixels);
		g_mutex_unlock(&heavy);
	} else {
		ok = attempt_both(opened, &job, pixels);
	}
	return ok ? KW_DECODED : job.no_memory ? KW_NO_MEMORY : KW_UNDECODED;
}
