#include "train/state.h"

TrainState *
train_state_new(void)
{
	TrainState *state = g_new0(TrainState, 1);

	state->epoch = 1;
	state->plateau_factor = 1;
	state->history = g_array_new(FALSE, FALSE, sizeof(EpochReport));
	return state;
}

void
train_state_free(TrainState *state)
{
	if (state == NULL)
		return;
	g_array_unref(state->history);
	g_free(state);
}
