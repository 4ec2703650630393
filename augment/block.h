/*
 * The images of an augmented dataset, a block at a time: which original each is
 * made of, how, and where it goes.
 *
 * A block has the images of neighbours of the input, so that each original is
 * read once for all of its copies, or a few times where it has very many.
 * Train comes first, then val and test, whose images are kept.
 */
#ifndef KW_AUGMENT_BLOCK_H
#define KW_AUGMENT_BLOCK_H

#include <glib.h>

#include "augment/recipe.h"
#include "kw/transform.h"

/* An image to be made. */
typedef struct {
	gsize row;             /* of the block's records: what it is of */
	gsize source;          /* of this split of the input: its original */
	gsize output;          /* its place in this split of the output */
	gint32 copy;           /* 0: the original */
	guint32 checksum;      /* once it is made */
	KwTransform transform; /* of a copy that a recipe draws: once made */
} AugmentImage;

typedef struct {
	KwSplit split;
	KwRecords *records;
	GArray *images; /* AugmentImage, those of an original together */
	const AugmentRecipe
		*recipe; /* draws the copies; NULL: they are drawn */
} AugmentBlock;

void augment_block_free(AugmentBlock *block);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AugmentBlock, augment_block_free)

typedef struct AugmentBlocks AugmentBlocks;

/*
 * The blocks of a plan, each of block_images images but the last of a split;
 * drawn by a recipe.
 * The arguments are borrowed, and the plan is followed: it can be once.
 */
AugmentBlocks *augment_blocks_new(KwDataset *input, AugmentPlan *plan,
				  const AugmentRecipe *recipe,
				  gsize block_images);

/*
 * Can `replayed` be made again of images like those of `input`?  KW_ERROR_INPUT
 * when they are of another size or have other channels or classes, or when
 * `replayed` is not augmented or by another version.
 */
gboolean augment_blocks_check_replay(const KwDataset *input,
				     const KwDataset *replayed, GError **error);

/*
 * The blocks of what was made before: train has the images of `replayed`, with
 * its transforms, made again of the originals in the train split of `input`.
 * Errors: those above, and of kw_dataset_read_records().
 */
AugmentBlocks *augment_blocks_replay(KwDataset *input, KwDataset *replayed,
				     gsize block_images, GError **error);

void augment_blocks_free(AugmentBlocks *blocks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AugmentBlocks, augment_blocks_free)

/*
 * The next block, NULL at the end and on errors: those of
 * kw_dataset_read_records(); of a replay KW_ERROR_INPUT when a record is not
 * in the input or has another class or group there, KW_ERROR_FORMAT when it has
 * a transform that cannot be.
 */
AugmentBlock *augment_blocks_next(AugmentBlocks *blocks, GError **error);

#endif
