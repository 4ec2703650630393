/*
 * The images of a block, made by all threads: read, transformed, written.
 */
#ifndef KW_AUGMENT_MAKE_H
#define KW_AUGMENT_MAKE_H

#include <glib.h>

#include "augment/block.h"
#include "augment/save.h"
#include "augment/shards.h"

typedef struct AugmentMaker AugmentMaker;

/*
 * For images of `input`.  Each goes into `output`, and into a file of `save`;
 * either may be NULL.  The arguments are borrowed.  KW_ERROR_MEMORY.
 */
AugmentMaker *augment_maker_new(KwDataset *input, AugmentOutput *output,
				AugmentSave *save, int threads, GError **error);
void augment_maker_free(AugmentMaker *maker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AugmentMaker, augment_maker_free)

/*
 * Make the images of a block, which is taken, and note their checksums.  Each
 * thread reads, transforms and writes one image after the other, so that one
 * writes while another computes; memory is that of two images a thread.  The
 * records of a block are written while the images of the next are made, those
 * of the last by augment_maker_finish().
 * Errors: those of reading, transforming and writing; KW_ERROR_INTERRUPTED.
 */
gboolean augment_maker_run(AugmentMaker *maker, AugmentBlock *block,
			   GError **error);
gboolean augment_maker_finish(AugmentMaker *maker, GError **error);

/* How many images of a replay had another checksum than was recorded. */
gsize augment_maker_n_other(const AugmentMaker *maker);

#endif
