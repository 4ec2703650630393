/* What kw-prep tells about its work. */
#ifndef PREP_REPORT_H
#define PREP_REPORT_H

#include <glib.h>

#include "kw/dataset.h"
#include "prep/burst.h"
#include "prep/duplicates.h"
#include "prep/leakage.h"

/* Photos of one class, and the groups that they form, in each split. */
typedef struct {
	gsize photos[KW_N_SPLITS];
	gsize groups[KW_N_SPLITS];
	gsize all_groups; /* one in several splits counts once */
} ClassCount;

/* Photos by their longer side: below 256, 512, ... 8192, and from there on. */
enum { N_SIZE_BINS = 7, SMALLEST_SIZE_BIN = 256 };

/* A photo that shows what another does; names of files. */
typedef struct {
	char *file, *original;
	gboolean equal;       /* in every pixel; else nearly */
	gboolean other_class; /* the original is of another class */
} Repetition;

typedef struct {
	GPtrArray *rejects;  /* Reject */
	GPtrArray *warnings; /* char * */
	gsize n_hidden;      /* names that a system hides, passed over */
	gsize n_dropped;     /* rejects that --undated drop asked for */
	gsize n_undated;     /* photos without a date in the dataset */
	gsize n_photos;
	gsize sizes[N_SIZE_BINS];
	gsize n_enlarged; /* photos with a side that had to grow */
	BurstCount bursts;
	GPtrArray *repetitions; /* Repetition */
	char *settings;         /* of the dataset: lines */
	GStrv classes;
	ClassCount *counts; /* one a class */
	ClassCount total;   /* a group of several classes counts once */
	guint64 dataset_bytes, temporary_bytes;
	gboolean kept;         /* splits were kept from another dataset: */
	gsize n_known, n_gone; /* its photos that are here, and are not */
	gboolean checked;      /* leakage is that of a file, not of the plan */
	gboolean near;         /* near duplicates were looked for */
	Leakage leakage;
} Report;

Report *report_new(void);
void report_free(Report *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)

/*
 * Note what is known of the photos (Photo) that go into the dataset, of which
 * `duplicates` are the duplicates, in the same order; `height` and `width` are
 * what they became.
 */
void report_photos(Report *report, const GPtrArray *photos,
		   const Duplicates *duplicates, int height, int width);

/*
 * Note the dataset's settings and class names (copied), and count the photos of
 * each class, split by now.
 */
void report_splits(Report *report, const GPtrArray *photos,
		   const KwDatasetInfo *info);

/*
 * All of it but rejects and warnings, for people, in lines ended by '\n'; with
 * `verbose` the settings and every repetition, else some of them.  Free it.
 */
char *report_text(const Report *report, gboolean verbose);

#endif
