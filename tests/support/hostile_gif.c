/*
 * GIF files whose screen, frames and blocks are not what they say.
 */
#include "tests/support/hostile_parts.h"

typedef struct {
	int width, height;
} Size;

/* A header with a palette of black and white. */
static GByteArray *
begin(Size screen)
{
	GByteArray *gif = bytes_pack(bytes_text("GIF89a"), "<22", screen.width,
				     screen.height);

	bytes_pack(gif, "111", 0x80, 0, 0);
	return bytes_append(gif, "\0\0\0\xff\xff\xff", 6);
}

/*
 * A frame whose data are one block of one pixel: clear, colour 1, end, three
 * bits each.
 */
static GByteArray *
frame(GByteArray *gif, int left, int top, Size size, int bits)
{
	bytes_pack(gif, "1<22221", ',', left, top, size.width, size.height, 0);
	return bytes_pack(gif, "11111", bits, 2, 0x4c, 0x01, 0);
}

static GByteArray *
finish(GByteArray *gif)
{
	return bytes_append(gif, ";", 1);
}

static const Size one = { 1, 1 }, huge = { 65535, 65535 };

static void
add_sizes(Hostile *corpus)
{
	static const Size wide = { 20000, 20000 }, none = { 0, 0 };

	hostile_reads(corpus, "1 x 1.gif", LOOKS_ANY,
		      finish(frame(begin(one), 0, 0, one, 2)));
	hostile_takes_either(corpus, "1 x 1 on 65535 x 65535.gif", LOOKS_ANY,
			     "too large",
			     finish(frame(begin(huge), 0, 0, one, 2)));
	hostile_refuses(corpus, "65535 x 65535.gif", "too large",
			finish(frame(begin(huge), 0, 0, huge, 2)));
	hostile_refuses(corpus, "65535 x 65535 on 1 x 1.gif", "too large",
			finish(frame(begin(one), 0, 0, huge, 2)));
	hostile_refuses(corpus, "20000 x 20000.gif", "too large",
			finish(frame(begin(wide), 0, 0, wide, 2)));
	hostile_takes_either(corpus, "0 x 0.gif", LOOKS_ANY,
			     "damaged|truncated|too large",
			     finish(frame(begin(none), 0, 0, none, 2)));
	hostile_takes_either(corpus, "far outside.gif", LOOKS_ANY,
			     "damaged|truncated|too large",
			     finish(frame(begin(one), 65535, 65535, one, 2)));
	hostile_takes_either(
		corpus, "a second frame of 65535 x 65535.gif", LOOKS_ANY,
		"too large|damaged|truncated",
		finish(frame(frame(begin(one), 0, 0, one, 2), 0, 0, huge, 2)));
}

static void
add_data(Hostile *corpus)
{
	static const int bits[] = { 0, 1, 12, 13, 255 };
	static const Size screen = { 32, 32 };
	GByteArray *gif;

	for (gsize i = 0; i < G_N_ELEMENTS(bits); i++) {
		g_autofree char *name =
			g_strdup_printf("codes of %d bits.gif", bits[i]);

		hostile_takes_either(
			corpus, name, LOOKS_ANY, "damaged|truncated",
			finish(frame(begin(one), 0, 0, one, bits[i])));
	}
	hostile_takes_either(corpus, "one pixel of 1024.gif", LOOKS_ANY,
			     "damaged|truncated",
			     finish(frame(begin(screen), 0, 0, screen, 2)));
	gif = bytes_pack(begin(screen), "1<222211", ',', 0, 0, 32, 32, 0, 8);
	for (int i = 0; i < 40; i++)
		bytes_noise(bytes_pack(gif, "1", 255), 255, (guint32)i);
	hostile_takes_either(corpus, "data of noise.gif", LOOKS_ANY,
			     "damaged|truncated",
			     finish(bytes_pack(gif, "1", 0)));
	gif = bytes_sample(".gif");
	hostile_reads(corpus, "junk behind.gif", LOOKS_DRAWN,
		      bytes_noise(bytes_copy(gif), 50000, 13));
	hostile_reads(corpus, "zeros behind.gif", LOOKS_DRAWN,
		      bytes_zeros(gif, 50000));
}

static void
add_blocks(Hostile *corpus)
{
	GByteArray *gif = begin(one);

	hostile_refuses(corpus, "3 bytes.gif", "not a photo|truncated",
			bytes_text("GIF"));
	hostile_refuses(corpus, "6 bytes.gif", "truncated",
			bytes_text("GIF89a"));
	hostile_refuses(corpus, "no frame.gif", "damaged|truncated",
			finish(begin(one)));
	hostile_refuses(corpus, "GIF99z.gif", "not a photo|damaged",
			bytes_splice(finish(frame(begin(one), 0, 0, one, 2)), 0,
				     6, "GIF99z", 6));
	/* 5000 comments, and none of them the last. */
	for (int i = 0; i < 5000; i++)
		bytes_pack(gif, "11111", '!', 0xfe, 1, 'x', 0);
	hostile_refuses(corpus, "nothing but comments.gif", "damaged|truncated",
			gif);
	gif = begin(one);
	for (int i = 0; i < 2000; i++)
		frame(gif, 0, 0, one, 2);
	hostile_reads(corpus, "2000 frames.gif", LOOKS_ANY, finish(gif));
	gif = bytes_pack(begin(one), "11111<2111", '!', 0xf9, 4, 0xff, 0,
			 0xffff, 255, 0, 0);
	hostile_takes_either(corpus, "a transparent colour 255.gif", LOOKS_ANY,
			     "damaged|truncated",
			     finish(frame(gif, 0, 0, one, 2)));
	gif = bytes_pack(begin(one), "11111", '!', 0xff, 255, 'N', 'E');
	hostile_refuses(corpus, "an extension beyond the end.gif",
			"damaged|truncated", gif);
}

void
hostile_add_gif(Hostile *corpus)
{
	add_sizes(corpus);
	add_data(corpus);
	add_blocks(corpus);
}
