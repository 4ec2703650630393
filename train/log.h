/* The run log: metrics.csv, a row an epoch, complete at any moment. */
#ifndef KW_TRAIN_LOG_H
#define KW_TRAIN_LOG_H

#include "train/fit.h"

typedef struct RunLog RunLog;

/*
 * Create `dir` where needed, and metrics.csv in it.  With `force` a file that
 * is there is replaced when the first row is written, not before.
 * Errors: KW_ERROR_USAGE when the file exists and `force` is FALSE;
 * KW_ERROR_IO.
 */
RunLog *run_log_new(const char *dir, gboolean force, GError **error);

/* Append a row and flush it. */
gboolean run_log_epoch(RunLog *log, const EpochReport *report, GError **error);

/* A new file without a single row is removed, and so is a new folder. */
void run_log_free(RunLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RunLog, run_log_free)

#endif
