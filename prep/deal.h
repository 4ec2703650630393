/*
 * Dealing groups of photos out to splits, so that each class is as near as
 * possible to the wanted shares.
 */
#ifndef PREP_DEAL_H
#define PREP_DEAL_H

#include <glib.h>

#include "kw/dataset.h"
#include "prep/photo.h"

/* The photos of one group, which are of one class unless a list says else. */
typedef struct {
	Photo **photos; /* n, sorted by label */
	guint n;
	guint64 key;    /* random: the order in which groups are dealt out */
	gboolean fixed; /* its split was settled before */
	KwSplit split;
} Group;

/*
 * Deal out the groups (Group) that are not fixed.  percent[] are the wanted
 * shares of photos; a class with as many groups as there are shares above zero
 * leaves none of those splits empty, as far as fixed groups allow it; one with
 * fewer fills train first, then val.  A split that a class leaves empty adds a
 * warning (char *).  `classes`
 * (char *) are the names that labels count.
 */
void deal_out(GArray *groups, const GPtrArray *classes,
	      const int percent[KW_N_SPLITS], GPtrArray *warnings);

#endif
