/*
 * Pixels as PNG and JPEG files, by libvips.  kw_image_start() and
 * kw_image_thread_end() of kw/image.h frame the use of this module as well.
 */
#ifndef KW_IMAGE_SAVE_H
#define KW_IMAGE_SAVE_H

#include <glib.h>

#include "kw/outfile.h"

/*
 * Does the path end in .png, .jpg or .jpeg, in upper or lower case?  Else FALSE
 * with KW_ERROR_USAGE: to be asked before the work starts.  Any thread.
 */
gboolean kw_image_can_save(const char *path, GError **error);

/*
 * Encode height x width x channels bytes, red-green-blue or with one channel
 * gray, as what the name of `out` ends in, and write them into it; commit it
 * afterwards.  PNG keeps every pixel; JPEG has quality 92.  Equal pixels give
 * equal bytes, with no metadata and no time in them.
 * Errors: KW_ERROR_USAGE as above; KW_ERROR_UNSUPPORTED when libvips cannot
 * encode them (JPEG ends at 65,535 pixels a side); KW_ERROR_IO when they cannot
 * be written.
 * Any thread; the cause in the message is libvips's last, and where several
 * fail at once perhaps that of another.
 */
gboolean kw_image_save(KwOutfile *out, const guint8 *pixels, int height,
		       int width, int channels, GError **error);

/*
 * The same pixels as the bytes of a PNG file, *size of them; g_free() them.
 * NULL with KW_ERROR_UNSUPPORTED as above.  Any thread.
 */
guint8 *kw_image_png(const guint8 *pixels, int height, int width, int channels,
		     gsize *size, GError **error);

#endif
