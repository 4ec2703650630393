/*
 * Images of a dataset as PNG files, DIR/SPLIT/CLASS/NAME.png.
 */
#ifndef KW_INFO_EXTRACT_H
#define KW_INFO_EXTRACT_H

#include "info/selection.h"
#include "kw/progress.h"

/* One image and where it goes. */
typedef struct {
	KwSplit split;
	gsize index; /* in its split */
	char *path;  /* DIR/SPLIT/CLASS/NAME.png */
} InfoTarget;

/* InfoTarget *, in the order of the dataset. */
typedef GPtrArray InfoTargets;

/*
 * The records that are meant, with the paths of their files in `folder`; no two
 * paths are the same.
 * Errors: KW_ERROR_INPUT when the dataset has none of them; those of
 * kw_dataset_read_records(); KW_ERROR_INTERRUPTED.
 */
InfoTargets *info_extract_plan(KwDataset *dataset,
			       const InfoSelection *selection,
			       const char *folder, GError **error);

/* What became of it. */
typedef struct {
	gsize written;
	GPtrArray *skipped; /* char *: which and why, a line each */
} InfoExtracted;

InfoExtracted *info_extracted_new(void);
void info_extracted_free(InfoExtracted *extracted);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(InfoExtracted, info_extracted_free)

/*
 * Write them with `threads` threads, in folders that are made as needed.  Each
 * file appears whole or not at all; damaged images are skipped and named.
 * kw_image_start() comes first.
 * Errors: KW_ERROR_USAGE when one of the files exists and `force` is FALSE,
 * before any is written; KW_ERROR_IO, KW_ERROR_MEMORY, KW_ERROR_INTERRUPTED,
 * after which those that were written stay.
 */
gboolean info_extract(const KwDataset *dataset, const InfoTargets *targets,
		      gboolean force, int threads, InfoExtracted *extracted,
		      KwProgress *progress, GError **error);

#endif
