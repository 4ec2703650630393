/*
 * Recipes: all that decides the weights a training ends with, but for the data,
 * the first weights and the machine.
 *
 * A recipe is written as KEY=VALUE lines, in a file
 *
 *	[recipe]
 *	base = seed
 *	lr = 1e-3
 *	class-weight = balanced
 *
 * or as the options --KEY VALUE of kw-train, and told by these keys in the
 * settings of a model.  Keys, meaning and defaults are those of kw-train(1).
 */
#ifndef KW_TRAIN_RECIPE_H
#define KW_TRAIN_RECIPE_H

#include "kw/policy.h"
#include "train/network.h"

/* What says which of two epochs is the better one. */
typedef enum { MONITOR_VAL_ACCURACY, MONITOR_VAL_LOSS } Monitor;

/* How the rate goes after the warm-up. */
typedef enum { SCHEDULE_CONSTANT, SCHEDULE_COSINE } Schedule;

/* Begin with recipe_seed, not with zeros. */
typedef struct {
	/* network */
	int freeze; /* the first so many layers, as Keras counts them; 0..22.
		       A value is a number, the name of the last of them,
		       "none" or "all" */
	int n_head;
	int head[NETWORK_MAX_HEAD]; /* units of the hidden dense layers */
	double dropout;             /* 0..0.99 */
	double l2;                  /* on the kernel of the last hidden layer */

	/* loss */
	gboolean balanced;      /* class weights n / (classes * n of class) */
	double label_smoothing; /* 0..0.9: Keras's */

	/* steps */
	int batch;
	int accumulate;        /* batches of a step: see step.h */
	double rate, momentum; /* of SGD */
	double body_rate;      /* factor on the rate of convolutions: key
				  body-lr-factor; 0..1 */
	double clip_norm;      /* of all gradients together; 0: any */

	/* the rate over time */
	Schedule schedule;
	double warmup; /* epochs after the head's in which the rate rises from
			  0, in a line; then the schedule begins */
	int plateau;   /* epochs without a better one after which the rate is
			  multiplied by plateau_factor; 0: never; not within
			  the head's epochs */
	double plateau_factor;

	/* epochs */
	int epochs;
	int head_epochs;  /* the first so many train the head alone ... */
	double head_rate; /* ... at this constant rate */
	int patience;     /* epochs without a better one to stop after; 0:
			     never; not within the head's epochs */
	Monitor monitor;

	/* data */
	gboolean shuffle;
	gboolean augments; /* epoch e sees the copies e of the originals ... */
	KwPolicy policy;   /* ... by this policy; else all zeros */
	guint64 seed; /* of order, dropout, first weights and augmentation */
} Recipe;

/* The recipe of the Keras notebooks that kw replaces: the default. */
extern const Recipe recipe_seed;

/* "seed", "modern", NULL */
extern const char *const recipe_names[];

/* The keys in the order of the manual, and how many they are.  Static. */
const KwTypedKey *recipe_keys(gsize *n);

/* What Keras, and others, call a key: for those who look for it. */
typedef struct {
	const char *theirs, *ours;
} RecipeName;

/* Until a name of NULL. */
extern const RecipeName recipe_keras_names[];

/*
 * Set one key.  `augment` is the name or the file of a policy, or what such a
 * file says with ';' for line ends: "rotation=10;zoom=0.9,1.1" (KEY=VALUE and
 * no '/'); a policy that changes nothing is none.
 * KW_ERROR_USAGE, and nothing set: no such key (names the nearest one, also of
 * Keras's names), no number, out of range; the message begins with the key,
 * "lr: ...".  For the policy of `augment`, the errors of kw_policy_load().
 */
gboolean recipe_set(Recipe *recipe, const char *key, const char *value,
		    GError **error);

/*
 * Do its parts fit together?  Head's epochs and warm-up fit into the epochs,
 * and a plateau is over before patience is.
 * KW_ERROR_USAGE, as above: "warmup: ...".
 */
gboolean recipe_check(const Recipe *recipe, GError **error);

/*
 * The named recipe, or what a file says; keys that are not in it are those of
 * its base, by default `seed`.  What is no name is a file.
 * Errors: KW_ERROR_INPUT (no such name or file, names the nearest name),
 * KW_ERROR_FORMAT (file and key in the message), KW_ERROR_IO.
 */
gboolean recipe_load(Recipe *recipe, const char *name_or_file, GError **error);

/* The value of a key as recipe_set() takes it, in the shortest form.  Free. */
char *recipe_get(const Recipe *recipe, const char *key);

/*
 * A recipe file: a comment line of help above each key that differs from
 * recipe_seed.  recipe_load() reads it back.  Free it.
 */
char *recipe_text(const Recipe *recipe);

/*
 * All keys as "train.KEY=VALUE" lines, sorted, those of the policy as
 * "train.augment.KEY=VALUE": equal settings, equal recipes.  Free it.
 */
char *recipe_settings(const Recipe *recipe);

#endif
