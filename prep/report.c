#include "prep/report.h"

#include "kw/app.h"
#include "kw/size.h"
#include "prep/photo.h"

/* Repetitions that are told by name unless all are asked for. */
enum { FEW = 5 };

static void
repetition_free(Repetition *repetition)
{
	g_free(repetition->file);
	g_free(repetition->original);
	g_free(repetition);
}

Report *
report_new(void)
{
	Report *report = g_new0(Report, 1);

	report->rejects =
		g_ptr_array_new_with_free_func((GDestroyNotify)reject_free);
	report->warnings = g_ptr_array_new_with_free_func(g_free);
	report->repetitions =
		g_ptr_array_new_with_free_func((GDestroyNotify)repetition_free);
	return report;
}

void
report_free(Report *report)
{
	g_ptr_array_unref(report->rejects);
	g_ptr_array_unref(report->warnings);
	g_ptr_array_unref(report->repetitions);
	g_free(report->settings);
	g_strfreev(report->classes);
	g_free(report->counts);
	g_free(report);
}

/* ---- noting */

static void
add_repetition(Report *report, const Photo *photo, const Photo *original,
	       gboolean equal)
{
	Repetition *repetition = g_new0(Repetition, 1);

	repetition->file = g_strdup(photo->file);
	repetition->original = g_strdup(original->file);
	repetition->equal = equal;
	repetition->other_class = photo->label != original->label;
	g_ptr_array_add(report->repetitions, repetition);
}

static void
warn_of_strangers(Report *report)
{
	const Repetition *example = NULL;
	guint n = 0;

	for (guint i = 0; i < report->repetitions->len; i++) {
		const Repetition *r = report->repetitions->pdata[i];

		if (r->other_class && n++ == 0)
			example = r;
	}
	if (n > 0)
		g_ptr_array_add(
			report->warnings,
			g_strdup_printf("pictures that occur under more than "
					"one class: %u, such as '%s' and '%s'; "
					"remove the wrong ones",
					n, example->original, example->file));
}

void
report_photos(Report *report, const GPtrArray *photos, const Duplicates *d,
	      int height, int width)
{
	report->n_photos = photos->len;
	for (guint i = 0; i < photos->len; i++) {
		const Photo *photo = photos->pdata[i];
		int side = MAX(photo->height, photo->width), bin = 0;

		while (bin + 1 < N_SIZE_BINS && side >= SMALLEST_SIZE_BIN
								<< bin)
			bin++;
		report->sizes[bin]++;
		report->n_enlarged +=
			photo->height < height || photo->width < width;
		report->n_undated += photo->day[0] == '\0';
		if (d->original[i] != i)
			add_repetition(report, photo,
				       photos->pdata[d->original[i]],
				       d->kind[i] == DUPLICATE_EQUAL);
		if (d->stranger[i] != i)
			add_repetition(report, photo,
				       photos->pdata[d->stranger[i]],
				       d->equal[i] == d->stranger[i]);
	}
	warn_of_strangers(report);
}

/* The group ids that were seen, in each split and in all. */
typedef struct {
	GHashTable *groups[KW_N_SPLITS + 1];
} Seen;

/* Is this the first photo of its group there? */
static gboolean
is_first(GHashTable **groups, Photo *photo)
{
	if (*groups == NULL)
		*groups = g_hash_table_new(g_int64_hash, g_int64_equal);
	return g_hash_table_add(*groups, &photo->group);
}

static void
count(ClassCount *counts, Seen *seen, Photo *photo)
{
	KwSplit s = photo->split;

	counts->photos[s]++;
	counts->groups[s] += is_first(&seen->groups[s], photo);
	counts->all_groups += is_first(&seen->groups[KW_N_SPLITS], photo);
}

void
report_splits(Report *report, const GPtrArray *photos,
	      const KwDatasetInfo *info)
{
	guint n = g_strv_length(info->class_names);
	/* One more for the total. */
	g_autofree Seen *seen = g_new0(Seen, n + 1);

	report->settings = g_strdup(info->settings);
	report->classes = g_strdupv(info->class_names);
	report->counts = g_new0(ClassCount, n);
	for (guint i = 0; i < photos->len; i++) {
		Photo *photo = photos->pdata[i];

		count(&report->counts[photo->label], &seen[photo->label],
		      photo);
		count(&report->total, &seen[n], photo);
	}
	for (guint i = 0; i <= n; i++)
		for (int s = 0; s <= KW_N_SPLITS; s++)
			g_clear_pointer(&seen[i].groups[s], g_hash_table_unref);
}

/* ---- telling */

static void
add_cell(GString *table, gsize photos, gsize groups)
{
	g_autofree char *cell = g_strdup_printf("%zu (%zu)", photos, groups);

	g_string_append_printf(table, "  %15s", cell);
}

/* One line: a name, the count of each split, and of all. */
static void
add_row(GString *table, int width, const char *name, const ClassCount *count)
{
	int padding = width - (int)g_utf8_strlen(name, -1);
	gsize photos = 0;

	g_string_append_printf(table, "%s%*s", name, padding, "");
	for (int s = 0; s < KW_N_SPLITS; s++) {
		add_cell(table, count->photos[s], count->groups[s]);
		photos += count->photos[s];
	}
	add_cell(table, photos, count->all_groups);
	g_string_append_c(table, '\n');
}

static void
add_table(GString *text, const Report *report)
{
	static const char heading[] = "photos (groups)";
	int width = (int)sizeof heading - 1;

	for (int i = 0; report->classes[i] != NULL; i++)
		width = MAX(width, (int)g_utf8_strlen(report->classes[i], -1));
	g_string_append_printf(text, "%s%*s", heading,
			       width - (int)sizeof heading + 1, "");
	for (int s = 0; s < KW_N_SPLITS; s++)
		g_string_append_printf(text, "  %15s", kw_split_names[s]);
	g_string_append_printf(text, "  %15s\n", "all");
	for (int i = 0; report->classes[i] != NULL; i++) {
		g_autofree char *name = kw_printable(report->classes[i]);

		add_row(text, width, name, &report->counts[i]);
	}
	add_row(text, width, "all", &report->total);
}

/* "longer sides: 12 below 256, 340 from 512 pixels; 12 enlarged" */
static void
add_sizes(GString *text, const Report *report)
{
	const char *comma = "";

	g_string_append(text, "longer sides:");
	for (int bin = 0; bin < N_SIZE_BINS; bin++) {
		if (report->sizes[bin] == 0)
			continue;
		g_string_append_printf(
			text, "%s %zu %s %d", comma, report->sizes[bin],
			bin == 0 ? "below" : "from",
			bin == 0 ? SMALLEST_SIZE_BIN
				 : SMALLEST_SIZE_BIN << (bin - 1));
		comma = ",";
	}
	g_string_append_printf(text, " pixels; %zu enlarged\n",
			       report->n_enlarged);
}

static void
add_repetitions(GString *text, const Report *report, gboolean verbose)
{
	const GPtrArray *all = report->repetitions;
	guint n_equal = 0, told = verbose ? all->len : MIN(all->len, FEW);

	for (guint i = 0; i < all->len; i++)
		n_equal += (guint)((Repetition *)all->pdata[i])->equal;
	g_string_append_printf(text, "duplicates: %u exact", n_equal);
	if (report->near)
		g_string_append_printf(text, ", %u near", all->len - n_equal);
	g_string_append_c(text, '\n');
	for (guint i = 0; i < told; i++) {
		const Repetition *r = all->pdata[i];
		g_autofree char *line = g_strdup_printf(
			"'%s' is %s '%s'%s", r->file,
			r->equal ? "the same as" : "much like", r->original,
			r->other_class ? ", of another class" : "");
		g_autofree char *printable = kw_printable(line);

		g_string_append_printf(text, "  %s\n", printable);
	}
	if (told < all->len)
		g_string_append_printf(text, "  and %u more; -v lists all\n",
				       all->len - told);
}

static void
add_leakage(GString *text, const Report *report)
{
	const Leakage *leakage = &report->leakage;

	const char *what = report->checked ? "leakage check" : "planned";

	if (!report->checked)
		g_string_append(text, "dry run: no dataset was written\n");
	if (report->near)
		g_string_append_printf(text,
				       "%s: %zu groups, %zu exact "
				       "and %zu near duplicates shared between "
				       "splits\n",
				       what, leakage->groups, leakage->equal,
				       leakage->near);
	else
		g_string_append_printf(text,
				       "%s: %zu groups, %zu exact duplicates "
				       "shared between splits\n",
				       what, leakage->groups, leakage->equal);
}

char *
report_text(const Report *report, gboolean verbose)
{
	GString *text = g_string_new(verbose ? report->settings : NULL);
	g_autofree char *dataset = kw_size_text(report->dataset_bytes);
	g_autofree char *temporary = kw_size_text(report->temporary_bytes);

	add_table(text, report);
	add_sizes(text, report);
	g_string_append_printf(text,
			       "without a date: %zu of %zu photos; bursts: %zu "
			       "of %zu photos\n",
			       report->n_undated, report->n_photos,
			       report->bursts.bursts, report->bursts.photos);
	if (report->kept)
		g_string_append_printf(
			text,
			"kept splits: %zu photos known, %zu new, "
			"%zu no longer there\n",
			report->n_known, report->n_photos - report->n_known,
			report->n_gone);
	add_repetitions(text, report, verbose);
	if (report->n_hidden > 0)
		g_string_append_printf(text,
				       "hidden files and folders passed over: "
				       "%zu\n",
				       report->n_hidden);
	if (report->n_dropped > 0)
		g_string_append_printf(text, "dropped without a date: %zu\n",
				       report->n_dropped);
	if (report->rejects->len > report->n_dropped)
		g_string_append_printf(text, "left out: %zu\n",
				       report->rejects->len -
					       report->n_dropped);
	g_string_append_printf(text, "disk: %s dataset, %s temporary\n",
			       dataset, temporary);
	add_leakage(text, report);
	return g_string_free(text, FALSE);
}
