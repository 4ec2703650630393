/*
 * JPEG files whose EXIF data say something odd, or are none.  Where a photo is
 * left as it is, so must its picture be.
 */
#include <string.h>

#include "tests/support/hostile_jpeg.h"
#include "tests/support/hostile_parts.h"

enum { BYTE = 1, ASCII = 2, SHORT = 3, LONG = 4, RATIONAL = 5, UNDEFINED = 7 };
enum {
	MAKE = 0x010f,
	MODEL = 0x0110,
	ORIENTATION = 0x0112,
	THUMBNAIL_OFFSET = 0x0201,
	THUMBNAIL_LENGTH = 0x0202,
	EXIF_IFD = 0x8769,
	GPS_IFD = 0x8825,
	DATE_ORIGINAL = 0x9003,
	MAKER_NOTE = 0x927c,
};

/* Where the first IFD begins, and what lies behind its one entry. */
enum { IFD0 = 8, BEHIND_ONE_ENTRY = IFD0 + 2 + 12 + 4 };

/* A little-endian TIFF header; IFDs follow. */
static GByteArray *
exif_new(void)
{
	return bytes_new("Exif\0\0II*\0\10\0\0", 14);
}

/* An entry of an IFD; what is longer than 4 bytes lies at `value`. */
static GByteArray *
entry(GByteArray *exif, int tag, int type, int count, int value)
{
	return bytes_pack(exif, "<2244", tag, type, count, value);
}

/* An IFD of one entry, and what the entry points to. */
static GByteArray *
one_entry(int tag, int type, int count, int value, const void *data, gsize n)
{
	GByteArray *exif = bytes_pack(exif_new(), "<2", 1);

	entry(exif, tag, type, count, value);
	bytes_pack(exif, "4", 0);
	return bytes_append(exif, data, n);
}

/* IFD0 with nothing but an EXIF IFD of one entry, whose value is `data`. */
static GByteArray *
one_exif_entry(int tag, int type, int count, const void *data, gsize n)
{
	int ifd = BEHIND_ONE_ENTRY, behind = ifd + 2 + 12 + 4;
	GByteArray *exif = one_entry(EXIF_IFD, LONG, 1, ifd, NULL, 0);
	guint32 inside = 0;

	bytes_pack(exif, "<2", 1);
	memcpy(&inside, data, MIN(n, 4));
	entry(exif, tag, type, count, n > 4 ? behind : (int)inside);
	bytes_pack(exif, "4", 0);
	return n > 4 ? bytes_append(exif, data, n) : exif;
}

/* The drawing, stored so that it is upright once it is turned. */
static VipsImage *
turned(int orientation)
{
	static const VipsAngle angles[] = {
		VIPS_ANGLE_D0,   VIPS_ANGLE_D0,  VIPS_ANGLE_D180,
		VIPS_ANGLE_D180, VIPS_ANGLE_D90, VIPS_ANGLE_D270,
		VIPS_ANGLE_D270, VIPS_ANGLE_D90,
	};
	static const gboolean mirrored[] = { FALSE, TRUE,  FALSE, TRUE,
					     TRUE,  FALSE, TRUE,  FALSE };
	VipsImage *drawing = bytes_drawing(), *image = NULL, *mirror = NULL;

	vips_rot(drawing, &image, angles[orientation - 1], NULL);
	g_object_unref(drawing);
	if (!mirrored[orientation - 1])
		return image;
	vips_flip(image, &mirror, VIPS_DIRECTION_HORIZONTAL, NULL);
	g_object_unref(image);
	return mirror;
}

static void
add_orientations(Hostile *corpus)
{
	static const int values[] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 65535
	};

	for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
		int value = values[i];
		gboolean real = value >= 1 && value <= 8;
		g_autofree char *name =
			g_strdup_printf("orientation %d.jpg", value);

		hostile_reads(corpus, name, LOOKS_DRAWN,
			      jpeg_insert(bytes_save(turned(real ? value : 1),
						     ".jpg[Q=90,strip]"),
					  JPEG_APP1,
					  one_entry(ORIENTATION, SHORT, 1,
						    value, NULL, 0)));
	}
}

/* Add the drawing with this for its EXIF data, which are taken. */
static void
add(Hostile *corpus, const char *name, GByteArray *exif)
{
	hostile_reads(corpus, name, LOOKS_DRAWN,
		      jpeg_insert(jpeg_sample(), JPEG_APP1, exif));
}

/* The same where nobody can say which way is up. */
static void
add_any(Hostile *corpus, const char *name, GByteArray *exif)
{
	hostile_reads(corpus, name, LOOKS_ANY,
		      jpeg_insert(jpeg_sample(), JPEG_APP1, exif));
}

static void
add_wrong_types(Hostile *corpus)
{
	add_any(corpus, "orientation in text.jpg",
		one_entry(ORIENTATION, ASCII, 2, '6', NULL, 0));
	add_any(corpus, "orientation of one byte.jpg",
		one_entry(ORIENTATION, BYTE, 1, 6, NULL, 0));
	add_any(corpus, "orientation of four bytes.jpg",
		one_entry(ORIENTATION, LONG, 1, 6, NULL, 0));
	add_any(corpus, "orientation of no bytes.jpg",
		one_entry(ORIENTATION, SHORT, 0, 6, NULL, 0));
	add_any(corpus, "three orientations.jpg",
		one_entry(ORIENTATION, SHORT, 3, BEHIND_ONE_ENTRY, "\6\0\6\0\6",
			  6));
	add_any(corpus, "a fraction of an orientation.jpg",
		one_entry(ORIENTATION, RATIONAL, 1, BEHIND_ONE_ENTRY,
			  "\6\0\0\0\0\0\0", 8));
	add(corpus, "orientation of type 99.jpg",
	    one_entry(ORIENTATION, 99, 1, 6, NULL, 0));
	add(corpus, "a model in numbers.jpg",
	    one_entry(MODEL, RATIONAL, 2, BEHIND_ONE_ENTRY,
		      "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0", 16));
	add(corpus, "bytes of nul in the make.jpg",
	    one_entry(MAKE, ASCII, 8, BEHIND_ONE_ENTRY, "a\0b\0\0c\0", 8));
	add(corpus, "a model of control characters.jpg",
	    one_entry(MODEL, ASCII, 8, BEHIND_ONE_ENTRY, "\33[2J\n\r\t\xff",
		      8));
	add(corpus, "a make without an end.jpg",
	    one_entry(MAKE, ASCII, 8, BEHIND_ONE_ENTRY, "MAKEMAKE", 8));
}

static void
add_dates(Hostile *corpus)
{
	static const char *const dates[] = {
		"0000:00:00 00:00:00", "    :  :     :  :  ",
		"9999:99:99 99:99:99", "-001:-1:-1 -1:-1:-1",
		"2019:01:31",          "99999999999999999999",
		"%s%n%s%n%s%n%s%n%s",  "\xff\xff\xff\xff:\xff\xff",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(dates); i++) {
		g_autofree char *name = g_strdup_printf("date %zu.jpg", i);
		gsize n = strlen(dates[i]) + 1;

		add(corpus, name,
		    one_exif_entry(DATE_ORIGINAL, ASCII, (int)n, dates[i], n));
	}
	add(corpus, "a date without an end.jpg",
	    one_exif_entry(DATE_ORIGINAL, ASCII, 19, "2019:01:31 12:00:00",
			   19));
	add(corpus, "a date of no bytes.jpg",
	    one_exif_entry(DATE_ORIGINAL, ASCII, 0, "", 0));
	add(corpus, "a date in numbers.jpg",
	    one_exif_entry(DATE_ORIGINAL, SHORT, 1, "\1\0", 2));
	add(corpus, "a date with nul in it.jpg",
	    one_exif_entry(DATE_ORIGINAL, ASCII, 20, "2019\00001:31 12:00:00",
			   20));
}

static void
add_offsets(Hostile *corpus)
{
	static const guint32 far[] = { 0xffffffff, 0xfffffff0, 0x80000000,
				       0x7fffffff, 0x10000,    0 };
	static const int many[] = { 0x7fffffff, 0x40000001, 0x20000001, -1 };

	for (gsize i = 0; i < G_N_ELEMENTS(far); i++) {
		g_autofree char *ifd =
			g_strdup_printf("exif at %08x.jpg", far[i]);
		g_autofree char *gps =
			g_strdup_printf("gps at %08x.jpg", far[i]);
		g_autofree char *make =
			g_strdup_printf("make at %08x.jpg", far[i]);
		g_autofree char *first =
			g_strdup_printf("first ifd at %08x.jpg", far[i]);
		GByteArray *exif = one_entry(MAKE, ASCII, 2, 'A', NULL, 0);

		add(corpus, ifd,
		    one_entry(EXIF_IFD, LONG, 1, (int)far[i], NULL, 0));
		add(corpus, gps,
		    one_entry(GPS_IFD, LONG, 1, (int)far[i], NULL, 0));
		add(corpus, make,
		    one_entry(MAKE, ASCII, 100, (int)far[i], NULL, 0));
		add(corpus, first, bytes_put(exif, 10, "<4", far[i]));
	}
	for (gsize i = 0; i < G_N_ELEMENTS(many); i++) {
		g_autofree char *name =
			g_strdup_printf("%08x values.jpg", many[i]);
		g_autofree char *inside =
			g_strdup_printf("%08x values in exif.jpg", many[i]);

		add(corpus, name,
		    one_entry(MAKE, i == 2 ? RATIONAL : LONG, many[i],
			      BEHIND_ONE_ENTRY, NULL, 0));
		add(corpus, inside,
		    one_exif_entry(DATE_ORIGINAL, LONG, many[i],
				   "0123456789abcdef", 16));
	}
}

static void
add_loops(Hostile *corpus)
{
	GByteArray *next = one_entry(MAKE, ASCII, 2, 'A', NULL, 0);
	GByteArray *thumbnail = bytes_pack(exif_new(), "<2", 0);
	GByteArray *many = bytes_pack(exif_new(), "<2", 0xffff);

	add(corpus, "the next ifd is the first.jpg",
	    bytes_put(next, 6 + IFD0 + 2 + 12, "<4", IFD0));
	add(corpus, "exif is the first ifd.jpg",
	    one_entry(EXIF_IFD, LONG, 1, IFD0, NULL, 0));
	add(corpus, "exif is in the first ifd.jpg",
	    one_entry(EXIF_IFD, LONG, 1, IFD0 + 1, NULL, 0));
	bytes_pack(thumbnail, "<4", IFD0 + 6);
	bytes_pack(thumbnail, "<2", 2);
	entry(thumbnail, THUMBNAIL_OFFSET, LONG, 1, 0x7ffffff0);
	entry(thumbnail, THUMBNAIL_LENGTH, LONG, 1, 0x7ffffff0);
	add(corpus, "a thumbnail far away.jpg", bytes_pack(thumbnail, "4", 0));
	add(corpus, "65535 entries.jpg", entry(many, MAKE, ASCII, 2, 'A'));
	many = bytes_pack(exif_new(), "<2", 5000);
	for (int i = 0; i < 5000; i++)
		entry(many, i, SHORT, 1, i);
	add_any(corpus, "5000 entries.jpg", bytes_pack(many, "4", 0));
}

/* Notes that begin as those of cameras whose notes libexif knows. */
static void
add_maker_notes(Hostile *corpus)
{
	static const char begins[][16] = {
		"OLYMP\0\1\0",  "OLYMPUS\0II\3\0", "SANYO\0\1\0",
		"EPSON\0\1\0",  "Nikon\0\1\0",     "Nikon\0\2\0\0\0II\x2a\0",
		"FUJIFILM\f\0", "AOC\0MM",         "Apple iOS\0\0\1MM",
		"PENTAX \0II",  "\x1b\0\1\0",      "\0\0\0\0",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(begins); i++) {
		g_autofree char *name = g_strdup_printf("note %zu.jpg", i);
		GByteArray *note = bytes_new(begins[i], 8 + i % 5);

		bytes_noise(note, 4000, (guint32)i);
		add(corpus, name,
		    one_exif_entry(MAKER_NOTE, UNDEFINED, (int)note->len,
				   note->data, note->len));
		g_byte_array_unref(note);
	}
	g_autoptr(GByteArray) note = bytes_zeros(g_byte_array_new(), 65000);
	add(corpus, "a note of 65000 bytes.jpg",
	    one_exif_entry(MAKER_NOTE, UNDEFINED, (int)note->len, note->data,
			   note->len));
}

static void
add_nonsense(Hostile *corpus)
{
	GByteArray *twice = jpeg_sample();

	add(corpus, "noise.jpg", bytes_noise(exif_new(), 3000, 1));
	add(corpus, "noise for a header.jpg",
	    bytes_noise(bytes_new("Exif\0", 6), 3000, 2));
	add(corpus, "nothing.jpg", g_byte_array_new());
	add(corpus, "exif and no more.jpg", bytes_new("Exif\0", 6));
	add(corpus, "half a header.jpg", bytes_new("Exif\0\0II*", 9));
	add(corpus, "another byte order.jpg",
	    bytes_pack(bytes_new("Exif\0\0XX*\0", 10), "42", 8, 0));
	add(corpus, "xmp of noise.jpg",
	    bytes_noise(bytes_new("http://ns.adobe.com/xap/1.0/", 29), 5000,
			3));
	jpeg_insert(twice, JPEG_APP1,
		    one_entry(ORIENTATION, SHORT, 1, 1, NULL, 0));
	jpeg_insert(twice, JPEG_APP1, bytes_noise(exif_new(), 100, 4));
	hostile_reads(corpus, "twice.jpg", LOOKS_DRAWN, twice);
}

void
hostile_add_exif(Hostile *corpus)
{
	add_orientations(corpus);
	add_wrong_types(corpus);
	add_dates(corpus);
	add_offsets(corpus);
	add_loops(corpus);
	add_maker_notes(corpus);
	add_nonsense(corpus);
}
