#include "augment/plan.h"

#include "kw/error.h"

/* How large classes are to be; FALSE when that cannot be counted. */
static gboolean
class_goal(const AugmentCensus *census, const AugmentAmount *amount,
	   gsize *goal)
{
	gsize largest = 0;

	for (guint k = 0; k < census->n_classes; k++)
		largest = MAX(largest, census->classes[k][KW_TRAIN]);
	*goal = amount->balance_to;
	return amount->balance == BALANCE_TO ||
	       g_size_checked_mul(goal, largest,
				  (gsize)amount->copies + amount->originals);
}

static void
plan_class(AugmentClass *class, const AugmentAmount *amount, gsize goal)
{
	gsize kept = amount->originals ? class->records : 0;
	gsize copies = goal > kept ? goal - kept : 0;

	if (class->records == 0)
		return;
	if (amount->balance == BALANCE_NONE) {
		class->each = (gsize)amount->copies;
	} else {
		class->each = copies / class->records;
		class->extra = copies % class->records;
	}
}

static gsize
last_copy(const AugmentClass *class)
{
	return class->each + (class->extra > 0);
}

static gboolean
plan_classes(AugmentPlan *plan, const AugmentCensus *census,
	     char *const *class_names, const AugmentAmount *amount,
	     GError **error)
{
	gsize goal;

	if (!class_goal(census, amount, &goal)) {
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "%d copies of %zu images are too many",
			    amount->copies, census->splits[KW_TRAIN]);
		return FALSE;
	}
	for (guint k = 0; k < plan->n_classes; k++) {
		AugmentClass *class = &plan->classes[k];

		class->records = census->classes[k][KW_TRAIN];
		plan_class(class, amount, goal);
		if (last_copy(class) > AUGMENT_MAX_COPIES) {
			g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
				    "class '%s' has %zu train images: to make "
				    "%zu of them takes more than %d copies of "
				    "one; ask for fewer",
				    class_names[k], class->records, goal,
				    AUGMENT_MAX_COPIES);
			return FALSE;
		}
		plan->last_level =
			MAX(plan->last_level, (gint32)last_copy(class));
	}
	return TRUE;
}

/* Records that have a copy of this number. */
static gsize
level_size(const AugmentPlan *plan, gint32 level)
{
	gsize n = 0;

	for (guint k = 0; k < plan->n_classes; k++) {
		const AugmentClass *class = &plan->classes[k];

		if ((gsize)level <= class->each)
			n += class->records;
		else if ((gsize)level == class->each + 1)
			n += class->extra;
	}
	return n;
}

static gboolean
plan_places(AugmentPlan *plan)
{
	gsize next = 0;

	plan->level_next = g_new0(gsize, (gsize)plan->last_level + 1);
	for (gint32 level = plan->first_level; level <= plan->last_level;
	     level++) {
		plan->level_next[level] = next;
		if (!g_size_checked_add(&next, next, level_size(plan, level)))
			return FALSE;
	}
	plan->outputs[KW_TRAIN] = next;
	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		if (!g_size_checked_add(&plan->total, plan->total,
					plan->outputs[s]))
			return FALSE;
	return TRUE;
}

AugmentPlan *
augment_plan_new(const AugmentCensus *census, char *const *class_names,
		 const AugmentAmount *amount, GError **error)
{
	g_autoptr(AugmentPlan) plan = g_new0(AugmentPlan, 1);

	for (KwSplit s = 0; s < KW_N_SPLITS; s++)
		plan->inputs[s] = plan->outputs[s] = census->splits[s];
	plan->n_classes = census->n_classes;
	plan->classes = g_new0(AugmentClass, plan->n_classes);
	plan->first_level = amount->originals ? 0 : 1;
	if (!plan_classes(plan, census, class_names, amount, error))
		return NULL;
	if (plan->last_level == 0 && plan->inputs[KW_TRAIN] != 0) {
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "no copies to make: all classes have %zu train "
			    "images or more already; ask for more with "
			    "--balance",
			    amount->balance_to);
		return NULL;
	}
	if (!plan_places(plan)) {
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "so many copies of %zu images are too many",
			    plan->inputs[KW_TRAIN]);
		return NULL;
	}
	return g_steal_pointer(&plan);
}

void
augment_plan_free(AugmentPlan *plan)
{
	if (plan == NULL)
		return;
	g_free(plan->classes);
	g_free(plan->level_next);
	g_free(plan);
}

gsize
augment_plan_class_size(const AugmentPlan *plan, guint label)
{
	const AugmentClass *class = &plan->classes[label];
	gsize kept = plan->first_level == 0 ? class->records : 0;

	return kept + class->records * class->each + class->extra;
}

gsize
augment_plan_most_of_one(const AugmentPlan *plan)
{
	return (gsize)(plan->last_level - plan->first_level + 1);
}

gint32
augment_plan_next_record(AugmentPlan *plan, gint32 label)
{
	AugmentClass *class = &plan->classes[label];
	gboolean one_more = class->before++ < class->extra;

	return (gint32)(class->each + one_more);
}

gsize
augment_plan_next_place(AugmentPlan *plan, gint32 copy)
{
	return plan->level_next[copy]++;
}
