#include "info/census.h"

#include "kw/app.h"

enum { BATCH_RECORDS = 4096, ROW = KW_N_SPLITS + 1 };

/* Where a record is, as far as its group is concerned. */
typedef struct {
	guint64 group;
	gint32 label;
	gint32 split;
} Place;

struct InfoCensus {
	guint n_classes;
	InfoCount *counts; /* n_classes + 1 rows of ROW; the last are sums */
	GArray *places;    /* of Place, one a record */
	gsize shared_groups;
};

InfoCensus *
info_census_new(const KwDatasetInfo *info)
{
	InfoCensus *census = g_new0(InfoCensus, 1);

	census->n_classes = g_strv_length(info->class_names);
	census->counts = g_new0(InfoCount, (census->n_classes + 1) * ROW);
	census->places = g_array_new(FALSE, FALSE, sizeof(Place));
	return census;
}

void
info_census_free(InfoCensus *census)
{
	if (census == NULL)
		return;
	g_array_unref(census->places);
	g_free(census->counts);
	g_free(census);
}

static InfoCount *
count_at(const InfoCensus *census, guint label, guint split)
{
	return &census->counts[label * ROW + split];
}

const InfoCount *
info_census_count(const InfoCensus *census, guint label, guint split)
{
	return count_at(census, label, split);
}

gsize
info_census_shared_groups(const InfoCensus *census)
{
	return census->shared_groups;
}

/* ---- records */

static void
count_record(InfoCensus *census, guint label, KwSplit split, gboolean original)
{
	const guint labels[] = { label, census->n_classes };
	const guint splits[] = { split, KW_N_SPLITS };

	for (int i = 0; i < 2; i++)
		for (int k = 0; k < 2; k++) {
			InfoCount *count =
				count_at(census, labels[i], splits[k]);

			count->records++;
			count->originals += original;
		}
}

void
info_census_add(InfoCensus *census, KwSplit split, const KwRecords *records)
{
	for (gsize i = 0; i < records->n; i++) {
		const Place place = { records->group_ids[i], records->labels[i],
				      (gint32)split };

		count_record(census, (guint)place.label, split,
			     records->copies[i] == 0);
		g_array_append_val(census->places, place);
	}
}

InfoCensus *
info_census_take(KwDataset *dataset, KwProgress *progress, GError **error)
{
	g_autoptr(InfoCensus) census =
		info_census_new(kw_dataset_info(dataset));
	gsize done = 0;

	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		const gsize count = kw_dataset_count(dataset, s);

		for (gsize first = 0; first < count; first += BATCH_RECORDS) {
			gsize n = MIN(BATCH_RECORDS, count - first);
			g_autoptr(KwRecords) records = NULL;

			if (!kw_check_interrupted(error))
				return NULL;
			records = kw_dataset_read_records(dataset, s, first, n,
							  error);
			if (records == NULL)
				return NULL;
			info_census_add(census, s, records);
			kw_progress_set(progress, done += n);
		}
	}
	info_census_finish(census);
	return g_steal_pointer(&census);
}

/* ---- groups */

static int
compare(guint64 a, guint64 b)
{
	return (a > b) - (a < b);
}

/* By group, then class, then split. */
static int
compare_places(gconstpointer a, gconstpointer b)
{
	const Place *x = a, *y = b;
	int order = compare(x->group, y->group);

	if (order == 0)
		order = compare((guint64)x->label, (guint64)y->label);
	return order != 0 ? order
			  : compare((guint64)x->split, (guint64)y->split);
}

/* The places of one group: n of them, sorted. */
static void
count_group(InfoCensus *census, const Place *places, guint n)
{
	const guint all = census->n_classes;
	gboolean in_split[KW_N_SPLITS] = { FALSE };
	guint n_splits = 0;

	for (guint i = 0; i < n; i++) {
		const Place *place = &places[i];
		gboolean other_class =
			i == 0 || place[-1].label != place->label;

		if (other_class)
			count_at(census, (guint)place->label, KW_N_SPLITS)
				->groups++;
		if (other_class || place[-1].split != place->split)
			count_at(census, (guint)place->label,
				 (guint)place->split)
				->groups++;
		in_split[place->split] = TRUE;
	}
	for (guint s = 0; s < KW_N_SPLITS; s++) {
		count_at(census, all, s)->groups += in_split[s];
		n_splits += in_split[s];
	}
	count_at(census, all, KW_N_SPLITS)->groups++;
	census->shared_groups += n_splits > 1;
}

void
info_census_finish(InfoCensus *census)
{
	const GArray *places = census->places;

	g_array_sort(census->places, compare_places);
	for (guint first = 0, end; first < places->len; first = end) {
		const Place *place = &g_array_index(places, Place, first);

		for (end = first + 1; end < places->len; end++)
			if (place[end - first].group != place->group)
				break;
		count_group(census, place, end - first);
	}
}
