#include "prep/report.h"

#include "kw/app.h"
#include "prep/photo.h"

Report *
report_new(void)
{
	Report *report = g_new0(Report, 1);

	report->rejects =
		g_ptr_array_new_with_free_func((GDestroyNotify)reject_free);
	report->warnings = g_ptr_array_new_with_free_func(g_free);
	return report;
}

void
report_free(Report *report)
{
	g_ptr_array_unref(report->rejects);
	g_ptr_array_unref(report->warnings);
	g_free(report->settings);
	g_strfreev(report->classes);
	g_free(report->counts);
	g_free(report);
}

void
report_count(Report *report, const GPtrArray *photos, const KwDatasetInfo *info)
{
	GHashTable *seen[KW_N_SPLITS]; /* group ids: each is of one class */

	report->settings = g_strdup(info->settings);
	report->classes = g_strdupv(info->class_names);
	report->counts = g_new0(ClassCount, g_strv_length(info->class_names));
	for (int s = 0; s < KW_N_SPLITS; s++)
		seen[s] = g_hash_table_new(g_int64_hash, g_int64_equal);
	for (guint i = 0; i < photos->len; i++) {
		Photo *photo = photos->pdata[i];
		ClassCount *count = &report->counts[photo->label];

		count->photos[photo->split]++;
		count->groups[photo->split] +=
			g_hash_table_add(seen[photo->split], &photo->group);
	}
	for (int s = 0; s < KW_N_SPLITS; s++)
		g_hash_table_unref(seen[s]);
}

static void
add_cell(GString *table, gsize photos, gsize groups)
{
	g_autofree char *cell = g_strdup_printf("%zu (%zu)", photos, groups);

	g_string_append_printf(table, "  %15s", cell);
}

/* One line: a name, the count of each split, and their sum. */
static void
add_row(GString *table, int width, const char *name, const ClassCount *count)
{
	int padding = width - (int)g_utf8_strlen(name, -1);
	gsize photos = 0, groups = 0;

	g_string_append_printf(table, "%s%*s", name, padding, "");
	for (int s = 0; s < KW_N_SPLITS; s++) {
		add_cell(table, count->photos[s], count->groups[s]);
		photos += count->photos[s];
		groups += count->groups[s];
	}
	add_cell(table, photos, groups);
	g_string_append_c(table, '\n');
}

char *
report_table(const Report *report)
{
	static const char heading[] = "photos (groups)";
	GString *table = g_string_new(heading);
	ClassCount sum = { 0 };
	int width = (int)sizeof heading - 1;

	for (int i = 0; report->classes[i] != NULL; i++)
		width = MAX(width, (int)g_utf8_strlen(report->classes[i], -1));
	g_string_append_printf(table, "%*s", width - (int)sizeof heading + 1,
			       "");
	for (int s = 0; s < KW_N_SPLITS; s++)
		g_string_append_printf(table, "  %15s", kw_split_names[s]);
	g_string_append_printf(table, "  %15s\n", "all");
	for (int i = 0; report->classes[i] != NULL; i++) {
		g_autofree char *name = kw_printable(report->classes[i]);

		add_row(table, width, name, &report->counts[i]);
		for (int s = 0; s < KW_N_SPLITS; s++) {
			sum.photos[s] += report->counts[i].photos[s];
			sum.groups[s] += report->counts[i].groups[s];
		}
	}
	add_row(table, width, "all", &sum);
	return g_string_free(table, FALSE);
}
