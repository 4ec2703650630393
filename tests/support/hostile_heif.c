/*
 * HEIF and AVIF files whose boxes lie, where libvips writes such files.
 */
#include "tests/support/hostile_parts.h"

/* The image's size is in box 'ispe': version and flags, width, height. */
static void
add_size(Hostile *corpus, const GByteArray *photo, const char *suffix,
	 guint32 side, const char *words)
{
	guint at = bytes_find(photo, 0, "ispe", 4);
	g_autofree char *name =
		g_strdup_printf("%u x %u%s", side, side, suffix);
	GByteArray *bytes = bytes_copy(photo);

	if (at < bytes->len)
		bytes_put(bytes_put(bytes, at + 8, "4", side), at + 12, "4",
			  side);
	hostile_refuses(corpus, name, words, bytes);
}

static void
add_boxes(Hostile *corpus, const GByteArray *photo, const char *suffix)
{
	static const char *const boxes[] = { "ftyp", "meta", "iinf", "iloc",
					     "iprp", "ipma", "pitm", "mdat" };

	for (gsize i = 0; i < G_N_ELEMENTS(boxes); i++) {
		static const guint32 sizes[] = { 0, 1, 7, 0x7fffffff,
						 0xffffffff };
		guint at = bytes_find(photo, 0, boxes[i], 4);
		g_autofree char *gone =
			g_strdup_printf("no %s%s", boxes[i], suffix);

		if (at == photo->len)
			continue;
		hostile_takes_either(
			corpus, gone, LOOKS_ANY, NULL,
			bytes_splice(bytes_copy(photo), at, 4, "free", 4));
		for (gsize s = 0; s < G_N_ELEMENTS(sizes); s++) {
			g_autofree char *name = g_strdup_printf(
				"%s of %u%s", boxes[i], sizes[s], suffix);

			hostile_takes_either(corpus, name, LOOKS_ANY, NULL,
					     bytes_put(bytes_copy(photo),
						       at - 4, "4", sizes[s]));
		}
	}
}

void
hostile_add_heif(Hostile *corpus)
{
	static const char *const suffixes[] = { ".avif", ".heic" };

	for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		GByteArray *photo = bytes_sample(suffixes[i]);
		g_autofree char *junk =
			g_strdup_printf("junk behind%s", suffixes[i]);

		if (photo == NULL)
			continue;
		add_size(corpus, photo, suffixes[i], 100000,
			 "too large|damaged");
		add_size(corpus, photo, suffixes[i], 0x7fffffff,
			 "too large|damaged");
		add_size(corpus, photo, suffixes[i], 0, "damaged");
		add_boxes(corpus, photo, suffixes[i]);
		hostile_takes_either(corpus, junk, LOOKS_DRAWN, "damaged",
				     bytes_noise(photo, 20000, 21));
	}
	hostile_refuses(
		corpus, "noise.heic", "not a photo|damaged|truncated",
		bytes_noise(bytes_pack(bytes_pack(g_byte_array_new(), "4", 24),
				       "44444", 0x66747970, 0x68656963, 0,
				       0x68656963, 0x6d696631),
			    2000, 22));
}
