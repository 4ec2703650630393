/*
 * BMP files, by hand.  They are read where libvips has ImageMagick's decoder,
 * and are no photos elsewhere.
 */
#include "tests/support/hostile_parts.h"

enum { FILE_HEADER = 14, INFO_HEADER = 40, SIDE = 24 };
/* Where the fields of the headers are. */
enum {
	BITS_OFFSET = 10,
	INFO_SIZE = 14,
	WIDTH = 18,
	HEIGHT = 22,
	PLANES = 26,
	DEPTH = 28,
	COMPRESSION = 30,
	COLOURS = 46,
};

/* Both headers, and a palette of grays where there are 8 bits. */
static GByteArray *
headers(int width, int height, int depth)
{
	int colours = depth == 8 ? 256 : 0;
	int offset = FILE_HEADER + INFO_HEADER + 4 * colours;
	int size = (width * depth / 8 + 3) / 4 * 4 * ABS(height);
	GByteArray *bmp =
		bytes_pack(bytes_text("BM"), "<444", offset + size, 0, offset);

	bytes_pack(bmp, "<44422444444", INFO_HEADER, width, height, 1, depth, 0,
		   size, 2835, 2835, colours, 0);
	for (int i = 0; i < colours; i++)
		bytes_pack(bmp, "1111", i, i, i, 0);
	return bmp;
}

/* The drawing; a height below 0 is one from the top down. */
static GByteArray *
drawn(int height, int depth)
{
	enum { W = HOSTILE_WIDTH, H = HOSTILE_HEIGHT };
	g_autofree guint8 *pixels =
		hostile_look(depth == 8 ? LOOKS_GRAY : LOOKS_DRAWN);
	GByteArray *bmp = headers(W, height, depth);

	for (int row = 0; row < H; row++) {
		const guint8 *p =
			pixels + (height < 0 ? row : H - 1 - row) * W * 3;

		for (int x = 0; x < W; x++, p += 3) {
			if (depth == 8)
				bytes_pack(
					bmp, "1",
					(p[0] * 54 + p[1] * 183 + p[2] * 19) /
						256);
			else
				bytes_pack(bmp, "111", p[2], p[1], p[0]);
			if (depth == 32)
				bytes_pack(bmp, "1", 0);
		}
	}
	return bmp;
}

/* One gray of 128; the fourth byte of 32 bits is no part of a colour. */
static GByteArray *
flat(int width, int height, int depth, int fourth)
{
	GByteArray *bmp = headers(width, height, depth);
	int n = (width * depth / 8 + 3) / 4 * 4 * ABS(height);

	for (int i = 0; i < n; i++)
		bytes_pack(bmp, "1", depth == 32 && i % 4 == 3 ? fourth : 128);
	return bmp;
}

static void
add_good(Hostile *corpus)
{
	static const int depths[] = { 8, 24, 32 };

	for (gsize i = 0; i < G_N_ELEMENTS(depths); i++) {
		int depth = depths[i];
		g_autofree char *up = g_strdup_printf("%d bits.bmp", depth);
		g_autofree char *down =
			g_strdup_printf("%d bits, top down.bmp", depth);
		g_autofree char *padded =
			g_strdup_printf("%d bits, 5 x 3.bmp", depth);
		HostileLook look = depth == 8 ? LOOKS_GRAY : LOOKS_DRAWN;

		hostile_reads(corpus, up, look, drawn(HOSTILE_HEIGHT, depth));
		hostile_reads(corpus, down, look,
			      drawn(-HOSTILE_HEIGHT, depth));
		hostile_reads(corpus, padded, LOOKS_FLAT, flat(5, 3, depth, 0));
	}
	hostile_reads(corpus, "1 x 1.bmp", LOOKS_FLAT, flat(1, 1, 24, 0));
	hostile_reads(corpus, "32 bits, opaque.bmp", LOOKS_FLAT,
		      flat(SIDE, SIDE, 32, 255));
	hostile_reads(corpus, "32 bits, half opaque.bmp", LOOKS_ANY,
		      flat(SIDE, SIDE, 32, 128));
	hostile_reads(corpus, "a bitmap.jpg", LOOKS_DRAWN,
		      drawn(HOSTILE_HEIGHT, 24));
	hostile_reads(corpus, "junk behind.bmp", LOOKS_FLAT,
		      bytes_noise(flat(SIDE, SIDE, 24, 0), 5000, 23));
}

static void
add_headers(Hostile *corpus)
{
	static const struct {
		const char *name;
		guint at;
		const char *layout;
		guint32 value;
		const char *words;
	} lies[] = {
		{ "width 0.bmp", WIDTH, "<4", 0, NULL },
		{ "height 0.bmp", HEIGHT, "<4", 0, NULL },
		{ "width -5.bmp", WIDTH, "<4", -5u, NULL },
		{ "height -2^31.bmp", HEIGHT, "<4", 1u << 31, NULL },
		{ "width 2^31 - 1.bmp", WIDTH, "<4", 0x7fffffff, NULL },
		{ "24 x 20000000.bmp", HEIGHT, "<4", 20000000, "too large" },
		{ "24 x 2000.bmp", HEIGHT, "<4", 2000, "truncated" },
		{ "0 bits.bmp", DEPTH, "<2", 0, NULL },
		{ "3 bits.bmp", DEPTH, "<2", 3, NULL },
		{ "65535 bits.bmp", DEPTH, "<2", 65535, NULL },
		{ "compression 4.bmp", COMPRESSION, "<4", 4, NULL },
		{ "compression 99.bmp", COMPRESSION, "<4", 99, NULL },
		{ "an info header of 3 bytes.bmp", INFO_SIZE, "<4", 3, NULL },
		{ "an info header of 4 GB.bmp", INFO_SIZE, "<4", ~0u, NULL },
	};
	static const struct {
		const char *name;
		guint at;
		const char *layout;
		guint32 value;
	} odd[] = {
		{ "bits at 4 GB.bmp", BITS_OFFSET, "<4", ~0u },
		{ "bits at 0.bmp", BITS_OFFSET, "<4", 0 },
		{ "0 planes.bmp", PLANES, "<2", 0 },
		{ "compression 1.bmp", COMPRESSION, "<4", 1 },
		{ "compression 3.bmp", COMPRESSION, "<4", 3 },
		{ "2^31 colours.bmp", COLOURS, "<4", 1u << 31 },
		{ "a file of 0 bytes.bmp", 2, "<4", 0 },
		{ "a file of 4 GB.bmp", 2, "<4", ~0u },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(lies); i++)
		hostile_refuses(corpus, lies[i].name, lies[i].words,
				bytes_put(flat(SIDE, SIDE, 24, 0), lies[i].at,
					  lies[i].layout, lies[i].value));
	for (gsize i = 0; i < G_N_ELEMENTS(odd); i++)
		hostile_takes_either(corpus, odd[i].name, LOOKS_ANY, NULL,
				     bytes_put(flat(SIDE, SIDE, 8, 0),
					       odd[i].at, odd[i].layout,
					       odd[i].value));
	hostile_refuses(corpus, "16400 x 16400.bmp", "too large",
			bytes_put(bytes_put(flat(SIDE, SIDE, 24, 0), WIDTH,
					    "<4", 16400),
				  HEIGHT, "<4", 16400));
}

static void
add_cuts(Hostile *corpus)
{
	static const guint cuts[] = { 2, 10, 14, 18, 53, 54 };
	GByteArray *bmp = drawn(HOSTILE_HEIGHT, 24);

	for (gsize i = 0; i < G_N_ELEMENTS(cuts); i++) {
		g_autofree char *name =
			g_strdup_printf("%u bytes.bmp", cuts[i]);

		hostile_refuses(corpus, name, NULL,
				bytes_cut(bytes_copy(bmp), cuts[i]));
	}
	hostile_refuses(corpus, "cut at half.bmp", "truncated",
			bytes_cut(bytes_copy(bmp), bmp->len / 2));
	hostile_refuses(corpus, "cut at 99 of 100.bmp", "truncated",
			bytes_cut(bmp, bmp->len / 100 * 99));
	hostile_refuses(corpus, "noise.bmp", NULL,
			bytes_noise(bytes_text("BM"), 5000, 24));
}

/* Without ImageMagick not even a good one is known. */
static void
expect_no_photos(GPtrArray *files, guint first)
{
	for (guint i = first; i < files->len; i++) {
		HostileFile *file = files->pdata[i];

		file->verdict = HOSTILE_LEFT_OUT;
		file->words = "not a photo";
	}
}

void
hostile_add_bmp(Hostile *corpus)
{
	guint first = corpus->files->len;

	add_good(corpus);
	add_headers(corpus);
	add_cuts(corpus);
	if (vips_type_find("VipsOperation", "magickload") == 0)
		expect_no_photos(corpus->files, first);
}
