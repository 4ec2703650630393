#include "tests/support/samples.h"

#include <stdlib.h>

const KwImageRequest sample_request = { .height = SAMPLE_H,
					.width = SAMPLE_W,
					.channels = 3,
					.max_pixels = KW_DEFAULT_MAX_PIXELS };

const Drawing sample = { .height = 192, .width = 256 };

static char *dir;

int
samples_setup(void **state)
{
	(void)state;
	if (!kw_image_start("test", NULL))
		return 1;
	dir = test_dir_new();
	return 0;
}

int
samples_teardown(void **state)
{
	(void)state;
	test_dir_remove(dir);
	kw_image_stop();
	return 0;
}

const char *
sample_dir(void)
{
	return dir;
}

char *
sample_path(const char *name)
{
	return g_build_filename(dir, name, NULL);
}

char *
sample_save(const char *name, const char *options)
{
	char *path = sample_path(name);
	g_autofree char *target = g_strconcat(path, options, NULL);

	assert_true(draw_save(&sample, target));
	return path;
}

void
sample_write(VipsImage *image, const char *path)
{
	if (vips_image_write_to_file(image, path, NULL) != 0)
		fail_msg("%s", vips_error_buffer());
	g_object_unref(image);
}

void
sample_load(const char *path, guint8 *pixels)
{
	GError *error = NULL;

	kw_image_load(path, &sample_request, pixels, NULL, &error);
	test_assert_no_error(error);
}

void
sample_refused(const char *path, int code, const char *text)
{
	GError *error = NULL;
	guint8 pixels[SAMPLE_N];

	assert_false(
		kw_image_load(path, &sample_request, pixels, NULL, &error));
	test_assert_error(&error, code, text);
}

void
sample_load_reference(guint8 *pixels)
{
	g_autofree char *path = sample_save("reference.png", "");

	sample_load(path, pixels);
}

double
sample_distance(const guint8 *a, const guint8 *b, int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += abs(a[i] - b[i]);
	return sum / n;
}
