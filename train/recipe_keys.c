#include "train/recipe_keys.h"

#include "lib/nearest.h"

static const char *const class_weight_names[] = { "none", "balanced", NULL };
static const char *const schedule_names[] = { "constant", "cosine", NULL };

/* Ever more epochs than anyone has time for. */
#define MANY 1000000

#define NETWORK   "Network:"
#define LOSS      "Loss:"
#define STEPS     "Steps:"
#define RATE      "Rate over time:"
#define EPOCHS    "Epochs:"
#define DATA      "Data:"
#define AT(field) G_STRUCT_OFFSET(Recipe, field)

#define OTHER(name)                                                            \
	.kind = KW_KEY_OTHER, .set = recipe_set_##name, .get = recipe_get_##name

/* All that kw-train knows of its recipes' keys, in the order of the manual. */
static const KwTypedKey keys[] = {
	{ .key = { "freeze", "N|LAYER",
		   "Leave the first N layers as they are, as Keras counts "
		   "them, or all up to LAYER, such as block4_pool",
		   NETWORK },
	  OTHER(freeze) },
	{ .key = { "head", "N,N...|none", "Units of the dense layers on top",
		   NETWORK },
	  OTHER(head),
	  .low = 1,
	  .high = 1 << 16 },
	{ .key = { "dropout", "P",
		   "Drop this share of units between the dense layers",
		   NETWORK },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(dropout),
	  .high = 0.99 },
	{ .key = { "l2", "FACTOR",
		   "L2 penalty on the last of the head's layers; part of the "
		   "loss",
		   NETWORK },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(l2),
	  .high = 1e6 },
	{ .key = { "class-weight", "HOW",
		   "Weigh classes in the loss: none, or balanced, the rarer "
		   "the more",
		   LOSS },
	  .kind = KW_KEY_CHOICE,
	  .offset = AT(balanced),
	  .names = class_weight_names },
	{ .key = { "label-smoothing", "S",
		   "Give this share of each label to all classes alike", LOSS },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(label_smoothing),
	  .high = 0.9 },
	{ .key = { "batch", "N", "Images a batch", STEPS },
	  .kind = KW_KEY_INT,
	  .offset = AT(batch),
	  .low = 1,
	  .high = 4096 },
	{ .key = { "accumulate", "N",
		   "Batches a step: as one batch N times as large, in little "
		   "more memory",
		   STEPS },
	  .kind = KW_KEY_INT,
	  .offset = AT(accumulate),
	  .low = 1,
	  .high = 4096 },
	{ .key = { "lr", "RATE", "Learning rate of SGD", STEPS },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(rate),
	  .high = 1e6 },
	{ .key = { "momentum", "M", "Momentum of SGD", STEPS },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(momentum),
	  .high = 0.9999 },
	{ .key = { "body-lr-factor", "F",
		   "Multiply the rate by F for the layers of VGG19", STEPS },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(body_rate),
	  .high = 1 },
	{ .key = { "clip-norm", "NORM",
		   "Scale gradients down to this norm, of all of them "
		   "together; 0: never",
		   STEPS },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(clip_norm),
	  .high = 1e6 },
	{ .key = { "schedule", "HOW",
		   "The rate after warm-up: constant, or cosine, down to 0 at "
		   "the end",
		   RATE },
	  .kind = KW_KEY_CHOICE,
	  .offset = AT(schedule),
	  .names = schedule_names },
	{ .key = { "warmup", "EPOCHS",
		   "Let the rate rise from 0 in so many epochs", RATE },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(warmup),
	  .high = MANY },
	{ .key = { "plateau", "N",
		   "Lower the rate after N epochs without a better one; 0: "
		   "never",
		   RATE },
	  .kind = KW_KEY_INT,
	  .offset = AT(plateau),
	  .high = MANY },
	{ .key = { "plateau-factor", "F",
		   "Multiply the rate by F then, on a plateau", RATE },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(plateau_factor),
	  .low = 0.001,
	  .high = 0.999 },
	{ .key = { "epochs", "N", "Go over the images N times", EPOCHS },
	  .kind = KW_KEY_INT,
	  .offset = AT(epochs),
	  .low = 1,
	  .high = MANY },
	{ .key = { "head-epochs", "N",
		   "Train the head alone in the first N epochs", EPOCHS },
	  .kind = KW_KEY_INT,
	  .offset = AT(head_epochs),
	  .high = MANY },
	{ .key = { "head-lr", "RATE", "Learning rate in the epochs of the head",
		   EPOCHS },
	  .kind = KW_KEY_NUMBER,
	  .offset = AT(head_rate),
	  .high = 1e6 },
	{ .key = { "patience", "N",
		   "Stop after N epochs without a better one; 0: never",
		   EPOCHS },
	  .kind = KW_KEY_INT,
	  .offset = AT(patience),
	  .high = MANY },
	{ .key = { "monitor", "METRIC",
		   "What makes an epoch better: val_accuracy or val_loss",
		   EPOCHS },
	  OTHER(monitor) },
	{ .key = { "shuffle", NULL, "Take images in a new order every epoch",
		   DATA },
	  .kind = KW_KEY_FLAG,
	  .offset = AT(shuffle) },
	{ .key = { "augment", "POLICY|none",
		   "Train on a new copy of each original every epoch: a policy "
		   "of kw-augment, or a file, or KEY=VALUE;KEY=VALUE...",
		   DATA },
	  OTHER(augment) },
	{ .key = { "seed", "N",
		   "Draw order, dropout, first weights and copies from seed N",
		   DATA },
	  .kind = KW_KEY_UINT64,
	  .offset = AT(seed) },
};

/* Flags and choices are all read and written as a guint. */
G_STATIC_ASSERT(sizeof(Schedule) == sizeof(guint));

/* None that options of ours begin with, so that these can be abbreviated; but
 * for batch-size, which everybody will try. */
const RecipeName recipe_keras_names[] = {
	{ "learning-rate", "lr" },
	{ "batch-size", "batch" },
	{ "gradient-accumulation-steps", "accumulate" },
	{ "global-clipnorm", "clip-norm" },
	{ "kernel-regularizer", "l2" },
	{ "early-stopping", "patience" },
	{ "reduce-lr", "plateau" },
	{ "random-state", "seed" },
	{ NULL, NULL },
};

/* Unless a key of ours is as near. */
static const char *
key_of_keras(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
		if (kw_nearest(name, &keys[i].key.name, 1) != NULL)
			return NULL;
	for (const RecipeName *n = recipe_keras_names; n->theirs != NULL; n++)
		if (kw_nearest(name, &n->theirs, 1) != NULL)
			return n->ours;
	return NULL;
}

const KwKeyTable recipe_table = {
	.what = "recipe",
	.help = "kw-train --help",
	.keys = keys,
	.n = G_N_ELEMENTS(keys),
	.base = &recipe_seed,
	.size = sizeof recipe_seed,
	.meant = key_of_keras,
	.names = recipe_names,
	.texts = recipe_texts,
};
