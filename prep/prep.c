#include "prep/prep.h"

#include <string.h>

#include "kw/progress.h"
#include "prep/decode.h"
#include "prep/describe.h"
#include "prep/known.h"
#include "prep/list.h"
#include "prep/outputs.h"
#include "prep/pictures.h"
#include "prep/preview.h"
#include "prep/room.h"
#include "prep/split.h"
#include "prep/tree.h"
#include "prep/write.h"

static void G_GNUC_PRINTF(2, 3) warn(Report *report, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(report->warnings, g_strdup_vprintf(format, args));
	va_end(args);
}

/* ---- input */

static Scan *
scan_input(const Options *o, Report *report, GError **error)
{
	Scan *scan = o->list != NULL
			     ? list_scan(o->list, o->dirs[0], o->classes, error)
			     : tree_scan(o->dirs, o->classes, report->rejects,
					 error);

	if (scan == NULL)
		return NULL;
	report->n_hidden = scan->n_hidden;
	if (scan->n_loose > 0)
		warn(report,
		     "files outside class folders, left out: %zu, such as '%s'",
		     scan->n_loose, scan->loose);
	if (scan->n_other > 0)
		warn(report,
		     "files of classes that --classes does not name, left "
		     "out: %zu",
		     scan->n_other);
	if (scan->n_repeated > 0)
		warn(report, "lines of %s that repeat another: %zu",
		     scan->where, scan->n_repeated);
	return scan;
}

static gboolean
decode_scan(Scan *scan, const Options *o, Spool *pixels, Spool *thumbs,
	    Report *report, GError **error)
{
	g_autoptr(KwProgress) progress = NULL;

	if (o->common.verbosity >= 0)
		progress = kw_progress_new("reading photos", "photos",
					   scan->photos->len);
	return decode_photos(scan->photos, &o->image, o->common.threads, pixels,
			     thumbs, report->rejects, progress, error);
}

/* --undated drop */
static void
drop_undated(Scan *scan, Report *report)
{
	guint kept = 0;

	for (guint i = 0; i < scan->photos->len; i++) {
		Photo *photo = g_steal_pointer(&scan->photos->pdata[i]);

		if (photo->day[0] != '\0') {
			scan->photos->pdata[kept++] = photo;
			continue;
		}
		g_ptr_array_add(report->rejects, reject_undated(photo->file));
		report->n_dropped++;
		photo_free(photo);
	}
	g_ptr_array_set_size(scan->photos, (gint)kept);
}

/* ---- classes */

/*
 * A class without one readable photo would be an output that nothing trains:
 * leave it out, and number the others anew.  Classes that were asked for by
 * name keep their numbers.
 */
static void
drop_empty_classes(Scan *scan, gboolean wanted, Report *report)
{
	g_autofree int *labels = g_new0(int, scan->classes->len);
	guint kept = 0;

	for (guint i = 0; i < scan->photos->len; i++)
		labels[((Photo *)scan->photos->pdata[i])->label] = 1;
	for (guint i = 0; i < scan->classes->len; i++) {
		char *name = g_steal_pointer(&scan->classes->pdata[i]);

		if (labels[i] == 0)
			warn(report, "class '%s' has no readable photo%s", name,
			     wanted ? "" : " and is left out");
		if (labels[i] == 0 && !wanted) {
			g_free(name);
			continue;
		}
		labels[i] = (int)kept;
		scan->classes->pdata[kept++] = name;
	}
	g_ptr_array_set_size(scan->classes, (gint)kept);
	for (guint i = 0; i < scan->photos->len; i++) {
		Photo *photo = scan->photos->pdata[i];

		photo->label = labels[photo->label];
	}
}

/* Are there photos of two classes? */
static gboolean
check_classes(const Scan *scan, const GPtrArray *rejects, GError **error)
{
	const Photo *first, *other = NULL;

	if (scan->photos->len == 0) {
		const Reject *reject = rejects->pdata[0];

		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "%s holds no readable photo; '%s', for one: %s",
			    scan->where, reject->file, reject->reason);
		return FALSE;
	}
	first = scan->photos->pdata[0];
	for (guint i = 1; i < scan->photos->len && other == NULL; i++) {
		const Photo *photo = scan->photos->pdata[i];

		if (photo->label != first->label)
			other = photo;
	}
	if (other == NULL) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "%s has readable photos of one class only, '%s'; a "
			    "classifier needs two or more",
			    scan->where,
			    (char *)scan->classes->pdata[first->label]);
		return FALSE;
	}
	return TRUE;
}

static gboolean
check_strict(const Options *o, const Report *report, GError **error)
{
	guint n = report->rejects->len;

	if (!o->strict || n == 0)
		return TRUE;
	g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
		    "%u file%s could not be read, and --strict allows none", n,
		    n == 1 ? "" : "s");
	return FALSE;
}

/* ---- groups and splits */

/* The same path in two split folders: one record id for two photos. */
static void
warn_of_equal_ids(const GPtrArray *photos, Report *report)
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
		warn(report,
		     "photos that have the path of another one in a different "
		     "split folder, and so its record id and its group: %u, "
		     "such as '%s'; rename them if they are different photos",
		     n, example->file);
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
		    "%s holds no readable photo for train, of which "
		    "--standardize normalize takes mean and deviation",
		    scan->where);
	return FALSE;
}

/* --undated train: for groups of which nothing is known that says else. */
static void
pin_undated(const GPtrArray *photos)
{
	g_autoptr(GHashTable) pinned =
		g_hash_table_new(g_int64_hash, g_int64_equal);

	for (guint i = 0; i < photos->len; i++) {
		Photo *photo = photos->pdata[i];

		if (photo->pinned != KW_N_SPLITS)
			g_hash_table_add(pinned, &photo->group);
	}
	for (guint i = 0; i < photos->len; i++) {
		Photo *photo = photos->pdata[i];

		if (photo->day[0] == '\0' &&
		    !g_hash_table_contains(pinned, &photo->group))
			photo->pinned = KW_TRAIN;
	}
}

static void
split_scan(Scan *scan, const Options *o, const Known *known, Report *report)
{
	if (scan->presplit) {
		for (guint i = 0; i < scan->photos->len; i++) {
			Photo *photo = scan->photos->pdata[i];

			photo->split = photo->pinned;
		}
		if (o->percent_given || known != NULL ||
		    o->undated == UNDATED_TRAIN)
			warn(report, "--%s has no effect: %s is split already",
			     known != NULL      ? "split-from"
			     : o->percent_given ? "split"
						: "undated train",
			     scan->where);
		return;
	}
	if (known != NULL)
		known_pin_groups(known, scan->photos);
	if (o->undated == UNDATED_TRAIN)
		pin_undated(scan->photos);
	split_photos(scan->photos, scan->classes, o->percent, o->seed,
		     report->warnings);
}

/* What of an earlier dataset is here?  Nothing would be a mistake. */
static gboolean
meet_known(const Known *known, const Scan *scan, const Options *o,
	   Report *report, GError **error)
{
	report->kept = TRUE;
	known_count(known, scan->photos, &report->n_known, &report->n_gone);
	if (report->n_known == 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_INPUT,
			    "no photo of '%s' is in %s, by its name: give the "
			    "folders that it was made of",
			    o->split_from, scan->where);
		return FALSE;
	}
	if (report->n_gone > 0)
		warn(report,
		     "photos of '%s' that are not in %s, or have another name "
		     "there: %zu",
		     o->split_from, scan->where, report->n_gone);
	known_pin_photos(known, scan->photos);
	return TRUE;
}

/* Splits, groups and duplicates as they are meant to be written. */
static Leakage
planned_leakage(const GPtrArray *photos, const Duplicates *duplicates)
{
	g_autofree guint64 *groups = g_new(guint64, photos->len);
	g_autofree guint8 *splits = g_new(guint8, photos->len);

	for (guint i = 0; i < photos->len; i++) {
		const Photo *photo = photos->pdata[i];

		groups[i] = photo->group;
		splits[i] = (guint8)photo->split;
	}
	return leakage_of_plan(photos->len, groups, splits, duplicates);
}

/* Fill in group and split of each photo, and bring them into their order. */
static gboolean
arrange(Scan *scan, const Options *o, const Known *known, const Spool *pixels,
	const Spool *thumbs, Report *report, GError **error)
{
	g_autoptr(Duplicates) duplicates = pictures_find_duplicates(
		scan->photos, o->near_duplicates, pixels, thumbs, error);
	/* As they stand now: to be split they are sorted. */
	g_autoptr(GPtrArray) photos =
		g_ptr_array_copy(scan->photos, NULL, NULL);

	g_ptr_array_set_free_func(photos, NULL);
	if (duplicates == NULL)
		return FALSE;
	report->near = o->near_duplicates != NEAR_OFF;
	report_photos(report, scan->photos, duplicates, o->image.height,
		      o->image.width);
	if (scan->presplit)
		warn_of_equal_ids(scan->photos, report);
	if (known != NULL && !scan->presplit &&
	    !meet_known(known, scan, o, report, error))
		return FALSE;
	group_photos(scan->photos, scan->classes, o->group, o->burst_gap,
		     duplicates, &report->bursts);
	split_scan(scan, o, known, report);
	report->leakage = planned_leakage(photos, duplicates);
	split_order(scan->photos, o->seed);
	return check_normalize(scan, o, error);
}

/* ---- output */

/* Look at what was written, not at what was meant to be. */
static gboolean
check_leakage(const Options *o, KwOutfile *out, Report *report, GError **error)
{
	g_autoptr(KwDataset) dataset =
		kw_dataset_open(kw_outfile_path(out), error);
	g_autoptr(KwProgress) progress = NULL;
	const Leakage *leakage = &report->leakage;

	if (o->common.verbosity >= 0)
		progress = kw_progress_new("checking the splits", "photos",
					   report->n_photos);
	if (dataset == NULL ||
	    !leakage_check(dataset, o->near_duplicates, o->common.threads,
			   progress, &report->leakage, error))
		return FALSE;
	report->checked = TRUE;
	if (leakage->groups + leakage->equal + leakage->near > 0)
		warn(report,
		     "splits share %zu groups, %zu exact and %zu near "
		     "duplicates: results on val and test will look better "
		     "than they are",
		     leakage->groups, leakage->equal, leakage->near);
	return TRUE;
}

static gboolean
write_outputs(const Options *o, const Scan *scan, const Known *known,
	      const Spool *pixels, Outputs *outputs, Report *report,
	      GError **error)
{
	g_autoptr(KwDatasetInfo) info =
		describe(o, scan->photos, scan->classes, scan->presplit,
			 known != NULL ? known_digest(known) : NULL);

	report_splits(report, scan->photos, info);
	if (outputs->dataset != NULL) {
		if (!write_dataset(outputs->dataset, info, scan->photos, pixels,
				   error) ||
		    !check_leakage(o, outputs->dataset, report, error))
			return FALSE;
		kw_outfile_hide(outputs->dataset);
	}
	if (!outputs_prepare_reports(outputs, o, error) ||
	    (outputs->preview != NULL &&
	     !preview_write(outputs->preview, scan->photos, scan->classes,
			    &o->image, pixels, report->warnings, error)))
		return FALSE;
	return outputs_commit(outputs, report, error);
}

gboolean
prep_run(const Options *o, Report *report, GError **error)
{
	g_autoptr(Outputs) outputs = outputs_new(o, error);
	g_autoptr(Known) known = NULL;
	g_autoptr(Scan) scan = NULL;
	g_autoptr(Spool) pixels = NULL;
	g_autoptr(Spool) thumbs = NULL;
	gsize size = (gsize)o->image.height * (gsize)o->image.width *
		     (gsize)o->image.channels;

	if (outputs == NULL)
		return FALSE;
	if (o->split_from != NULL &&
	    (known = known_new(o->split_from, error)) == NULL)
		return FALSE;
	scan = scan_input(o, report, error);
	if (scan == NULL)
		return FALSE;
	pixels = spool_new(size, error);
	thumbs = pixels != NULL ? spool_new(sizeof(Thumbs), error) : NULL;
	if (thumbs == NULL ||
	    !room_check(outputs, scan->photos->len, &o->image, report, error) ||
	    !decode_scan(scan, o, pixels, thumbs, report, error) ||
	    !check_strict(o, report, error))
		return FALSE;
	if (o->undated == UNDATED_DROP)
		drop_undated(scan, report);
	drop_empty_classes(scan, o->classes != NULL, report);
	return check_classes(scan, report->rejects, error) &&
	       arrange(scan, o, known, pixels, thumbs, report, error) &&
	       write_outputs(o, scan, known, pixels, outputs, report, error);
}
