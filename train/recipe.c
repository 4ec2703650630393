#include "train/recipe.h"

const Recipe recipe_seed = {
	.freeze = 5,
	.n_head = 2,
	.head = { 1024, 1024 },
	.dropout = 0.5,
	.l2 = 0.01,
	.batch = 4,
	.rate = 1e-4,
	.momentum = 0.9,
	.body_rate = 1,
	.schedule = SCHEDULE_CONSTANT,
	.plateau_factor = 0.1,
	.epochs = 50,
	.head_rate = 1e-3,
	.patience = 4,
	.monitor = MONITOR_VAL_ACCURACY,
	.shuffle = TRUE,
	.seed = 42,
};
