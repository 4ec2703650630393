#include "train/recipe_keys.h"

const Recipe recipe_seed = {
	.freeze = 5,
	.n_head = 2,
	.head = { 1024, 1024 },
	.dropout = 0.5,
	.l2 = 0.01,
	.batch = 4,
	.accumulate = 1,
	.rate = 1e-4,
	.momentum = 0.9,
	.body_rate = 1,
	.plateau_factor = 0.1,
	.epochs = 50,
	.head_rate = 1e-3,
	.patience = 4,
	.shuffle = TRUE,
	.seed = 42,
};

const char *const recipe_names[] = { "seed", "modern", NULL };

const char *const recipe_texts[] = {
	"[recipe]\n",

	/*
	 * What is commonly done for few photos.  The rates are those of 1e-4
	 * for batches of 4, scaled to the batch; for VGG19's own layers, a
	 * quarter of it.
	 */
	"[recipe]\n"
	"freeze = block2_conv1\n"
	"l2 = 1e-4\n"
	"class-weight = balanced\n"
	"label-smoothing = 0.1\n"
	"batch = 8\n"
	"lr = 2e-4\n"
	"body-lr-factor = 0.25\n"
	"clip-norm = 5\n"
	"schedule = cosine\n"
	"warmup = 1\n"
	"epochs = 30\n"
	"head-epochs = 3\n"
	"head-lr = 1e-3\n"
	"patience = 10\n"
	"augment = light\n",
};

/* One more for the NULL. */
G_STATIC_ASSERT(G_N_ELEMENTS(recipe_texts) + 1 == G_N_ELEMENTS(recipe_names));
