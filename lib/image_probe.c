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

/*
 * A file that was given its size in advance, and then not all of its bytes,
 * ends in zeros.  To libjpeg they are valid data: gray.  Zeros behind the end
 * of the image (ff d9) are harmless.
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
	return size - end >= FEWEST && pread(fd, block, 2, end - 2) == 2 &&
	       (block[0] != 0xff || block[1] != 0xd9);
}

/*
 * May the first frame header (SOF) be a progressive one?  Where segments do not
 * follow each other as they should, nobody knows what a decoder makes of it.
 */
static gboolean
may_be_progressive(int fd)
{
	guint8 marker[4];
	off_t at = 2;

	while (pread(fd, marker, 4, at) == 4 && marker[0] == 0xff) {
		int length = marker[2] << 8 | marker[3];

		switch (marker[1]) {
		case 0xc0:
		case 0xc1:
		case 0xda:
			return FALSE;
		case 0xc2: /* SOF2, Huffman coded */
		case 0xca: /* SOF10, arithmetic coded */
			return TRUE;
		case 0xff: /* padding before a marker */
			at++;
			break;
		default:
			if (length < 2)
				return TRUE;
			at += 2 + length;
		}
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
kw_image_probe(int fd, KwImageType *type, GError **error)
{
	guint8 head[26];
	gssize n = pread(fd, head, sizeof head, 0);

	if (!find_type(head, n, type))
		return refuse(error, "not a photo (JPEG, PNG, WebP, TIFF, GIF, "
				     "BMP or HEIF)");
	if (*type != KW_JPEG)
		return TRUE;
	if (is_zero_filled(fd))
		return refuse(error,
			      "truncated (the rest of the file is zeros)");
	if (may_be_progressive(fd) && has_too_many_scans(fd))
		return refuse(error, "damaged (a progressive JPEG file with "
				     "more than 100 scans)");
	return TRUE;
}
