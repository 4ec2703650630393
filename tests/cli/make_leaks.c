/*
 * make-leaks [options] DIR N
 *
 * Draw a tree of N photos, DIR/CLASS/..., among which there are bursts and
 * copies of every kind that pass unnoticed, and, on demand, the frames of
 * cameras that do not move.  DIR.tsv tells which are which (leaks.h);
 * check-leaks reads it.
 */
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <vips/vips.h>

#include "kw/app.h"
#include "kw/image.h"
#include "tests/support/leaks.h"
#include "tests/support/scene.h"

/* Frames of a fixed camera until the next morning. */
enum { FRAMES_A_DAY = 100 };

/* What a draw for one photo is for. */
enum {
	DRAW_LEFT = 1,
	DRAW_TOP,
	DRAW_SUBJECT,
	DRAW_SUBJECT_X,
	DRAW_SUBJECT_Y,
	DRAW_SIZE,
	DRAW_PACE,
	DRAW_PRESENT,
	DRAW_JITTER,
	DRAW_NOISE,
	DRAW_CLOUDS,
	DRAW_WARMTH,
	DRAW_QUALITY,
	DRAW_FRAMES = 1000,
};

typedef VipsImage Image;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Image, g_object_unref)

typedef struct {
	LeakWanted wanted;
	const char *dir;
	int height, width;
} Options;

enum { KEY_SEED = 256, KEY_CLASSES, KEY_CAMERAS, KEY_FRAMES };

static const struct argp_option option_table[] = {
	{ "size", 's', "WxH", 0, "Size in pixels (320x240)", 0 },
	{ "seed", KEY_SEED, "N", 0, "Another seed, other photos (1)", 0 },
	{ "classes", KEY_CLASSES, "N", 0, "Number of classes (4)", 0 },
	{ "fixed-cameras", KEY_CAMERAS, "N", 0,
	  "Add the frames of N fixed cameras (0)", 0 },
	{ "frames", KEY_FRAMES, "N", 0, "Frames of each (500)", 0 },
	{ 0 },
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	Options *o = state->input;
	LeakWanted *wanted = &o->wanted;

	switch (key) {
	case 's':
		if (sscanf(arg, "%dx%d", &o->width, &o->height) != 2 ||
		    MIN(o->width, o->height) < 32)
			kw_arg_fail(state, "--size: '%s' is not WxH", arg);
		return 0;
	case KEY_SEED:
		wanted->seed = (guint64)kw_arg_int(state, "--seed", arg, 0,
						   G_MAXINT64);
		return 0;
	case KEY_CLASSES:
		wanted->n_classes =
			(int)kw_arg_int(state, "--classes", arg, 2, 100);
		return 0;
	case KEY_CAMERAS:
		wanted->n_cameras =
			(int)kw_arg_int(state, "--fixed-cameras", arg, 0, 100);
		return 0;
	case KEY_FRAMES:
		wanted->n_frames =
			(int)kw_arg_int(state, "--frames", arg, 1, 100000);
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num == 0)
			o->dir = arg;
		else if (state->arg_num == 1)
			wanted->n =
				(int)kw_arg_int(state, "N", arg, 100, 1000000);
		else
			return ARGP_ERR_UNKNOWN;
		return 0;
	case ARGP_KEY_END:
		if (state->arg_num != 2)
			argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- pixels */

static float *
copy_light(const float *light, const Scene *s)
{
	return g_memdup2(light, (gsize)s->height * (gsize)s->width * 3 *
					sizeof *light);
}

static guint8 *
draw_plain(const Scene *s)
{
	g_autofree float *light = scene_light(s);
	Exposure exposure = { .gain = { 1, 1, 1 },
			      .noise = 2.5,
			      .seed = scene_mix(s->seed, DRAW_NOISE) };

	return scene_expose(light, s, &exposure);
}

/* The camera follows its subject badly, and both move. */
static guint8 *
draw_burst(const LeakPhoto *photo, Scene scene)
{
	guint64 seed = photo->seed;
	guint64 own = scene_mix(seed, DRAW_FRAMES + (guint64)photo->frame);
	double pace = scene_between(seed, DRAW_PACE, -0.06, 0.06);
	Subject subject = {
		.seed = scene_mix(seed, DRAW_SUBJECT),
		.x = scene_between(seed, DRAW_SUBJECT_X, 0.25, 0.75) +
		     pace * photo->frame,
		.y = scene_between(seed, DRAW_SUBJECT_Y, 0.25, 0.55),
		.size = scene_between(seed, DRAW_SIZE, 0.2, 0.5),
	};
	Exposure exposure = { .gain = { 1, 1, 1 },
			      .noise = 2.5,
			      .seed = scene_mix(own, DRAW_NOISE) };
	g_autofree float *light = NULL;

	scene.left = pace * photo->frame / 2 +
		     scene_between(own, DRAW_LEFT, -0.02, 0.02);
	scene.top = scene_between(own, DRAW_TOP, -0.02, 0.02);
	light = scene_light(&scene);
	scene_add_subject(light, &scene, &subject);
	return scene_expose(light, &scene, &exposure);
}

/* -1..1, by seed, slowly changing over time. */
static double
drift(guint64 seed, double time)
{
	double before = floor(time), t = time - before;
	double a = scene_between(seed, (guint64)before, -1, 1);
	double b = scene_between(seed, (guint64)before + 1, -1, 1);

	return a + t * t * (3 - 2 * t) * (b - a);
}

/*
 * Light at a frame: the course of a day, clouds, and the little by which a
 * camera's exposure is never twice the same.
 */
static Exposure
light_of_day(const LeakPhoto *photo, guint64 own)
{
	double hour = (double)(photo->frame % FRAMES_A_DAY) / FRAMES_A_DAY;
	double clouds =
		drift(scene_mix(photo->seed, DRAW_CLOUDS), photo->frame / 5.0);
	double warm = 0.08 * cos(2 * G_PI * hour) +
		      0.01 * drift(scene_mix(photo->seed, DRAW_WARMTH),
				   photo->frame / 5.0);
	double gain = (0.55 + 0.45 * sin(G_PI * hour)) * (1 + 0.08 * clouds) *
		      (1 + scene_between(own, DRAW_JITTER, -0.015, 0.015));

	return (Exposure){
		.gain = { gain * (1 + warm), gain, gain * (1 - warm) },
		.shadow = -0.3 + 1.6 * hour,
		.depth = 0.35,
		.noise = 2.5,
		.seed = scene_mix(own, DRAW_NOISE),
	};
}

/* `background` is what the camera sees at all times; most frames show more. */
static guint8 *
draw_frame(const LeakPhoto *photo, const Scene *scene, const float *background)
{
	guint64 own =
		scene_mix(photo->seed, DRAW_FRAMES + (guint64)photo->frame);
	g_autofree float *light = copy_light(background, scene);
	Exposure exposure = light_of_day(photo, own);
	Subject subject = {
		.seed = scene_mix(own, DRAW_SUBJECT),
		.x = scene_between(own, DRAW_SUBJECT_X, 0.05, 0.95),
		.y = scene_between(own, DRAW_SUBJECT_Y, 0.25, 0.7),
		.size = scene_between(own, DRAW_SIZE, 0.05, 0.25),
	};

	if (scene_between(own, DRAW_PRESENT, 0, 1) < 0.6)
		scene_add_subject(light, scene, &subject);
	return scene_expose(light, scene, &exposure);
}

/* ---- files */

/* "2019:01:31 12:00:00.250" is two tags. */
static void
set_exif(VipsImage *image, const LeakPhoto *photo)
{
	if (photo->camera != NULL) {
		vips_image_set_string(image, "exif-ifd0-Make", "Kestrel");
		vips_image_set_string(image, "exif-ifd0-Model", "K7");
		vips_image_set_string(image, "exif-ifd2-BodySerialNumber",
				      photo->camera);
	}
	if (photo->date != NULL) {
		g_auto(GStrv) parts = g_strsplit(photo->date, ".", 2);

		vips_image_set_string(image, "exif-ifd2-DateTimeOriginal",
				      parts[0]);
		vips_image_set_string(image, "exif-ifd2-SubSecTimeOriginal",
				      parts[1]);
	}
}

static gboolean
save_drawing(const Options *o, const LeakPhoto *photo, const float *background)
{
	Scene scene = { .height = o->height,
			.width = o->width,
			.seed = photo->seed };
	g_autofree char *path =
		g_strdup_printf("%s/%s[Q=92]", o->dir, photo->path);
	g_autofree guint8 *pixels =
		photo->kind == LEAK_FRAME
			? draw_frame(photo, &scene, background)
		: photo->kind == LEAK_BURST ? draw_burst(photo, scene)
					    : draw_plain(&scene);
	g_autoptr(Image) image = vips_image_new_from_memory(
		pixels, (gsize)o->height * (gsize)o->width * 3, o->width,
		o->height, 3, VIPS_FORMAT_UCHAR);

	if (image == NULL)
		return FALSE;
	image->Type = VIPS_INTERPRETATION_sRGB;
	set_exif(image, photo);
	return vips_image_write_to_file(image, path, NULL) == 0;
}

/* vips_resize() of libvips 8.14.1 shifts what it enlarges; this does not. */
static Image *
enlarge(Image *image, double factor)
{
	Image *large = NULL;

	return vips_affine(image, &large, factor, 0.0, 0.0, factor, "idx", 0.5,
			   "idy", 0.5, "odx", -0.5, "ody", -0.5, "extend",
			   VIPS_EXTEND_COPY, NULL) == 0
		       ? large
		       : NULL;
}

static Image *
shrink(Image *image, double factor)
{
	Image *small = NULL;

	return vips_resize(image, &small, factor, NULL) == 0 ? small : NULL;
}

static Image *
crop(Image *image)
{
	int x = MAX(image->Xsize / 100, 1), y = MAX(image->Ysize / 100, 1);
	Image *inner = NULL;

	return vips_extract_area(image, &inner, x, y, image->Xsize - 2 * x,
				 image->Ysize - 2 * y, NULL) == 0
		       ? inner
		       : NULL;
}

/* As all of these, NULL with vips_error_buffer() when it fails. */
static Image *
change(Image *image, LeakKind kind)
{
	switch (kind) {
	case LEAK_HALF:
		return shrink(image, 0.5);
	case LEAK_THREE_QUARTERS:
		return shrink(image, 0.75);
	case LEAK_LARGER:
		return enlarge(image, 1.3);
	case LEAK_CROPPED:
		return crop(image);
	default:
		return g_object_ref(image);
	}
}

static gboolean
copy_bytes(const char *from, const char *to)
{
	g_autofree char *bytes = NULL;
	gsize n;

	return g_file_get_contents(from, &bytes, &n, NULL) &&
	       g_file_set_contents(to, bytes, (gssize)n, NULL);
}

/*
 * A copy loses what the original tells of camera and date; libvips 8.14 keeps
 * some of it in WebP even if told to strip.
 */
static Image *
forget_exif(Image *image)
{
	Image *bare = NULL;
	g_auto(GStrv) fields = vips_image_get_fields(image);

	if (vips_copy(image, &bare, NULL) != 0)
		return NULL;
	for (int i = 0; fields[i] != NULL; i++)
		if (g_str_has_prefix(fields[i], "exif"))
			vips_image_remove(bare, fields[i]);
	return bare;
}

static gboolean
save_changed(const char *from, const LeakPhoto *photo, const char *to)
{
	g_autoptr(Image) original = vips_image_new_from_file(from, NULL);
	g_autoptr(Image) changed = NULL;
	g_autoptr(Image) bare = NULL;

	if (original == NULL)
		return FALSE;
	changed = change(original, photo->kind);
	if (changed == NULL)
		return FALSE;
	bare = forget_exif(changed);
	return bare != NULL && vips_image_write_to_file(bare, to, NULL) == 0;
}

static gboolean
save_copy(const Options *o, const LeakPhoto *photo)
{
	double least = photo->kind == LEAK_RESAVED ? 50 : 75;
	int quality = (int)scene_between(photo->seed, DRAW_QUALITY, least, 96);
	g_autofree char *from = g_build_filename(o->dir, photo->original, NULL);
	g_autofree char *to = g_build_filename(o->dir, photo->path, NULL);
	g_autofree char *lossy = g_strdup_printf("%s[strip,Q=%d]", to, quality);
	g_autofree char *lossless = g_strdup_printf("%s[strip]", to);

	if (photo->kind == LEAK_SAME)
		return copy_bytes(from, to);
	return save_changed(from, photo,
			    photo->kind == LEAK_PNG ? lossless : lossy);
}

/* ---- all of it */

/* What each fixed camera sees (float *), in the order of their series. */
static GPtrArray *
draw_backgrounds(const Options *o, const GPtrArray *photos)
{
	GPtrArray *backgrounds = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < photos->len; i++) {
		const LeakPhoto *photo = photos->pdata[i];
		Scene scene = { .height = o->height,
				.width = o->width,
				.seed = photo->seed };

		if (photo->kind == LEAK_FRAME && photo->frame == 0)
			g_ptr_array_add(backgrounds, scene_light(&scene));
	}
	return backgrounds;
}

/* Save the copies, or the others; the error names one that failed. */
static gboolean
save_all(const Options *o, const GPtrArray *photos, gboolean copies,
	 GError **error)
{
	g_autoptr(GPtrArray) backgrounds = draw_backgrounds(o, photos);
	const LeakPhoto *failed = NULL;

#pragma omp parallel
	{
#pragma omp for schedule(dynamic, 16)
		for (guint i = 0; i < photos->len; i++) {
			const LeakPhoto *photo = photos->pdata[i];
			const float *background =
				photo->kind == LEAK_FRAME
					? backgrounds->pdata[photo->series - 1]
					: NULL;

			if ((photo->kind >= LEAK_FIRST_COPY) != copies)
				continue;
			if (copies ? !save_copy(o, photo)
				   : !save_drawing(o, photo, background)) {
#pragma omp critical
				failed = photo;
			}
		}
		kw_image_thread_end();
	}
	if (failed == NULL)
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_IO, "cannot save '%s/%s': %s",
		    o->dir, failed->path, vips_error_buffer());
	return FALSE;
}

static gboolean
make_folders(const Options *o, GError **error)
{
	for (int i = 0; i < o->wanted.n_classes; i++) {
		g_autofree char *folder =
			g_strdup_printf("%s/class%d", o->dir, i);

		if (g_mkdir_with_parents(folder, 0777) != 0) {
			g_set_error(error, KW_ERROR, KW_ERROR_IO,
				    "cannot make '%s'", folder);
			return FALSE;
		}
	}
	return TRUE;
}

static gboolean
make_leaks(const Options *o, GError **error)
{
	g_autoptr(GPtrArray) photos = leaks_plan(&o->wanted);
	g_autofree char *manifest = g_strdup_printf("%s.tsv", o->dir);

	/* Copies are made from the files of their originals. */
	return make_folders(o, error) && save_all(o, photos, FALSE, error) &&
	       save_all(o, photos, TRUE, error) &&
	       leaks_write(photos, manifest, error);
}

int
main(int argc, char **argv)
{
	static const struct argp argp = {
		option_table, parse, "DIR N", "Draw photos with known leaks.",
		NULL,         NULL,  NULL
	};
	Options o = { .wanted = { .seed = 1, .n_classes = 4, .n_frames = 500 },
		      .height = 240,
		      .width = 320 };
	g_autoptr(GError) error = NULL;

	kw_app_init("make-leaks");
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (!kw_image_start(argv[0], &error) || !make_leaks(&o, &error))
		return kw_app_fail(error);
	kw_image_stop();
	return kw_app_finish(KW_EXIT_DONE);
}
