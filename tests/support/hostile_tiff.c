/*
 * TIFF files written by hand: a header, the pixels, and an IFD that lies.
 */
#include <string.h>

#include "tests/support/hostile_parts.h"

enum {
	WIDTH = 256,
	HEIGHT = 257,
	BITS = 258,
	COMPRESSION = 259,
	PHOTOMETRIC = 262,
	OFFSETS = 273,
	ORIENTATION = 274,
	SAMPLES = 277,
	ROWS = 278,
	COUNTS = 279,
	PLANAR = 284,
	PREDICTOR = 317,
	COLORMAP = 320,
	TILE_WIDTH = 322,
	TILE_HEIGHT = 323,
	TILE_OFFSETS = 324,
	TILE_COUNTS = 325,
	SUB_IFDS = 330,
	SAMPLE_FORMAT = 339,
	EXIF_IFD = 34665,
	PROFILE = 34675,
};
enum { SHORT = 3, LONG = 4, SIGNED_LONG = 9, IFD_POINTER = 13 };
/* 16 x 16 pixels of gray lie behind the header, the IFD behind them. */
enum { SIDE = 16, PIXELS = 8, IFD = PIXELS + SIDE * SIDE };

typedef struct {
	int tag, type;
	guint32 count, value;
} Entry;

static const Entry good[] = {
	{ WIDTH, LONG, 1, SIDE },        { HEIGHT, LONG, 1, SIDE },
	{ BITS, SHORT, 1, 8 },           { COMPRESSION, SHORT, 1, 1 },
	{ PHOTOMETRIC, SHORT, 1, 1 },    { OFFSETS, LONG, 1, PIXELS },
	{ SAMPLES, SHORT, 1, 1 },        { ROWS, LONG, 1, SIDE },
	{ COUNTS, LONG, 1, SIDE *SIDE },
};

/*
 * The good entries, of which those with a tag of `changes` are replaced, or
 * left out where the count is 0 and the type is too; others are added.
 */
static GByteArray *
tiff(const Entry *changes, gsize n_changes, guint32 next)
{
	GByteArray *file = bytes_pack(bytes_new("II*", 4), "<4", IFD);
	GByteArray *ifd = g_byte_array_new();
	int n = 0;

	memset(bytes_zeros(file, SIDE * SIDE)->data + PIXELS, 128, SIDE * SIDE);
	for (int tag = 0; tag < 65536; tag++) {
		const Entry *entry = NULL;

		for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
			entry = good[i].tag == tag ? &good[i] : entry;
		for (gsize i = 0; i < n_changes; i++)
			entry = changes[i].tag == tag ? &changes[i] : entry;
		if (entry == NULL || (entry->count == 0 && entry->type == 0))
			continue;
		bytes_pack(ifd, "<2244", tag, entry->type, (int)entry->count,
			   (int)entry->value);
		n++;
	}
	return bytes_pack(bytes_join(bytes_pack(file, "<2", n), ifd), "<4",
			  (int)next);
}

static GByteArray *
change(int tag, int type, guint32 count, guint32 value)
{
	Entry entry = { tag, type, count, value };

	return tiff(&entry, 1, 0);
}

static void
add_sizes(Hostile *corpus)
{
	static const struct {
		const char *name;
		guint32 width, height;
		const char *words;
	} sizes[] = {
		{ "width 2^31.tif", 1u << 31, 16, "damaged|too large" },
		{ "width 2^32 - 1.tif", 0xffffffff, 16, "damaged|too large" },
		{ "100000 x 100000.tif", 100000, 100000, "too large" },
		{ "16400 x 16400.tif", 16400, 16400, "too large" },
		{ "10000000 x 10000000.tif", 10000000, 10000000,
		  "damaged|too large" },
		{ "width 0.tif", 0, 16, "damaged" },
		{ "height 0.tif", 16, 0, "damaged" },
		{ "100 rows of 16.tif", 16, 100, "damaged|truncated" },
		{ "16370 x 16370.tif", 16370, 16370, "damaged|truncated" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		Entry entries[] = {
			{ WIDTH, LONG, 1, sizes[i].width },
			{ HEIGHT, LONG, 1, sizes[i].height },
			{ ROWS, LONG, 1, sizes[i].height },
		};

		hostile_refuses(corpus, sizes[i].name, sizes[i].words,
				tiff(entries, G_N_ELEMENTS(entries), 0));
	}
}

static void
add_strips(Hostile *corpus)
{
	static const struct {
		const char *name;
		Entry entry;
	} bad[] = {
		{ "strip at 2 GB.tif", { OFFSETS, LONG, 1, 0x7fffffff } },
		{ "strip at 4 GB.tif", { OFFSETS, LONG, 1, 0xffffffff } },
		{ "strip behind the end.tif", { OFFSETS, LONG, 1, 100000 } },
		{ "no offsets.tif", { OFFSETS, 0, 0, 0 } },
		{ "2^31 strips.tif", { OFFSETS, LONG, 1u << 31, 8 } },
		{ "2^30 strips.tif", { OFFSETS, LONG, 1 << 30, 8 } },
		{ "no width.tif", { WIDTH, 0, 0, 0 } },
		{ "a width in text.tif", { WIDTH, 2, 4, 0 } },
	};
	static const struct {
		const char *name;
		Entry entry;
	} odd[] = {
		{ "no strips.tif", { OFFSETS, LONG, 0, 0 } },
		{ "strip of -1 bytes.tif", { COUNTS, SIGNED_LONG, 1, ~0u } },
		{ "strip of 4 GB.tif", { COUNTS, LONG, 1, ~0u } },
		{ "strip of 0 bytes.tif", { COUNTS, LONG, 1, 0 } },
		{ "no counts.tif", { COUNTS, 0, 0, 0 } },
		{ "2^31 counts.tif", { COUNTS, LONG, 1u << 31, 8 } },
		{ "0 rows a strip.tif", { ROWS, LONG, 1, 0 } },
		{ "2^32 - 1 rows a strip.tif", { ROWS, LONG, 1, ~0u } },
	};

	hostile_reads(corpus, "strips.tif", LOOKS_FLAT, tiff(NULL, 0, 0));
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		hostile_refuses(corpus, bad[i].name, "damaged|truncated",
				tiff(&bad[i].entry, 1, 0));
	for (gsize i = 0; i < G_N_ELEMENTS(odd); i++)
		hostile_takes_either(corpus, odd[i].name, LOOKS_FLAT,
				     "damaged|truncated",
				     tiff(&odd[i].entry, 1, 0));
}

static void
add_formats(Hostile *corpus)
{
	static const struct {
		const char *name;
		int tag;
		guint32 value;
	} bad[] = {
		{ "3 bits.tif", BITS, 3 },
		{ "64 bits.tif", BITS, 64 },
		{ "65535 bits.tif", BITS, 65535 },
		{ "65535 samples.tif", SAMPLES, 65535 },
		{ "compression 0.tif", COMPRESSION, 0 },
		{ "compression 12345.tif", COMPRESSION, 12345 },
		{ "old jpeg of nothing.tif", COMPRESSION, 6 },
		{ "jpeg of nothing.tif", COMPRESSION, 7 },
		{ "deflate of nothing.tif", COMPRESSION, 8 },
		{ "pixar log of nothing.tif", COMPRESSION, 32909 },
		{ "sgi log of nothing.tif", COMPRESSION, 34676 },
		{ "lzma of nothing.tif", COMPRESSION, 34925 },
		{ "zstd of nothing.tif", COMPRESSION, 50000 },
		{ "webp of nothing.tif", COMPRESSION, 50001 },
	};
	static const struct {
		const char *name;
		int tag;
		guint32 value;
	} odd[] = {
		{ "0 bits.tif", BITS, 0 },
		{ "32 bits.tif", BITS, 32 },
		{ "0 samples.tif", SAMPLES, 0 },
		{ "fax of nothing.tif", COMPRESSION, 4 },
		{ "lzw of nothing.tif", COMPRESSION, 5 },
		{ "packbits of nothing.tif", COMPRESSION, 32773 },
		{ "next of nothing.tif", COMPRESSION, 32766 },
		{ "thunderscan of nothing.tif", COMPRESSION, 32809 },
		{ "photometric 3 without a map.tif", PHOTOMETRIC, 3 },
		{ "photometric 6.tif", PHOTOMETRIC, 6 },
		{ "photometric 8.tif", PHOTOMETRIC, 8 },
		{ "photometric 999.tif", PHOTOMETRIC, 999 },
		{ "planes of 9.tif", PLANAR, 9 },
		{ "predictor 7.tif", PREDICTOR, 7 },
		{ "floats of 8 bits.tif", SAMPLE_FORMAT, 3 },
		{ "orientation 0.tif", ORIENTATION, 0 },
		{ "orientation 9.tif", ORIENTATION, 9 },
		{ "sub ifd in the header.tif", SUB_IFDS, 0 },
		{ "sub ifd of itself.tif", SUB_IFDS, IFD },
		{ "exif ifd of itself.tif", EXIF_IFD, IFD },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		hostile_refuses(corpus, bad[i].name, "damaged|truncated",
				change(bad[i].tag, SHORT, 1, bad[i].value));
	for (gsize i = 0; i < G_N_ELEMENTS(odd); i++)
		hostile_takes_either(
			corpus, odd[i].name, LOOKS_ANY, "damaged|truncated",
			change(odd[i].tag,
			       odd[i].tag == EXIF_IFD ? LONG : SHORT, 1,
			       odd[i].value));
}

static void
add_tiles(Hostile *corpus)
{
	static const struct {
		const char *name;
		guint32 width, height, offset;
	} tiles[] = {
		{ "tiles of 0.tif", 0, 0, PIXELS },
		{ "tiles of 2^31.tif", 1u << 31, 1u << 31, PIXELS },
		{ "tiles of 7.tif", 7, 7, PIXELS },
		{ "tiles of 10000.tif", 10000, 10000, PIXELS },
		{ "tile behind the end.tif", 16, 16, 1000000 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(tiles); i++) {
		Entry entries[] = {
			{ OFFSETS, 0, 0, 0 },
			{ COUNTS, 0, 0, 0 },
			{ ROWS, 0, 0, 0 },
			{ TILE_WIDTH, LONG, 1, tiles[i].width },
			{ TILE_HEIGHT, LONG, 1, tiles[i].height },
			{ TILE_OFFSETS, LONG, 1, tiles[i].offset },
			{ TILE_COUNTS, LONG, 1, SIDE * SIDE },
		};

		hostile_refuses(corpus, tiles[i].name, "damaged|truncated",
				tiff(entries, G_N_ELEMENTS(entries), 0));
	}
}

static void
add_ifds(Hostile *corpus)
{
	GByteArray *many = bytes_pack(bytes_new("II*", 4), "<42", 8, 65535);
	GByteArray *twice = tiff(NULL, 0, 0);

	hostile_takes_either(corpus, "the next ifd is the first.tif",
			     LOOKS_FLAT, "damaged", tiff(NULL, 0, IFD));
	hostile_takes_either(corpus, "the next ifd is far away.tif", LOOKS_FLAT,
			     "damaged", tiff(NULL, 0, 0xfffffff0));
	hostile_refuses(corpus, "the first ifd is far away.tif",
			"damaged|truncated",
			bytes_put(tiff(NULL, 0, 0), 4, "<4", 0xfffffff0));
	hostile_refuses(corpus, "the first ifd is the header.tif",
			"damaged|truncated",
			bytes_put(tiff(NULL, 0, 0), 4, "<4", 0));
	hostile_refuses(corpus, "65535 entries.tif", "damaged|truncated",
			bytes_noise(many, 3000, 19));
	hostile_refuses(corpus, "big and short.tif", "damaged|truncated",
			bytes_pack(bytes_text("II+"), "1<222", 0, 8, 0, 99));
	hostile_refuses(corpus, "big with words of 99.tif", "damaged|truncated",
			bytes_zeros(bytes_pack(bytes_text("II+"), "1<222", 0,
					       99, 0, 16),
				    100));
	hostile_takes_either(corpus, "a colour map of 3.tif", LOOKS_ANY,
			     "damaged|truncated",
			     change(COLORMAP, SHORT, 3, PIXELS));
	hostile_reads(corpus, "a profile of noise.tif", LOOKS_FLAT,
		      change(PROFILE, 7, 200, PIXELS));
	hostile_takes_either(corpus, "a profile of 4 GB.tif", LOOKS_FLAT,
			     "damaged|truncated",
			     change(PROFILE, 7, 0xffffffff, PIXELS));
	hostile_takes_either(corpus, "a description of 4 GB.tif", LOOKS_FLAT,
			     "damaged|truncated",
			     change(270, 2, 0xffffffff, PIXELS));
	hostile_reads(corpus, "junk behind.tif", LOOKS_FLAT,
		      bytes_noise(twice, 50000, 20));
}

void
hostile_add_tiff(Hostile *corpus)
{
	add_sizes(corpus);
	add_strips(corpus);
	add_formats(corpus);
	add_tiles(corpus);
	add_ifds(corpus);
}
