#include "augment/block.h"

#include <string.h>

#include "kw/error.h"

enum { BATCH_RECORDS = 4096 };

/* What is known of an original, for a replay. */
typedef struct {
	guint64 record_id;
	gsize place; /* in train */
	gint32 label;
	guint64 group_id;
} Original;

struct AugmentBlocks {
	KwDataset *input;
	AugmentPlan *plan;           /* or NULL: */
	KwDataset *replayed;         /* train is made as this was */
	const AugmentRecipe *recipe; /* of the plan */
	GHashTable *originals;       /* Original, of a replay */
	gsize block_images;
	KwSplit split;
	KwRecords *batch;  /* some records of the split */
	gsize first;       /* the place of the first of them */
	gsize row;         /* the one that is next */
	gint32 copy, last; /* of which these copies are still to come */
};

void
augment_block_free(AugmentBlock *block)
{
	if (block == NULL)
		return;
	kw_records_free(block->records);
	g_clear_pointer(&block->images, g_array_unref);
	g_free(block);
}

void
augment_blocks_free(AugmentBlocks *blocks)
{
	if (blocks == NULL)
		return;
	g_clear_pointer(&blocks->originals, g_hash_table_unref);
	kw_records_free(blocks->batch);
	g_free(blocks);
}

/* ---- by a plan */

AugmentBlocks *
augment_blocks_new(KwDataset *input, AugmentPlan *plan,
		   const AugmentRecipe *recipe, gsize block_images)
{
	AugmentBlocks *blocks = g_new0(AugmentBlocks, 1);

	blocks->input = input;
	blocks->plan = plan;
	blocks->recipe = recipe;
	blocks->block_images = block_images;
	return blocks;
}

/* ---- by what was made before */

static gboolean
set_replay_error(GError **error, const KwDataset *replayed, const char *why)
{
	g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
		    "'%s' cannot be replayed: %s", kw_dataset_name(replayed),
		    why);
	return FALSE;
}

gboolean
augment_blocks_check_replay(const KwDataset *input, const KwDataset *replayed,
			    GError **error)
{
	const KwDatasetInfo *a = kw_dataset_info(input);
	const KwDatasetInfo *b = kw_dataset_info(replayed);

	if (b->columns == NULL)
		return set_replay_error(error, replayed, "it is not augmented");
	if (!g_strv_equal((const char *const *)b->columns,
			  kw_transform_columns))
		return set_replay_error(error, replayed,
					"its transforms are those of another "
					"version of kw-augment");
	if (a->height != b->height || a->width != b->width)
		return set_replay_error(error, replayed,
					"its images are of another size than "
					"those of the dataset");
	if (a->channels != b->channels)
		return set_replay_error(error, replayed,
					a->channels == 1
						? "the dataset is gray, and it "
						  "is not"
						: "it is gray, and the dataset "
						  "is not");
	if (!g_strv_equal((const char *const *)a->class_names,
			  (const char *const *)b->class_names))
		return set_replay_error(error, replayed,
					"it has other classes than the "
					"dataset");
	return TRUE;
}

static gboolean
list_originals(AugmentBlocks *blocks, GError **error)
{
	const gsize n = kw_dataset_count(blocks->input, KW_TRAIN);

	/* the id is at the beginning of an Original */
	blocks->originals = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						  g_free, NULL);
	for (gsize done = 0, m; done < n; done += m) {
		g_autoptr(KwRecords) records = NULL;

		m = MIN(BATCH_RECORDS, n - done);
		records = kw_dataset_read_records(blocks->input, KW_TRAIN, done,
						  m, error);
		if (records == NULL)
			return FALSE;
		for (gsize i = 0; i < m; i++) {
			const Original original = { records->record_ids[i],
						    done + i,
						    records->labels[i],
						    records->group_ids[i] };

			if (records->copies[i] == 0)
				g_hash_table_add(
					blocks->originals,
					g_memdup2(&original, sizeof original));
		}
	}
	return TRUE;
}

AugmentBlocks *
augment_blocks_replay(KwDataset *input, KwDataset *replayed, gsize block_images,
		      GError **error)
{
	g_autoptr(AugmentBlocks) blocks = g_new0(AugmentBlocks, 1);

	if (!augment_blocks_check_replay(input, replayed, error))
		return NULL;
	blocks->input = input;
	blocks->replayed = replayed;
	blocks->block_images = block_images;
	if (!list_originals(blocks, error))
		return NULL;
	return g_steal_pointer(&blocks);
}

/* What a row of the batch was made of; NULL when that is not in the input. */
static const Original *
find_original(const AugmentBlocks *blocks, gsize row, GError **error)
{
	const KwRecords *records = blocks->batch;
	const Original *original = g_hash_table_lookup(
		blocks->originals, &records->record_ids[row]);

	if (original != NULL && original->label == records->labels[row] &&
	    original->group_id == records->group_ids[row])
		return original;
	g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
		    "'%s' cannot be replayed: '%s' is %s in '%s'; augment that "
		    "with the same seed and policy instead",
		    kw_dataset_name(blocks->replayed), records->sources[row],
		    original == NULL ? "no train record"
		    : original->label != records->labels[row]
			    ? "of another class"
			    : "of another group",
		    kw_dataset_name(blocks->input));
	return NULL;
}

static gboolean
set_replayed(const AugmentBlocks *blocks, AugmentImage *image, GError **error)
{
	const KwDatasetInfo *info = kw_dataset_info(blocks->input);
	const KwRecords *records = blocks->batch;
	const gsize row = blocks->row;
	const Original *original = find_original(blocks, row, error);

	if (original == NULL)
		return FALSE;
	image->source = original->place;
	image->output = blocks->first + row;
	image->copy = records->copies[row];
	memcpy(&image->transform,
	       records->transforms + row * KW_N_TRANSFORM_COLUMNS,
	       sizeof image->transform);
	if (kw_transform_check(&image->transform, info->height, info->width,
			       error))
		return TRUE;
	g_prefix_error(error, "'%s': copy %d of '%s': ",
		       kw_dataset_name(blocks->replayed), image->copy,
		       records->sources[row]);
	return FALSE;
}

/* ---- one image after the other */

/* Whose records are those of the split? */
static KwDataset *
records_of(const AugmentBlocks *blocks)
{
	return blocks->replayed != NULL && blocks->split == KW_TRAIN
		       ? blocks->replayed
		       : blocks->input;
}

/* The copies that the next row of the batch is to have. */
static void
begin_row(AugmentBlocks *blocks)
{
	blocks->copy = blocks->last = 0;
	if (blocks->split != KW_TRAIN || blocks->plan == NULL ||
	    blocks->row == blocks->batch->n)
		return;
	blocks->copy = blocks->plan->first_level;
	blocks->last = augment_plan_next_record(
		blocks->plan, blocks->batch->labels[blocks->row]);
}

/*
 * Go to the next image of the split, over records that have none: to another
 * batch of records, if need be.  *more is FALSE at the end of the split.
 */
static gboolean
find_next(AugmentBlocks *blocks, gboolean *more, GError **error)
{
	const gsize n = kw_dataset_count(records_of(blocks), blocks->split);

	for (;;) {
		gsize place;

		if (blocks->batch != NULL && blocks->row < blocks->batch->n) {
			if (blocks->copy <= blocks->last)
				return *more = TRUE;
			blocks->row++;
			begin_row(blocks);
			continue;
		}
		place = blocks->first + blocks->row;
		*more = place < n;
		if (!*more)
			return TRUE;
		g_clear_pointer(&blocks->batch, kw_records_free);
		blocks->first = place;
		blocks->row = 0;
		blocks->batch = kw_dataset_read_records(
			records_of(blocks), blocks->split, place,
			MIN(BATCH_RECORDS, n - place), error);
		if (blocks->batch == NULL)
			return FALSE;
		begin_row(blocks);
	}
}

/* The image that find_next() has found, of this row of the block. */
static gboolean
add_next(AugmentBlocks *blocks, AugmentBlock *block, gsize row, GError **error)
{
	AugmentImage image = { .row = row,
			       .source = blocks->first + blocks->row,
			       .output = blocks->first + blocks->row,
			       .copy = blocks->copy,
			       .transform = kw_transform_identity };

	if (records_of(blocks) == blocks->replayed) {
		if (!set_replayed(blocks, &image, error))
			return FALSE;
	} else if (blocks->split == KW_TRAIN) {
		image.output =
			augment_plan_next_place(blocks->plan, blocks->copy);
	}
	g_array_append_val(block->images, image);
	blocks->copy++;
	return TRUE;
}

/* ---- blocks */

/* Rows first..end-1 of the batch. */
static KwRecords *
copy_rows(const KwRecords *batch, gsize first, gsize end)
{
	KwRecords *rows = kw_records_new(end - first, batch->n_columns);

	for (gsize i = first; i < end; i++)
		kw_records_copy(rows, i - first, batch, i);
	return rows;
}

/* As many images as a block has, or as there are in the batch. */
static AugmentBlock *
fill_block(AugmentBlocks *blocks, GError **error)
{
	g_autoptr(AugmentBlock) block = g_new0(AugmentBlock, 1);
	const gsize first = blocks->row;
	gsize end = first;

	block->split = blocks->split;
	block->recipe = blocks->split == KW_TRAIN ? blocks->recipe : NULL;
	block->images = g_array_new(FALSE, FALSE, sizeof(AugmentImage));
	while (block->images->len < blocks->block_images &&
	       blocks->row < blocks->batch->n) {
		if (blocks->copy > blocks->last) {
			blocks->row++;
			begin_row(blocks);
			continue;
		}
		end = blocks->row + 1;
		if (!add_next(blocks, block, blocks->row - first, error))
			return NULL;
	}
	block->records = copy_rows(blocks->batch, first, end);
	return g_steal_pointer(&block);
}

AugmentBlock *
augment_blocks_next(AugmentBlocks *blocks, GError **error)
{
	gboolean more = FALSE;

	while (find_next(blocks, &more, error)) {
		if (more)
			return fill_block(blocks, error);
		if (blocks->split + 1 == KW_N_SPLITS)
			return NULL;
		blocks->split++;
		g_clear_pointer(&blocks->batch, kw_records_free);
		blocks->first = blocks->row = 0;
	}
	return NULL;
}
