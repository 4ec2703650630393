/*
 * What kw-augment tells about its work.
 */
#ifndef KW_AUGMENT_REPORT_H
#define KW_AUGMENT_REPORT_H

#include <glib.h>

#include "augment/census.h"

/* Images of a class. */
typedef struct {
	gsize before, after; /* in train */
	gsize val, test;
} AugmentCount;

typedef struct {
	GStrv classes;
	AugmentCount *counts; /* one a class */
	AugmentCount total;
	char *settings; /* the lines of kw-augment */
	guint64 dataset_bytes;
	guint shards;
	gboolean planned; /* a dry run: no image was made */
	gboolean written; /* the dataset was */
	gboolean replayed;
	gsize n_other;       /* replayed images that are not as they were */
	gsize n_saved;       /* image files */
	GPtrArray *warnings; /* char * */
} AugmentReport;

AugmentReport *augment_report_new(void);
void augment_report_free(AugmentReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AugmentReport, augment_report_free)

/* Note the classes (copied), and what there is of each; `after` is 0. */
void augment_report_census(AugmentReport *report, const AugmentCensus *census,
			   char *const *class_names);

/*
 * For people, in lines ended by '\n'; with `verbose` the settings as well. Free
 * it.
 */
char *augment_report_text(const AugmentReport *report, gboolean verbose);

/* For programs: a JSON object, as kw-augment(1) describes it.  Free it. */
char *augment_report_json(const AugmentReport *report);

#endif
