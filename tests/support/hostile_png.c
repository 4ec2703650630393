/*
 * PNG files whose chunks lie, are missing, or are more than one wants.
 */
#include <string.h>
#include <zlib.h>

#include "tests/support/hostile_parts.h"

enum { GRAY = 0, RGB = 2, PALETTE = 3 };
/* Where the first chunk, IHDR, begins, and ends. */
enum { HEADER = 8, BEHIND_HEADER = 33 };

/* A chunk of its own; the data are taken. */
static GByteArray *
chunk(const char *type, GByteArray *data)
{
	GByteArray *bytes = bytes_pack(g_byte_array_new(), "4", (int)data->len);

	bytes_append(bytes, type, 4);
	bytes_join(bytes, data);
	return bytes_pack(bytes, "4",
			  (int)crc32(0, bytes->data + 4, bytes->len - 4));
}

/* The start of a file, with its header. */
static GByteArray *
begin_with(guint32 width, guint32 height, int depth, int colour, int interlace)
{
	GByteArray *png = bytes_new("\x89PNG\r\n\x1a\n", 8);
	GByteArray *header =
		bytes_pack(g_byte_array_new(), "4411111", (int)width,
			   (int)height, depth, colour, 0, 0, interlace);

	return bytes_join(png, chunk("IHDR", header));
}

static GByteArray *
begin(guint32 width, guint32 height, int depth, int colour)
{
	return begin_with(width, height, depth, colour, 0);
}

static GByteArray *
deflate_bytes(GByteArray *bytes)
{
	uLongf n = compressBound(bytes->len);
	GByteArray *packed = bytes_zeros(g_byte_array_new(), (guint)n);

	compress2(packed->data, &n, bytes->data, bytes->len, 9);
	g_byte_array_unref(bytes);
	return bytes_cut(packed, (guint)n);
}

/* Image data of n bytes of zeros, and the end. */
static GByteArray *
finish(GByteArray *png, guint n)
{
	GByteArray *zeros = bytes_zeros(g_byte_array_new(), n);

	bytes_join(png, chunk("IDAT", deflate_bytes(zeros)));
	return bytes_join(png, chunk("IEND", g_byte_array_new()));
}

/* The drawing, with this chunk behind its header. */
static GByteArray *
with_chunk(const char *type, GByteArray *data)
{
	g_autoptr(GByteArray) more = chunk(type, data);

	return bytes_splice(bytes_sample(".png[strip]"), BEHIND_HEADER, 0,
			    more->data, more->len);
}

static guint
find_chunk(const GByteArray *png, const char *type)
{
	return bytes_find(png, HEADER, type, 4) - 4;
}

/* Gray of so few bits; libvips writes only 8 and 16 as they are. */
static void
add_depth(Hostile *corpus, int depth, HostileLook look)
{
	enum { H = HOSTILE_HEIGHT, W = HOSTILE_WIDTH };
	g_autofree char *name = g_strdup_printf("gray %d bits.png", depth);
	g_autofree guint8 *pixels = hostile_look(LOOKS_GRAY);
	GByteArray *png = begin(W, H, depth, GRAY);
	GByteArray *rows = g_byte_array_new();

	for (int y = 0; y < H; y++) {
		bytes_pack(rows, "1", 0);
		for (int x = 0, byte = 0; x < W; x++) {
			byte = (byte << depth & 255) |
			       pixels[(y * W + x) * 3] >> (8 - depth);
			if ((x + 1) * depth % 8 == 0)
				bytes_pack(rows, "1", byte);
		}
	}
	bytes_join(png, chunk("IDAT", deflate_bytes(rows)));
	hostile_reads(corpus, name, look,
		      bytes_join(png, chunk("IEND", g_byte_array_new())));
}

static void
add_sizes(Hostile *corpus)
{
	static const struct {
		guint32 width, height;
		const char *words;
	} sizes[] = {
		{ 100000, 100000, "too large" },
		{ 787402, 787402, "too large" },
		{ 16400, 16400, "too large" },
		{ 16370, 16370, "damaged|truncated" },
		{ 10000001, 1, "damaged|too large" },
		{ 1, 300000000, "damaged|too large" },
		{ 0x7fffffff, 0x7fffffff, "damaged|too large" },
		{ 0x80000000, 1, "damaged|too large" },
		{ 0xffffffff, 0xffffffff, "damaged|too large" },
		{ 0, 10, "damaged" },
		{ 10, 0, "damaged" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autofree char *name = g_strdup_printf(
			"%u x %u.png", sizes[i].width, sizes[i].height);

		hostile_refuses(
			corpus, name, sizes[i].words,
			finish(begin(sizes[i].width, sizes[i].height, 8, RGB),
			       1000));
	}
	hostile_refuses(corpus, "interlaced 30000 x 30000.png", "too large",
			finish(begin_with(30000, 30000, 1, GRAY, 1), 1000));
}

static void
add_headers(Hostile *corpus)
{
	static const struct {
		const char *name;
		guint at;
		guint8 value;
	} fields[] = {
		{ "depth 0.png", 8, 0 },       { "depth 3.png", 8, 3 },
		{ "depth 255.png", 8, 255 },   { "colour type 1.png", 9, 1 },
		{ "colour type 7.png", 9, 7 }, { "compression 1.png", 10, 1 },
		{ "filter 1.png", 11, 1 },     { "interlace 9.png", 12, 9 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
		GByteArray *png = begin(16, 16, 8, RGB);

		png->data[HEADER + 8 + fields[i].at] = fields[i].value;
		bytes_put(png, BEHIND_HEADER - 4, "4",
			  (guint32)crc32(0, png->data + HEADER + 4, 17));
		hostile_refuses(corpus, fields[i].name, "damaged",
				finish(png, 16 * 49));
	}
	hostile_refuses(corpus, "wrong sum of the header.png", "damaged",
			bytes_flip(bytes_sample(".png"), BEHIND_HEADER - 1, 1));
	hostile_refuses(
		corpus, "two headers.png", "damaged",
		finish(bytes_join(begin(16, 16, 8, RGB), begin(8, 8, 8, RGB)),
		       16 * 49));
	hostile_refuses(corpus, "a header of 5 bytes.png", "damaged|truncated",
			bytes_join(bytes_new("\x89PNG\r\n\x1a\n", 8),
				   chunk("IHDR", bytes_text("12345"))));
	hostile_refuses(corpus, "lines ended the other way.png", "not a photo",
			bytes_splice(bytes_sample(".png"), 4, 2, "\n", 1));
}

static void
add_data(Hostile *corpus)
{
	GByteArray *png = bytes_sample(".png[strip]");
	guint data = find_chunk(png, "IDAT"), n = png->len - 12 - data;
	g_autofree guint8 *whole = g_memdup2(png->data + data, n);

	/* The data themselves are whole, as zlib's own checksum in them says.
	 */
	hostile_takes_either(corpus, "wrong sum of the data.png", LOOKS_DRAWN,
			     "damaged",
			     bytes_flip(bytes_copy(png), data + n - 2, 1));
	hostile_refuses(corpus, "one byte of the data.png", "damaged",
			bytes_flip(bytes_copy(png), data + n / 2, 1));
	hostile_refuses(corpus, "data of zeros.png", "damaged",
			bytes_join(begin(16, 16, 8, RGB),
				   chunk("IDAT", bytes_zeros(g_byte_array_new(),
							     3000))));
	hostile_refuses(corpus, "data of noise.png", "damaged",
			bytes_join(begin(16, 16, 8, RGB),
				   chunk("IDAT", bytes_noise(g_byte_array_new(),
							     3000, 8))));
	hostile_refuses(corpus, "data of nothing.png", "damaged|truncated",
			bytes_join(begin(16, 16, 8, RGB),
				   chunk("IDAT", g_byte_array_new())));
	hostile_refuses(corpus, "two rows of sixteen.png", "damaged|truncated",
			finish(begin(16, 16, 8, RGB), 2 * 49));
	hostile_reads(corpus, "twenty rows of sixteen.png", LOOKS_ANY,
		      finish(begin(16, 16, 8, RGB), 20 * 49));
	hostile_refuses(corpus, "a chunk of 4 GB.png", "damaged|truncated",
			bytes_put(bytes_copy(png), data, "4", 0xffffffff));
	hostile_refuses(corpus, "a chunk of 2 GB.png", "damaged|truncated",
			bytes_put(bytes_copy(png), data, "4", 0x7fffffff));
	hostile_reads(corpus, "junk behind.png", LOOKS_DRAWN,
		      bytes_noise(bytes_copy(png), 100000, 9));
	hostile_refuses(corpus, "no data.png", "damaged|truncated",
			bytes_splice(bytes_copy(png), data, n, NULL, 0));
	hostile_refuses(
		corpus, "data behind the end.png", "damaged|truncated",
		bytes_append(bytes_splice(png, data, n, NULL, 0), whole, n));
}

static void
add_chunks(Hostile *corpus)
{
	GByteArray *png;

	hostile_reads(
		corpus, "a text of 4 MB.png", LOOKS_DRAWN,
		with_chunk("tEXt", bytes_join(bytes_new("Comment", 8),
					      bytes_noise(g_byte_array_new(),
							  4 << 20, 10))));
	hostile_takes_either(
		corpus, "a text of 64 MB when unpacked.png", LOOKS_DRAWN,
		"damaged",
		with_chunk("zTXt",
			   bytes_join(bytes_new("Comment\0", 9),
				      deflate_bytes(bytes_zeros(
					      g_byte_array_new(), 64 << 20)))));
	hostile_takes_either(
		corpus, "a profile of 16 MB when unpacked.png", LOOKS_DRAWN,
		"damaged",
		with_chunk("iCCP",
			   bytes_join(bytes_new("icc\0", 5),
				      deflate_bytes(bytes_zeros(
					      g_byte_array_new(), 16 << 20)))));
	hostile_reads(corpus, "a private chunk.png", LOOKS_DRAWN,
		      with_chunk("kwKw", bytes_text("private")));
	hostile_refuses(corpus, "a chunk one must know.png", "damaged",
			with_chunk("KWKW", bytes_text("critical")));
	hostile_reads(
		corpus, "gamma 0.png", LOOKS_DRAWN,
		with_chunk("gAMA", bytes_pack(g_byte_array_new(), "4", 0)));
	hostile_reads(
		corpus, "white of noise.png", LOOKS_DRAWN,
		with_chunk("cHRM", bytes_noise(g_byte_array_new(), 32, 11)));
	hostile_reads(
		corpus, "exif of noise.png", LOOKS_DRAWN,
		with_chunk("eXIf", bytes_noise(g_byte_array_new(), 2000, 12)));
	hostile_reads(corpus, "a film.png", LOOKS_DRAWN,
		      with_chunk("acTL", bytes_pack(g_byte_array_new(), "44",
						    0x7fffffff, 0)));
	png = bytes_sample(".png[strip]");
	for (int i = 0; i < 1000; i++) {
		g_autofree char *text = g_strdup_printf("key%d", i);
		g_autoptr(GByteArray) more =
			chunk("tEXt", bytes_new(text, strlen(text) + 1));

		bytes_splice(png, BEHIND_HEADER, 0, more->data, more->len);
	}
	hostile_takes_either(corpus, "1000 texts.png", LOOKS_DRAWN, "damaged",
			     png);
}

static void
add_palettes(Hostile *corpus)
{
	GByteArray *three = bytes_text("abcdefghi");

	hostile_refuses(corpus, "no palette.png", "damaged",
			finish(begin(16, 16, 8, PALETTE), 16 * 17));
	hostile_refuses(corpus, "a palette of 4 bytes.png", "damaged",
			finish(bytes_join(begin(16, 16, 8, PALETTE),
					  chunk("PLTE", bytes_text("1234"))),
			       16 * 17));
	hostile_takes_either(
		corpus, "a palette of 257.png", LOOKS_ANY, "damaged",
		finish(bytes_join(begin(16, 16, 8, PALETTE),
				  chunk("PLTE", bytes_zeros(g_byte_array_new(),
							    257 * 3))),
		       16 * 17));
	/* A row is a filter and 16 numbers of colours, of which there are 3. */
	GByteArray *png =
		bytes_join(begin(16, 1, 8, PALETTE), chunk("PLTE", three));
	bytes_join(png,
		   chunk("IDAT",
			 deflate_bytes(bytes_new("\0\0\1\2\3\4\5\6\7\x8\x9\xa"
						 "\xb\xc\xd\xfe\xff",
						 17))));
	hostile_takes_either(
		corpus, "colours that are not there.png", LOOKS_ANY, "damaged",
		bytes_join(png, chunk("IEND", g_byte_array_new())));
}

void
hostile_add_png(Hostile *corpus)
{
	add_depth(corpus, 1, LOOKS_ANY);
	add_depth(corpus, 2, LOOKS_ANY);
	add_depth(corpus, 4, LOOKS_GRAY);
	add_depth(corpus, 8, LOOKS_GRAY);
	add_sizes(corpus);
	add_headers(corpus);
	add_data(corpus);
	add_chunks(corpus);
	add_palettes(corpus);
}
