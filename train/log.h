/*
 * The run log, in one folder:
 *
 *	metrics.csv     epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,
 *	                images_per_second; a row an epoch
 *	metrics.jsonl   the same, and wall_time, skipped and best, as one JSON
 *	                object an epoch; what is not known is null
 *	train/          TensorBoard, for `tensorboard --logdir FOLDER`, with the
 *	                names of Keras's callback: epoch_loss, epoch_accuracy,
 *	                epoch_learning_rate, and images_per_second
 *	validation/     epoch_loss and epoch_accuracy, in the same plots
 *	test/           what run_log_evaluation() wrote of the test images
 *
 * Each file is complete after every epoch; what a killed run or a full disk
 * left half written is cut off before anything is added.  One thread at a time.
 */
#ifndef KW_TRAIN_LOG_H
#define KW_TRAIN_LOG_H

#include "train/evaluate.h"
#include "train/state.h"

typedef struct RunLog RunLog;

/*
 * Create `dir` where needed.  `history` are the epochs (EpochReport) that a
 * resumed run goes on from, copied; NULL or empty for a new run.
 *
 * New: a log that is there already is refused, or with `force` replaced when
 * the first epoch is written, not before, and the TensorBoard files of kw in
 * these folders with it.
 *
 * Resumed: the log of the same run is brought to the end of the history, and
 * goes on from there: files that say more are cut, the others written anew
 * beside the old ones, which stay until that is done.  The log of another run,
 * whose epochs are not those of the history, is treated as by a new run.
 *
 * Errors: KW_ERROR_USAGE: there is another log, and no `force`; KW_ERROR_IO.
 */
RunLog *run_log_new(const char *dir, gboolean force, const GArray *history,
		    GError **error);

/*
 * Add an epoch to all files and flush them.
 * KW_ERROR_IO names the first file that could not be written.  The log stays
 * sound: the others have the epoch, and the next call, with another epoch, adds
 * what is missing.
 */
gboolean run_log_epoch(RunLog *log, const EpochReport *report, GError **error);

/*
 * Add an evaluation with the weights of `epoch` to the TensorBoard file of its
 * split: the confusion matrix as a picture, "confusion_matrix", up to
 * KW_MATRIX_MAX classes, and of the test images epoch_loss and epoch_accuracy
 * too.  `class_names` ends with NULL.
 * After kw_image_start() of kw/image.h, for the picture; nothing else here
 * needs it.  Errors as above, and those of kw_matrix_png().
 */
gboolean run_log_evaluation(RunLog *log, const Evaluation *evaluation,
			    char *const *class_names, KwSplit split, int epoch,
			    GError **error);

/* A new log without a single epoch leaves nothing behind, and no new folder. */
void run_log_free(RunLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RunLog, run_log_free)

#endif
