/* What kw-predict is to predict: photos, or the records of a dataset. */
#ifndef KW_TRAIN_PREDICT_INPUT_H
#define KW_TRAIN_PREDICT_INPUT_H

#include "kw/dataset.h"
#include "kw/image.h"
#include "train/model_file.h"

typedef struct PredictInput PredictInput;

/*
 * What the paths stand for, in their order: files, named as often as they are;
 * folders, whose files come sorted bytewise by path, sub-folders and symbolic
 * links included, hidden names left out; "-", a list of either on standard
 * input, one a line, which may end as on Windows.  Nothing is opened but
 * folders: what is wrong with a file is found when it is loaded, and a folder
 * that is empty or cannot be read is an item that cannot be loaded.
 *
 * A single path that begins as HDF5 does, or any when a split is asked for
 * (KW_N_SPLITS: none is, which means test), is a kw dataset.
 *
 * Errors: KW_ERROR_INPUT when there is nothing to predict, or a list has a NUL
 * byte; those of kw_dataset_open(); KW_ERROR_IO; KW_ERROR_INTERRUPTED.
 */
PredictInput *predict_input_new(const GPtrArray *paths, KwSplit split,
				GError **error);
void predict_input_free(PredictInput *input);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PredictInput, predict_input_free)

/* Items; more than none. */
gsize predict_input_count(const PredictInput *input);

/* "photos" or "records" */
const char *predict_input_unit(const PredictInput *input);

/* NULL for photos; *split is only set for a dataset. */
const KwDataset *predict_input_dataset(const PredictInput *input,
				       KwSplit *split);

/* Names that the system hides, in folders. */
gsize predict_input_hidden(const PredictInput *input);

/*
 * Is a dataset what the model was trained on: classes and their order, size,
 * channels, fit and standardisation?  KW_ERROR_INPUT names what differs.  TRUE
 * for photos.
 */
gboolean predict_input_check(const PredictInput *input, const char *model,
			     const ModelInfo *info, GError **error);

/*
 * The pixels of item i, h x w x c bytes of the request.  Any thread.
 * *no_photo is set when it is a file that a folder happens to hold, of no type
 * that photos have; there is an error then, too.
 * Errors: those of kw_image_load() or kw_dataset_read_images(); KW_ERROR_INPUT
 * and KW_ERROR_FORMAT are about this item alone.
 */
gboolean predict_input_load(const PredictInput *input, gsize i,
			    const KwImageRequest *request, guint8 *pixels,
			    gboolean *no_photo, GError **error);

/* What there is to say about an item, apart from its pixels. */
typedef struct {
	const char *path; /* as it was given; of a record, its source (UTF-8,
		       bytes that are not as %XX) */
	int label;        /* -1: not known, a photo */
	gint32 copy;
} PredictItem;

/*
 * Items first..first+n-1, n of them.  Main thread.  Of a photo the path is
 * borrowed from the input, of a record from the array.  Errors: those of
 * kw_dataset_read_records().
 */
typedef struct {
	PredictItem *items;
	KwRecords *records;
} PredictItems;

gboolean predict_input_describe(const PredictInput *input, gsize first, gsize n,
				PredictItems *items, GError **error);
void predict_items_clear(PredictItems *items);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PredictItems, predict_items_clear)

#endif
