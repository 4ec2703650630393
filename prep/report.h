/* What kw-prep tells about its work. */
#ifndef PREP_REPORT_H
#define PREP_REPORT_H

#include <glib.h>

#include "kw/dataset.h"
#include "prep/leakage.h"

/* Photos of one class, and the groups that they form, in each split. */
typedef struct {
	gsize photos[KW_N_SPLITS];
	gsize groups[KW_N_SPLITS];
} ClassCount;

typedef struct {
	GPtrArray *rejects;  /* Reject */
	GPtrArray *warnings; /* char * */
	char *settings;      /* of the dataset: lines */
	GStrv classes;
	ClassCount *counts; /* one a class */
	Leakage leakage;
} Report;

Report *report_new(void);
void report_free(Report *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)

/*
 * Note the dataset's settings and class names (copied), and count the photos
 * (Photo) of each class.
 */
void report_count(Report *report, const GPtrArray *photos,
		  const KwDatasetInfo *info);

/*
 * The table of class x split, lines ended by '\n': photos, and the groups they
 * form in parentheses.  Free it.
 */
char *report_table(const Report *report);

#endif
