#include "augment/block.h"

#include <string.h>

#include "kw/error.h"

enum { BATCH_RECORDS = 4096 };

struct AugmentBlocks {
	KwDataset *input;
	AugmentPlan *plan;           /* or NULL: */
	KwDataset *replayed;         /* train is made as this was */
	const AugmentRecipe *recipe; /* of the plan */
	GHashTable *originals; /* of a replay: record id -> place in train */
	gsize block_images;
	KwSplit split;
	gsize done; /* records of the split that have been in a block */
};

void
augment_block_free(AugmentBlock *block)
{
	if (block == NULL)
		return;
	kw_records_free(block->records);
	g_array_unref(block->images);
	g_free(block);
}

void
augment_blocks_free(AugmentBlocks *blocks)
{
	if (blocks == NULL)
		return;
	g_clear_pointer(&blocks->originals, g_hash_table_unref);
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

/* All images of a train record: itself, if it is kept, and its copies. */
static void
add_copies(const AugmentBlocks *blocks, AugmentBlock *block, gsize row)
{
	const KwDatasetInfo *info = kw_dataset_info(blocks->input);
	const AugmentRecipe *recipe = blocks->recipe;
	AugmentPlan *plan = blocks->plan;
	gint32 last =
		augment_plan_next_record(plan, block->records->labels[row]);

	for (gint32 copy = plan->first_level; copy <= last; copy++) {
		AugmentImage image = { .row = row,
				       .source = blocks->done + row,
				       .copy = copy,
				       .transform = kw_transform_identity };

		image.output = augment_plan_next_place(plan, copy);
		if (copy > 0)
			image.transform = kw_transform_draw(
				&recipe->policy, recipe->seed,
				block->records->record_ids[row], copy,
				info->height, info->width);
		g_array_append_val(block->images, image);
	}
}

/* A record of val or test. */
static void
add_kept(const AugmentBlocks *blocks, AugmentBlock *block, gsize row)
{
	const AugmentImage image = { .row = row,
				     .source = blocks->done + row,
				     .output = blocks->done + row,
				     .transform = kw_transform_identity };

	g_array_append_val(block->images, image);
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

/* Ids of 64 bits as keys; the values are places. */
static gboolean
list_originals(AugmentBlocks *blocks, GError **error)
{
	const gsize n = kw_dataset_count(blocks->input, KW_TRAIN);

	blocks->originals = g_hash_table_new_full(g_int64_hash, g_int64_equal,
						  g_free, NULL);
	for (gsize done = 0, m; done < n; done += m) {
		g_autoptr(KwRecords) records = NULL;

		m = MIN(BATCH_RECORDS, n - done);
		records = kw_dataset_read_records(blocks->input, KW_TRAIN, done,
						  m, error);
		if (records == NULL)
			return FALSE;
		for (gsize i = 0; i < m; i++)
			if (records->copies[i] == 0)
				g_hash_table_insert(
					blocks->originals,
					g_memdup2(&records->record_ids[i],
						  sizeof *records->record_ids),
					GSIZE_TO_POINTER(done + i));
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

static gboolean
add_replayed(const AugmentBlocks *blocks, AugmentBlock *block, gsize row,
	     GError **error)
{
	const KwDatasetInfo *info = kw_dataset_info(blocks->input);
	const KwRecords *records = block->records;
	AugmentImage image = { .row = row,
			       .output = blocks->done + row,
			       .copy = records->copies[row] };
	gpointer source;

	memcpy(&image.transform,
	       records->transforms + row * KW_N_TRANSFORM_COLUMNS,
	       sizeof image.transform);
	if (!g_hash_table_lookup_extended(blocks->originals,
					  &records->record_ids[row], NULL,
					  &source)) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' has no train record of '%s', which '%s' was "
			    "made of",
			    kw_dataset_name(blocks->input),
			    records->sources[row],
			    kw_dataset_name(blocks->replayed));
		return FALSE;
	}
	if (!kw_transform_check(&image.transform, info->height, info->width,
				error)) {
		g_prefix_error(error, "'%s': copy %d of '%s': ",
			       kw_dataset_name(blocks->replayed), image.copy,
			       records->sources[row]);
		return FALSE;
	}
	image.source = GPOINTER_TO_SIZE(source);
	g_array_append_val(block->images, image);
	return TRUE;
}

/* ---- blocks */

/* Whose records are those of the split? */
static KwDataset *
records_of(const AugmentBlocks *blocks)
{
	return blocks->replayed != NULL && blocks->split == KW_TRAIN
		       ? blocks->replayed
		       : blocks->input;
}

/* As many records as have the images of a block. */
static gsize
block_records(const AugmentBlocks *blocks)
{
	gsize each = blocks->plan != NULL && blocks->split == KW_TRAIN
			     ? augment_plan_most_of_one(blocks->plan)
			     : 1;

	return MAX(blocks->block_images / MAX(each, 1), 1);
}

static gboolean
fill_block(const AugmentBlocks *blocks, AugmentBlock *block, GError **error)
{
	for (gsize row = 0; row < block->records->n; row++) {
		if (block->split != KW_TRAIN)
			add_kept(blocks, block, row);
		else if (blocks->plan != NULL)
			add_copies(blocks, block, row);
		else if (!add_replayed(blocks, block, row, error))
			return FALSE;
	}
	return TRUE;
}

AugmentBlock *
augment_blocks_next(AugmentBlocks *blocks, GError **error)
{
	g_autoptr(AugmentBlock) block = NULL;
	gsize left;

	while ((left = kw_dataset_count(records_of(blocks), blocks->split) -
		       blocks->done) == 0) {
		if (blocks->split + 1 == KW_N_SPLITS)
			return NULL;
		blocks->split++;
		blocks->done = 0;
	}
	block = g_new0(AugmentBlock, 1);
	block->split = blocks->split;
	block->images = g_array_new(FALSE, FALSE, sizeof(AugmentImage));
	block->records = kw_dataset_read_records(
		records_of(blocks), blocks->split, blocks->done,
		MIN(left, block_records(blocks)), error);
	if (block->records == NULL || !fill_block(blocks, block, error))
		return NULL;
	blocks->done += block->records->n;
	return g_steal_pointer(&block);
}
