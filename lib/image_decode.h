/* One try to turn a file into pixels, by libvips. */
#ifndef KW_IMAGE_DECODE_H
#define KW_IMAGE_DECODE_H

#include "kw/image.h"
#include "lib/image_probe.h"

typedef enum {
	KW_DECODED,
	KW_TOO_LARGE, /* more pixels than the request allows; not decoded */
	KW_NO_MEMORY,
	KW_UNDECODED, /* libvips's error text says why */
} KwDecoding;

/*
 * Decode `file`, a name that libvips opens, of a known type; see
 * kw_image_load().  The facts are filled in unless not even the header could be
 * read.  Any thread.
 */
KwDecoding kw_image_decode(const char *file, KwImageType type,
			   const KwImageRequest *request, guint8 *pixels,
			   KwPhotoFacts *facts);

#endif
