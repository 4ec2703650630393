#include "train/test_report.h"

#include <math.h>
#include <string.h>

/* ---- the worst mistakes */

/* Put image i where it belongs among the n worst so far; returns how many. */
static guint
insert_mistake(gsize *worst, guint n, const Evaluation *e, gsize i)
{
	guint at = n;

	while (at > 0 && e->confidence[i] > e->confidence[worst[at - 1]])
		at--;
	if (at == TEST_REPORT_MISTAKES)
		return n;
	n = MIN(n + 1, TEST_REPORT_MISTAKES);
	memmove(worst + at + 1, worst + at, (n - at - 1) * sizeof *worst);
	worst[at] = i;
	return n;
}

static gboolean
read_mistake(Mistake *mistake, const TestReport *report, const Samples *samples,
	     KwDataset *dataset, gsize i, GError **error)
{
	const Evaluation *e = report->evaluation;
	g_autoptr(KwRecords) record = kw_dataset_read_records(
		dataset, samples->split, samples->rows[i], 1, error);

	if (record == NULL)
		return FALSE;
	*mistake = (Mistake){ .source = g_strdup(record->sources[0]),
			      .copy = samples->copies[i],
			      .label = samples->labels[i],
			      .predicted = e->predicted[i],
			      .confidence = (double)e->confidence[i],
			      .truth = (double)e->truth[i] };
	return TRUE;
}

static gboolean
find_mistakes(TestReport *report, const Samples *samples, KwDataset *dataset,
	      GError **error)
{
	const Evaluation *e = report->evaluation;
	gsize worst[TEST_REPORT_MISTAKES];
	guint n = 0;

	for (gsize i = 0; i < e->n; i++)
		if (e->predicted[i] != samples->labels[i])
			n = insert_mistake(worst, n, e, i);
	for (; report->n_mistakes < n; report->n_mistakes++)
		if (!read_mistake(&report->mistakes[report->n_mistakes], report,
				  samples, dataset, worst[report->n_mistakes],
				  error))
			return FALSE;
	return TRUE;
}

/* ---- the report */

/* The first of equals. */
static int
most_frequent(const gsize *counts, int classes)
{
	int frequent = 0;

	for (int k = 1; k < classes; k++)
		if (counts[k] > counts[frequent])
			frequent = k;
	return frequent;
}

TestReport *
test_report_new(const Evaluation *e, const Samples *samples, KwDataset *dataset,
		const gsize *train_counts, GError **error)
{
	g_autoptr(TestReport) r = g_new0(TestReport, 1);

	r->evaluation = e;
	r->split = kw_split_names[samples->split];
	r->class_names = g_strdupv(kw_dataset_info(dataset)->class_names);
	r->classes = metrics_class_scores(e, &r->macro);
	r->frequent = most_frequent(train_counts, e->classes);
	r->baseline = (double)r->classes[r->frequent].support / (double)e->n;
	wilson_interval(e->correct, e->n, &r->wilson.low, &r->wilson.high);
	r->groups = metrics_groups(e, samples);
	r->calibration = metrics_calibration(e, samples);
	return find_mistakes(r, samples, dataset, error) ? g_steal_pointer(&r)
							 : NULL;
}

void
test_report_free(TestReport *report)
{
	if (report == NULL)
		return;
	for (guint i = 0; i < report->n_mistakes; i++)
		g_free(report->mistakes[i].source);
	g_strfreev(report->class_names);
	g_free(report->classes);
	g_free(report);
}
