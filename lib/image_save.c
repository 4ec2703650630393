#include "kw/image_save.h"

#include <string.h>
#include <vips/vips.h>

#include "kw/error.h"
#include "lib/vips_error.h"

enum { JPEG_QUALITY = 92 };

/* A name of our own: libvips gained clean-up functions for its types late. */
typedef VipsImage Picture;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Picture, g_object_unref)

typedef enum { TYPE_NONE, TYPE_PNG, TYPE_JPEG } FileType;

static FileType
type_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	if (dot == NULL)
		return TYPE_NONE;
	if (g_ascii_strcasecmp(dot, ".png") == 0)
		return TYPE_PNG;
	if (g_ascii_strcasecmp(dot, ".jpg") == 0 ||
	    g_ascii_strcasecmp(dot, ".jpeg") == 0)
		return TYPE_JPEG;
	return TYPE_NONE;
}

gboolean
kw_image_can_save(const char *path, GError **error)
{
	if (type_of(path) != TYPE_NONE)
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
		    "'%s' is no name for an image: it must end in .png, .jpg "
		    "or .jpeg",
		    path);
	return FALSE;
}

/* NULL: see vips_error_buffer().  Free the bytes with g_free(). */
static void *
encode(FileType type, const guint8 *pixels, int height, int width, int channels,
       size_t *size)
{
	size_t n = (size_t)height * (size_t)width * (size_t)channels;
	g_autoptr(Picture) bare = vips_image_new_from_memory(
		pixels, n, width, height, channels, VIPS_FORMAT_UCHAR);
	g_autoptr(Picture) picture = NULL;
	void *bytes = NULL;
	int failed;

	/* Bare memory is of no colour space, for which encoders guess. */
	if (bare == NULL || vips_copy(bare, &picture, "interpretation",
				      channels == 1 ? VIPS_INTERPRETATION_B_W
						    : VIPS_INTERPRETATION_sRGB,
				      NULL) != 0)
		return NULL;
	failed = type == TYPE_PNG
			 ? vips_pngsave_buffer(picture, &bytes, size, NULL)
			 : vips_jpegsave_buffer(picture, &bytes, size, "Q",
						JPEG_QUALITY, NULL);
	return failed ? NULL : bytes;
}

gboolean
kw_image_save(KwOutfile *out, const guint8 *pixels, int height, int width,
	      int channels, GError **error)
{
	const char *name = kw_outfile_name(out);
	g_autofree void *bytes = NULL;
	size_t size = 0;

	if (!kw_image_can_save(name, error))
		return FALSE;
	bytes = encode(type_of(name), pixels, height, width, channels, &size);
	if (bytes == NULL) {
		g_autofree char *what =
			g_strdup_printf("cannot encode the image '%s'", name);

		kw_vips_error(error, what);
		return FALSE;
	}
	return kw_outfile_write(out, bytes, size, error);
}

guint8 *
kw_image_png(const guint8 *pixels, int height, int width, int channels,
	     gsize *size, GError **error)
{
	void *bytes = encode(TYPE_PNG, pixels, height, width, channels, size);

	if (bytes == NULL)
		kw_vips_error(error, "cannot encode a PNG image");
	return bytes;
}
