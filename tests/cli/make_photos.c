/*
 * make-photos [--size WxH] [--days D] [--first I] DIR CLASS,CLASS... N
 *
 * Draw N photos a class as DIR/CLASS/0000.jpg, 0001.jpg, ...  With --days they
 * carry EXIF dates, spread evenly over D days from 2020-01-01 on; --first
 * begins at photo I, so that a second call with the same classes draws others.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/draw.h"

typedef struct {
	int width, height, days, first, n;
	const char *dir, *classes;
} Options;

static const struct argp_option options[] = {
	{ "size", 's', "WxH", 0, "Size in pixels (96x72)", 0 },
	{ "days", 'd', "D", 0, "Date them over D days (no dates)", 0 },
	{ "first", 'i', "I", 0, "Index of the first photo (0)", 0 },
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
	case 'd':
		o->days = atoi(arg);
		return 0;
	case 'i':
		o->first = atoi(arg);
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

static gboolean
draw_class(const Options *o, const char *name, int kind)
{
	g_autofree char *folder = g_build_filename(o->dir, name, NULL);

	if (g_mkdir_with_parents(folder, 0777) != 0)
		return FALSE;
	for (int i = 0; i < o->n; i++) {
		g_autofree char *path = g_strdup_printf("%s/%04d.jpg[Q=92]",
							folder, o->first + i);
		g_autofree char *date = NULL;
		Drawing drawing = { .height = o->height,
				    .width = o->width,
				    .kind = kind,
				    .index = o->first + i };

		if (o->days > 0) {
			int day = i * o->days / o->n;

			date = g_strdup_printf("2020:%02d:%02d 12:00:%02d",
					       day / 28 % 12 + 1, day % 28 + 1,
					       i % 60);
			drawing.date = date;
		}
		if (!draw_save(&drawing, path))
			return FALSE;
	}
	return TRUE;
}

int
main(int argc, char **argv)
{
	static const struct argp argp = { options,
					  parse,
					  "DIR CLASSES N",
					  "Draw photos to test with.",
					  NULL,
					  NULL,
					  NULL };
	Options o = { .width = 96, .height = 72 };
	g_auto(GStrv) names = NULL;

	if (VIPS_INIT(argv[0]) != 0)
		return 1;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	names = g_strsplit(o.classes, ",", -1);
	for (int k = 0; names[k] != NULL; k++) {
		if (!draw_class(&o, names[k], k)) {
			g_printerr(
				"make-photos: cannot draw '%s' in '%s': %s\n",
				names[k], o.dir, vips_error_buffer());
			return 1;
		}
	}
	vips_shutdown();
	return 0;
}
