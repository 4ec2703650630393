#include "prep/prep.h"

#include <math.h>
#include <string.h>

#include "kw/alloc.h"
#include "kw/outfile.h"
#include "kw/progress.h"
#include "kw/record.h"
#include "prep/decode.h"
#include "prep/group.h"
#include "prep/photo.h"
#include "prep/scan.h"
#include "prep/split.h"

/* Pixels in memory while the dataset is written. */
enum { WRITE_BYTES = 32 << 20 };

/* ---- classes */

/*
 * A class without one readable photo would be an output that nothing trains:
 * leave it out, and number the others anew.
 */
static void
drop_empty_classes(Scan *scan, GPtrArray *warnings)
{
	g_autofree int *labels = g_new0(int, scan->classes->len);
	guint kept = 0;

	for (guint i = 0; i < scan->photos->len; i++)
		labels[((Photo *)scan->photos->pdata[i])->label] = 1;
	for (guint i = 0; i < scan->classes->len; i++) {
		char *name = g_steal_pointer(&scan->classes->pdata[i]);

		if (labels[i] == 1) {
			labels[i] = (int)kept;
			scan->classes->pdata[kept++] = name;
			continue;
		}
		g_ptr_array_add(warnings,
				g_strdup_printf("class '%s' has no readable "
						"photo and is left out",
						name));
		g_free(name);
	}
	g_ptr_array_set_size(scan->classes, (gint)kept);
	for (guint i = 0; i < scan->photos->len; i++) {
		Photo *photo = scan->photos->pdata[i];

		photo->label = labels[photo->label];
	}
}

static gboolean
check_classes(const Scan *scan, const char *dir, const GPtrArray *rejects,
	      GError **error)
{
	if (scan->photos->len == 0) {
		const Reject *first = rejects->pdata[0];

		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' holds no readable photo; '%s', for one: %s",
			    dir, first->file, first->reason);
		return FALSE;
	}
	if (scan->classes->len < 2) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "'%s' has readable photos of one class only, "
			    "'%s'; a classifier needs two or more",
			    dir, (char *)scan->classes->pdata[0]);
		return FALSE;
	}
	return TRUE;
}

static GStrv
class_names(const GPtrArray *classes)
{
	GStrv names = g_new0(char *, classes->len + 1);

	for (guint i = 0; i < classes->len; i++)
		names[i] = kw_source_name(classes->pdata[i]);
	return names;
}

/* ---- splits */

/* The same path in two split folders: one record id for two photos. */
static void
warn_of_equal_ids(const GPtrArray *photos, GPtrArray *warnings)
{
	const Photo *example = NULL;
	guint n = 0;

	for (guint i = 1; i < photos->len; i++) {
		const Photo *a = photos->pdata[i - 1], *b = photos->pdata[i];

		if (a->id == b->id) {
			n++;
			example = example != NULL ? example : b;
		}
	}
	if (n > 0)
		g_ptr_array_add(
			warnings,
			g_strdup_printf("photos that have the path of another "
					"one in a different split folder, and "
					"so its record id and its group: %u, "
					"such as '%s'; rename them if they "
					"are different photos",
					n, example->file));
}

/* Mean and deviation of nothing are not numbers. */
static gboolean
check_normalize(const Scan *scan, const Options *o, GError **error)
{
	if (o->standardize != KW_STANDARDIZE_NORMALIZE)
		return TRUE;
	for (guint i = 0; i < scan->photos->len; i++)
		if (((Photo *)scan->photos->pdata[i])->split == KW_TRAIN)
			return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
		    "'%s' holds no readable photo for train, of which "
		    "--standardize normalize takes mean and deviation",
		    o->dir);
	return FALSE;
}

static void
split_scan(Scan *scan, const Options *o, GPtrArray *warnings)
{
	if (!scan->presplit) {
		split_photos(scan->photos, scan->classes, o->percent, o->seed,
			     warnings);
		return;
	}
	warn_of_equal_ids(scan->photos, warnings);
	if (o->percent_given)
		g_ptr_array_add(warnings,
				g_strdup_printf("--split has no effect: '%s' "
						"is split already",
						o->dir));
}

/* ---- what is said of the dataset */

/*
 * Mean 0 and deviation 1 a channel over train.  The sums are exact integers
 * (a million photos of 4096 x 4096 pixels stay below 2^64), so that nothing
 * depends on the order of the photos.
 */
static void
normalize(KwDatasetInfo *info, const GPtrArray *photos)
{
	double n = 0;
	guint64 sums[3] = { 0 }, squares[3] = { 0 };

	for (guint i = 0; i < photos->len; i++) {
		const Photo *photo = photos->pdata[i];

		if (photo->split != KW_TRAIN)
			continue;
		n += (double)info->height * info->width;
		for (int c = 0; c < 3; c++) {
			sums[c] += photo->sums[c];
			squares[c] += photo->squares[c];
		}
	}
	for (int c = 0; c < 3; c++) {
		double mean = (double)sums[c] / n;
		double variance = (double)squares[c] / n - mean * mean;
		/* A constant channel has nothing to be scaled. */
		double deviation = variance > 1e-6 ? sqrt(variance) : 1.0;

		info->scale[c] = (float)(1.0 / deviation);
		info->offset[c] = (float)(-mean / deviation);
	}
}

static char *
describe_settings(const Options *o, gboolean presplit)
{
	g_autofree char *split =
		presplit ? g_strdup("folders")
			 : g_strdup_printf("%d/%d/%d", o->percent[KW_TRAIN],
					   o->percent[KW_VAL],
					   o->percent[KW_TEST]);
	g_autofree char *lines =
		g_strdup_printf("prep.group=day\n"
				"prep.seed=%" G_GUINT64_FORMAT "\n"
				"prep.size=%dx%d\n"
				"prep.split=%s\n"
				"prep.standardize=%s\n",
				o->seed, o->height, o->width, split,
				kw_standardize_names[o->standardize]);

	return kw_settings_merge(lines, "");
}

static KwDatasetInfo *
describe(const Options *o, const Scan *scan)
{
	KwDatasetInfo *info = kw_dataset_info_new();

	info->height = o->height;
	info->width = o->width;
	info->channels = 3;
	info->class_names = class_names(scan->classes);
	info->standardize = o->standardize;
	for (int c = 0; c < 3; c++) {
		info->scale[c] = o->standardize == KW_STANDARDIZE_RESCALE
					 ? (float)(1.0 / 255.0)
					 : 1.0f;
		info->offset[c] = 0.0f;
	}
	if (o->standardize == KW_STANDARDIZE_NORMALIZE)
		normalize(info, scan->photos);
	info->fit = g_strdup("stretch");
	info->seed = o->seed;
	info->settings = describe_settings(o, scan->presplit);
	info->generator = g_strdup("kw-prep " KW_VERSION);
	return info;
}

/* ---- writing */

/* Append photos first..first+n-1, which are of one split. */
static gboolean
append(KwDatasetWriter *writer, const GPtrArray *photos, guint first, guint n,
       const Spool *spool, guint8 *pixels, GError **error)
{
	g_autoptr(KwRecords) records = kw_records_new(n, 0);
	gsize size = spool_image_size(spool);
	KwSplit split = ((Photo *)photos->pdata[first])->split;

	if (!kw_check_interrupted(error))
		return FALSE;
	for (guint i = 0; i < n; i++) {
		const Photo *photo = photos->pdata[first + i];

		records->labels[i] = photo->label;
		records->record_ids[i] = photo->id;
		records->group_ids[i] = photo->group;
		records->checksums[i] = photo->checksum;
		records->sources[i] = kw_source_name(photo->path);
		if (!spool_read(spool, photo->slot, pixels + i * size, error))
			return FALSE;
	}
	return kw_dataset_append(writer, split, records, pixels, error);
}

/* Write the photos, which are in the order of the file. */
static gboolean
write_dataset(KwOutfile *out, const KwDatasetInfo *info,
	      const GPtrArray *photos, const Spool *spool, GError **error)
{
	gsize counts[KW_N_SPLITS] = { 0 }, length = 0, first = 0;
	gsize batch = MAX(WRITE_BYTES / spool_image_size(spool), 1);
	g_autoptr(KwDatasetWriter) writer = NULL;
	g_autofree guint8 *pixels = kw_alloc(batch, spool_image_size(spool),
					     "the pixels of a batch", error);

	if (pixels == NULL)
		return FALSE;
	for (guint i = 0; i < photos->len; i++) {
		const Photo *photo = photos->pdata[i];
		g_autofree char *source = kw_source_name(photo->path);

		counts[photo->split]++;
		length = MAX(length, strlen(source));
	}
	writer = kw_dataset_create(out, info, counts, length, error);
	if (writer == NULL)
		return FALSE;
	for (int s = 0; s < KW_N_SPLITS; s++) {
		for (gsize done = 0, n; done < counts[s]; done += n) {
			n = MIN(batch, counts[s] - done);
			if (!append(writer, photos, (guint)(first + done),
				    (guint)n, spool, pixels, error))
				return FALSE;
		}
		first += counts[s];
	}
	return kw_dataset_finish(writer, error);
}

/* ---- all of it */

static void
warn_of_loose_files(const Scan *scan, GPtrArray *warnings)
{
	if (scan->n_loose > 0)
		g_ptr_array_add(
			warnings,
			g_strdup_printf("files outside class folders, left "
					"out: %zu, such as '%s'",
					scan->n_loose, scan->loose));
}

static void
warn_of_leakage(const Leakage *leakage, GPtrArray *warnings)
{
	if (leakage->groups > 0 || leakage->duplicates > 0)
		g_ptr_array_add(
			warnings,
			g_strdup_printf("splits share %zu groups and %zu exact "
					"duplicates: results on val and test "
					"will look better than they are",
					leakage->groups, leakage->duplicates));
}

static gboolean
decode_scan(Scan *scan, const Options *o, Spool *spool, Report *report,
	    GError **error)
{
	g_autoptr(KwProgress) progress = NULL;

	if (o->common.verbosity >= 0)
		progress = kw_progress_new("reading photos", "photos",
					   scan->photos->len);
	return decode_photos(scan->photos, o->height, o->width,
			     o->common.threads, spool, report->rejects,
			     progress, error);
}

gboolean
prep_run(const Options *o, Report *report, GError **error)
{
	/* First of all: nobody should wait for photos that have no way out. */
	g_autoptr(KwOutfile) out =
		kw_outfile_new(o->common.output, o->common.force, error);
	g_autoptr(Scan) scan = NULL;
	g_autoptr(Spool) spool = NULL;
	g_autoptr(KwDatasetInfo) info = NULL;

	if (out == NULL)
		return FALSE;
	scan = scan_folder(o->dir, report->rejects, error);
	if (scan == NULL)
		return FALSE;
	warn_of_loose_files(scan, report->warnings);
	spool = spool_new((gsize)o->height * (gsize)o->width * 3, error);
	if (spool == NULL || !decode_scan(scan, o, spool, report, error))
		return FALSE;
	drop_empty_classes(scan, report->warnings);
	if (!check_classes(scan, o->dir, report->rejects, error))
		return FALSE;

	group_photos(scan->photos, scan->classes, report->warnings);
	split_scan(scan, o, report->warnings);
	if (!check_normalize(scan, o, error))
		return FALSE;
	split_order(scan->photos, o->seed);
	info = describe(o, scan);
	report_count(report, scan->photos, info);
	report->leakage = leakage_check(scan->photos);
	warn_of_leakage(&report->leakage, report->warnings);
	return write_dataset(out, info, scan->photos, spool, error) &&
	       kw_outfile_commit(out, error);
}
