/* Disjoint sets of the numbers 0..n-1 (Tarjan 1975): which belong together. */
#ifndef PREP_SETS_H
#define PREP_SETS_H

#include <glib.h>

typedef struct Sets Sets;

/* Each number is a set of its own. */
Sets *sets_new(guint n);
void sets_free(Sets *sets);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sets, sets_free)

/* The member that stands for the set of `i`; changes when sets are joined. */
guint sets_find(Sets *sets, guint i);

void sets_join(Sets *sets, guint a, guint b);

#endif
