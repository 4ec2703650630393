/*
 * What a file's bytes tell before a decoder is trusted with them.
 */
#ifndef KW_IMAGE_PROBE_H
#define KW_IMAGE_PROBE_H

#include <glib.h>

typedef enum {
	KW_JPEG,
	KW_PNG,
	KW_WEBP,
	KW_TIFF,
	KW_GIF,
	KW_BMP,
	KW_HEIF,
} KwImageType;

/*
 * The type of the photo behind a descriptor, by its first bytes alone.  FALSE
 * when it is none of the types, or cannot be read.  Any thread.
 */
gboolean kw_image_find_type(int fd, KwImageType *type);

/*
 * The type of the photo behind a descriptor, by its first bytes.
 * KW_ERROR_FORMAT, for all that decoders would not notice, or only after much
 * work: it is none of the types; a JPEG file that ends in zeros, or has more
 * scans than anybody needs.  Any thread.
 */
gboolean kw_image_probe(int fd, KwImageType *type, GError **error);

#endif
