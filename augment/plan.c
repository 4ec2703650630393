#include "augment/plan.h"

#include "kw/error.h"

gboolean
augment_plan_init(AugmentPlan *plan, const gsize inputs[KW_N_SPLITS],
		  gint32 copies, gsize batch_size, GError **error)
{
	gboolean countable = TRUE;

	*plan = (AugmentPlan){ .copies = copies, .batch_size = batch_size };
	for (KwSplit s = 0; s < KW_N_SPLITS; s++) {
		gsize each = s == KW_TRAIN ? (gsize)copies + 1 : 1;

		plan->inputs[s] = inputs[s];
		countable = countable &&
			    g_size_checked_mul(&plan->outputs[s], inputs[s],
					       each) &&
			    g_size_checked_add(&plan->total, plan->total,
					       plan->outputs[s]);
	}
	if (!countable)
		g_set_error(error, KW_ERROR, KW_ERROR_USAGE,
			    "%d copies of %zu images are too many", copies,
			    inputs[KW_TRAIN]);
	return countable;
}

gboolean
augment_plan_next(const AugmentPlan *plan, AugmentBatch *batch)
{
	batch->first += batch->n;
	while (batch->first == plan->inputs[batch->split]) {
		batch->first = 0;
		batch->n = 0;
		if (batch->split == KW_TRAIN && batch->copy < plan->copies) {
			batch->copy++;
			continue;
		}
		if (batch->split + 1 == KW_N_SPLITS)
			return FALSE;
		batch->copy = 0;
		batch->split++;
	}
	batch->n = MIN(plan->batch_size,
		       plan->inputs[batch->split] - batch->first);
	return TRUE;
}
