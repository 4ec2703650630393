#include "lib/jpeg.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* These want size_t and FILE. */
#include <jpeglib.h>

#include <jerror.h>

#include "kw/alloc.h"
#include "kw/app.h"
#include "kw/error.h"

/* An error manager: libjpeg leaves by longjmp() when it cannot go on. */
typedef struct {
	struct jpeg_error_mgr base;
	jmp_buf leave;
	char text[JMSG_LENGTH_MAX]; /* why it left */
} Errors;

struct KwJpeg {
	struct jpeg_decompress_struct decoder;
	struct jpeg_progress_mgr progress;
	Errors errors;
	guint8 *bytes; /* of the file */
	gsize size;
};

/* ---- errors */

static void G_GNUC_NORETURN
on_error(j_common_ptr decoder)
{
	Errors *errors = (Errors *)decoder->err;

	decoder->err->format_message(decoder, errors->text);
	longjmp(errors->leave, 1);
}

/*
 * After these warnings pixels are made up.  Others cost none, and many cameras
 * give cause for them: bytes too many before a marker, odd parameters of a
 * scan.
 */
static gboolean
costs_pixels(int code)
{
	switch (code) {
	case JWRN_ARITH_BAD_CODE:
	case JWRN_HIT_MARKER:
	case JWRN_HUFF_BAD_CODE:
	case JWRN_JPEG_EOF:
	case JWRN_MUST_RESYNC:
		return TRUE;
	default:
		return FALSE;
	}
}

static void
on_message(j_common_ptr decoder, int level)
{
	if (level < 0 && costs_pixels(decoder->err->msg_code))
		on_error(decoder);
}

/* A file may keep the decoder busy for long. */
static void
on_progress(j_common_ptr decoder)
{
	Errors *errors = (Errors *)decoder->err;

	if (!kw_interrupted())
		return;
	g_strlcpy(errors->text, "interrupted", sizeof errors->text);
	longjmp(errors->leave, 1);
}

static gboolean
fail(const KwJpeg *jpeg, GError **error)
{
	g_set_error(error, KW_ERROR, KW_ERROR_FORMAT, "%s", jpeg->errors.text);
	return FALSE;
}

/* ---- opening */

static gboolean
read_file(KwJpeg *jpeg, const char *file, GError **error)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct stat st;
	gssize n = -1;

	if (fd >= 0 && fstat(fd, &st) == 0) {
		gsize size = (gsize)st.st_size;

		jpeg->bytes = kw_alloc(size, 1, "a JPEG file", error);
		if (jpeg->bytes == NULL) {
			close(fd);
			return FALSE;
		}
		/* It may be cut short in the meantime. */
		while ((n = read(fd, jpeg->bytes + jpeg->size,
				 size - jpeg->size)) > 0)
			jpeg->size += (gsize)n;
	}
	if (n < 0)
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT, "cannot read: %s",
			    g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return n >= 0;
}

/* The part of kw_jpeg_new() that libjpeg may leave. */
static gboolean
start(KwJpeg *jpeg, int shrink)
{
	struct jpeg_decompress_struct *decoder = &jpeg->decoder;

	if (setjmp(jpeg->errors.leave) != 0)
		return FALSE;
	jpeg_create_decompress(decoder);
	jpeg->progress.progress_monitor = on_progress;
	decoder->progress = &jpeg->progress;
	jpeg_mem_src(decoder, jpeg->bytes, (unsigned long)jpeg->size);
	jpeg_read_header(decoder, TRUE);
	decoder->scale_num = 1;
	decoder->scale_denom = (unsigned)shrink;
	decoder->out_color_space = decoder->jpeg_color_space == JCS_GRAYSCALE
					   ? JCS_GRAYSCALE
					   : JCS_RGB;
	jpeg_start_decompress(decoder);
	return TRUE;
}

KwJpeg *
kw_jpeg_new(const char *file, int shrink, GError **error)
{
	g_autoptr(KwJpeg) jpeg = g_new0(KwJpeg, 1);

	jpeg->decoder.err = jpeg_std_error(&jpeg->errors.base);
	jpeg->errors.base.error_exit = on_error;
	jpeg->errors.base.emit_message = on_message;
	if (!read_file(jpeg, file, error))
		return NULL;
	if (!start(jpeg, shrink)) {
		fail(jpeg, error);
		return NULL;
	}
	return g_steal_pointer(&jpeg);
}

void
kw_jpeg_free(KwJpeg *jpeg)
{
	if (jpeg == NULL)
		return;
	jpeg_destroy_decompress(&jpeg->decoder);
	kw_free(jpeg->bytes);
	g_free(jpeg);
}

/* ---- reading */

int
kw_jpeg_width(const KwJpeg *jpeg)
{
	return (int)jpeg->decoder.output_width;
}

int
kw_jpeg_height(const KwJpeg *jpeg)
{
	return (int)jpeg->decoder.output_height;
}

int
kw_jpeg_channels(const KwJpeg *jpeg)
{
	return jpeg->decoder.output_components;
}

/* The part of kw_jpeg_read() that libjpeg may leave. */
static gboolean
read_rows(KwJpeg *jpeg, guint8 *rows, int n)
{
	gsize stride = (gsize)jpeg->decoder.output_width *
		       (gsize)jpeg->decoder.output_components;
	JDIMENSION end = jpeg->decoder.output_scanline + (JDIMENSION)n;

	if (setjmp(jpeg->errors.leave) != 0)
		return FALSE;
	while (jpeg->decoder.output_scanline < end) {
		JDIMENSION left = end - jpeg->decoder.output_scanline;
		JSAMPROW row = rows + (gsize)((JDIMENSION)n - left) * stride;

		jpeg_read_scanlines(&jpeg->decoder, &row, 1);
	}
	return TRUE;
}

gboolean
kw_jpeg_read(KwJpeg *jpeg, guint8 *rows, int n, GError **error)
{
	return read_rows(jpeg, rows, n) || fail(jpeg, error);
}
