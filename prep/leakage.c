#include "prep/leakage.h"

#include <stdlib.h>
#include <string.h>

#include "kw/alloc.h"
#include "kw/app.h"
#include "prep/spool.h"

/* Pixels in memory while the dataset is read. */
enum { READ_BYTES = 32 << 20 };

/* The records of a dataset in the order of the file. */
typedef struct {
	KwDataset *dataset;
	gsize image_size;
	guint n;
	Picture *pictures; /* n */
	guint64 *groups;   /* n */
	guint8 *splits;    /* n: KwSplit */
	Spool *thumbs;
	guint8 *pixels; /* room for a batch of images, two at least */
	gsize batch;
} Check;

/* ---- reading */

static void
note_records(Check *check, KwSplit split, guint at, const KwRecords *records)
{
	for (gsize k = 0; k < records->n; k++) {
		Picture *picture = &check->pictures[at + k];

		picture->order = records->record_ids[k];
		picture->label = records->labels[k];
		picture->checksum = records->checksums[k];
		check->groups[at + k] = records->group_ids[k];
		check->splits[at + k] = (guint8)split;
	}
}

static gboolean
note_images(Check *check, guint at, gsize n, int threads, GError **error)
{
	const KwDatasetInfo *info = kw_dataset_info(check->dataset);
	g_autofree Thumbs *thumbs = g_new(Thumbs, n);

#pragma omp parallel for num_threads(threads)
	for (gsize k = 0; k < n; k++)
		fingerprint_take(&check->pictures[at + k].print, &thumbs[k],
				 check->pixels + k * check->image_size,
				 info->height, info->width, info->channels);
	for (gsize k = 0; k < n; k++)
		if (!spool_write(check->thumbs, at + k, &thumbs[k], error))
			return FALSE;
	return TRUE;
}

static gboolean
read_all(Check *check, int threads, KwProgress *progress, GError **error)
{
	guint at = 0;

	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		gsize count = kw_dataset_count(check->dataset, s);

		for (gsize first = 0, n; first < count; first += n) {
			g_autoptr(KwRecords) records = NULL;

			n = MIN(check->batch, count - first);
			records = kw_dataset_read_records(check->dataset, s,
							  first, n, error);
			if (records == NULL || !kw_check_interrupted(error) ||
			    !kw_dataset_read_images(check->dataset, s, first, n,
						    check->pixels, error))
				return FALSE;
			note_records(check, s, at, records);
			if (!note_images(check, at, n, threads, error))
				return FALSE;
			at += (guint)n;
			if (progress != NULL)
				kw_progress_set(progress, at);
		}
	}
	return TRUE;
}

/* ---- counting */

typedef struct {
	guint64 group;
	guint8 split;
} GroupSplit;

static int
compare_groups(const void *a, const void *b)
{
	const GroupSplit *x = a, *y = b;

	return (x->group > y->group) - (x->group < y->group);
}

static gsize
count_shared_groups(guint n, const guint64 *groups, const guint8 *splits)
{
	g_autofree GroupSplit *all = g_new(GroupSplit, n);
	gboolean shared = FALSE;
	gsize count = 0;

	for (guint i = 0; i < n; i++)
		all[i] = (GroupSplit){ groups[i], splits[i] };
	qsort(all, n, sizeof *all, compare_groups);
	for (guint i = 1, first = 0; i < n; i++) {
		if (all[i].group != all[first].group) {
			first = i;
			shared = FALSE;
		} else if (all[i].split != all[first].split && !shared) {
			shared = TRUE;
			count++;
		}
	}
	return count;
}

/*
 * `to` leads from each image to the one that it is like, or to itself.  How
 * many are led to from another split?
 */
static gsize
count_shared_pictures(guint n, const guint8 *splits, const guint *to)
{
	g_autofree gboolean *shared = g_new0(gboolean, n);
	gsize count = 0;

	for (guint i = 0; i < n; i++) {
		guint k = to[i];

		if (splits[i] != splits[k] && !shared[k]) {
			shared[k] = TRUE;
			count++;
		}
	}
	return count;
}

static gboolean
read_thumbs(gpointer data, guint i, Thumbs *thumbs, GError **error)
{
	const Check *check = data;

	return spool_read(check->thumbs, i, thumbs, error);
}

static gboolean
read_image(const Check *check, guint i, guint8 *pixels, GError **error)
{
	KwSplit split = check->splits[i];
	gsize row = i;

	for (KwSplit s = 0; s < split; s++)
		row -= kw_dataset_count(check->dataset, s);
	return kw_dataset_read_images(check->dataset, split, row, 1, pixels,
				      error);
}

static gboolean
compare_images(gpointer data, guint i, guint k, gboolean *equal, GError **error)
{
	const Check *check = data;
	guint8 *a = check->pixels, *b = a + check->image_size;

	if (!read_image(check, i, a, error) || !read_image(check, k, b, error))
		return FALSE;
	*equal = memcmp(a, b, check->image_size) == 0;
	return TRUE;
}

Leakage
leakage_of_plan(guint n, const guint64 *groups, const guint8 *splits,
		const Duplicates *found)
{
	g_autofree guint *near = g_new(guint, n);

	for (guint i = 0; i < n; i++) {
		if (found->equal[i] != i)
			near[i] = i; /* counted as equal */
		else if (found->kind[i] == DUPLICATE_NEAR)
			near[i] = found->original[i];
		else
			near[i] = found->stranger[i];
	}
	return (Leakage){
		.groups = count_shared_groups(n, groups, splits),
		.equal = count_shared_pictures(n, splits, found->equal),
		.near = count_shared_pictures(n, splits, near),
	};
}

static gboolean
count_leaks(Check *check, int bits, Leakage *leakage, GError **error)
{
	const PictureSource source = { check, read_thumbs, compare_images };
	g_autoptr(Duplicates) found = duplicates_find(check->pictures, check->n,
						      bits, &source, error);

	if (found == NULL)
		return FALSE;
	*leakage =
		leakage_of_plan(check->n, check->groups, check->splits, found);
	return TRUE;
}

gboolean
leakage_check(KwDataset *dataset, int bits, int threads, KwProgress *progress,
	      Leakage *leakage, GError **error)
{
	gsize size = kw_dataset_image_size(kw_dataset_info(dataset)), n = 0;
	gsize batch = MAX(READ_BYTES / size, 2);
	g_autofree Picture *pictures = NULL;
	g_autofree guint64 *groups = NULL;
	g_autofree guint8 *splits = NULL;
	g_autofree guint8 *pixels =
		kw_alloc(batch, size, "the pixels of a batch", error);
	g_autoptr(Spool) thumbs = spool_new(sizeof(Thumbs), error);
	Check check = { .dataset = dataset,
			.image_size = size,
			.thumbs = thumbs,
			.pixels = pixels,
			.batch = batch };

	if (pixels == NULL || thumbs == NULL)
		return FALSE;
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		n += kw_dataset_count(dataset, s);
	check.n = (guint)n;
	check.pictures = pictures = g_new0(Picture, n);
	check.groups = groups = g_new(guint64, n);
	check.splits = splits = g_new(guint8, n);
	return read_all(&check, threads, progress, error) &&
	       count_leaks(&check, bits, leakage, error);
}
