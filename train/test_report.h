/*
 * The test report: all that can be said of an evaluation, for people as text
 * and for programs as JSON.
 */
#ifndef KW_TRAIN_TEST_REPORT_H
#define KW_TRAIN_TEST_REPORT_H

#include "train/metrics.h"

enum { TEST_REPORT_MISTAKES = 20 };

/* An image that was taken for another class. */
typedef struct {
	char *source; /* its photo, as kw_source_name() */
	gint32 copy;  /* 0: the original */
	gint32 label, predicted;
	double confidence; /* probability of the predicted class */
	double truth;      /* probability of its own class */
} Mistake;

typedef struct {
	const Evaluation *evaluation; /* borrowed, with at least one image */
	const char *split;            /* static: "test" */
	GStrv class_names;
	int frequent;    /* the class that is most frequent in training ... */
	double baseline; /* ... and the accuracy of always saying so */
	Interval wilson; /* around the accuracy, images as the unit */
	GroupAccuracy groups;
	ClassScore *classes, macro;
	Calibration calibration;

	/* The worst mistakes: wrong with the highest confidence, of equals the
	 * first ones. */
	Mistake mistakes[TEST_REPORT_MISTAKES];
	guint n_mistakes;
} TestReport;

/*
 * Work it out.  `samples` are those that were evaluated, of which there is one
 * at least, `dataset` is theirs, for the names of the photos, and
 * `train_counts` are the samples of each class in training. Errors: those of
 * kw_dataset_read_records().  The thread of the dataset.
 */
TestReport *test_report_new(const Evaluation *evaluation,
			    const Samples *samples, KwDataset *dataset,
			    const gsize *train_counts, GError **error);
void test_report_free(TestReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestReport, test_report_free)

/*
 * For a terminal of 80 columns (only the names of photos may be longer): a
 * confusion matrix that is wider is left out for the classes that are confused
 * most often.  Ends with a newline.  Any thread.  Free it.
 */
char *test_report_text(const TestReport *report);

/*
 * One JSON object with all of it, the whole confusion matrix too:
 *
 *	split, images, correct, accuracy, accuracy_interval [low, high], loss
 *	baseline {class, accuracy}
 *	groups {count, accuracy, interval [low, high]}
 *	calibration {error, confidence, bins [{images, accuracy, confidence}]}
 *	macro {precision, recall, f1}
 *	classes [{name, precision, recall, f1, support, predicted}]
 *	confusion [[images, ...], ...]: rows are true classes
 *	mistakes [{source, copy, class, predicted, confidence, truth}]
 *
 * A number that is not finite is null.  `pretty`: on many lines.  Any thread.
 * Free it.
 */
char *test_report_json(const TestReport *report, gboolean pretty);

#endif
