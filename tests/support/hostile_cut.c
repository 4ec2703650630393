/*
 * One photo of each type, cut short at many places, and with one byte of its
 * beginning bent.
 */
#include "tests/support/hostile_parts.h"

typedef struct {
	const char *name, *suffix;
	/* What is said of 2, of 10 and of more bytes: not every type is known
	 * by then, and what is missing may be what says how much there is. */
	const char *two, *ten, *more;
} Type;

#define UNKNOWN_OR_CUT "not a photo|truncated"
static const Type types[] = {
	{ "baseline.jpg", ".jpg[Q=90]", UNKNOWN_OR_CUT, "truncated",
	  "truncated" },
	{ "progressive.jpg", ".jpg[Q=90,interlace]", UNKNOWN_OR_CUT,
	  "truncated", "truncated" },
	{ "photo.png", ".png", "not a photo", "truncated", "truncated" },
	{ "interlaced.png", ".png[interlace]", "not a photo", "truncated",
	  "truncated" },
	{ "lossy.webp", ".webp[Q=90]", "not a photo", UNKNOWN_OR_CUT,
	  "truncated" },
	{ "lossless.webp", ".webp[lossless]", "not a photo", UNKNOWN_OR_CUT,
	  "truncated" },
	{ "photo.gif", ".gif", "not a photo", "truncated", "truncated" },
	{ "strips.tif", ".tif", "not a photo", "truncated|damaged",
	  "truncated|damaged" },
	{ "deflate.tif", ".tif[compression=deflate]", "not a photo",
	  "truncated|damaged", "truncated|damaged" },
	{ "photo.avif", ".avif", "not a photo", UNKNOWN_OR_CUT,
	  "truncated|damaged" },
	{ "photo.heic", ".heic", "not a photo", UNKNOWN_OR_CUT,
	  "truncated|damaged" },
};

static void
add_cuts(Hostile *corpus, const Type *type, const GByteArray *photo)
{
	const struct {
		guint keep;
		const char *words;
	} cuts[] = {
		{ 0, "empty file" },
		{ 1, "not a photo" },
		{ 2, type->two },
		{ 10, type->ten },
		{ 100, type->more },
		{ photo->len / 4, type->more },
		{ photo->len / 2, type->more },
		{ photo->len / 4 * 3, type->more },
		{ photo->len / 100 * 99, type->more },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cuts); i++) {
		g_autofree char *name = g_strdup_printf(
			"%zu. %u bytes of %s", i, cuts[i].keep, type->name);

		hostile_refuses(corpus, name, cuts[i].words,
				bytes_cut(bytes_copy(photo), cuts[i].keep));
	}
}

static void
add_last_byte(Hostile *corpus, const Type *type, const GByteArray *photo)
{
	g_autofree char *name =
		g_strdup_printf("all but the last byte of %s", type->name);

	hostile_takes_either(corpus, name, LOOKS_DRAWN, type->more,
			     bytes_cut(bytes_copy(photo), photo->len - 1));
}

/* Dense where the headers are, then farther and farther apart. */
static void
add_flips(Hostile *corpus, const Type *type, const GByteArray *photo)
{
	for (guint at = 4; at < photo->len; at += 1 + at / 4) {
		g_autofree char *name =
			g_strdup_printf("byte %u of %s", at, type->name);

		hostile_takes_either(corpus, name, LOOKS_ANY, NULL,
				     bytes_flip(bytes_copy(photo), at, 0xa5));
	}
}

void
hostile_add_cut(Hostile *corpus)
{
	for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
		GByteArray *photo = bytes_sample(types[i].suffix);

		if (photo == NULL)
			continue;
		add_cuts(corpus, &types[i], photo);
		add_last_byte(corpus, &types[i], photo);
		add_flips(corpus, &types[i], photo);
		g_byte_array_unref(photo);
	}
}
