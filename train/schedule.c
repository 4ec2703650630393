#include "train/schedule.h"

#include <math.h>

double
schedule_rate(const Recipe *recipe, int epoch, gsize step, gsize steps)
{
	const double warmup = round(recipe->warmup * (double)steps);
	const double all =
		(double)(recipe->epochs - recipe->head_epochs) * (double)steps;
	const double done =
		(double)(epoch - 1 - recipe->head_epochs) * (double)steps +
		(double)step;

	if (epoch <= recipe->head_epochs)
		return recipe->head_rate;
	if (done < warmup)
		return recipe->rate * done / warmup;
	if (recipe->schedule == SCHEDULE_CONSTANT)
		return recipe->rate;
	return recipe->rate *
	       (1 + cos(G_PI * (done - warmup) / (all - warmup))) / 2;
}

void
schedule_after_epoch(const Recipe *recipe, int epoch, TrainState *state)
{
	const int since = MAX(state->best.epoch, state->plateau_from);

	if (recipe->plateau == 0 || epoch <= recipe->head_epochs ||
	    epoch - since < recipe->plateau)
		return;
	state->plateau_factor *= recipe->plateau_factor;
	state->plateau_from = epoch;
}
