/*
 * Train images as files, as Keras's save_to_dir writes them:
 * DIR/train/CLASS/NAME.png, and NAME-c2.png for a second copy.
 */
#ifndef KW_AUGMENT_SAVE_H
#define KW_AUGMENT_SAVE_H

#include <glib.h>

#include "augment/block.h"

typedef struct AugmentSave AugmentSave;

/* "png", "jpeg", NULL */
extern const char *const augment_save_formats[];

/*
 * For images of a dataset with this info, in `folder`, which is made when there
 * is something to put into it; `format` is one of the above.  Strings are
 * borrowed.
 */
AugmentSave *augment_save_new(const char *folder, int format,
			      const KwDatasetInfo *info);
void augment_save_free(AugmentSave *save);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AugmentSave, augment_save_free)

/*
 * Before the work: KW_ERROR_USAGE when there is a DIR/train already, and it is
 * not an empty folder.  Photos for kw-prep may lie there, which nothing is
 * allowed to replace.
 */
gboolean augment_save_check(const char *folder, GError **error);

/*
 * Name the files of the images of a block, and make their folders; main thread.
 * KW_ERROR_IO.
 */
gboolean augment_save_plan(AugmentSave *save, const AugmentBlock *block,
			   GError **error);

/*
 * Write image i of that block (h x w x c bytes), if it is one of train.  Each
 * file appears whole or not at all, and replaces none.  Any thread.  Errors:
 * those of kw_image_save() and of kw_outfile_new().
 */
gboolean augment_save_image(AugmentSave *save, gsize i, const guint8 *pixels,
			    GError **error);

/* Files written so far; those of a failed run stay. */
gsize augment_save_count(const AugmentSave *save);

#endif
