/*
 * Files in memory, to be written, cut and bent.
 */
#ifndef KW_TESTS_HOSTILE_BYTES_H
#define KW_TESTS_HOSTILE_BYTES_H

#include <glib.h>
#include <vips/vips.h>

/* The drawing of hostile.h, as an image; g_object_unref() it. */
VipsImage *bytes_drawing(void);
VipsImage *bytes_in_space(VipsInterpretation space);
VipsImage *bytes_ink(void);

/*
 * An image, which is taken, or the drawing, as a file of the type that
 * `suffix` names: ".jpg[Q=90]".  NULL when libvips does not write it.
 */
GByteArray *bytes_save(VipsImage *image, const char *suffix);
GByteArray *bytes_sample(const char *suffix);

/* A new array of these bytes. */
GByteArray *bytes_new(const void *data, gsize n);
GByteArray *bytes_text(const char *text);
/* What follows returns the array that it was given, where it returns one. */
GByteArray *bytes_copy(const GByteArray *bytes);

GByteArray *bytes_zeros(GByteArray *bytes, guint n);
GByteArray *bytes_noise(GByteArray *bytes, guint n, guint32 seed);
GByteArray *bytes_append(GByteArray *bytes, const void *data, gsize n);

/* Append `tail`, which is taken. */
GByteArray *bytes_join(GByteArray *bytes, GByteArray *tail);

/*
 * Append numbers: for each digit of `layout` one of 1, 2 or 4 bytes, as int,
 * big-endian or, behind '<', little-endian.
 */
GByteArray *bytes_pack(GByteArray *bytes, const char *layout, ...);

/* Replace `n` bytes at `at` by those of `data`. */
GByteArray *bytes_splice(GByteArray *bytes, guint at, guint n, const void *data,
			 gsize n_data);
/* Keep this many. */
GByteArray *bytes_cut(GByteArray *bytes, guint keep);
/* Turn bits of one byte over. */
GByteArray *bytes_flip(GByteArray *bytes, guint at, guint8 bits);
/* Overwrite a number of 2 or 4 bytes. */
GByteArray *bytes_put(GByteArray *bytes, guint at, const char *layout,
		      guint32 value);

/* Where `data` is first from `from` on; the length when it is not there. */
guint bytes_find(const GByteArray *bytes, guint from, const void *data,
		 gsize n);

#endif
