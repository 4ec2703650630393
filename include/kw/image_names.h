/*
 * Names of files for images, made from what a dataset says of them.  The
 * dataset may say anything: no name leads out of its folder, and no two are
 * the same.
 */
#ifndef KW_IMAGE_NAMES_H
#define KW_IMAGE_NAMES_H

#include "kw/dataset.h"

typedef struct KwImageNames KwImageNames;

/* Folders get their names here; `class_names` is borrowed. */
KwImageNames *kw_image_names_new(char *const *class_names);
void kw_image_names_free(KwImageNames *names);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KwImageNames, kw_image_names_free)

/*
 * "train/cat/IMG_1.png" for the record i of these, and "train/cat/IMG_1-c2.png"
 * for its copy 2; `ending` is ".png" or the like.  It is the source without its
 * class folder and its ending; '/' and control characters, and a dot or hyphen
 * at the beginning, become '_'.  Where that has been given away, in whatever
 * case, the record id is added, and a number where that does not help.  Free
 * it.
 */
char *kw_image_names_next(KwImageNames *names, KwSplit split,
			  const KwRecords *records, gsize i, gint32 copy,
			  const char *ending);

/*
 * Any UTF-8 as the name of a file: 1 to 200 bytes, no '/', no control
 * characters, no dot or hyphen first.  Free it.
 */
char *kw_safe_file_name(const char *text);

#endif
