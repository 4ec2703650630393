/*
 * Which photos there are, and of which classes: what walking folders (tree.h)
 * or reading a list (list.h) finds.
 */
#ifndef PREP_SCAN_H
#define PREP_SCAN_H

#include <glib.h>

#include "prep/photo.h"

typedef struct {
	GPtrArray *photos;  /* Photo; by path, then split; owned */
	GPtrArray *classes; /* char *: names as they are; labels count them */
	GHashTable *labels; /* by class name: 1 + the label */
	char *where;        /* the input, for messages: "'photos'" */
	gboolean presplit;  /* every photo's split is pinned */
	gsize n_hidden;     /* names that a system hides, passed over */
	gsize n_other;      /* files of classes that nobody asked for */
	gsize n_loose;      /* files outside class folders */
	char *loose;        /* the first of them, or NULL */
	gsize n_repeated;   /* lines of a list that say what another did */
} Scan;

/* An empty scan; takes `where`. */
Scan *scan_new(char *where);
void scan_free(Scan *scan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scan, scan_free)

/*
 * Settle the classes: `wanted` (NULL-terminated) in this order, or when NULL
 * all of `names` (char *, in any order, may repeat), sorted bytewise.
 * KW_ERROR_INPUT when a wanted class is not among the names.
 */
gboolean scan_set_classes(Scan *scan, const GPtrArray *names,
			  char *const *wanted, GError **error);

/* The label of a class, or -1 when it is none of the settled ones. */
int scan_label(const Scan *scan, const char *name);

/* Put the photos in order, which does not depend on how they were found. */
void scan_sort(Scan *scan);

/* Compare two char ** bytewise, for g_ptr_array_sort(). */
int scan_compare_names(gconstpointer a, gconstpointer b);

/*
 * The split that a name stands for, in any case (train, training; val, valid,
 * validation, validate; test, testing), or KW_N_SPLITS.
 */
KwSplit scan_split_by_name(const char *name);

#endif
