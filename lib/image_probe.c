#include "lib/image_probe.h"

#include <string.h>
#include <unistd.h>

#include "kw/error.h"

/*
 * Encoders make about ten scans.  Every one costs the decoder a pass over the
 * whole image, for a few bytes of file.
 */
enum { MAX_SCANS = 100 };

static gboolean
refuse(GError **error, const char *reason)
{
	g_set_error_literal(error, KW_ERROR, KW_ERROR_FORMAT, reason);
	return FALSE;
}

/* ---- types */

/* ISO base media files are of many kinds: the brand tells. */
static gboolean
is_heif(const guint8 *head, gssize n)
{
	static const char *const brands[] = {
		"heic", "heix", "hevc", "hevx", "heim", "heis",
		"hevm", "hevs", "mif1", "msf1", "avif", "avis",
	};

	if (n < 12 || memcmp(head + 4, "ftyp", 4) != 0)
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(brands); i++)
		if (memcmp(head + 8, brands[i], 4) == 0)
			return TRUE;
	return FALSE;
}

/* "BM" is little: the header must be one of those that are in use. */
static gboolean
is_bmp(const guint8 *head, gssize n)
{
	guint32 header = 0;

	if (n < 26 || memcmp(head, "BM", 2) != 0)
		return FALSE;
	memcpy(&header, head + 14, sizeof header);
	header = GUINT32_FROM_LE(header);
	return header == 12 || header == 40 || header == 52 || header == 56 ||
	       header == 64 || header == 108 || header == 124;
}

static gboolean
find_type(const guint8 *head, gssize n, KwImageType *type)
{
	static const struct {
		const char *magic;
		gssize length;
		KwImageType type;
	} magics[] = {
		{ "\xff\xd8\xff", 3, KW_JPEG },
		{ "\x89PNG\r\n\x1a\n", 8, KW_PNG },
		{ "GIF87a", 6, KW_GIF },
		{ "GIF89a", 6, KW_GIF },
		{ "II*\0", 4, KW_TIFF },
		{ "MM\0*", 4, KW_TIFF },
		{ "II+\0", 4, KW_TIFF }, /* BigTIFF */
		{ "MM\0+", 4, KW_TIFF },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(magics); i++) {
		if (n >= magics[i].length &&
		    memcmp(head, magics[i].magic, (gsize)magics[i].length) ==
			    0) {
			*type = magics[i].type;
			return TRUE;
		}
	}
	if (n >= 12 && memcmp(head, "RIFF", 4) == 0 &&
	    memcmp(head + 8, "WEBP", 4) == 0)
		*type = KW_WEBP;
	else if (is_heif(head, n))
		*type = KW_HEIF;
	else if (is_bmp(head, n))
		*type = KW_BMP;
	else
		return FALSE;
	return TRUE;
}

/* ---- JPEG */

/* Is there an end-of-image marker from the first scan on, before `end`? */
static gboolean
has_end_marker(int fd, off_t end)
{
	enum { BLOCK = 1 << 16 };
	g_autofree guint8 *block = g_malloc(BLOCK);
	guint8 marker[4];
	off_t at = 2;

	/* Thumbnails in segments have ends of their own. */
	while (pread(fd, marker, 4, at) == 4 && marker[0] == 0xff &&
	       marker[1] != 0xda)
		at += 2 + (marker[2] << 8 | marker[3]);
	while (at + 1 < end) {
		gssize n = pread(fd, block, (gsize)MIN(BLOCK, end - at), at);
		const guint8 *p = block, *last = block + n - 1;

		if (n < 2)
			return FALSE;
		while ((p = memchr(p, 0xff, (gsize)(last - p))) != NULL)
			if (*++p == 0xd9)
				return TRUE;
		/* No marker is cut in two. */
		at += n - 1;
	}
	return FALSE;
}

/*
 * A file that was given its size in advance, and then not all of its bytes,
 * ends in zeros.  To libjpeg they are valid data: gray.  Zeros behind the end
 * of the image are harmless, with or without what a camera puts before them.
 */
static gboolean
is_zero_filled(int fd)
{
	enum { BLOCK = 4096, FEWEST = 256 };
	guint8 block[BLOCK];
	off_t size = lseek(fd, 0, SEEK_END), end = size;

	for (gssize n = 0; n == 0 && end > 2;) {
		off_t begin = MAX(end - BLOCK, 2);

		n = pread(fd, block, (size_t)(end - begin), begin);
		while (n > 0 && block[n - 1] == 0)
			n--;
		end = begin + MAX(n, 0);
	}
	return size - end >= FEWEST && !has_end_marker(fd, end);
}

/*
 * May a decoder have to go through more scans than one?  It may when the frame
 * header (SOF) is a progressive one, or the first scan has not all components
 * of the frame.  Where segments do not follow each other as they should, nobody
 * knows what a decoder makes of it.
 */
static gboolean
may_have_many_scans(int fd)
{
	guint8 marker[10]; /* FF, code, length, and what comes first behind */
	int n_components = 0;
	off_t at = 2;

	while (pread(fd, marker, sizeof marker, at) == sizeof marker &&
	       marker[0] == 0xff) {
		int length = marker[2] << 8 | marker[3];

		if (marker[1] == 0xff) { /* padding before a marker */
			at++;
			continue;
		}
		if (length < 2)
			return TRUE;
		switch (marker[1]) {
		case 0xc0: /* one pass */
		case 0xc1:
		case 0xc9: /* the same, arithmetic coded */
			n_components = marker[9];
			break;
		case 0xc2: /* progressive */
		case 0xca:
			return TRUE;
		case 0xda:
			return marker[4] != n_components;
		default:
			break;
		}
		at += 2 + length;
	}
	return TRUE;
}

/* Start-of-scan markers: inside the data of a scan, ff is followed by 00. */
static gboolean
has_too_many_scans(int fd)
{
	enum { BLOCK = 1 << 16 };
	g_autofree guint8 *block = g_malloc(BLOCK);
	off_t at = 0;
	int n_scans = 0;
	gssize n;

	/* Blocks overlap by a byte, so that no marker is cut in two. */
	for (; (n = pread(fd, block, BLOCK, at)) > 1; at += n - 1) {
		const guint8 *p = block, *last = block + n - 1;

		while ((p = memchr(p, 0xff, (gsize)(last - p))) != NULL)
			if (*++p == 0xda && ++n_scans > MAX_SCANS)
				return TRUE;
	}
	return FALSE;
}

gboolean
kw_image_find_type(int fd, KwImageType *type)
{
	guint8 head[26];
	gssize n = pread(fd, head, sizeof head, 0);

	return find_type(head, n, type);
}

gboolean
kw_image_probe(int fd, KwImageType *type, GError **error)
{
	if (!kw_image_find_type(fd, type))
		return refuse(error, "not a photo (JPEG, PNG, WebP, TIFF, GIF, "
				     "BMP, HEIF or AVIF)");
	if (*type != KW_JPEG)
		return TRUE;
	if (is_zero_filled(fd))
		return refuse(error,
			      "truncated (the rest of the file is zeros)");
	if (may_have_many_scans(fd) && has_too_many_scans(fd))
		return refuse(error, "damaged (a JPEG file with more than 100 "
				     "scans)");
	return TRUE;
}
