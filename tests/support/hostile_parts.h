/*
 * Between hostile.c and its parts, one a type of file.  A part adds its files
 * to the corpus; after an error adding does nothing.
 */
#ifndef KW_TESTS_HOSTILE_PARTS_H
#define KW_TESTS_HOSTILE_PARTS_H

#include "tests/support/hostile.h"
#include "tests/support/hostile_bytes.h"

typedef struct {
	const char *dir;
	const char *class; /* the folder of the files that are added next */
	GPtrArray *files;
	GError *error;
} Hostile;

/*
 * Add a file.  All take the bytes; NULL, which is what libvips could not
 * write, adds nothing.  `name` may be any bytes but '/'.
 */
void hostile_reads(Hostile *corpus, const char *name, HostileLook look,
		   GByteArray *bytes);
void hostile_refuses(Hostile *corpus, const char *name, const char *words,
		     GByteArray *bytes);
/* Words and look count where it is refused and where it is read. */
void hostile_takes_either(Hostile *corpus, const char *name, HostileLook look,
			  const char *words, GByteArray *bytes);

/* The path of a file that the caller makes, and its entry; g_free() it. */
char *hostile_expect(Hostile *corpus, const char *name, HostileVerdict verdict,
		     HostileLook look, const char *words);

void hostile_add_bmp(Hostile *corpus);
void hostile_add_cut(Hostile *corpus);
void hostile_add_exif(Hostile *corpus);
void hostile_add_flat_jpeg(Hostile *corpus);
void hostile_add_gif(Hostile *corpus);
void hostile_add_heif(Hostile *corpus);
void hostile_add_icc(Hostile *corpus);
void hostile_add_jpeg(Hostile *corpus);
void hostile_add_names(Hostile *corpus);
void hostile_add_no_photo(Hostile *corpus);
void hostile_add_png(Hostile *corpus);
void hostile_add_tiff(Hostile *corpus);
void hostile_add_valid(Hostile *corpus);
void hostile_add_webp(Hostile *corpus);

#endif
