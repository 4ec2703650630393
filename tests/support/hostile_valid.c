/*
 * Photos that are odd, and have nothing wrong with them.
 */
#include <string.h>

#include "tests/support/hostile_parts.h"

typedef struct {
	const char *name, *suffix;
} Photo;

static const Photo colours[] = {
	{ "baseline.jpg", ".jpg[Q=90]" },
	{ "no subsampling.jpg", ".jpg[Q=90,subsample-mode=off]" },
	{ "half the colours.jpg", ".jpg[Q=90,subsample-mode=on]" },
	{ "optimised.jpg", ".jpg[Q=90,optimize-coding]" },
	{ "restarts.jpg", ".jpg[Q=90,restart-interval=3]" },
	{ "progressive.jpg", ".jpg[Q=90,interlace]" },
	{ "progressive restarts.jpg",
	  ".jpg[Q=90,interlace,restart-interval=1]" },
	{ "8 bits.png", ".png" },
	{ "stored.png", ".png[compression=0]" },
	{ "interlaced.png", ".png[interlace]" },
	{ "palette.png", ".png[palette]" },
	{ "palette interlaced.png", ".png[palette,interlace]" },
	{ "lossy.webp", ".webp[Q=95]" },
	{ "lossless.webp", ".webp[lossless]" },
	{ "nearly lossless.webp", ".webp[near-lossless,Q=60]" },
	{ "still.gif", ".gif" },
	{ "interlaced.gif", ".gif[interlace]" },
	{ "strips.tif", ".tif" },
	{ "tiles.tif", ".tif[tile,tile-width=32,tile-height=16]" },
	{ "deflate.tif", ".tif[compression=deflate]" },
	{ "deflate plain.tif", ".tif[compression=deflate,predictor=none]" },
	{ "lzw tiles.tif", ".tif[compression=lzw,tile,tile-width=64]" },
	{ "packbits.tif", ".tif[compression=packbits]" },
	{ "jpeg.tif", ".tif[compression=jpeg,Q=90]" },
	{ "jpeg tiles.tif", ".tif[compression=jpeg,Q=90,tile]" },
	{ "webp.tif", ".tif[compression=webp,Q=95]" },
	{ "zstd.tif", ".tif[compression=zstd]" },
	{ "pyramid.tif", ".tif[tile,pyramid,tile-width=32,tile-height=32]" },
	{ "sub ifds.tif",
	  ".tif[tile,pyramid,subifd,tile-width=32,tile-height=32]" },
	{ "big.tif", ".tif[bigtiff]" },
	{ "big tiles.tif", ".tif[bigtiff,tile,compression=deflate]" },
	{ "lossless.avif", ".avif[lossless]" },
	{ "lossy.avif", ".avif[Q=90]" },
	{ "lossy.heic", ".heic[Q=90]" },
	{ "10 bits.heic", ".heic[Q=90,bitdepth=10]" },
};

static const Photo grays[] = {
	{ "gray.jpg", ".jpg[Q=90]" },
	{ "gray progressive.jpg", ".jpg[Q=90,interlace]" },
	{ "gray.png", ".png" },
	{ "gray.webp", ".webp[lossless]" },
	{ "gray.gif", ".gif" },
	{ "gray.tif", ".tif" },
	{ "gray 4 bits.tif", ".tif[bitdepth=4]" },
	{ "gray tiles.tif", ".tif[tile,compression=lzw]" },
};

/* Too few levels to be like anything. */
static const Photo coarse[] = {
	{ "1 bit.png", ".png[bitdepth=1]" },
	{ "1 bit interlaced.png", ".png[bitdepth=1,interlace]" },
	{ "2 bits.png", ".png[bitdepth=2]" },
	{ "1 bit.tif", ".tif[bitdepth=1]" },
	{ "1 bit, 0 is white.tif", ".tif[bitdepth=1,miniswhite]" },
	{ "2 bits.tif", ".tif[bitdepth=2]" },
	{ "fax.tif", ".tif[bitdepth=1,compression=ccittfax4]" },
	{ "1 bit.gif", ".gif[bitdepth=1]" },
};

/* With a band of `alpha` more. */
static VipsImage *
with_alpha(VipsImage *image, double alpha)
{
	VipsImage *more = NULL;

	vips_bandjoin_const1(image, &more, alpha, NULL);
	g_object_unref(image);
	return more;
}

/* The drawing, and below it three frames that are not like it. */
static VipsImage *
film(void)
{
	VipsImage *frames[4] = { bytes_drawing() }, *image = NULL;

	for (int i = 1; i < 4; i++) {
		vips_black(&frames[i], HOSTILE_WIDTH, HOSTILE_HEIGHT, "bands",
			   3, NULL);
		frames[i]->Type = VIPS_INTERPRETATION_sRGB;
	}
	vips_arrayjoin(frames, &image, 4, "across", 1, NULL);
	for (int i = 0; i < 4; i++)
		g_object_unref(frames[i]);
	vips_image_set_int(image, VIPS_META_PAGE_HEIGHT, HOSTILE_HEIGHT);
	return image;
}

static VipsImage *
plain(int width, int height)
{
	VipsImage *image = NULL, *gray = NULL;

	vips_black(&image, width, height, "bands", 3, NULL);
	vips_linear1(image, &gray, 0, 128, "uchar", TRUE, NULL);
	g_object_unref(image);
	gray->Type = VIPS_INTERPRETATION_sRGB;
	return gray;
}

static void
add_colour_spaces(Hostile *corpus)
{
	hostile_reads(
		corpus, "16 bits.png", LOOKS_DRAWN,
		bytes_save(bytes_in_space(VIPS_INTERPRETATION_RGB16), ".png"));
	hostile_reads(
		corpus, "16 bits.tif", LOOKS_DRAWN,
		bytes_save(bytes_in_space(VIPS_INTERPRETATION_RGB16), ".tif"));
	hostile_reads(
		corpus, "floats.tif", LOOKS_DRAWN,
		bytes_save(bytes_in_space(VIPS_INTERPRETATION_scRGB), ".tif"));
	hostile_reads(
		corpus, "lab.tif", LOOKS_DRAWN,
		bytes_save(bytes_in_space(VIPS_INTERPRETATION_LAB), ".tif"));
	hostile_reads(
		corpus, "gray 16 bits.tif", LOOKS_GRAY,
		bytes_save(bytes_in_space(VIPS_INTERPRETATION_GREY16), ".tif"));
	hostile_reads(
		corpus, "gray 16 bits.png", LOOKS_GRAY,
		bytes_save(bytes_in_space(VIPS_INTERPRETATION_GREY16), ".png"));
	hostile_reads(corpus, "ink.jpg", LOOKS_ANY,
		      bytes_save(bytes_ink(), ".jpg[Q=95]"));
	hostile_reads(corpus, "ink progressive.jpg", LOOKS_ANY,
		      bytes_save(bytes_ink(), ".jpg[Q=95,interlace]"));
	hostile_reads(corpus, "ink without a profile.jpg", LOOKS_ANY,
		      bytes_save(bytes_ink(), ".jpg[Q=95,strip]"));
	hostile_reads(corpus, "ink.tif", LOOKS_ANY,
		      bytes_save(bytes_ink(), ".tif"));
}

static void
add_alpha(Hostile *corpus)
{
	static const char *const types[] = { "png", "webp", "tif",
					     "gif", "avif", "heic" };

	for (gsize t = 0; t < G_N_ELEMENTS(types); t++) {
		g_autofree char *opaque =
			g_strdup_printf("opaque alpha.%s", types[t]);
		g_autofree char *clear =
			g_strdup_printf("transparent.%s", types[t]);
		g_autofree char *suffix =
			g_strdup_printf(".%s[lossless]", types[t]);

		if (strcmp(types[t], "webp") != 0)
			suffix[strcspn(suffix, "[")] = '\0';
		hostile_reads(
			corpus, opaque, LOOKS_DRAWN,
			bytes_save(with_alpha(bytes_drawing(), 255), suffix));
		hostile_reads(
			corpus, clear, LOOKS_ANY,
			bytes_save(with_alpha(bytes_drawing(), 0), suffix));
	}
	hostile_reads(
		corpus, "gray and alpha.png", LOOKS_GRAY,
		bytes_save(with_alpha(bytes_in_space(VIPS_INTERPRETATION_B_W),
				      255),
			   ".png"));
	hostile_reads(
		corpus, "gray and alpha.tif", LOOKS_GRAY,
		bytes_save(with_alpha(bytes_in_space(VIPS_INTERPRETATION_B_W),
				      255),
			   ".tif"));
}

static void
add_films(Hostile *corpus)
{
	hostile_reads(corpus, "film.gif", LOOKS_DRAWN,
		      bytes_save(film(), ".gif"));
	hostile_reads(corpus, "film.webp", LOOKS_DRAWN,
		      bytes_save(film(), ".webp[lossless]"));
	hostile_reads(corpus, "film lossy.webp", LOOKS_DRAWN,
		      bytes_save(film(), ".webp[Q=95]"));
	hostile_reads(corpus, "pages.tif", LOOKS_DRAWN,
		      bytes_save(film(), ".tif"));
	hostile_reads(corpus, "big pages.tif", LOOKS_DRAWN,
		      bytes_save(film(), ".tif[bigtiff,compression=lzw]"));
}

/* A side of one pixel, and the longest that a type takes. */
static void
add_shapes(Hostile *corpus)
{
	static const int sides[][2] = {
		{ 1, 1 },     { 1, 2 },     { 2, 1 },     { 7, 3 },
		{ 1, 64 },    { 64, 1 },    { 1, 16383 }, { 16383, 1 },
		{ 20000, 1 }, { 1, 65500 },
	};
	static const char *const types[] = { "jpg", "png", "webp[lossless]",
					     "gif", "tif", "avif[lossless]",
					     "heic" };

	for (gsize s = 0; s < G_N_ELEMENTS(sides); s++) {
		for (gsize t = 0; t < G_N_ELEMENTS(types); t++) {
			int n_type = (int)strcspn(types[t], "[");
			g_autofree char *suffix =
				g_strdup_printf(".%s", types[t]);
			g_autofree char *name =
				g_strdup_printf("%dx%d.%.*s", sides[s][0],
						sides[s][1], n_type, types[t]);

			/* Video codecs are slow, and pad small sides. */
			if (t >= 5 && sides[s][0] * sides[s][1] > 64)
				continue;
			hostile_reads(
				corpus, name, t >= 5 ? LOOKS_ANY : LOOKS_FLAT,
				bytes_save(plain(sides[s][0], sides[s][1]),
					   suffix));
		}
	}
}

void
hostile_add_valid(Hostile *corpus)
{
	for (gsize i = 0; i < G_N_ELEMENTS(colours); i++)
		hostile_reads(corpus, colours[i].name, LOOKS_DRAWN,
			      bytes_sample(colours[i].suffix));
	for (gsize i = 0; i < G_N_ELEMENTS(grays); i++)
		hostile_reads(
			corpus, grays[i].name, LOOKS_GRAY,
			bytes_save(bytes_in_space(VIPS_INTERPRETATION_B_W),
				   grays[i].suffix));
	for (gsize i = 0; i < G_N_ELEMENTS(coarse); i++)
		hostile_reads(
			corpus, coarse[i].name, LOOKS_ANY,
			bytes_save(bytes_in_space(VIPS_INTERPRETATION_B_W),
				   coarse[i].suffix));
	add_colour_spaces(corpus);
	add_alpha(corpus);
	add_films(corpus);
	add_shapes(corpus);
}
