/*
 * The inside of an open dataset: shared by the files that open it.
 */
#ifndef KW_DATASET_READER_H
#define KW_DATASET_READER_H

#include "lib/dataset_layout.h"

/* One split: of a whole dataset all, of an index the count. */
typedef struct {
	gsize count;
	hid_t fields[N_FIELDS]; /* negative: not there */
	gsize source_length;
	guint64 images_at;  /* offset of the pixels in the file */
	guint32 *checksums; /* count */
} SplitReader;

struct KwDataset {
	char *name;
	KwDatasetInfo *info;
	hid_t file;
	int fd; /* HDF5's: pixels are read from it without HDF5 */
	guint64 size;
	SplitReader splits[KW_N_SPLITS];
	GPtrArray *shards; /* of KwDataset; NULL: a whole dataset */
};

/* Nothing opened yet, for kw_dataset_free(). */
KwDataset *kw_dataset_new(const char *name);

/* As kw_dataset_open(), of a whole dataset only. */
KwDataset *kw_dataset_open_shard(const char *path, GError **error);

/* Is the file an index (it has the attribute "shards")? */
gboolean kw_index_is_one(hid_t file);

/*
 * Open the shards that d->file, an index in `folder`, names, into d.  Its
 * attributes are in d->info.
 */
gboolean kw_index_open_shards(KwDataset *d, const char *folder, GError **error);

#endif
