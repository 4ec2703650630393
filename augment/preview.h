/*
 * A sheet that shows what a policy does: rows of an original and its copies.
 */
#ifndef KW_AUGMENT_PREVIEW_H
#define KW_AUGMENT_PREVIEW_H

#include <glib.h>

#include "augment/recipe.h"
#include "kw/outfile.h"

/*
 * Draw `rows` train records, of each class in turn, or as many as there are and
 * the sheet holds, each followed by its copies 1, 2, ... until
 * there are `columns` images, and write it to `out` as its name asks; commit it
 * afterwards.
 * Errors: those of the dataset, of kw_transformer_apply(), kw/sheet.h and
 * kw_image_save().
 */
gboolean augment_preview_write(KwOutfile *out, KwDataset *input,
			       const AugmentRecipe *recipe, int rows,
			       int columns, GError **error);

#endif
