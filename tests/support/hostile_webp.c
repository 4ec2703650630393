/*
 * WebP files whose sizes and chunks lie.
 */
#include "tests/support/hostile_parts.h"

/* RIFF, size, WEBP, then chunks of a name, a size and data of even length. */
static GByteArray *
riff(GByteArray *chunks)
{
	GByteArray *webp =
		bytes_pack(bytes_text("RIFF"), "<4", (int)chunks->len + 4);

	return bytes_join(bytes_append(webp, "WEBP", 4), chunks);
}

static GByteArray *
chunk(GByteArray *chunks, const char *name, GByteArray *data)
{
	bytes_append(chunks, name, 4);
	bytes_pack(chunks, "<4", (int)data->len);
	if (data->len % 2 == 1)
		bytes_zeros(data, 1);
	return bytes_join(chunks, data);
}

/* A canvas, with the flags of what follows. */
static GByteArray *
extended(int flags, guint width, guint height)
{
	GByteArray *data =
		bytes_pack(g_byte_array_new(), "1111", flags, 0, 0, 0);

	for (int i = 0; i < 3; i++)
		bytes_pack(data, "1", (int)((width - 1) >> 8 * i & 255));
	for (int i = 0; i < 3; i++)
		bytes_pack(data, "1", (int)((height - 1) >> 8 * i & 255));
	return chunk(g_byte_array_new(), "VP8X", data);
}

/* The chunk with the pixels of the drawing. */
static GByteArray *
picture(void)
{
	GByteArray *webp = bytes_sample(".webp[lossless,strip]");
	guint at;

	if (webp == NULL)
		return NULL;
	at = bytes_find(webp, 12, "VP8L", 4);
	return bytes_splice(webp, 0, at, NULL, 0);
}

static void
add_lies(Hostile *corpus)
{
	static const struct {
		const char *name;
		guint at;
		guint32 size;
		const char *words;
	} sizes[] = {
		{ "riff of 0.webp", 4, 0, "damaged|truncated" },
		{ "riff of 5.webp", 4, 5, "damaged|truncated" },
		{ "riff of 4 GB.webp", 4, 0xffffffff, "damaged|truncated" },
		{ "riff of 2 GB.webp", 4, 0x7ffffff0, "truncated" },
		{ "chunk of 0.webp", 16, 0, "damaged|truncated" },
		{ "chunk of 4 GB.webp", 16, 0xffffffff, "damaged|truncated" },
		{ "chunk of 2 GB.webp", 16, 0x7ffffff0, "damaged|truncated" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		GByteArray *webp = bytes_sample(".webp[lossless,strip]");

		if (webp != NULL)
			hostile_refuses(corpus, sizes[i].name, sizes[i].words,
					bytes_put(webp, sizes[i].at, "<4",
						  sizes[i].size));
	}
}

static void
add_canvases(Hostile *corpus)
{
	static const guint sides[] = { 16384, 100000, 1 << 24, 1 };

	for (gsize i = 0; i < G_N_ELEMENTS(sides); i++) {
		g_autofree char *name =
			g_strdup_printf("canvas of %u.webp", sides[i]);

		hostile_refuses(corpus, name, "too large|damaged|truncated",
				riff(bytes_join(extended(0, sides[i], sides[i]),
						picture())));
	}
	hostile_refuses(corpus, "film of no frames.webp",
			"damaged|truncated|too large",
			riff(extended(2, 16000, 16000)));
	hostile_refuses(
		corpus, "film of 16384 x 16384.webp",
		"damaged|truncated|too large",
		riff(chunk(chunk(extended(2, 16384, 16384), "ANIM",
				 bytes_zeros(g_byte_array_new(), 6)),
			   "ANMF",
			   bytes_join(bytes_zeros(g_byte_array_new(), 16),
				      picture()))));
	hostile_refuses(corpus, "canvas alone.webp", "damaged|truncated",
			riff(extended(0, 100, 100)));
	hostile_refuses(corpus, "lossless of 16384 x 16384.webp",
			"damaged|truncated|too large",
			riff(chunk(g_byte_array_new(), "VP8L",
				   bytes_pack(g_byte_array_new(), "1<41", 0x2f,
					      0x0fffffff, 0))));
	hostile_refuses(corpus, "lossy of 16383 x 16383.webp",
			"damaged|truncated|too large",
			riff(chunk(g_byte_array_new(), "VP8 ",
				   bytes_zeros(bytes_pack(g_byte_array_new(),
							  "111111<22", 0x10, 2,
							  0, 0x9d, 1, 0x2a, 0,
							  0, 0x3fff, 0x3fff),
					       100))));
}

static void
add_chunks(Hostile *corpus)
{
	enum { ICC = 0x20, ALPHA = 0x10, EXIF = 8 };
	GByteArray *chunks;

	chunks = bytes_join(extended(EXIF, HOSTILE_WIDTH, HOSTILE_HEIGHT),
			    picture());
	hostile_reads(corpus, "exif of noise.webp", LOOKS_DRAWN,
		      riff(chunk(chunks, "EXIF",
				 bytes_noise(g_byte_array_new(), 999, 14))));
	chunks = chunk(extended(ICC, HOSTILE_WIDTH, HOSTILE_HEIGHT), "ICCP",
		       bytes_noise(g_byte_array_new(), 1000, 15));
	hostile_reads(corpus, "profile of noise.webp", LOOKS_DRAWN,
		      riff(bytes_join(chunks, picture())));
	chunks = bytes_join(extended(0, HOSTILE_WIDTH, HOSTILE_HEIGHT),
			    picture());
	hostile_takes_either(
		corpus, "an unknown chunk.webp", LOOKS_DRAWN,
		"damaged|truncated",
		riff(chunk(chunks, "kwKw", bytes_text("unknown"))));
	chunks = chunk(extended(ALPHA, HOSTILE_WIDTH, HOSTILE_HEIGHT), "ALPH",
		       bytes_noise(g_byte_array_new(), 500, 16));
	hostile_takes_either(corpus, "alpha of noise.webp", LOOKS_ANY,
			     "damaged|truncated",
			     riff(bytes_join(chunks, picture())));
	hostile_reads(corpus, "junk behind.webp", LOOKS_DRAWN,
		      bytes_noise(riff(picture()), 50000, 17));
	hostile_refuses(corpus, "noise.webp", "damaged|truncated",
			riff(bytes_noise(g_byte_array_new(), 1000, 18)));
	hostile_refuses(corpus, "riff of sound.webp", "not a photo",
			bytes_splice(riff(picture()), 8, 4, "WAVE", 4));
}

void
hostile_add_webp(Hostile *corpus)
{
	GByteArray *probe = picture();

	if (probe == NULL)
		return;
	g_byte_array_unref(probe);
	add_lies(corpus);
	add_canvases(corpus);
	add_chunks(corpus);
}
