/*
 * Names of files for images, made from what a dataset says of them.  The
 * dataset may say anything: no name leads out of its folder, and no two are
 * the same.
 */
#ifndef KW_INFO_NAMES_H
#define KW_INFO_NAMES_H

#include "kw/dataset.h"

typedef struct InfoNames InfoNames;

/* Folders get their names here; `class_names` is borrowed. */
InfoNames *info_names_new(char *const *class_names);
void info_names_free(InfoNames *names);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(InfoNames, info_names_free)

/*
 * "train/cat/IMG_1.png" for the record i of these, "train/cat/IMG_1-c2.png" for
 * its second copy.  It is the source without its class folder and its ending;
 * '/' and control characters, and a dot or hyphen at the beginning, become
 * '_'.  Where that has been given away, in whatever case, the record id is
 * added, and a number where that does not help.  Free it.
 */
char *info_names_next(InfoNames *names, KwSplit split, const KwRecords *records,
		      gsize i);

/*
 * Any UTF-8 as the name of a file: 1 to 200 bytes, no '/', no control
 * characters, no dot or hyphen first.  Free it.
 */
char *info_safe_name(const char *text);

#endif
