/*
 * Files that are no photos, or no more than the beginning of one.
 */
#include <string.h>

#include "tests/support/hostile_parts.h"

/* What other programs' files begin with; libvips or ImageMagick know some. */
static const struct {
	const char *name;
	char bytes[40];
	guint n;
} magics[] = {
	{ "zip.jpg", "PK\3\4\24\0\0\0\10\0", 10 },
	{ "elf.jpg", "\177ELF\2\1\1\0", 8 },
	{ "exe.jpg", "MZ\220\0\3\0\0\0", 8 },
	{ "gzip.jpg", "\37\213\10\0\0\0\0\0", 8 },
	{ "hdf5.jpg", "\211HDF\r\n\32\n\0\0\0\0\0\10\10\0", 16 },
	{ "video.jpg", "\0\0\0\30ftypisom\0\0\2\0isomiso2mp41", 28 },
	{ "quicktime.jpg", "\0\0\0\24ftypqt  \0\0\2\0qt  ", 20 },
	{ "film.jpg", "\32\105\337\243\1\0\0\0", 8 },
	{ "avi.jpg", "RIFF\0\1\0\0AVI LIST", 16 },
	{ "photoshop.jpg",
	  "8BPS\0\1\0\0\0\0\0\0\0\3\0\0\0\20\0\0\0\20\0\10\0\3", 26 },
	{ "icon.jpg", "\0\0\1\0\1\0\20\20\0\0\1\0\30\0", 14 },
	{ "cursor.jpg", "\0\0\2\0\1\0\20\20\0\0\1\0\30\0", 14 },
	{ "font.jpg", "\0\1\0\0\0\17\0\200\0\3\0\160", 12 },
	{ "targa.jpg", "\0\0\2\0\0\0\0\0\0\0\0\0\20\0\20\0\30\0", 18 },
	{ "pcx.jpg", "\n\5\1\10\0\0\0\0\17\0\17\0\110\0\110\0", 16 },
	{ "sgi.jpg", "\1\332\0\1\0\3\0\20\0\20\0\3\0\0\0\0", 16 },
	{ "sun.jpg", "\x59\xa6\x6a\x95\0\0\0\20\0\0\0\20\0\0\0\30", 16 },
	{ "gimp.jpg", "gimp xcf v003\0\0\0\0\20\0\0\0\20", 22 },
	{ "jpeg 2000.jpg", "\0\0\0\fjP  \r\n\x87\n\0\0\0\24ftypjp2 ", 24 },
	{ "codestream.jpg", "\xff\x4f\xff\x51\0\57\0\0\0\0\0\20\0\0\0\20", 16 },
	{ "jpeg xl.jpg", "\xff\x0a\x7a\x1f\x88\0", 6 },
	{ "jpeg xl boxes.jpg", "\0\0\0\fJXL \r\n\x87\n", 12 },
	{ "exr.jpg", "v/1\1\2\0\0\0channels", 16 },
	{ "vips.jpg", "\266\246\362\10\20\0\0\0\20\0\0\0\3\0\0\0", 16 },
	{ "vips turned.jpg", "\10\362\246\266\0\0\0\20\0\0\0\20\0\0\0\3", 16 },
	{ "matlab.jpg", "MATLAB 5.0 MAT-file, Platform: GLNXA64", 38 },
	{ "fits.jpg", "SIMPLE  =                    T", 30 },
	{ "dds.jpg", "DDS |\0\0\0\7\20\0\0\20\0\0\0\20\0\0\0", 20 },
	{ "pdf.jpg", "%PDF-1.4\n1 0 obj\n", 17 },
	{ "wmf.jpg", "\327\315\306\232\0\0\0\0\0\0\20\0\20\0", 14 },
	{ "database.jpg", "SQLite format 3\0\20\0\1\1\0\100\40\40", 24 },
};

/* Languages in which one can ask for an image, or for a file or a host. */
static const struct {
	const char *name, *text;
} texts[] = {
	{ "text.jpg", "not a photo\n" },
	{ "html.jpg", "<!DOCTYPE html><html><img src=\"cat.jpg\"></html>\n" },
	{ "json.jpg", "{\"error\": 404}\n" },
	{ "script.jpg", "#!/bin/sh\nexit 1\n" },
	{ "matrix.jpg", "3 2\n10 20 30\n40 50 60\n" },
	{ "matrix with a scale.jpg", "2 2 1 0\n1 2\n3 4\n" },
	{ "large matrix.jpg", "9000000 9000000\n1 2 3\n" },
	{ "comma.jpg", "1,2,3\n4,5,6\n" },
	{ "map.jpg", "P3\n2 2\n255\n1 2 3 4 5 6 7 8 9 10 11 12\n" },
	{ "large map.jpg", "P6\n100000 100000\n255\n" },
	{ "float map.jpg", "PF\n1 1\n-1.0\n............" },
	{ "any map.jpg",
	  "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\n." },
	{ "radiance.jpg",
	  "#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n...." },
	{ "postscript.jpg", "%!PS-Adobe-3.0 EPSF-3.0\n"
			    "%%BoundingBox: 0 0 10 10\nshowpage\n" },
	{ "vectors.jpg", "push graphic-context\nviewbox 0 0 64 64\n"
			 "image over 0,0 0,0 '/etc/hostname'\n"
			 "pop graphic-context\n" },
	{ "commands.jpg", "<?xml version=\"1.0\"?>\n<image>\n"
			  "<read filename=\"/etc/hostname\"/>\n"
			  "<write filename=\"written.png\"/>\n</image>\n" },
	{ "drawing.jpg", "<svg xmlns=\"http://www.w3.org/2000/svg\" "
			 "width=\"9\" height=\"9\"><rect width=\"9\" "
			 "height=\"9\"/></svg>\n" },
	{ "a billion laughs.jpg",
	  "<?xml version=\"1.0\"?>\n<!DOCTYPE svg [\n"
	  "<!ENTITY a \"lol\">\n"
	  "<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">\n"
	  "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">\n"
	  "<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\">\n"
	  "<!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\">\n"
	  "<!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;\">\n"
	  "<!ENTITY g \"&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;\">\n"
	  "<!ENTITY h \"&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;\">\n"
	  "<!ENTITY i \"&h;&h;&h;&h;&h;&h;&h;&h;&h;&h;\">\n"
	  "]>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"99\" "
	  "height=\"99\"><text>&i;</text></svg>\n" },
	{ "x bitmap.jpg", "#define a_width 8\n#define a_height 1\n"
			  "static char a_bits[] = { 0x55 };\n" },
	{ "x pixmap.jpg", "/* XPM */\nstatic char *a[] = { \"1 1 1 1\", "
			  "\". c #ff0000\", \".\" };\n" },
	{ "label.jpg", "label:hello\n" },
	{ "inline.jpg", "data:image/gif;base64,R0lGODlhAQABAAAAACw=\n" },
};

/* What a photo begins with; then comes noise. */
static const struct {
	const char *name;
	char bytes[24];
	guint n;
	const char *words;
} begins[] = {
	{ "noise.jpg", "\xff\xd8\xff", 3, "damaged|truncated" },
	{ "noise behind jfif.jpg", "\xff\xd8\xff\xe0\0\20JFIF\0\1\1\0\0\1\0\1",
	  18, "damaged|truncated" },
	{ "noise.png", "\x89PNG\r\n\x1a\n", 8, "damaged|truncated" },
	{ "noise.gif", "GIF89a", 6, "damaged|truncated|too large" },
	{ "noise old.gif", "GIF87a", 6, "damaged|truncated|too large" },
	{ "noise.webp", "RIFF\xe8\3\0\0WEBPVP8 ", 16, "damaged|truncated" },
	{ "noise lossless.webp", "RIFF\xe8\3\0\0WEBPVP8L", 16,
	  "damaged|truncated" },
	{ "noise.tif", "II*\0\10\0\0\0", 8, "damaged|truncated|too large" },
	{ "noise turned.tif", "MM\0*\0\0\0\10", 8,
	  "damaged|truncated|too large" },
	{ "noise big.tif", "II+\0\10\0\0\0\20\0\0\0\0\0\0\0", 16,
	  "damaged|truncated|too large" },
	{ "noise.avif", "\0\0\0\24ftypavif\0\0\0\0avif", 20,
	  "not a photo|damaged|truncated" },
	{ "noise.heic", "\0\0\0\24ftypheic\0\0\0\0heic", 20,
	  "not a photo|damaged|truncated" },
};

static GByteArray *
many(guint8 value, guint n)
{
	GByteArray *bytes = bytes_zeros(g_byte_array_new(), n);

	memset(bytes->data, value, n);
	return bytes;
}

static void
add_same(Hostile *corpus)
{
	hostile_refuses(corpus, "nothing.jpg", "empty file",
			g_byte_array_new());
	hostile_refuses(corpus, "one byte.jpg", "not a photo", many('x', 1));
	hostile_refuses(corpus, "zeros.jpg", "not a photo", many(0, 100000));
	hostile_refuses(corpus, "ones.jpg", "not a photo", many(255, 100000));
	hostile_refuses(corpus, "blanks.jpg", "not a photo", many(' ', 100000));
	hostile_refuses(corpus, "a line of 100000 digits.jpg", "not a photo",
			many('1', 100000));
	hostile_refuses(corpus, "1 MB of noise.jpg", "not a photo",
			bytes_noise(g_byte_array_new(), 1 << 20, 28));
	hostile_refuses(corpus, "zeros behind a start.jpg", "truncated",
			bytes_zeros(bytes_text("\xff\xd8\xff"), 1 << 20));
	hostile_refuses(corpus, "ones behind a start.jpg", "damaged|truncated",
			bytes_join(bytes_text("\xff\xd8"), many(255, 1 << 20)));
}

void
hostile_add_no_photo(Hostile *corpus)
{
	add_same(corpus);
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		hostile_refuses(corpus, texts[i].name, "not a photo",
				bytes_text(texts[i].text));
	for (gsize i = 0; i < G_N_ELEMENTS(magics); i++)
		hostile_refuses(
			corpus, magics[i].name, "not a photo",
			bytes_noise(bytes_new(magics[i].bytes, magics[i].n),
				    1000, (guint32)i));
	for (gsize i = 0; i < G_N_ELEMENTS(begins); i++)
		hostile_refuses(
			corpus, begins[i].name, begins[i].words,
			bytes_noise(bytes_new(begins[i].bytes, begins[i].n),
				    2000, (guint32)i));
}
