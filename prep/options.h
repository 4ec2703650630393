/* The command line of kw-prep. */
#ifndef PREP_OPTIONS_H
#define PREP_OPTIONS_H

#include <glib.h>

#include "kw/app.h"
#include "kw/dataset.h"
#include "kw/image.h"
#include "prep/group.h"

/* What becomes of photos without a date. */
typedef enum { UNDATED_KEEP, UNDATED_DROP, UNDATED_TRAIN } Undated;

/* "keep", "drop", "train", NULL */
extern const char *const undated_names[];

typedef struct {
	KwCommon common;

	/* what goes in */
	char **dirs; /* input folders, n of them and NULL */
	int n_dirs;
	const char *list; /* a list of photos instead; or NULL */
	GStrv classes;    /* those to take, in this order; NULL: all, sorted */
	Undated undated;

	/* what it becomes */
	KwImageRequest image; /* height and width 8..4096 */
	KwStandardize standardize;

	/* what belongs together, and where it goes */
	GroupMode group;
	gint64 burst_gap;         /* milliseconds */
	int near_duplicates;      /* bits, 0..16, or NEAR_OFF */
	int percent[KW_N_SPLITS]; /* wanted shares; their sum is 100 */
	gboolean percent_given;   /* --split was on the command line */
	const char *split_from;   /* a dataset whose splits are kept; or NULL */
	guint64 seed;

	/* what is told */
	const char *rejects, *summary, *preview; /* files; or NULL */
	gboolean dry_run;                        /* nothing else is written */
	gboolean strict; /* what is left out makes it a failure */
} Options;

/*
 * Parse; prints and ends the program on usage errors, --help and --version.
 * Strings are those of argv, the rest is owned: options_clear() it.
 */
void options_parse(Options *options, int argc, char **argv);
void options_clear(Options *options);

#endif
