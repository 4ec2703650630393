/*
 * One run of kw-train, and its parts: each run_*.c is one of them, train.c puts
 * them in order.
 */
#ifndef KW_TRAIN_RUN_H
#define KW_TRAIN_RUN_H

#include "kw/progress.h"
#include "train/checkpoint.h"
#include "train/fit.h"
#include "train/log.h"
#include "train/train.h"
#include "train/weights.h"

typedef struct {
	const TrainOptions *options;
	const TrainVoice *voice;

	/* run_data.c */
	KwDataset *dataset;
	Samples *splits[KW_N_SPLITS];
	char *fingerprint; /* of the records that training sees */

	/* run_weights.c */
	char *weights;   /* the file to start from; NULL: none */
	ModelInfo *base; /* what that says of itself, where it is a kw model */

	/* run_network.c */
	NetworkPlan plan;
	Network *network;

	/* run_features.c */
	char *features_path;    /* of their file; NULL: none */
	gsize features_memory;  /* bytes that they may take there */
	FeatureCache *features; /* NULL: none are kept */

	/* run_resume.c */
	Checkpoint *from; /* what the run goes on from; NULL: a new one */
	TrainState *state;

	/* run_outputs.c */
	char *resume_path; /* of the resume file */
	char *log_dir;
	RunLog *log;
	char *settings; /* all that decides the weights, for the model */
	char *facts;    /* KEY=VALUE lines, for the resume file */

	/* run_save.c */
	gboolean owns_model, owns_resume; /* this run has written them */
	int model_epoch;  /* whose weights the model file holds; 0: none */
	int held_epoch;   /* the best, when only the resume file holds it */
	int resume_epoch; /* under way in what this run wrote last; or 0 */
	gint64 saved_at;  /* when that was tried last, in us */
	GHashTable *told; /* failures of the log, each told once */

	/* train.c */
	KwProgress *progress;
	double began; /* to train: seconds since 1970 */
} Run;

/* Lines to the voice of the run; a progress bar is cleared away first. */
void run_say(Run *run, const char *format, ...) G_GNUC_PRINTF(2, 3);
void run_warn(Run *run, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* ---- run_data.c */

/* Open the dataset and see that it can be worked with; say what it lacks. */
gboolean run_open_data(Run *run, GError **error);

/*
 * Is a kw model about the images of the dataset?  Class names, image size,
 * channels and standardisation are compared; KW_ERROR_INPUT names what differs.
 */
gboolean run_check_model(const Run *run, const char *path,
			 const ModelInfo *model, GError **error);

/* ---- run_weights.c */

/* Which file the weights come from, and whether it is a kw model. */
gboolean run_find_weights(Run *run, GError **error);

/* Give the network its first weights; says what was loaded. */
gboolean run_first_weights(Run *run, GError **error);

/* ---- run_network.c */

/*
 * Choose how to compute, see that there is memory for it, and make the network:
 * to train where run->state stands, or to use `model` where that is not NULL.
 * KW_ERROR_MEMORY: too large for the machine.
 */
gboolean run_make_network(Run *run, const ModelInfo *model, GError **error);

/* ---- run_features.c */

/*
 * Name the file of features, and remove it where that is asked for.
 * KW_ERROR_IO.
 */
gboolean run_name_features(Run *run, GError **error);

/*
 * What features will take in memory, in bytes; 0: they are not kept, or not
 * there.  `available` is there, of which `taken` goes to other things; `now`
 * and `later` are those of the networks of this stage, and of the last.
 */
gsize run_plan_features(Run *run, const NetworkMemory *now,
			const NetworkMemory *later, guint64 available,
			guint64 taken);

/* Make the cache; says so where augmentation rules it out. */
void run_make_features(Run *run);

/* ---- run_resume.c */

/*
 * Open the resume file when that is asked for and there is one; run->state is
 * then its state, else that of the start.
 */
gboolean run_open_resume(Run *run, GError **error);

/*
 * With the data open: would the run that is resumed have been the same one?
 * KW_ERROR_USAGE, KW_ERROR_INPUT: names what differs.
 */
gboolean run_check_resume(Run *run, GError **error);

/*
 * Where --resume has found no resume file, but a model: is that what this very
 * run left when it was killed in between, at the end of its first epoch?  Then
 * it may be replaced; KW_ERROR_USAGE otherwise.  After run_describe().
 */
gboolean run_adopt_model(Run *run, GError **error);

/*
 * Weights and momentum into the network; mends a model that lacks the best.
 * KW_ERROR_INPUT when nobody has those weights, unless -f is given and there is
 * more to train: the best epoch is then forgotten.
 */
gboolean run_restore(Run *run, GError **error);

/* ---- run_outputs.c */

/*
 * Name the outputs, and refuse what cannot be written before the work, not
 * after it.  KW_ERROR_USAGE, KW_ERROR_IO.
 */
void run_name_outputs(Run *run);
gboolean run_check_outputs(Run *run, GError **error);

/* The log: of a new run as early as it can be refused, of a resumed one when it
 * is sure that it goes on. */
gboolean run_open_log(Run *run, GError **error);

/* The settings and facts that are stored; with the data open. */
void run_describe(Run *run);

/* Write a text to a file, or to standard output.  KW_ERROR_IO, ... */
gboolean run_write_file(Run *run, const char *path, const char *text,
			GError **error);

/* ---- run_save.c */

/* What a model of this run says of itself, but for the metrics.  Free it. */
ModelInfo *run_model_info(const Run *run);

/*
 * Write the network, which holds the weights of `report`, as the model; `test`
 * is the JSON of its test report, or NULL.
 */
gboolean run_save_model(Run *run, const Network *network,
			const EpochReport *report, const char *test,
			GError **error);

/* All that is saved after an epoch; failures are told, and training goes on. */
void run_save_epoch(Run *run, const Network *network, const TrainState *state,
		    const EpochReport *report);

/* Write the resume file, unless it keeps the best weights; a failure is told.
 * Is this state in it? */
gboolean run_save_resume(Run *run, const Network *network,
			 const TrainState *state);

/* Does a network in this state hold the weights of the best epoch? */
gboolean run_holds_best(const TrainState *state);

/*
 * At the end: have the model hold the best epoch, and the network its weights.
 * KW_ERROR_IO when they could not be saved; says where they are.
 */
gboolean run_settle(Run *run, GError **error);

/* Tell a failure of the log, unless it was told before.  Takes the error. */
void run_tell_log_failure(Run *run, GError *failure);

/* ---- run_report.c */

/* What is reported on: the test images, or the validation images for want of
 * them. */
const Samples *run_report_samples(const Run *run);

/*
 * The test report of the network, which holds the weights of `report` (NULL:
 * not of this run): printed, to --summary, into the log, and as *json (free
 * it; NULL where there are no images to report on).
 */
gboolean run_report(Run *run, const EpochReport *report, char **json,
		    GError **error);

/* --export, of the network as it is; `info` is that of its model. */
gboolean run_export(Run *run, const ModelInfo *info, GError **error);

/* --evaluate: all of it. */
gboolean run_evaluate(Run *run, GError **error);

#endif
