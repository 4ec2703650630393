/*
 * Photos drawn into a folder, and what kw_image_load() makes of them: for the
 * tests of loading.
 */
#ifndef KW_TEST_SAMPLES_H
#define KW_TEST_SAMPLES_H

#include "kw/image.h"
#include "tests/support/draw.h"
#include "tests/support/kwtest.h"

/* What photos are loaded as. */
enum { SAMPLE_H = 48, SAMPLE_W = 64, SAMPLE_N = SAMPLE_H * SAMPLE_W * 3 };

extern const KwImageRequest sample_request;

/* A detailed drawing, larger than what is loaded: 256 x 192. */
extern const Drawing sample;

/* For cmocka_run_group_tests(): libvips, and the folder. */
int samples_setup(void **state);
int samples_teardown(void **state);

/* The folder, and a file in it; g_free() the latter. */
const char *sample_dir(void);
char *sample_path(const char *name);

/*
 * Draw the sample as `name`, with libvips's options for the type behind it.
 * g_free() the path.
 */
char *sample_save(const char *name, const char *options);

/* Write an image as the type that the path ends in; takes the image. */
void sample_write(VipsImage *image, const char *path);

/* Load a photo, SAMPLE_N bytes, or see it refused with this code and text. */
void sample_load(const char *path, guint8 *pixels);
void sample_refused(const char *path, int code, const char *text);

/* The sample as it should come out, from a type that loses nothing. */
void sample_load_reference(guint8 *pixels);

/* Mean absolute difference of n bytes. */
double sample_distance(const guint8 *a, const guint8 *b, int n);

#endif
