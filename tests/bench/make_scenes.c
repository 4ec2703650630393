/*
 * make-scenes [--size WxH] [--quality Q] [--dated] DIR CLASS,CLASS... N
 *
 * Draw N scenes a class as DIR/CLASS/00000.jpg, 00001.jpg, ...: JPEG with
 * halved chroma, as cameras write it.  With --dated each has an EXIF date.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <vips/vips.h>

#include "tests/support/scene.h"

typedef struct {
	int width, height, quality, n;
	gboolean dated;
	const char *dir, *classes;
} Options;

static const struct argp_option options[] = {
	{ "size", 's', "WxH", 0, "Size in pixels (6000x4000)", 0 },
	{ "quality", 'q', "Q", 0, "JPEG quality (90)", 0 },
	{ "dated", 'd', NULL, 0, "Give each an EXIF date", 0 },
	{ 0 },
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	Options *o = state->input;

	switch (key) {
	case 's':
		if (sscanf(arg, "%dx%d", &o->width, &o->height) != 2)
			argp_error(state, "--size: '%s' is not WxH", arg);
		return 0;
	case 'q':
		o->quality = atoi(arg);
		return 0;
	case 'd':
		o->dated = TRUE;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num == 0)
			o->dir = arg;
		else if (state->arg_num == 1)
			o->classes = arg;
		else
			o->n = atoi(arg);
		return 0;
	case ARGP_KEY_END:
		if (state->arg_num != 3)
			argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* An animal somewhere, and noise that makes files as large as cameras do. */
static guint8 *
take_photo(const Options *o, guint64 seed)
{
	const Scene scene = { .height = o->height,
			      .width = o->width,
			      .seed = seed };
	const Subject animal = { .seed = seed,
				 .x = scene_between(seed, 1, 0.2, 0.8),
				 .y = scene_between(seed, 2, 0.2, 0.6),
				 .size = scene_between(seed, 3, 0.1, 0.4) };
	const Exposure exposure = { .gain = { 1, 1, 1 },
				    .noise = 8,
				    .seed = seed };
	g_autofree float *light = scene_light(&scene);

	scene_add_subject(light, &scene, &animal);
	return scene_expose(light, &scene, &exposure);
}

static gboolean
save_scene(const Options *o, const char *folder, int index, guint64 seed)
{
	g_autofree char *path = g_strdup_printf("%s/%05d.jpg", folder, index);
	g_autofree guint8 *pixels = take_photo(o, seed);
	VipsImage *image = vips_image_new_from_memory(
		pixels, (size_t)o->height * (size_t)o->width * 3, o->width,
		o->height, 3, VIPS_FORMAT_UCHAR);
	gboolean ok;

	image->Type = VIPS_INTERPRETATION_sRGB;
	if (o->dated) {
		g_autofree char *date =
			g_strdup_printf("2020:%02d:%02d 12:00:00",
					index / 28 % 12 + 1, index % 28 + 1);

		vips_image_set_string(image, "exif-ifd2-DateTimeOriginal",
				      date);
	}
	ok = vips_jpegsave(image, path, "Q", o->quality, "subsample_mode",
			   VIPS_FOREIGN_SUBSAMPLE_ON, NULL) == 0;
	g_object_unref(image);
	return ok;
}

static gboolean
draw_class(const Options *o, const char *name, guint64 label)
{
	g_autofree char *folder = g_build_filename(o->dir, name, NULL);
	gboolean ok = g_mkdir_with_parents(folder, 0777) == 0;

#pragma omp parallel for schedule(dynamic, 1) reduction(&& : ok)
	for (int i = 0; i < o->n; i++)
		ok = ok &&
		     save_scene(o, folder, i, scene_mix(label, (guint64)i));
	return ok;
}

int
main(int argc, char **argv)
{
	static const struct argp argp = { options,
					  parse,
					  "DIR CLASSES N",
					  "Draw photos to measure with.",
					  NULL,
					  NULL,
					  NULL };
	Options o = { .width = 6000, .height = 4000, .quality = 90 };
	g_auto(GStrv) names = NULL;

	if (VIPS_INIT(argv[0]) != 0)
		return 1;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	vips_concurrency_set(1);
	names = g_strsplit(o.classes, ",", -1);
	for (guint64 k = 0; names[k] != NULL; k++) {
		if (!draw_class(&o, names[k], k)) {
			g_printerr("make-scenes: cannot draw '%s' in '%s': "
				   "%s\n",
				   names[k], o.dir, vips_error_buffer());
			return 1;
		}
	}
	vips_shutdown();
	return 0;
}
