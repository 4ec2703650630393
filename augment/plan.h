/*
 * Which copies are made, and where each image of an augmented dataset lies.
 *
 * Train comes as its originals, then the first copy of every record that has
 * one, then the second, and so on, each in the order of the records; as these
 * lie in random order, any slice is then a fair sample.  Val and test follow as
 * they are.
 */
#ifndef KW_AUGMENT_PLAN_H
#define KW_AUGMENT_PLAN_H

#include <glib.h>

#include "augment/census.h"

enum { AUGMENT_MAX_COPIES = 1000000 };

typedef enum {
	BALANCE_NONE, /* so many copies of each record */
	BALANCE_MAX,  /* all classes become as large as the largest */
	BALANCE_TO,   /* all classes become of one size */
} AugmentBalance;

typedef struct {
	gint32 copies;      /* of each train record; not of BALANCE_TO */
	gboolean originals; /* are kept besides */
	AugmentBalance balance;
	gsize balance_to; /* images of a class, originals included if kept */
} AugmentAmount;

/*
 * Copies of the records of a class: `each`, and one more of the first `extra`
 * records.
 */
typedef struct {
	gsize records;
	gsize each, extra;
	gsize before; /* records met so far, while the plan is followed */
} AugmentClass;

typedef struct {
	gsize inputs[KW_N_SPLITS];  /* records of each split before ... */
	gsize outputs[KW_N_SPLITS]; /* ... and after */
	gsize total;                /* the sum of outputs */
	guint n_classes;
	AugmentClass *classes;
	gint32 first_level, last_level; /* the copies there are; 0: originals */
	gsize *level_next; /* last_level + 1: where the next of each goes */
} AugmentPlan;

/*
 * Plan `amount` for what was counted.  Errors: KW_ERROR_USAGE when copies are
 * too many, of a record (AUGMENT_MAX_COPIES) or to be counted; when a balance
 * leaves nothing to do.
 */
AugmentPlan *augment_plan_new(const AugmentCensus *census,
			      char *const *class_names,
			      const AugmentAmount *amount, GError **error);
void augment_plan_free(AugmentPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AugmentPlan, augment_plan_free)

/* Images of train of a class, afterwards. */
gsize augment_plan_class_size(const AugmentPlan *plan, guint label);

/* The most images, originals included, that are made of one record. */
gsize augment_plan_most_of_one(const AugmentPlan *plan);

/*
 * The next train record, in their order, is of this class: the number of its
 * last copy, 0 if there is none.
 */
gint32 augment_plan_next_record(AugmentPlan *plan, gint32 label);

/* Where that record's copy goes; each of first_level.. up to its last. */
gsize augment_plan_next_place(AugmentPlan *plan, gint32 copy);

#endif
