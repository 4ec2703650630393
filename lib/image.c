#include "kw/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vips/vips.h>

/* Not complete without the one before. */
#include <vips/vector.h>

#include "kw/error.h"

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

/*
 * libvips has one error buffer for all threads, so that after a failure among
 * several loads nobody knows whose text it holds.  Loads share `loading`; one
 * that failed is repeated as its only holder.  The gate is passed by both, and
 * keeps a stream of readers from shutting the writer out.
 */
static GMutex gate;
static GRWLock loading;

/* What libvips logged during a repeated load; NULL otherwise. */
static GString *log_text;
static GMutex log_lock;
static guint log_handler;

/* What a load is asked for. */
typedef struct {
	const char *file; /* a name that libvips opens */
	int height, width, channels;
} Request;

/* ---- start and end */

/* libvips warns from any thread; its warnings must not reach the terminal. */
static void
note_log(const char *domain, GLogLevelFlags level, const char *message,
	 void *data)
{
	(void)domain;
	(void)level;
	(void)data;
	g_mutex_lock(&log_lock);
	if (log_text != NULL)
		g_string_append_printf(log_text, "%s\n", message);
	g_mutex_unlock(&log_lock);
}

gboolean
kw_image_start(const char *name, GError **error)
{
	if (VIPS_INIT(name) != 0) {
		g_autofree char *text = vips_error_buffer_copy();

		g_set_error(error, KW_ERROR, KW_ERROR_UNSUPPORTED,
			    "libvips does not start: %s", g_strstrip(text));
		return FALSE;
	}
	log_handler =
		g_log_set_handler("VIPS", G_LOG_LEVEL_MASK, note_log, NULL);
	vips_concurrency_set(1);
	vips_cache_set_max(0);
	vips_block_untrusted_set(TRUE);
	/* libvips before 8.15 compiles its vector code with Orc, whose memory
	 * two threads cannot free at a time (0.4.33 crashes in
	 * orc_code_free()). */
	if (vips_version(0) == 8 && vips_version(1) < 15)
		vips_vector_set_enabled(FALSE);
	return TRUE;
}

void
kw_image_thread_end(void)
{
	vips_thread_shutdown();
}

void
kw_image_stop(void)
{
	vips_shutdown();
	g_log_remove_handler("VIPS", log_handler);
}

/* ---- one load */

/*
 * libvips gives "2019:01:31 12:00:00 (2019:01:31 12:00:00, ASCII, ...)".
 * Cameras without a clock write zeros, blanks or dates that do not exist.
 */
static void
read_day(Image *header, char day[11])
{
	const char *text;
	unsigned y, m, d;

	day[0] = '\0';
	if (vips_image_get_typeof(header, "exif-ifd2-DateTimeOriginal") == 0 ||
	    vips_image_get_string(header, "exif-ifd2-DateTimeOriginal",
				  &text) != 0 ||
	    sscanf(text, "%4u:%2u:%2u", &y, &m, &d) != 3 || y < 1900 ||
	    y > 2199 || m < 1 || m > 12 ||
	    !g_date_valid_dmy((GDateDay)d, (GDateMonth)m, (GDateYear)y))
		return;
	g_snprintf(day, 11, "%04u-%02u-%02u", y, m, d);
}

/*
 * Ink to light before the resize: vips_thumbnail() of libvips 8.14.1 converts
 * CMYK with a generic profile even where the photo has its own.
 */
static Image *
thumbnail_cmyk(const Request *request)
{
	g_autoptr(Image) ink = vips_image_new_from_file(
		request->file, "fail_on", VIPS_FAIL_ON_TRUNCATED, NULL);
	g_autoptr(Image) light = NULL;
	Image *small = NULL;

	if (ink == NULL ||
	    vips_icc_transform(ink, &light, "srgb", "embedded", TRUE,
			       "input_profile", "cmyk", NULL) != 0 ||
	    vips_thumbnail_image(light, &small, request->width, "height",
				 request->height, "size", VIPS_SIZE_FORCE,
				 NULL) != 0)
		return NULL;
	return small;
}

/*
 * libvips honours an embedded profile only when it is told of the other end;
 * where there is none, telling it costs time and shifts the colours.
 */
static Image *
thumbnail(const Request *request, const char *export_profile)
{
	Image *small = NULL;

	if (vips_thumbnail(request->file, &small, request->width, "height",
			   request->height, "size", VIPS_SIZE_FORCE, "fail_on",
			   VIPS_FAIL_ON_TRUNCATED, "export_profile",
			   export_profile, NULL) != 0)
		return NULL;
	return small;
}

/*
 * Enlarge to the size of the request.  vips_resize() of libvips 8.14.1 shifts
 * what it enlarges by half a pixel; here output x is input (x + 0.5)/s - 0.5.
 */
static Image *
enlarge(Image *image, const Request *request)
{
	g_autoptr(Interpolate) bicubic = vips_interpolate_new("bicubic");
	g_autoptr(Ints) area =
		vips_array_int_newv(4, 0, 0, request->width, request->height);
	Image *large = NULL;

	if (bicubic == NULL ||
	    vips_affine(image, &large, (double)request->width / image->Xsize,
			0.0, 0.0, (double)request->height / image->Ysize,
			"interpolate", bicubic, "oarea", area, "idx", 0.5,
			"idy", 0.5, "odx", -0.5, "ody", -0.5, "extend",
			VIPS_EXTEND_COPY, NULL) != 0)
		return NULL;
	return large;
}

/* Any colour space, with or without alpha, to the bands of the request. */
static Image *
convert_colours(Image *image, const Request *request)
{
	g_autoptr(Image) colour = NULL;
	g_autoptr(Image) opaque = NULL;
	g_autoptr(Image) bands = NULL;
	g_autoptr(Doubles) white = vips_array_double_newv(1, 255.0);
	VipsInterpretation space = request->channels == 1
					   ? VIPS_INTERPRETATION_B_W
					   : VIPS_INTERPRETATION_sRGB;
	Image *bytes = NULL;

	if (image->Type == space && image->Bands == request->channels &&
	    image->BandFmt == VIPS_FORMAT_UCHAR)
		return g_object_ref(image);
	if (vips_colourspace(image, &colour, space, NULL) != 0)
		return NULL;
	if (!vips_image_hasalpha(colour))
		opaque = g_object_ref(colour);
	else if (vips_flatten(colour, &opaque, "background", white, NULL) != 0)
		return NULL;
	if (vips_extract_band(opaque, &bands, 0, "n", request->channels,
			      NULL) != 0 ||
	    vips_cast_uchar(bands, &bytes, NULL) != 0)
		return NULL;
	return bytes;
}

/*
 * From the thumbnail to pixels.  This is where libvips decodes: until here it
 * has only planned.
 */
static gboolean
render(Image *small, const Request *request, guint8 *pixels)
{
	g_autoptr(Image) bytes = convert_colours(small, request);
	g_autoptr(Image) whole = NULL;
	g_autofree void *rendered = NULL;
	size_t n = (size_t)request->height * (size_t)request->width *
		   (size_t)request->channels;
	size_t size = 0;

	if (bytes == NULL)
		return FALSE;
	whole = bytes->Xsize == request->width &&
				bytes->Ysize == request->height
			? g_object_ref(bytes)
			: enlarge(bytes, request);
	if (whole == NULL)
		return FALSE;
	rendered = vips_image_write_to_memory(whole, &size);
	if (rendered == NULL || size != n)
		return FALSE;
	memcpy(pixels, rendered, n);
	return TRUE;
}

static gboolean
load(const Request *request, guint8 *pixels, KwPhotoFacts *facts)
{
	g_autoptr(Image) header = vips_image_new_from_file(request->file, NULL);
	g_autoptr(Image) managed = NULL;
	g_autoptr(Image) plain = NULL;
	Request shrunk = *request;
	gboolean swap;

	if (header == NULL)
		return FALSE;
	if (facts != NULL)
		read_day(header, facts->day);
	/* libvips shrinks; the axis that is too short is left to enlarge(). */
	swap = vips_image_get_orientation_swap(header);
	shrunk.width =
		MIN(request->width, swap ? header->Ysize : header->Xsize);
	shrunk.height =
		MIN(request->height, swap ? header->Xsize : header->Ysize);
	if (header->Type == VIPS_INTERPRETATION_CMYK)
		managed = thumbnail_cmyk(&shrunk);
	else if (vips_image_get_typeof(header, VIPS_META_ICC_NAME) != 0)
		managed = thumbnail(&shrunk, "srgb");
	if (managed != NULL && render(managed, request, pixels))
		return TRUE;
	/* A profile that does not fit the photo is no reason to lose it. */
	plain = thumbnail(&shrunk, NULL);
	return plain != NULL && render(plain, request, pixels);
}

/* ---- what a failure means */

static gboolean
holds_any(const char *text, const char *const *phrases)
{
	for (; *phrases != NULL; phrases++)
		if (strstr(text, *phrases) != NULL)
			return TRUE;
	return FALSE;
}

/*
 * libjpeg goes on after damage with a warning, and fills in gray.  Others of
 * its warnings ("extraneous bytes before marker") cost no pixel.
 */
static gboolean
pixels_were_made_up(const char *text)
{
	static const char *const phrases[] = { "premature end of data segment",
					       "bad Huffman code",
					       "bad arithmetic code",
					       "instead of RST", NULL };

	return holds_any(text, phrases);
}

/* What happened, and behind it the first line that libvips said about it. */
static void
set_load_error(GError **error, const char *text)
{
	static const char *const unknown[] = { "not a known file format",
					       "operation is blocked", NULL };
	static const char *const truncated[] = {
		/* JPEG, PNG, GIF, TIFF */
		"Premature end of input", "premature end of JPEG image",
		"not enough data", "end of stream", "nexpected end of GIF",
		"Read error at",
		/* WebP, HEIF */
		"unable to parse image", "nd of file", NULL
	};
	g_autofree char *line = g_strndup(text, strcspn(text, "\n"));

	if (holds_any(text, unknown))
		g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
			    "not a photo (JPEG, PNG, WebP, TIFF, GIF or HEIF)");
	else
		g_set_error(
			error, KW_ERROR, KW_ERROR_FORMAT, "%s (%s)",
			holds_any(text, truncated) ? "truncated" : "damaged",
			*g_strstrip(line) != '\0' ? line : "no reason given");
}

/* Everything that libvips had to say, errors first. */
static char *
take_text(void)
{
	g_autofree char *errors = vips_error_buffer_copy();
	g_autofree char *warnings = NULL;

	g_mutex_lock(&log_lock);
	warnings = g_string_free(log_text, FALSE);
	log_text = NULL;
	g_mutex_unlock(&log_lock);
	return g_strconcat(errors, warnings, NULL);
}

/* The second try: alone, so that every word is about this photo. */
static gboolean
load_alone(const Request *request, guint8 *pixels, KwPhotoFacts *facts,
	   GError **error)
{
	g_autofree char *text = NULL;
	gboolean ok;

	g_mutex_lock(&gate);
	g_rw_lock_writer_lock(&loading);
	g_mutex_unlock(&gate);
	vips_error_clear();
	g_mutex_lock(&log_lock);
	log_text = g_string_new(NULL);
	g_mutex_unlock(&log_lock);
	ok = load(request, pixels, facts);
	text = take_text();
	g_rw_lock_writer_unlock(&loading);

	if (ok && !pixels_were_made_up(text))
		return TRUE;
	set_load_error(error, text);
	return FALSE;
}

/*
 * The first try.  libjpeg's warnings stay in the error text of a load that
 * succeeded: while there is any text, nobody knows that it is not about this
 * photo, and the second try must tell.
 */
static gboolean
load_shared(const Request *request, guint8 *pixels, KwPhotoFacts *facts)
{
	gboolean ok;

	g_mutex_lock(&gate);
	g_rw_lock_reader_lock(&loading);
	g_mutex_unlock(&gate);
	ok = load(request, pixels, facts) && *vips_error_buffer() == '\0';
	g_rw_lock_reader_unlock(&loading);
	return ok;
}

/* Open for reading; -1 with an error unless it is a file with bytes in it. */
static int
open_photo(const char *path, GError **error)
{
	/* A FIFO must not keep us waiting for somebody to write to it. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *reason = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		reason = g_strerror(errno);
	else if (!S_ISREG(st.st_mode))
		reason = "not a regular file";
	else if (st.st_size == 0)
		reason = "empty file";
	if (reason == NULL)
		return fd;
	g_set_error(error, KW_ERROR, KW_ERROR_INPUT, "%s", reason);
	if (fd >= 0)
		close(fd);
	return -1;
}

/*
 * A file that was given its size in advance, and then not all of its bytes,
 * ends in zeros.  To libjpeg they are valid data: gray.  Zeros behind the end
 * of the image (ff d9) are harmless.
 */
static gboolean
is_zero_filled_jpeg(int fd)
{
	enum { BLOCK = 4096, FEWEST = 256 };
	guint8 block[BLOCK];
	off_t size = lseek(fd, 0, SEEK_END), end = size;

	if (pread(fd, block, 2, 0) != 2 || block[0] != 0xff || block[1] != 0xd8)
		return FALSE;
	for (gssize n = 0; n == 0 && end > 2;) {
		off_t begin = MAX(end - BLOCK, 2);

		n = pread(fd, block, (size_t)(end - begin), begin);
		while (n > 0 && block[n - 1] == 0)
			n--;
		end = begin + MAX(n, 0);
	}
	return size - end >= FEWEST && pread(fd, block, 2, end - 2) == 2 &&
	       (block[0] != 0xff || block[1] != 0xd9);
}

gboolean
kw_image_load(const char *path, int height, int width, int channels,
	      guint8 *pixels, KwPhotoFacts *facts, GError **error)
{
	int fd = open_photo(path, error);
	g_autofree char *file = NULL;
	gboolean ok = FALSE;

	if (fd < 0)
		return FALSE;
	/*
	 * libvips takes "[...]" at the end of a name for options, and chooses
	 * some decoders by the name; this one says nothing.
	 */
	file = g_strdup_printf("/proc/self/fd/%d", fd);
	Request request = { file, height, width, channels };
	if (is_zero_filled_jpeg(fd))
		g_set_error(error, KW_ERROR, KW_ERROR_FORMAT,
			    "truncated (the rest of the file is zeros)");
	else
		ok = load_shared(&request, pixels, facts) ||
		     load_alone(&request, pixels, facts, error);
	close(fd);
	return ok;
}
