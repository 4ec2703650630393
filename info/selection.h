/*
 * Which records of a dataset are meant:
 *
 *	all                all of them
 *	train              a split
 *	train/3            a record of it, counted from 0
 *	train/0-9          its first ten
 *	0xb70a8ec37b42878f a photo by its record id, with its copies
 *	cat/IMG_1.jpg      anything else: a photo by its source, with its copies
 */
#ifndef KW_INFO_SELECTION_H
#define KW_INFO_SELECTION_H

#include "kw/dataset.h"

typedef enum {
	SELECT_ALL,
	SELECT_RANGE,
	SELECT_ID,
	SELECT_SOURCE,
} InfoSelectionKind;

typedef struct {
	InfoSelectionKind kind;
	const char *text; /* as it was given; borrowed */
	KwSplit split;    /* of a range */
	gsize first;
	gsize last; /* included; G_MAXSIZE: the end of the split */
	guint64 id;
} InfoSelection;

/* KW_ERROR_USAGE: numbers that are too large, or a range that ends before it
 * begins. */
gboolean info_selection_parse(InfoSelection *selection, const char *text,
			      GError **error);

/*
 * Records first..first+n-1 of a split are all that can be meant; n may be 0.
 * KW_ERROR_INPUT when the range goes beyond what the dataset has.
 */
gboolean info_selection_range(const InfoSelection *selection,
			      const KwDataset *dataset, KwSplit split,
			      gsize *first, gsize *n, GError **error);

/* Is record i of these, in such a range, meant? */
gboolean info_selection_holds(const InfoSelection *selection,
			      const KwRecords *records, gsize i);

#endif
